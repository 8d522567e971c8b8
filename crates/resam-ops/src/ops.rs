//! The trait that Burn dispatches on: plain operations unless a backend has better.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

use crate::gelu::{gelu_backward_flex, gelu_flex};

/// The operations of this crate on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub trait SamOps: Backend {
    /// `x Phi(x)`.
    fn sam_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::gelu(x)
    }

    /// `grad (Phi(x) + x phi(x))`.
    fn sam_gelu_backward(x: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::gelu_backward(x, grad)
    }
}

impl SamOps for Flex {
    fn sam_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        gelu_flex(x)
    }

    fn sam_gelu_backward(x: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self> {
        gelu_backward_flex(x, grad)
    }
}

impl<B: SamOps, C: CheckpointStrategy> SamOps for Autodiff<B, C> {
    fn sam_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Gelu;

        impl<B: SamOps> Backward<B, 1> for Gelu {
            type State = NodeId;

            fn backward(
                self,
                ops: Ops<Self::State, 1>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let x = checkpointer.retrieve_node_output(ops.state);
                unary::<B, _>(ops.parents, ops.node, gradients, |gradient| {
                    B::sam_gelu_backward(x, gradient)
                });
            }
        }

        match Gelu.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = prepared.checkpoint(&x);
                prepared.finish(state, B::sam_gelu(x.primitive().clone()))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::sam_gelu(x.primitive().clone())),
        }
    }
}
