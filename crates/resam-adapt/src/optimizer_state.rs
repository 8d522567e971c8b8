//! The state of an optimizer as tensors and numbers. What comes from a file is checked against the
//! model before Burn sees it.

use std::collections::{BTreeMap, BTreeSet};

use burn::optim::ModuleOptimizer;
use burn::tensor::{Bytes, DType};
use burn_pack::{Reader, Scalar, Tensor, Writer};
use resam_sam::SamError;
use serde::{Deserialize, Serialize};

use crate::read::or_failed;
use crate::trained::Trained;

/// Burn's name of the number of a parameter's dimensions.
const RANK: &str = "__rank";

/// A number of the state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating point number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
}

/// The state of an optimizer: moments and counts. Names begin with the number of the parameter and
/// a dot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptimizerState {
    /// The tensors by name, with their shapes.
    pub tensors: Trained,
    /// The numbers by name.
    pub numbers: BTreeMap<String, Number>,
}

impl OptimizerState {
    /// The state of an optimizer.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device does not give the values.
    pub(crate) fn of(optimizer: &ModuleOptimizer) -> Result<Self, SamError> {
        let reader = or_failed(Reader::from_bytes(or_failed(optimizer.into_bytes())?))?;
        let number = |scalar: &Scalar| match *scalar {
            Scalar::Int(value) => Number::Int(value),
            Scalar::UInt(value) => Number::UInt(value),
            Scalar::Float(value) => Number::Float(value),
            Scalar::Bool(value) => Number::Bool(value),
        };
        let numbers = reader.scalars().iter();
        let numbers = numbers.map(|(name, scalar)| (name.clone(), number(scalar)));
        let mut state = Self {
            tensors: Trained::new(),
            numbers: numbers.collect(),
        };
        for tensor in or_failed(reader.into_tensors())? {
            let (name, dtype, shape, _, bytes) = or_failed(tensor.into_parts())?;
            if dtype != DType::F32 {
                return or_failed(Err(format!("`{name}` of the optimizer is {dtype:?}")));
            }
            let values = bytes.as_chunks().0.iter().copied().map(f32::from_le_bytes);
            state
                .tensors
                .insert(name, (shape.to_vec(), values.collect()));
        }
        Ok(state)
    }

    /// Gives the state to an optimizer that has none, of a model whose trained parameters have
    /// these numbers and shapes.
    ///
    /// # Errors
    /// What of the state does not fit.
    pub(crate) fn restore(
        &self,
        fresh: ModuleOptimizer,
        parameters: &BTreeMap<u64, Vec<usize>>,
    ) -> Result<ModuleOptimizer, String> {
        if self.tensors.is_empty() && self.numbers.is_empty() {
            return Ok(fresh);
        }
        self.check(parameters)?;
        let tensors = self.tensors.iter().map(|(name, (shape, values))| {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes());
            let bytes = Bytes::from_bytes_vec(bytes.collect());
            let number = parted(name).map(|(number, _)| number);
            Tensor::new(name.clone(), DType::F32, shape.clone(), number, bytes)
        });
        let scalar = |number: Number| match number {
            Number::Int(value) => Scalar::Int(value),
            Number::UInt(value) => Scalar::UInt(value),
            Number::Float(value) => Scalar::Float(value),
            Number::Bool(value) => Scalar::Bool(value),
        };
        let numbers = self.numbers.iter();
        let writer = numbers.fold(Writer::new(tensors.collect()), |writer, (name, number)| {
            writer.with_scalar(name, scalar(*number))
        });
        let bytes = writer.into_bytes().map_err(|error| error.to_string())?;
        let read = fresh.from_bytes(bytes).map_err(|error| error.to_string())?;
        // Burn passes over what it does not know.
        match Self::of(&read) {
            Ok(taken) if taken == *self => Ok(read),
            _ => Err("the state of its optimizer is not whole".to_owned()),
        }
    }

    /// Checks that each name belongs to a parameter and has its shape, and that all parameters
    /// have the same fields.
    fn check(&self, parameters: &BTreeMap<u64, Vec<usize>>) -> Result<(), String> {
        let foreign = |name: &str| format!("`{name}` of its optimizer fits no parameter");
        let mut fields: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
        for (name, (shape, values)) in &self.tensors {
            let (number, field) = parted(name).ok_or_else(|| foreign(name))?;
            let fits = parameters.get(&number) == Some(shape);
            if !fits || shape.iter().product::<usize>() != values.len() {
                return Err(foreign(name));
            }
            fields.entry(number).or_default().insert(field);
        }
        for (name, value) in &self.numbers {
            let (number, field) = parted(name).ok_or_else(|| foreign(name))?;
            let shape = parameters.get(&number).ok_or_else(|| foreign(name))?;
            let rank = shape.len() as u64;
            if field == RANK && *value != Number::UInt(rank) && *value != Number::Int(rank as i64) {
                return Err(format!("`{name}` of its optimizer is not {rank}"));
            }
            fields.entry(number).or_default().insert(field);
        }
        let mut sets = fields.values();
        let first = sets.next();
        if sets.all(|set| Some(set) == first) && first.is_some_and(|set| set.contains(RANK)) {
            Ok(())
        } else {
            Err("the state of its optimizer is not whole".to_owned())
        }
    }
}

/// The number of the parameter, and the field.
fn parted(name: &str) -> Option<(u64, &str)> {
    let (number, field) = name.split_once('.')?;
    Some((number.parse().ok()?, field))
}
