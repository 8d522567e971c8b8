//! What a scene needs of a model: the embedding of a tile, and masks for prompts in it.
//!
//! The crate has no tensor library. Whoever has a model implements [`Model`] for it.

use image::RgbImage;
use resam_mask::Bitmap;
use resam_prompt::{Prompt, PromptPoint};
use resam_select::Candidate;

/// Why a model failed. The text is shown to the user unchanged.
pub type ModelError = Box<dyn std::error::Error + Send + Sync>;

/// The mask of a prompt.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The pixels of the object, of the size of the tile that was encoded.
    pub mask: Bitmap,
    /// The IoU that the model predicts for the mask (SAM's `predicted_iou`).
    pub score: f32,
    /// SAM's stability score, from 0 to 1: the IoU of the masks at two logit thresholds
    /// (`calculate_stability_score`).
    pub stability: f32,
    /// Consistency: IoU of this mask and of the mask that its box gives; only read with `zoom`.
    pub consistency: f32,
    /// The mask violates its prompts: it holds the point of another object, for example.
    pub violates_prompts: bool,
}

/// The time that a model takes, for the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Seconds to encode a tile.
    pub encode: f64,
    /// Seconds to answer a prompt.
    pub decode: f64,
}

/// A promptable model: it encodes a tile once and decodes many prompts in it, as SAM does (arXiv
/// 2304.02643, section 3).
///
/// The same tile and the same prompts must give the same masks. Otherwise a resumed run differs
/// from an uninterrupted one.
pub trait Model: Sync {
    /// The output of the image encoder for one tile.
    type Embedding;

    /// Side of the network's square input in pixels. No tile is longer.
    fn input_size(&self) -> u32;

    /// A text that differs for any two models whose embeddings differ: checksums of weights and
    /// adapter, precision, input size.
    fn identity(&self) -> String;

    /// A text that differs for any two models whose masks of one embedding differ: the mask
    /// selection. Default: nothing.
    fn selection(&self) -> String {
        String::new()
    }

    /// Encodes a tile, whose sides are at most [`input_size`](Self::input_size) pixels.
    ///
    /// # Errors
    /// When the device fails.
    fn encode(&self, tile: &RgbImage) -> Result<Self::Embedding, ModelError>;

    /// One mask for each prompt, in their order. Prompts are in pixels of the tile and have no
    /// mask. `beside` are positive points of other objects, in pixels of the tile: a mask that
    /// holds one of them violates its prompts. `size_prior_px` is the size prior, the area of an
    /// object in pixels of the tile, where it is known.
    ///
    /// # Errors
    /// When a prompt cannot be decoded or the device fails.
    fn decode(
        &self,
        embedding: &Self::Embedding,
        prompts: &[Prompt],
        beside: &[PromptPoint],
        size_prior_px: Option<f64>,
    ) -> Result<Vec<Answer>, ModelError>;

    /// Whether to take the zoomed mask, for each object: a pair of the candidate of its first
    /// window and of the candidate of its zoomed window, where there is one. Areas are in pixels of
    /// the raster. The objects are those of one first window. By default a zoomed mask is taken
    /// unless it violates its prompts.
    fn is_zoom_meant(&self, pairs: &[(Candidate, Option<Candidate>)]) -> Vec<bool> {
        let is_sound = |zoomed: &Candidate| !zoomed.violates_prompts;
        let pairs = pairs.iter();
        pairs
            .map(|(_, zoomed)| zoomed.as_ref().is_some_and(is_sound))
            .collect()
    }

    /// Every candidate mask of each prompt, for automatic mask generation. By default the mask of
    /// [`decode`](Self::decode) alone.
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
    /// When the device fails.
    fn embedding_to_bytes(&self, embedding: &Self::Embedding) -> Result<Vec<u8>, ModelError>;

    /// The embedding of a tile of the given width and height in pixels, from its bytes.
    ///
    /// # Errors
    /// When the bytes are not an embedding of this model. The tile is then encoded.
    fn embedding_from_bytes(
        &self,
        bytes: &[u8],
        tile: (u32, u32),
    ) -> Result<Self::Embedding, ModelError>;

    /// Most bytes of memory that the model takes: weights, activations, one embedding, and a batch
    /// of masks.
    fn bytes(&self) -> u64;

    /// The time that it takes on this machine, where it is known before the run.
    fn pace(&self) -> Option<Pace> {
        None
    }
}
