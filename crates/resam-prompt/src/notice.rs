//! What a reader noticed in a file, once a kind.

use std::fmt;

/// What became of what was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// It has one meaning and was taken, or there was nothing in it: nothing is lost.
    Taken,
    /// It has no meaning and was left out.
    LeftOut,
}

/// What a reader noticed: all that is of one kind in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The file.
    pub file: String,
    /// What became of it.
    pub weight: Weight,
    /// How many there are.
    pub count: usize,
    /// The first of them: its place, and where it helps what is there.
    pub first: String,
    /// What is said of one and of several, behind the number.
    what: [&'static str; 2],
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, count, .. } = self;
        let [one, many] = self.what;
        match (count, &*self.first) {
            (1, "") => write!(formatter, "{file}: 1 {one}"),
            (1, first) => write!(formatter, "{file}: 1 {one}: {first}"),
            (_, "") => write!(formatter, "{file}: {count} {many}"),
            (_, first) => write!(formatter, "{file}: {count} {many}, the first: {first}"),
        }
    }
}

/// What was noticed in files, in the order in which it was first met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Counts one more of a kind. `what` is what is said of one and of several; `first` is called
    /// for the first of them.
    pub fn add(
        &mut self,
        file: &str,
        weight: Weight,
        what: [&'static str; 2],
        first: impl FnOnce() -> String,
    ) {
        let same = |one: &&mut Notice| one.what == what && one.weight == weight && one.file == file;
        if let Some(notice) = self.0.iter_mut().find(same) {
            notice.count += 1;
            return;
        }
        self.0.push(Notice {
            file: file.to_owned(),
            weight,
            count: 1,
            first: first(),
            what,
        });
    }

    /// Those of another reader behind these.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Each kind.
    pub fn iter(&self) -> std::slice::Iter<'_, Notice> {
        self.0.iter()
    }

    /// Whether nothing was noticed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first kind that was left out.
    pub fn left_out(&self) -> Option<&Notice> {
        let is_left_out = |notice: &&Notice| notice.weight == Weight::LeftOut;
        self.0.iter().find(is_left_out)
    }

    /// A sentence each.
    pub fn sentences(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl<'a> IntoIterator for &'a Notices {
    type Item = &'a Notice;
    type IntoIter = std::slice::Iter<'a, Notice>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_said_once_with_its_number_and_its_first() {
        let blank = ["blank row is passed over", "blank rows are passed over"];
        let mut notices = Notices::default();
        notices.add("a.csv", Weight::Taken, blank, || "line 4".to_owned());
        assert_eq!(
            notices.sentences(),
            ["a.csv: 1 blank row is passed over: line 4"]
        );
        notices.add("a.csv", Weight::Taken, blank, || unreachable!());
        assert!(notices.left_out().is_none());
        let odd = ["row is left out", "rows are left out"];
        notices.add("a.csv", Weight::LeftOut, odd, String::new);
        assert_eq!(
            notices.sentences(),
            [
                "a.csv: 2 blank rows are passed over, the first: line 4",
                "a.csv: 1 row is left out"
            ]
        );
        assert_eq!(notices.left_out().map(|notice| notice.count), Some(1));
    }
}
