//! No output is an input, by any path.

use std::path::PathBuf;

use resam_files::{FileError, check_apart};

/// A folder with the file `scene.tif` and a folder `deep`.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let scene = folder.path().join("scene.tif");
    std::fs::write(&scene, b"pixels").unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    (folder, scene)
}

#[test]
fn an_output_that_is_an_input_is_refused_by_another_path_too() {
    let (folder, scene) = folder();
    let at = |name: &str| folder.path().join(name);
    let refused = |output: PathBuf| {
        let found = check_apart(&[at("new.gpkg"), output], &[at("absent"), scene.clone()]);
        matches!(found, Err(FileError::IsInput { .. }))
    };
    assert!(refused(scene.clone()));
    assert!(refused(at("deep/../scene.tif")));
    std::fs::hard_link(&scene, at("hard.tif")).unwrap();
    assert!(refused(at("hard.tif")));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&scene, at("soft.tif")).unwrap();
        std::os::unix::fs::symlink(folder.path(), at("link")).unwrap();
        assert!(refused(at("soft.tif")));
        assert!(refused(at("link/scene.tif")));
    }
    std::fs::write(at("copy.tif"), b"pixels").unwrap();
    assert!(!refused(at("copy.tif")));
    assert!(!refused(at("deep/scene.tif")));
}

#[test]
fn two_outputs_that_are_one_file_are_refused_before_it_is_there() {
    let (folder, scene) = folder();
    let at = |name: &str| folder.path().join(name);
    let refused = |one: &str, other: &str| {
        let found = check_apart(&[at(one), at(other)], std::slice::from_ref(&scene));
        matches!(found, Err(FileError::SameOutput { .. }))
    };
    assert!(refused("a.gpkg", "a.gpkg"));
    assert!(refused("a.gpkg", "deep/../a.gpkg"));
    assert!(!refused("a.gpkg", "a.png"));
    assert!(!refused("a.gpkg", "deep/a.gpkg"));
    #[cfg(unix)]
    {
        // A link to what is not there yet is followed when it is written.
        std::os::unix::fs::symlink("a.gpkg", at("b.gpkg")).unwrap();
        std::os::unix::fs::symlink(at("deep"), at("link")).unwrap();
        std::os::unix::fs::symlink("turn", at("turn")).unwrap();
        assert!(refused("b.gpkg", "a.gpkg"));
        assert!(refused("link/a.gpkg", "deep/a.gpkg"));
        assert!(!refused("turn", "a.gpkg"));
    }
}
