//! Well-known text of coordinate reference systems: reads WKT 1 (OGC 01-009) and WKT 2 (ISO 19162),
//! writes WKT 1.

mod read;
mod tree;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// Whether a text looks like well-known text: a word, then a bracket.
pub(crate) fn looks_like(text: &str) -> bool {
    let word = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    word.len() < text.len() && word.trim_start().starts_with(['[', '('])
}

/// The first quoted name in well-known text of the registry, which quotes plainly.
pub(crate) fn name(text: &str) -> Option<&str> {
    quoted(text)
}

/// The name of the datum in well-known text of the registry.
pub(crate) fn datum_name(text: &str) -> Option<&str> {
    quoted(text.split_once("DATUM[")?.1)
}

/// The EPSG code of a node in well-known text of the registry.
pub(crate) fn code_of_part(text: &str, keyword: &str) -> Option<u32> {
    let start = text.find(&format!("{keyword}["))?;
    let part = node(&text[start..])?;
    let (_, code) = part.rsplit_once("AUTHORITY[\"EPSG\",\"")?;
    code.split('"').next()?.parse().ok()
}

/// The geographic CRS within well-known text of the registry, as text.
pub(crate) fn geographic_part(text: &str) -> Option<&str> {
    node(&text[text.find("GEOGCS[")?..])
}

/// The node with which a text begins.
fn node(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 1 => return Some(&text[..=at]),
            b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}
