//! What the tests against golden values share: the device, and comparing tensors.

use std::path::Path;
use std::sync::OnceLock;

use burn::tensor::{Device, Tensor, TensorData};
use resam_checkpoint::Checkpoint;
use resam_sam::ComputeDevice;

/// The device of `RESAM_DEVICE`, named as `--device` takes it; else the CPU.
pub(crate) fn compute_device() -> ComputeDevice {
    static DEVICE: OnceLock<ComputeDevice> = OnceLock::new();
    let found = DEVICE.get_or_init(|| {
        let name = std::env::var("RESAM_DEVICE").unwrap_or_else(|_| "cpu".into());
        let found = ComputeDevice::find(&name).unwrap_or_else(|error| panic!("{error}"));
        println!("on {}: {:?}", found.name, found.open());
        found
    });
    found.clone()
}

/// The same as Burn takes it.
pub(crate) fn device() -> Device {
    compute_device().device
}

/// Golden tensors by name.
pub(crate) struct Golden(pub(crate) Checkpoint);

impl Golden {
    pub(crate) fn open(folder: &Path) -> Self {
        Self(Checkpoint::open(&folder.join("golden.safetensors")).expect("golden values open"))
    }

    pub(crate) fn shape(&self, name: &str) -> Vec<usize> {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no golden `{name}`"))
            .shape
            .clone()
    }

    /// Values of a float or byte tensor.
    pub(crate) fn values(&self, name: &str) -> Vec<f32> {
        self.shape(name);
        self.0.read_f32(name).unwrap_or_else(|_| {
            self.0
                .bytes(name)
                .expect("bytes")
                .iter()
                .map(|&byte| f32::from(byte))
                .collect()
        })
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.shape(name);
        self.0.bytes(name).expect("bytes").to_vec()
    }

    pub(crate) fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.values(name), self.shape(name)), device)
    }
}

pub(crate) fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().try_to_vec().expect("f32 values")
}

/// `|a - b| / |b|` in the Euclidean norm.
pub(crate) fn relative_error(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "numbers of values differ");
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(
        &mut ours
            .iter()
            .zip(theirs)
            .map(|(&a, &b)| f64::from(a) - f64::from(b)),
    );
    difference / norm(&mut theirs.iter().map(|&b| f64::from(b))).max(f64::MIN_POSITIVE)
}

/// Collects comparisons, prints the worst of each, and fails once with all that are out of bounds.
#[derive(Default)]
pub(crate) struct Report {
    failures: Vec<String>,
    pub(crate) compared: usize,
}

impl Report {
    pub(crate) fn close(&mut self, what: &str, ours: &[f32], theirs: &[f32], tolerance: f64) {
        let error = relative_error(ours, theirs);
        self.compared += 1;
        println!("{what:40} relative error {error:.2e}");
        if error.is_nan() || error > tolerance {
            self.failures.push(format!(
                "{what}: relative error {error:.3e} above {tolerance:.0e}"
            ));
        }
    }

    /// The share of pixels on the same side of zero.
    pub(crate) fn same_masks(&mut self, what: &str, ours: &[f32], theirs: &[bool], least: f64) {
        assert_eq!(ours.len(), theirs.len(), "{what}: sizes differ");
        let equal = ours
            .iter()
            .zip(theirs)
            .filter(|&(&a, &b)| (a > 0.0) == b)
            .count();
        let share = equal as f64 / ours.len() as f64;
        self.compared += 1;
        println!("{what:40} equal pixels {share:.6}");
        if share < least {
            self.failures.push(format!(
                "{what}: {share:.5} of the pixels equal, below {least}"
            ));
        }
    }

    pub(crate) fn finish(self) {
        assert!(self.failures.is_empty(), "\n{}", self.failures.join("\n"));
    }
}
