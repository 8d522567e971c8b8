//! The sizes of the published models.

use crate::config::{DecoderConfig, ImageEncoderConfig, SamConfig, TinyVitConfig, VitConfig};

/// A published model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// MobileSAM with TinyViT-5M, `build_sam_vit_t`.
    TinyVit,
    /// SAM with ViT-B, `build_sam_vit_b`.
    VitB,
    /// SAM with ViT-L, `build_sam_vit_l`.
    VitL,
    /// SAM with ViT-H, `build_sam_vit_h`.
    VitH,
}

impl Published {
    /// The sizes of the model.
    pub fn config(self) -> SamConfig {
        let image_encoder = match self {
            Self::TinyVit => ImageEncoderConfig::TinyVit(TinyVitConfig {
                embed_dims: vec![64, 128, 160, 320],
                depths: vec![2, 2, 6, 2],
                num_heads: vec![0, 4, 5, 10],
                window_sizes: vec![0, 7, 14, 7],
                mbconv_dim: 256,
                mlp_ratio: 4,
                stride: 16,
            }),
            Self::VitB => vit(768, 12, 12, [2, 5, 8, 11]),
            Self::VitL => vit(1024, 24, 16, [5, 11, 17, 23]),
            Self::VitH => vit(1280, 32, 16, [7, 15, 23, 31]),
        };
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
}

/// Meta's encoders: what differs, and what they have in common.
fn vit(
    embed_dim: usize,
    depth: usize,
    num_heads: usize,
    global_attn_indexes: [usize; 4],
) -> ImageEncoderConfig {
    ImageEncoderConfig::Vit(VitConfig {
        patch_size: 16,
        embed_dim,
        depth,
        num_heads,
        mlp_dim: 4 * embed_dim,
        window_size: 14,
        global_attn_indexes: global_attn_indexes.into(),
        qkv_bias: true,
        use_abs_pos: true,
        use_rel_pos: true,
    })
}
