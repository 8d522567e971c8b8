//! All faults of a file, reported together.

use std::fmt;

use resam_prompt::{Notices, Weight};

use crate::coco::CocoError;

/// How many complaints a message shows; the rest are counted.
const SHOWN: usize = 20;

/// Faults at which a file is no COCO file of anybody.
const MOST: usize = 100_000;

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

/// The faults of a file while it is read.
#[derive(Debug)]
pub(crate) struct Faults(Complaints);

impl Faults {
    pub(crate) fn new(file: &str) -> Self {
        Self(Complaints::new(file))
    }

    pub(crate) fn add(&mut self, complaint: fmt::Arguments<'_>) {
        self.0.add(complaint);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.total == 0
    }

    /// Whether there are so few that the rest of the file is worth reading.
    pub(crate) fn are_bearable(&self) -> bool {
        self.0.total < MOST
    }

    pub(crate) fn into_error(self) -> CocoError {
        CocoError::Faults(self.0)
    }

    /// As what was left out.
    pub(crate) fn tell(&self, notices: &mut Notices, what: [&'static str; 2]) {
        let first = || self.0.shown.first().cloned().unwrap_or_default();
        for _ in 0..self.0.total {
            notices.add(&self.0.file, Weight::LeftOut, what, first);
        }
    }
}
