//! What the machine is, as far as it tells.

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
