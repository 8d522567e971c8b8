//! What the tests of several crates share. Nothing of the product depends on it.
//!
//! Some tests need files that are too large for the repository: published weights, golden values,
//! imagery. They lie in one folder, the shared folder, with `golden/`, `weights/` and `data/` in
//! it: `../shared` beside the repository, or the folder that [`SHARED_VARIABLE`] names.
//!
//! A test that needs a file of it and does not find it is *skipped*: it prints a line and passes.
//! Where [`REQUIRE_VARIABLE`] is set, it fails instead, so that a machine that has the folder
//! cannot pass by looking in the wrong place.

use std::path::{Path, PathBuf};

/// The shared folder, if it is not `../shared` beside the repository.
pub const SHARED_VARIABLE: &str = "RESAM_SHARED";

/// A folder of golden models beside those of the shared folder, or one golden model.
pub const GOLDEN_VARIABLE: &str = "RESAM_GOLDEN";

/// Set, and neither empty nor `0`: a test that would be skipped for want of a shared file fails.
pub const REQUIRE_VARIABLE: &str = "RESAM_REQUIRE_GOLDEN";

/// The shared folder. Without it the test is skipped.
///
/// # Panics
/// If there is none, and [`REQUIRE_VARIABLE`] is set.
#[must_use]
pub fn shared_folder() -> Option<PathBuf> {
    present(shared_root())
}

/// The file or folder `name` of the shared folder, such as `data/kampala_a`. Without it the test
/// is skipped.
///
/// # Panics
/// If there is none, and [`REQUIRE_VARIABLE`] is set.
#[must_use]
pub fn shared(name: &str) -> Option<PathBuf> {
    present(shared_root().join(name))
}

/// Every golden model: a folder with `golden.json`, `golden.safetensors` and `model.safetensors`,
/// which `golden/make_golden.py` of the shared folder writes from the published PyTorch modules.
/// The first is the one that is committed; then those of the shared folder and of
/// [`GOLDEN_VARIABLE`].
///
/// # Panics
/// If there is no shared folder, and [`REQUIRE_VARIABLE`] is set.
#[must_use]
pub fn golden_folders() -> Vec<PathBuf> {
    let committed = repository().join("crates/resam-sam/tests/fixtures/golden");
    let elsewhere = [
        shared("golden"),
        std::env::var_os(GOLDEN_VARIABLE).map(PathBuf::from),
    ];
    let mut folders = golden_models_in(&committed);
    for root in elsewhere.into_iter().flatten() {
        folders.extend(golden_models_in(&root));
    }
    folders
}

/// The golden models in `root`, by name, or `root` itself if it is one.
fn golden_models_in(root: &Path) -> Vec<PathBuf> {
    let below = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = below
        .map(|entry| entry.path())
        .chain([root.to_owned()])
        .filter(|folder| {
            folder.join("golden.json").is_file() && folder.join("model.safetensors").is_file()
        })
        .collect();
    folders.sort();
    folders
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shared_root() -> PathBuf {
    std::env::var_os(SHARED_VARIABLE).map_or_else(|| repository().join("../shared"), PathBuf::from)
}

/// `path` if it is there; else nothing, and a line that says so, or a failure where it is required.
fn present(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    let missing = format!("no `{}`; set {SHARED_VARIABLE}", path.display());
    let required = std::env::var_os(REQUIRE_VARIABLE);
    assert!(
        required.is_none_or(|value| value.is_empty() || value == "0"),
        "{missing}: {REQUIRE_VARIABLE} does not let this test be skipped"
    );
    println!("skipped: {missing}");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_golden_model_comes_first() {
        let first = &golden_folders()[0];
        assert!(first.ends_with("crates/resam-sam/tests/fixtures/golden/sam_7"));
        assert!(first.join("golden.safetensors").is_file());
    }

    #[test]
    fn a_folder_that_is_a_golden_model_is_found_by_itself() {
        let model = golden_folders().swap_remove(0);
        assert_eq!(golden_models_in(&model), [model]);
        assert!(golden_models_in(Path::new("no such folder")).is_empty());
    }
}
