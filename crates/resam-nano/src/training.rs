//! Lessons become updates: AdamW, a rate that rises for a while and then falls along a cosine.
//!
//! The lessons of an update are learnt side by side, a thread each, and added up in their order, so
//! that the same seed gives the same model with any number of threads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::grad_clipping::GradientClippingConfig;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamWConfig, GradientsAccumulator, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use resam_bench::random_checkpoint;
use resam_checkpoint::{Checkpoint, CheckpointError, Dtype, convert, write_safetensors};
use resam_sam::{PublishedNames, Sam, SamError};
use resam_synth::SynthError;

use crate::lesson::{Learnt, learn};
use crate::sizes::{INPUT_SIZE, sizes};
use crate::source::lesson_picture;

/// Updates over which the rate rises.
const WARM: f64 = 60.0;

/// Frequencies of the positions: drawn once, as in SAM, and never trained.
const FIXED: &str = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix";

/// The spread of those frequencies, beside that of numbers from -1 to 1.
const FREQUENCY: f64 = 2.0;

/// How much larger the projections of queries and keys begin than others: how near a point has to be.
const SHARPNESS: f64 = 1.5;

/// How the model is trained.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Updates.
    pub updates: usize,
    /// Pictures of an update.
    pub batch: usize,
    /// The highest rate of learning.
    pub rate: f64,
    /// The share of pictures whose textures are toned down, 0 to 1.
    pub plain: f64,
    /// Side of the pictures in pixels: small ones cost less, and teach most of what large ones do.
    pub side: usize,
    /// The seed of weights, pictures and clicks.
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

/// Where a training is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Updates done.
    pub updates: usize,
    /// Mean loss of the last update's lessons.
    pub loss: f64,
    /// Mean IoU, with the things learnt from, of the single masks of first questions.
    pub iou: f64,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// A file could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The model does not take its own weights.
    #[error(transparent)]
    Sam(#[from] SamError),
    /// A picture could not be painted.
    #[error(transparent)]
    Picture(#[from] SynthError),
    /// A temporary file could not be made, or threads not be started.
    #[error("{0}")]
    System(String),
}

/// Trains the model, from scratch or from where another training ended, and writes it, in half precision, to `path`.
///
/// `progress` is called after each update, with the model as it is then; when it answers `false` the
/// training ends early and what there is is written.
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
    let (mut sam, names) = match from {
        Some(checkpoint) => {
            let (sam, names) = Sam::load_named(checkpoint, &sizes(), &device)?;
            (training_all(sam, &names), names)
        }
        None => {
            let system = |error: std::io::Error| TrainingError::System(error.to_string());
            let folder = tempfile::tempdir().map_err(system)?;
            let beginning = folder.path().join("beginning.safetensors");
            random_checkpoint(&beginning, &sizes(), training.seed)?;
            let checkpoint = Checkpoint::open(&beginning)?;
            let (sam, names) = Sam::load_named(&checkpoint, &sizes(), &device)?;
            (training_all(begun(sam, &names), &names), names)
        }
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
        for lesson in learnt {
            loss += lesson.loss / count;
            iou += lesson.iou / count;
            gathered.accumulate(&sam, lesson.gradients);
        }
        // Gradients were added, not averaged: AdamW does not tell the difference.
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

/// The model on its way.
pub struct Now<'a> {
    sam: &'a Sam,
    names: &'a PublishedNames,
}

impl Now<'_> {
    /// The model as it is, for answers.
    pub fn model(&self) -> Sam {
        self.sam.valid()
    }

    /// Writes it in half precision, whole or not at all.
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

/// Switches on everything that SAM trains, but for the biases of TinyViT's windows.
fn training_all(sam: Sam, names: &PublishedNames) -> Sam {
    struct Train<'a>(&'a PublishedNames);
    impl ModuleMapper for Train<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let name = self.0.get(param.id).unwrap_or_default();
            // Biases that train would take the plain attention, which is several times slower.
            if name == FIXED || name.ends_with(".attention_biases") {
                return param;
            }
            let (id, tensor) = (param.id, param.val());
            Param::initialized(id, tensor.autodiff().require_grad())
        }
    }
    sam.map(&mut Train(names))
}

/// Random values that let signals through.
///
/// - TinyViT's block filters each channel between attention and MLP with nothing beside the filter:
///   drawn at random it would blur what came before, so it begins as the identity.
/// - Where points look at the image and the image at points, queries and keys begin with the same
///   projection: then what has like positions attends to each other from the start, and the model need
///   not find out first where a point is.
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
            // Shifts begin at nothing.
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

/// How much larger than `1 / sqrt(fan in)` the numbers of a layer begin: convolutions make up for the
/// half that a GELU takes away, and what is added beside a residual is small, so that each pixel is seen
/// through all layers.
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

/// The rate of an update.
fn rate(training: &Training, update: usize) -> f64 {
    let passed = (update as f64 + 1.0) / training.updates.max(1) as f64;
    let warm = ((update as f64 + 1.0) / WARM).min(1.0);
    training.rate * warm * 0.5 * (1.0 + (std::f64::consts::PI * passed.min(1.0)).cos())
}

/// Threads that learn a lesson each; what a lesson computes stays on its thread.
struct Workers(Vec<rayon::ThreadPool>);

impl Workers {
    fn new() -> Result<Self, TrainingError> {
        let pools = (0..rayon::current_num_threads())
            .map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build());
        let pools = pools.collect::<Result<_, _>>();
        let pools = pools.map_err(|error| TrainingError::System(error.to_string()))?;
        Ok(Self(pools))
    }

    /// The lessons of an update, in their order.
    fn learn(
        &self,
        sam: &Sam,
        training: &Training,
        update: usize,
        device: &Device,
    ) -> Result<Vec<Learnt>, TrainingError> {
        let next = AtomicUsize::new(0);
        let lessons: Mutex<Vec<_>> = Mutex::new(Vec::new());
        let work = || {
            // Threads whose graphs share leaves wait for one another's locks, and may do so for ever:
            // each has leaves of its own.
            let sam = sam.clone().fork(device);
            loop {
                let lesson = next.fetch_add(1, Ordering::Relaxed);
                if lesson >= training.batch {
                    return;
                }
                let number = (update * training.batch + lesson) as u64;
                let learnt = lesson_picture(training.seed, number, training.plain, training.side)
                    .map(|picture| learn(&sam, &picture, device, number));
                let mut lessons = lessons.lock().unwrap_or_else(|broken| broken.into_inner());
                lessons.push((lesson, learnt));
            }
        };
        std::thread::scope(|scope| {
            for pool in &self.0 {
                scope.spawn(|| pool.install(work));
            }
        });
        let mut lessons = lessons
            .into_inner()
            .unwrap_or_else(|broken| broken.into_inner());
        lessons.sort_by_key(|(lesson, _)| *lesson);
        let lessons = lessons.into_iter();
        lessons
            .filter_map(|(_, learnt)| learnt.map_err(TrainingError::from).transpose())
            .collect()
    }
}
