//! The layers that the parts of the model share. Each follows the `torch.nn` layer of the same
//! name.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};
use resam_ops::{Activation, Convolution};

use crate::lora::LowRank;
use crate::names::Layout;
use crate::parameters::{Parameters, frozen};

/// Epsilon of SAM's norms over the channels of a pixel, its `LayerNorm2d`.
pub const CHANNEL_NORM_EPSILON: f64 = 1e-6;

/// A linear layer, `y = x W + b`, plus `x A B` when an adapter is attached.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[d_input, d_output]`.
    pub weight: Param<Tensor<2>>,
    /// `[d_output]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// The low-rank adapter, `y += x A B`, if there is one.
    pub adapter: Option<LowRank>,
    /// The published name without `.weight` and `.bias`.
    #[module(skip)]
    name: String,
}

impl Linear {
    /// Loads a layer with a bias.
    pub fn load(parameters: &Parameters<'_>, d_input: usize, d_output: usize) -> Self {
        Self::load_with(parameters, d_input, d_output, true)
    }

    /// Loads a layer with or without a bias.
    pub fn load_with(
        parameters: &Parameters<'_>,
        d_input: usize,
        d_output: usize,
        bias: bool,
    ) -> Self {
        Self {
            weight: parameters.linear_weight(d_input, d_output),
            bias: bias.then(|| parameters.tensor("bias", [d_output])),
            adapter: None,
            name: parameters.name().to_owned(),
        }
    }

    /// The published name of the layer, for example `image_encoder.blocks.0.attn.proj`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The weight with the adapter merged in, `[d_input, d_output]`, for products with parts of it.
    pub(crate) fn whole_weight(&self) -> Tensor<2> {
        let weight = self.weight.val();
        match &self.adapter {
            Some(adapter) => weight + adapter.a.val().matmul(adapter.b.val()),
            None => weight,
        }
    }

    /// `[..., d_input]` to `[..., d_output]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let bias = self.bias.as_ref().map(Param::val);
        let y = resam_ops::linear(x.clone(), self.weight.val(), bias);
        match &self.adapter {
            Some(adapter) => y + adapter.forward(x),
            None => y,
        }
    }
}

/// Layer norm (arXiv 1607.06450): normalises the last dimension, then scales and shifts it.
#[derive(Module, Debug)]
pub struct LayerNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
    epsilon: f64,
}

impl LayerNorm {
    /// Loads a norm over `channels` values.
    pub fn load(parameters: &Parameters<'_>, channels: usize, epsilon: f64) -> Self {
        Self {
            weight: parameters.tensor("weight", [channels]),
            bias: parameters.tensor("bias", [channels]),
            epsilon,
        }
    }

    /// `[..., channels]` to the same shape.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.forward_then(x, Activation::Identity)
    }

    /// As [`forward`](Self::forward), then applies `activation` to each value.
    pub fn forward_then<const D: usize>(&self, x: Tensor<D>, activation: Activation) -> Tensor<D> {
        let (weight, bias) = (self.weight.val(), self.bias.val());
        resam_ops::layer_norm(x, weight, bias, self.epsilon, activation)
    }
}

/// A convolution with the same stride and padding along both axes, in one group or in as many as
/// there are channels. Images are channels-last inside the network: `[batch, rows, columns,
/// channels]`, where a convolution of kernel 1 is a linear layer and a norm over the channels runs
/// over the last axis.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[kernel, kernel, channels_in / groups, channels_out]`.
    pub weight: Param<Tensor<4>>,
    /// `[channels_out]`.
    pub bias: Option<Param<Tensor<1>>>,
    stride: usize,
    padding: usize,
    depthwise: bool,
}

impl Conv2d {
    /// A convolution of published values: `weight` is `[channels_out, channels_in / groups, kernel,
    /// kernel]`, row-major, with these dimensions in `shape`, and `bias` is `[channels_out]`.
    pub fn new(
        weight: &[f32],
        shape: [usize; 4],
        bias: Option<Vec<f32>>,
        [stride, padding]: [usize; 2],
        depthwise: bool,
        device: &Device,
    ) -> Self {
        let [out, inner, kernel, _] = shape;
        let taps = kernel * kernel;
        let mut values = vec![0.0; weight.len()];
        for (at, &value) in weight.iter().enumerate() {
            let (out_channel, rest) = (at / (inner * taps), at % (inner * taps));
            let (channel, tap) = (rest / taps, rest % taps);
            values[(tap * inner + channel) * out + out_channel] = value;
        }
        let weight = TensorData::new(values, [kernel, kernel, inner, out]);
        Self {
            weight: frozen(Tensor::from_data(weight, device)),
            bias: bias.map(|bias| {
                let bias = TensorData::new(bias, [out]);
                frozen(Tensor::from_data(bias, device))
            }),
            stride,
            padding,
            depthwise,
        }
    }

    /// Loads a convolution in one group, whose published weight has this shape.
    pub fn load(
        parameters: &Parameters<'_>,
        shape: [usize; 4],
        stride: usize,
        padding: usize,
        bias: bool,
    ) -> Self {
        let device = parameters.device();
        let weight = parameters.values("weight", &shape);
        let bias = bias.then(|| parameters.values("bias", &shape[..1]));
        let (weight, bias) = match (weight, bias) {
            (Some(weight), None) => (weight, None),
            (Some(weight), Some(Some(bias))) => (weight, Some(bias)),
            _ => return Self::missing(device),
        };
        let layer = Self::new(&weight, shape, bias, [stride, padding], false, device);
        parameters.record("weight", &layer.weight, Layout::Convolution);
        if let Some(bias) = &layer.bias {
            parameters.record("bias", bias, Layout::AsItIs);
        }
        layer
    }

    /// A placeholder for a layer whose values are missing. The missing tensors are recorded, and
    /// [`Parameters::finish`] then refuses the model.
    pub fn missing(device: &Device) -> Self {
        Self::new(&[0.0], [1; 4], None, [1, 0], false, device)
    }

    /// `[batch, rows, columns, channels_in]` to `[batch, rows', columns', channels_out]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.forward_then(x, Activation::Identity)
    }

    /// As [`forward`](Self::forward), then applies `activation` to each value.
    pub fn forward_then(&self, x: Tensor<4>, activation: Activation) -> Tensor<4> {
        let (weight, bias) = (self.weight.val(), self.bias.as_ref().map(Param::val));
        let [kernel, _, inner, out] = weight.dims();
        if self.depthwise {
            let weight = weight.reshape([kernel, kernel, out]);
            return resam_ops::depthwise_conv3x3(x, weight, bias, self.stride, activation);
        }
        if (kernel, self.stride, self.padding) == (1, 1, 0) {
            let y = resam_ops::linear(x, weight.reshape([inner, out]), bias);
            return match activation {
                Activation::Identity => y,
                Activation::Gelu => resam_ops::gelu(y),
            };
        }
        let how = Convolution {
            stride: self.stride,
            padding: self.padding,
            activation,
        };
        resam_ops::conv2d(x, weight, bias, how)
    }
}

/// The neck of both image encoders: 1x1 convolution, norm, 3x3 convolution, norm.
#[derive(Module, Debug)]
pub struct Neck {
    conv1: Conv2d,
    norm1: LayerNorm,
    conv2: Conv2d,
    norm2: LayerNorm,
}

impl Neck {
    /// Loads a neck with `channels` input and `out` output channels.
    pub fn load(parameters: &Parameters<'_>, channels: usize, out: usize) -> Self {
        Self {
            conv1: Conv2d::load(&parameters.at("0"), [out, channels, 1, 1], 1, 0, false),
            norm1: LayerNorm::load(&parameters.at("1"), out, CHANNEL_NORM_EPSILON),
            conv2: Conv2d::load(&parameters.at("2"), [out, out, 3, 3], 1, 1, false),
            norm2: LayerNorm::load(&parameters.at("3"), out, CHANNEL_NORM_EPSILON),
        }
    }

    /// `[batch, rows, columns, channels]` to the image embedding, `[batch, out, rows, columns]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.norm1.forward(self.conv1.forward(x));
        let x = self.norm2.forward(self.conv2.forward(x));
        x.permute([0, 3, 1, 2])
    }
}

/// The non-linearity between the two layers of an [`MlpBlock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonLinearity {
    /// Exact GELU, `x Phi(x)`.
    Gelu,
    /// `max(x, 0)`.
    Relu,
}

/// Two linear layers with an activation between them.
#[derive(Module, Debug)]
pub struct MlpBlock {
    /// The first layer.
    pub lin1: Linear,
    /// The second layer.
    pub lin2: Linear,
    #[module(skip)]
    activation: NonLinearity,
}

impl MlpBlock {
    /// Loads the layers `channels` to `hidden` and `hidden` to `channels`, from the tensors below
    /// `names[0]` and `names[1]`.
    pub fn load(
        parameters: &Parameters<'_>,
        names: [&str; 2],
        channels: usize,
        hidden: usize,
        activation: NonLinearity,
    ) -> Self {
        Self {
            lin1: Linear::load(&parameters.at(names[0]), channels, hidden),
            lin2: Linear::load(&parameters.at(names[1]), hidden, channels),
            activation,
        }
    }

    /// `[..., channels]` to the same shape.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let hidden = self.lin1.forward(x);
        let hidden = match self.activation {
            NonLinearity::Gelu => resam_ops::gelu(hidden),
            NonLinearity::Relu => activation::relu(hidden),
        };
        self.lin2.forward(hidden)
    }
}
