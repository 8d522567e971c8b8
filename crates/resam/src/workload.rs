//! Pieces of work whose times and memory matter, on seeded inputs: benches, `resam doctor --bench`
//! and comparisons with other programs time the same functions.
//!
//! | workload | what is done |
//! |---|---|
//! | [`Workload::Encode`] | one image through the image encoder |
//! | [`Workload::DecodeOne`], [`Workload::DecodeFifty`] | prompts about one encoded image to masks at the image's own size |
//! | [`Workload::Adapt`] | forward and backward of one adaptation step on ten instances |

use burn::tensor::{Device, Gradients, Tensor, TensorData};
use resam_adapt::mask_losses;
use resam_checkpoint::Checkpoint;
use resam_sam::encoder::ImageEncoder;
use resam_sam::lora::QueryValueAdapter;
use resam_sam::postprocess::Geometry;
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::random::Uniform;
use resam_sam::{LoraConfig, LowRank, Predictor, Prompt, PromptPoint, Sam, SamConfig, SamError};

pub use resam_sam::Published;

/// Objects of one adaptation step.
const INSTANCES: usize = 10;
/// Rank of the adapters, the published one.
const RANK: usize = 4;
/// A mask is where the logit is above this.
const THRESHOLD: f32 = 0.0;
/// Half the width of a uniform distribution of deviation 1.
const UNIT_DEVIATION: f32 = 1.732;

/// A piece of work whose time and memory matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// One image through the image encoder, from the network's input.
    Encode,
    /// One prompt about an encoded image, to its mask at the image's size.
    DecodeOne,
    /// Fifty prompts about one encoded image, to their masks at the image's size.
    DecodeFifty,
    /// Forward and backward of one adaptation step: one view, ten instances, adapters of rank 4 on
    /// query and value.
    Adapt,
}

impl Workload {
    /// All of them, the quick before the slow.
    pub const ALL: [Self; 4] = [
        Self::DecodeOne,
        Self::DecodeFifty,
        Self::Encode,
        Self::Adapt,
    ];

    /// The name to ask for it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encode => "encode",
            Self::DecodeOne => "decode-1",
            Self::DecodeFifty => "decode-50",
            Self::Adapt => "adapt",
        }
    }

    /// What is done, for people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Encode => "encode one image",
            Self::DecodeOne => "decode 1 prompt",
            Self::DecodeFifty => "decode 50 prompts",
            Self::Adapt => "one adaptation step",
        }
    }

    /// Loads what the workload needs and makes its inputs.
    ///
    /// # Errors
    /// [`SamError`] when the checkpoint is not a model, or cannot run at this input size.
    pub fn prepare(self, checkpoint: &Checkpoint, setting: &Setting) -> Result<Prepared, SamError> {
        match self {
            Self::Encode => encode(checkpoint, setting),
            Self::DecodeOne => decode(checkpoint, setting, 1),
            Self::DecodeFifty => decode(checkpoint, setting, 50),
            Self::Adapt => adapt(checkpoint, setting),
        }
    }
}

/// How workloads run.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Where.
    pub device: Device,
    /// Side of the network's input in pixels; the model's own when `None`.
    pub input_size: Option<usize>,
    /// The first attention block with adapters in [`Workload::Adapt`], counted from 0.
    pub start_block: usize,
    /// Seed of the inputs.
    pub seed: u64,
}

/// Values with a name and a shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// What it is.
    pub name: String,
    /// Length of each dimension, outermost first.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Vec<f32>,
}

impl NamedTensor {
    fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
            values,
        }
    }

    /// A tensor's values, brought here from its device.
    fn of<const D: usize>(name: impl Into<String>, tensor: Tensor<D>) -> Self {
        let shape = tensor.dims();
        // Reading back an `f32` view of a float tensor fails only if the device is lost.
        let values = tensor.into_data_as::<f32>().try_into_vec();
        Self::new(name, shape, values.unwrap_or_default())
    }

    fn tensor<const D: usize>(&self, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.values.clone(), &*self.shape), device)
    }
}

/// A workload with its model and its inputs.
pub struct Prepared {
    /// What the workload is given.
    pub inputs: Vec<NamedTensor>,
    work: Box<dyn FnMut() -> Result<Vec<NamedTensor>, SamError>>,
}

impl Prepared {
    /// Does the work once and returns what came out, so that all of it is done.
    ///
    /// # Errors
    /// [`SamError::Prompt`], which the inputs made here do not cause.
    pub fn run(&mut self) -> Result<Vec<NamedTensor>, SamError> {
        (self.work)()
    }
}

fn encode(checkpoint: &Checkpoint, setting: &Setting) -> Result<Prepared, SamError> {
    let device = setting.device.clone();
    let predictor = Predictor::new(Sam::load(checkpoint, &device)?, &device, setting.input_size)?;
    let image = image(predictor.input_size(), setting.seed);
    let input = image.tensor::<4>(&device);
    Ok(Prepared {
        inputs: vec![image],
        work: Box::new(move || {
            let embedding = predictor.sam().image_encoder.forward(input.clone());
            Ok(vec![NamedTensor::of("embedding", embedding)])
        }),
    })
}

fn decode(
    checkpoint: &Checkpoint,
    setting: &Setting,
    prompts: usize,
) -> Result<Prepared, SamError> {
    let device = setting.device.clone();
    let predictor = Predictor::new(Sam::load(checkpoint, &device)?, &device, setting.input_size)?;
    let size = predictor.input_size();
    let cells = size / predictor.sam().image_encoder.stride();
    let channels = SamConfig::detect(checkpoint)?.prompt_embed_dim;
    // The embedding comes from a norm, so its values have a deviation of about 1.
    let values = Uniform::new(setting.seed).values(channels * cells * cells, 0.0, UNIT_DEVIATION);
    let embedding = NamedTensor::new("embedding", [1, channels, cells, cells], values);
    let points = points(prompts, size, setting.seed);
    let geometry = Geometry {
        original: [size; 2],
        covered: [size; 2],
        padded: size,
    };
    let encoded = embedding.tensor::<4>(&device);
    let asked: Vec<Prompt> = points
        .values
        .chunks_exact(4)
        .map(|pair| Prompt {
            // A position counts from the image's corner, the encoder from a pixel's centre.
            points: [(&pair[..2], true), (&pair[2..], false)]
                .map(|(point, positive)| PromptPoint {
                    x: f64::from(point[0]) + 0.5,
                    y: f64::from(point[1]) + 0.5,
                    positive,
                })
                .to_vec(),
            ..Default::default()
        })
        .collect();
    Ok(Prepared {
        inputs: vec![embedding, points],
        work: Box::new(move || {
            // What all prompts share counts as work here, though it is done once an image.
            let image = predictor.read(encoded.clone(), geometry);
            let answers = predictor.predict(&image, &asked, false)?;
            let [mut low_res, mut quality, mut areas] = [(); 3].map(|()| Vec::new());
            for answer in answers.iter().flatten() {
                let mask = answer.logits().into_iter().map(|logit| logit > THRESHOLD);
                areas.push(mask.filter(|&inside| inside).count() as f32);
                low_res.extend_from_slice(&answer.low_res);
                quality.push(answer.score);
            }
            let side = 4 * cells;
            Ok(vec![
                NamedTensor::new("low_res", [prompts, 1, side, side], low_res),
                NamedTensor::new("quality", [prompts, 1], quality),
                NamedTensor::new("areas", [prompts], areas),
            ])
        }),
    })
}

fn adapt(checkpoint: &Checkpoint, setting: &Setting) -> Result<Prepared, SamError> {
    let device = setting.device.clone().autodiff();
    let mut sam = Sam::load(checkpoint, &device)?;
    sam.image_encoder.attach_lora(LoraConfig {
        rank: RANK,
        start_block: setting.start_block,
    });
    let mut inputs = Vec::new();
    let mut uniform = Uniform::new(setting.seed);
    for (block, adapter) in adapters(&mut sam) {
        for (name, path) in paths(adapter) {
            let [channels, rank] = path.a.val().dims();
            let a = uniform.values(channels * rank, 0.0, (3.0 / channels as f32).sqrt());
            // Not zero, as where training begins: both factors get a gradient that can be compared.
            let b = uniform.values(channels * rank, 0.0, 0.05);
            let a = NamedTensor::new(format!("lora.{block}.a{name}"), [channels, rank], a);
            let b = NamedTensor::new(format!("lora.{block}.b{name}"), [rank, channels], b);
            *path = LowRank::from_tensors(
                a.tensor(&device).require_grad(),
                b.tensor(&device).require_grad(),
            );
            inputs.extend([a, b]);
        }
    }
    let predictor = Predictor::new(sam, &device, setting.input_size)?;
    let size = predictor.input_size();
    let image = image(size, setting.seed);
    let points = points(INSTANCES, size, setting.seed);
    let labels = discs(&points, size);
    let view = image.tensor::<4>(&device);
    let truth = labels.tensor::<3>(&device);
    let prompts = PromptBatch {
        points: points
            .values
            .chunks_exact(4)
            .map(|pair| {
                vec![
                    ([pair[0], pair[1]], PointLabel::Positive),
                    ([pair[2], pair[3]], PointLabel::Negative),
                ]
            })
            .collect(),
        ..Default::default()
    };
    inputs.extend([image, points, labels]);
    let mut sam = predictor.sam().clone();
    Ok(Prepared {
        inputs,
        work: Box::new(move || {
            let (loss, gradients) = adaptation_step(&sam, view.clone(), &prompts, truth.clone());
            let mut answers = vec![NamedTensor::of("loss", loss)];
            for (block, adapter) in adapters(&mut sam) {
                for (name, path) in paths(adapter) {
                    for (factor, tensor) in [("a", &path.a), ("b", &path.b)] {
                        if let Some(gradient) = tensor.val().grad(&gradients) {
                            let name = format!("gradient.{block}.{factor}{name}");
                            answers.push(NamedTensor::of(name, gradient));
                        }
                    }
                }
            }
            Ok(answers)
        }),
    })
}

/// The adapters of a model, each with its attention block's number.
fn adapters(sam: &mut Sam) -> Vec<(usize, &mut QueryValueAdapter)> {
    let adapters: Vec<_> = match &mut sam.image_encoder {
        ImageEncoder::Vit(vit) => vit
            .blocks
            .iter_mut()
            .map(|block| block.attn.adapter.as_mut())
            .collect(),
        ImageEncoder::TinyVit(tiny) => tiny
            .stages
            .iter_mut()
            .flat_map(|stage| stage.blocks.iter_mut())
            .map(|block| block.attn.adapter.as_mut())
            .collect(),
    };
    let numbered = adapters.into_iter().enumerate();
    numbered
        .filter_map(|(block, adapter)| Some((block, adapter?)))
        .collect()
}

fn paths(adapter: &mut QueryValueAdapter) -> [(&'static str, &mut LowRank); 2] {
    [("q", &mut adapter.query), ("v", &mut adapter.value)]
}

/// A network's input, `[1, 3, size, size]`, of deviation 1 as preprocessed images have.
fn image(size: usize, seed: u64) -> NamedTensor {
    let values = Uniform::new(seed).values(3 * size * size, 0.0, UNIT_DEVIATION);
    NamedTensor::new("image", [1, 3, size, size], values)
}

/// For each prompt a point on the object and one off it, `[prompts, 2, 2]`: x and y in pixels from
/// the centre of the input's first pixel, as the prompt encoder takes them.
fn points(prompts: usize, size: usize, seed: u64) -> NamedTensor {
    let middle = size as f32 / 2.0;
    let values = Uniform::new(seed).values(4 * prompts, middle, 0.9 * middle);
    NamedTensor::new("points", [prompts, 2, 2], values)
}

/// A disc around each positive point, `[prompts, size, size]` of zeros and ones.
fn discs(points: &NamedTensor, size: usize) -> NamedTensor {
    let radius = size as f32 / 12.0;
    let positive = points.values.chunks_exact(4);
    let values = positive.flat_map(|pair| {
        let (x, y) = (pair[0], pair[1]);
        (0..size * size).map(move |pixel| {
            let (dx, dy) = ((pixel % size) as f32 - x, (pixel / size) as f32 - y);
            f32::from(u8::from(dx * dx + dy * dy < radius * radius))
        })
    });
    NamedTensor::new("labels", [points.shape[0], size, size], values.collect())
}

/// The loss of one step and the gradients of all that trains.
///
/// `view` is `[1, 3, side, side]` on an autodiff device, `labels` `[instances, side, side]` of
/// zeros and ones. The loss is `20 focal + dice + mse(quality)`.
pub fn adaptation_step(
    sam: &Sam,
    view: Tensor<4>,
    prompts: &PromptBatch,
    labels: Tensor<3>,
) -> (Tensor<1>, Gradients) {
    let embedding = sam.image_encoder.forward(view);
    let decoded = sam.decode(embedding, prompts, false);
    let loss = mask_losses(decoded.low_res, decoded.iou_predictions, labels).total();
    let gradients = loss.backward();
    (loss, gradients)
}
