//! The files of a COCO file's images, which may have been named on another machine.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path};

use resam_prompt::Weight;

use crate::coco::{CocoFile, CocoImage};
use crate::complaints::Faults;
use crate::dataset::relative_name;
use crate::error::DataError;
use crate::layouts::files_below;

const MOVED: [&str; 2] = [
    "image is found by the last part of its name",
    "images are found by the last part of their names",
];
const MISSING: [&str; 2] = [
    "image has no file and is left out",
    "images have no file and are left out",
];

/// Gives each image the name that its file has in the folder, and leaves out images without a file.
/// A path that leaves the folder is never followed.
pub(crate) fn find_files(
    folder: &Path,
    mut file: CocoFile,
    strict: bool,
) -> Result<CocoFile, DataError> {
    let is_there = |image: &CocoImage| {
        stays_inside(&image.file_name) && folder.join(&image.file_name).is_file()
    };
    let by_name = if file.images.iter().all(is_there) {
        return Ok(file);
    } else {
        by_last_part(folder)?
    };
    let mut faults = Faults::new(&file.name);
    // A file is of one image, first of that which has its very name.
    let there = file.images.iter().filter(|image| is_there(image));
    let mut taken: HashSet<String> = there.map(|image| image.file_name.clone()).collect();
    let mut images = Vec::with_capacity(file.images.len());
    for mut image in std::mem::take(&mut file.images) {
        if is_there(&image) {
            images.push(image);
            continue;
        }
        let last = last_part(&image.file_name);
        let found = by_name.get(&last.to_lowercase()).map_or(&[][..], |all| all);
        match found {
            [only] if taken.insert(only.clone()) => {
                let first = || format!("`{}` is `{only}`", image.file_name);
                file.notices.add(&file.name, Weight::Taken, MOVED, first);
                image.file_name.clone_from(only);
                images.push(image);
            }
            _ => {
                let several = if found.len() > 1 {
                    format!(", which has {} files of the name `{last}`", found.len())
                } else {
                    String::new()
                };
                faults.add(format_args!(
                    "image {}: no file `{}` in `{}`{several}",
                    image.id,
                    image.file_name,
                    folder.display()
                ));
            }
        }
    }
    if !faults.is_empty() && (strict || images.is_empty()) {
        return Err(faults.into_error().into());
    }
    faults.tell(&mut file.notices, MISSING);
    let kept: HashSet<u64> = images.iter().map(|image| image.id).collect();
    file.annotations
        .retain(|annotation| kept.contains(&annotation.image_id));
    file.images = images;
    Ok(file)
}

/// The files of a folder by the last part of their names, in lower case.
fn by_last_part(folder: &Path) -> Result<HashMap<String, Vec<String>>, DataError> {
    let mut by_name: HashMap<String, Vec<String>> = HashMap::new();
    for path in files_below(folder)? {
        let name = relative_name(folder, &path);
        by_name
            .entry(last_part(&name).to_lowercase())
            .or_default()
            .push(name);
    }
    Ok(by_name)
}

/// What follows the last slash of either kind.
fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn stays_inside(file_name: &str) -> bool {
    let mut parts = Path::new(file_name).components().peekable();
    parts.peek().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        && !file_name.split(['/', '\\']).any(|part| part == "..")
        && Path::new(file_name).file_name().is_some()
}
