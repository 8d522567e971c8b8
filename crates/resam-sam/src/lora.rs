//! Low-rank adaptation (LoRA, arXiv 2106.09685): `y = x W + x A B` with `W` frozen.
//!
//! The low-rank product is computed apart from the frozen one, so training never computes the dense
//! gradient of `W`. As in the published ReSAM (arXiv 2511.21606), the product is not scaled by
//! `alpha / rank`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Distribution, Tensor};
use resam_ops::QkvOrder;

use crate::layers::Linear;

/// Which blocks get query and value adapters, and of which rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoraConfig {
    /// The rank: the inner size of the factors.
    pub rank: usize,
    /// The first block that gets adapters, from 0. Earlier blocks are frozen: they need no
    /// activations and no gradients.
    pub start_block: usize,
}

/// An attention block of either encoder, as far as adapters are concerned.
pub(crate) struct AdaptableBlock<'a> {
    pub(crate) heads: usize,
    pub(crate) order: QkvOrder,
    /// The adapters of query and value alone.
    pub(crate) query_value: &'a mut Option<QueryValueAdapter>,
    /// Query, key and value together, the projection after attention, both layers of the MLP.
    pub(crate) linears: [&'a mut Linear; 4],
}

/// The two factors of one low-rank path.
#[derive(Module, Debug)]
pub struct LowRank {
    /// `A`, `[d_input, rank]`.
    pub a: Param<Tensor<2>>,
    /// `B`, `[rank, d_output]`.
    pub b: Param<Tensor<2>>,
}

impl LowRank {
    /// An adapter of given factors: `a` is `[d_input, rank]`, `b` is `[rank, d_output]`. They train
    /// if the tensors have automatic differentiation.
    pub fn from_tensors(a: Tensor<2>, b: Tensor<2>) -> Self {
        Self {
            a: Param::from_tensor(a),
            b: Param::from_tensor(b),
        }
    }

    /// A new adapter. `A` is uniform from `-1 / sqrt(d_input)` to `1 / sqrt(d_input)`
    /// (`kaiming_uniform_` with `a = sqrt(5)`, as published) and `B` is zero, so that an untrained
    /// adapter changes nothing. Both train, until `Module::valid` freezes them.
    pub fn init(d_input: usize, d_output: usize, rank: usize, device: &Device) -> Self {
        let device = &device.clone().autodiff();
        let bound = 1.0 / (d_input as f64).sqrt();
        let uniform = Distribution::Uniform(-bound, bound);
        Self::from_tensors(
            Tensor::random([d_input, rank], uniform, device),
            Tensor::zeros([rank, d_output], device),
        )
    }

    /// `x A B`: `[..., d_input]` to `[..., d_output]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        resam_ops::linear(resam_ops::linear(x, self.a.val(), None), self.b.val(), None)
    }
}

/// Adapters on the query and value of one attention block whose `qkv` is one layer.
///
/// The columns of `B` are in the order of the heads, like the rows of the published `qkv` weight.
#[derive(Module, Debug)]
pub struct QueryValueAdapter {
    /// The adapter of the query.
    pub query: LowRank,
    /// The adapter of the value.
    pub value: LowRank,
}

impl QueryValueAdapter {
    /// New adapters for a `qkv` layer whose query and value have as many channels as its input.
    pub fn beside(qkv: &Linear, rank: usize) -> Self {
        let weight = qkv.weight.val();
        let channels = weight.dims()[0];
        let fresh = || LowRank::init(channels, channels, rank, &weight.device());
        Self {
            query: fresh(),
            value: fresh(),
        }
    }

    /// The tensor to add to `qkv(x)`: `[..., channels]` to `[..., 3 channels]`, in the layout
    /// `order`, zero for the key.
    ///
    /// Both adapters are computed as one of twice the rank: `x [A_q A_v]`, then a matrix with the
    /// two `B` as blocks.
    pub fn forward<const D: usize>(
        &self,
        x: Tensor<D>,
        heads: usize,
        order: QkvOrder,
    ) -> Tensor<D> {
        let [a, b] = self.whole(heads, order);
        resam_ops::linear(resam_ops::linear(x, a, None), b, None)
    }

    /// Both adapters as one for the whole `qkv` layer: `A`, `[channels, 2 rank]`, and `B`, `[2
    /// rank, 3 channels]`, with columns in the layout `order`, zero for the key.
    pub fn whole(&self, heads: usize, order: QkvOrder) -> [Tensor<2>; 2] {
        let a = Tensor::cat(vec![self.query.a.val(), self.value.a.val()], 1);
        let (query, value) = (self.query.b.val(), self.value.b.val());
        let [rank, channels] = query.dims();
        let blocks = |b: Tensor<2>, part: usize| {
            let zeros = b.zeros_like();
            let parts = [0, 1, 2].map(|at| if at == part { b.clone() } else { zeros.clone() });
            match order {
                QkvOrder::PartsOfHeads => Tensor::cat(parts.to_vec(), 1),
                QkvOrder::HeadsOfParts => {
                    let by_head = parts.map(|part| part.reshape([rank, heads, channels / heads]));
                    Tensor::cat(by_head.to_vec(), 2).reshape([rank, 3 * channels])
                }
            }
        };
        let b = Tensor::cat(vec![blocks(query, 0), blocks(value, 2)], 0);
        [a, b]
    }
}
