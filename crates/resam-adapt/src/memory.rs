//! The peak memory of a training step, computed from the sizes of its tensors before the run
//! starts.
//!
//! With `t` tokens (4096 at 1024 px), `C` channels, `M` the hidden size of the MLP, `n` instances
//! and 4 bytes a number, the forward pass stores for the backward pass:
//!
//! | part | numbers stored |
//! |---|---|
//! | a block of the ViT | `t C` for each norm, `t C` into the factors, `3 t C` query, key and value, `t C` attended, `t M` before GELU |
//! | a block of the TinyViT | the same, and `t C` into the convolution between |
//! | a step between TinyViT's stages | what goes into each convolution and each GELU |
//! | the neck | what goes into both convolutions and both norms |
//! | the decoder, a block | `n t c / 2` each for two keys, two values or queries and one attended, `n t c` before the norm (`c` its channels) |
//! | its upscaling | `n t c` into the first convolution, the norm, GELU and the second; twice that before the last GELU and into the product with the tokens |
//! | the losses | labels at the input's size |
//!
//! Attention stores no scores. Below the first adapted block nothing is stored; with activation
//! checkpoints (arXiv 1604.06174) only the input of each block, and one block's numbers at a time.
//! Temporary tensors (gradients, intermediate results of a block) are counted at their largest.

use resam_sam::{ImageEncoderConfig, SamConfig, TinyVitConfig, VitConfig};

/// Bytes of a number.
const NUMBER: u64 = 4;

/// The program itself, its thread pool and what the allocator loses, measured.
const BASE: u64 = 64 << 20;

/// The sizes that decide the memory of a training step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Side of the network's input, in pixels.
    pub input_size: usize,
    /// The first block of the encoder with adapters, counted as
    /// [`LoraConfig::start_block`](resam_sam::LoraConfig); none when the encoder does not train.
    pub first_block: Option<usize>,
    /// Instances decoded at a time.
    pub instances: usize,
    /// Whether the backward pass computes the blocks again.
    pub activation_checkpoints: bool,
}

/// The bytes of a step, part by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepMemory {
    /// The program and the model's weights.
    pub model: u64,
    /// What the encoder stores for the backward pass.
    pub encoder: u64,
    /// What the decoder and the losses store for the backward pass.
    pub decoder: u64,
    /// The largest temporary tensors.
    pub working: u64,
}

impl StepMemory {
    /// The peak, in bytes.
    pub fn total(&self) -> u64 {
        self.model + self.encoder + self.decoder + self.working
    }
}

/// Estimates the peak of a step in bytes: an image encoded with and without gradient, instances
/// decoded, and the backward pass.
pub fn step_memory(config: &SamConfig, step: &Step) -> StepMemory {
    let stride = match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => vit.patch_size,
        ImageEncoderConfig::TinyVit(tiny) => tiny.stride,
    };
    let cells = (step.input_size / stride).pow(2) as u64;
    let parts = match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => vit_parts(vit, step.input_size, config.prompt_embed_dim),
        ImageEncoderConfig::TinyVit(tiny) => {
            tiny_vit_parts(tiny, step.input_size, config.prompt_embed_dim)
        }
    };
    let first = match step.first_block {
        Some(block) => parts.iter().position(|part| part.block == Some(block)),
        None => None,
    };
    let trained = &parts[first.unwrap_or(parts.len())..];
    let working = |parts: &[Part]| parts.iter().map(|part| part.working).max().unwrap_or(0);

    let decoder = decoder(config, cells, step);
    let (encoder, encoder_working) = if step.activation_checkpoints {
        let inputs: u64 = trained.iter().map(|part| part.input).sum();
        let one = trained.iter().map(|part| part.kept + part.working);
        (inputs, one.max().unwrap_or(0))
    } else {
        let kept: u64 = trained.iter().map(|part| part.kept).sum();
        (kept, working(trained))
    };
    // Three moments: the plain way through the lower parts, the start of the way back with all that
    // is kept, and the way back through the encoder, when what the decoder kept is gone.
    let plain = working(&parts);
    let working = decoder
        .working
        .max(encoder_working.saturating_sub(decoder.kept))
        .max(plain.saturating_sub(encoder + decoder.kept));
    StepMemory {
        model: BASE + NUMBER * parameters(config),
        encoder: NUMBER * encoder,
        decoder: NUMBER * decoder.kept,
        working: NUMBER * working,
    }
}

/// A part of the encoder; sizes in numbers.
struct Part {
    /// The attention block that it is.
    block: Option<usize>,
    input: u64,
    kept: u64,
    working: u64,
}

/// What a transformer block stores: both norms' inputs, the factors' input, query, key and value,
/// the attended, what goes into GELU.
fn block(tokens: u64, channels: u64, hidden: u64) -> (u64, u64) {
    let kept = 7 * tokens * channels + tokens * hidden;
    // The MLP's hidden values and their gradient, or query, key and value and theirs.
    let working = (2 * tokens * hidden).max(6 * tokens * channels) + 2 * tokens * channels;
    (kept, working)
}

fn neck(tokens: u64, channels: u64, out: u64) -> Part {
    Part {
        block: None,
        input: tokens * channels,
        kept: tokens * (channels + 3 * out),
        working: 4 * tokens * out,
    }
}

fn vit_parts(vit: &VitConfig, input_size: usize, out: usize) -> Vec<Part> {
    let side = (input_size / vit.patch_size) as u64;
    let (tokens, channels) = (side * side, vit.embed_dim as u64);
    let mut parts = vec![Part {
        block: None,
        input: 3 * (input_size * input_size) as u64,
        kept: 3 * (input_size * input_size) as u64,
        working: 6 * (input_size * input_size) as u64 + tokens * channels,
    }];
    parts.extend((0..vit.depth).map(|index| {
        let (kept, working) = block(tokens, channels, vit.mlp_dim as u64);
        Part {
            block: Some(index),
            input: tokens * channels,
            kept,
            working,
        }
    }));
    parts.push(neck(tokens, channels, out as u64));
    parts
}

fn tiny_vit_parts(tiny: &TinyVitConfig, input_size: usize, out: usize) -> Vec<Part> {
    let mut side = (input_size / 4) as u64;
    let first = tiny.embed_dims[0] as u64;
    let hidden = side * side * tiny.mbconv_dim as u64;
    let step = |side: u64, stage: usize, next: usize| {
        let channels = tiny.embed_dims[stage];
        let after = if tiny.halves(stage) {
            side.div_ceil(2)
        } else {
            side
        };
        let (channels, next) = (channels as u64, next as u64);
        let part = Part {
            block: None,
            input: side * side * channels,
            kept: side * side * (channels + 2 * next) + 2 * after * after * next,
            working: 2 * side * side * next + after * after * next,
        };
        (after, part)
    };
    let mut parts = vec![Part {
        block: None,
        input: 3 * (input_size * input_size) as u64,
        kept: 3 * (input_size * input_size) as u64 + tiny.depths[0] as u64 * 4 * hidden,
        working: 3 * hidden + side * side * first,
    }];
    let mut index = 0;
    for stage in 0..tiny.embed_dims.len() {
        let channels = tiny.embed_dims[stage] as u64;
        if stage > 0 {
            let tokens = side * side;
            let hidden = channels * tiny.mlp_ratio as u64;
            for _ in 0..tiny.depths[stage] {
                let (kept, working) = block(tokens, channels, hidden);
                parts.push(Part {
                    block: Some(index),
                    input: tokens * channels,
                    kept: kept + tokens * channels,
                    working,
                });
                index += 1;
            }
        }
        if let Some(&next) = tiny.embed_dims.get(stage + 1) {
            let (after, part) = step(side, stage, next);
            side = after;
            parts.push(part);
        }
    }
    let last = tiny.embed_dims[tiny.embed_dims.len() - 1] as u64;
    parts.push(neck(side * side, last, out as u64));
    parts
}

/// The decoder and the losses; sizes in numbers.
fn decoder(config: &SamConfig, cells: u64, step: &Step) -> Part {
    let channels = config.prompt_embed_dim as u64;
    let instances = step.instances as u64;
    // One map of all instances.
    let map = instances * cells * channels;
    // Until the first block has mixed the prompts in there is one image for all; then each block
    // keeps five halves of a map and a whole one, and the last attention two halves.
    let blocks = config.decoder.depth as u64;
    let transformer = 3 * map / 2 + blocks.saturating_sub(1) * (5 * map / 2 + map) + map;
    let upscaling = 4 * map + 2 * 2 * map;
    let labels = instances * (step.input_size * step.input_size) as u64;
    Part {
        block: None,
        input: cells * channels,
        kept: transformer + upscaling + labels,
        // Two of the largest maps, which have twice the numbers, with their gradients.
        working: 4 * map,
    }
}

/// Parameters of the model, from its sizes; small ones (norms, biases, tokens) are left out.
fn parameters(config: &SamConfig) -> u64 {
    let out = config.prompt_embed_dim as u64;
    let block = |channels: u64, hidden: u64| 4 * channels * channels + 2 * channels * hidden;
    let (encoder, last) = match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => {
            let channels = vit.embed_dim as u64;
            let patches = (vit.patch_size * vit.patch_size * 3) as u64 * channels;
            let positions = ((config.image_size / vit.patch_size).pow(2)) as u64 * channels;
            let blocks = vit.depth as u64 * block(channels, vit.mlp_dim as u64);
            (patches + positions + blocks, channels)
        }
        ImageEncoderConfig::TinyVit(tiny) => {
            let stages = tiny.embed_dims.iter().zip(&tiny.depths).skip(1);
            let blocks = stages.map(|(&channels, &depth)| {
                let channels = channels as u64;
                depth as u64 * block(channels, channels * tiny.mlp_ratio as u64)
            });
            let steps = tiny.embed_dims.windows(2);
            let steps = steps.map(|pair| (pair[0] * pair[1] + pair[1] * pair[1]) as u64);
            let convolutions = tiny.depths[0] * 2 * tiny.embed_dims[0] * tiny.mbconv_dim;
            let last = tiny.embed_dims[tiny.embed_dims.len() - 1] as u64;
            (
                blocks.sum::<u64>() + steps.sum::<u64>() + convolutions as u64,
                last,
            )
        }
    };
    let neck = out * last + 9 * out * out;
    // Self-attention at full width, two cross-attentions at half, an MLP; then the heads.
    let decoder = config.decoder.depth as u64
        * (4 * out * out + 2 * 2 * out * out + 2 * out * config.decoder.mlp_dim as u64)
        + 2 * out * out
        + (config.decoder.multimask_outputs as u64 + 2) * 2 * out * out
        + out * out;
    encoder + neck + decoder
}

#[cfg(test)]
mod tests {
    use super::*;
    use resam_sam::config::DecoderConfig;

    fn model(image_encoder: ImageEncoderConfig) -> SamConfig {
        SamConfig {
            image_encoder,
            prompt_embed_dim: 256,
            image_size: 1024,
            mask_in_chans: 16,
            decoder: DecoderConfig {
                depth: 2,
                heads: 8,
                mlp_dim: 2048,
                multimask_outputs: 3,
                iou_head_depth: 3,
                iou_head_hidden_dim: 256,
            },
        }
    }

    fn tiny_vit_5m() -> SamConfig {
        model(ImageEncoderConfig::TinyVit(TinyVitConfig {
            embed_dims: vec![64, 128, 160, 320],
            depths: vec![2, 2, 6, 2],
            num_heads: vec![0, 4, 5, 10],
            window_sizes: vec![0, 7, 14, 7],
            mbconv_dim: 256,
            mlp_ratio: 4,
            stride: 16,
        }))
    }

    fn vit_b() -> SamConfig {
        model(ImageEncoderConfig::Vit(VitConfig {
            patch_size: 16,
            embed_dim: 768,
            depth: 12,
            num_heads: 12,
            mlp_dim: 3072,
            window_size: 14,
            global_attn_indexes: vec![2, 5, 8, 11],
            qkv_bias: true,
            use_abs_pos: true,
            use_rel_pos: true,
        }))
    }

    fn step(first_block: usize, instances: usize, input_size: usize, again: bool) -> Step {
        Step {
            input_size,
            first_block: Some(first_block),
            instances,
            activation_checkpoints: again,
        }
    }

    #[test]
    fn estimates_are_near_what_steps_took_and_not_below() {
        // Peaks in MB of `--example step_memory` on Linux, 2 threads.
        for (config, step, measured) in [
            (tiny_vit_5m(), step(0, 10, 1024, false), 1463),
            (tiny_vit_5m(), step(0, 10, 1024, true), 914),
            (tiny_vit_5m(), step(6, 1, 1024, false), 404),
            (tiny_vit_5m(), step(0, 50, 512, false), 1196),
            (tiny_vit_5m(), step(0, 30, 1024, false), 2968),
            (vit_b(), step(6, 10, 1024, false), 2081),
            (vit_b(), step(6, 10, 1024, true), 1314),
        ] {
            let ratio = step_memory(&config, &step).total() as f64 / (measured as f64 * 1e6);
            assert!((0.97..1.2).contains(&ratio), "{step:?}: {ratio} of it");
        }
    }

    #[test]
    fn the_model_takes_what_its_parameters_take() {
        for (config, parameters) in [(tiny_vit_5m(), 9_818_591), (vit_b(), 93_735_472)] {
            let ratio = super::parameters(&config) as f64 / f64::from(parameters);
            assert!((0.98..1.02).contains(&ratio), "{ratio}");
        }
    }

    #[test]
    fn a_frozen_encoder_keeps_nothing_and_later_blocks_keep_less() {
        for config in [tiny_vit_5m(), vit_b()] {
            let encoder = |first_block| {
                let step = Step {
                    first_block,
                    ..step(0, 10, 1024, false)
                };
                step_memory(&config, &step).encoder
            };
            assert_eq!(encoder(None), 0);
            assert_eq!(encoder(Some(100)), 0, "no such block");
            assert!(encoder(Some(3)) < encoder(Some(2)));
        }
    }
}
