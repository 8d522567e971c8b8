//! Files beside a raster that belong to it by their name.

use std::io::Read;
use std::path::{Path, PathBuf};

use fs_err::File;

/// The file of the raster's whole name and an ending, if there is one. A folder or a pipe of that
/// name is none.
pub(crate) fn beside(path: &Path, ending: &str) -> Option<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    let file = PathBuf::from(name);
    file.is_file().then_some(file)
}

/// The bytes of a file, unless it has more than `most`.
pub(crate) fn read_at_most(path: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Whether a file belongs to the raster beside it: its mask, its overviews, or what GDAL says of
/// it.
pub fn is_side_file(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let endings = [".aux.xml", ".msk", ".ovr"];
    let raster = endings.iter().find_map(|ending| name.strip_suffix(ending));
    raster.is_some_and(|raster| Path::new(raster).is_file())
}
