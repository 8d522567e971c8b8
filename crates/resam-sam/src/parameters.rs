//! From the tensors of a checkpoint to the parameters of the model.
//!
//! Every part of the model is built by asking [`Parameters`] for tensors by the published names,
//! so there is no key map to keep true. What does not fit is written down and reported at once,
//! with every tensor named, rather than at the first one.

use std::cell::RefCell;
use std::collections::BTreeSet;

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use resam_checkpoint::Checkpoint;

use crate::error::SamError;
use crate::names::{Layout, PublishedNames};

/// Tensors that published checkpoints carry and no forward pass reads: MobileSAM's classifier,
/// counters of batch norms, and buffers that are recomputed.
const UNUSED: [&str; 7] = [
    "image_encoder.norm_head.",
    "image_encoder.head.",
    ".num_batches_tracked",
    ".attention_bias_idxs",
    ".attn.ab",
    "pixel_mean",
    "pixel_std",
];

/// What was asked for so far and what did not fit.
struct Ledger<'a> {
    checkpoint: &'a Checkpoint,
    device: Device,
    used: RefCell<BTreeSet<String>>,
    problems: RefCell<Vec<String>>,
    names: RefCell<PublishedNames>,
}

/// A place in a checkpoint: all tensors whose names begin with a prefix.
#[derive(Clone)]
pub struct Parameters<'a> {
    ledger: std::rc::Rc<Ledger<'a>>,
    prefix: String,
}

impl<'a> Parameters<'a> {
    /// The whole of a checkpoint; tensors are made on `device`.
    pub fn new(checkpoint: &'a Checkpoint, device: &Device) -> Self {
        let ledger = Ledger {
            checkpoint,
            device: device.clone(),
            used: RefCell::default(),
            problems: RefCell::default(),
            names: RefCell::default(),
        };
        Self {
            ledger: std::rc::Rc::new(ledger),
            prefix: String::new(),
        }
    }

    /// The tensors below `name`, which may hold dots: `at("blocks.3")`.
    pub fn at(&self, name: impl AsRef<str>) -> Self {
        let prefix = format!("{}{}.", self.prefix, name.as_ref());
        Self {
            ledger: self.ledger.clone(),
            prefix,
        }
    }

    /// The published name of this place.
    pub fn name(&self) -> &str {
        self.prefix.trim_end_matches('.')
    }

    /// The device that tensors are made on.
    pub fn device(&self) -> &Device {
        &self.ledger.device
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.ledger
            .checkpoint
            .get(&format!("{}{name}", self.prefix))
            .is_some()
    }

    /// The values of a tensor, row-major; `None`, written down, when it is missing or misshapen.
    pub fn values(&self, name: &str, shape: &[usize]) -> Option<Vec<f32>> {
        let full = format!("{}{name}", self.prefix);
        let Some(info) = self.ledger.checkpoint.get(&full) else {
            self.problem(format!("missing tensor `{full}` of shape {shape:?}"));
            return None;
        };
        self.ledger.used.borrow_mut().insert(full.clone());
        if info.shape != shape {
            self.problem(format!(
                "tensor `{full}` has shape {:?}, not {shape:?}",
                info.shape
            ));
            return None;
        }
        match self.ledger.checkpoint.read_f32(&full) {
            Ok(values) => Some(values),
            Err(error) => {
                self.problem(error.to_string());
                None
            }
        }
    }

    /// A frozen parameter of exactly this shape.
    ///
    /// What is missing is replaced by a single zero, never by what the file says it should be, so
    /// that a lying header allocates nothing; [`finish`](Self::finish) then refuses the model.
    pub fn tensor<const D: usize>(&self, name: &str, shape: [usize; D]) -> Param<Tensor<D>> {
        let tensor = match self.values(name, &shape) {
            Some(values) => Tensor::from_data(TensorData::new(values, shape), self.device()),
            None => Tensor::zeros([1; D], self.device()),
        };
        let parameter = frozen(tensor);
        self.record(name, &parameter, Layout::AsItIs);
        parameter
    }

    /// The weight of a linear layer, stored `[d_output, d_input]`, as `[d_input, d_output]`.
    pub fn linear_weight(&self, d_input: usize, d_output: usize) -> Param<Tensor<2>> {
        let tensor = match self.values("weight", &[d_output, d_input]) {
            Some(values) => {
                let values = transposed(&values, d_output, d_input);
                Tensor::from_data(TensorData::new(values, [d_input, d_output]), self.device())
            }
            None => Tensor::zeros([1; 2], self.device()),
        };
        let parameter = frozen(tensor);
        self.record("weight", &parameter, Layout::Transposed);
        parameter
    }

    /// Writes down that a parameter was made of the tensor `name`.
    pub(crate) fn record<const D: usize>(
        &self,
        name: &str,
        parameter: &Param<Tensor<D>>,
        layout: Layout,
    ) {
        let full = format!("{}{name}", self.prefix);
        let mut names = self.ledger.names.borrow_mut();
        names.insert(parameter.id, full, layout);
    }

    /// Reports everything that did not fit; if all did, says which tensor became which parameter.
    ///
    /// # Errors
    /// [`SamError::Mismatch`] with a line for each missing, misshapen or left-over tensor.
    pub fn finish(self) -> Result<PublishedNames, SamError> {
        let checkpoint = self.ledger.checkpoint;
        let mut problems = self.ledger.problems.take();
        let used = self.ledger.used.borrow();
        for name in checkpoint.names() {
            if !used.contains(name) && !UNUSED.iter().any(|unused| name.contains(unused)) {
                let shape = checkpoint.get(name).map(|info| info.shape.clone());
                problems.push(format!(
                    "extra tensor `{name}` of shape {:?} that the model has no place for",
                    shape.unwrap_or_default()
                ));
            }
        }
        if problems.is_empty() {
            return Ok(self.ledger.names.take());
        }
        const SHOWN: usize = 20;
        let left = problems.len().saturating_sub(SHOWN);
        problems.truncate(SHOWN);
        if left > 0 {
            problems.push(format!("and {left} more"));
        }
        Err(SamError::Mismatch {
            path: checkpoint.path().to_path_buf(),
            problems,
        })
    }

    fn problem(&self, line: String) {
        self.ledger.problems.borrow_mut().push(line);
    }
}

/// A parameter that does not train.
///
/// It takes no part in automatic differentiation, even on a device that has it: what depends on
/// frozen parameters alone is computed without a graph, and beside a parameter that trains a frozen
/// one is a constant.
pub fn frozen<const D: usize>(tensor: Tensor<D>) -> Param<Tensor<D>> {
    Param::from_tensor(tensor.without_autodiff()).set_require_grad(false)
}

/// Rows to columns, in blocks that fit the cache.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let mut out = vec![0.0; values.len()];
    for row_block in (0..rows).step_by(BLOCK) {
        for column_block in (0..columns).step_by(BLOCK) {
            for row in row_block..(row_block + BLOCK).min(rows) {
                for column in column_block..(column_block + BLOCK).min(columns) {
                    out[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
    out
}
