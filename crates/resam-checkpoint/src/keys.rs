//! Translates the tensor names of Hugging Face's `SamModel` into the published ones.
//!
//! Tensors have the same shape and content under both names. Hugging Face keeps the position matrix
//! twice (`shared_image_embedding` and `prompt_encoder.shared_embedding`), and some versions save
//! it once. Both names become the one published name.

use std::collections::BTreeSet;

/// The naming scheme of a file's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStyle {
    /// The names of Meta's and MobileSAM's checkpoints.
    Published,
    /// The names of `SamModel` in Hugging Face's transformers.
    HuggingFace,
}

impl KeyStyle {
    /// Detects the scheme from the names of a file.
    pub(crate) fn of<'a>(mut names: impl Iterator<Item = &'a str>) -> KeyStyle {
        if names.any(|name| {
            name.starts_with("vision_encoder.") || name.starts_with("shared_image_embedding.")
        }) {
            KeyStyle::HuggingFace
        } else {
            KeyStyle::Published
        }
    }
}

/// Prefixes of names, the more specific first; the first that matches is replaced.
const PREFIXES: &[(&str, &str)] = &[
    (
        "shared_image_embedding.positional_embedding",
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ),
    (
        "prompt_encoder.shared_embedding.positional_embedding",
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ),
    (
        "vision_encoder.patch_embed.projection.",
        "image_encoder.patch_embed.proj.",
    ),
    ("vision_encoder.layers.", "image_encoder.blocks."),
    ("vision_encoder.neck.conv1.", "image_encoder.neck.0."),
    ("vision_encoder.neck.layer_norm1.", "image_encoder.neck.1."),
    ("vision_encoder.neck.conv2.", "image_encoder.neck.2."),
    ("vision_encoder.neck.layer_norm2.", "image_encoder.neck.3."),
    ("vision_encoder.", "image_encoder."),
    (
        "prompt_encoder.point_embed.",
        "prompt_encoder.point_embeddings.",
    ),
    (
        "prompt_encoder.mask_embed.conv1.",
        "prompt_encoder.mask_downscaling.0.",
    ),
    (
        "prompt_encoder.mask_embed.layer_norm1.",
        "prompt_encoder.mask_downscaling.1.",
    ),
    (
        "prompt_encoder.mask_embed.conv2.",
        "prompt_encoder.mask_downscaling.3.",
    ),
    (
        "prompt_encoder.mask_embed.layer_norm2.",
        "prompt_encoder.mask_downscaling.4.",
    ),
    (
        "prompt_encoder.mask_embed.conv3.",
        "prompt_encoder.mask_downscaling.6.",
    ),
    (
        "mask_decoder.upscale_conv1.",
        "mask_decoder.output_upscaling.0.",
    ),
    (
        "mask_decoder.upscale_layer_norm.",
        "mask_decoder.output_upscaling.1.",
    ),
    (
        "mask_decoder.upscale_conv2.",
        "mask_decoder.output_upscaling.3.",
    ),
];

/// The published name of a Hugging Face tensor; `all` are the names beside it, which tell how many
/// layers a small perceptron has and so the number of its last.
pub(crate) fn published_name(name: &str, all: &BTreeSet<String>) -> String {
    if let Some(renamed) = perceptron_layer(name, all) {
        return renamed;
    }
    let renamed = PREFIXES
        .iter()
        .find_map(|(from, to)| Some(format!("{to}{}", name.strip_prefix(from)?)))
        .unwrap_or_else(|| name.to_owned());
    // `layer_norm1` to `layer_norm4` of the blocks, and `layer_norm_final_attn`.
    renamed.replace(".layer_norm", ".norm")
}

/// Published perceptrons number their layers from first to last; Hugging Face calls the first
/// `proj_in`, the last `proj_out`, and numbers those between.
fn perceptron_layer(name: &str, all: &BTreeSet<String>) -> Option<String> {
    let head = match name.strip_prefix("mask_decoder.output_hypernetworks_mlps.") {
        Some(rest) => name.len() - rest.len() + rest.find('.')?,
        None if name.starts_with("mask_decoder.iou_prediction_head.") => {
            "mask_decoder.iou_prediction_head".len()
        }
        None => return None,
    };
    let (head, layer) = (&name[..head], &name[head + 1..]);
    let (number, kind) = if let Some(kind) = layer.strip_prefix("proj_in.") {
        (0, kind)
    } else if let Some(kind @ ("weight" | "bias")) = layer.strip_prefix("proj_out.") {
        // No other kinds: the layers are counted again for each, and a file may name any number.
        let inner =
            (0..).take_while(|layer| all.contains(&format!("{head}.layers.{layer}.weight")));
        (inner.count() + 1, kind)
    } else {
        let (number, kind) = layer.strip_prefix("layers.")?.split_once('.')?;
        (number.parse::<usize>().ok()?.checked_add(1)?, kind)
    };
    Some(format!("{head}.layers.{number}.{kind}"))
}
