//! Usual: what a look at a few images tells about the others, before anything is learnt.
//!
//! - The **size** that objects have. Ships in radar images, roofs in aerial ones: a set of images that
//!   somebody adapts a model to has objects of some size. Within an image their company tells it; what is
//!   alone in its image is judged by what is usual in the others.
//! - How much labels **agree** with what their boxes bring back. The more they do the nearer they are to the
//!   true masks, but how much that is depends on the model and on the images: which labels are the surest can
//!   only be said beside others.

use burn::tensor::Device;
use resam_sam::Sam;

use crate::choose::{Company, log, median};
use crate::example::{Examples, Framed};
use crate::recipe::{Choice, Recipe};
use crate::step::pseudo_labels;
use crate::views::Flip;

/// Images that are looked at; more change the result little.
pub const SURVEYED: usize = 16;
/// Images that it takes to say what is usual: fewer may all be of one kind.
pub const FEWEST: usize = 8;

/// What is usual in images.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    /// The area of objects in pixels of the images: the middle one, over the images, of the middle areas of
    /// the labels in each.
    pub area: f64,
    /// The agreement of every label, the smallest first.
    agreements: Vec<f64>,
}

impl Usual {
    /// The agreement from which on labels are among this share of all, the surest.
    pub fn agreement_of_surest(&self, share: f64) -> f64 {
        let surest = (share * self.agreements.len() as f64).round() as usize;
        let first = self.agreements.len().saturating_sub(surest.max(1));
        self.agreements.get(first).copied().unwrap_or(0.0)
    }
}

/// What is usual in the numbered images, whose labels are chosen in each image's own company. Images that
/// cannot be read, or have no labels, say nothing; when fewer than eight say something, it is `None`.
pub fn usual(
    sam: &Sam,
    examples: &dyn Examples,
    numbers: impl IntoIterator<Item = usize>,
    recipe: &Recipe,
    input_size: usize,
    device: &Device,
) -> Option<Usual> {
    let mut agreements = Vec::new();
    let middle = |number: usize| {
        let example = examples.read(number).ok()?;
        let framed = Framed::new(&example, input_size, Flip::default()).ok()?;
        let embedding = sam
            .image_encoder
            .forward(framed.input(&framed.weak, device));
        let all: Vec<usize> = (0..example.instances.len()).collect();
        let (settings, chunk) = (&recipe.labels, recipe.schedule.chunk);
        let labels = pseudo_labels(sam, &embedding, &framed, &all, settings, chunk, None);
        agreements.extend(labels.agreement);
        let mut sizes: Vec<f64> = labels.masks.iter().map(|mask| log(mask.area())).collect();
        let of_input = framed.pixels_of_input().ln();
        (!sizes.is_empty()).then(|| median(&mut sizes) - of_input)
    };
    let mut middles: Vec<f64> = numbers.into_iter().filter_map(middle).collect();
    agreements.sort_by(f64::total_cmp);
    (middles.len() >= FEWEST).then(|| Usual {
        area: median(&mut middles).exp(),
        agreements,
    })
}

impl Choice {
    /// Whether the usual size counts.
    pub fn minds_the_usual(&self) -> bool {
        self.candidates && self.usual_weight > 0.0
    }

    /// The usual area as company, in pixels of the same kind.
    pub fn company(&self, usual_area: Option<f64>) -> Option<Company> {
        let usual_area = usual_area.filter(|_| self.minds_the_usual());
        usual_area.map(|area| Company::usual(area, self.usual_weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_are_a_share_from_the_top_and_at_least_one() {
        let usual = |agreements: &[f64]| Usual {
            area: 1.0,
            agreements: agreements.to_vec(),
        };
        let ten: Vec<f64> = (1..=10).map(|at| f64::from(at) / 10.0).collect();
        let ten = usual(&ten);
        for (share, bound) in [(1.0, 0.1), (0.6, 0.5), (0.1, 1.0), (0.0, 1.0)] {
            assert_eq!(ten.agreement_of_surest(share), bound, "{share}");
        }
        assert_eq!(usual(&[0.4]).agreement_of_surest(0.6), 0.4);
        // Nothing is known of labels: nothing is left out.
        assert_eq!(usual(&[]).agreement_of_surest(0.6), 0.0);
    }
}
