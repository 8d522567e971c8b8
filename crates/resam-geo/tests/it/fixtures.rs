//! The files of `tests/fixtures`, and the formula of their values, as `make.py` states it.

use std::path::{Path, PathBuf};

use resam_geo::{Raster, SampleKind, Window};

/// Size of most fixtures.
pub(crate) const WIDTH: u32 = 37;
pub(crate) const HEIGHT: u32 = 29;

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

pub(crate) fn open(name: &str) -> Raster {
    Raster::open(fixture(&format!("{name}.tif"))).unwrap()
}

/// The value of a sample; the band counts from 0.
pub(crate) fn value(kind: SampleKind, x: u32, y: u32, band: u32) -> f64 {
    let small = f64::from((7 * x + 13 * y + 31 * band) % 251);
    let large = f64::from((701 * x + 1303 * y + 3001 * band) % 65521);
    match kind {
        SampleKind::U8 => small,
        SampleKind::I8 => small - 125.0,
        SampleKind::U16 => large,
        SampleKind::I16 => large - 32760.0,
        SampleKind::U32 => 65537.0 * large,
        SampleKind::I32 => 65537.0 * large - 2_147_483_648.0,
        SampleKind::U64 => 281_479_271_743_489.0 * large,
        SampleKind::I64 => 1e9 * large - 3e13,
        SampleKind::F32 => f64::from((large / 8.0 - 1000.0) as f32),
        SampleKind::F64 => large / 7.0 - 1000.0,
    }
}

pub(crate) fn window(x: i64, y: i64, width: u32, height: u32) -> Window {
    Window {
        x,
        y,
        width,
        height,
    }
}

/// All TIFFs of the folder.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs_err::read_dir(fixture(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tif"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs_err::read(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(files.len() > 40, "{} fixtures", files.len());
    files
}
