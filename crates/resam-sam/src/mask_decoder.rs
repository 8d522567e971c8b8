//! Masks and their predicted IoU from an image embedding and prompts. Follows `MaskDecoder` of
//! segment-anything.

use std::ops::Range;

use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData, activation};
use resam_ops::Activation;

use crate::config::DecoderConfig;
use crate::layers::{CHANNEL_NORM_EPSILON, LayerNorm, Linear};
use crate::names::Layout;
use crate::parameters::{Parameters, frozen};
use crate::transformer::{ImageCells, TwoWayTransformer};

/// The mask decoder.
#[derive(Module, Debug)]
pub struct MaskDecoder {
    transformer: TwoWayTransformer,
    /// `[1, channels]`.
    iou_token: Param<Tensor<2>>,
    /// `[masks, channels]`: the token of the single mask, then the tokens of the masks for an
    /// ambiguous prompt.
    mask_tokens: Param<Tensor<2>>,
    output_upscaling: OutputUpscaling,
    output_hypernetworks_mlps: Vec<Mlp>,
    iou_prediction_head: Mlp,
}

/// An image prepared for the decoder: what all its prompts share.
#[derive(Debug, Clone)]
pub struct DecoderImage {
    cells: ImageCells,
    rows: usize,
    columns: usize,
}

/// The decoder, as far as adapters are concerned.
pub(crate) struct AdaptableDecoder<'a> {
    /// The linear layers of the single mask and its predicted IoU.
    pub(crate) linears: Vec<&'a mut Linear>,
    /// Those of the networks of the masks for an ambiguous prompt.
    pub(crate) ambiguous: Vec<&'a mut Linear>,
    /// Its own tokens, with their published names.
    pub(crate) tokens: [(&'static str, &'a mut Param<Tensor<2>>); 2],
}

/// The decoder's result for a batch of prompts.
#[derive(Debug, Clone)]
pub struct DecodedMasks {
    /// Logits at a quarter of the input size, `[batch, masks, 4 rows, 4 columns]`, positive on the
    /// object.
    pub low_res: Tensor<4>,
    /// The predicted IoU of each mask, `[batch, masks]`.
    pub iou_predictions: Tensor<2>,
}

impl DecodedMasks {
    /// The number of masks for each prompt.
    pub fn count(&self) -> usize {
        let [_, masks] = self.iou_predictions.dims();
        masks
    }

    /// The masks of a range of indices.
    #[must_use]
    pub fn masks(&self, asked: Range<usize>) -> Self {
        Self {
            low_res: self.low_res.clone().slice_dim(1, asked.clone()),
            iou_predictions: self.iou_predictions.clone().slice_dim(1, asked),
        }
    }
}

impl MaskDecoder {
    /// Builds the decoder from the tensors below `mask_decoder`.
    pub fn load(parameters: &Parameters<'_>, channels: usize, config: &DecoderConfig) -> Self {
        let masks = config.multimask_outputs + 1;
        let hypernetworks = parameters.at("output_hypernetworks_mlps");
        Self {
            transformer: TwoWayTransformer::load(&parameters.at("transformer"), channels, config),
            iou_token: parameters.at("iou_token").tensor("weight", [1, channels]),
            mask_tokens: parameters
                .at("mask_tokens")
                .tensor("weight", [masks, channels]),
            output_upscaling: OutputUpscaling::load(&parameters.at("output_upscaling"), channels),
            output_hypernetworks_mlps: (0..masks)
                .map(|i| {
                    let sizes = [channels, channels, channels, channels / 8];
                    Mlp::load(&hypernetworks.at(i.to_string()), &sizes)
                })
                .collect(),
            iou_prediction_head: {
                let mut sizes = vec![config.iou_head_hidden_dim; config.iou_head_depth + 1];
                sizes[0] = channels;
                sizes[config.iou_head_depth] = masks;
                Mlp::load(&parameters.at("iou_prediction_head"), &sizes)
            },
        }
    }

    /// Where adapters may go.
    pub(crate) fn adaptable(&mut self) -> AdaptableDecoder<'_> {
        let mut linears = self.transformer.linears_mut();
        let mut heads = self.output_hypernetworks_mlps.iter_mut();
        let single = heads.by_ref().take(1);
        linears.extend(single.flat_map(|head| head.layers.iter_mut()));
        linears.extend(self.iou_prediction_head.layers.iter_mut());
        AdaptableDecoder {
            linears,
            ambiguous: heads.flat_map(|head| head.layers.iter_mut()).collect(),
            tokens: [
                ("mask_decoder.iou_token.weight", &mut self.iou_token),
                ("mask_decoder.mask_tokens.weight", &mut self.mask_tokens),
            ],
        }
    }

    /// Prepares an image, or one image for each prompt of a batch.
    ///
    /// `image` is `[batch or 1, channels, rows, columns]`, `image_pe` `[1, channels, rows,
    /// columns]`, and `dense` can be broadcast to `[batch, channels, rows, columns]`. With
    /// `shared`, any number of prompts may follow, and what they share is computed now.
    pub fn read(
        &self,
        image: Tensor<4>,
        image_pe: Tensor<4>,
        dense: Tensor<4>,
        shared: bool,
    ) -> DecoderImage {
        // Channels are last from here on; the image embedding already has this layout.
        let channels_last = |x: Tensor<4>| x.permute([0, 2, 3, 1]);
        let in_a_row = |x: Tensor<4>| {
            let [batch, rows, columns, channels] = x.dims();
            x.reshape([batch, rows * columns, channels])
        };
        let [_, _, rows, columns] = image.dims();
        let cells = in_a_row(channels_last(image) + channels_last(dense));
        let positions = in_a_row(channels_last(image_pe));
        DecoderImage {
            cells: if shared {
                self.transformer.read(cells, positions)
            } else {
                ImageCells::of_single_prompts(cells, positions)
            },
            rows,
            columns,
        }
    }

    /// Decodes a batch of prompts, all about one image or each about its own. `sparse` is `[batch,
    /// tokens, channels]`. With `multimask` the result has the masks for an ambiguous prompt,
    /// without it the single mask.
    pub fn forward(
        &self,
        image: &DecoderImage,
        sparse: Tensor<3>,
        multimask: bool,
    ) -> DecodedMasks {
        let masks = self.output_hypernetworks_mlps.len();
        let asked = if multimask { 1..masks } else { 0..1 };
        self.forward_masks(image, sparse, asked)
    }

    /// As [`forward`](Self::forward), with all masks: the single mask first, then those for an
    /// ambiguous prompt.
    pub fn forward_all(&self, image: &DecoderImage, sparse: Tensor<3>) -> DecodedMasks {
        self.forward_masks(image, sparse, 0..self.output_hypernetworks_mlps.len())
    }

    fn forward_masks(
        &self,
        image: &DecoderImage,
        sparse: Tensor<3>,
        asked: Range<usize>,
    ) -> DecodedMasks {
        let [batch, _, channels] = sparse.dims();
        let &DecoderImage { rows, columns, .. } = image;
        let output_tokens =
            Tensor::cat(vec![self.iou_token.val(), self.mask_tokens.val()], 0).unsqueeze::<3>();
        let [_, output_count, _] = output_tokens.dims();
        let output_tokens = output_tokens.expand([batch, output_count, channels]);
        let tokens = Tensor::cat(vec![output_tokens, sparse], 1);

        let (tokens, image) = self.transformer.forward(&image.cells, tokens);
        let image = image.reshape([batch, rows, columns, channels]);
        let upscaled = self.output_upscaling.forward(image);
        let [_, height, width, depth] = upscaled.dims();
        let token = |index: usize| {
            tokens
                .clone()
                .slice([0..batch, index..index + 1, 0..channels])
        };
        // Token 0 is that of the predicted IoU; mask i has token i + 1 and its own network.
        let weights = asked
            .clone()
            .map(|mask| self.output_hypernetworks_mlps[mask].forward(token(mask + 1)))
            .collect();
        let low_res = Tensor::cat(weights, 1)
            .matmul(
                upscaled
                    .reshape([batch, height * width, depth])
                    .swap_dims(1, 2),
            )
            .reshape([batch, asked.len(), height, width]);
        let iou_predictions = self
            .iou_prediction_head
            .forward(token(0))
            .squeeze_dim::<2>(1);
        DecodedMasks {
            low_res,
            iou_predictions: iou_predictions.slice([0..batch, asked]),
        }
    }
}

/// The upscaling of the image embedding: four times the resolution, an eighth of the channels.
#[derive(Module, Debug)]
pub struct OutputUpscaling {
    conv1: ConvTranspose2d,
    norm: LayerNorm,
    conv2: ConvTranspose2d,
}

impl OutputUpscaling {
    fn load(parameters: &Parameters<'_>, channels: usize) -> Self {
        Self {
            conv1: ConvTranspose2d::load(&parameters.at("0"), channels, channels / 4),
            norm: LayerNorm::load(&parameters.at("1"), channels / 4, CHANNEL_NORM_EPSILON),
            conv2: ConvTranspose2d::load(&parameters.at("3"), channels / 4, channels / 8),
        }
    }

    /// `[batch, rows, columns, channels]` to `[batch, 4 rows, 4 columns, channels / 8]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.conv1.forward(x, Activation::Identity);
        let x = self.norm.forward_then(x, Activation::Gelu);
        self.conv2.forward(x, Activation::Gelu)
    }
}

/// A transposed convolution that doubles the resolution: kernel 2, stride 2.
#[derive(Module, Debug)]
pub struct ConvTranspose2d {
    /// `[2, 2, channels_in, channels_out]`.
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
}

impl ConvTranspose2d {
    /// Loads a layer whose published weight is `[channels_in, channels_out, 2, 2]`.
    fn load(parameters: &Parameters<'_>, channels: usize, out: usize) -> Self {
        let bias = parameters.tensor("bias", [out]);
        let Some(published) = parameters.values("weight", &[channels, out, 2, 2]) else {
            // Written down by `values`; the model is refused once all problems are known.
            let weight = frozen(Tensor::zeros([1; 4], parameters.device()));
            return Self { weight, bias };
        };
        let mut values = vec![0.0; published.len()];
        for (at, &value) in published.iter().enumerate() {
            let (pair, tap) = (at / 4, at % 4);
            values[tap * channels * out + pair] = value;
        }
        let weight = TensorData::new(values, [2, 2, channels, out]);
        let weight = frozen(Tensor::from_data(weight, parameters.device()));
        parameters.record("weight", &weight, Layout::TransposedConvolution);
        Self { weight, bias }
    }

    /// `[batch, rows, columns, channels_in]` to `[batch, 2 rows, 2 columns, channels_out]`.
    fn forward(&self, x: Tensor<4>, activation: Activation) -> Tensor<4> {
        resam_ops::conv_transpose2x2(x, self.weight.val(), self.bias.val(), activation)
    }
}

/// Linear layers with ReLU between them: the hypernetworks of the masks, and the IoU head.
#[derive(Module, Debug)]
pub struct Mlp {
    layers: Vec<Linear>,
}

impl Mlp {
    /// Loads the layers. `sizes` are the sizes of the input, of each hidden layer and of the
    /// output.
    fn load(parameters: &Parameters<'_>, sizes: &[usize]) -> Self {
        let layers = sizes
            .windows(2)
            .enumerate()
            .map(|(i, pair)| Linear::load(&parameters.at(format!("layers.{i}")), pair[0], pair[1]))
            .collect();
        Self { layers }
    }

    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let last = self.layers.len().saturating_sub(1);
        self.layers.iter().enumerate().fold(x, |x, (i, layer)| {
            let x = layer.forward(x);
            if i < last { activation::relu(x) } else { x }
        })
    }
}
