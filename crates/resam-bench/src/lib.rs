//! The workloads of the Segment Anything model whose times and memory matter, each a function that
//! criterion, `resam doctor --bench` and `scripts/peers.py` call alike.
//!
//! | workload | what is done |
//! |---|---|
//! | [`Workload::Encode`] | one image through the image encoder |
//! | [`Workload::DecodeOne`], [`Workload::DecodeFifty`] | prompts about one encoded image to masks at the image's own size |
//! | [`Workload::Adapt`] | forward and backward of one adaptation step on ten instances |
//!
//! Inputs are made from a seed, and so are weights where none are given ([`resam_sam::random`]):
//! neither times nor memory depend on the values. What a workload was given and what it answered
//! have names ([`NamedTensor`]), so that another program can be shown to do the same work.

mod adaptation;
mod workload;

pub use adaptation::adaptation_step;
pub use workload::{NamedTensor, Prepared, Setting, Workload};
