//! The nodes of well-known text.

use crate::error::CrsError;

/// Definitions nest to about ten.
const DEEPEST: usize = 32;
/// The longest real definitions, with all their remarks, are a tenth of this.
const LONGEST: usize = 1 << 17;

/// `KEYWORD["text", 1.5, WORD, CHILD[...]]`.
#[derive(Debug)]
pub(crate) struct Node {
    /// In capitals.
    pub(crate) keyword: String,
    pub(crate) values: Vec<Value>,
}

#[derive(Debug)]
pub(crate) enum Value {
    /// A quoted text, or a word without brackets.
    Text(String),
    Number(f64),
    Node(Node),
}

impl Node {
    /// Reads the outermost node; what comes behind it is ignored.
    pub(crate) fn parse(text: &str) -> Result<Self, CrsError> {
        if text.len() > LONGEST {
            return Err(refuse(format!(
                "{} bytes are more than the limit of {LONGEST}",
                text.len()
            )));
        }
        let mut reader = Reader { rest: text };
        let keyword = reader.word();
        reader.node(keyword, 0)
    }

    pub(crate) fn is(&self, keywords: &[&str]) -> bool {
        keywords.contains(&&*self.keyword)
    }

    /// The children.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Self> {
        self.values.iter().filter_map(|value| match value {
            Value::Node(node) => Some(node),
            _ => None,
        })
    }

    /// The first child with one of these keywords.
    pub(crate) fn child(&self, keywords: &[&str]) -> Option<&Self> {
        self.nodes().find(|node| node.is(keywords))
    }

    /// The text at a place.
    pub(crate) fn text(&self, place: usize) -> Option<&str> {
        match self.values.get(place)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number at a place, quoted or not.
    pub(crate) fn number(&self, place: usize) -> Option<f64> {
        match self.values.get(place)? {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Node(_) => None,
        }
        .filter(|number: &f64| number.is_finite())
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, characters: &[char]) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(characters) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Letters, digits and what numbers consist of.
    fn word(&mut self) -> String {
        self.skip_space();
        let ends = |c: char| !(c.is_alphanumeric() || "_+-.:".contains(c));
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    /// A quoted text, whose first quote is taken; a quote in it is written twice.
    fn quoted(&mut self) -> Result<String, CrsError> {
        let mut text = String::new();
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err(refuse("a quote is never closed"));
            };
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            match self.rest.strip_prefix('"') {
                Some(rest) => {
                    text.push('"');
                    self.rest = rest;
                }
                None => return Ok(text),
            }
        }
    }

    fn node(&mut self, keyword: String, depth: usize) -> Result<Node, CrsError> {
        if depth > DEEPEST {
            return Err(refuse(format!("brackets nest deeper than {DEEPEST}")));
        }
        if keyword.is_empty() || !self.take(&['[', '(']) {
            return Err(refuse("a keyword and a bracket are missing"));
        }
        let mut values = Vec::new();
        loop {
            if self.take(&['"']) {
                values.push(Value::Text(self.quoted()?));
            } else {
                let word = self.word();
                self.skip_space();
                if self.rest.starts_with(['[', '(']) {
                    values.push(Value::Node(self.node(word, depth + 1)?));
                } else if let Ok(number) = word.parse() {
                    values.push(Value::Number(number));
                } else if !word.is_empty() {
                    values.push(Value::Text(word));
                }
            }
            if self.take(&[']', ')']) {
                break;
            }
            if !self.take(&[',']) {
                return Err(refuse(if self.rest.is_empty() {
                    "it ends before its last bracket"
                } else {
                    "a comma or a bracket is missing"
                }));
            }
        }
        Ok(Node {
            keyword: keyword.to_ascii_uppercase(),
            values,
        })
    }
}

pub(crate) fn refuse(problem: impl Into<String>) -> CrsError {
    CrsError::Wkt {
        problem: problem.into(),
    }
}
