//! All faults of a file, reported together.

use std::fmt;

/// How many complaints a message shows; the rest are counted.
const SHOWN: usize = 20;

/// The faults of one file. Shows the first 20, each naming file and record, and counts the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaints {
    file: String,
    shown: Vec<String>,
    total: usize,
}

impl Complaints {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            shown: Vec::new(),
            total: 0,
        }
    }

    /// Adds one: the record, a colon, what is wrong with it.
    pub(crate) fn add(&mut self, complaint: fmt::Arguments<'_>) {
        self.total += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(complaint.to_string());
        }
    }

    pub(crate) fn into_result(self) -> Result<(), Self> {
        if self.total == 0 { Ok(()) } else { Err(self) }
    }

    /// The complaints that are shown, each "record: fault", at most 20.
    pub fn shown(&self) -> &[String] {
        &self.shown
    }

    /// How many faults there are, shown or not.
    pub fn total(&self) -> usize {
        self.total
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.shown.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{}: {complaint}", self.file)?;
        }
        match self.total - self.shown.len() {
            0 => Ok(()),
            more => write!(formatter, "\n{}: and {more} more", self.file),
        }
    }
}
