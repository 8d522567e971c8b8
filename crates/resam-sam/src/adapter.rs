//! A LoRA adapter (arXiv 2106.09685) of a model: attached to the model, read from it, and stored as
//! a PEFT directory.
//!
//! A directory holds `adapter_config.json` and `adapter_model.safetensors` as Hugging Face's `peft`
//! writes them: factors `lora_A.weight`, `[rank, d_input]`, and `lora_B.weight`, `[d_output,
//! rank]`, for each adapted layer, and in `modules_to_save` the tensors that were trained whole. An
//! adapter of rank r on query and value is stored as one of rank 2r on the layer for query, key and
//! value, with zero rows for the key. The product is not scaled: `lora_alpha` is the rank.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use resam_checkpoint::{Checkpoint, TensorToWrite, write_safetensors};
use resam_files::{Unfinished, disk};
use resam_select::{MaskSelection, SelectionMode};
use serde::{Deserialize, Serialize};

use crate::error::SamError;
use crate::layers::Linear;
use crate::lora::{LowRank, QueryValueAdapter};
use crate::sam::Sam;

/// The name of the file that holds the factors.
pub const FACTORS: &str = "adapter_model.safetensors";
/// The name of the file that says what they are: what makes a folder an adapter.
pub const CONFIG: &str = "adapter_config.json";
/// What `peft` puts before the names of the base model.
const PREFIX: &str = "base_model.model.";

/// Which layers of an attention block are adapted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncoderLayers {
    /// Query and value, as in the published ReSAM.
    QueryValue,
    /// Query, key, value and the projection after attention.
    Attention,
    /// Query, key, value, the projection after attention, and both layers of the MLP.
    All,
}

/// Which layers get adapters, and of which rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdapterPlan {
    /// Rank in the image encoder; with 0 it gets no adapters.
    pub encoder_rank: usize,
    /// Which layers of the encoder's blocks.
    pub encoder_layers: EncoderLayers,
    /// The first block with adapters; see [`LoraConfig`](crate::LoraConfig).
    pub start_block: usize,
    /// Rank on every linear layer of the mask decoder; with 0 it gets no adapters.
    pub decoder_rank: usize,
    /// Whether the decoder's own tokens train. They have no low-rank form and train whole.
    pub decoder_tokens: bool,
}

impl Sam {
    /// Attaches new, trainable adapters to the layers of `plan`. They do not change the results
    /// yet: `B` is zero, and `A` is drawn with `uniform(bound)`, numbers from `-bound` to `bound`.
    pub fn attach_adapter(&mut self, plan: &AdapterPlan, mut uniform: impl FnMut(f64) -> f64) {
        let mut fresh = |layer: &Linear, d_output: usize, rank: usize| {
            let [d_input, _] = layer.weight.dims();
            let device = layer.weight.val().device().autodiff();
            let bound = 1.0 / (d_input as f64).sqrt();
            let a: Vec<f32> = (0..d_input * rank).map(|_| uniform(bound) as f32).collect();
            let a = Tensor::from_data(TensorData::new(a, [d_input, rank]), &device);
            let b = Tensor::zeros([rank, d_output], &device);
            LowRank::from_tensors(a.require_grad(), b.require_grad())
        };
        if plan.encoder_rank > 0 {
            let blocks = self.image_encoder.adaptable_blocks();
            for block in blocks.into_iter().skip(plan.start_block) {
                let count = match plan.encoder_layers {
                    EncoderLayers::QueryValue => {
                        let [d_input, _] = block.linears[0].weight.dims();
                        let mut path = || fresh(block.linears[0], d_input, plan.encoder_rank);
                        *block.query_value = Some(QueryValueAdapter {
                            query: path(),
                            value: path(),
                        });
                        continue;
                    }
                    EncoderLayers::Attention => 2,
                    EncoderLayers::All => 4,
                };
                for layer in block.linears.into_iter().take(count) {
                    let [_, d_output] = layer.weight.dims();
                    layer.adapter = Some(fresh(layer, d_output, plan.encoder_rank));
                }
            }
        }
        if plan.decoder_rank > 0 {
            // The masks for an ambiguous prompt are not asked for while training.
            for layer in self.mask_decoder.adaptable().linears {
                let [_, d_output] = layer.weight.dims();
                layer.adapter = Some(fresh(layer, d_output, plan.decoder_rank));
            }
        }
        if plan.decoder_tokens {
            for (_, token) in self.mask_decoder.adaptable().tokens {
                *token = token.clone().map(|tensor| tensor.autodiff().require_grad());
            }
        }
    }
}

/// The adapter of one layer: `y += x A B`.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptedLayer {
    /// The published name of the layer.
    pub name: String,
    /// `[d_input, rank, d_output]`.
    pub sizes: [usize; 3],
    /// `A`, `[rank, d_input]`, row-major, as `peft` stores it.
    pub a: Vec<f32>,
    /// `B`, `[d_output, rank]`, row-major, as `peft` stores it.
    pub b: Vec<f32>,
}

/// How the images were read that an adapter was trained on: what an answer has to repeat. A field
/// that is None was left at its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredInput {
    /// The bands taken as red, green and blue, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bands: Option<Vec<usize>>,
    /// How values become 8 bits: `none`, `p2-p98`, `0,3000`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stretch: Option<String>,
    /// Side of a window of a scene, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Side of the network's input, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_size: Option<usize>,
}

/// In words: `1024 px, bands 4,3,2, stretch 0,3000`.
impl fmt::Display for StoredInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(size) = self.input_size {
            parts.push(format!("{size} px"));
        }
        if let Some(window) = self.window {
            parts.push(format!("windows of {window} px"));
        }
        if let Some(bands) = &self.bands {
            let bands: Vec<String> = bands.iter().map(ToString::to_string).collect();
            parts.push(format!("bands {}", bands.join(",")));
        }
        if let Some(stretch) = &self.stretch {
            parts.push(format!("stretch {stretch}"));
        }
        f.write_str(&parts.join(", "))
    }
}

/// A tensor's shape and its values, row-major.
pub type Stored = (Vec<usize>, Vec<f32>);

/// An adapter apart from its model: factors, whole tensors and settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Adapter {
    /// The SHA-256 of the weights that it was trained on, if known.
    pub base_sha256: Option<String>,
    /// How the mask of a point is selected, with the size prior of the training images: as the
    /// adapter was trained. None where the adapter says nothing about it.
    pub mask_selection: Option<MaskSelection>,
    /// How the images of the training were read. None where the adapter does not say.
    pub input: Option<StoredInput>,
    /// The adapted layers, in the order of the model.
    pub layers: Vec<AdaptedLayer>,
    /// Tensors that were trained whole, with their shapes, by published name.
    pub whole: BTreeMap<String, Stored>,
}

/// `adapter_config.json`, as far as it is read here.
#[derive(Debug, Serialize, Deserialize)]
struct Config {
    peft_type: String,
    #[serde(default)]
    base_model_name_or_path: Option<String>,
    #[serde(default)]
    base_model_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resam_mask_selection: Option<MaskSelection>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resam_input: Option<StoredInput>,
    /// [`Config::checksum`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resam_crc32c: Option<String>,
    #[serde(flatten, skip_serializing)]
    former: FormerSelection,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    rank_pattern: BTreeMap<String, usize>,
    #[serde(default)]
    alpha_pattern: BTreeMap<String, f64>,
    #[serde(default)]
    target_modules: Vec<String>,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
    #[serde(default)]
    lora_dropout: f64,
    #[serde(default = "none_of")]
    bias: String,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    inference_mode: bool,
    #[serde(default)]
    task_type: Option<String>,
}

impl Config {
    /// The CRC-32C of all that an answer depends on, with the checksum of the factors: a damaged
    /// configuration is noticed, and factors of another adapter beside it. The name of the base
    /// model may change.
    fn checksum(&self, factors: &Checkpoint) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            for field in ["resam_crc32c", "base_model_name_or_path", "task_type"] {
                fields.remove(field);
            }
        }
        let text = format!("{value}{}", factors.checksum().unwrap_or_default());
        Ok(format!("{:08x}", crc32c::crc32c(text.as_bytes())))
    }
}

/// What adapters of earlier versions say of the selection of a mask.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FormerSelection {
    /// Points are answered with the requery loop.
    resam_requery: bool,
    /// The loop does not zoom.
    resam_once: bool,
    /// The size prior, in pixels.
    resam_usual_area: Option<f64>,
}

impl FormerSelection {
    /// The same as a selection; None where nothing is said.
    fn selection(&self) -> Option<MaskSelection> {
        let size_prior_px = self.resam_usual_area;
        if self.resam_requery {
            return Some(MaskSelection {
                mode: SelectionMode::Requery,
                zoom: !self.resam_once,
                size_prior_px,
                ..MaskSelection::default()
            });
        }
        size_prior_px.map(|_| MaskSelection::SINGLE.with_size_prior(size_prior_px))
    }
}

fn none_of() -> String {
    "none".to_owned()
}

impl Adapter {
    /// The largest rank of its layers; 0 without any.
    pub fn rank(&self) -> usize {
        let ranks = self.layers.iter().map(|layer| layer.sizes[1]);
        ranks.max().unwrap_or(0)
    }

    /// The numbers that it holds: both factors of each layer, and the tensors trained whole.
    pub fn parameters(&self) -> usize {
        let factors = self.layers.iter().map(|one| one.a.len() + one.b.len());
        let whole = self.whole.values().map(|(_, values)| values.len());
        factors.chain(whole).sum()
    }

    /// The adapter that is attached to a model. Settings are left at their defaults.
    pub fn of(sam: &Sam) -> Self {
        // A model's tensors are shared, not copied; only attaching needs it to change.
        let mut sam = sam.valid();
        let mut adapter = Self::default();
        for block in sam.image_encoder.adaptable_blocks() {
            if let Some(paths) = block.query_value {
                let [a, b] = paths.whole(block.heads, block.order);
                adapter.layers.push(adapted(block.linears[0].name(), a, b));
            }
            for layer in block.linears {
                adapter.layers.extend(adapted_layer(layer));
            }
        }
        let decoder = sam.mask_decoder.adaptable();
        for layer in decoder.linears.into_iter().chain(decoder.ambiguous) {
            adapter.layers.extend(adapted_layer(layer));
        }
        adapter
    }

    /// Adds the decoder's tokens, which were trained whole.
    #[must_use]
    pub fn with_tokens(mut self, sam: &Sam) -> Self {
        let mut sam = sam.valid();
        for (name, token) in sam.mask_decoder.adaptable().tokens {
            let tensor = token.val();
            self.whole
                .insert(name.to_owned(), (tensor.dims().to_vec(), values(tensor)));
        }
        self
    }

    /// Checks that the adapter was trained on the weights with this SHA-256. An adapter that does
    /// not say so passes.
    ///
    /// # Errors
    /// [`SamError::Adapter`] with both sums when they differ.
    pub fn check_base(&self, sha256: &str) -> Result<(), SamError> {
        match &self.base_sha256 {
            Some(base) if base != sha256 => Err(SamError::Adapter {
                reason: format!(
                    "it was trained on weights of SHA-256 {base}, and these have {sha256}"
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Attaches the adapter to a model, for inference: no parameter trains.
    ///
    /// # Errors
    /// [`SamError::Adapter`] with the first layer that the model does not have, or has with other
    /// sizes.
    pub fn attach(&self, sam: &mut Sam) -> Result<(), SamError> {
        let wrong = |reason: String| Err(SamError::Adapter { reason });
        let mut places: BTreeMap<String, &mut Linear> = BTreeMap::new();
        let Sam {
            image_encoder,
            mask_decoder,
            ..
        } = sam;
        for block in image_encoder.adaptable_blocks() {
            for layer in block.linears {
                places.insert(layer.name().to_owned(), layer);
            }
        }
        let mut decoder = mask_decoder.adaptable();
        for layer in decoder.linears.into_iter().chain(decoder.ambiguous) {
            places.insert(layer.name().to_owned(), layer);
        }
        for layer in &self.layers {
            let [d_input, rank, d_output] = layer.sizes;
            let Some(place) = places.get_mut(&layer.name) else {
                return wrong(format!("the model has no layer `{}`", layer.name));
            };
            let found = place.weight.dims();
            if found != [d_input, d_output] {
                return wrong(format!(
                    "it adapts a layer `{}` of {d_input} to {d_output} values, and the model's is of \
                     {} to {}",
                    layer.name, found[0], found[1]
                ));
            }
            let device = place.weight.val().device();
            let factor = |values: &[f32], rows, columns| {
                Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, columns]), &device)
                    .transpose()
            };
            place.adapter = Some(LowRank::from_tensors(
                factor(&layer.a, rank, d_input),
                factor(&layer.b, d_output, rank),
            ));
        }
        for (name, (shape, values)) in &self.whole {
            let Some((_, token)) = decoder.tokens.iter_mut().find(|(known, _)| *known == name)
            else {
                return wrong(format!("the model has no tensor `{name}` to be replaced"));
            };
            if token.dims().to_vec() != *shape {
                return wrong(format!(
                    "its `{name}` has shape {shape:?}, and the model's {:?}",
                    token.dims()
                ));
            }
            let device = token.val().device();
            let tensor =
                Tensor::<2>::from_data(TensorData::new(values.clone(), shape.clone()), &device);
            **token = crate::parameters::frozen(tensor);
        }
        Ok(())
    }

    /// Writes the PEFT directory, and creates it if needed; `base` is the name of the weights.
    ///
    /// # Errors
    /// [`SamError::Checkpoint`] or [`SamError::AdapterFile`] when a file cannot be written.
    pub fn save(&self, folder: &Path, base: &str) -> Result<(), SamError> {
        let file = folder.join(CONFIG);
        let failed = |error: std::io::Error| SamError::AdapterFile {
            path: file.clone(),
            reason: error.to_string(),
        };
        disk::create_dir_all(folder).map_err(failed)?;
        let mut tensors = Vec::new();
        for layer in &self.layers {
            let [d_input, rank, d_output] = layer.sizes;
            let name = |factor: &str| format!("{PREFIX}{}.lora_{factor}.weight", layer.name);
            tensors.push(TensorToWrite::from_f32(
                name("A"),
                &[rank, d_input],
                &layer.a,
            ));
            tensors.push(TensorToWrite::from_f32(
                name("B"),
                &[d_output, rank],
                &layer.b,
            ));
        }
        for (name, (shape, values)) in &self.whole {
            tensors.push(TensorToWrite::from_f32(
                format!("{PREFIX}{name}"),
                shape,
                values,
            ));
        }
        let ranks = self.layers.iter().map(|layer| layer.sizes[1]);
        let r = ranks.clone().max().unwrap_or(1);
        let others = || self.layers.iter().filter(|layer| layer.sizes[1] != r);
        let saved = self.whole.keys().filter_map(|name| {
            let (module, _) = name.rsplit_once('.')?;
            Some(module.to_owned())
        });
        // The factors first: a folder without a configuration is no adapter.
        let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
        let factors = folder.join(FACTORS);
        write_safetensors(&factors, &tensors, &metadata)?;
        let mut config = Config {
            peft_type: "LORA".to_owned(),
            base_model_name_or_path: Some(base.to_owned()),
            base_model_sha256: self.base_sha256.clone(),
            resam_mask_selection: self.mask_selection,
            resam_input: self.input.clone(),
            resam_crc32c: None,
            former: FormerSelection::default(),
            r,
            lora_alpha: r as f64,
            rank_pattern: others()
                .map(|layer| (layer.name.clone(), layer.sizes[1]))
                .collect(),
            alpha_pattern: others()
                .map(|layer| (layer.name.clone(), layer.sizes[1] as f64))
                .collect(),
            target_modules: self.layers.iter().map(|layer| layer.name.clone()).collect(),
            modules_to_save: (!self.whole.is_empty()).then(|| saved.collect()),
            lora_dropout: 0.0,
            bias: none_of(),
            fan_in_fan_out: false,
            use_rslora: false,
            use_dora: false,
            inference_mode: true,
            task_type: None,
        };
        let sum = config.checksum(&Checkpoint::open(&factors)?);
        config.resam_crc32c = Some(sum.map_err(std::io::Error::from).map_err(failed)?);
        let text = serde_json::to_vec_pretty(&config).map_err(std::io::Error::from);
        let mut unfinished = Unfinished::beside(&file).map_err(failed)?;
        std::io::Write::write_all(&mut unfinished, &text.map_err(failed)?).map_err(failed)?;
        unfinished.finish().map_err(failed)
    }

    /// Reads a PEFT directory.
    ///
    /// # Errors
    /// [`SamError::AdapterFile`] with the file and what is wrong with it: another method than LoRA,
    /// factors whose shapes do not fit, values that are not finite.
    pub fn load(folder: &Path) -> Result<Self, SamError> {
        Ok(Self::load_with_sha256(folder)?.0)
    }

    /// As [`load`](Self::load), with the SHA-256 of the factors' file.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with_sha256(folder: &Path) -> Result<(Self, String), SamError> {
        let config_path = folder.join(CONFIG);
        let refuse = |path: &PathBuf, reason: String| SamError::AdapterFile {
            path: path.clone(),
            reason,
        };
        let text = std::fs::read(&config_path).map_err(|error| {
            refuse(
                &config_path,
                format!("{error}\n\nhint: an adapter is a folder that `resam adapt` writes"),
            )
        })?;
        let config: Config = serde_json::from_slice(&text)
            .map_err(|error| refuse(&config_path, error.to_string()))?;
        if config.peft_type != "LORA" || config.use_dora {
            let method = if config.use_dora {
                "DoRA"
            } else {
                &config.peft_type
            };
            return Err(refuse(
                &config_path,
                format!("it is an adapter of kind `{method}`, not LORA"),
            ));
        }
        let selection = config.resam_mask_selection;
        let mask_selection = selection.or_else(|| config.former.selection());
        let size_prior_px = mask_selection.and_then(|selection| selection.size_prior_px);
        if let Some(area) = size_prior_px.filter(|area| *area <= 0.0) {
            let reason = format!("the size prior is {area} px: objects have some pixels");
            return Err(refuse(&config_path, reason));
        }
        let path = folder.join(FACTORS);
        let file = Checkpoint::open(&path)?;
        if let Some(stored) = &config.resam_crc32c {
            let found = config.checksum(&file).map_err(|error| error.to_string());
            let found = found.map_err(|reason| refuse(&config_path, reason))?;
            if *stored != found {
                let reason = format!(
                    "it or `{FACTORS}` is not what was written: the checksum differs\n\nhint: take \
                     both files from a copy; if one was changed on purpose, remove the line \
                     `resam_crc32c` from `{CONFIG}`"
                );
                return Err(refuse(&config_path, reason));
            }
        }
        let mut factors: BTreeMap<String, [Option<Stored>; 2]> = BTreeMap::new();
        let mut whole = BTreeMap::new();
        for stored in file.names() {
            let shape = file
                .get(stored)
                .map(|info| info.shape.clone())
                .unwrap_or_default();
            let values = file.read_f32(stored)?;
            if let Some(bad) = values.iter().find(|value| !value.is_finite()) {
                return Err(refuse(&path, format!("tensor `{stored}` holds {bad}")));
            }
            let name = stored.strip_prefix(PREFIX).unwrap_or(stored);
            let factor = [".lora_A.weight", ".lora_B.weight"]
                .iter()
                .position(|suffix| name.ends_with(suffix));
            match factor {
                Some(factor) => {
                    let layer = name[..name.len() - ".lora_A.weight".len()].to_owned();
                    factors.entry(layer).or_default()[factor] = Some((shape, values));
                }
                None => {
                    whole.insert(name.to_owned(), (shape, values));
                }
            }
        }
        let mut layers = Vec::new();
        for (name, pair) in factors {
            let [Some((a_shape, a)), Some((b_shape, mut b))] = pair else {
                return Err(refuse(
                    &path,
                    format!("layer `{name}` has one of two factors"),
                ));
            };
            let (&[rank, d_input], &[d_output, same]) = (&*a_shape, &*b_shape) else {
                return Err(refuse(
                    &path,
                    format!("the factors of `{name}` are no matrices"),
                ));
            };
            if rank != same || rank == 0 {
                return Err(refuse(
                    &path,
                    format!("the factors of `{name}`, {a_shape:?} and {b_shape:?}, do not fit"),
                ));
            }
            let alpha = config.alpha_pattern.get(&name).copied();
            let alpha = alpha.unwrap_or(config.lora_alpha);
            let r = config.rank_pattern.get(&name).copied().unwrap_or(config.r);
            let scale = if config.use_rslora {
                alpha / (r as f64).sqrt()
            } else {
                alpha / r as f64
            };
            if !scale.is_finite() {
                let reason = format!("the scale of `{name}` is {scale}: alpha {alpha}, rank {r}");
                return Err(refuse(&config_path, reason));
            }
            if scale != 1.0 {
                b.iter_mut()
                    .for_each(|value| *value = (f64::from(*value) * scale) as f32);
            }
            layers.push(AdaptedLayer {
                name,
                sizes: [d_input, rank, d_output],
                a,
                b,
            });
        }
        let adapter = Self {
            base_sha256: config.base_model_sha256,
            mask_selection,
            input: config.resam_input,
            layers,
            whole,
        };
        Ok((adapter, file.sha256()?))
    }

    /// The tensors of a checkpoint that the adapter changes, with the changes merged in: `W + B A`,
    /// summed in double precision, and the tensors that were trained whole. Each with its shape, by
    /// published name.
    ///
    /// # Errors
    /// [`SamError::Adapter`] with the tensor that the checkpoint does not have, or has with another
    /// shape.
    pub fn merged(&self, base: &Checkpoint) -> Result<BTreeMap<String, Stored>, SamError> {
        let wrong = |reason: String| Err(SamError::Adapter { reason });
        let mut merged = BTreeMap::new();
        for layer in &self.layers {
            let [d_input, rank, d_output] = layer.sizes;
            let name = format!("{}.weight", layer.name);
            let shape = base.get(&name).map(|info| info.shape.clone());
            if shape.as_deref() != Some(&[d_output, d_input]) {
                return wrong(match shape {
                    None => format!("the checkpoint has no tensor `{name}`"),
                    Some(shape) => format!(
                        "it adapts `{name}` of shape {:?}, and the checkpoint's has {shape:?}",
                        [d_output, d_input]
                    ),
                });
            }
            let mut weight = base.read_f32(&name)?;
            for (row, b) in weight
                .chunks_exact_mut(d_input)
                .zip(layer.b.chunks_exact(rank))
            {
                let mut sums = vec![0f64; d_input];
                for (&b, a) in b.iter().zip(layer.a.chunks_exact(d_input)) {
                    for (sum, &a) in sums.iter_mut().zip(a) {
                        *sum += f64::from(b) * f64::from(a);
                    }
                }
                for (value, sum) in row.iter_mut().zip(sums) {
                    *value = (f64::from(*value) + sum) as f32;
                }
            }
            merged.insert(name, (vec![d_output, d_input], weight));
        }
        for (name, (shape, values)) in &self.whole {
            if base.get(name).map(|info| &info.shape) != Some(shape) {
                return wrong(format!("the checkpoint has no `{name}` of shape {shape:?}"));
            }
            merged.insert(name.clone(), (shape.clone(), values.clone()));
        }
        Ok(merged)
    }
}

fn adapted_layer(layer: &Linear) -> Option<AdaptedLayer> {
    let factors = layer.adapter.as_ref()?;
    Some(adapted(layer.name(), factors.a.val(), factors.b.val()))
}

fn adapted(name: &str, a: Tensor<2>, b: Tensor<2>) -> AdaptedLayer {
    let ([d_input, rank], [_, d_output]) = (a.dims(), b.dims());
    AdaptedLayer {
        name: name.to_owned(),
        sizes: [d_input, rank, d_output],
        a: values(a.transpose()),
        b: values(b.transpose()),
    }
}

/// The values of a tensor, row-major.
fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    // Reading back an `f32` view of a float tensor fails only if the device is lost.
    tensor
        .into_data_as::<f32>()
        .try_into_vec()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saves an adapter of no layer, changes its configuration, and loads it.
    fn reloaded(
        adapter: &Adapter,
        change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>),
    ) -> Result<Adapter, SamError> {
        let folder = tempfile::tempdir().expect("a folder");
        let token = (
            "mask_decoder.mask_tokens.weight".to_owned(),
            (vec![1], vec![0.5]),
        );
        let adapter = Adapter {
            whole: BTreeMap::from([token]),
            ..adapter.clone()
        };
        adapter.save(folder.path(), "sam").expect("written");
        let file = folder.path().join(CONFIG);
        let mut config = serde_json::from_slice(&std::fs::read(&file).expect("a file"));
        let config: &mut serde_json::Map<_, _> = config.as_mut().expect("an object");
        config.remove("resam_crc32c").expect("it has a checksum");
        change(config);
        std::fs::write(&file, serde_json::to_vec(config).expect("JSON")).expect("written");
        Adapter::load(folder.path())
    }

    #[test]
    fn selection_and_input_come_back_from_the_folder() {
        let selection = MaskSelection {
            size_weight: 0.75,
            zoom: false,
            ..MaskSelection::default().with_size_prior(Some(320.5))
        };
        let input = StoredInput {
            bands: Some(vec![4, 3, 2]),
            stretch: Some("p2-p98".to_owned()),
            window: Some(512),
            input_size: Some(1024),
        };
        let adapter = Adapter {
            mask_selection: Some(selection),
            input: Some(input.clone()),
            ..Default::default()
        };
        let loaded = reloaded(&adapter, |config| {
            for former in ["resam_requery", "resam_once", "resam_usual_area"] {
                assert!(!config.contains_key(former), "{former}");
            }
        });
        let loaded = loaded.expect("an adapter");
        assert_eq!(loaded.mask_selection, Some(selection));
        assert_eq!(loaded.input, Some(input));

        let silent = reloaded(&Adapter::default(), |_| {}).expect("an adapter");
        assert_eq!((silent.mask_selection, silent.input), (None, None));
    }

    #[test]
    fn adapters_of_earlier_versions_keep_their_selection() {
        let earlier = |requery: bool, once: bool, usual_area: Option<f64>| {
            let loaded = reloaded(&Adapter::default(), |config| {
                config.insert("resam_requery".into(), requery.into());
                config.insert("resam_once".into(), once.into());
                if let Some(area) = usual_area {
                    config.insert("resam_usual_area".into(), area.into());
                }
            });
            loaded.map(|adapter| adapter.mask_selection)
        };
        for (once, area) in [
            (false, None),
            (true, None),
            (false, Some(90.0)),
            (true, Some(7.5)),
        ] {
            let expected = MaskSelection {
                mode: SelectionMode::Requery,
                zoom: !once,
                size_prior_px: area,
                ..Default::default()
            };
            assert_eq!(
                earlier(true, once, area).expect("an adapter"),
                Some(expected)
            );
        }
        assert_eq!(earlier(false, false, None).expect("an adapter"), None);
        assert_eq!(earlier(false, true, None).expect("an adapter"), None);
        let single = earlier(false, false, Some(90.0)).expect("an adapter");
        assert_eq!(
            single,
            Some(MaskSelection::SINGLE.with_size_prior(Some(90.0)))
        );
        assert!(earlier(true, false, Some(0.0)).is_err());
    }

    #[test]
    fn a_size_prior_without_pixels_is_refused() {
        let selection = MaskSelection::default().with_size_prior(Some(-1.0));
        let adapter = Adapter {
            mask_selection: Some(selection),
            ..Default::default()
        };
        let error = reloaded(&adapter, |_| {}).expect_err("no size").to_string();
        assert!(error.contains("size prior"), "{error}");
    }
}
