use proptest::prelude::*;
use resam_report::{Chart, Report, Series};

use crate::{all_between, html};

type Points = Vec<(f64, f64)>;

/// The figure of a chart with series of these points.
fn figure(series: impl IntoIterator<Item = Points>) -> String {
    let series = series.into_iter().enumerate();
    let report = Report {
        curves: vec![Chart {
            title: "Loss".to_owned(),
            x_label: "step".to_owned(),
            y_label: "value".to_owned(),
            series: series
                .map(|(index, points)| Series {
                    name: format!("series {index}"),
                    points,
                })
                .collect(),
        }],
        ..Report::default()
    };
    all_between(&html(&report), "<figure", "</figure>")[0].to_owned()
}

/// The places of the lines, series after series, in units of the drawing.
fn lines(figure: &str) -> Vec<Points> {
    let pair = |pair: &str| {
        let (x, y) = pair.split_once(',').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    let lines = all_between(figure, "<polyline ", "/>").into_iter();
    lines
        .map(|line| {
            all_between(line, "points=\"", "\"")[0]
                .split(' ')
                .map(pair)
                .collect()
        })
        .collect()
}

/// The labels of an axis with their places: `end` is the class of the vertical one, `middle` that
/// of the horizontal one.
fn ticks(figure: &str, class: &str) -> Vec<(f64, String)> {
    let attribute = if class == "end" { " y=\"" } else { " x=\"" };
    let texts = all_between(figure, &format!("<text class=\"{class}\""), "</text>").into_iter();
    texts
        .map(|text| {
            let place = all_between(text, attribute, "\"")[0].parse().unwrap();
            (place, text.split_once('>').unwrap().1.to_owned())
        })
        .collect()
}

fn labels(figure: &str, class: &str) -> Vec<String> {
    ticks(figure, class)
        .into_iter()
        .map(|tick| tick.1)
        .collect()
}

/// The number that a label stands for.
fn number(label: &str) -> f64 {
    label
        .replace('\u{202f}', "")
        .replace('−', "-")
        .parse()
        .unwrap()
}

#[test]
fn ticks_are_at_round_numbers() {
    let chart = figure([vec![(0.0, 0.03), (970.0, 0.97)]]);
    assert_eq!(labels(&chart, "middle"), ["0", "200", "400", "600", "800"]);
    assert_eq!(
        labels(&chart, "end"),
        ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    );
    let chart = figure([vec![(1.0, -30.0), (3.0, 20.0)]]);
    assert_eq!(labels(&chart, "middle"), ["1", "2", "3"], "no half epochs");
    let expected = ["−30", "−20", "−10", "0", "10", "20"];
    assert_eq!(labels(&chart, "end"), expected);
    let chart = figure([vec![(0.0, 0.0), (100_000.0, 1e-5)]]);
    assert_eq!(labels(&chart, "middle")[1], "20\u{202f}000");
    assert_eq!(labels(&chart, "end")[1], "0.2×10⁻⁵");
}

#[test]
fn a_value_lies_where_its_tick_is() {
    let points = vec![(0.0, -1.5), (200.0, 0.5), (600.0, 1.0), (1000.0, -1.0)];
    let chart = figure([points.clone()]);
    let (across, upwards) = (ticks(&chart, "middle"), ticks(&chart, "end"));
    let place_of = |ticks: &[(f64, String)], value: f64| {
        let tick = ticks.iter().find(|tick| number(&tick.1) == value).unwrap();
        tick.0
    };
    for (&(x, y), place) in points.iter().zip(&lines(&chart)[0]) {
        assert!((place.0 - place_of(&across, x)).abs() < 0.11);
        // A label hangs a little below its tick, so that its middle is at the tick.
        let baseline = place_of(&upwards, y) - place.1;
        assert!((3.8..4.2).contains(&baseline), "{baseline}");
    }
}

#[test]
fn a_long_run_stays_small_and_keeps_its_spikes() {
    let wave = |step: u32| 0.5 + 0.4 * (f64::from(step) * 0.7).sin();
    let mut points: Points = (0..=100_000)
        .map(|step| (f64::from(step), wave(step)))
        .collect();
    points[54_321].1 = 10.0;
    points[76_543].1 = -10.0;
    let chart = figure([points]);
    assert!(chart.len() < 24_000, "{}", chart.len());
    let line = &lines(&chart)[0];
    let (upwards, across) = (ticks(&chart, "end"), ticks(&chart, "middle"));
    for (value, step) in [(10.0, 54_321.0), (-10.0, 76_543.0)] {
        let tick = upwards
            .iter()
            .find(|tick| number(&tick.1) == value)
            .unwrap();
        let spike = line
            .iter()
            .find(|place| (tick.0 - place.1 - 4.0).abs() < 0.2);
        let &(x, _) = spike.unwrap();
        let step_at = |place: f64| {
            let (first, second) = (&across[0], &across[1]);
            (place - first.0) / (second.0 - first.0) * number(&second.1)
        };
        assert!((step_at(x) - step).abs() < 50.0, "{value}: {x}");
    }
    let (first, last) = (line.first().unwrap(), line.last().unwrap());
    assert!((first.0 - across[0].0).abs() < 0.2);
    assert!((last.0 - across.last().unwrap().0).abs() < 0.2);
}

#[test]
fn values_that_are_not_finite_are_left_out_and_counted() {
    let points = vec![
        (1.0, 0.5),
        (2.0, f64::NAN),
        (f64::INFINITY, 1.0),
        (4.0, 0.25),
    ];
    let chart = figure([points]);
    assert_eq!(lines(&chart)[0].len(), 2);
    assert!(chart.contains("2 values that are not finite are not shown"));
    assert!(!figure([vec![(1.0, 0.5)]]).contains("not shown"));
}

#[test]
fn one_point_is_a_dot_in_the_middle() {
    let chart = figure([vec![(10.0, 0.5)]]);
    assert!(chart.contains("<circle") && !chart.contains("<polyline"));
    let place = |name: &str| -> f64 {
        let text = all_between(&chart, &format!(" {name}=\""), "\"")[0];
        text.parse().unwrap()
    };
    assert!((100.0..380.0).contains(&place("cx")));
    assert!((70.0..210.0).contains(&place("cy")));
}

#[test]
fn a_constant_is_a_level_line() {
    let line = &lines(&figure([vec![(0.0, 0.7), (1.0, 0.7), (2.0, 0.7)]]))[0];
    assert!(line.iter().all(|place| place.1 == line[0].1));
    assert!(line[0].0 < line[1].0 && line[1].0 < line[2].0);
}

#[test]
fn without_values_the_chart_says_so() {
    for series in [vec![], vec![vec![]], vec![vec![(f64::NAN, 1.0)]]] {
        let chart = figure(series);
        assert!(chart.contains(">no values</text>") && chart.contains("class=\"axis\""));
        assert!(!chart.contains("<polyline") && !chart.contains("<circle"));
    }
}

#[test]
fn the_legend_names_every_series_with_its_last_value() {
    let chart = figure([vec![(0.0, 3.0), (1.0, 0.125)], vec![(0.0, 2.0)]]);
    let entries = all_between(&chart, "<li>", "</li>");
    assert!(entries[0].contains("series 0") && entries[0].contains(">0.1250<"));
    assert!(entries[1].contains("series 1") && entries[1].contains(">2.000<"));
}

#[test]
fn eighteen_series_are_told_apart() {
    let chart = figure((0..18).map(|level| vec![(0.0, f64::from(level)), (1.0, 0.0)]));
    let mut looks = all_between(&chart, "<polyline class=\"", "\"");
    looks.sort_unstable();
    looks.dedup();
    assert_eq!(looks.len(), 18);
}

proptest! {
    #[test]
    fn whatever_the_values_the_drawing_stays_in_its_frame(
        points in proptest::collection::vec((proptest::num::f64::ANY, proptest::num::f64::ANY), 0..60),
        near in (proptest::num::f64::ANY, 0_u64..4),
    ) {
        let next = f64::from_bits(near.0.to_bits().wrapping_add(near.1));
        let chart = figure([points, vec![(near.0, near.0), (next, next)]]);
        prop_assert!(!chart.contains("NaN") && !chart.contains("inf"));
        for (x, y) in lines(&chart).into_iter().flatten() {
            prop_assert!((0.0..=480.0).contains(&x) && (0.0..=280.0).contains(&y), "{} {}", x, y);
        }
        for class in ["middle", "end"] {
            prop_assert!(ticks(&chart, class).len() < 15);
        }
    }

    #[test]
    fn an_axis_of_any_scale_has_some_ticks_evenly_apart(
        from in -1e3..1e3_f64,
        span in 1e-3..1e3_f64,
        scale in -100..100_i32,
    ) {
        let scale = 10_f64.powi(scale);
        let ends = [from, from + span].map(|value| value * scale);
        let chart = figure([vec![(ends[0], ends[0]), (ends[1], ends[1])]]);
        for class in ["middle", "end"] {
            let places: Vec<f64> = ticks(&chart, class).iter().map(|tick| tick.0).collect();
            prop_assert!((3..=10).contains(&places.len()), "{class}: {}", places.len());
            let apart = places[1] - places[0];
            for pair in places.windows(2) {
                prop_assert!((pair[1] - pair[0] - apart).abs() < 0.3);
            }
        }
    }
}
