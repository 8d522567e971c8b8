//! The published name and layout of each parameter of a loaded model. With these, a model that was
//! trained whole is written as a checkpoint of the same form as the one that was read.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use resam_checkpoint::TensorToWrite;

use crate::sam::Sam;
use crate::tiny_vit::BATCH_NORM_EPSILON;

/// The layout of a parameter in a checkpoint, relative to that in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The published layout.
    AsItIs,
    /// `[d_input, d_output]` here, `[d_output, d_input]` there.
    Transposed,
    /// `[kernel, kernel, channels_in, channels_out]` here, `[channels_out, channels_in, kernel,
    /// kernel]` there.
    Convolution,
    /// As `Convolution`, followed by a batch norm in the checkpoint, which is folded into the
    /// convolution here.
    ConvolutionBeforeNorm,
    /// The shift of such a batch norm.
    ShiftOfNorm,
    /// `[2, 2, channels_in, channels_out]` here, `[channels_in, channels_out, 2, 2]` there.
    TransposedConvolution,
}

/// The published name and the layout of every parameter of one model.
#[derive(Debug, Clone, Default)]
pub struct PublishedNames(HashMap<ParamId, (String, Layout)>);

impl PublishedNames {
    pub(crate) fn insert(&mut self, id: ParamId, name: String, layout: Layout) {
        self.0.insert(id, (name, layout));
    }

    /// The published name of a parameter.
    pub fn get(&self, id: ParamId) -> Option<&str> {
        self.0.get(&id).map(|(name, _)| name.as_str())
    }

    /// Every tensor of the model with its published name and layout, in `f32`. Adapters are left
    /// out. Batch norms that were folded into convolutions become norms that only add a shift.
    pub fn tensors(&self, sam: &Sam) -> Vec<TensorToWrite<'static>> {
        let mut collected = Collected {
            names: self,
            tensors: Vec::new(),
        };
        sam.visit(&mut collected);
        collected.tensors
    }
}

struct Collected<'a> {
    names: &'a PublishedNames,
    tensors: Vec<TensorToWrite<'static>>,
}

impl Collected<'_> {
    fn push(&mut self, name: String, shape: &[usize], values: &[f32]) {
        self.tensors
            .push(TensorToWrite::from_f32(name, shape, values));
    }
}

impl ModuleVisitor for Collected<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some((name, layout)) = self.names.0.get(&param.id) else {
            return;
        };
        let tensor = param.val().without_autodiff();
        let dims = tensor.dims().to_vec();
        // A float tensor of the CPU or brought from a GPU always is readable as f32.
        let values: Vec<f32> = tensor
            .into_data_as::<f32>()
            .try_into_vec()
            .unwrap_or_default();
        match layout {
            Layout::AsItIs => self.push(name.clone(), &dims, &values),
            Layout::Transposed => {
                let values = permuted(&values, &dims, &[1, 0]);
                self.push(name.clone(), &[dims[1], dims[0]], &values);
            }
            Layout::Convolution | Layout::ConvolutionBeforeNorm => {
                let shape = [dims[3], dims[2], dims[0], dims[1]];
                let mut values = permuted(&values, &dims, &[3, 2, 0, 1]);
                if *layout == Layout::ConvolutionBeforeNorm {
                    // Folding divides by the norm's deviation, that of a variance of one.
                    let deviation = (1.0 + BATCH_NORM_EPSILON).sqrt();
                    for value in &mut values {
                        *value = (f64::from(*value) * deviation) as f32;
                    }
                }
                self.push(name.clone(), &shape, &values);
            }
            Layout::ShiftOfNorm => {
                self.push(name.clone(), &dims, &values);
                let norm = name.trim_end_matches("bias");
                for (field, value) in [("weight", 1.0), ("running_mean", 0.0), ("running_var", 1.0)]
                {
                    let constant = vec![value; values.len()];
                    self.push(format!("{norm}{field}"), &dims, &constant);
                }
            }
            Layout::TransposedConvolution => {
                let shape = [dims[2], dims[3], dims[0], dims[1]];
                let values = permuted(&values, &dims, &[2, 3, 0, 1]);
                self.push(name.clone(), &shape, &values);
            }
        }
    }
}

/// The values of a tensor with its axes in another order: axis `i` of the result is axis
/// `order[i]`.
fn permuted(values: &[f32], dims: &[usize], order: &[usize]) -> Vec<f32> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    let sizes: Vec<usize> = order.iter().map(|&axis| dims[axis]).collect();
    let steps: Vec<usize> = order.iter().map(|&axis| strides[axis]).collect();
    let mut place = vec![0; order.len()];
    let mut permuted = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let from: usize = place.iter().zip(&steps).map(|(at, step)| at * step).sum();
        permuted.push(values[from]);
        for axis in (0..place.len()).rev() {
            place[axis] += 1;
            if place[axis] < sizes[axis] {
                break;
            }
            place[axis] = 0;
        }
    }
    permuted
}
