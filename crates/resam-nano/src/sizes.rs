//! The sizes of the nano model.

use resam_sam::config::DecoderConfig;
use resam_sam::{ImageEncoderConfig, SamConfig, TinyVitConfig};

/// Side of the network's input in pixels.
pub const INPUT_SIZE: usize = 256;

/// The sizes of the nano model: a TinyViT encoder, and a decoder with three eighths of SAM's
/// channels.
///
/// At 256 pixels and a stride of 16, a house would cover three cells, so the stride is 8. Attention
/// windows have a side of 8 tokens, and of 16 in the longest stage.
pub fn sizes() -> SamConfig {
    SamConfig {
        image_encoder: ImageEncoderConfig::TinyVit(TinyVitConfig {
            embed_dims: vec![32, 64, 96, 96],
            depths: vec![1, 2, 4, 1],
            num_heads: vec![0, 2, 3, 3],
            window_sizes: vec![0, 8, 16, 8],
            mbconv_dim: 64,
            mlp_ratio: 4,
            stride: 8,
        }),
        prompt_embed_dim: 96,
        image_size: INPUT_SIZE,
        mask_in_chans: 16,
        decoder: DecoderConfig {
            depth: 2,
            heads: 3,
            mlp_dim: 384,
            multimask_outputs: 3,
            iou_head_depth: 3,
            iou_head_hidden_dim: 96,
        },
    }
}
