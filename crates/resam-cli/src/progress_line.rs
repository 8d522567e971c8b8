//! The line of a progress, as wide as the terminal has room for.

use console::{measure_text_width, truncate_str};

/// The widest bar.
const WIDEST_BAR: usize = 30;
/// A narrower bar says nothing.
const NARROWEST_BAR: usize = 8;

/// What a line shows.
pub(crate) struct Shown<'a> {
    /// What is counted, a plural.
    pub(crate) what: &'a str,
    pub(crate) done: u64,
    pub(crate) total: u64,
    /// Times in words.
    pub(crate) gone: String,
    pub(crate) left: String,
    /// How it goes, with commas between; may be empty.
    pub(crate) detail: &'a str,
}

impl Shown<'_> {
    /// A line that never wraps: what is least needed is left out where there is no room.
    pub(crate) fn line(&self, columns: usize) -> String {
        // The last column stays empty: some terminals begin a new line when it is written.
        let room = columns.saturating_sub(1);
        let Self {
            what,
            done,
            total,
            gone,
            left,
            ..
        } = self;
        let counts = format!("{done}/{total} {what}");
        let forms = [
            format!("{counts}, {gone}, {left}"),
            format!("{counts}, {left}"),
            counts,
        ];
        let fits = |form: &&String| measure_text_width(form) <= room;
        let Some(mut line) = forms.iter().find(fits).cloned() else {
            return truncate_str(&forms[2], room, "").into_owned();
        };
        for part in self.detail.split(", ").filter(|part| !part.is_empty()) {
            // The bar goes before the details do.
            let longer = format!("{line}, {part}");
            if measure_text_width(&longer) + NARROWEST_BAR < room {
                line = longer;
            }
        }
        match room
            .saturating_sub(measure_text_width(&line) + 1)
            .min(WIDEST_BAR)
        {
            width if width >= NARROWEST_BAR => format!("{} {line}", self.bar(width)),
            _ => line,
        }
    }

    fn bar(&self, width: usize) -> String {
        let share = self.done.min(self.total) as f64 / self.total.max(1) as f64;
        let full = (share * width as f64).round() as usize;
        "█".repeat(full) + &"░".repeat(width - full)
    }

    /// A line for a file or a pipe.
    pub(crate) fn plain(&self) -> String {
        let Self {
            what,
            done,
            total,
            gone,
            left,
            detail,
        } = self;
        let detail = if detail.is_empty() {
            String::new()
        } else {
            format!("; {detail}")
        };
        format!("{done} of {total} {what}, {gone}, {left}{detail}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(what: &'a str, detail: &'a str) -> Shown<'a> {
        Shown {
            what,
            done: 12_345,
            total: 67_890,
            gone: "12 min 07 s".to_owned(),
            left: "about 55 min left".to_owned(),
            detail,
        }
    }

    #[test]
    fn a_line_is_narrower_than_its_terminal_whatever_is_in_it() {
        let long = "1.2 s an image, loss 0.312, consistency 0.81, 14.2 GB, 屋根の画像_2024年.tif, \u{1f6f0}";
        for what in ["windows", "屋根の画像", "images compared with each other"] {
            for detail in ["", "loss 0.1", long] {
                for columns in 0..300 {
                    let line = shown(what, detail).line(columns);
                    let width = measure_text_width(&line);
                    assert!(width < columns.max(1), "{columns}: {width} {line}");
                    assert!(!line.contains('\n'));
                }
            }
        }
    }

    #[test]
    fn counts_and_the_time_left_stay_where_there_is_little_room() {
        let detail = "1.2 s an image, loss 0.312";
        let narrow = shown("windows", detail).line(40);
        assert_eq!(narrow, "12345/67890 windows, about 55 min left");
        let line = shown("windows", detail).line(80);
        assert!(
            line.contains("12345/67890 windows, 12 min 07 s, about 55 min left"),
            "{line}"
        );
        let wide = shown("windows", detail).line(200);
        assert!(wide.ends_with("left, 1.2 s an image, loss 0.312"), "{wide}");
        assert_eq!(wide.matches(['█', '░']).count(), WIDEST_BAR);
    }

    #[test]
    fn the_bar_is_full_when_all_is_done_and_never_fuller() {
        let mut shown = shown("windows", "");
        (shown.done, shown.total) = (9, 8);
        assert!(shown.line(120).contains(&"█".repeat(WIDEST_BAR)));
        (shown.done, shown.total) = (0, 0);
        assert!(shown.line(120).contains(&"░".repeat(WIDEST_BAR)));
    }
}
