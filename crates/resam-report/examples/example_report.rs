//! Writes a report of a run that never was, to look at: `example_report report.html`.

use std::process::ExitCode;

use image::{Rgb, RgbImage};
use resam_mask::{Bitmap, MaskError};
use resam_report::{
    Cell, Chart, FactGroup, GalleryItem, GallerySection, Layer, Report, Row, Series, Table, Tone,
    Verdict,
};

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
    let facts = |heading: &str, facts: &[(&str, &str)]| FactGroup {
        heading: text(heading),
        facts: facts
            .iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect(),
    };
    let model = |name: &str, note: &str, cells: Vec<Cell>, strong: bool| Row {
        name: text(name),
        note: text(note),
        cells,
        strong,
    };
    let part = |name: &str, count: usize, [before, after]: [f64; 2]| Row {
        name: text(name),
        cells: vec![
            Cell::Count(count),
            Cell::Number(Some(before), 3),
            Cell::Number(Some(after), 3),
            Cell::Change(Some(after - before), 3),
            Cell::Span(Some([before, after])),
        ],
        ..Row::default()
    };
    let columns = |columns: &[&str]| columns.iter().map(|column| text(column)).collect();
    let parted = [
        "",
        "objects",
        "pretrained",
        "adapted",
        "gain",
        "from 0 to 1",
    ];
    let section = |heading: &str, intro: &str, numbers: std::ops::Range<u32>| {
        Ok::<_, MaskError>(GallerySection {
            heading: text(heading),
            intro: text(intro),
            items: numbers.map(item).collect::<Result<_, _>>()?,
        })
    };
    Ok(Report {
        title: text("Adapted to ships_northport"),
        subtitle: text("SAM ViT-B on 330 images, scored on 82 others, 14 March 2026"),
        verdict: Verdict {
            sentence: text(
                "The adapter helps: IoU rises from 0.626 to 0.690 on 82 images that it did not learn from.",
            ),
            tone: Tone::Good,
            grounds: vec![text(
                "Both are answers with the same mask selection. Of the rise over SAM's single mask, 0.045 \
                 are mask selection and 0.064 are adaptation.",
            )],
        },
        tables: vec![
            Table {
                title: text("Models"),
                note: text(
                    "IoU: mean over images of the mean IoU of their objects with the true masks.",
                ),
                columns: columns(&["", "IoU", "gain"]),
                rows: vec![
                    model(
                        "pretrained",
                        "single mask",
                        vec![Cell::Number(Some(0.5812), 3), Cell::Change(None, 3)],
                        false,
                    ),
                    model(
                        "pretrained",
                        "mask selection",
                        vec![Cell::Number(Some(0.6261), 3), Cell::Change(Some(0.0449), 3)],
                        false,
                    ),
                    model(
                        "adapted",
                        "mask selection",
                        vec![Cell::Number(Some(0.6904), 3), Cell::Change(Some(0.0643), 3)],
                        true,
                    ),
                ],
            },
            Table {
                title: text("By class"),
                columns: columns(&parted),
                rows: vec![
                    part("cargo ship", 212, [0.66, 0.74]),
                    part("tug", 87, [0.41, 0.62]),
                    part("<b>barge</b> & co", 31, [0.55, 0.53]),
                ],
                ..Table::default()
            },
            Table {
                title: text("By size"),
                note: text("The square root of the object's area, as in COCO."),
                columns: columns(&parted),
                rows: vec![
                    part("small, below 32 px", 96, [0.39, 0.58]),
                    part("medium, 32 to 96 px", 140, [0.66, 0.71]),
                    part("large, above 96 px", 94, [0.71, 0.74]),
                ],
            },
        ],
        command: text(
            "resam adapt --images ships_northport --points points.csv --weights vit-b -o adapted --iterations 2000",
        ),
        facts: vec![
            facts(
                "Data",
                &[
                    ("images", "330"),
                    ("validation images", "82"),
                    ("objects", "6148"),
                    ("points", "ships_northport/points.csv"),
                ],
            ),
            facts(
                "Model",
                &[
                    ("weights", "sam_vit_b.safetensors"),
                    (
                        "SHA-256",
                        "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
                    ),
                    ("input size", "1024 px"),
                ],
            ),
            facts(
                "Run",
                &[
                    ("iterations", "2000"),
                    ("updates", "500"),
                    ("seed", "42"),
                    ("device", "cuda:0"),
                    ("time", "72 min"),
                ],
            ),
        ],
        curves: curves(),
        gallery: vec![
            section(
                "Worst cases",
                "The images with the lowest IoU after adaptation.",
                0..2,
            )?,
            section("Typical", "Images in the middle.", 2..3)?,
        ],
        notes: vec![
            text("north_0031.tif was skipped: it has no points."),
            text("Update 713 was skipped: its gradients were not finite."),
        ],
        listing: Some((
            text("The whole recipe"),
            text("[schedule]\nepochs = 10\nbatch = 4"),
        )),
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
        x_label: "iteration".to_owned(),
        y_label: y_label.to_owned(),
        series,
    };
    vec![
        chart(
            "Losses",
            "loss",
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
            "Score on validation images",
            "IoU",
            vec![
                series("adapted", 200, &|step| 0.69 - 0.11 * falling(step, 500.0)),
                series("pretrained", 2000, &|_| 0.581),
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
    let side = 900;
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
    let layer = |name: &str, slack: f64| -> Result<Layer, MaskError> {
        Ok(Layer {
            name: name.to_owned(),
            masks: masks(slack)?,
            scale: [1.0; 2],
        })
    };
    Ok(GalleryItem {
        title: format!("north_{:04}.tif", 17 + number),
        note: "2 objects; mean IoU 0.58 pretrained, 0.74 adapted".to_owned(),
        image,
        points: vec![[220.0 + shift, 240.0], [300.0 + shift, 420.0]],
        layers: vec![
            layer("pretrained", 1.35)?,
            layer("adapted", 1.02)?,
            layer("true masks", 1.0)?,
        ],
        table: None,
    })
}
