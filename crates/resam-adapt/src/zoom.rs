//! The zoom in training: labels of the small objects of an image, from parts that show them at
//! twice the scale. [`resam_select::zoom`] says which objects and which parts.

use std::collections::BTreeMap;

use resam_mask::{Bitmap, Part};
use resam_sam::SamError;
use resam_select::zoom::{bounds_with_points, is_truncated};
use resam_select::{Candidate, Seen, SizePrior, Zoom};

use crate::example::{Example, Framed};
use crate::labels::PseudoLabels;
use crate::recipe::Recipe;
use crate::requery::requery_box;

/// Makes labels of the numbered instances of a part in its frame, given the size prior in pixels of
/// that frame.
pub type LabelPart<'a> = dyn FnMut(&Framed, &Example, &[usize], Option<SizePrior>) -> Result<PseudoLabels, SamError>
    + 'a;

/// Makes labels of the small objects of an image again, in at most `views.parts` parts of it, and
/// replaces those in `found` where the zoomed mask is taken. `framed` is the frame of the whole
/// image, `prior` the size prior in its pixels.
///
/// Returns the parts, mirrored like the whole image, with the labels of their small objects at the
/// scale of the part.
///
/// # Errors
/// As [`Framed::new`], and what `label_part` returns.
pub fn zoomed_labels(
    example: &Example,
    framed: &Framed,
    found: &mut PseudoLabels,
    recipe: &Recipe,
    prior: Option<SizePrior>,
    label_part: &mut LabelPart<'_>,
) -> Result<Vec<(Framed, PseudoLabels)>, SamError> {
    let image = [example.image.width, example.image.height];
    let mut labels: BTreeMap<usize, Label> = (0..found.instances.len())
        .map(|place| (found.instances[place], Label::of(found, place)))
        .collect();
    // An instance without a label has its points alone.
    let instances: Vec<usize> = [&found.instances[..], &found.empty[..]].concat();
    let seen = instances.iter().map(|instance| {
        let label = labels.get(instance);
        let bounds = label.map(|label| framed.box_of_image(label.bounds));
        let points = example.instances[*instance].points.iter();
        let positive = points.filter(|point| point.positive);
        Seen {
            bounds: bounds_with_points(bounds, positive.map(|point| [point.x, point.y])),
            candidate: label.map(|label| label.candidate),
            area: label.map(|label| label.mask.area()),
        }
    });
    let seen: Vec<Seen> = seen.collect();
    let zoom = Zoom {
        image,
        input: framed.geometry.padded,
        max_parts: recipe.views.parts,
        selection: &recipe.labels.selection,
        prior,
    };
    let mut views: Vec<(Framed, Part, Vec<usize>)> = Vec::new();
    let zoomed = zoom.refine(&seen, |part, places, prior| {
        let shown: Vec<usize> = places.iter().map(|&place| instances[place]).collect();
        let of_part = example.part(part);
        let frame = Framed::new(&of_part, framed.geometry.padded, framed.flip)?;
        let times = frame.pixels_of_input() / framed.pixels_of_input();
        let prior = prior.map(|prior| prior.magnified(times));
        let answers = label_part(&frame, &of_part, &shown, prior)?;
        let mut found = Vec::new();
        for (at, instance) in answers.instances.iter().enumerate() {
            let mask = framed.from_part(&answers.masks[at], &frame, part);
            let own = frame.box_of_image(answers.boxes[at]);
            let origin = [part.x, part.y, part.x, part.y];
            let own = std::array::from_fn(|at| own[at] + origin[at] as f64);
            let place = places.iter().find(|&&place| instances[place] == *instance);
            if !is_truncated(own, part, image)
                && let Some(&place) = place
                && let Some(bounds) = requery_box(&mask)
            {
                let fine = Label::of(&answers, at);
                let candidate = Candidate {
                    area: mask.area(),
                    ..fine.candidate
                };
                let label = Label {
                    mask,
                    bounds,
                    candidate,
                };
                found.push((place, candidate, (label, fine)));
            }
        }
        views.push((frame, part, shown));
        Ok::<_, SamError>(found)
    })?;
    let mut fine: BTreeMap<usize, Label> = BTreeMap::new();
    for (instance, zoomed) in instances.into_iter().zip(zoomed) {
        if let Some((label, of_part)) = zoomed {
            labels.insert(instance, label);
            fine.insert(instance, of_part);
        }
    }

    let of_parts = views.into_iter().map(|(frame, part, shown)| {
        let mut of_part = PseudoLabels::default();
        for instance in shown {
            let label = fine.remove(&instance).or_else(|| {
                let whole = labels.get(&instance)?;
                let mask = frame.to_part(&whole.mask, framed, part);
                let bounds = requery_box(&mask)?;
                Some(Label {
                    mask,
                    bounds,
                    candidate: whole.candidate,
                })
            });
            match label {
                Some(label) => label.add(instance, &mut of_part),
                None => of_part.empty.push(instance),
            }
        }
        (frame, of_part)
    });
    let of_parts = of_parts.collect();
    found
        .empty
        .retain(|instance| !labels.contains_key(instance));
    *found = PseudoLabels {
        empty: std::mem::take(&mut found.empty),
        of_points: std::mem::take(&mut found.of_points),
        ..Default::default()
    };
    for (instance, label) in labels {
        label.add(instance, found);
    }
    Ok(of_parts)
}

/// A label of one instance.
struct Label {
    mask: Bitmap,
    /// As the prompt encoder takes it.
    bounds: [f32; 4],
    candidate: Candidate,
}

impl Label {
    /// The label at a place. A true mask, which was not selected, is consistent.
    fn of(labels: &PseudoLabels, place: usize) -> Self {
        let mask = labels.masks[place].clone();
        let certain = Candidate {
            consistency: labels.consistency.get(place).copied().unwrap_or(1.0),
            stability: 1.0,
            area: mask.area(),
            violates_prompts: false,
        };
        Self {
            candidate: labels.candidates.get(place).copied().unwrap_or(certain),
            bounds: labels.boxes[place],
            mask,
        }
    }

    fn add(self, instance: usize, labels: &mut PseudoLabels) {
        labels.instances.push(instance);
        labels.masks.push(self.mask);
        labels.boxes.push(self.bounds);
        labels.consistency.push(self.candidate.consistency);
        labels.candidates.push(self.candidate);
    }
}
