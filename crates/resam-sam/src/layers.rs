//! The layers that all parts share. Each follows the `torch.nn` layer of the same name.

use burn::module::{Module, Param};
use burn::tensor::module::{conv2d, layer_norm};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, activation};

use crate::lora::LowRank;
use crate::parameters::Parameters;

/// `y = x W + b`, plus a low-rank path when an adapter is attached.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[d_input, d_output]`.
    pub weight: Param<Tensor<2>>,
    /// `[d_output]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// `y += x A B` beside the frozen product.
    pub adapter: Option<LowRank>,
}

impl Linear {
    /// A layer with a bias.
    pub fn load(parameters: &Parameters<'_>, d_input: usize, d_output: usize) -> Self {
        Self::load_with(parameters, d_input, d_output, true)
    }

    /// A layer with a bias or without.
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

/// Normalises the last dimension, then scales and shifts it.
#[derive(Module, Debug)]
pub struct LayerNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
    epsilon: f64,
}

impl LayerNorm {
    /// A norm over `channels` values.
    pub fn load(parameters: &Parameters<'_>, channels: usize, epsilon: f64) -> Self {
        Self {
            weight: parameters.tensor("weight", [channels]),
            bias: parameters.tensor("bias", [channels]),
            epsilon,
        }
    }

    /// `[..., channels]` to the same shape.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let dtype = x.dtype();
        let [weight, bias] = [&self.weight, &self.bias].map(|p| resam_ops::widened(p.val()));
        layer_norm(resam_ops::widened(x), weight, Some(bias), self.epsilon).cast(dtype)
    }
}

/// Normalises over the channels of each pixel; SAM's `LayerNorm2d`, epsilon 1e-6.
#[derive(Module, Debug)]
pub struct LayerNorm2d {
    norm: LayerNorm,
}

impl LayerNorm2d {
    /// A norm over `channels` channels.
    pub fn load(parameters: &Parameters<'_>, channels: usize) -> Self {
        Self {
            norm: LayerNorm::load(parameters, channels, 1e-6),
        }
    }

    /// `[batch, channels, height, width]` to the same shape.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let channels_last = x.permute([0, 2, 3, 1]);
        self.norm.forward(channels_last).permute([0, 3, 1, 2])
    }
}

/// A convolution with the same stride and padding along both axes.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[channels_out, channels_in / groups, kernel, kernel]`.
    pub weight: Param<Tensor<4>>,
    /// `[channels_out]`.
    pub bias: Option<Param<Tensor<1>>>,
    stride: usize,
    padding: usize,
    groups: usize,
}

impl Conv2d {
    /// A convolution of these parts.
    pub fn new(
        weight: Param<Tensor<4>>,
        bias: Option<Param<Tensor<1>>>,
        stride: usize,
        padding: usize,
        groups: usize,
    ) -> Self {
        Self {
            weight,
            bias,
            stride,
            padding,
            groups,
        }
    }

    /// A convolution whose weight has this shape, `[out, in, kernel, kernel]`, in one group.
    pub fn load(
        parameters: &Parameters<'_>,
        shape: [usize; 4],
        stride: usize,
        padding: usize,
        bias: bool,
    ) -> Self {
        let weight = parameters.tensor("weight", shape);
        let bias = bias.then(|| parameters.tensor("bias", [shape[0]]));
        Self::new(weight, bias, stride, padding, 1)
    }

    /// `[batch, channels_in, height, width]` to `[batch, channels_out, height', width']`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions::new([self.stride; 2], [self.padding; 2], [1, 1], self.groups);
        conv2d(
            x,
            self.weight.val(),
            self.bias.as_ref().map(Param::val),
            options,
        )
    }
}

/// The last layers of both image encoders: 1x1 convolution, norm, 3x3 convolution, norm.
#[derive(Module, Debug)]
pub struct Neck {
    conv1: Conv2d,
    norm1: LayerNorm2d,
    conv2: Conv2d,
    norm2: LayerNorm2d,
}

impl Neck {
    /// `channels` in, `out` out.
    pub fn load(parameters: &Parameters<'_>, channels: usize, out: usize) -> Self {
        Self {
            conv1: Conv2d::load(&parameters.at("0"), [out, channels, 1, 1], 1, 0, false),
            norm1: LayerNorm2d::load(&parameters.at("1"), out),
            conv2: Conv2d::load(&parameters.at("2"), [out, out, 3, 3], 1, 1, false),
            norm2: LayerNorm2d::load(&parameters.at("3"), out),
        }
    }

    /// `[batch, channels, height, width]` to `[batch, out, height, width]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.norm1.forward(self.conv1.forward(x));
        self.norm2.forward(self.conv2.forward(x))
    }
}

/// The non-linearity between the two layers of an [`MlpBlock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
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
    activation: Activation,
}

impl MlpBlock {
    /// `channels` to `hidden` and back, from the tensors `names[0]` and `names[1]`.
    pub fn load(
        parameters: &Parameters<'_>,
        names: [&str; 2],
        channels: usize,
        hidden: usize,
        activation: Activation,
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
            Activation::Gelu => resam_ops::gelu(hidden),
            Activation::Relu => activation::relu(hidden),
        };
        self.lin2.forward(hidden)
    }
}
