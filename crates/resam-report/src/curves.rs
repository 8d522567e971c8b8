//! Charts as inline SVG. Colours are classes of the page's style, for light and dark.

use crate::axis::{Axis, is_drawable};
use crate::html::escape;
use crate::numbers::significant;
use crate::{Chart, Series};

/// Size of a chart in its own units; the page scales it.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 280.0;
/// Room round the plot; that on the left depends on the labels of the ticks.
const TOP: f64 = 28.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 44.0;
/// Width of a character of a label, as a rough bound.
const CHARACTER: f64 = 6.8;
/// About how many steps an axis is divided into; rounding makes it 3 to 8.
const TICKS: f64 = 5.0;

/// The number of intervals whose minima and maxima draw a long series, about one a pixel.
const STRETCHES: usize = 400;
/// The most points of a series that are marked with dots.
const MOST_DOTS: usize = SMOOTHED_FROM;
/// A series with more points than this is drawn as a running mean, and itself pale behind it.
const SMOOTHED_FROM: usize = 30;
/// Running means of a series that do not overlap: the window is the series divided by this.
const WINDOWS: usize = 15;
/// The most points of a running mean.
const MOST_MEANS: usize = 200;
/// The number of colours of the page's style, and of dash patterns after them.
const COLOURS: usize = 6;
const DASHES: usize = 3;

/// The plot's edges, in units of the chart.
struct Plot {
    left: f64,
    across: Axis,
    upwards: Axis,
}

/// A chart with its heading and its legend.
pub(crate) fn figure(chart: &Chart) -> String {
    let series: Vec<Vec<_>> = chart.series.iter().map(drawable).collect();
    let all = series.iter().flatten();
    let across = Axis::across(all.clone().map(|point| point.0), TICKS);
    let upwards = Axis::upwards(all.map(|point| point.1), TICKS);
    let drawing = match (across, upwards) {
        (Some(across), Some(upwards)) => {
            let plot = Plot::new(across, upwards);
            let mut drawing = plot.grid();
            for (index, points) in series.iter().enumerate() {
                drawing += &plot.line(points, &classes(index));
            }
            drawing
        }
        _ => nothing(),
    };
    format!(
        "<figure class=\"chart\">\n<figcaption>{title}</figcaption>\n{legend}\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{spoken}\">\n\
         {drawing}{labels}</svg>\n{smoothed}{left_out}</figure>\n",
        title = escape(&chart.title),
        spoken = escape(&spoken(chart, &series)),
        smoothed = smoothed(&series),
        legend = legend(chart, &series),
        labels = axis_labels(chart),
        left_out = left_out(chart, &series),
    )
}

fn drawable(series: &Series) -> Vec<(f64, f64)> {
    let points = series.points.iter().copied();
    points
        .filter(|&(x, y)| is_drawable(x) && is_drawable(y))
        .collect()
}

/// The classes of a series: colours first, and dashes once they are used up.
fn classes(index: usize) -> String {
    format!("c{} d{}", index % COLOURS, index / COLOURS % DASHES)
}

impl Plot {
    fn new(across: Axis, upwards: Axis) -> Self {
        let ticks = upwards.ticks();
        let widest = ticks.iter().map(|(_, label)| label.chars().count()).max();
        let left = 14.0 + CHARACTER * widest.unwrap_or(0) as f64;
        Self {
            left,
            across,
            upwards,
        }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + (WIDTH - RIGHT - self.left) * self.across.position(value)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * self.upwards.position(value)
    }

    /// Lines at the ticks, the labels of these, and the horizontal axis.
    fn grid(&self) -> String {
        let (left, right, bottom) = (self.left, WIDTH - RIGHT, HEIGHT - BOTTOM);
        let mut grid = String::new();
        for (value, label) in self.upwards.ticks() {
            let (y, label_x, label_y) = (self.y(value), left - 8.0, self.y(value) + 4.0);
            grid += &format!(
                "<path class=\"grid\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>\
                 <text class=\"end\" x=\"{label_x:.1}\" y=\"{label_y:.1}\">{label}</text>\n"
            );
        }
        grid += &format!("<path class=\"axis\" d=\"M{left:.1} {bottom:.1}H{right:.1}\"/>\n");
        for (value, label) in self.across.ticks() {
            let (x, label_y) = (self.x(value), bottom + 17.0);
            grid += &format!(
                "<path class=\"axis\" d=\"M{x:.1} {bottom:.1}v4\"/>\
                 <text class=\"middle\" x=\"{x:.1}\" y=\"{label_y:.1}\">{label}</text>\n"
            );
        }
        grid
    }

    /// A series: a line, and dots where the points are few. Of a long one the running mean, and the
    /// series itself behind it.
    fn line(&self, points: &[(f64, f64)], classes: &str) -> String {
        let polyline = |class: &str, points: &[(f64, f64)]| {
            let places = thinned(points).into_iter();
            let places = places.map(|(x, y)| format!("{:.1},{:.1}", self.x(x), self.y(y)));
            let places = places.collect::<Vec<_>>().join(" ");
            format!("<polyline class=\"{class} {classes}\" points=\"{places}\"/>\n")
        };
        let mut line = String::new();
        if points.len() > SMOOTHED_FROM {
            line += &polyline("raw", points);
            line += &polyline("line", &running_mean(points));
        } else if points.len() > 1 {
            line += &polyline("line", points);
        }
        if points.len() <= MOST_DOTS {
            for &(x, y) in points {
                let told = format!("{} at {}", significant(y), significant(x));
                let (x, y) = (self.x(x), self.y(y));
                line += &format!(
                    "<circle class=\"dot {classes}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\">\
                     <title>{told}</title></circle>\n"
                );
            }
        }
        line
    }
}

/// How many points are averaged in the running mean of so many.
fn window_of(count: usize) -> usize {
    (count / WINDOWS) | 1
}

/// The mean of the points about each point, of a long series about every so many. The window gets
/// smaller at the ends, so that it stays about its point.
fn running_mean(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let half = window_of(points.len()) / 2;
    let mean = |(at, point): (usize, &(f64, f64))| {
        let half = half.min(at).min(points.len() - 1 - at);
        let about = &points[at - half..=at + half];
        let count = about.len() as f64;
        (point.0, about.iter().map(|point| point.1 / count).sum())
    };
    let last = points.len() - 1;
    let step = points.len().div_ceil(MOST_MEANS);
    let places = points.iter().enumerate();
    let places = places.filter(|(at, _)| at % step == 0 || *at == last);
    places.map(mean).collect()
}

/// The minima and maxima of intervals of the series, in order, or all points if they are few. The
/// first and the last point stay, so that the line keeps its length.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= 2 * STRETCHES {
        return points.to_vec();
    }
    let height = |&(_, point): &(usize, &(f64, f64))| point.1;
    let mut kept = Vec::with_capacity(2 * STRETCHES + 2);
    kept.extend(points.first());
    for stretch in points.chunks(points.len().div_ceil(STRETCHES)) {
        let places = stretch.iter().enumerate();
        let low = places
            .clone()
            .min_by(|a, b| height(a).total_cmp(&height(b)));
        let high = places.max_by(|a, b| height(a).total_cmp(&height(b)));
        if let (Some(low), Some(high)) = (low, high) {
            let (earlier, later) = if low.0 <= high.0 {
                (low, high)
            } else {
                (high, low)
            };
            kept.push(*earlier.1);
            kept.push(*later.1);
        }
    }
    kept.extend(points.last());
    kept
}

/// The names of the series, each with a piece of its line and its last value.
fn legend(chart: &Chart, series: &[Vec<(f64, f64)>]) -> String {
    let mut entries = String::new();
    for (index, (Series { name, .. }, points)) in chart.series.iter().zip(series).enumerate() {
        let last = points
            .last()
            .map_or("–".to_owned(), |point| significant(point.1));
        entries += &format!(
            "<li><svg class=\"key\" viewBox=\"0 0 22 14\" aria-hidden=\"true\">\
             <path class=\"line {}\" d=\"M0 7H22\"/></svg>{} <span class=\"last\">{last}</span></li>\n",
            classes(index),
            escape(name),
        );
    }
    if entries.is_empty() {
        return entries;
    }
    format!("<ul class=\"legend\">\n{entries}</ul>\n")
}

/// The chart in words: where each series begins and ends.
fn spoken(chart: &Chart, series: &[Vec<(f64, f64)>]) -> String {
    let mut text = format!("{}: {} over {}", chart.title, chart.y_label, chart.x_label);
    for (Series { name, .. }, points) in chart.series.iter().zip(series) {
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            let [from, to] = [first.1, last.1].map(significant);
            text += &format!("; {name} from {from} to {to}");
        }
    }
    text
}

/// What the two lines of a long series are.
fn smoothed(series: &[Vec<(f64, f64)>]) -> String {
    let longest = series.iter().map(Vec::len).max().unwrap_or(0);
    if longest <= SMOOTHED_FROM {
        return String::new();
    }
    format!(
        "<p class=\"aside\">Bold: running mean of {} values. Pale: every value.</p>\n",
        window_of(longest)
    )
}

fn axis_labels(chart: &Chart) -> String {
    format!(
        "<text class=\"name\" x=\"4\" y=\"14\">{}</text>\
         <text class=\"name end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
        escape(&chart.y_label),
        WIDTH - RIGHT,
        HEIGHT - 6.0,
        escape(&chart.x_label),
    )
}

/// The bare axes of a chart without values.
fn nothing() -> String {
    let (left, bottom) = (24.0, HEIGHT - BOTTOM);
    format!(
        "<path class=\"axis\" d=\"M{left:.1} {TOP:.1}V{bottom:.1}H{:.1}\"/>\
         <text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">no values</text>\n",
        WIDTH - RIGHT,
        0.5 * WIDTH,
        0.5 * HEIGHT,
    )
}

/// A note on the points that are not drawn because they are not finite: a loss that is NaN matters.
fn left_out(chart: &Chart, drawn: &[Vec<(f64, f64)>]) -> String {
    let given: usize = chart.series.iter().map(|series| series.points.len()).sum();
    let drawn: usize = drawn.iter().map(Vec::len).sum();
    match given - drawn {
        0 => String::new(),
        1 => "<p class=\"aside\">1 value that is not finite is not shown.</p>\n".to_owned(),
        count => {
            format!("<p class=\"aside\">{count} values that are not finite are not shown.</p>\n")
        }
    }
}
