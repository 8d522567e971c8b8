//! The training loop: AdamW, with a learning rate that rises linearly and then falls along a
//! cosine.
//!
//! The samples of an update are computed in parallel, one a thread, and their gradients are added
//! in order. So the same seed gives the same model with any number of threads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::grad_clipping::GradientClippingConfig;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamWConfig, GradientsAccumulator, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use resam_checkpoint::{Checkpoint, CheckpointError, Dtype, convert, write_safetensors};
use resam_sam::{PublishedNames, Sam, SamError, random_checkpoint};
use resam_synth::SynthError;

use crate::sample::{SampleResult, learn};
use crate::sizes::{INPUT_SIZE, sizes};
use crate::source::training_picture;

/// The updates during which the learning rate rises.
const WARM: f64 = 60.0;

/// The frequencies of the positional encoding: drawn once and never trained, as in SAM.
const FIXED: &str = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix";

/// The standard deviation of these frequencies, divided by that of uniform numbers from -1 to 1.
const FREQUENCY: f64 = 2.0;

/// The initial scale of the query and key projections, relative to other layers. A larger value
/// makes attention to positions more local.
const SHARPNESS: f64 = 1.5;

/// How the model is trained.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// The number of optimiser updates.
    pub updates: usize,
    /// The number of images an update.
    pub batch: usize,
    /// The highest learning rate.
    pub rate: f64,
    /// The share of the images whose textures are weakened, 0 to 1.
    pub plain: f64,
    /// Side of the images in pixels. Small images take less time and teach most of what large ones
    /// do.
    pub side: usize,
    /// The seed of the initial weights, the images and the prompts.
    pub seed: u64,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            updates: 6000,
            batch: 4,
            rate: 1e-3,
            plain: 0.0,
            side: INPUT_SIZE,
            seed: 0,
        }
    }
}

/// The state of a training after an update.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Updates done.
    pub updates: usize,
    /// Mean loss of the last update's samples.
    pub loss: f64,
    /// Mean IoU of the single masks of the first prompts, over the objects of the last update.
    pub iou: f64,
}

/// Why a training failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// A file could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The model cannot load the weights that were made for it.
    #[error(transparent)]
    Sam(#[from] SamError),
    /// An image could not be painted.
    #[error(transparent)]
    Picture(#[from] SynthError),
    /// A temporary file could not be created, or threads could not be started.
    #[error("{0}")]
    System(String),
}

/// Trains the model, from random weights or from a checkpoint of an earlier training, and writes it
/// to `path` in half precision.
///
/// `progress` is called after each update with the current model. If it returns `false`, the
/// training ends early and the current model is written.
///
/// # Errors
/// [`TrainingError`], before anything is written to `path`.
pub fn train(
    training: &Training,
    from: Option<&Checkpoint>,
    path: &Path,
    mut progress: impl FnMut(&Progress, &Now<'_>) -> bool,
) -> Result<Sam, TrainingError> {
    let device = Device::flex();
    let (mut sam, names) = if let Some(checkpoint) = from {
        let (sam, names) = Sam::load_named(checkpoint, &sizes(), &device)?;
        (training_all(sam, &names), names)
    } else {
        let system = |error: std::io::Error| TrainingError::System(error.to_string());
        let folder = tempfile::tempdir().map_err(system)?;
        let beginning = folder.path().join("beginning.safetensors");
        random_checkpoint(&beginning, &sizes(), training.seed)?;
        let checkpoint = Checkpoint::open(&beginning)?;
        let (sam, names) = Sam::load_named(&checkpoint, &sizes(), &device)?;
        (training_all(begun(sam, &names), &names), names)
    };

    let config = AdamWConfig::new()
        .with_weight_decay(0.01)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(1.0)));
    let mut optimizer: ModuleOptimizer = config.init();
    let workers = Workers::new()?;
    for update in 0..training.updates {
        let learnt = workers.learn(&sam, training, update, &device)?;
        let mut gathered = GradientsAccumulator::new();
        let (mut loss, mut iou) = (0.0, 0.0);
        let count = learnt.len().max(1) as f64;
        for sample in learnt {
            loss += sample.loss / count;
            iou += sample.iou / count;
            gathered.accumulate(&sam, sample.gradients);
        }
        // Gradients are added, not averaged: AdamW does not depend on their scale.
        sam = optimizer.step(rate(training, update), sam, gathered.grads());
        let done = Progress {
            updates: update + 1,
            loss,
            iou,
        };
        let now = Now {
            sam: &sam,
            names: &names,
        };
        if !progress(&done, &now) {
            break;
        }
    }
    let now = Now {
        sam: &sam,
        names: &names,
    };
    now.write(path)?;
    Ok(now.model())
}

/// The model during the training.
pub struct Now<'a> {
    sam: &'a Sam,
    names: &'a PublishedNames,
}

impl Now<'_> {
    /// The current model, for inference.
    pub fn model(&self) -> Sam {
        self.sam.valid()
    }

    /// Writes the current model as a safetensors file in half precision. The file appears whole or
    /// not at all.
    ///
    /// # Errors
    /// [`TrainingError`] when a file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainingError> {
        write(self.sam, self.names, path)
    }
}

fn write(sam: &Sam, names: &PublishedNames, path: &Path) -> Result<(), TrainingError> {
    let folder = tempfile::tempdir().map_err(|error| TrainingError::System(error.to_string()))?;
    let mut metadata = sizes().metadata();
    metadata.insert(crate::NOTICE_KEY.to_owned(), crate::NOTICE.to_owned());
    let whole = folder.path().join("whole.safetensors");
    write_safetensors(&whole, &names.tensors(sam), &metadata)?;
    convert(&Checkpoint::open(&whole)?, Dtype::F16, path)?;
    Ok(())
}

/// Makes all parameters trainable that SAM trains, except the attention biases of TinyViT.
fn training_all(sam: Sam, names: &PublishedNames) -> Sam {
    struct Train<'a>(&'a PublishedNames);
    impl ModuleMapper for Train<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let name = self.0.get(param.id).unwrap_or_default();
            // Trainable biases would need the plain attention, which is several times slower.
            if name == FIXED || name.ends_with(".attention_biases") {
                return param;
            }
            let (id, tensor) = (param.id, param.val());
            Param::initialized(id, tensor.autodiff().require_grad())
        }
    }
    sam.map(&mut Train(names))
}

/// Random initial values with which signals neither vanish nor grow.
///
/// - A TinyViT block has a depthwise convolution without residual between attention and MLP. Random
///   values would blur its input, so it starts as the identity.
/// - In the attention between points and image, queries and keys start with the same projection.
///   Then equal positions attend to each other from the start, and the model need not learn first
///   where a point is.
fn begun(sam: Sam, names: &PublishedNames) -> Sam {
    struct Queries<'a>(&'a PublishedNames, HashMap<String, TensorData>);
    impl ModuleVisitor for Queries<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let name = self.0.get(param.id).unwrap_or_default();
            if name.contains("attn_token_to_image") || name.contains("attn_image_to_token") {
                self.1.insert(name.to_owned(), param.val().into_data());
            }
        }
    }
    struct Begin<'a>(Queries<'a>);
    impl ModuleMapper for Begin<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let Queries(names, queries) = &self.0;
            let name = names.get(param.id).unwrap_or_default();
            let (id, mut tensor) = (param.id, param.val());
            let device = tensor.device();
            if name == FIXED {
                tensor = tensor * FREQUENCY;
            }
            if name.ends_with(".local_conv.c.weight") {
                let dims = tensor.dims();
                let (taps, last) = (dims[0] * dims[1], dims[D - 1]);
                let middle = taps / 2 * last..(taps / 2 + 1) * last;
                let values = (0..taps * last).map(|at| f32::from(u8::from(middle.contains(&at))));
                let identity = TensorData::new(values.collect(), dims.to_vec());
                tensor = tensor * 0.2 + Tensor::from_data(identity, &device);
            }
            tensor = tensor * gain(name);
            let query = name.replace(".k_proj.", ".q_proj.");
            if let Some(query) = queries.get(&query)
                && name.ends_with("_proj.weight")
                && (name.contains(".k_proj.") || name.contains(".q_proj."))
            {
                tensor = Tensor::from_data(query.clone(), &device) * SHARPNESS;
            }
            // Shifts start at zero.
            if name.ends_with(".bias") {
                tensor = tensor.zeros_like();
            }
            Param::initialized(id, tensor).set_require_grad(false)
        }
    }
    let mut queries = Queries(names, HashMap::new());
    sam.visit(&mut queries);
    sam.map(&mut Begin(queries))
}

/// The initial standard deviation of a layer, divided by `1 / sqrt(fan in)`. Convolutions are
/// larger because GELU removes about half of a signal; layers before a residual sum are smaller, so
/// that the signal of each pixel passes through all layers.
fn gain(name: &str) -> f64 {
    let encoder = name.starts_with("image_encoder.");
    let added = [".attn.proj.weight", ".mlp.fc2.weight"];
    match name {
        _ if encoder && name.ends_with(".local_conv.c.weight") => 1.0,
        _ if encoder && name.ends_with(".c.weight") => 1.7,
        _ if encoder && added.iter().any(|end| name.ends_with(end)) => 0.3,
        _ if name.ends_with(".out_proj.weight") || name.ends_with(".mlp.lin2.weight") => 0.5,
        _ => 1.0,
    }
}

/// The learning rate of an update.
fn rate(training: &Training, update: usize) -> f64 {
    let passed = (update as f64 + 1.0) / training.updates.max(1) as f64;
    let warm = ((update as f64 + 1.0) / WARM).min(1.0);
    training.rate * warm * 0.5 * (1.0 + (std::f64::consts::PI * passed.min(1.0)).cos())
}

/// Thread pools of one thread each. A training sample is computed on one of them, and none of its
/// work leaves that thread.
struct Workers(Vec<rayon::ThreadPool>);

impl Workers {
    fn new() -> Result<Self, TrainingError> {
        let pools = (0..rayon::current_num_threads())
            .map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build());
        let pools = pools.collect::<Result<_, _>>();
        let pools = pools.map_err(|error| TrainingError::System(error.to_string()))?;
        Ok(Self(pools))
    }

    /// The results of an update's samples, in order.
    fn learn(
        &self,
        sam: &Sam,
        training: &Training,
        update: usize,
        device: &Device,
    ) -> Result<Vec<SampleResult>, TrainingError> {
        let next = AtomicUsize::new(0);
        let samples: Mutex<Vec<_>> = Mutex::new(Vec::new());
        let work = || {
            // Threads whose graphs share leaves can deadlock on the graphs' locks, so each thread
            // has its own leaves.
            let sam = sam.clone().fork(device);
            loop {
                let sample = next.fetch_add(1, Ordering::Relaxed);
                if sample >= training.batch {
                    return;
                }
                let number = (update * training.batch + sample) as u64;
                let learnt = training_picture(training.seed, number, training.plain, training.side)
                    .map(|picture| learn(&sam, &picture, device, number));
                let mut samples = samples
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                samples.push((sample, learnt));
            }
        };
        std::thread::scope(|scope| {
            for pool in &self.0 {
                scope.spawn(|| pool.install(work));
            }
        });
        let mut samples = samples
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        samples.sort_by_key(|(sample, _)| *sample);
        let samples = samples.into_iter();
        samples
            .filter_map(|(_, learnt)| learnt.map_err(TrainingError::from).transpose())
            .collect()
    }
}
