//! How good are the labels that points bring? Compares them with true masks, which they do not see:
//! `cargo run --release -p resam --example label_quality -- WEIGHTS IMAGES COCO POINTS [EVERY]`
//!
//! Prints the mean IoU over images and over instances: of the single mask, of the published
//! pseudo-labels, and of those of the default recipe step by step, with the share of instances that
//! they keep. Looks at images whose id is a multiple of 5, every EVERY-th of them.

use resam::adapt::images::{ImagePoints, PointedImages};
use resam_adapt::example::Framed;
use resam_adapt::zoom::zoomed_labels;
use resam_adapt::{Example, Examples, LabelContext, PseudoLabels, Recipe};
use resam_checkpoint::Checkpoint;
use resam_data::Dataset;
use resam_mask::Bitmap;
use resam_prompt::PointFile;
use resam_sam::{Device, Sam};

/// IoUs of one kind of label: of each instance, by image.
#[derive(Default)]
struct Column {
    images: Vec<Vec<f64>>,
}

impl Column {
    /// Labels of an image that agree at least so much, each judged by `iou`.
    fn add(
        &mut self,
        labels: &PseudoLabels,
        least: f64,
        iou: &impl Fn(usize, &Bitmap) -> Option<f64>,
    ) {
        let pairs = labels.instances.iter().zip(&labels.masks);
        let sure = pairs
            .zip(&labels.consistency)
            .filter(|&(_, &consistency)| consistency >= least);
        let of_each = sure.filter_map(|((&at, mask), _)| iou(at, mask));
        self.images.push(of_each.collect());
    }

    fn print(&self, name: &str, asked: usize) {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let some = self.images.iter().filter(|image| !image.is_empty());
        let of_images: Vec<f64> = some.map(|image| mean(image)).collect();
        let all = self.images.concat();
        println!(
            "{name:44} {:.4} over images, {:.4} over instances, {:.0} % of them",
            mean(&of_images),
            mean(&all),
            100.0 * all.len() as f64 / asked as f64
        );
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    resam_ops::memory::keep_freed_memory();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [weights, images, coco, points, rest @ ..] = arguments.as_slice() else {
        return Err("usage: label_quality WEIGHTS IMAGES COCO POINTS [EVERY]".into());
    };
    let every = match rest.first() {
        Some(text) => text.parse::<usize>()?.max(1),
        None => 1,
    };
    let dataset = Dataset::coco(images, coco)?.retain(|image| image.id % 5 == 0);
    let file = PointFile::read(points)?;
    let known: std::collections::BTreeSet<String> = dataset
        .images()
        .iter()
        .map(|image| image.file_name.clone())
        .collect();
    let file = PointFile {
        objects: file
            .objects
            .into_iter()
            .filter(|one| one.image.as_ref().is_some_and(|name| known.contains(name)))
            .collect(),
        ..file
    };
    let (images, _) = PointedImages::new(dataset, ImagePoints::File(file))?;
    let device = Device::flex();
    let sam = Sam::load(&Checkpoint::open(weights.as_ref())?, &device)?;
    let size = sam.image_size();
    let (published, ours) = (Recipe::published(), Recipe::default());
    let context = |recipe| LabelContext {
        model: &sam,
        input_size: size,
        device: &device,
        labels: recipe,
        size_prior_px: None,
        batch: 16,
    };
    let (of_published, of_ours) = (context(&published.labels), context(&ours.labels));

    let mut columns = [(); 5].map(|()| Column::default());
    let mut asked_in_all = 0;
    for index in (0..images.len()).step_by(every) {
        let example = images.read(index)?;
        let (view, labels) = of_published.label(&example)?;
        let (framed, embedding) = (view.framed, view.embedding);
        let asked: Vec<usize> = (0..example.instances.len()).collect();
        asked_in_all += asked.len();
        let truth = |instance: usize| {
            let truth = example.instances[instance].truth.as_ref();
            truth.map(|truth| framed.truth(truth))
        };
        let iou = |instance: usize, mask: &Bitmap| mask.iou(&truth(instance)?).ok();
        let single = asked.iter().zip(&labels.of_points);
        let single = single.filter_map(|(&at, mask)| iou(at, mask)).collect();
        columns[0].images.push(single);
        columns[1].add(&labels, 0.0, &iou);
        let mut labels = of_ours.pseudo_labels(&framed, &embedding, &asked, None)?;
        columns[2].add(&labels, 0.0, &iou);
        let mut label_part = |frame: &Framed, _: &Example, asked: &[usize], prior| {
            of_ours.pseudo_labels(frame, &of_ours.embed(frame), asked, prior)
        };
        zoomed_labels(&example, &framed, &mut labels, &ours, None, &mut label_part)?;
        columns[3].add(&labels, 0.0, &iou);
        columns[4].add(&labels, ours.labels.min_consistency, &iou);
    }
    for (column, name) in columns.iter().zip([
        "single mask",
        "published labels (refined, requeried)",
        "selected labels",
        "selected labels, zoomed where that is meant",
        "those that are consistent enough to learn from",
    ]) {
        column.print(name, asked_in_all);
    }
    Ok(())
}
