//! The sizes of the nano model.

use resam_sam::config::DecoderConfig;
use resam_sam::{ImageEncoderConfig, SamConfig, TinyVitConfig};

/// Side of the network's input in pixels.
pub const INPUT_SIZE: usize = 256;

/// A TinyViT and a decoder of three eighths of SAM's channels.
///
/// At 256 pixels a stride of 16 would leave a house three cells: the stride is 8. Windows are of 8
/// tokens, those of the longest stage of 16.
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
