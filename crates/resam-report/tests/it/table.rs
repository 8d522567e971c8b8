use resam_report::{Cell, Report, Row, Table};

use crate::{all_between, html};

/// The cells of a row behind its name, in words.
fn cells(cells: Vec<Cell>) -> Vec<String> {
    let report = Report {
        tables: vec![Table {
            rows: vec![Row {
                name: "row".to_owned(),
                cells,
                ..Row::default()
            }],
            ..Table::default()
        }],
        ..Report::default()
    };
    let page = html(&report);
    let body = all_between(&page, "<tbody>", "</tbody>")[0];
    let cells = all_between(body, "<td", "</td>").into_iter();
    let texts = cells.map(|cell| cell.split_once('>').unwrap().1);
    texts.map(without_tags).collect()
}

fn without_tags(text: &str) -> String {
    let parts = text.split('<').enumerate();
    let outside = parts.map(|(index, part)| match index {
        0 => part,
        _ => part.split_once('>').unwrap().1,
    });
    outside.collect()
}

fn change(value: f64, digits: usize) -> String {
    cells(vec![Cell::Change(Some(value), digits)]).remove(0)
}

#[test]
fn a_change_has_its_sign_and_a_word_for_it() {
    assert_eq!(change(0.25, 2), "+0.25 better");
    assert_eq!(change(-0.25, 2), "−0.25 worse");
}

#[test]
fn a_change_too_small_to_be_shown_is_none() {
    for value in [0.001, 0.0, -0.001] {
        assert_eq!(change(value, 2), "0.00 same");
    }
}

#[test]
fn a_dash_stands_for_no_number() {
    for value in [None, Some(f64::NAN), Some(f64::INFINITY)] {
        let dashes = cells(vec![Cell::Number(value, 2), Cell::Change(value, 2)]);
        assert_eq!(dashes, ["–", "–"]);
    }
    let spans = [None, Some([0.5, f64::NAN])].map(Cell::Span).to_vec();
    assert_eq!(cells(spans), ["", ""]);
}

#[test]
fn numbers_are_shown_with_their_digits_and_words_as_they_are() {
    let shown = cells(vec![
        Cell::Count(12_000),
        Cell::Number(Some(0.5), 3),
        Cell::Text("a <b>".to_owned()),
    ]);
    assert_eq!(shown, ["12\u{202f}000", "0.500", "a &lt;b&gt;"]);
}

#[test]
fn no_number_and_no_wish_for_digits_is_too_large() {
    let extreme = [f64::MAX, -f64::MAX, f64::MIN_POSITIVE];
    for value in extreme {
        for cell in [
            Cell::Number(Some(value), usize::MAX),
            Cell::Change(Some(value), usize::MAX),
        ] {
            assert!(cells(vec![cell])[0].chars().count() < 40);
        }
    }
}

#[test]
fn a_span_outside_the_scale_ends_at_it() {
    let table = |span| Report {
        tables: vec![Table {
            rows: vec![Row {
                cells: vec![Cell::Span(Some(span))],
                ..Row::default()
            }],
            ..Table::default()
        }],
        ..Report::default()
    };
    assert_eq!(html(&table([-5.0, 7.0])), html(&table([0.0, 1.0])));
}
