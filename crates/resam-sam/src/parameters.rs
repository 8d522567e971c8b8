//! Parameters of the model from the tensors of a checkpoint.
//!
//! Every part of the model asks [`Parameters`] for tensors by their published names, so there is no
//! separate key map. Tensors that do not fit are recorded, and all of them are reported together at
//! the end.

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

/// The tensors that were requested, and those that did not fit.
struct Ledger<'a> {
    checkpoint: &'a Checkpoint,
    device: Device,
    used: RefCell<BTreeSet<String>>,
    problems: RefCell<Vec<String>>,
    names: RefCell<PublishedNames>,
}

/// The tensors of a checkpoint whose names begin with a prefix.
#[derive(Clone)]
pub struct Parameters<'a> {
    ledger: std::rc::Rc<Ledger<'a>>,
    prefix: String,
}

impl<'a> Parameters<'a> {
    /// All tensors of a checkpoint; parameters are created on `device`.
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

    /// The prefix, without the last dot.
    pub fn name(&self) -> &str {
        self.prefix.trim_end_matches('.')
    }

    /// The device on which parameters are created.
    pub fn device(&self) -> &Device {
        &self.ledger.device
    }

    /// Whether the checkpoint has a tensor `name` below the prefix.
    pub fn has(&self, name: &str) -> bool {
        self.ledger
            .checkpoint
            .get(&format!("{}{name}", self.prefix))
            .is_some()
    }

    /// The values of a tensor, row-major. `None` when it is missing or has another shape, which is
    /// recorded.
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
    /// A tensor that is missing or has another shape is recorded and replaced by a single zero, so
    /// that a false header cannot cause an allocation. [`finish`](Self::finish) then refuses the
    /// model.
    pub fn tensor<const D: usize>(&self, name: &str, shape: [usize; D]) -> Param<Tensor<D>> {
        let tensor = match self.values(name, &shape) {
            Some(values) => Tensor::from_data(TensorData::new(values, shape), self.device()),
            None => Tensor::zeros([1; D], self.device()),
        };
        let parameter = frozen(tensor);
        self.record(name, &parameter, Layout::AsItIs);
        parameter
    }

    /// The weight of a linear layer, `[d_input, d_output]`; the checkpoint holds it as `[d_output,
    /// d_input]`.
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

    /// Records that a parameter was made from the tensor `name`.
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

    /// Reports all tensors that did not fit. If all did, returns which tensor became which
    /// parameter.
    ///
    /// # Errors
    /// [`SamError::Mismatch`] with a line for each tensor that is missing, left over or of another
    /// shape (at most 20 lines).
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
/// Automatic differentiation treats it as a constant, even on a device with automatic
/// differentiation. What depends on frozen parameters alone is computed without a graph.
pub fn frozen<const D: usize>(tensor: Tensor<D>) -> Param<Tensor<D>> {
    Param::from_tensor(tensor.without_autodiff()).set_require_grad(false)
}

/// Transposes a matrix in blocks that fit the cache.
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
