//! The table of scores.

use crate::ScoreRow;
use crate::html::escape;
use crate::numbers::fixed;

/// The table: measure, before, after, and what changed.
pub(crate) fn table(rows: &[ScoreRow]) -> String {
    let body: String = rows.iter().map(row).collect();
    format!(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Measure</th>\
         <th scope=\"col\">Before</th><th scope=\"col\">After</th>\
         <th scope=\"col\">Change</th><td></td></tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n\
         <p class=\"aside\">↑ higher is better, ↓ lower is better</p>\n"
    )
}

fn row(row: &ScoreRow) -> String {
    let [before, after] =
        [row.before, row.after].map(|score| score.filter(|score| score.is_finite()));
    let shown = |score: Option<f64>| match score {
        Some(score) => fixed(score, row.digits),
        None => "–".to_owned(),
    };
    let change = before
        .zip(after)
        .map(|(before, after)| after - before)
        .filter(|change| change.is_finite());
    let (change, class, word) = match change {
        Some(change) => {
            let (class, word) = judged(change, row);
            let sign = if word != SAME && change > 0.0 {
                "+"
            } else {
                ""
            };
            (format!("{sign}{}", fixed(change, row.digits)), class, word)
        }
        None => ("–".to_owned(), "same", ""),
    };
    format!(
        "<tr><th scope=\"row\">{}&nbsp;<span class=\"direction\">{}</span></th><td>{}</td><td>{}</td>\
         <td class=\"{class}\">{change}</td><td class=\"word {class}\">{word}</td></tr>\n",
        escape(&row.measure),
        if row.higher_is_better { "↑" } else { "↓" },
        shown(before),
        shown(after),
    )
}

const SAME: &str = "same";

/// The style class and the word for a change: colour alone is not accessible to everyone. A change
/// that the shown digits do not reveal is no change.
fn judged(change: f64, row: &ScoreRow) -> (&'static str, &'static str) {
    let is_shown = fixed(change, row.digits)
        .chars()
        .any(|character| ('1'..='9').contains(&character));
    if !is_shown {
        ("same", SAME)
    } else if (change > 0.0) == row.higher_is_better {
        ("better", "better")
    } else {
        ("worse", "worse")
    }
}
