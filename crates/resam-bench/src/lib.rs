//! Benches of the model's parts. The workloads are the engine's (`resam::workload`); nothing of
//! the product depends on this crate.
