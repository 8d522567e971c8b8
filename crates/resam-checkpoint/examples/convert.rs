//! Rewrites any checkpoint as safetensors with the published names:
//! `cargo run --example convert -- sam_vit_b.pth sam_vit_b.safetensors`

use std::path::PathBuf;

use resam_checkpoint::{Checkpoint, TensorToWrite, write_safetensors};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to)) = (paths.next(), paths.next()) else {
        return Err("usage: convert FROM TO".into());
    };
    let checkpoint = Checkpoint::open(&from)?;
    let mut tensors = Vec::new();
    for tensor in checkpoint.names().filter_map(|name| checkpoint.get(name)) {
        tensors.push(TensorToWrite {
            name: tensor.name.clone(),
            dtype: tensor.dtype,
            shape: tensor.shape.clone(),
            bytes: checkpoint.bytes(&tensor.name)?,
        });
    }
    write_safetensors(&to, &tensors, checkpoint.metadata())?;
    println!(
        "{} tensors, {} parameters",
        tensors.len(),
        checkpoint.parameters()
    );
    Ok(())
}
