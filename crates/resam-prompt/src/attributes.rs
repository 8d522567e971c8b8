//! What the values of a CSV column are: numbers only where nothing is lost by it.

use crate::value::{FieldKind, Value, common, is_date, is_date_time};

/// A finite number, where `comma` says so with a decimal comma.
pub(crate) fn number(text: &str, comma: bool) -> Option<f64> {
    let number = match text.parse::<f64>() {
        Err(_) if comma => text.replacen(',', ".", 1).parse(),
        parsed => parsed,
    };
    number.ok().filter(|number| number.is_finite())
}

/// The kind of a column and its values. Text is as it is in the file; `comma` says that numbers may
/// have a decimal comma.
pub(crate) fn typed<'a>(
    column: impl Iterator<Item = &'a str> + Clone,
    comma: bool,
) -> (FieldKind, Vec<Value>) {
    let kinds = column.clone().map(|text| value(text, comma).kind());
    match kinds.fold(None, common) {
        None | Some(FieldKind::Text) => (FieldKind::Text, column.map(text).collect()),
        Some(kind) => {
            let values = column.map(|text| value(text, comma).to_kind(kind));
            (kind, values.collect())
        }
    }
}

/// Text as it is, or nothing.
pub(crate) fn text(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::Text(text.to_owned())
    }
}

/// A column of names of instances, as text. When all are whole numbers they are written as such:
/// `3.0` and `3` are the same instance.
pub(crate) fn instance_names<'a>(
    column: impl Iterator<Item = &'a str> + Clone,
    comma: bool,
) -> Vec<Value> {
    let mut present = column.clone().filter(|text| !text.is_empty());
    if present.all(|text| whole(text, comma).is_some()) {
        column
            .map(|name| text(whole(name, comma).unwrap_or_default()))
            .collect()
    } else {
        column.map(text).collect()
    }
}

/// The digits of a whole number, without zeros before or after them.
fn whole(text: &str, comma: bool) -> Option<&str> {
    let is_point = |letter| letter == '.' || (comma && letter == ',');
    let (whole, fraction) = text.split_once(is_point).unwrap_or((text, "0"));
    let is_zero = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    let number = whole.parse::<i64>().ok()?;
    (is_zero && number.to_string() == whole).then_some(whole)
}

/// What a text is: a number only if it prints back the same, so that `007`, `1.10` and `12E3` stay
/// what they are.
fn value(text: &str, comma: bool) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return Value::Integer(number);
    }
    if is_date(text) {
        return Value::Date(text.to_owned());
    }
    if is_date_time(text) {
        return Value::DateTime(text.to_owned());
    }
    real(text, comma).map_or_else(|| Value::Text(text.to_owned()), Value::Real)
}

/// A number that prints back the same; `3.0` does as well as `3`.
fn real(text: &str, comma: bool) -> Option<f64> {
    let has_comma = comma && text.contains(',') && !text.contains('.');
    let text = if has_comma {
        text.replacen(',', ".", 1)
    } else {
        text.to_owned()
    };
    if !text.bytes().all(|byte| b"-.0123456789".contains(&byte)) {
        return None;
    }
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())?;
    (number.to_string() == text || format!("{number:?}") == text).then_some(number)
}
