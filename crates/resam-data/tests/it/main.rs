//! What this crate promises, as statements.

mod coco;
mod dataset;
mod draws;
mod layouts;
mod real_data;

use std::path::{Path, PathBuf};

/// Writes a file below the folder, making the folders on the way.
fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(&path, bytes).unwrap();
    path
}

/// Writes a grey image below the folder, in the format of its extension.
fn write_image(
    folder: &Path,
    name: &str,
    (width, height): (u32, u32),
    pixel: impl Fn(u32, u32) -> u8,
) -> PathBuf {
    let path = write(folder, name, "");
    image::GrayImage::from_fn(width, height, |x, y| image::Luma([pixel(x, y)]))
        .save(&path)
        .unwrap();
    path
}
