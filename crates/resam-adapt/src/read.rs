//! Values of tensors, read back from the device.
//!
//! Work on a GPU is queued: a failure is reported when a value is read. A read that fails
//! is [`SamError::Failed`], never an empty list.

use burn::tensor::Tensor;
use resam_sam::SamError;

/// The values of a tensor, row-major.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, SamError> {
    #[cfg(test)]
    lost_device::check()?;
    or_failed(tensor.try_into_vec_as::<f32>())
}

/// The value of a tensor that has one.
pub(crate) fn value(tensor: &Tensor<1>) -> Result<f64, SamError> {
    #[cfg(test)]
    lost_device::check()?;
    or_failed(tensor.clone().try_into_scalar::<f32>()).map(f64::from)
}

/// A failure of the device, from whatever it is reported by.
pub(crate) fn or_failed<T, E: std::fmt::Display>(read: Result<T, E>) -> Result<T, SamError> {
    read.map_err(|error| SamError::Failed(error.to_string()))
}

/// A device that gives no value back, for tests.
#[cfg(test)]
pub(crate) mod lost_device {
    use std::cell::Cell;

    use resam_sam::SamError;

    thread_local! {
        static READS_LEFT: Cell<Option<u64>> = const { Cell::new(None) };
    }

    /// Loses the device of this thread after so many more reads; `None` brings it back.
    pub(crate) fn after(reads: Option<u64>) {
        READS_LEFT.set(reads);
    }

    pub(super) fn check() -> Result<(), SamError> {
        match READS_LEFT.get() {
            Some(0) => Err(SamError::Failed("it was lost".to_owned())),
            left => {
                READS_LEFT.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    #[test]
    fn what_is_read_is_the_values_and_a_failed_read_is_a_failed_device() {
        let tensor = Tensor::<1>::from_floats([1.5, -2.0], &Device::flex());
        assert_eq!(values(tensor.clone()).expect("values"), [1.5, -2.0]);
        assert_eq!(value(&tensor.slice(1..2)).expect("a value"), -2.0);
        let refused = TensorData::from([1i64, 2]).try_into_vec::<f32>();
        let Err(SamError::Failed(reason)) = or_failed(refused) else {
            panic!("whole numbers are not broken ones");
        };
        assert!(!reason.is_empty());
    }
}
