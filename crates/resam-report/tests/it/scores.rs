use resam_report::{Report, ScoreRow};

use crate::{all_between, html};

fn row(before: Option<f64>, after: Option<f64>, higher_is_better: bool) -> ScoreRow {
    ScoreRow {
        measure: "measure".to_owned(),
        before,
        after,
        higher_is_better,
        digits: 2,
    }
}

/// The cells of a row behind its name, without tags; empty ones are left out.
fn cells(row: ScoreRow) -> Vec<String> {
    let report = Report {
        scores: vec![row],
        ..Report::default()
    };
    let page = html(&report);
    let body = all_between(&page, "<tbody>", "</tbody>")[0];
    let cells = all_between(body, "<td", "</td>").into_iter();
    let texts = cells.map(|cell| cell.split_once('>').unwrap().1.to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

#[test]
fn a_row_has_both_scores_their_difference_and_a_word_for_it() {
    let gain = cells(row(Some(0.5), Some(0.75), true));
    assert_eq!(gain, ["0.50", "0.75", "+0.25", "better"]);
    let loss = cells(row(Some(0.75), Some(0.5), true));
    assert_eq!(loss, ["0.75", "0.50", "−0.25", "worse"]);
}

#[test]
fn where_lower_is_better_a_fall_is_better() {
    let fall = cells(row(Some(20_000.0), Some(5.0), false));
    assert_eq!(fall[2..], ["−19\u{202f}995.00", "better"]);
    let rise = cells(row(Some(5.0), Some(6.0), false));
    assert_eq!(rise[2..], ["+1.00", "worse"]);
}

#[test]
fn a_change_too_small_to_be_shown_is_none() {
    for after in [0.501, 0.5, 0.499] {
        let change = cells(row(Some(0.5), Some(after), true));
        assert_eq!(change, ["0.50", "0.50", "0.00", "same"]);
    }
}

#[test]
fn a_dash_stands_for_no_score() {
    assert_eq!(cells(row(None, Some(0.5), true)), ["–", "0.50", "–"]);
    assert_eq!(cells(row(Some(f64::NAN), None, true)), ["–", "–", "–"]);
    let infinite = cells(row(Some(f64::INFINITY), Some(1.0), true));
    assert_eq!(infinite, ["–", "1.00", "–"]);
}

#[test]
fn no_number_and_no_wish_for_digits_is_too_large() {
    let mut extreme = row(Some(-f64::MAX), Some(f64::MAX), true);
    extreme.digits = usize::MAX;
    assert!(cells(extreme).iter().all(|cell| cell.chars().count() < 30));
}
