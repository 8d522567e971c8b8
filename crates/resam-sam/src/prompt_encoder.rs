//! Points, boxes and masks to embeddings. Follows `PromptEncoder` of segment-anything.

use std::f64::consts::PI;

use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use resam_ops::Activation;

use crate::config::SamConfig;
use crate::layers::{CHANNEL_NORM_EPSILON, Conv2d, LayerNorm};
use crate::parameters::Parameters;

/// The label of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointLabel {
    /// The point is on the object; 1 in the published code.
    Positive,
    /// The point is not on the object; 0 in the published code.
    Negative,
    /// No point: pads the prompts of a batch to equal lengths; -1 in the published code.
    Padding,
}

/// A batch of prompts, in the frame of the padded network input: `(0, 0)` is the **centre** of its
/// first pixel, as the published predictor passes coordinates.
#[derive(Debug, Clone, Default)]
pub struct PromptBatch {
    /// The points of each prompt, equally many for all; empty if no prompt has points.
    pub points: Vec<Vec<([f32; 2], PointLabel)>>,
    /// The box `[x0, y0, x1, y1]` of each prompt; empty if no prompt has a box.
    pub boxes: Vec<[f32; 4]>,
    /// Mask logits `[batch, 1, 4 rows, 4 columns]`, with the rows and columns of the image
    /// embedding.
    pub masks: Option<Tensor<4>>,
}

impl PromptBatch {
    /// The number of prompts; 1 for a batch without points, boxes and masks, as published.
    pub fn len(&self) -> usize {
        if !self.points.is_empty() {
            self.points.len()
        } else if !self.boxes.is_empty() {
            self.boxes.len()
        } else {
            self.masks.as_ref().map_or(1, |masks| masks.dims()[0])
        }
    }

    /// Whether the batch has no points, no boxes and no masks.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty() && self.boxes.is_empty() && self.masks.is_none()
    }
}

/// The prompt encoder.
#[derive(Module, Debug)]
pub struct PromptEncoder {
    /// Frequencies of the positional encoding, `[2, channels / 2]`.
    positional_encoding_gaussian_matrix: Param<Tensor<2>>,
    /// `[1, channels]` each: negative point, positive point, first box corner, second corner.
    point_embeddings: [Param<Tensor<2>>; 4],
    not_a_point_embed: Param<Tensor<2>>,
    no_mask_embed: Param<Tensor<2>>,
    mask_downscaling: MaskDownscaling,
    embed_dim: usize,
}

impl PromptEncoder {
    /// Channels of the embeddings of prompts and images.
    pub fn channels(&self) -> usize {
        self.embed_dim
    }

    /// Builds the encoder from the tensors below `prompt_encoder`.
    pub fn load(parameters: &Parameters<'_>, config: &SamConfig) -> Self {
        let channels = config.prompt_embed_dim;
        let embedding = |name: &str| parameters.at(name).tensor("weight", [1, channels]);
        Self {
            positional_encoding_gaussian_matrix: parameters
                .at("pe_layer")
                .tensor("positional_encoding_gaussian_matrix", [2, channels / 2]),
            point_embeddings: [0, 1, 2, 3].map(|i| embedding(&format!("point_embeddings.{i}"))),
            not_a_point_embed: embedding("not_a_point_embed"),
            no_mask_embed: embedding("no_mask_embed"),
            mask_downscaling: MaskDownscaling::load(
                &parameters.at("mask_downscaling"),
                config.mask_in_chans,
                channels,
            ),
            embed_dim: channels,
        }
    }

    /// Embeds a batch of prompts for an input of `input_size` `[height, width]` pixels.
    ///
    /// Returns the sparse embeddings `[batch, tokens, channels]` (points, then one padding point
    /// when there is no box, then the two corners of the box) and the dense embeddings
    /// `[batch, channels, rows, columns]`; `[1, channels, 1, 1]`, to be broadcast, when no mask is
    /// given.
    pub fn forward(&self, prompts: &PromptBatch, input_size: [usize; 2]) -> (Tensor<3>, Tensor<4>) {
        let dense = match &prompts.masks {
            Some(masks) => self.mask_downscaling.forward(masks.clone()),
            None => self.no_mask(),
        };
        (self.sparse(prompts, input_size), dense)
    }

    /// The dense embedding of a prompt without a mask, `[1, channels, 1, 1]`, to be broadcast.
    pub fn no_mask(&self) -> Tensor<4> {
        self.no_mask_embed.val().reshape([1, self.embed_dim, 1, 1])
    }

    fn sparse(&self, prompts: &PromptBatch, input_size: [usize; 2]) -> Tensor<3> {
        let device = self.no_mask_embed.val().device();
        let batch = prompts.len();
        let mut parts = Vec::new();
        if !prompts.points.is_empty() {
            let mut points = prompts.points.clone();
            if prompts.boxes.is_empty() {
                points
                    .iter_mut()
                    .for_each(|row| row.push(([0.0; 2], PointLabel::Padding)));
            }
            parts.push(self.embed_points(&points, input_size));
        }
        if !prompts.boxes.is_empty() {
            parts.push(self.embed_boxes(&prompts.boxes, input_size));
        }
        if parts.is_empty() {
            return Tensor::zeros([batch, 0, self.embed_dim], &device);
        }
        Tensor::cat(parts, 1)
    }

    fn embed_points(
        &self,
        points: &[Vec<([f32; 2], PointLabel)>],
        input_size: [usize; 2],
    ) -> Tensor<3> {
        let (batch, count) = (points.len(), points[0].len());
        let flat: Vec<_> = points.iter().flatten().copied().collect();
        let positions: Vec<[f32; 2]> = flat.iter().map(|&(position, _)| position).collect();
        let encoding = self.encode(&positions, input_size);
        // A padding point has no position; every point carries the embedding of its kind.
        let is = |label: PointLabel| -> Vec<f32> {
            flat.iter()
                .map(|&(_, other)| f32::from(u8::from(label == other)))
                .collect()
        };
        let device = encoding.device();
        let column = |values: Vec<f32>| {
            Tensor::<2>::from_data(TensorData::new(values, [flat.len(), 1]), &device)
        };
        let padding = column(is(PointLabel::Padding));
        let placed = padding.clone().neg() + 1.0;
        let embedding: Tensor<2> = encoding * placed
            + padding * self.not_a_point_embed.val()
            + column(is(PointLabel::Negative)) * self.point_embeddings[0].val()
            + column(is(PointLabel::Positive)) * self.point_embeddings[1].val();
        embedding.reshape([batch, count, self.embed_dim])
    }

    fn embed_boxes(&self, boxes: &[[f32; 4]], input_size: [usize; 2]) -> Tensor<3> {
        let corners: Vec<[f32; 2]> = boxes
            .iter()
            .flat_map(|&[x0, y0, x1, y1]| [[x0, y0], [x1, y1]])
            .collect();
        let encoding = self
            .encode(&corners, input_size)
            .reshape([boxes.len(), 2, self.embed_dim]);
        let kinds = Tensor::cat(
            vec![
                self.point_embeddings[2].val(),
                self.point_embeddings[3].val(),
            ],
            0,
        );
        encoding + kinds.unsqueeze::<3>()
    }

    /// The positional encoding of points in pixels, `[points, channels]`. Half a pixel is added,
    /// because coordinates count from the centre of the first pixel.
    fn encode(&self, points: &[[f32; 2]], [height, width]: [usize; 2]) -> Tensor<2> {
        let unit: Vec<f32> = points
            .iter()
            .flat_map(|&[x, y]| [(x + 0.5) / width as f32, (y + 0.5) / height as f32])
            .collect();
        self.positional_encoding(unit)
    }

    /// Random Fourier features (Tancik et al., arXiv 2006.10739) of positions `x, y, x, y, ...` in
    /// the unit square.
    fn positional_encoding(&self, unit: Vec<f32>) -> Tensor<2> {
        let matrix = self.positional_encoding_gaussian_matrix.val();
        let count = unit.len() / 2;
        let unit = Tensor::<2>::from_data(TensorData::new(unit, [count, 2]), &matrix.device());
        let angles = (unit * 2.0 - 1.0).matmul(matrix) * (2.0 * PI);
        Tensor::cat(vec![angles.clone().sin(), angles.cos()], 1)
    }

    /// The positional encoding of every cell of an embedding of `rows` by `columns`:
    /// `[1, channels, rows, columns]`.
    pub fn dense_positional_encoding(&self, rows: usize, columns: usize) -> Tensor<4> {
        let unit: Vec<f32> = (0..rows)
            .flat_map(|row| {
                (0..columns).flat_map(move |column| {
                    [
                        (column as f32 + 0.5) / columns as f32,
                        (row as f32 + 0.5) / rows as f32,
                    ]
                })
            })
            .collect();
        self.positional_encoding(unit)
            .reshape([1, rows, columns, self.embed_dim])
            .permute([0, 3, 1, 2])
    }
}

/// Mask logits to dense embeddings at a quarter of their resolution.
#[derive(Module, Debug)]
pub struct MaskDownscaling {
    conv1: Conv2d,
    norm1: LayerNorm,
    conv2: Conv2d,
    norm2: LayerNorm,
    conv3: Conv2d,
}

impl MaskDownscaling {
    fn load(parameters: &Parameters<'_>, hidden: usize, channels: usize) -> Self {
        let first = hidden / 4;
        Self {
            conv1: Conv2d::load(&parameters.at("0"), [first, 1, 2, 2], 2, 0, true),
            norm1: LayerNorm::load(&parameters.at("1"), first, CHANNEL_NORM_EPSILON),
            conv2: Conv2d::load(&parameters.at("3"), [hidden, first, 2, 2], 2, 0, true),
            norm2: LayerNorm::load(&parameters.at("4"), hidden, CHANNEL_NORM_EPSILON),
            conv3: Conv2d::load(&parameters.at("6"), [channels, hidden, 1, 1], 1, 0, true),
        }
    }

    /// `[batch, 1, rows, columns]` to `[batch, channels, rows / 4, columns / 4]`.
    fn forward(&self, masks: Tensor<4>) -> Tensor<4> {
        let x = self.conv1.forward(masks.permute([0, 2, 3, 1]));
        let x = self.norm1.forward_then(x, Activation::Gelu);
        let x = self
            .norm2
            .forward_then(self.conv2.forward(x), Activation::Gelu);
        self.conv3.forward(x).permute([0, 3, 1, 2])
    }
}
