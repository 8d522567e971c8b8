//! How long a model will take on a device, said before it has run.

use resam_sam::speed::rough_matrix_product_rate;
use resam_sam::{Device, ImageEncoderConfig, SamConfig, TinyVitConfig};
use resam_scene::Pace;

/// TinyViT on 1024 x 1024 pixels takes as long as so many operations of a matrix product; most of
/// them are smaller products, convolutions and norms, which run slower.
const TINY_VIT: f64 = 105e9;
/// What [`tiny_vit_size`] says of TinyViT-5M.
const SIZE_OF_5M: f64 = 27_040.0;
/// The decoder, the same for a prompt.
const PROMPT: f64 = 3e9;

/// The time of an image and of a prompt, from the rate of a matrix product, which takes a moment to
/// measure. None when the device does not come to its end.
pub(crate) fn pace(config: &SamConfig, input_size: usize, device: &Device) -> Option<Pace> {
    let rate = 1e9 * rough_matrix_product_rate(device).ok()?;
    let operations = encoder_operations(&config.image_encoder, input_size);
    Some(Pace {
        encode: operations / rate,
        decode: PROMPT / rate,
    })
}

/// Multiplications of the linear layers of a TinyViT's blocks for a pixel of its input: most of the
/// difference between the times of two of them.
fn tiny_vit_size(tiny: &TinyVitConfig) -> f64 {
    let mut stride = 4.0;
    let mut size = 0.0;
    for stage in 0..tiny.embed_dims.len() {
        let channels = tiny.embed_dims[stage] as f64;
        let block = match stage {
            0 => 2.0 * channels * tiny.mbconv_dim as f64,
            _ => (4.0 + 2.0 * tiny.mlp_ratio as f64) * channels * channels,
        };
        size += tiny.depths[stage] as f64 * block / (stride * stride);
        if tiny.halves(stage) {
            stride *= 2.0;
        }
    }
    size
}

/// Floating point operations of an encoder on an image of `input_size` squared, a multiplication
/// and an addition being two; of a TinyViT those of a matrix product that takes as long.
pub(crate) fn encoder_operations(encoder: &ImageEncoderConfig, input_size: usize) -> f64 {
    let tokens = (input_size as f64 / 16.0).powi(2);
    match encoder {
        ImageEncoderConfig::TinyVit(tiny) => {
            TINY_VIT * tokens / 4096.0 * tiny_vit_size(tiny) / SIZE_OF_5M
        }
        ImageEncoderConfig::Vit(vit) => {
            let (channels, hidden) = (vit.embed_dim as f64, vit.mlp_dim as f64);
            let linear = tokens * (4.0 * channels * channels + 2.0 * channels * hidden);
            let keys = |block: &usize| match vit.window_size {
                side if side > 0 && !vit.global_attn_indexes.contains(block) => {
                    (side * side) as f64
                }
                _ => tokens,
            };
            let attention: f64 = (0..vit.depth).map(|block| keys(&block)).sum();
            2.0 * (vit.depth as f64 * linear + 2.0 * tokens * channels * attention)
        }
    }
}
