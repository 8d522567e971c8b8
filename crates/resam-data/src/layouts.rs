//! The folder layouts of published benchmarks.
//!
//! | layout | images | truth |
//! |---|---|---|
//! | WHU buildings | `train`, `val`, `test`, each with `image/` | COCO JSON, else the label images in `label/` |
//! | HRSID | `JPEGImages/` | `annotations/train2017.json`, `test2017.json`; `inshore_offshore/inshore.json` |
//! | NWPU VHR-10 | `positive image set/` | one COCO JSON |
//! | plain | `images/` | COCO JSON |
//!
//! Annotations are found by the words in their path below the root: `annotations/train2017.json`
//! is for training, `Annotations/inshore/inshore_test.json` for testing near the shore. HRSID's
//! own scene lists know no split; then the split's file is narrowed to the images they name.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::coco::CocoFile;
use crate::dataset::Dataset;
use crate::error::DataError;
pub use crate::layout_error::LayoutError;

/// How deep folders are searched.
const DEPTH: usize = 6;

/// The folder layout of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// WHU buildings: a folder for each split, with `image` and `label` inside.
    Whu,
    /// HRSID ships: `JPEGImages` and `annotations`.
    Hrsid,
    /// NWPU VHR-10: `positive image set` and one COCO file.
    Nwpu,
    /// `images` and COCO files.
    Plain,
}

impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Whu => "WHU",
            Self::Hrsid => "HRSID",
            Self::Nwpu => "NWPU VHR-10",
            Self::Plain => "COCO",
        })
    }
}

/// A part of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// For training.
    Train,
    /// For validation.
    Val,
    /// For the final score.
    Test,
}

impl Split {
    /// The word in the names of files and folders.
    pub fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

/// HRSID's two kinds of scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// With land in the image.
    Inshore,
    /// Open sea.
    Offshore,
}

impl Scene {
    /// The word in the names of files and folders.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inshore => "inshore",
            Self::Offshore => "offshore",
        }
    }
}

/// Finds the layout of a folder.
///
/// # Errors
/// When it is none of the known ones; the message lists them.
pub fn detect(root: impl AsRef<Path>) -> Result<Layout, LayoutError> {
    let root = root.as_ref();
    if !root.is_dir() {
        return Err(LayoutError::NoFolder {
            path: root.to_owned(),
        });
    }
    let whu = |split: &str| split_folder(root, split).is_some();
    if ["train", "val", "test"].into_iter().any(whu) {
        Ok(Layout::Whu)
    } else if root.join("positive image set").is_dir() {
        Ok(Layout::Nwpu)
    } else if root.join("JPEGImages").is_dir() {
        Ok(Layout::Hrsid)
    } else if image_folders(root).next().is_some() && !json_files(root)?.is_empty() {
        Ok(Layout::Plain)
    } else {
        Err(LayoutError::Unknown {
            path: root.to_owned(),
        })
    }
}

/// Opens one split of a benchmark folder. Without a split it takes the one annotation file that
/// names no split. `scene` restricts HRSID to one kind of scene.
///
/// # Errors
/// When the layout is not known, when no or several annotation files fit, and as [`Dataset::coco`].
pub fn open(
    root: impl AsRef<Path>,
    split: Option<Split>,
    scene: Option<Scene>,
) -> Result<Dataset, DataError> {
    let root = root.as_ref();
    let layout = detect(root)?;
    let annotations = Annotations::below(root, layout)?;
    let of_split = annotations.find(split, scene)?;
    if layout == Layout::Whu {
        let folder = split.and_then(|split| split_folder(root, split.word()));
        let Some(folder) = folder else {
            return Err(annotations.none(split, scene).into());
        };
        let images = folder.join("image");
        return match of_split {
            Some(json) => open_coco(&[&images, &folder, root], json),
            None => Dataset::label_images(images, folder.join("label")),
        };
    }
    let folders: Vec<PathBuf> = image_folders(root).collect();
    let mut folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    folders.push(root);
    if let Some(json) = of_split {
        return open_coco(&folders, json);
    }
    // HRSID's release lists the scenes of all images, apart from the splits.
    if let (Some(json), Some(list)) = (
        annotations.find(split, None)?,
        annotations.find(None, scene)?,
    ) && scene.is_some()
    {
        let named: HashSet<String> = CocoFile::read(list)?
            .images
            .into_iter()
            .map(|image| image.file_name)
            .collect();
        return Ok(open_coco(&folders, json)?.retain(|image| named.contains(&image.file_name)));
    }
    Err(annotations.none(split, scene).into())
}

/// The folder among `folders` that has the file's first image; the first when none has.
fn open_coco(folders: &[&Path], json: &Path) -> Result<Dataset, DataError> {
    let images = CocoFile::read(json)?.images;
    let has_first = |folder: &&&Path| {
        images
            .first()
            .is_some_and(|image| folder.join(&image.file_name).is_file())
    };
    let folder = folders.iter().find(has_first).or(folders.first());
    Dataset::coco(folder.copied().unwrap_or(Path::new(".")), json)
}

/// The annotation files of a benchmark folder.
struct Annotations<'a> {
    root: &'a Path,
    layout: Layout,
    files: Vec<(PathBuf, BTreeSet<&'static str>)>,
}

impl<'a> Annotations<'a> {
    fn below(root: &'a Path, layout: Layout) -> Result<Self, LayoutError> {
        let files = json_files(root)?;
        let files = files.into_iter().map(|path| (words_of(root, &path), path));
        Ok(Self {
            root,
            layout,
            files: files.map(|(words, path)| (path, words)).collect(),
        })
    }

    /// The file whose path has the words of `split` and `scene` and of no other.
    fn find(
        &self,
        split: Option<Split>,
        scene: Option<Scene>,
    ) -> Result<Option<&Path>, LayoutError> {
        let wanted: BTreeSet<&str> = split
            .map(Split::word)
            .into_iter()
            .chain(scene.map(Scene::word))
            .collect();
        let fitting: Vec<&Path> = self
            .files
            .iter()
            .filter(|(_, words)| *words == wanted)
            .map(|(path, _)| path.as_path())
            .collect();
        match fitting[..] {
            [] => Ok(None),
            [path] => Ok(Some(path)),
            _ => Err(LayoutError::Ambiguous {
                path: self.root.to_owned(),
                wanted: wanted_text(split, scene),
                found: listing(self.root, fitting.into_iter()),
            }),
        }
    }

    fn none(&self, split: Option<Split>, scene: Option<Scene>) -> LayoutError {
        LayoutError::NoAnnotations {
            path: self.root.to_owned(),
            layout: self.layout,
            wanted: wanted_text(split, scene),
            found: listing(self.root, self.files.iter().map(|(path, _)| path.as_path())),
        }
    }
}

fn wanted_text(split: Option<Split>, scene: Option<Scene>) -> String {
    match (split.map(Split::word), scene.map(Scene::word)) {
        (None, None) => "all splits together".to_owned(),
        (Some(word), None) | (None, Some(word)) => format!("`{word}`"),
        (Some(split), Some(scene)) => format!("`{split}` and `{scene}`"),
    }
}

fn listing<'p>(root: &Path, paths: impl Iterator<Item = &'p Path>) -> String {
    let names: Vec<String> = paths
        .take(10)
        .map(|path| format!("`{}`", path.strip_prefix(root).unwrap_or(path).display()))
        .collect();
    if names.is_empty() {
        "no JSON file".to_owned()
    } else {
        names.join(", ")
    }
}

/// The words about split and scene in a path below the root. `inshore_offshore/offshore.json` is
/// about the open sea alone, so the file's own name decides between scenes where it names one.
fn words_of(root: &Path, path: &Path) -> BTreeSet<&'static str> {
    let words = |text: &str| -> BTreeSet<&'static str> {
        let lower = text.to_lowercase();
        lower
            .split(|letter: char| !letter.is_alphabetic())
            .filter_map(|word| match word {
                "train" | "training" => Some("train"),
                "val" | "valid" | "validation" => Some("val"),
                "test" | "testing" => Some("test"),
                "inshore" => Some("inshore"),
                "offshore" => Some("offshore"),
                _ => None,
            })
            .collect()
    };
    let relative = path.strip_prefix(root).unwrap_or(path);
    let own = words(&relative.file_stem().unwrap_or_default().to_string_lossy());
    let above = words(&relative.parent().unwrap_or(Path::new("")).to_string_lossy());
    let scenes = BTreeSet::from(["inshore", "offshore"]);
    let (own_scene, own_split) = (own.intersection(&scenes), own.difference(&scenes));
    let (above_scene, above_split) = (above.intersection(&scenes), above.difference(&scenes));
    let mut found: BTreeSet<&str> = if own_scene.clone().next().is_some() {
        own_scene
    } else {
        above_scene
    }
    .copied()
    .collect();
    if own_split.clone().next().is_some() {
        found.extend(own_split);
    } else {
        found.extend(above_split);
    }
    found
}

fn split_folder(root: &Path, split: &str) -> Option<PathBuf> {
    [root.to_owned(), root.join("images"), root.join("imgs")]
        .into_iter()
        .map(|parent| parent.join(split))
        .find(|folder| folder.join("image").is_dir())
}

fn image_folders(root: &Path) -> impl Iterator<Item = PathBuf> {
    [
        "JPEGImages",
        "positive image set",
        "images",
        "Images",
        "images/images",
        "Images/images",
    ]
    .map(|name| root.join(name))
    .into_iter()
    .filter(|folder| folder.is_dir())
}

/// JSON files below the root that may hold annotations; those beside the images are many and none.
fn json_files(root: &Path) -> Result<Vec<PathBuf>, LayoutError> {
    let mut files = files_below(root)?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    });
    Ok(files)
}

/// All files in a folder and its subfolders, in the order of their names. Hidden files are skipped.
///
/// # Errors
/// When the folder is none or cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>, LayoutError> {
    fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), LayoutError> {
        let mut entries = fs_err::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        entries.sort();
        for path in entries {
            let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
            if path.file_name().is_none_or(hidden) {
                continue;
            }
            if path.is_file() {
                files.push(path);
            } else if path.is_dir() && depth > 0 {
                collect(&path, depth - 1, files)?;
            }
        }
        Ok(())
    }
    if !folder.is_dir() {
        return Err(LayoutError::NoFolder {
            path: folder.to_owned(),
        });
    }
    let mut files = Vec::new();
    collect(folder, DEPTH, &mut files)?;
    Ok(files)
}
