//! Linear layers, `y = x W + b`.

mod product;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::ModuleOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, module};

use crate::flex::{tensor, values};
use crate::fused::runs_fused;
use product::{Right, product};

/// With fewer rows, packing the weight takes longer than it saves.
const FEWEST_ROWS: usize = 48;

/// `x W + b`: `x` is `[..., d_input]`, `weight` `[d_input, d_output]`, `bias` `[d_output]`; the
/// result is `[..., d_output]`. As `torch.nn.functional.linear`, with the weight transposed.
///
/// A gradient is computed only for operands that need one; a frozen weight takes no time.
pub fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    let rows: usize = x.dims()[..D - 1].iter().product();
    if rows < FEWEST_ROWS || !runs_fused(&x) || !runs_fused(&weight) {
        return module::linear(x, weight, bias);
    }
    let bias = bias.unwrap_or_else(|| Tensor::zeros([weight.dims()[1]], &weight.device()));
    Tensor::from_dispatch(<Dispatch as LinearOps>::fused_linear(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// Linear layers on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait LinearOps: Backend {
    /// See [`linear`].
    fn fused_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl LinearOps for Flex {
    fn fused_linear(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        multiply(x, weight, values(&bias.to_contiguous()), false)
    }
}

/// `x W + b`, or `x W^T + b` with `transposed`.
fn multiply(x: FlexTensor, weight: FlexTensor, bias: &[f32], transposed: bool) -> FlexTensor {
    let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
    let [rows, columns] = weight.layout().shape().dims();
    let (inner, columns) = if transposed {
        (columns, rows)
    } else {
        (rows, columns)
    };
    let right = Right {
        values: values(&weight),
        inner,
        columns,
        transposed,
    };
    let mut shape = x.layout().shape().clone();
    let last = shape.num_dims() - 1;
    shape[last] = columns;
    let out = product(values(&x), right, bias);
    let rows = out.len() / columns;
    tensor(out, [rows, columns]).reshape(shape)
}

impl<C: CheckpointStrategy> LinearOps for Autodiff<Flex, C> {
    fn fused_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Linear;

        impl Backward<Flex, 3> for Linear {
            /// The weight if the gradient of `x` is asked for, `x` if that of the weight is.
            type State = (Option<FlexTensor>, Option<FlexTensor>);

            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                gradients: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let (weight, x) = ops.state;
                let gradient = gradients.consume::<Flex>(&ops.node);
                let [of_x, of_weight, of_bias] = ops.parents;
                if let (Some(node), Some(weight)) = (of_x, weight) {
                    let of_x = multiply(gradient.clone(), weight, &[], true);
                    gradients.register::<Flex>(node.id, of_x);
                }
                if let (Some(node), Some(x)) = (of_weight, x) {
                    let of_weight =
                        <Flex as ModuleOps<Flex>>::linear_weight_backward(x, gradient.clone());
                    gradients.register::<Flex>(node.id, of_weight);
                }
                if let Some(node) = of_bias {
                    let of_bias = <Flex as ModuleOps<Flex>>::linear_bias_backward(gradient);
                    gradients.register::<Flex>(node.id, of_bias);
                }
            }
        }

        let nodes = [x.node(), weight.node(), bias.node()];
        let tracks = [x.is_tracked(), weight.is_tracked()];
        let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
        let out = Flex::fused_linear(x.clone(), weight.clone(), bias);
        match Linear.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let state = (tracks[0].then_some(weight), tracks[1].then_some(x));
                prepared.finish(state, out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
