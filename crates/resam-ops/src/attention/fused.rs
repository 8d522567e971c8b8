//! The operations as extensions of Burn's CPU backend and of its automatic differentiation.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

use super::cross::{Cross, CrossValues, Sequence};
use super::map::{Map, PositionValues};
use crate::flex::{tensor, values};

/// What the two tensors of positions are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PositionKind {
    /// Not read.
    Nowhere,
    /// Those of rows and of columns.
    Decomposed,
    /// The first is the table; the second is not read.
    Table,
}

/// Attention on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait AttentionOps: Backend {
    /// See [`super::self_attention`].
    fn fused_self_attention(
        qkv: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        kind: PositionKind,
        map: Map,
    ) -> FloatTensor<Self>;

    /// See [`super::attention`].
    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self>;
}

/// The tensors of one self-attention, contiguous.
#[derive(Debug, Clone)]
struct Inputs {
    qkv: FlexTensor,
    padding: FlexTensor,
    positions: [FlexTensor; 2],
    kind: PositionKind,
    map: Map,
}

impl Inputs {
    fn new(tensors: [FlexTensor; 4], kind: PositionKind, map: Map) -> Self {
        let [qkv, padding, first, second] = tensors.map(|tensor| tensor.to_contiguous());
        Self {
            qkv,
            padding,
            positions: [first, second],
            kind,
            map,
        }
    }

    fn positions(&self) -> PositionValues<'_> {
        let [first, second] = self.positions.each_ref().map(values);
        match self.kind {
            PositionKind::Nowhere => PositionValues::Nowhere,
            PositionKind::Decomposed => PositionValues::Decomposed {
                rows: first,
                columns: second,
            },
            PositionKind::Table => PositionValues::Table(first),
        }
    }

    fn forward(&self) -> (FlexTensor, Vec<f32>) {
        let (qkv, padding) = (values(&self.qkv), values(&self.padding));
        let (attended, log_sum) = self.map.forward(qkv, padding, self.positions());
        let Map {
            batch,
            rows,
            columns,
            channels,
            ..
        } = self.map;
        (tensor(attended, [batch, rows, columns, channels]), log_sum)
    }
}

impl AttentionOps for Flex {
    fn fused_self_attention(
        qkv: FlexTensor,
        padding: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        kind: PositionKind,
        map: Map,
    ) -> FlexTensor {
        Inputs::new([qkv, padding, first, second], kind, map)
            .forward()
            .0
    }

    fn fused_attention(
        query: FlexTensor,
        key: FlexTensor,
        value: FlexTensor,
        heads: usize,
    ) -> FlexTensor {
        CrossInputs::new([query, key, value], heads).forward().0
    }
}

/// The tensors of one attention between sequences, contiguous.
#[derive(Debug, Clone)]
struct CrossInputs {
    tensors: [FlexTensor; 3],
    cross: Cross,
}

impl CrossInputs {
    fn new(tensors: [FlexTensor; 3], heads: usize) -> Self {
        let tensors = tensors.map(|tensor| tensor.to_contiguous());
        let [query, key, value] = tensors.each_ref().map(|tensor| {
            let [batch, tokens, channels] = tensor.layout().shape().dims();
            Sequence {
                batch,
                tokens,
                channels,
            }
        });
        let cross = Cross {
            query,
            key,
            value,
            heads,
        };
        Self { tensors, cross }
    }

    fn values(&self) -> CrossValues<'_> {
        let [query, key, value] = self.tensors.each_ref().map(values);
        CrossValues { query, key, value }
    }

    fn forward(&self) -> (FlexTensor, Vec<f32>) {
        let (attended, log_sum) = self.cross.forward(self.values());
        let Cross { query, value, .. } = self.cross;
        let shape = [self.cross.batch(), query.tokens, value.channels];
        (tensor(attended, shape), log_sum)
    }
}

impl<C: CheckpointStrategy> AttentionOps for Autodiff<Flex, C> {
    fn fused_self_attention(
        qkv: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        kind: PositionKind,
        map: Map,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct SelfAttention;

        impl Backward<Flex, 2> for SelfAttention {
            /// The inputs, what was attended, and the logarithms of the sums of exponentials.
            type State = (Inputs, FlexTensor, Vec<f32>);

            fn backward(
                self,
                ops: Ops<Self::State, 2>,
                gradients: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let (inputs, attended, log_sum) = ops.state;
                let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
                let (of_qkv, of_padding) = inputs.map.backward(
                    values(&inputs.qkv),
                    values(&inputs.padding),
                    inputs.positions(),
                    values(&attended),
                    &log_sum,
                    values(&gradient),
                );
                let [qkv, padding] = ops.parents;
                if let Some(node) = qkv {
                    let of_qkv = tensor(of_qkv, inputs.qkv.layout().shape().dims::<4>());
                    gradients.register::<Flex>(node.id, of_qkv);
                }
                if let Some(node) = padding {
                    let of_padding =
                        tensor(of_padding, inputs.padding.layout().shape().dims::<1>());
                    gradients.register::<Flex>(node.id, of_padding);
                }
            }
        }

        let nodes = [qkv.node(), padding.node()];
        let tensors = [qkv, padding, first, second].map(|tensor| tensor.into_primitive());
        let inputs = Inputs::new(tensors, kind, map);
        let (attended, log_sum) = inputs.forward();
        match SelfAttention.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                prepared.finish((inputs, attended.clone(), log_sum), attended)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(attended),
        }
    }

    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Attention;

        impl Backward<Flex, 3> for Attention {
            /// As that of self-attention.
            type State = (CrossInputs, FlexTensor, Vec<f32>);

            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                gradients: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let (inputs, attended, log_sum) = ops.state;
                let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
                let (attended, gradient) = (values(&attended), values(&gradient));
                let parts = inputs
                    .cross
                    .backward(inputs.values(), attended, &log_sum, gradient);
                for ((parent, part), input) in
                    ops.parents.into_iter().zip(parts).zip(&inputs.tensors)
                {
                    if let Some(node) = parent {
                        let part = tensor(part, input.layout().shape().dims::<3>());
                        gradients.register::<Flex>(node.id, part);
                    }
                }
            }
        }

        let nodes = [query.node(), key.node(), value.node()];
        let tensors = [query, key, value].map(|tensor| tensor.into_primitive());
        let inputs = CrossInputs::new(tensors, heads);
        let (attended, log_sum) = inputs.forward();
        match Attention.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                prepared.finish((inputs, attended.clone(), log_sum), attended)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(attended),
        }
    }
}
