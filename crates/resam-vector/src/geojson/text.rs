//! The text of a file: one JSON object, or one a line.

use std::borrow::Cow;

/// Numbers that Python and GDAL write and JSON has not (RFC 8259, section 6).
const NO_NUMBERS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];

/// The text with `null`, which has their meaning, in the place of `NaN` and infinities; and how
/// many there were. Texts within the JSON stay as they are.
pub(super) fn without_nan(text: &str) -> (Cow<'_, str>, usize) {
    let bytes = text.as_bytes();
    let may_have = |word: &&[u8]| bytes.windows(word.len()).any(|at| at == *word);
    if !NO_NUMBERS[1..].iter().any(may_have) {
        return (Cow::Borrowed(text), 0);
    }
    let (mut written, mut count) = (Vec::with_capacity(bytes.len()), 0);
    let (mut at, mut quoted) = (0, false);
    while at < bytes.len() {
        let byte = bytes[at];
        let word = NO_NUMBERS
            .iter()
            .find(|word| !quoted && bytes[at..].starts_with(word));
        if let Some(word) = word {
            written.extend(b"null");
            count += 1;
            at += word.len();
            continue;
        }
        written.push(byte);
        at += 1;
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted && at < bytes.len() => {
                written.push(bytes[at]);
                at += 1;
            }
            _ => {}
        }
    }
    // Only words of ASCII were put in the place of others, so that this is UTF-8 as it was.
    match String::from_utf8(written) {
        Ok(text) => (Cow::Owned(text), count),
        Err(_) => (Cow::Borrowed(text), 0),
    }
}

/// The texts of newline-delimited GeoJSON and of a GeoJSON sequence (RFC 8142), with the numbers of
/// their lines; none when the file is one object.
pub(super) fn lines(text: &str) -> Option<Vec<(usize, &str)>> {
    let separator = |letter: char| letter.is_ascii_whitespace() || letter == '\u{1e}';
    // An object that goes on behind the first line is one of several lines.
    let mut found = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        let line = line.trim_matches(separator);
        if !line.is_empty() {
            found.push((at + 1, line));
        }
        let first = found.first();
        if first.is_some_and(|(_, line)| !(line.starts_with('{') && line.ends_with('}'))) {
            return None;
        }
    }
    let is_sequence = text.trim_start().starts_with('\u{1e}');
    let starts = found.iter().all(|(_, line)| line.starts_with('{'));
    ((found.len() > 1 && starts) || is_sequence).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_becomes_null_and_the_same_letters_in_a_text_stay() {
        let text = r#"{"a": NaN, "b\"NaN": [-Infinity,Infinity], "c": "NaN \\"}"#;
        let (changed, count) = without_nan(text);
        assert_eq!(count, 3);
        assert_eq!(
            changed,
            r#"{"a": null, "b\"NaN": [null,null], "c": "NaN \\"}"#
        );
        assert_eq!(without_nan(r#"{"é": 1}"#).1, 0);
    }

    #[test]
    fn an_object_a_line_is_told_from_one_object_of_several_lines() {
        assert_eq!(
            lines("{\"a\":1}\n\n{\"b\":2}\n").map(|all| all.len()),
            Some(2)
        );
        assert_eq!(lines("\u{1e}{\"a\":1}\n").map(|all| all.len()), Some(1));
        assert_eq!(lines("{\n\"a\":1\n}\n"), None);
        assert_eq!(lines("{\"a\":1}"), None);
    }
}
