//! What a scene asks of a model: an embedding of a tile, and masks for prompts about it.
//!
//! The crate has no tensor library. Whoever has a model implements [`Model`] for it.

use image::RgbImage;
use resam_mask::Bitmap;
use resam_prompt::{Prompt, PromptPoint};
use resam_select::Candidate;

/// Why a model did not answer. Shown to the user as it is.
pub type ModelError = Box<dyn std::error::Error + Send + Sync>;

/// A mask that answers a prompt.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The pixels of the object, of the size of the tile that was encoded.
    pub mask: Bitmap,
    /// The IoU that the model expects.
    pub score: f32,
    /// How little the mask depends on where the line is drawn, from 0 to 1.
    pub stability: f32,
    /// IoU of the mask and of what its box brings back, where the model asked for it.
    pub consistency: f32,
    /// The mask cannot be what is meant: it holds the point of another object, say.
    pub violates_prompts: bool,
}

/// How long a model takes, for the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Seconds to encode a tile.
    pub encode: f64,
    /// Seconds to answer a prompt.
    pub decode: f64,
}

/// A model that looks at a tile once and answers many prompts about it.
///
/// The same tile and the same prompts must bring the same answers, or a run that goes on would
/// not be the run that was stopped.
pub trait Model: Sync {
    /// What the encoder makes of a tile.
    type Embedding;

    /// Side of the square that the network sees, in pixels. No tile is longer.
    fn input_size(&self) -> u32;

    /// What tells this model's embeddings and masks from those of all others: checksums of weights
    /// and adapter, precision, the way masks are chosen.
    fn identity(&self) -> String;

    /// Looks at a tile, whose sides are at most [`input_size`](Self::input_size).
    ///
    /// # Errors
    /// When the device does not come to the end of its work.
    fn encode(&self, tile: &RgbImage) -> Result<Self::Embedding, ModelError>;

    /// One answer for each prompt, in pixels of the tile and without a mask, in their order. `beside` are positive points, in pixels of the
    /// tile, of other objects that somebody pointed at and that are asked about elsewhere: a mask
    /// that holds one of them is too large. `size_prior_px` is how many pixels of the tile objects
    /// have, where that was seen before.
    ///
    /// # Errors
    /// When a prompt cannot be answered or the device does not come to the end of its work.
    fn decode(
        &self,
        embedding: &Self::Embedding,
        prompts: &[Prompt],
        beside: &[PromptPoint],
        size_prior_px: Option<f64>,
    ) -> Result<Vec<Answer>, ModelError>;

    /// Whether the zoomed mask is meant, for each object: a pair of what speaks for its mask in the
    /// window that showed it first, and for its mask in a zoomed window where there is one. Areas
    /// are in pixels of the raster. The objects are those that were seen together at first.
    fn is_zoom_meant(&self, pairs: &[(Candidate, Option<Candidate>)]) -> Vec<bool> {
        let is_sound = |zoomed: &Candidate| !zoomed.violates_prompts;
        let pairs = pairs.iter();
        pairs
            .map(|(_, zoomed)| zoomed.as_ref().is_some_and(is_sound))
            .collect()
    }

    /// Every mask that a prompt may mean, for each prompt; asked where nobody says what is meant.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    fn decode_all(
        &self,
        embedding: &Self::Embedding,
        prompts: &[Prompt],
    ) -> Result<Vec<Vec<Answer>>, ModelError> {
        let answers = self.decode(embedding, prompts, &[], None)?;
        Ok(answers.into_iter().map(|answer| vec![answer]).collect())
    }

    /// The embedding as bytes that [`embedding_from_bytes`](Self::embedding_from_bytes) reads, the
    /// same to the last bit.
    ///
    /// # Errors
    /// When the device does not give it.
    fn embedding_to_bytes(&self, embedding: &Self::Embedding) -> Result<Vec<u8>, ModelError>;

    /// The embedding of a tile of the given width and height, from its bytes.
    ///
    /// # Errors
    /// When the bytes are not an embedding of this model. The tile is then encoded.
    fn embedding_from_bytes(
        &self,
        bytes: &[u8],
        tile: (u32, u32),
    ) -> Result<Self::Embedding, ModelError>;

    /// Bytes of memory that the model takes at its most: weights, encoding, one embedding, and a
    /// batch of answers.
    fn bytes(&self) -> u64;

    /// How long it takes on this machine, where that is known before it has run.
    fn pace(&self) -> Option<Pace> {
        None
    }
}
