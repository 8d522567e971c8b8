//! A model that is ready to be asked: weights, an adapter, a device.

use std::path::{Path, PathBuf};
use std::time::Instant;

use resam_checkpoint::Checkpoint;
use resam_hub::{home, resolve};
use resam_sam::{Adapter, ComputeDevice, Device, Precision, Predictor, Sam, SamConfig};
use resam_select::{MaskSelection, SelectionMode};

use crate::error::{Error, Result};
use crate::input::InputSettings;
use crate::observer::{Observer, Silent};

/// Which model is loaded, and where it runs.
#[derive(Debug, Clone)]
pub struct ModelOptions {
    /// A checkpoint of SAM or MobileSAM (`.pth`, `.safetensors`), the name of weights that were
    /// fetched, or `nano`, the small model that is built in. Default: `nano`.
    pub weights: PathBuf,
    /// An adapter for these weights: a PEFT directory. Default: none.
    pub adapter: Option<PathBuf>,
    /// `auto`, `cpu`, or a device of a GPU backend such as `vulkan:0`. Default: `auto`.
    pub device: String,
    /// The numbers that the image encoder computes with. `None` takes half precision where the
    /// device has it. Default: single precision.
    pub precision: Option<Precision>,
    /// Side of the network's input in pixels, a multiple of 16. Default: the adapter's, else the
    /// model's own.
    pub input_size: Option<usize>,
}

impl ModelOptions {
    /// The files and folders that a model is read from, as far as they are named by their paths.
    pub fn inputs(&self) -> Vec<PathBuf> {
        let adapter = self.adapter.iter().cloned();
        adapter.chain([self.weights.clone()]).collect()
    }
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self {
            weights: PathBuf::from(resam_nano::NAME),
            adapter: None,
            device: "auto".to_owned(),
            precision: Some(Precision::F32),
            input_size: None,
        }
    }
}

/// How mask selection differs from what the adapter says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SelectionOptions {
    /// Which mask answers a point. Default: the adapter's mode; without an adapter that says it,
    /// [`Requery`](SelectionMode::Requery) where objects are segmented, and the single mask, as
    /// published, where a model is scored.
    pub mode: Option<SelectionMode>,
    /// Never ask about small objects again, enlarged. Default: `false`, as the adapter says.
    pub no_zoom: bool,
}

/// A model that is ready to be asked.
#[derive(Debug)]
pub struct Model {
    predictor: Predictor,
    weights: PathBuf,
    sha256: String,
    config: SamConfig,
    device_name: String,
    device: Device,
    precision: Precision,
    /// SHA-256 of the adapter's factors, if there is an adapter.
    adapter_sha256: Option<String>,
    selection: Option<MaskSelection>,
    input: InputSettings,
    seconds: f64,
}

impl Model {
    /// Loads weights by path or by name, with an adapter or without, on the best device.
    ///
    /// # Errors
    /// When the weights or the adapter cannot be read or do not fit each other.
    pub fn load(weights: impl AsRef<Path>, adapter: Option<&Path>) -> Result<Self> {
        let options = ModelOptions {
            weights: weights.as_ref().to_owned(),
            adapter: adapter.map(Path::to_owned),
            ..ModelOptions::default()
        };
        Self::load_with(&options, &mut Silent)
    }

    /// Loads a model by its options; the observer is told when weights are for showing things only,
    /// as those of `nano` are.
    ///
    /// # Errors
    /// As [`load`](Self::load); when the device is not there or does not compute in the precision;
    /// when the network cannot run at the input size.
    pub fn load_with(options: &ModelOptions, observer: &mut dyn Observer) -> Result<Self> {
        let started = Instant::now();
        let compute = ComputeDevice::find(&options.device)?;
        let precision = options.precision.unwrap_or_else(|| {
            let found = Precision::of_device(&compute);
            found.get(1).copied().unwrap_or(Precision::F32)
        });
        precision.check(&compute)?;
        let device = compute.device;
        let checkpoint = open_weights_for_work(&options.weights, observer)?;
        let weights = checkpoint.path().to_owned();
        let config = SamConfig::detect(&checkpoint)?;
        let mut sam = Sam::load_with(&checkpoint, &config, &device)?;
        let sha256 = checkpoint.sha256()?;
        let (mut adapter_sha256, mut selection) = (None, None);
        let mut input = InputSettings::default();
        if let Some(folder) = &options.adapter {
            let (adapter, sum) = Adapter::load_with_sha256(folder)?;
            adapter.check_base(&sha256)?;
            adapter.attach(&mut sam)?;
            adapter_sha256 = Some(sum);
            selection = adapter.mask_selection;
            input = InputSettings::of_adapter(&adapter)?;
            for text in answers_by(&adapter) {
                observer.note(&text);
            }
        }
        if precision != Precision::F32 {
            sam.image_encoder = sam.image_encoder.in_precision(precision);
        }
        let input_size = options.input_size.or(input.input_size);
        let predictor = Predictor::new(sam, &device, input_size)?;
        Ok(Self {
            predictor,
            weights,
            sha256,
            config,
            device_name: compute.name,
            device,
            precision,
            adapter_sha256,
            selection,
            input,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// The network, for whoever wants to ask it directly.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// Sizes of the network.
    pub fn config(&self) -> &SamConfig {
        &self.config
    }

    /// The model in a few words.
    pub fn name(&self) -> String {
        self.config.describe()
    }

    /// The file of the weights.
    pub fn weights(&self) -> &Path {
        &self.weights
    }

    /// The SHA-256 of the weights, 64 hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The SHA-256 of the adapter's factors; none without an adapter.
    pub fn adapter_sha256(&self) -> Option<&str> {
        self.adapter_sha256.as_deref()
    }

    /// Where it runs, such as `cpu`.
    pub fn device_name(&self) -> &str {
        &self.device_name
    }

    /// Where it runs, for tensors.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The numbers that the image encoder computes with.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// How images are given to it, as its adapter says.
    pub fn input_settings(&self) -> &InputSettings {
        &self.input
    }

    /// Seconds that loading took.
    pub fn seconds_to_load(&self) -> f64 {
        self.seconds
    }

    /// How points are answered: the adapter's mask selection with these changes. Without an adapter
    /// that says it, the weights of the terms are the defaults and the mode is `otherwise`.
    pub fn selection(&self, options: &SelectionOptions, otherwise: SelectionMode) -> MaskSelection {
        let mut own = self.selection.unwrap_or(MaskSelection {
            mode: otherwise,
            ..MaskSelection::default()
        });
        // A recipe that answers with the single mask has no weights for a selection.
        if options.mode == Some(SelectionMode::Requery) && !own.requeries() {
            own = MaskSelection::default().with_size_prior(own.size_prior_px);
        }
        let mode = options.mode.unwrap_or(own.mode);
        MaskSelection {
            mode,
            zoom: own.zoom && !options.no_zoom && mode == SelectionMode::Requery,
            ..own
        }
    }
}

/// The name of the model that is built in.
pub const BUILT_IN: &str = resam_nano::NAME;

/// The SHA-256 of the weights of the built-in model.
///
/// # Errors
/// When the program file is damaged.
pub fn built_in_sha256() -> Result<String> {
    Ok(resam_nano::checkpoint()?.sha256()?)
}

/// Opens a checkpoint by path, by the name of weights that were fetched, or `nano`. A file that has
/// the name of the built-in model comes first.
///
/// # Errors
/// When there is no such file, or it is damaged or none.
pub fn open_weights(weights: &Path) -> Result<Checkpoint> {
    if weights.as_os_str() == resam_nano::NAME && !weights.exists() {
        return Ok(resam_nano::checkpoint()?);
    }
    let file = resolve(weights, home().ok().as_deref())?;
    Ok(Checkpoint::open(&file)?)
}

/// What an adapter says about answers, for a person to see: nothing of it is typed.
fn answers_by(adapter: &Adapter) -> Vec<String> {
    let selection = adapter.mask_selection.as_ref();
    let selection = selection.map(|of| format!("the adapter's mask selection: {of}"));
    let input = adapter.input.as_ref().map(ToString::to_string);
    let input = input.filter(|text| !text.is_empty());
    let input = input.map(|text| format!("the adapter's input: {text}"));
    selection.into_iter().chain(input).collect()
}

/// The endings of files that weights are written as: that of safetensors, and those of PyTorch.
pub const WEIGHTS_ENDINGS: [&str; 3] = ["safetensors", "pth", "pt"];

/// Refuses a name for weights that does not say what is written.
///
/// # Errors
/// When it ends with none of these endings.
pub fn check_weights_output(output: &Path, endings: &[&str]) -> Result<()> {
    let extension = output.extension();
    let is = |known: &&&str| extension.is_some_and(|of| of.eq_ignore_ascii_case(known));
    if endings.iter().find(is).is_some() {
        return Ok(());
    }
    let endings: Vec<String> = endings
        .iter()
        .map(|ending| format!("`.{ending}`"))
        .collect();
    let endings = endings.join(" or ");
    Err(Error::input(
        format!(
            "cannot write `{}`: weights are written as {endings}",
            output.display()
        ),
        format!("give the output a name that ends with {endings}"),
    ))
}

/// Tells the observer when weights are for showing things only, as those of `nano` are.
///
/// # Errors
/// As [`open_weights`].
pub fn open_weights_for_work(weights: &Path, observer: &mut dyn Observer) -> Result<Checkpoint> {
    let checkpoint = open_weights(weights)?;
    if let Some(notice) = checkpoint.metadata().get(resam_nano::NOTICE_KEY) {
        observer.note(notice);
    }
    Ok(checkpoint)
}
