//! What the machine is, as far as it tells.

use std::fmt;

use resam_sam::speed::matrix_product_rate;
use resam_sam::{ComputeDevice, Precision};
use serde::Serialize;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The machine that resam runs on.
pub struct Machine {
    /// The operating system with its version.
    pub system: String,
    /// The processor as it names itself.
    pub processor: String,
    /// The vector instructions of the processor that resam or Burn have code for.
    pub vector_instructions: Vec<&'static str>,
    /// Cores without hyper-threads, where the system tells.
    pub cores: Option<usize>,
    /// Programs that ran or wanted to, as a mean over the last minute; none where the system does
    /// not count.
    pub load: Option<f64>,
    /// Main memory in bytes.
    pub memory: u64,
    /// Main memory in bytes that is free or can be made so.
    pub available_memory: u64,
}

impl Machine {
    /// Asks the system.
    pub fn probe() -> Self {
        let wanted = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(wanted);
        let processor = system.cpus().first().map_or("", |cpu| cpu.brand()).trim();
        Self {
            system: System::long_os_version().unwrap_or_else(|| std::env::consts::OS.into()),
            processor: if processor.is_empty() {
                "unknown".into()
            } else {
                processor.into()
            },
            vector_instructions: vector_instructions(),
            cores: System::physical_core_count(),
            load: Some(System::load_average().one).filter(|_| cfg!(unix)),
            memory: system.total_memory(),
            available_memory: system.available_memory(),
        }
    }
}

/// A device of the machine: what it is, what it computes in and how fast.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// The name that picks it.
    #[serde(rename = "device")]
    pub name: String,
    /// Processor, graphics card and the like.
    pub kind: &'static str,
    /// The model as the driver names it.
    pub model: Option<String>,
    /// Its own memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The names of the precisions that it computes in; none when it does not open.
    pub precisions: Vec<&'static str>,
    /// The rate of a matrix product of [`PRODUCT`](resam_sam::speed::PRODUCT), in GFLOP/s.
    pub matrix_product_gflops: Option<f64>,
    /// What kept it from making that product.
    pub problem: Option<String>,
}

impl DeviceReport {
    /// Opens a device and times a matrix product on it. Takes some seconds.
    pub fn probe(device: &ComputeDevice) -> Self {
        let opened = device.open();
        let precisions = match &opened {
            Ok(_) => Precision::of_device(device),
            Err(_) => Vec::new(),
        };
        let (details, rate) = match opened {
            Ok(details) => (Some(details), matrix_product_rate(&device.device)),
            Err(problem) => (None, Err(problem)),
        };
        let details = details.unwrap_or_default();
        Self {
            name: device.name.clone(),
            kind: device.kind.describe(),
            model: details.model,
            memory_bytes: details.memory,
            precisions: precisions.into_iter().map(Precision::name).collect(),
            matrix_product_gflops: rate.as_ref().ok().copied(),
            problem: rate.err(),
        }
    }
}

/// In words: `NVIDIA L4, graphics card, 22.5 GiB, f32 f16`.
impl fmt::Display for DeviceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = self
            .memory_bytes
            .map(|bytes| format!("{:.1} GiB", bytes as f64 / (1u64 << 30) as f64));
        let precisions = Some(self.precisions.join(" ")).filter(|names| !names.is_empty());
        let parts = [
            self.model.clone(),
            Some(self.kind.to_owned()),
            memory,
            precisions,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(target_arch = "x86_64")]
fn vector_instructions() -> Vec<&'static str> {
    [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512dq", is_x86_feature_detected!("avx512dq")),
        ("avx512vl", is_x86_feature_detected!("avx512vl")),
    ]
    .into_iter()
    .filter_map(|(name, found)| found.then_some(name))
    .collect()
}

#[cfg(target_arch = "aarch64")]
fn vector_instructions() -> Vec<&'static str> {
    let found = std::arch::is_aarch64_feature_detected!("neon");
    if found { vec!["neon"] } else { Vec::new() }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn vector_instructions() -> Vec<&'static str> {
    Vec::new()
}
