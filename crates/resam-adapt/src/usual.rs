//! Usual: the size that objects have in images of a kind.
//!
//! Ships in radar images, roofs in aerial ones: a set of images that somebody adapts a model to has
//! objects of some size. Within an image their company tells it; what is alone in its image is judged by
//! what is usual in the others. A few images are enough to know it, before anything is learnt.

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

/// The area in pixels of the images that their objects usually have: the middle one, over the numbered
/// images, of the middle areas of the labels in each, chosen in the image's own company. Images that
/// cannot be read, or have no labels, say nothing; when fewer than eight say something, it is `None`.
pub fn usual_area(
    sam: &Sam,
    examples: &dyn Examples,
    numbers: impl IntoIterator<Item = usize>,
    recipe: &Recipe,
    input_size: usize,
    device: &Device,
) -> Option<f64> {
    let middle = |number: usize| {
        let example = examples.read(number).ok()?;
        let framed = Framed::new(&example, input_size, Flip::default()).ok()?;
        let embedding = sam
            .image_encoder
            .forward(framed.input(&framed.weak, device));
        let all: Vec<usize> = (0..example.instances.len()).collect();
        let (settings, chunk) = (&recipe.labels, recipe.schedule.chunk);
        let labels = pseudo_labels(sam, &embedding, &framed, &all, settings, chunk, None);
        let mut sizes: Vec<f64> = labels.masks.iter().map(|mask| log(mask.area())).collect();
        let of_input = framed.pixels_of_input().ln();
        (!sizes.is_empty()).then(|| median(&mut sizes) - of_input)
    };
    let mut middles: Vec<f64> = numbers.into_iter().filter_map(middle).collect();
    (middles.len() >= FEWEST).then(|| median(&mut middles).exp())
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
