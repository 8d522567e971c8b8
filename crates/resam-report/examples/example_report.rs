//! Writes a report of a run that never was, to look at: `example_report report.html`.

use std::process::ExitCode;

use image::{Rgb, RgbImage};
use resam_mask::{Bitmap, MaskError};
use resam_report::{Chart, GalleryItem, Panel, Report, ScoreRow, Series, draw_panel};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: example_report FILE.html");
        return ExitCode::from(2);
    };
    let written = report()
        .map_err(|error| error.to_string())
        .and_then(|report| report.write(path).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report() -> Result<Report, MaskError> {
    let text = |text: &str| text.to_owned();
    let facts = [
        ("Weights", "sam_vit_b.safetensors"),
        ("Adapter", "LoRA, rank 4, all blocks"),
        ("Images", "412, of them 82 for the scores"),
        ("Instances", "6,148"),
        ("Points an instance", "3 positive, 3 negative"),
        ("Steps", "2,000"),
        ("Seed", "42"),
        ("Device", "cuda:0, bf16 in the encoder"),
        ("Time", "1 h 12 min"),
    ];
    let scores = [
        ("IoU", 0.5812, 0.6904, true, 4),
        ("F1", 0.6948, 0.7820, true, 4),
        ("Precision", 0.7713, 0.7655, true, 4),
        ("Boundary distance (pixels)", 6.21, 3.87, false, 2),
        ("Seconds an image", 0.412, 0.412, false, 3),
    ];
    Ok(Report {
        title: text("Adapted to ships_northport"),
        summary: text(
            "SAM ViT-B was adapted for 2,000 steps from points alone. On 82 images that were not \
             trained on, the mean IoU rose from 0.581 to 0.690.",
        ),
        facts: facts
            .map(|(name, value)| (text(name), text(value)))
            .to_vec(),
        scores: scores
            .map(
                |(measure, before, after, higher_is_better, digits)| ScoreRow {
                    measure: text(measure),
                    before: Some(before),
                    after: Some(after),
                    higher_is_better,
                    digits,
                },
            )
            .to_vec(),
        curves: curves(),
        gallery: (0..3).map(item).collect::<Result<_, _>>()?,
        notes: vec![
            text("north_0031.tif was skipped: it has no points."),
            text("Step 713 was skipped: its gradients were not finite."),
        ],
    })
}

fn curves() -> Vec<Chart> {
    let noise = |step: u32| (f64::from(step) * 12.9898).sin() * (f64::from(step) * 7.233).cos();
    let series = |name: &str, every: usize, value: &dyn Fn(u32) -> f64| Series {
        name: name.to_owned(),
        points: (0..=2000)
            .step_by(every)
            .map(|step| (f64::from(step), value(step)))
            .collect(),
    };
    let falling = |step: u32, over: f64| (-f64::from(step) / over).exp();
    let chart = |title: &str, y_label: &str, series: Vec<Series>| Chart {
        title: title.to_owned(),
        x_label: "step".to_owned(),
        y_label: y_label.to_owned(),
        series,
    };
    vec![
        chart(
            "Losses",
            "mean over 20 steps",
            vec![
                series("dice", 20, &|step| {
                    0.21 + 0.5 * falling(step, 400.0) + 0.04 * noise(step)
                }),
                series("focal", 20, &|step| {
                    0.08 + 0.3 * falling(step, 250.0) + 0.02 * noise(step)
                }),
                series("contrast", 20, &|step| {
                    0.4 + 0.2 * falling(step, 900.0) + 0.03 * noise(step)
                }),
            ],
        ),
        chart(
            "Score on held-out images",
            "IoU",
            vec![
                series("adapted", 200, &|step| 0.69 - 0.11 * falling(step, 500.0)),
                series("as it came", 2000, &|_| 0.581),
            ],
        ),
        chart(
            "Learning rate",
            "",
            vec![series("learning rate", 10, &|step| {
                1e-4 * (f64::from(step) / 200.0).min(1.0) * (1.0 - f64::from(step) / 2500.0)
            })],
        ),
        chart(
            "Memory (not measured)",
            "GiB",
            vec![series("peak", 5000, &|_| f64::NAN)],
        ),
    ]
}

/// A made-up quay with two ships.
fn item(number: u32) -> Result<GalleryItem, MaskError> {
    let side = 640;
    let shift = 40.0 * f64::from(number);
    let ship = |x: u32, y: u32, slack: f64| {
        let inside = |cx: f64, cy: f64| {
            let (dx, dy) = (f64::from(x) - cx - shift, f64::from(y) - cy);
            (dx / (150.0 * slack)).powi(2) + (dy / (42.0 * slack)).powi(2) < 1.0
        };
        [inside(220.0, 240.0), inside(300.0, 420.0)]
    };
    let image = RgbImage::from_fn(side, side, |x, y| {
        let ripple = ((x * 7919 + y * 104_729) % 23) as u8;
        match ship(x, y, 1.0) {
            _ if y > 540 => Rgb([128 + ripple, 122 + ripple, 112 + ripple]),
            [false, false] => Rgb([34 + ripple / 2, 58 + ripple / 2, 74 + ripple / 2]),
            _ => Rgb([150 + ripple, 146 + ripple, 150]),
        }
    });
    let masks = |slack: f64| -> Result<Vec<Bitmap>, MaskError> {
        let mask = |index: usize| Bitmap::from_fn(side, side, |x, y| ship(x, y, slack)[index]);
        (0..2).map(mask).collect()
    };
    let positive = [[220.0 + shift, 240.0], [300.0 + shift, 420.0]];
    let negative = [[120.0 + shift, 320.0], [460.0, 580.0]];
    let panel = |caption: &str, masks: &[Bitmap]| Panel {
        caption: caption.to_owned(),
        image: draw_panel(&image, masks, &positive, &negative),
    };
    Ok(GalleryItem {
        title: format!("north_{:04}.tif", 17 + number),
        note: "IoU 0.58 before, 0.74 after".to_owned(),
        panels: vec![
            panel("Points", &[]),
            panel("Before", &masks(1.35)?),
            panel("After", &masks(1.02)?),
        ],
    })
}
