//! Training an image encoder with the memory of one block (activation checkpointing, arXiv
//! 1604.06174). The forward pass keeps only the input of each block. The backward pass computes
//! each block again, from the last to the first, and takes its gradient at once.
//!
//! Gradients equal those of an ordinary backward pass. The cost is a second forward pass of the
//! blocks that train.
//!
//! ```
//! use burn::optim::GradientsParams;
//! use burn::tensor::{Device, Tensor};
//! use resam_checkpoint::Checkpoint;
//! use resam_sam::{LoraConfig, Sam};
//! # let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden");
//! # let weights = golden.join("sam_7/model.safetensors");
//!
//! let device = Device::flex();
//! let mut sam = Sam::load(&Checkpoint::open(&weights)?, &device)?;
//! sam.image_encoder.attach_lora(LoraConfig { rank: 2, start_block: 2 });
//!
//! let image = Tensor::<4>::ones([1, 3, 128, 128], &device);
//! let frozen = sam.image_encoder.forward_frozen(image);
//! let (embedding, checkpoints) = sam.image_encoder.forward_checkpointed(frozen);
//! let loss = embedding.clone().powi_scalar(2).mean();
//! let mut gradients = loss.backward();
//! let of_embedding = embedding.grad_remove(&mut gradients).expect("the loss depends on it");
//! let mut gradients = GradientsParams::from_grads(gradients, &sam);
//! checkpoints.backward(&sam.image_encoder, of_embedding, &mut gradients);
//! assert!(!gradients.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{FloatDType, Gradients, Tensor};

use crate::encoder::ImageEncoder;

/// A part of an encoder that an image goes through.
pub(crate) struct Part<'a> {
    /// Whether any of its parameters trains.
    pub(crate) trains: bool,
    forward: Box<dyn Fn(Tensor<4>) -> Tensor<4> + 'a>,
}

impl<'a> Part<'a> {
    pub(crate) fn new(trains: bool, forward: impl Fn(Tensor<4>) -> Tensor<4> + 'a) -> Self {
        Self {
            trains,
            forward: Box::new(forward),
        }
    }

    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        (self.forward)(x)
    }
}

/// Whether any parameter of a module trains.
pub(crate) fn trains(module: &impl Module) -> bool {
    struct Trains(bool);
    impl ModuleVisitor for Trains {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0 |= param.val().is_require_grad();
        }
    }
    let mut visitor = Trains(false);
    module.visit(&mut visitor);
    visitor.0
}

/// The inputs of the encoder's parts for the backward pass: those of the first part that trains and
/// of all later parts.
#[derive(Debug)]
pub struct ActivationCheckpoints {
    /// The first part that trains.
    first: usize,
    inputs: Vec<Tensor<4>>,
}

impl ImageEncoder {
    /// The result of all parts before the first one that trains, for an input `[batch, 3, height,
    /// width]`, without a graph. It depends on the image and on frozen parameters only, so it can
    /// be kept during a training.
    pub fn forward_frozen(&self, x: Tensor<4>) -> Tensor<4> {
        let first = first_that_trains(&self.parts());
        let x = x.without_autodiff().cast(self.dtype());
        let plain = self.valid();
        plain.parts()[..first]
            .iter()
            .fold(x, |x, part| part.forward(x))
    }

    /// The embedding `[batch, channels, rows, columns]` from the result of
    /// [`forward_frozen`](Self::forward_frozen), with a graph if any parameter trains.
    pub fn forward_trained(&self, frozen: Tensor<4>) -> Tensor<4> {
        let parts = self.parts();
        parts[first_that_trains(&parts)..]
            .iter()
            .fold(frozen, |x, part| part.forward(x))
            .cast(FloatDType::F32)
    }

    /// The embedding, without a graph, from the result of [`forward_frozen`](Self::forward_frozen)
    /// of the encoder `other`, whose frozen parts have the same weights as this one's.
    pub fn forward_beyond(&self, other: &Self, frozen: Tensor<4>) -> Tensor<4> {
        let first = first_that_trains(&other.parts());
        self.valid().parts()[first..]
            .iter()
            .fold(frozen, |x, part| part.forward(x))
            .cast(FloatDType::F32)
    }

    /// As [`forward_trained`](Self::forward_trained), but keeps the inputs of the parts instead of
    /// a graph.
    ///
    /// The embedding is a leaf of a new graph. Take its gradient from that graph and pass it to
    /// [`ActivationCheckpoints::backward`].
    pub fn forward_checkpointed(&self, frozen: Tensor<4>) -> (Tensor<4>, ActivationCheckpoints) {
        let first = first_that_trains(&self.parts());
        let mut inputs = Vec::new();
        let embedding = self.valid().parts()[first..]
            .iter()
            .fold(frozen, |x, part| {
                inputs.push(x.clone());
                part.forward(x)
            })
            .cast(FloatDType::F32);
        let checkpoints = ActivationCheckpoints { first, inputs };
        (embedding.autodiff().require_grad(), checkpoints)
    }
}

/// The number of the first part that trains; that of all parts when none does.
fn first_that_trains(parts: &[Part<'_>]) -> usize {
    let first = parts.iter().position(|part| part.trains);
    first.unwrap_or(parts.len())
}

impl ActivationCheckpoints {
    /// Adds the gradients of the encoder's parameters to `gradients`, from the gradient of the
    /// embedding, `[batch, channels, rows, columns]`.
    ///
    /// `encoder` must be the encoder that made these checkpoints, with unchanged parameters.
    pub fn backward(
        mut self,
        encoder: &ImageEncoder,
        gradient: Tensor<4>,
        gradients: &mut GradientsParams,
    ) {
        let parts = encoder.parts();
        let mut gradient = gradient;
        while let Some(input) = self.inputs.pop() {
            let below = self.inputs.len();
            // Nothing below the first part wants a gradient.
            let input = if below > 0 {
                input.autodiff().require_grad()
            } else {
                input
            };
            let output = parts[self.first + below].forward(input.clone());
            // The derivative of this sum by the output is the gradient that came from above.
            let mut found = (output * gradient).sum().backward();
            let mut collect = Collect {
                found: &mut found,
                gradients,
            };
            encoder.visit(&mut collect);
            match input.grad_remove(&mut found) {
                Some(of_input) => gradient = of_input,
                None => break,
            }
        }
    }
}

/// Moves the gradients of parameters to where an optimizer takes them from.
struct Collect<'a> {
    found: &'a mut Gradients,
    gradients: &'a mut GradientsParams,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad_remove(self.found) {
            self.gradients.register(param.id, gradient);
        }
    }
}
