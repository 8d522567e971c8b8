//! The model that is asked, and the mask of each prompt in one view.

use std::collections::HashMap;

use resam_mask::{Bitmap, PixelBox};

use crate::candidate::Candidate;
use crate::choose::choose;
use crate::selection::MaskSelection;
use crate::size_prior::SizePrior;

/// A mask of a model.
#[derive(Debug, Clone)]
pub struct ModelMask<A> {
    /// The pixels of the mask; masks of one source have one size.
    pub bitmap: Bitmap,
    /// See [`stability`](crate::stability).
    pub stability: f64,
    /// What the model says beside it.
    pub answer: A,
}

/// All masks of one prompt, the single mask first.
pub type PromptMasks<A> = Vec<ModelMask<A>>;

/// A model that has seen one view of an image and answers prompts about it.
pub trait MaskSource {
    /// What the model says beside a mask.
    type Answer;
    /// Why it does not answer.
    type Error;

    /// All masks of each of the numbered prompts: the single mask first, then those for an
    /// ambiguous prompt. Each has at least one.
    ///
    /// # Errors
    /// What the model returns.
    fn all_masks(&self, prompts: &[usize]) -> Result<Vec<PromptMasks<Self::Answer>>, Self::Error>;

    /// The single mask of each box, in pixels of the masks, along the outer edges of pixels.
    ///
    /// # Errors
    /// What the model returns.
    fn box_masks(&self, boxes: &[PixelBox]) -> Result<Vec<Bitmap>, Self::Error>;

    /// Whether a mask with these bounds is truncated by the part of the image that the view shows.
    /// None is where the view shows the whole image.
    ///
    /// Answering counts a truncated candidate as a violation, so that another candidate may be
    /// selected. Learning selects first, and takes no label from a selected mask that is truncated.
    fn is_truncated(&self, _bounds: &PixelBox) -> bool {
        false
    }
}

/// A point of a prompt, as masks see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaskPoint {
    /// Where it is, in the source's own coordinates: two prompts share a point when these are
    /// equal.
    pub position: [f64; 2],
    /// The pixel of the masks that it lies on: `[column, row]`. None where it lies off them.
    ///
    /// Learning takes a point on the very left or top edge as off the masks, answering as on them:
    /// the source decides.
    pub pixel: Option<[u32; 2]>,
    /// On the object, or not.
    pub positive: bool,
}

/// The points of all prompts of an image.
#[derive(Debug, Clone, Default)]
pub struct MaskPoints {
    /// Those of each prompt, whether it is asked about or not.
    pub of_prompts: Vec<Vec<MaskPoint>>,
    /// Those on other objects.
    pub beside: Vec<MaskPoint>,
}

impl MaskPoints {
    /// Whether a mask holds a positive point of another prompt, a point beside, or a negative point
    /// of its own prompt. A positive point that is its own prompt's too says nothing against it.
    pub fn violated_by(&self, mask: &Bitmap, own: usize) -> bool {
        let of_own = self.of_prompts.get(own).map_or(&[][..], Vec::as_slice);
        let holds = |point: &MaskPoint| {
            let held = point.pixel.is_some_and(|[x, y]| mask.get(x, y));
            held && !(point.positive && of_own.contains(point))
        };
        let mut of_prompts = self.of_prompts.iter().enumerate();
        self.beside.iter().any(holds)
            || of_prompts.any(|(at, points)| {
                let wrong = |point: &&MaskPoint| point.positive != (at == own);
                points.iter().filter(wrong).any(holds)
            })
    }
}

/// The mask that was selected for a prompt.
#[derive(Debug, Clone)]
pub struct Selected<A> {
    /// All masks of the prompt, the single mask first.
    pub masks: PromptMasks<A>,
    /// The place of the selected one.
    pub chosen: usize,
    /// What speaks for it.
    pub candidate: Candidate,
    /// The mask that its box brings back; none where it violates its prompts.
    pub of_box: Option<Bitmap>,
}

impl<A> Selected<A> {
    /// The selected mask.
    pub fn mask(&self) -> &ModelMask<A> {
        &self.masks[self.chosen]
    }

    /// The selected mask alone.
    pub fn into_mask(mut self) -> ModelMask<A> {
        self.masks.swap_remove(self.chosen)
    }
}

/// Selects a mask for each of the `asked` prompts, by the formula of [`MaskSelection`], beside the
/// other asked ones. `points` are those of all prompts of the image. `prior` is what is known of
/// the size of objects, in pixels of the masks.
///
/// # Errors
/// What the source returns.
pub fn select<S: MaskSource>(
    source: &S,
    asked: &[usize],
    points: &MaskPoints,
    selection: &MaskSelection,
    prior: Option<SizePrior>,
) -> Result<Vec<Selected<S::Answer>>, S::Error> {
    let masks = source.all_masks(asked)?;
    let candidate = |own: usize, mask: &ModelMask<S::Answer>| {
        let bitmap = &mask.bitmap;
        let is_truncated = |bounds: PixelBox| source.is_truncated(&bounds);
        Candidate {
            consistency: 0.0,
            stability: mask.stability,
            area: bitmap.area(),
            violates_prompts: bitmap.bounding_box().is_none_or(is_truncated)
                || points.violated_by(bitmap, own),
        }
    };
    let mut candidates: Vec<Vec<Candidate>> = asked
        .iter()
        .zip(&masks)
        .map(|(&own, masks)| masks.iter().map(|mask| candidate(own, mask)).collect())
        .collect();
    let mut of_boxes: HashMap<(usize, usize), Bitmap> = HashMap::new();
    let chosen = choose(&mut candidates, selection, prior, |places| {
        let mask = |&(prompt, at): &(usize, usize)| &masks[prompt][at].bitmap;
        // What violates no prompt is not empty.
        let boxes = places.iter().filter_map(|place| mask(place).bounding_box());
        let found = source.box_masks(&boxes.collect::<Vec<_>>())?;
        let consistencies = places.iter().zip(found).map(|(&place, of_box)| {
            // Masks of one source have one size.
            let consistency = of_box.iou(mask(&place)).unwrap_or(0.0);
            of_boxes.insert(place, of_box);
            consistency
        });
        Ok::<_, S::Error>(consistencies.collect())
    })?;
    let prompts = masks.into_iter().zip(candidates).zip(chosen).enumerate();
    let selected = prompts.map(|(prompt, ((masks, candidates), chosen))| Selected {
        masks,
        chosen,
        candidate: candidates[chosen],
        of_box: of_boxes.remove(&(prompt, chosen)),
    });
    Ok(selected.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: u32, y: u32, positive: bool) -> MaskPoint {
        MaskPoint {
            position: [f64::from(x), f64::from(y)],
            pixel: Some([x, y]),
            positive,
        }
    }

    #[test]
    fn a_mask_violates_prompts_by_points_of_others_and_by_its_own_negative_ones() {
        let mask = Bitmap::from_fn(10, 10, |x, _| x < 5).expect("small");
        let points = |others: &[MaskPoint], own: &[MaskPoint], beside: &[MaskPoint]| MaskPoints {
            of_prompts: vec![others.to_vec(), own.to_vec()],
            beside: beside.to_vec(),
        };
        let on = point(2, 2, true);
        let violated = |points: MaskPoints| points.violated_by(&mask, 1);
        assert!(!violated(points(&[], &[on], &[])));
        assert!(violated(points(&[point(3, 3, true)], &[on], &[])));
        // What is no part of another object may be a part of this one.
        assert!(!violated(points(&[point(3, 3, false)], &[on], &[])));
        assert!(violated(points(&[], &[on, point(3, 3, false)], &[])));
        assert!(violated(points(&[], &[on], &[point(3, 3, true)])));
        // Off the mask, and off the image.
        assert!(!violated(points(&[point(7, 3, true)], &[on], &[])));
        let off = MaskPoint {
            pixel: None,
            ..point(3, 3, true)
        };
        assert!(!violated(points(&[off], &[on], &[off])));
        // A point that is its own too.
        assert!(!violated(points(&[on], &[on], &[on])));
    }

    /// A model whose only mask leaves the view on the left.
    struct Truncating(bool);

    impl MaskSource for Truncating {
        type Answer = u8;
        type Error = &'static str;

        fn all_masks(&self, prompts: &[usize]) -> Result<Vec<Vec<ModelMask<u8>>>, &'static str> {
            let mask = |to: u32, answer| ModelMask {
                bitmap: Bitmap::from_fn(9, 9, |x, _| x < to).expect("small"),
                stability: 1.0,
                answer,
            };
            let masks = [mask(4, 7), mask(0, 8)];
            Ok(prompts.iter().map(|_| masks.to_vec()).collect())
        }

        fn box_masks(&self, _: &[PixelBox]) -> Result<Vec<Bitmap>, &'static str> {
            Err("asked")
        }

        fn is_truncated(&self, bounds: &PixelBox) -> bool {
            self.0 && bounds.x0 == 0.0
        }
    }

    #[test]
    fn what_is_truncated_or_empty_is_not_asked_about_and_an_error_comes_back() {
        let points = MaskPoints {
            of_prompts: vec![vec![point(1, 1, true)]],
            beside: Vec::new(),
        };
        let ask = |truncates| {
            let selection = MaskSelection::default();
            select(&Truncating(truncates), &[0], &points, &selection, None)
        };
        let truncated = ask(true).expect("nothing to ask").remove(0);
        assert!(truncated.candidate.violates_prompts && truncated.of_box.is_none());
        assert_eq!(truncated.into_mask().answer, 7);
        assert_eq!(ask(false).map(|selected| selected.len()), Err("asked"));
    }
}
