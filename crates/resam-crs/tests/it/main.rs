//! What this crate promises, as statements.

mod areas;
mod hostile;
mod points;
mod reading;
mod well_known_text;

/// The rows of a CSV fixture without its header; quoted values may hold commas, and quotes twice.
fn rows(name: &str) -> Vec<Vec<String>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(values).collect()
}

fn values(line: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                values.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            other => values.last_mut().unwrap().push(other),
        }
    }
    values
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}
