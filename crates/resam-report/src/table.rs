//! Tables of numbers.

use maud::{Markup, html};

use crate::numbers::fixed;

/// A table: a name and a cell for each column in every row.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Table {
    /// What the table shows.
    pub title: String,
    /// How its numbers come about.
    pub note: String,
    /// The headings of the columns; the first is that of the names.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Row {
    /// What the row is about.
    pub name: String,
    /// A remark below the name; may be empty.
    pub note: String,
    /// The cells behind the name.
    pub cells: Vec<Cell>,
    /// Whether the row is the result.
    pub strong: bool,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A whole number.
    Count(usize),
    /// A number with so many decimals. `None` and what is not finite are a dash.
    Number(Option<f64>, usize),
    /// A difference with so many decimals, where more is better.
    Change(Option<f64>, usize),
    /// Two scores from 0 to 1, before and after, as a drawing.
    Span(Option<[f64; 2]>),
    /// Words.
    Text(String),
}

/// The table as it stands on the page.
pub(crate) fn table(table: &Table) -> Markup {
    html! {
        @if !table.title.is_empty() { h3 { (table.title) } }
        div.wide tabindex="0" role="region" aria-label=(label(table)) {
            table {
                thead { tr { @for column in &table.columns { th scope="col" { (column) } } } }
                tbody {
                    @for row in &table.rows {
                        tr.strong[row.strong] {
                            th scope="row" {
                                (row.name)
                                @if !row.note.is_empty() { small { (row.note) } }
                            }
                            @for cell in &row.cells { (cell_of(cell)) }
                        }
                    }
                }
            }
        }
        @if !table.note.is_empty() { p.aside { (table.note) } }
    }
}

fn label(table: &Table) -> &str {
    if table.title.is_empty() {
        "Table"
    } else {
        &table.title
    }
}

fn cell_of(cell: &Cell) -> Markup {
    const DASH: &str = "–";
    let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
    match cell {
        Cell::Count(count) => html! { td { (fixed(*count as f64, 0)) } },
        Cell::Number(value, digits) => html! {
            td { (finite(value).map_or(DASH.to_owned(), |value| fixed(value, *digits))) }
        },
        Cell::Change(value, digits) => {
            if let Some(value) = finite(value) {
                change(value, *digits)
            } else {
                html! { td.same { (DASH) } }
            }
        }
        Cell::Span(Some([before, after])) if before.is_finite() && after.is_finite() => {
            span([*before, *after])
        }
        Cell::Span(_) => html! { td.span {} },
        Cell::Text(text) => html! { td.words { (text) } },
    }
}

/// A change and a word for it: colour alone does not speak to everyone. A change that the shown
/// digits do not reveal is none.
fn change(value: f64, digits: usize) -> Markup {
    let text = fixed(value, digits);
    let is_shown = text
        .chars()
        .any(|character| ('1'..='9').contains(&character));
    let (class, word, sign) = match value {
        _ if !is_shown => ("same", "same", ""),
        _ if value > 0.0 => ("better", "better", "+"),
        _ => ("worse", "worse", ""),
    };
    html! { td class=(class) { (sign) (text) " " span.word { (word) } } }
}

/// A line from the score before, a ring, to the score after, a disc, on a scale from 0 to 1.
fn span(scores: [f64; 2]) -> Markup {
    const WIDTH: f64 = 120.0;
    let place = |score: f64| 6.0 + (WIDTH - 12.0) * score.clamp(0.0, 1.0);
    let [before, after] = scores.map(place);
    let text = |value: f64| format!("{value:.1}");
    html! {
        td.span {
            svg viewBox=(format!("0 0 {WIDTH} 14")) width=(WIDTH) height="14" aria-hidden="true" {
                path.grid d=(format!("M6 7H{}", WIDTH - 6.0)) {}
                path.step d=(format!("M{before:.1} 7H{after:.1}")) {}
                circle.from cx=(text(before)) cy="7" r="4" {}
                circle.to cx=(text(after)) cy="7" r="4" {}
            }
        }
    }
}
