//! The report of a run: its verdict, tables, curves and facts.

use resam_report::{
    Cell, Chart, FactGroup, GallerySection, Report, Row, Series, Table, Tone, Verdict,
};
use serde_json::Value;

use crate::comparison::{Comparison, ObjectScores};
use crate::result::TrainingResult;
use crate::settings::Settings;
use crate::validation::mean;

/// Sides of squares, in pixels, at which COCO parts objects by size.
const COCO_SIZES: [(u64, &str); 2] = [(32, "small, below 32² px"), (96, "medium, 32² to 96² px")];
/// Classes that have rows; the others are counted.
const MOST_CLASSES: usize = 40;

/// What the report is made of.
pub(crate) struct Summary<'a> {
    pub(crate) result: &'a TrainingResult,
    pub(crate) settings: &'a Settings,
    pub(crate) metrics: &'a [Value],
    pub(crate) comparison: &'a Comparison,
    /// Images that were learnt from, and objects on them.
    pub(crate) learnt_from: [usize; 2],
    /// Whether the compared images were kept for validation.
    pub(crate) is_validation: bool,
}

impl Summary<'_> {
    pub(crate) fn report(&self, gallery: Vec<GallerySection>) -> Report {
        let about = &self.settings.about;
        let [images, objects] = self.learnt_from;
        let (_, validated) = self.compared();
        let scored = if self.is_validation {
            format!("scored on {validated} others")
        } else {
            "no validation images".to_owned()
        };
        Report {
            title: "Adaptation from points".to_owned(),
            subtitle: format!(
                "{} adapted to {objects} objects in {images} images; {scored}; {}",
                about.model, about.date
            ),
            verdict: self.verdict(),
            tables: self.tables(),
            facts: self.facts(),
            command: about.command.clone(),
            curves: curves(self.metrics),
            gallery,
            notes: self.notes(),
            listing: Some((
                "The whole recipe".to_owned(),
                crate::recipe_file::to_toml(&self.settings.recipe),
            )),
        }
    }

    /// Objects and images of the comparison.
    fn compared(&self) -> (usize, usize) {
        let images = &self.comparison.images;
        (self.comparison.objects().count(), images.len())
    }

    fn verdict(&self) -> Verdict {
        let result = self.result;
        let (tone, sentence) = match (&result.before, &result.after) {
            _ if !result.has_learnt() => {
                let text = "This adapter changes nothing: no update was made. What you see is mask \
                            selection.";
                (Tone::Bad, text.to_owned())
            }
            (Some(before), Some(after)) => {
                let measure = before.name();
                let [from, to] = [before.value(), after.value()];
                let on = format!(
                    "on {} validation images with {} objects",
                    before.images, before.instances
                );
                match result.gain {
                    Some(gain) if gain.is_clear() && gain.mean > 0.0 => {
                        let text = format!(
                            "The adapter helps: {measure} rises from {from:.3} to {to:.3} {on}."
                        );
                        (Tone::Good, text)
                    }
                    Some(gain) if gain.is_clear() => {
                        let text = format!(
                            "The adapter does harm: {measure} falls from {from:.3} to {to:.3} {on}."
                        );
                        (Tone::Bad, text)
                    }
                    _ => {
                        let text = format!(
                            "No clear gain: {measure} is {from:.3} pretrained and {to:.3} adapted {on}, \
                             which may be chance."
                        );
                        (Tone::Neutral, text)
                    }
                }
            }
            _ => {
                let text = format!(
                    "{} updates were made. No image was kept for validation, so nothing is known of \
                     images that were not learnt from.",
                    result.updates
                );
                (Tone::Neutral, text)
            }
        };
        Verdict {
            sentence,
            tone,
            grounds: self.grounds(),
        }
    }

    fn grounds(&self) -> Vec<String> {
        if self.comparison.is_empty() {
            return Vec::new();
        }
        let mut grounds = vec![
            "Pretrained and adapted are answers with the same mask selection. What mask selection \
             adds to SAM's single mask is a row of its own."
                .to_owned(),
        ];
        if let Some(gain) = self.result.gain
            && gain.count > 1
        {
            let of = if self.comparison.has_truth {
                "images"
            } else {
                "objects"
            };
            grounds.push(format!(
                "The gain is {:+.4}, with a standard error of {:.4} over {} {of}.",
                gain.mean, gain.standard_error, gain.count
            ));
        }
        if !self.comparison.has_truth {
            grounds.push(
                "No true masks were given. Consistency, the IoU of a mask and of its box's mask, says \
                 how sure the model is, and not whether it is right."
                    .to_owned(),
            );
        }
        if !self.is_validation {
            grounds.push(
                "The scores and pictures below are of images that were learnt from.".to_owned(),
            );
        }
        grounds
    }

    fn tables(&self) -> Vec<Table> {
        if self.comparison.is_empty() {
            return Vec::new();
        }
        let measure = self.comparison.measure();
        let (objects, images) = self.compared();
        type Score = fn(&ObjectScores) -> f64;
        let models: [(&str, &str, Score); 3] = [
            ("pretrained", "single mask", |one| one.single),
            ("pretrained", "mask selection", |one| one.before),
            ("adapted", "mask selection", |one| one.after),
        ];
        let mut last = None;
        let rows = models.into_iter().map(|(name, note, score)| {
            let score = self.comparison.mean(score);
            let gain = last.replace(score).map(|last| score - last);
            Row {
                name: name.to_owned(),
                note: note.to_owned(),
                cells: vec![Cell::Number(Some(score), 3), Cell::Change(gain, 3)],
                strong: name == "adapted",
            }
        });
        let of = if self.comparison.has_truth {
            "Mean over images of the mean IoU of their objects with the true masks"
        } else {
            "Mean over objects of the IoU of the mask and of its box's mask"
        };
        let kind = if self.is_validation {
            "validation "
        } else {
            ""
        };
        let mut tables = vec![Table {
            title: "Models".to_owned(),
            note: format!(
                "{of}; {objects} objects in {images} {kind}images. Gain: over the row above."
            ),
            columns: ["", measure, "gain"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }];
        let classes = self.comparison.parted(|one| one.class.clone());
        if classes.len() > 1 {
            let left_out = classes.len().saturating_sub(MOST_CLASSES);
            let mut table = parted_table("By class", classes.into_iter().take(MOST_CLASSES));
            table.note = format!("Mean {measure} over the objects of a class.");
            if left_out > 0 {
                table.note += &format!(" {left_out} more classes are left out.");
            }
            tables.push(table);
        }
        let size = |one: &ObjectScores| {
            Some(
                COCO_SIZES
                    .iter()
                    .take_while(|(side, _)| one.area >= side * side)
                    .count(),
            )
        };
        let sizes = self.comparison.parted(size).into_iter();
        let sizes = sizes.map(|(size, scores)| {
            let name = COCO_SIZES
                .get(size)
                .map_or("large, above 96² px", |size| size.1);
            (name.to_owned(), scores)
        });
        let mut table = parted_table("By size", sizes);
        table.note = format!("Mean {measure} over the objects of a size; sizes are COCO's.");
        tables.push(table);
        tables
    }

    fn facts(&self) -> Vec<FactGroup> {
        let (settings, result) = (self.settings, self.result);
        let fact = |name: &str, value: String| (name.to_owned(), value);
        let [images, objects] = self.learnt_from;
        let mut data = settings.about.data.clone();
        data.push(fact(
            "learnt from",
            format!("{images} images, {objects} objects"),
        ));
        let (objects, validated) = self.compared();
        data.push(fact(
            "validation",
            if self.is_validation {
                format!("{validated} images, {objects} objects")
            } else {
                "none".to_owned()
            },
        ));
        let mut run = vec![
            fact("iterations", result.iterations.to_string()),
            fact("updates", result.updates.to_string()),
            fact("model chosen", format!("after {} updates", result.chosen)),
            fact("skipped", format!("{} iterations", result.skipped)),
            fact("learning took", format!("{:.1} min", result.seconds / 60.0)),
            fact("device", settings.about.device.clone()),
            fact("seed", settings.seed.to_string()),
        ];
        run.push(fact("date", settings.about.date.clone()));
        let group = |heading: &str, facts| FactGroup {
            heading: heading.to_owned(),
            facts,
        };
        vec![
            group("Data", data),
            group(
                "Model",
                vec![
                    fact("model", settings.about.model.clone()),
                    fact("weights", settings.weights[0].clone()),
                    fact("SHA-256", settings.weights[1].clone()),
                    fact("input size", format!("{} px", settings.input_size)),
                    fact(
                        "mask selection",
                        settings.recipe.labels.selection.to_string(),
                    ),
                ],
            ),
            group("Run", run),
        ]
    }

    fn notes(&self) -> Vec<String> {
        let result = self.result;
        let failed = result.failed.iter();
        let mut notes: Vec<String> = failed
            .map(|(image, reason)| format!("`{image}` could not be read: {reason}"))
            .collect();
        if result.skipped > 0 {
            notes.push(format!(
                "{} iterations were skipped, most for want of a confident pseudo-label; \
                 `metrics.jsonl` has the reasons.",
                result.skipped
            ));
        }
        notes.extend(result.ended_early.clone());
        let (_, compared) = self.compared();
        let validated = result.before.map_or(0, |before| before.images);
        if self.is_validation && compared < validated {
            notes.push(format!(
                "The run was asked to stop while this report was made: the tables have {compared} of \
                 {validated} validation images."
            ));
        }
        notes
    }
}

/// A row for each part of the objects.
fn parted_table(title: &str, parts: impl Iterator<Item = (String, Vec<[f64; 2]>)>) -> Table {
    let rows = parts.map(|(name, scores)| {
        let [before, after] = [0, 1].map(|at| {
            let values: Vec<f64> = scores.iter().map(|score| score[at]).collect();
            mean(&values)
        });
        Row {
            name,
            cells: vec![
                Cell::Count(scores.len()),
                Cell::Number(Some(before), 3),
                Cell::Number(Some(after), 3),
                Cell::Change(Some(after - before), 3),
                Cell::Span(Some([before, after])),
            ],
            ..Row::default()
        }
    });
    let columns = [
        "",
        "objects",
        "pretrained",
        "adapted",
        "gain",
        "from 0 to 1",
    ];
    Table {
        title: title.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        ..Table::default()
    }
}

/// The curves of a run from its metrics; a chart without a point is left out.
fn curves(metrics: &[Value]) -> Vec<Chart> {
    let series = |name: &str, path: &[&str]| {
        let points = metrics.iter().filter_map(|line| {
            let value = path.iter().fold(line, |value, key| &value[*key]);
            Some((line["iterations"].as_f64()?, value.as_f64()?))
        });
        Series {
            name: name.to_owned(),
            points: points.collect(),
        }
    };
    let chart = |title: &str, y_label: &str, series: Vec<Series>| Chart {
        title: title.to_owned(),
        x_label: "iterations (images seen)".to_owned(),
        y_label: y_label.to_owned(),
        series,
    };
    let loss = |name: &str, key: &str| series(name, &["iteration", "losses", key]);
    let charts = vec![
        chart(
            "Scores of validation images",
            "0 to 1",
            vec![
                series("IoU with true masks", &["validation", "iou"]),
                series("consistency", &["validation", "consistency"]),
            ],
        ),
        chart("Total loss", "loss (no unit)", vec![loss("total", "total")]),
        chart(
            "Parts of the loss",
            "loss (no unit)",
            vec![
                loss("focal", "focal"),
                loss("dice", "dice"),
                loss("IoU head", "iou_head"),
                loss("multimask IoU", "multimask_iou"),
                loss("alignment", "alignment"),
            ],
        ),
        chart(
            "Consistency of pseudo-labels",
            "IoU of a mask and its box's mask",
            vec![series("images learnt from", &["iteration", "consistency"])],
        ),
    ];
    let mut shown = Vec::new();
    for mut chart in charts {
        chart.series.retain(|series| !series.points.is_empty());
        if !chart.series.is_empty() {
            shown.push(chart);
        }
    }
    shown
}
