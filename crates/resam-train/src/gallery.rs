//! The pictures of the report: which are shown, and what lies over them.

use image::RgbImage;
use resam_adapt::views::View;
use resam_adapt::{Example, Examples, LabelContext, Trainer};
use resam_mask::Bitmap;
use resam_report::{Cell, GalleryItem, GallerySection, Layer, Row, Table};
use resam_sam::SamError;

use crate::comparison::{Comparison, ImageScores, Models};
use crate::observer::Observer;

/// Pictures of the worst cases.
const WORST: usize = 4;
/// Pictures of the others: of the largest gain, and of the middle.
const OTHERS: usize = 2;
/// Images whose pseudo-labels are made for the pictures, for the time that is left.
pub(crate) const LABELLED: usize = WORST + 2 * OTHERS;
/// Objects that have rows in the table of a picture.
const MOST_ROWS: usize = 100;

/// The pictures of a comparison, the lowest scores first.
///
/// # Errors
/// [`SamError::Failed`] when the device did not come to the end of its work.
pub(crate) fn sections(
    trainer: &Trainer,
    images: &dyn Examples,
    models: &Models,
    comparison: &Comparison,
    observer: &mut dyn Observer,
) -> Result<Vec<GallerySection>, SamError> {
    let chosen = choose(&comparison.images);
    let total: usize = chosen.iter().map(|(.., images)| images.len()).sum();
    let labels = trainer.label_context(trainer.frozen());
    let (mut sections, mut done) = (Vec::new(), 0);
    for (heading, intro, of_section) in chosen {
        let mut section = GallerySection {
            heading: heading.to_owned(),
            intro: intro.replace("SCORE", comparison.measure()),
            items: Vec::new(),
        };
        for image in of_section {
            observer.drawn(done, total);
            done += 1;
            // Who asks for a stop gets the report of what is drawn.
            if observer.interrupted() {
                break;
            }
            let Ok(example) = images.read(image.index) else {
                continue;
            };
            match item(&example, image, models, &labels, comparison) {
                Ok(item) => section.items.extend(item),
                Err(error @ SamError::Failed(_)) => return Err(error),
                Err(_) => {}
            }
        }
        if !section.items.is_empty() {
            sections.push(section);
        }
    }
    observer.drawn(total, total);
    Ok(sections)
}

type Chosen<'a> = (&'static str, &'static str, Vec<&'a ImageScores>);

/// The worst cases, the largest gains and some of the middle; no image twice.
fn choose(images: &[ImageScores]) -> Vec<Chosen<'_>> {
    let after = |image: &ImageScores| image.mean(|one| one.after);
    let gain = |image: &ImageScores| after(image) - image.mean(|one| one.before);
    let mut left: Vec<&ImageScores> = images.iter().collect();
    left.sort_by(|a, b| after(a).total_cmp(&after(b)));
    let mut rest = left.split_off(WORST.min(left.len()));
    let worst = left;
    rest.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
    let is_gain = rest.iter().take(OTHERS).filter(|image| gain(image) > 0.0);
    let mut middle = rest.split_off(is_gain.count());
    let gains = rest;
    middle.sort_by(|a, b| after(a).total_cmp(&after(b)));
    let from = middle.len().saturating_sub(OTHERS) / 2;
    let middle = middle.into_iter().skip(from).take(OTHERS).collect();
    vec![
        (
            "Worst cases",
            "The images with the lowest SCORE of the adapted model, the lowest first.",
            worst,
        ),
        (
            "Largest gains",
            "Of the other images, those whose SCORE rose most.",
            gains,
        ),
        (
            "Typical images",
            "Images whose SCORE is in the middle of what is left.",
            middle,
        ),
    ]
}

fn item(
    example: &Example,
    scores: &ImageScores,
    models: &Models,
    labels: &LabelContext<'_>,
    comparison: &Comparison,
) -> Result<Option<GalleryItem>, SamError> {
    let View { width, height, rgb } = &example.image;
    let Some(image) = RgbImage::from_raw(*width as u32, *height as u32, rgb.clone()) else {
        return Ok(None);
    };
    let masks = models.masks(scores.index, example)?;
    let layer = |name: &str, masks: Vec<Bitmap>| Layer {
        name: name.to_owned(),
        masks,
        scale: [1.0; 2],
    };
    let mut layers = vec![
        layer("pretrained", masks.before),
        layer("adapted", masks.after),
    ];
    let truth = example.instances.iter().map(|one| one.truth.clone());
    let truth: Option<Vec<Bitmap>> = truth.collect();
    layers.extend(truth.map(|truth| layer("true masks", truth)));
    layers.push(pseudo_labels(example, labels)?);
    layers.push(layer("pretrained, single mask", masks.single));
    // Negative points are not drawn: one for each object would hide the image.
    let points = example.instances.iter().flat_map(|one| &one.points);
    let points = points.filter(|point| point.positive);
    let objects = match scores.objects.len() {
        1 => "1 object".to_owned(),
        many => format!("{many} objects"),
    };
    Ok(Some(GalleryItem {
        title: scores.name.clone(),
        note: format!(
            "{objects}; mean {} {:.3} pretrained, {:.3} adapted",
            comparison.measure(),
            scores.mean(|one| one.before),
            scores.mean(|one| one.after),
        ),
        image,
        points: points.map(|point| [point.x, point.y]).collect(),
        layers,
        table: Some(table(scores, comparison.measure())),
    }))
}

/// The pseudo-labels of an image, cut to what the image covers of the network's input.
fn pseudo_labels(example: &Example, context: &LabelContext<'_>) -> Result<Layer, SamError> {
    let (view, labels) = context.label(example)?;
    let [height, width] = view.framed.geometry.covered.map(|side| side as u32);
    let cut = |mask: &Bitmap| Bitmap::from_fn(width, height, |x, y| mask.get(x, y)).ok();
    Ok(Layer {
        name: "pseudo-labels".to_owned(),
        masks: labels.masks.iter().filter_map(cut).collect(),
        scale: [
            example.image.width as f64 / f64::from(width.max(1)),
            example.image.height as f64 / f64::from(height.max(1)),
        ],
    })
}

/// The objects of a picture, the lowest score first.
fn table(scores: &ImageScores, measure: &str) -> Table {
    let mut objects: Vec<_> = scores.objects.iter().collect();
    objects.sort_by(|a, b| a.after.total_cmp(&b.after));
    let row = |one: &&crate::comparison::ObjectScores| Row {
        name: one.name.clone(),
        note: one.class.clone().unwrap_or_default(),
        cells: vec![
            Cell::Count(one.area as usize),
            Cell::Number(Some(one.before), 3),
            Cell::Number(Some(one.after), 3),
            Cell::Change(Some(one.after - one.before), 3),
        ],
        strong: false,
    };
    let left_out = objects.len().saturating_sub(MOST_ROWS);
    let columns = ["object", "area (px)", "pretrained", "adapted", "gain"];
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: objects.iter().take(MOST_ROWS).map(row).collect(),
        note: match left_out {
            0 => format!("{measure} of each object, the lowest first."),
            more => {
                format!("{measure} of each object, the lowest first; {more} more are left out.")
            }
        },
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::ObjectScores;

    fn image(index: usize, before: f64, after: f64) -> ImageScores {
        let object = ObjectScores {
            name: String::new(),
            class: None,
            area: 1,
            single: 0.0,
            before,
            after,
        };
        ImageScores {
            index,
            name: String::new(),
            objects: vec![object],
        }
    }

    #[test]
    fn the_worst_are_the_lowest_wherever_they_stand_and_no_image_is_shown_twice() {
        let mut images: Vec<_> = (0..20)
            .map(|at| image(at, 0.5, 0.5 + 0.02 * at as f64))
            .collect();
        images.push(image(20, 0.3, 0.1));
        let chosen = choose(&images);
        let shown = |part: usize| -> Vec<usize> {
            chosen[part].2.iter().map(|image| image.index).collect()
        };
        assert_eq!(shown(0), [20, 0, 1, 2]);
        assert_eq!(shown(1), [19, 18]);
        let all: std::collections::HashSet<usize> = (0..3).flat_map(shown).collect();
        assert_eq!(all.len(), WORST + 2 * OTHERS);
    }

    #[test]
    fn one_image_is_shown_once() {
        let images = [image(0, 0.5, 0.6)];
        let chosen = choose(&images);
        assert_eq!(
            chosen
                .iter()
                .map(|(.., images)| images.len())
                .sum::<usize>(),
            1
        );
    }
}
