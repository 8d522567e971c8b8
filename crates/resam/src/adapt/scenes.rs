//! Examples for adaptation from scenes and the points on them: the windows in which the points
//! would be asked about.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use resam_adapt::views::View;
use resam_adapt::{Example, ExampleInstance, Examples};
use resam_data::layouts::files_below;
use resam_geo::{RasterError, Scene, Stretch, StretchLimits, Window, is_side_file};
use resam_prompt::{PointedObject, PromptPoint};
use resam_scene::{PlannedWindow, SegmentOptions, windows};
use serde_json::{Value, json};

use super::{SourceError, fingerprint, places};
use crate::error::Result;
use crate::input::InputSettings;
use crate::points::Points;
use crate::scene::is_beside;
use crate::segment::square::to_seen;

/// A scene with points on it.
#[derive(Debug)]
struct PointedScene {
    path: PathBuf,
    name: String,
    objects: Vec<PointedObject>,
    /// How its values become 8 bits.
    stretch: Stretch,
    limits: Vec<StretchLimits>,
}

/// Windows of scenes that show pointed objects away from their edges, as a run of `segment` would
/// choose them.
#[derive(Debug, Clone)]
pub struct PointedScenes {
    scenes: Arc<Vec<PointedScene>>,
    /// Each with its scene's place in the list.
    windows: Vec<(usize, PlannedWindow)>,
    /// How windows are laid, and the side of the network's input in pixels.
    layout: Arc<SegmentOptions>,
    input: u32,
    /// Points are on the map: an object of two scenes is one object.
    on_the_map: bool,
    /// Objects that are kept back, by scene and place in its list: no window asks about them.
    without: Arc<HashSet<(usize, usize)>>,
    /// The scene that was read last. Files are opened when they are read: there may be thousands.
    opened: Arc<Mutex<Opened>>,
    /// How the scenes are opened.
    settings: InputSettings,
}

/// A scene with its place in the list.
type Opened = Option<(usize, Arc<Scene>)>;

/// What is in none of the scenes that were looked at.
struct InNone<T>(Option<HashSet<T>>);

impl<T> Default for InNone<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Eq + std::hash::Hash> InNone<T> {
    /// Another scene was looked at, and these are not in it.
    fn and(&mut self, missing: impl Iterator<Item = T>) {
        let missing: HashSet<T> = missing.collect();
        match &mut self.0 {
            Some(all) => all.retain(|item| missing.contains(item)),
            None => self.0 = Some(missing),
        }
    }
}

/// What was given and is not learnt from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unused {
    /// Scenes without a point.
    pub scenes: usize,
    /// Points in none of the scenes.
    pub outside: usize,
    /// Instances that have no positive point in a scene, and negative points without an instance.
    pub without_positive: Vec<String>,
    /// Instances whose positive points lie where their scene has no data.
    pub without_data: Vec<String>,
    /// What is noteworthy about the files.
    pub notes: Vec<String>,
}

impl PointedScenes {
    /// The scene, or the scenes of a folder, that have points; `input` is the side of the network's
    /// input, in pixels, and `layout` says how windows are laid.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when a raster or the points cannot be read, or no point lies on a
    /// scene.
    pub fn new(
        path: &Path,
        settings: &InputSettings,
        points: &Points,
        layout: &SegmentOptions,
        input: u32,
    ) -> Result<(Self, Unused)> {
        let mut unused = Unused::default();
        let (mut outside, mut without_positive) = (InNone::default(), InNone::default());
        let mut landed = "none is on an object".to_owned();
        let (mut scenes, mut planned) = (Vec::new(), Vec::new());
        let mut names = Vec::new();
        for file in files(path)? {
            if is_side_file(&file) {
                continue;
            }
            let raster = match settings.open(&file) {
                // World files, statistics, notes.
                Err(RasterError::UnknownFormat { .. } | RasterError::Foreign { .. })
                    if file != path =>
                {
                    continue;
                }
                opened => opened?,
            };
            let name = name_in(path, &file);
            names.push(name.clone());
            points.check_inside(&raster, &name)?;
            let found = points.on(&raster, &name)?;
            if let Some((row, [x, y])) = found.outside.first() {
                landed = format!(
                    "row {row} lands at pixel {x:.1},{y:.1} of `{name}`, which has {} x {} pixels",
                    raster.width(),
                    raster.height()
                );
            }
            outside.and(found.outside.iter().map(|&(row, _)| row));
            without_positive.and(found.without_positive.into_iter());
            if found.objects.is_empty() {
                unused.scenes += 1;
                continue;
            }
            let scene = Scene::of_raster(raster, &settings.scene_options())?;
            let (objects, without_data) = on_data(&scene, found.objects)?;
            unused.without_data.extend(without_data);
            if objects.is_empty() {
                unused.scenes += 1;
                continue;
            }
            let scene = scene.seen_square();
            let objects = to_seen(&scene, &objects);
            let notes = scene
                .raster()
                .info()
                .notes
                .iter()
                .cloned()
                .chain(scene.shape_note());
            let notes = notes.map(|note| format!("`{name}`: {note}"));
            unused.notes.extend(notes);
            let place = scenes.len();
            let of_scene = windows(&scene, &objects, layout, input)?;
            planned.extend(of_scene.into_iter().map(|window| (place, window)));
            scenes.push(PointedScene {
                path: scene.raster().path().to_owned(),
                stretch: scene.stretch(),
                limits: scene.stretch_limits().to_vec(),
                name,
                objects,
            });
        }
        if names.is_empty() {
            return Err(SourceError::NoScenes {
                path: path.to_owned(),
            }
            .into());
        }
        points.check_names(&names)?;
        unused.outside = outside.0.unwrap_or_default().len();
        unused.without_positive = without_positive.0.into_iter().flatten().collect();
        unused.without_positive.sort();
        // What one scene does not show another may.
        let used = scenes.iter().flat_map(|scene| &scene.objects);
        let used: HashSet<&str> = used.map(|object| &*object.id).collect();
        for names in [&mut unused.without_positive, &mut unused.without_data] {
            names.retain(|name| !used.contains(&**name));
        }
        if planned.is_empty() {
            if !unused.without_data.is_empty() {
                landed = format!(
                    "those of {} instances lie where there is no data",
                    unused.without_data.len()
                );
            }
            let among = match &*names {
                [name] => format!("`{name}`"),
                _ => format!("the {} scenes of `{}`", names.len(), path.display()),
            };
            return Err(SourceError::NoneInScenes {
                path: points.path().to_owned(),
                among,
                landed,
            }
            .into());
        }
        let scenes = Self {
            scenes: Arc::new(scenes),
            windows: planned,
            layout: Arc::new(layout.clone()),
            input,
            on_the_map: points.are_on_the_map(),
            without: Arc::default(),
            opened: Arc::default(),
            settings: settings.clone(),
        };
        Ok((scenes, unused))
    }

    /// Keeps `count` windows back, spread over the scenes; the seed says with which they begin. The
    /// objects in them are in none of the windows that are left.
    #[must_use]
    pub fn hold_out(self, count: usize, seed: u64) -> (Self, Self) {
        let step = (self.windows.len() / count.max(1)).max(1);
        let first = (seed % step as u64) as usize;
        let windows = self.windows.iter().cloned().enumerate();
        let (held, rest): (Vec<_>, Vec<_>) =
            windows.partition(|(at, _)| at % step == first && at / step < count);
        let of = |windows: Vec<(usize, (usize, PlannedWindow))>, without| Self {
            windows: windows.into_iter().map(|(_, window)| window).collect(),
            without: Arc::new(without),
            ..self.clone()
        };
        let held = of(held, HashSet::new());
        let mut rest = of(rest, held.objects_in_windows());
        let windows = std::mem::take(&mut rest.windows);
        rest.windows = windows
            .into_iter()
            .filter(|(scene, planned)| rest.objects_in(*scene, planned).next().is_some())
            .collect();
        (rest, held)
    }

    /// Keeps the objects of places back, `count` of them or somewhat more; by default an eighth,
    /// none of few. The seed picks the places. Those that are left and those that are kept back
    /// have windows of their own.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when a scene cannot be read.
    pub fn hold_out_places(self, count: Option<usize>, seed: u64) -> Result<(Self, Option<Self>)> {
        let numbered = self.scenes.iter().enumerate().flat_map(|(scene, of)| {
            let objects = of.objects.iter().enumerate();
            objects.map(move |(at, object)| ((scene, at), object))
        });
        let numbered: Vec<((usize, usize), &PointedObject)> = numbered.collect();
        let placed = numbered.iter().map(|((scene, _), object)| {
            let point = object.points.iter().find(|point| point.positive);
            (*scene, point.map_or([0.0; 2], |point| [point.x, point.y]))
        });
        let held = places::hold_out(&placed.collect::<Vec<_>>(), count, seed);
        if held.is_empty() {
            return Ok((self, None));
        }
        let ids: HashSet<&str> = held.iter().map(|&at| &*numbered[at].1.id).collect();
        let is_held = |at: usize| {
            held.contains(&at) || (self.on_the_map && ids.contains(&*numbered[at].1.id))
        };
        let (held, rest): (Vec<usize>, Vec<usize>) =
            (0..numbered.len()).partition(|&at| is_held(at));
        let of = |list: Vec<usize>| -> HashSet<(usize, usize)> {
            list.into_iter().map(|at| numbered[at].0).collect()
        };
        let (held, rest) = (of(held), of(rest));
        Ok((self.only(&rest)?, Some(self.only(&held)?)))
    }

    /// Windows for these objects alone, by scene and place in its list.
    fn only(&self, objects: &HashSet<(usize, usize)>) -> Result<Self> {
        let (mut planned, mut without) = (Vec::new(), HashSet::new());
        for (place, of) in self.scenes.iter().enumerate() {
            let mut asked = Vec::new();
            for (at, object) in of.objects.iter().enumerate() {
                if objects.contains(&(place, at)) {
                    asked.push(object.clone());
                } else {
                    without.insert((place, at));
                }
            }
            if !asked.is_empty() {
                let of_scene = windows(&*self.scene(place)?, &asked, &self.layout, self.input)?;
                planned.extend(of_scene.into_iter().map(|window| (place, window)));
            }
        }
        Ok(Self {
            windows: planned,
            without: Arc::new(without),
            ..self.clone()
        })
    }

    /// The fingerprints of the scenes and of what was read of the points, by name.
    pub(super) fn fingerprints(&self, points: &str) -> BTreeMap<String, String> {
        let scenes = self.scenes.par_iter();
        let files = scenes.map(|scene| (scene.name.clone(), fingerprint::of_file(&scene.path)));
        let mut all: BTreeMap<String, String> = files.collect();
        let objects: Vec<_> = self.scenes.iter().map(|scene| &scene.objects).collect();
        all.insert(points.to_owned(), fingerprint::of_content(&objects));
        // Georeferencing and statistics may lie in other files.
        let seen: Vec<String> = self.shown().iter().map(Value::to_string).collect();
        let windows: Vec<_> = self
            .windows
            .iter()
            .map(|(at, planned)| (at, planned.window))
            .collect();
        let sum = fingerprint::of_content(&(seen, windows));
        all.insert("the bands, the stretch or the windows".to_owned(), sum);
        all
    }

    /// How many objects have points.
    pub fn objects(&self) -> usize {
        self.scenes.iter().map(|scene| scene.objects.len()).sum()
    }

    /// Which bands of the scenes are seen, and how their values become 8 bits.
    pub fn shown(&self) -> Vec<Value> {
        let shown = |scene: &PointedScene| {
            let bands: Vec<usize> = scene.limits.iter().map(|limits| limits.band).collect();
            json!({
                "scene": scene.name,
                "bands": bands,
                "stretch": scene.stretch.to_string(),
                "stretch_limits": scene.limits,
            })
        };
        self.scenes.iter().map(shown).collect()
    }

    /// The objects with a positive point in a window: each with its place in the list and its
    /// points there, in pixels of the window's tile.
    fn objects_in<'a>(
        &'a self,
        scene: usize,
        planned: &'a PlannedWindow,
    ) -> impl Iterator<Item = (usize, &'a PointedObject, Vec<PromptPoint>)> {
        let objects = self.scenes[scene].objects.iter().enumerate();
        objects.filter_map(move |(at, object)| {
            if self.without.contains(&(scene, at)) {
                return None;
            }
            let points = planned.prompt(object).points;
            let shown = points.iter().any(|point| point.positive);
            shown.then_some((at, object, points))
        })
    }

    /// The objects in the windows, each once: its scene and its place in the list.
    fn objects_in_windows(&self) -> HashSet<(usize, usize)> {
        let windows = self.windows.iter();
        let objects = windows.flat_map(|(scene, planned)| {
            let objects = self.objects_in(*scene, planned);
            objects.map(move |(at, _, _)| (*scene, at))
        });
        objects.collect()
    }

    fn scene(&self, at: usize) -> std::result::Result<Arc<Scene>, RasterError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        match &*opened {
            Some((of, scene)) if *of == at => Ok(Arc::clone(scene)),
            _ => {
                let PointedScene {
                    path,
                    stretch,
                    limits,
                    ..
                } = &self.scenes[at];
                let scene = Scene::seen_as(self.settings.open(path)?, *stretch, limits.clone())?;
                let scene = scene.seen_square();
                let scene = Arc::new(scene);
                *opened = Some((at, Arc::clone(&scene)));
                Ok(scene)
            }
        }
    }
}

impl Examples for PointedScenes {
    fn len(&self) -> usize {
        self.windows.len()
    }

    fn instances(&self) -> usize {
        self.objects_in_windows().len()
    }

    fn use_size_prior(&self) -> bool {
        false
    }

    fn name(&self, index: usize) -> String {
        let (scene, planned) = &self.windows[index];
        let Window { x, y, .. } = planned.window;
        format!("{} at {x},{y}", self.scenes[*scene].name)
    }

    fn read(&self, index: usize) -> std::result::Result<Example, String> {
        let (at, planned) = &self.windows[index];
        let words = |error: RasterError| error.to_string();
        let (width, height) = planned.tile;
        let scene = self.scene(*at).map_err(words)?;
        let tile = scene.read(planned.window, width, height).map_err(words)?;
        let instances = self.objects_in(*at, planned);
        let instances = instances.map(|(_, object, points)| ExampleInstance {
            name: object.id.clone(),
            class: object.class.clone(),
            points,
            truth: None,
        });
        Ok(Example {
            image: View {
                width: width as usize,
                height: height as usize,
                rgb: tile.image.into_raw(),
            },
            instances: instances.collect(),
        })
    }
}

/// A raster, or all files of a folder.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    Ok(if path.is_dir() {
        let mut files = files_below(path).map_err(resam_data::DataError::from)?;
        files.retain(|file| !is_beside(file));
        files
    } else {
        vec![path.to_owned()]
    })
}

/// What points call a raster: its name in the folder, with forward slashes on every system.
fn name_in(path: &Path, file: &Path) -> String {
    let relative = match file.strip_prefix(path) {
        Ok(relative) if path.is_dir() => relative.components().collect(),
        _ => file.file_name().into_iter().collect::<PathBuf>(),
    };
    let parts = relative
        .iter()
        .map(|part| part.to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}

/// The objects without those of their positive points that lie where the scene has no data, and the
/// names of those that have no other.
fn on_data(
    scene: &Scene,
    objects: Vec<PointedObject>,
) -> Result<(Vec<PointedObject>, Vec<String>)> {
    let (mut kept, mut without) = (Vec::with_capacity(objects.len()), Vec::new());
    for mut object in objects {
        let mut points = Vec::with_capacity(object.points.len());
        for point in object.points {
            let pixel = Window {
                x: point.x.floor() as i64,
                y: point.y.floor() as i64,
                width: 1,
                height: 1,
            };
            if !point.positive || !scene.read(pixel, 1, 1)?.valid.is_empty() {
                points.push(point);
            }
        }
        object.points = points;
        if object.has_positive() {
            kept.push(object);
        } else {
            without.push(object.id);
        }
    }
    Ok((kept, without))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::PointsOptions;
    use resam_crs::Crs;
    use resam_geo::{GeoTiffSpec, GeoTiffWriter, GeoTransform, Photometric, SampleKind};
    use tempfile::TempDir;

    const SIDE: u32 = 192;
    const TILE: u32 = 64;
    const INPUT: u32 = 64;
    /// Where objects are, in pixels: each is a square of 9 x 9 of a value of its own.
    const OBJECTS: [[u32; 2]; 7] = [
        [20, 20],
        [70, 24],
        [150, 30],
        [30, 100],
        [100, 90],
        [40, 170],
        [120, 160],
    ];

    /// The value of an object: what is around it is 100, and nothing is known right of column 160
    /// below row 96.
    fn value(x: u32, y: u32) -> u16 {
        let object = OBJECTS
            .iter()
            .position(|&[cx, cy]| x.abs_diff(cx) <= 4 && y.abs_diff(cy) <= 4);
        match object {
            _ if x >= 160 && y >= 96 => 0,
            Some(at) => 1000 + 100 * at as u16,
            None => 100,
        }
    }

    /// A scene of 16 bits, half a metre a pixel, so many metres east of the first.
    fn scene(folder: &Path, name: &str, east: f64) {
        let spec = GeoTiffSpec {
            bands: 3,
            sample: SampleKind::U16,
            tile: TILE,
            nodata: Some(0.0),
            geo_transform: Some(GeoTransform([
                450_000.0 + east,
                0.5,
                0.0,
                36_000.0,
                0.0,
                -0.5,
            ])),
            crs: Some(Crs::from_epsg(32636).expect("a CRS")),
            photometric: Photometric::Rgb,
            ..GeoTiffSpec::new(SIDE, SIDE)
        };
        let mut writer = GeoTiffWriter::create(folder.join(name), &spec).expect("a writer");
        for row in 0..SIDE / TILE {
            for column in 0..SIDE / TILE {
                let pixels = (0..TILE).flat_map(|y| (0..TILE).map(move |x| (x, y)));
                let bytes = pixels.flat_map(|(x, y)| {
                    let value = value(TILE * column + x, TILE * row + y);
                    [value; 3].into_iter().flat_map(u16::to_le_bytes)
                });
                let bytes: Vec<u8> = bytes.collect();
                writer.write_tile(column, row, &bytes).expect("a tile");
            }
        }
        writer.finish().expect("a file");
    }

    /// Points at these pixels of the first scene, as eastings and northings.
    fn points(folder: &Path, rows: &[(&str, f64, f64, u8)]) -> Points {
        let path = folder.join("points.csv");
        let mut text = "easting,northing,instance,label\n".to_owned();
        for (instance, x, y, label) in rows {
            let (east, north) = (450_000.0 + 0.5 * x, 36_000.0 - 0.5 * y);
            text += &format!("{east},{north},{instance},{label}\n");
        }
        fs_err::write(&path, text).expect("written");
        Points::open(&path, &PointsOptions::default()).expect("points")
    }

    fn of_objects() -> Vec<(&'static str, f64, f64, u8)> {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let centre = |[x, y]: [u32; 2]| (f64::from(x) + 0.5, f64::from(y) + 0.5);
        let named = names.into_iter().zip(OBJECTS.map(centre));
        named.map(|(name, (x, y))| (name, x, y, 1)).collect()
    }

    fn open(folder: &Path, points: &Points) -> Result<(PointedScenes, Unused)> {
        let options = InputSettings {
            stretch: Some("0,2550".parse().expect("a stretch")),
            ..InputSettings::default()
        };
        let layout = SegmentOptions {
            margin: 8,
            ..SegmentOptions::default()
        };
        PointedScenes::new(folder, &options, points, &layout, INPUT)
    }

    fn one_scene() -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        scene(folder.path(), "scene.tif", 0.0);
        folder
    }

    #[test]
    fn each_window_shows_its_objects_under_their_points() {
        let folder = one_scene();
        let points = points(folder.path(), &of_objects());
        let (scenes, unused) = open(&folder.path().join("scene.tif"), &points).expect("scenes");
        assert_eq!(unused, Unused::default());
        assert_eq!(scenes.objects(), OBJECTS.len());
        let mut seen = HashSet::new();
        for index in 0..scenes.len() {
            let example = scenes.read(index).expect("a window");
            let View { width, height, rgb } = &example.image;
            assert!(*width <= INPUT as usize && *height <= INPUT as usize);
            assert!(!example.instances.is_empty());
            for instance in &example.instances {
                let [point] = &*instance.points else {
                    panic!("{:?}", instance.points)
                };
                let at = 3 * (point.y as usize * width + point.x as usize);
                let place = instance.name.as_bytes()[0] - b'a';
                // 0 to 2550 becomes 0 to 255.
                assert_eq!(rgb[at], 100 + 10 * place, "{}", instance.name);
                seen.insert(instance.name.clone());
            }
        }
        assert_eq!(seen.len(), OBJECTS.len());
        assert!(scenes.name(0).starts_with("scene.tif at "));
        assert_eq!(scenes.shown()[0]["stretch"], "0,2550");
    }

    #[test]
    fn what_cannot_be_learnt_from_is_told() {
        let folder = one_scene();
        let mut rows = of_objects();
        rows.push(("nothing", 170.5, 120.5, 1));
        rows.push(("off", 30.5, 30.5, 0));
        rows.push(("far", 500.5, 30.5, 1));
        let points = points(folder.path(), &rows);
        let (scenes, unused) = open(&folder.path().join("scene.tif"), &points).expect("scenes");
        assert_eq!(scenes.objects(), OBJECTS.len());
        let told = Unused {
            outside: 1,
            without_positive: vec!["off".to_owned()],
            without_data: vec!["nothing".to_owned()],
            ..Unused::default()
        };
        assert_eq!(unused, told);
    }

    #[test]
    fn scenes_of_a_folder_share_a_file_of_points() {
        let folder = tempfile::tempdir().expect("a folder");
        fs_err::write(folder.path().join("readme.txt"), "no raster").expect("written");
        let tiles = folder.path().join("tiles");
        fs_err::create_dir(&tiles).expect("a folder");
        scene(&tiles, "west.tif", 0.0);
        // Beginning where the other ends.
        scene(&tiles, "east.tif", 96.0);
        scene(&tiles, "far.tif", 5000.0);
        let mut rows = of_objects();
        let east: Vec<_> = rows.iter().map(|&(_, x, y, _)| (x + 192.0, y)).collect();
        let names = ["h", "i", "j", "k", "l", "m", "n"];
        rows.extend(
            names
                .into_iter()
                .zip(east)
                .map(|(name, (x, y))| (name, x, y, 1)),
        );
        rows.push(("beyond", 900.0, 10.0, 1));
        let points = points(folder.path(), &rows);
        let (scenes, unused) = open(&tiles, &points).expect("scenes");
        assert_eq!((unused.scenes, unused.outside), (1, 1));
        assert_eq!(scenes.objects(), 2 * OBJECTS.len());
        let mut seen = HashSet::new();
        for index in 0..scenes.len() {
            let example = scenes.read(index).expect("a window");
            seen.extend(example.instances.into_iter().map(|instance| instance.name));
        }
        assert_eq!(seen.len(), 2 * OBJECTS.len());
    }

    #[test]
    fn where_one_scene_has_no_data_another_may() {
        let folder = tempfile::tempdir().expect("a folder");
        let tiles = folder.path().join("tiles");
        fs_err::create_dir(&tiles).expect("a folder");
        scene(&tiles, "west.tif", 0.0);
        scene(&tiles, "overlapping.tif", 48.0);
        let points = points(folder.path(), &[("a", 170.5, 120.5, 1)]);
        let (scenes, unused) = open(&tiles, &points).expect("scenes");
        assert_eq!(unused.without_data, Vec::<String>::new());
        // The one that shows nothing there is left out.
        assert_eq!((scenes.len(), unused.scenes), (1, 1));
        assert!(scenes.name(0).starts_with("overlapping.tif"));
    }

    #[test]
    fn what_is_kept_back_is_in_no_lesson() {
        let folder = one_scene();
        let points = points(folder.path(), &of_objects());
        let path = folder.path().join("scene.tif");
        let (scenes, _) = open(&path, &points).expect("scenes");
        let names = |of: &PointedScenes| {
            let examples = (0..of.len()).map(|index| of.read(index).expect("a window"));
            let names = examples.flat_map(|example| example.instances);
            names.map(|instance| instance.name).collect::<HashSet<_>>()
        };
        let all = names(&scenes);
        for seed in 0..4 {
            let (rest, held) = scenes.clone().hold_out(2, seed);
            assert_eq!(held.len(), 2);
            assert!(!rest.is_empty());
            for of in [&rest, &held] {
                // An object counts once, in however many windows it is.
                assert_eq!(of.instances(), names(of).len());
            }
            let (rest, held) = (names(&rest), names(&held));
            assert!(rest.is_disjoint(&held), "{rest:?} {held:?}");
            assert!(rest.union(&held).count() <= all.len());
        }
    }

    #[test]
    fn objects_of_places_are_kept_back_and_have_windows_of_their_own() {
        let folder = one_scene();
        // Four around each, all on data.
        let places = OBJECTS[..6].iter().flat_map(|&[x, y]| {
            let around = [[-2.0, -2.0], [2.0, -2.0], [-2.0, 2.0], [2.0, 2.0]];
            around.map(|[dx, dy]| [f64::from(x) + dx, f64::from(y) + dy])
        });
        let places: Vec<[f64; 2]> = places.collect();
        let names: Vec<String> = (0..places.len()).map(|at| at.to_string()).collect();
        let rows = names.iter().zip(&places);
        let rows: Vec<_> = rows.map(|(name, &[x, y])| (&**name, x, y, 1)).collect();
        let points = points(folder.path(), &rows);
        let (scenes, _) = open(&folder.path().join("scene.tif"), &points).expect("scenes");
        let names = |of: &PointedScenes| {
            let examples = (0..of.len()).map(|index| of.read(index).expect("a window"));
            let names = examples.flat_map(|example| example.instances);
            names.map(|instance| instance.name).collect::<HashSet<_>>()
        };
        for seed in 0..4 {
            let (rest, held) = scenes.clone().hold_out_places(None, seed).expect("places");
            let held = held.expect("some are kept");
            let (of_rest, of_held) = (names(&rest), names(&held));
            assert!(of_rest.is_disjoint(&of_held));
            assert_eq!(of_rest.len() + of_held.len(), places.len());
            assert_eq!(
                (rest.instances(), held.instances()),
                (of_rest.len(), of_held.len())
            );
            // The four around one spot are learnt from, or kept, together.
            for spot in 0..6 {
                let four = (4 * spot..4 * spot + 4).map(|at| of_held.contains(&at.to_string()));
                let kept = four.filter(|&kept| kept).count();
                assert!(kept == 0 || kept == 4, "{spot}: {kept}");
            }
        }
        let (all, none) = scenes.hold_out_places(Some(0), 0).expect("places");
        assert!(none.is_none());
        assert_eq!(names(&all).len(), places.len());
    }

    #[test]
    fn points_that_lie_elsewhere_are_refused_with_where_they_landed() {
        let folder = one_scene();
        let points = points(folder.path(), &[("a", 9000.0, 20.0, 1)]);
        let error = open(&folder.path().join("scene.tif"), &points).expect_err("nothing there");
        let words = error.to_string();
        assert!(
            words.contains("lands at pixel 9000.0,20.0 of `scene.tif`"),
            "{words}"
        );
        let nothing = folder.path().join("empty");
        fs_err::create_dir(&nothing).expect("a folder");
        let error = open(&nothing, &points).expect_err("no scene");
        let source = error.downcast_ref::<SourceError>();
        assert!(
            matches!(source, Some(SourceError::NoScenes { .. })),
            "{error}"
        );
    }
}
