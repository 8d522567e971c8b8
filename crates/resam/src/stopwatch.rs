//! Times workloads: the times that matter on a machine, and the memory they take.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use resam_checkpoint::{Checkpoint, TensorToWrite};
use resam_ops::memory;
use resam_sam::{ComputeDevice, ImageEncoderConfig, Published, SamConfig, random_checkpoint};

use serde_json::json;

use crate::error::{Error, Result};
use crate::observer::{Observer, Progress};
use crate::workload::{NamedTensor, Prepared, Setting, Workload};

/// What is timed.
#[derive(Debug, Clone)]
pub struct StopwatchOptions {
    /// The device's name; see [`ModelOptions::device`](crate::ModelOptions).
    pub device: String,
    /// The checkpoint. Default: random weights, which take the same time.
    pub weights: Option<PathBuf>,
    /// The size of random weights.
    pub model: Published,
    /// Where random weights are kept, for another program to use. Default: nowhere.
    pub keep_weights: Option<PathBuf>,
    /// Side of the network's input in pixels. Default: the model's own.
    pub input_size: Option<usize>,
    /// The first attention block that the adaptation step trains. Default: 0 in a TinyViT, the
    /// middle one in a ViT.
    pub start_block: Option<usize>,
    /// The seed of inputs and weights.
    pub seed: u64,
}

/// A model whose workloads are timed.
#[derive(Debug)]
pub struct Stopwatch {
    weights: Option<PathBuf>,
    /// Sizes of the network.
    pub config: SamConfig,
    /// The device's name.
    pub device: String,
    setting: Setting,
}

/// The times of one workload.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// What was done.
    pub workload: Workload,
    /// Seconds of each round.
    pub seconds: Vec<f64>,
    /// Bytes of memory at the peak, where the system tells.
    pub peak: Option<u64>,
    /// What was given and what came out, named `encode.output.embedding`.
    pub tensors: Vec<TensorToWrite<'static>>,
}

impl Stopwatch {
    /// Finds the device and the sizes, and keeps random weights if that is asked for.
    ///
    /// # Errors
    /// When there is no such device, the checkpoint is no model, the start block is not there, or
    /// the weights cannot be written.
    pub fn new(options: &StopwatchOptions) -> Result<Self> {
        let device = ComputeDevice::find(&options.device)?;
        let config = match &options.weights {
            Some(path) => SamConfig::detect(&Checkpoint::open(path)?)?,
            None => options.model.config(),
        };
        if let Some(path) = &options.keep_weights {
            random_checkpoint(path, &config, options.seed)?;
        }
        let (blocks, default) = match &config.image_encoder {
            ImageEncoderConfig::Vit(vit) => (vit.depth, vit.depth / 2),
            ImageEncoderConfig::TinyVit(tiny) => (tiny.depths.iter().skip(1).sum(), 0),
        };
        let start_block = options.start_block.unwrap_or(default);
        if start_block >= blocks {
            return Err(Error::input(
                format!("start block {start_block} of a model with {blocks} attention blocks"),
                format!("blocks are counted from 0, the last is {}", blocks - 1),
            ));
        }
        Ok(Self {
            weights: options
                .weights
                .clone()
                .or_else(|| options.keep_weights.clone()),
            config,
            device: device.name,
            setting: Setting {
                device: device.device,
                input_size: options.input_size,
                start_block,
                seed: options.seed,
            },
        })
    }

    /// Side of the network's input in pixels.
    pub fn input_size(&self) -> usize {
        self.setting.input_size.unwrap_or(self.config.image_size)
    }

    /// The first attention block that the adaptation step trains.
    pub fn start_block(&self) -> usize {
        self.setting.start_block
    }

    /// Loads a workload; random weights lie in a temporary file as long as that takes.
    ///
    /// # Errors
    /// When the weights cannot be read or written, or the network cannot run at the input size.
    pub fn prepare(&self, workload: Workload) -> Result<Prepared> {
        if let Some(path) = &self.weights {
            return Ok(workload.prepare(&Checkpoint::open(path)?, &self.setting)?);
        }
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("random.safetensors");
        random_checkpoint(&path, &self.config, self.setting.seed)?;
        Ok(workload.prepare(&Checkpoint::open(&path)?, &self.setting)?)
    }

    /// Does each workload so many times, after once to warm up.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare), and when the device fails.
    pub fn run(
        &self,
        workloads: &[Workload],
        rounds: usize,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Measurement>> {
        let mut measurements = Vec::new();
        for (index, &workload) in workloads.iter().enumerate() {
            let done = index * (rounds + 1);
            let mut tell = |round: usize| {
                observer.progress(&Progress {
                    unit: "rounds",
                    done: (done + round) as u64,
                    total: (workloads.len() * (rounds + 1)) as u64,
                    seconds_left: None,
                    detail: "",
                });
            };
            tell(0);
            // Every workload begins as a process of its own would.
            memory::give_freed_memory_back();
            let counted = memory::reset_peak();
            let mut prepared = self.prepare(workload)?;
            let answers = prepared.run()?;
            let mut seconds = Vec::new();
            for round in 1..=rounds {
                tell(round);
                seconds.push(time(&mut prepared)?.1);
            }
            measurements.push(Measurement {
                workload,
                seconds,
                peak: memory::peak().filter(|_| counted || workloads.len() == 1),
                tensors: named(workload, &prepared, &answers),
            });
        }
        Ok(measurements)
    }
}

impl Stopwatch {
    /// Measures one round of a workload for each line of `asked` and answers with a line of JSON,
    /// so that another program can take turns. The first round's answers are written to `answers`.
    ///
    /// # Errors
    /// When the device fails, or the answers cannot be written.
    pub fn on_request(
        &self,
        workload: Workload,
        mut answers: Option<&Path>,
        asked: impl BufRead,
        mut said: impl Write,
    ) -> Result<()> {
        let mut prepared = self.prepare(workload)?;
        for line in asked.lines() {
            line?;
            let (tensors, seconds) = time(&mut prepared)?;
            let line = json!({
                "workload": workload.name(),
                "seconds": seconds,
                "peak_memory_bytes": memory::peak(),
            });
            if let Some(path) = answers.take() {
                write_tensors(path, &named(workload, &prepared, &tensors))?;
            }
            // Whoever asks may have gone; then nobody asks again.
            if writeln!(said, "{line}")
                .and_then(|()| said.flush())
                .is_err()
            {
                break;
            }
        }
        Ok(())
    }
}

impl Measurement {
    /// The median of the rounds, in seconds.
    pub fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let [low, high] = [(sorted.len() - 1) / 2, sorted.len() / 2];
        (sorted[low] + sorted[high]) / 2.0
    }
}

/// Does the work once: its answers, and the seconds that it took.
///
/// # Errors
/// When the device fails.
fn time(prepared: &mut Prepared) -> Result<(Vec<NamedTensor>, f64)> {
    let started = Instant::now();
    let answers = prepared.run()?;
    Ok((answers, started.elapsed().as_secs_f64()))
}

/// Inputs and answers under names that tell whose they are: `encode.output.embedding`.
fn named(
    workload: Workload,
    prepared: &Prepared,
    answers: &[NamedTensor],
) -> Vec<TensorToWrite<'static>> {
    let of_kind = |kind: &str, tensors: &[NamedTensor]| -> Vec<_> {
        let name = |tensor: &NamedTensor| format!("{}.{kind}.{}", workload.name(), tensor.name);
        let written = tensors
            .iter()
            .map(|tensor| TensorToWrite::from_f32(name(tensor), &tensor.shape, &tensor.values));
        written.collect()
    };
    [
        of_kind("input", &prepared.inputs),
        of_kind("output", answers),
    ]
    .concat()
}

/// Writes tensors as safetensors, for another program to compare with.
///
/// # Errors
/// When the file cannot be written.
pub fn write_tensors(path: &Path, tensors: &[TensorToWrite<'_>]) -> Result<()> {
    resam_checkpoint::write_safetensors(path, tensors, &std::collections::BTreeMap::new())?;
    Ok(())
}
