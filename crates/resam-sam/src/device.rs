//! The devices that a network can run on: the CPU in every build, and GPUs where the build has
//! one of the features `cuda`, `vulkan` and `metal`.
//!
//! A GPU is named by its interface and its number there, `vulkan:0`; `vulkan` alone is the first.
//! Listing the devices does not open them.

use burn::tensor::Device;

use crate::error::SamError;

/// The interfaces that GPUs are reached through, best first, and whether this build has them.
const INTERFACES: [(&str, bool); 3] = [
    ("cuda", cfg!(feature = "cuda")),
    ("metal", cfg!(feature = "metal")),
    ("vulkan", cfg!(feature = "vulkan")),
];

/// The kind of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The CPU, through Burn's own kernels and those of `resam-ops`.
    Cpu,
    /// A graphics card.
    DiscreteGpu,
    /// A GPU that shares the memory of the CPU.
    IntegratedGpu,
    /// A GPU, or a part of one, assigned to a virtual machine.
    VirtualGpu,
    /// A GPU interface that computes on the CPU, such as Mesa's lavapipe; for tests.
    Software,
}

impl DeviceKind {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::DiscreteGpu => "GPU",
            Self::IntegratedGpu => "integrated GPU",
            Self::VirtualGpu => "virtual GPU",
            Self::Software => "software on the CPU",
        }
    }
}

/// A device that a network can run on.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    /// The interface and the number of the device: `cpu`, `cuda:0`.
    pub name: String,
    /// The kind of the device.
    pub kind: DeviceKind,
    /// The device as Burn takes it.
    pub device: Device,
}

/// What the driver of an opened device reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceDetails {
    /// As its driver names it.
    pub model: Option<String>,
    /// The memory of the device in bytes, if the driver reports it.
    pub memory: Option<u64>,
}

impl ComputeDevice {
    /// The CPU.
    pub fn cpu() -> Self {
        Self {
            name: "cpu".into(),
            kind: DeviceKind::Cpu,
            device: Device::flex(),
        }
    }

    /// Finds a device by name: `auto`, `cpu`, or an interface with or without a number, such as
    /// `cuda:1`.
    ///
    /// `auto` is the first of these that can be opened: the first CUDA device, the first Metal
    /// device, the first graphics card of Vulkan, the CPU. A named device is opened too, so that a
    /// broken driver is found before the work starts.
    ///
    /// # Errors
    /// [`SamError::Device`] when the name is not valid, this build does not have the interface, the
    /// machine does not have the device, or the driver does not work.
    pub fn find(name: &str) -> Result<Self, SamError> {
        if name == "auto" {
            let best = devices().into_iter().skip(1).find(|one| {
                let computes = match one.kind {
                    DeviceKind::DiscreteGpu => true,
                    // Memory shared with the CPU is Metal's rule and no drawback there.
                    DeviceKind::IntegratedGpu => one.name.starts_with("metal"),
                    DeviceKind::Cpu | DeviceKind::VirtualGpu | DeviceKind::Software => false,
                };
                computes && one.open().is_ok()
            });
            return Ok(best.unwrap_or_else(Self::cpu));
        }
        if name == "cpu" {
            return Ok(Self::cpu());
        }
        let refused = |reason: String, hint: String| SamError::Device {
            name: name.into(),
            reason,
            hint,
        };
        let (interface, number) = name.split_once(':').unwrap_or((name, "0"));
        let known = INTERFACES.iter().find(|(known, _)| *known == interface);
        let (Some(&(interface, built)), Ok(number)) = (known, number.parse::<u16>()) else {
            return Err(refused(
                "a device is `auto`, `cpu`, `cuda:N`, `vulkan:N` or `metal:N`".into(),
                "the device `cpu` runs everywhere; `resam doctor` lists the devices".into(),
            ));
        };
        if !built {
            let here: Vec<&str> = INTERFACES
                .iter()
                .filter_map(|&(name, built)| built.then_some(name))
                .collect();
            return Err(refused(
                format!(
                    "this build has cpu{}",
                    here.iter()
                        .map(|name| format!(", {name}"))
                        .collect::<String>()
                ),
                format!(
                    "a build with the feature `{interface}` has it; the device `cpu` runs everywhere"
                ),
            ));
        }
        let name = format!("{interface}:{number}");
        let devices = devices();
        let Some(found) = devices.iter().find(|one| one.name == name) else {
            let names: Vec<&str> = devices.iter().map(|one| one.name.as_str()).collect();
            return Err(refused(
                format!("this machine has {}", names.join(", ")),
                "a GPU that is missing here has no driver installed; `resam doctor` says more"
                    .into(),
            ));
        };
        match found.open() {
            Ok(_) => Ok(found.clone()),
            Err(reason) => Err(refused(
                format!("its driver does not open it: {reason}"),
                "the device `cpu` runs everywhere".into(),
            )),
        }
    }

    /// Opens the device and returns what its driver reports.
    ///
    /// # Errors
    /// The message of the driver.
    pub fn open(&self) -> Result<DeviceDetails, String> {
        #[cfg(any(feature = "cuda", feature = "vulkan", feature = "metal"))]
        if self.kind != DeviceKind::Cpu {
            return gpu::open(&self.device);
        }
        Ok(DeviceDetails::default())
    }
}

/// Every device of this build on this machine: the CPU first, then the best interface first.
pub fn devices() -> Vec<ComputeDevice> {
    #[allow(unused_mut, reason = "the default build has the CPU alone")]
    let mut devices = vec![ComputeDevice::cpu()];
    #[cfg(feature = "cuda")]
    devices.extend(gpu::list("cuda", burn::tensor::DeviceType::Cuda));
    #[cfg(feature = "metal")]
    devices.extend(gpu::list("metal", burn::tensor::DeviceType::Metal));
    #[cfg(feature = "vulkan")]
    devices.extend(gpu::list("vulkan", burn::tensor::DeviceType::Vulkan));
    devices
}

/// What only builds with a GPU interface have.
#[cfg(any(feature = "cuda", feature = "vulkan", feature = "metal"))]
mod gpu {
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
    use std::sync::{Arc, Mutex, OnceLock, PoisonError};

    #[cfg(any(feature = "vulkan", feature = "metal"))]
    use burn::backend::WgpuDeviceKind;
    use burn::backend::{CubeDevice, DispatchDevice};
    use burn::tensor::{Device, DeviceType, Tensor};

    use super::{ComputeDevice, DeviceDetails, DeviceKind};

    /// The devices of an interface, in the order of their numbers.
    pub(super) fn list(interface: &str, of: DeviceType) -> Vec<ComputeDevice> {
        let found = quietly(|| Device::enumerate(of).into_vec()).unwrap_or_default();
        found
            .into_iter()
            .enumerate()
            .map(|(number, device)| ComputeDevice {
                name: format!("{interface}:{number}"),
                kind: kind(&device),
                device,
            })
            .collect()
    }

    fn kind(device: &Device) -> DeviceKind {
        match device.as_dispatch() {
            #[cfg(any(feature = "vulkan", feature = "metal"))]
            DispatchDevice::Cube(CubeDevice::Wgpu(device)) => match device.kind {
                WgpuDeviceKind::IntegratedGpu(_) => DeviceKind::IntegratedGpu,
                WgpuDeviceKind::VirtualGpu(_) | WgpuDeviceKind::Other(_) => DeviceKind::VirtualGpu,
                WgpuDeviceKind::Cpu => DeviceKind::Software,
                _ => DeviceKind::DiscreteGpu,
            },
            _ => DeviceKind::DiscreteGpu,
        }
    }

    /// Opens a device and has it add two numbers: a driver may be there and its compiler not.
    pub(super) fn open(device: &Device) -> Result<DeviceDetails, String> {
        quietly(|| {
            let DispatchDevice::Cube(cube) = device.as_dispatch() else {
                return DeviceDetails::default();
            };
            let client = CubeDevice::client(cube);
            let sum = Tensor::<1>::ones([2], device).sum();
            assert_eq!(sum.into_scalar::<f32>(), 2.0, "1 + 1 is not 2 on it");
            let properties = client.properties();
            DeviceDetails {
                model: Some(properties.identity.name.clone()),
                memory: properties.memory.max_memory(),
            }
        })
    }

    /// The result of `work`, or the message of the first panic on any thread: the crates of the
    /// drivers panic when a device cannot be opened. The panic is not printed.
    fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
        // One at a time, or the hooks of two would be put back in the wrong order.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let first = Arc::new(OnceLock::new());
        let hook = take_hook();
        set_hook(Box::new({
            let first = first.clone();
            move |panic| {
                let text = panic.payload_as_str().unwrap_or("it gave no reason");
                let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                // Later panics follow from the first.
                let _ = first.set(line);
            }
        }));
        let outcome = catch_unwind(AssertUnwindSafe(work));
        set_hook(hook);
        outcome.map_err(|_| first.get().cloned().unwrap_or_default())
    }
}
