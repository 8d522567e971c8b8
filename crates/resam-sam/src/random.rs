//! A checkpoint of random weights for any sizes of a Segment Anything model: times and memory do
//! not depend on the values, so no weights have to be at hand to measure them.
//!
//! Values are uniform, with the deviation `1 / sqrt(fan in)` in layers that multiply, about 1 in
//! scales and small in shifts, so that activations neither vanish nor overflow in any depth.

use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use resam_checkpoint::{CheckpointError, TensorToWrite, write_safetensors};

use crate::config::{DecoderConfig, ImageEncoderConfig, SamConfig, TinyVitConfig, VitConfig};

/// Writes a safetensors file with the published names and random values of a model of these sizes.
/// The same sizes and seed give the same bytes.
///
/// # Errors
/// [`CheckpointError::Write`] when the file cannot be written.
pub fn random_checkpoint(
    path: &Path,
    config: &SamConfig,
    seed: u64,
) -> Result<(), CheckpointError> {
    let mut tensors = Tensors {
        written: Vec::new(),
        values: Uniform::new(seed),
    };
    let channels = config.prompt_embed_dim;
    let encoder = "image_encoder";
    match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => tensors.vit(encoder, vit, config.image_size),
        ImageEncoderConfig::TinyVit(tiny) => tensors.tiny_vit(encoder, tiny),
    }
    let last = match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => vit.embed_dim,
        ImageEncoderConfig::TinyVit(tiny) => tiny.embed_dims.last().copied().unwrap_or(channels),
    };
    tensors.weight("image_encoder.neck.0", &[channels, last, 1, 1], last);
    tensors.norm("image_encoder.neck.1", channels);
    tensors.weight(
        "image_encoder.neck.2",
        &[channels, channels, 3, 3],
        9 * channels,
    );
    tensors.norm("image_encoder.neck.3", channels);
    tensors.prompt_encoder(channels, config.mask_in_chans);
    tensors.mask_decoder(channels, &config.decoder);
    write_safetensors(path, &tensors.written, &config.metadata())
}

/// Uniform numbers from a seed, the same on every machine.
#[derive(Debug)]
pub struct Uniform(ChaCha8Rng);

impl Uniform {
    /// Numbers that depend on the seed alone.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// `count` values from `centre - half_width` to `centre + half_width`.
    pub fn values(&mut self, count: usize, centre: f32, half_width: f32) -> Vec<f32> {
        let value =
            |bits: u32| centre + half_width * (bits.cast_signed() as f32 / (1u32 << 31) as f32);
        (0..count).map(|_| value(self.0.next_u32())).collect()
    }
}

/// The tensors so far, in the order in which they take their values from the generator.
struct Tensors {
    written: Vec<TensorToWrite<'static>>,
    values: Uniform,
}

impl Tensors {
    fn push(&mut self, name: String, shape: &[usize], centre: f32, half_width: f32) {
        let values = self
            .values
            .values(shape.iter().product(), centre, half_width);
        self.written
            .push(TensorToWrite::from_f32(name, shape, &values));
    }

    /// Values of deviation 1 / sqrt(fan in): a uniform distribution is sqrt(3) times as wide.
    fn spread(&mut self, name: String, shape: &[usize], fan_in: usize) {
        self.push(name, shape, 0.0, (3.0 / fan_in as f32).sqrt());
    }

    fn weight(&mut self, at: &str, shape: &[usize], fan_in: usize) {
        self.spread(format!("{at}.weight"), shape, fan_in);
    }

    fn bias(&mut self, at: &str, channels: usize) {
        self.push(format!("{at}.bias"), &[channels], 0.0, 0.1);
    }

    fn linear(&mut self, at: &str, d_input: usize, d_output: usize) {
        self.weight(at, &[d_output, d_input], d_input);
        self.bias(at, d_output);
    }

    fn norm(&mut self, at: &str, channels: usize) {
        self.push(format!("{at}.weight"), &[channels], 1.0, 0.1);
        self.bias(at, channels);
    }

    fn embedding(&mut self, at: &str, rows: usize, channels: usize) {
        self.push(format!("{at}.weight"), &[rows, channels], 0.0, 1.0);
    }

    /// A convolution without bias and the batch norm after it.
    fn conv_bn(&mut self, at: &str, shape: [usize; 4]) {
        let [out, inputs, height, width] = shape;
        self.weight(&format!("{at}.c"), &shape, inputs * height * width);
        self.norm(&format!("{at}.bn"), out);
        self.push(format!("{at}.bn.running_mean"), &[out], 0.0, 0.1);
        self.push(format!("{at}.bn.running_var"), &[out], 1.0, 0.1);
    }

    fn vit(&mut self, at: &str, vit: &VitConfig, image_size: usize) {
        let (channels, patch) = (vit.embed_dim, vit.patch_size);
        let grid = image_size / patch;
        let projection = format!("{at}.patch_embed.proj");
        let shape = [channels, 3, patch, patch];
        self.weight(&projection, &shape, 3 * patch * patch);
        self.bias(&projection, channels);
        if vit.use_abs_pos {
            let shape = [1, grid, grid, channels];
            self.push(format!("{at}.pos_embed"), &shape, 0.0, 0.1);
        }
        for block in 0..vit.depth {
            let at = format!("{at}.blocks.{block}");
            self.norm(&format!("{at}.norm1"), channels);
            let qkv = format!("{at}.attn.qkv");
            self.weight(&qkv, &[3 * channels, channels], channels);
            if vit.qkv_bias {
                self.bias(&qkv, 3 * channels);
            }
            self.linear(&format!("{at}.attn.proj"), channels, channels);
            if vit.use_rel_pos {
                let global = vit.window_size == 0 || vit.global_attn_indexes.contains(&block);
                let side = if global { grid } else { vit.window_size };
                let head_dim = channels / vit.num_heads;
                for axis in ["h", "w"] {
                    let name = format!("{at}.attn.rel_pos_{axis}");
                    self.spread(name, &[2 * side - 1, head_dim], head_dim);
                }
            }
            self.norm(&format!("{at}.norm2"), channels);
            self.linear(&format!("{at}.mlp.lin1"), channels, vit.mlp_dim);
            self.linear(&format!("{at}.mlp.lin2"), vit.mlp_dim, channels);
        }
    }

    fn tiny_vit(&mut self, at: &str, tiny: &TinyVitConfig) {
        let first = tiny.embed_dims[0];
        self.conv_bn(&format!("{at}.patch_embed.seq.0"), [first / 2, 3, 3, 3]);
        self.conv_bn(&format!("{at}.patch_embed.seq.2"), [first, first / 2, 3, 3]);
        for (stage, &channels) in tiny.embed_dims.iter().enumerate() {
            let at = format!("{at}.layers.{stage}");
            for block in 0..tiny.depths[stage] {
                let at = format!("{at}.blocks.{block}");
                if stage == 0 {
                    let hidden = tiny.mbconv_dim;
                    self.conv_bn(&format!("{at}.conv1"), [hidden, channels, 1, 1]);
                    self.conv_bn(&format!("{at}.conv2"), [hidden, 1, 3, 3]);
                    self.conv_bn(&format!("{at}.conv3"), [channels, hidden, 1, 1]);
                    continue;
                }
                let offsets = tiny.window_sizes[stage] * tiny.window_sizes[stage];
                let hidden = channels * tiny.mlp_ratio;
                self.norm(&format!("{at}.attn.norm"), channels);
                self.linear(&format!("{at}.attn.qkv"), channels, 3 * channels);
                self.linear(&format!("{at}.attn.proj"), channels, channels);
                let biases = format!("{at}.attn.attention_biases");
                self.push(biases, &[tiny.num_heads[stage], offsets], 0.0, 0.5);
                self.conv_bn(&format!("{at}.local_conv"), [channels, 1, 3, 3]);
                self.norm(&format!("{at}.mlp.norm"), channels);
                self.linear(&format!("{at}.mlp.fc1"), channels, hidden);
                self.linear(&format!("{at}.mlp.fc2"), hidden, channels);
            }
            if let Some(&next) = tiny.embed_dims.get(stage + 1) {
                let at = format!("{at}.downsample");
                self.conv_bn(&format!("{at}.conv1"), [next, channels, 1, 1]);
                self.conv_bn(&format!("{at}.conv2"), [next, 1, 3, 3]);
                self.conv_bn(&format!("{at}.conv3"), [next, next, 1, 1]);
            }
        }
    }

    fn prompt_encoder(&mut self, channels: usize, hidden: usize) {
        let at = "prompt_encoder";
        let frequencies = format!("{at}.pe_layer.positional_encoding_gaussian_matrix");
        self.push(frequencies, &[2, channels / 2], 0.0, 1.0);
        for kind in 0..4 {
            self.embedding(&format!("{at}.point_embeddings.{kind}"), 1, channels);
        }
        self.embedding(&format!("{at}.not_a_point_embed"), 1, channels);
        self.embedding(&format!("{at}.no_mask_embed"), 1, channels);
        let at = format!("{at}.mask_downscaling");
        let first = hidden / 4;
        self.weight(&format!("{at}.0"), &[first, 1, 2, 2], 4);
        self.bias(&format!("{at}.0"), first);
        self.norm(&format!("{at}.1"), first);
        self.weight(&format!("{at}.3"), &[hidden, first, 2, 2], 4 * first);
        self.bias(&format!("{at}.3"), hidden);
        self.norm(&format!("{at}.4"), hidden);
        self.weight(&format!("{at}.6"), &[channels, hidden, 1, 1], hidden);
        self.bias(&format!("{at}.6"), channels);
    }

    fn mask_decoder(&mut self, channels: usize, decoder: &DecoderConfig) {
        let at = "mask_decoder";
        let masks = decoder.multimask_outputs + 1;
        for layer in 0..decoder.depth {
            let at = format!("{at}.transformer.layers.{layer}");
            self.attention(&format!("{at}.self_attn"), channels, channels);
            for direction in ["token_to_image", "image_to_token"] {
                let at = format!("{at}.cross_attn_{direction}");
                self.attention(&at, channels, channels / 2);
            }
            for norm in 1..=4 {
                self.norm(&format!("{at}.norm{norm}"), channels);
            }
            self.linear(&format!("{at}.mlp.lin1"), channels, decoder.mlp_dim);
            self.linear(&format!("{at}.mlp.lin2"), decoder.mlp_dim, channels);
        }
        let last = format!("{at}.transformer.final_attn_token_to_image");
        self.attention(&last, channels, channels / 2);
        self.norm(&format!("{at}.transformer.norm_final_attn"), channels);
        self.embedding(&format!("{at}.iou_token"), 1, channels);
        self.embedding(&format!("{at}.mask_tokens"), masks, channels);
        let (middle, depth) = (channels / 4, channels / 8);
        let upscaling = format!("{at}.output_upscaling");
        self.weight(
            &format!("{upscaling}.0"),
            &[channels, middle, 2, 2],
            channels,
        );
        self.bias(&format!("{upscaling}.0"), middle);
        self.norm(&format!("{upscaling}.1"), middle);
        self.weight(&format!("{upscaling}.3"), &[middle, depth, 2, 2], middle);
        self.bias(&format!("{upscaling}.3"), depth);
        for mask in 0..masks {
            let at = format!("{at}.output_hypernetworks_mlps.{mask}");
            self.mlp(&at, &[channels, channels, channels, depth]);
        }
        let mut sizes = vec![decoder.iou_head_hidden_dim; decoder.iou_head_depth + 1];
        sizes[0] = channels;
        sizes[decoder.iou_head_depth] = masks;
        self.mlp(&format!("{at}.iou_prediction_head"), &sizes);
    }

    fn attention(&mut self, at: &str, channels: usize, inner: usize) {
        for projection in ["q", "k", "v"] {
            self.linear(&format!("{at}.{projection}_proj"), channels, inner);
        }
        self.linear(&format!("{at}.out_proj"), inner, channels);
    }

    fn mlp(&mut self, at: &str, sizes: &[usize]) {
        for (layer, pair) in sizes.windows(2).enumerate() {
            self.linear(&format!("{at}.layers.{layer}"), pair[0], pair[1]);
        }
    }
}
