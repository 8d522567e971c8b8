//! Reads the pickle of a PyTorch checkpoint without running it.
//!
//! A pickle is a program for a small stack machine. This machine knows the instructions that
//! `torch.save` writes (protocols 2 to 5) and the few classes that describe tensors. It calls no
//! function: a name such as `os.system` is refused. Values refer to each other by index into flat
//! lists of limited length, so nesting and cycles need no recursion.

mod machine;

use crate::tensor::Dtype;
use machine::Machine;

/// The most values of a pickle; a checkpoint of SAM has about 20,000.
const MOST_VALUES: usize = 1 << 20;
/// Why a pickle is refused. The message completes a sentence that begins with "its pickle".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickleError {
    /// The bytes end before the STOP instruction.
    #[error("ends in the middle of an instruction")]
    UnexpectedEnd,
    /// An instruction that no state dict needs.
    #[error("has the instruction {opcode:#04x} at byte {at}, which no state dict needs")]
    UnknownInstruction {
        /// The instruction.
        opcode: u8,
        /// Its position.
        at: usize,
    },
    /// A class or function other than those that describe tensors.
    #[error("wants the class `{class}`")]
    ForbiddenClass {
        /// Module and name, shortened when long.
        class: String,
    },
    /// More values than any checkpoint has.
    #[error("makes more than {MOST_VALUES} values")]
    TooManyValues,
    /// An instruction that does not fit the values before it.
    #[error("is damaged at byte {at}: {reason}")]
    Damaged {
        /// Position in the pickle.
        at: usize,
        /// What does not fit.
        reason: &'static str,
    },
}

/// A value on the stack; compound values are indices into the lists of [`Pickle`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    None,
    Integer(i64),
    Text(&'a str),
    Tuple {
        start: usize,
        length: usize,
    },
    Dict(usize),
    Class(Class),
    Storage(usize),
    Tensor(usize),
    /// Lists, numbers and bytes whose content no tensor needs.
    Other,
}

/// The classes and functions that may be named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Class {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(Dtype),
}

/// A block of elements of one type, in a file of its own within the archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Storage<'a> {
    pub(crate) key: &'a str,
    pub(crate) dtype: Dtype,
    pub(crate) elements: usize,
}

/// A view into a storage as the pickle gives it, not checked yet.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    pub(crate) storage: Storage<'a>,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

/// The values of a pickle.
#[derive(Debug)]
pub struct Pickle<'a> {
    pub(crate) root: Value<'a>,
    pub(crate) dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    pub(crate) tensors: Vec<View<'a>>,
}

/// Reads a whole pickle.
///
/// # Errors
///
/// [`PickleError`] for anything other than tensors and plain values.
pub fn parse(bytes: &[u8]) -> Result<Pickle<'_>, PickleError> {
    let mut machine = Machine::new(bytes);
    let root = machine.run()?;
    Ok(Pickle {
        root,
        dicts: machine.dicts,
        tensors: machine.tensors,
    })
}

/// The class of a name, if it is one of the few.
fn class(module: &str, name: &str) -> Result<Class, PickleError> {
    Ok(match (module, name) {
        ("collections", "OrderedDict") => Class::OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2") => Class::RebuildTensor,
        ("torch._utils", "_rebuild_parameter") => Class::RebuildParameter,
        ("torch", "DoubleStorage") => Class::Storage(Dtype::F64),
        ("torch", "FloatStorage") => Class::Storage(Dtype::F32),
        ("torch", "HalfStorage") => Class::Storage(Dtype::F16),
        ("torch", "BFloat16Storage") => Class::Storage(Dtype::BF16),
        ("torch", "LongStorage") => Class::Storage(Dtype::I64),
        ("torch", "IntStorage") => Class::Storage(Dtype::I32),
        ("torch", "ShortStorage") => Class::Storage(Dtype::I16),
        ("torch", "CharStorage") => Class::Storage(Dtype::I8),
        ("torch", "ByteStorage") => Class::Storage(Dtype::U8),
        ("torch", "BoolStorage") => Class::Storage(Dtype::Bool),
        _ => {
            let class = module.chars().chain(['.']).chain(name.chars()).take(100);
            let class = class.flat_map(char::escape_default).collect();
            return Err(PickleError::ForbiddenClass { class });
        }
    })
}
