//! Points in pixels from CSV: `image,instance,x,y,label`, one line a point.
//!
//! `x` and `y` are continuous pixels, `(0, 0)` the top-left corner of the image. `label` is 1 on
//! the object and 0 off it, 1 where it is absent or empty. Points of one object share `instance`;
//! without that column each point is an object of its own. `image` may be absent when there is only
//! one. Other columns are attributes of the object, and columns may come in any order.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::Path;

use crate::columns::Coordinates;
use crate::error::PointsError;
use crate::notice::{Notices, Weight};
use crate::prompt::{PointedObject, PromptPoint};
use crate::table::{PointRow, PointTable, TableOptions};
use crate::value::Value;

/// An object and the image that it is on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectOnImage {
    /// The image's file name; none when the file has no such column.
    pub image: Option<String>,
    /// The object; its id is the instance, with COCO files the annotation's id. At least one of its
    /// points is positive, and they are in the file's order; a point given twice is kept twice.
    pub object: PointedObject,
    /// The lines the points came from; empty when they came from no file.
    lines: Vec<u64>,
}

/// A file of points in pixels: its objects, in the order in which they first appear.
#[derive(Debug, Clone, PartialEq)]
pub struct PointFile {
    /// The name that messages use, normally the path of the file.
    pub name: String,
    /// The objects.
    pub objects: Vec<ObjectOnImage>,
    /// What was noticed.
    pub notices: Notices,
}

impl ObjectOnImage {
    /// An object that came from no file.
    pub fn new(image: Option<String>, object: PointedObject) -> Self {
        Self {
            image,
            object,
            lines: Vec::new(),
        }
    }

    /// Keeps the first `positives` positive and the first `negatives` negative points.
    pub fn limit(&mut self, positives: usize, negatives: usize) {
        let mut left = [negatives, positives];
        let points = self.object.points.iter();
        let kept: Vec<bool> = points
            .map(|point| {
                let left = &mut left[usize::from(point.positive)];
                let kept = *left > 0;
                *left = left.saturating_sub(1);
                kept
            })
            .collect();
        let mut of_points = kept.iter();
        self.object
            .points
            .retain(|_| of_points.next().copied().unwrap_or(false));
        let mut of_lines = kept.iter();
        self.lines
            .retain(|_| of_lines.next().copied().unwrap_or(false));
    }

    fn check_inside(&self, file: &str, size: (u32, u32)) -> Result<(), PointsError> {
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        if let Some([x0, y0, x1, y1]) = self.object.bounds
            && (x0 >= width || y0 >= height || x1 <= 0.0 || y1 <= 0.0)
        {
            return Err(PointsError::Outside {
                file: file.to_owned(),
                line: None,
                image: self.image.clone(),
                instance: self.object.id.clone(),
                x: x0,
                y: y0,
                width: size.0,
                height: size.1,
            });
        }
        let mut points = self.object.points.iter().enumerate();
        let Some((at, point)) = points.find(|(_, point)| !point.is_inside(size)) else {
            return Ok(());
        };
        Err(PointsError::Outside {
            file: file.to_owned(),
            line: self.lines.get(at).copied(),
            image: self.image.clone(),
            instance: self.object.id.clone(),
            x: point.x,
            y: point.y,
            width: size.0,
            height: size.1,
        })
    }
}

impl PointFile {
    /// Reads a CSV file.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, PointsError> {
        Self::read_with(path, &TableOptions::default())
    }

    /// Reads a CSV file.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when the file cannot be read.
    pub fn read_with(path: impl AsRef<Path>, options: &TableOptions) -> Result<Self, PointsError> {
        Self::of_table(PointTable::read(path, options)?, options)
    }

    /// Reads the bytes of a CSV file; messages call it `name`.
    ///
    /// # Errors
    /// As [`PointTable::parse`], and when the points are on the map, there is none, a label is
    /// neither 1 nor 0 nor a word for them, or an object has no positive point.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PointsError> {
        let options = TableOptions::default();
        Self::of_table(PointTable::parse_with(name, bytes, &options)?, &options)
    }

    fn of_table(mut table: PointTable, options: &TableOptions) -> Result<Self, PointsError> {
        let name = table.name.clone();
        let file = || name.clone();
        if table.coordinates != Coordinates::Pixels {
            return Err(PointsError::OnMap {
                file: file(),
                found: table.columns.clone(),
            });
        }
        let columns = Columns::of(&mut table, options)?;
        let mut objects: Vec<ObjectOnImage> = Vec::new();
        let mut places: HashMap<(Option<String>, String), usize> = HashMap::new();
        let mut alone: HashMap<Option<String>, u64> = HashMap::new();
        let mut first_fault = None;
        for row in &table.rows {
            let found = columns.of_row(&table, row, &mut alone);
            let (image, id, positive) = match found {
                Ok(found) => found,
                Err(fault) if options.strict => return Err(fault),
                Err(fault) => {
                    let first = || fault.place();
                    table
                        .notices
                        .add(&table.name, Weight::LeftOut, UNREADABLE, first);
                    first_fault = first_fault.or(Some(fault));
                    continue;
                }
            };
            let place = *places
                .entry((image.clone(), id.clone()))
                .or_insert_with(|| {
                    objects.push(ObjectOnImage::new(
                        image,
                        PointedObject::new(id, Vec::new()),
                    ));
                    objects.len() - 1
                });
            let ObjectOnImage { object, lines, .. } = &mut objects[place];
            if positive && !object.is_pointed_at() {
                let others = row.values.iter().filter(|(at, _)| columns.is_carried(*at));
                let attributes =
                    others.map(|(at, value)| (table.fields[*at].name.clone(), value.clone()));
                object.attributes = attributes.collect();
                object.class = columns.class_of(row);
            }
            if let Some(bounds) = row.bounds {
                object.bounds = Some(object.bounds.map_or(bounds, |known| union(known, bounds)));
            } else {
                let (x, y) = (row.x, row.y);
                object.points.push(PromptPoint { x, y, positive });
                lines.push(row.line);
            }
        }
        if let (true, Some(fault)) = (objects.is_empty(), first_fault) {
            return Err(fault);
        }
        if objects.is_empty() {
            return Err(PointsError::Empty { file: file() });
        }
        let mut faults = Vec::new();
        for faulty in objects.iter().filter(|one| !one.object.is_pointed_at()) {
            faults.push(PointsError::OnlyNegative {
                file: file(),
                line: faulty.lines.first().copied().unwrap_or(0),
                image: faulty.image.clone(),
                instance: faulty.object.id.clone(),
            });
        }
        if !faults.is_empty() && (options.strict || faults.len() == objects.len()) {
            return Err(faults.swap_remove(0));
        }
        for fault in &faults {
            let first = || fault.place();
            table
                .notices
                .add(&table.name, Weight::LeftOut, NEGATIVE, first);
        }
        objects.retain(|one| one.object.is_pointed_at());
        Ok(Self {
            name: file(),
            objects,
            notices: table.notices,
        })
    }

    /// The objects on one image; all of them when the file names no images.
    pub fn on_image<'a>(&'a self, file_name: &'a str) -> impl Iterator<Item = &'a PointedObject> {
        self.with_image(file_name).map(|one| &one.object)
    }

    fn with_image<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ObjectOnImage> {
        let is_on = move |one: &&ObjectOnImage| one.image.as_deref().is_none_or(|of| of == name);
        self.objects.iter().filter(is_on)
    }

    /// The images named, sorted; none when the file names no images.
    pub fn images(&self) -> BTreeSet<&str> {
        let objects = self.objects.iter();
        objects.filter_map(|one| one.image.as_deref()).collect()
    }

    /// Checks that every point of `image` lies on it: `0 <= x < width` and `0 <= y < height`.
    ///
    /// # Errors
    /// Names the first point that does not, with its line and the image's size.
    pub fn check_inside(&self, image: &str, width: u32, height: u32) -> Result<(), PointsError> {
        let mut objects = self.with_image(image);
        objects.try_for_each(|one| one.check_inside(&self.name, (width, height)))
    }

    /// Checks that every image named is one of `known`, and that a file that names none is used
    /// with one image only.
    ///
    /// # Errors
    /// Names the first image that is not there, and counts the others.
    pub fn check_images<'a>(
        &self,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), PointsError> {
        let known: BTreeSet<&str> = known.into_iter().collect();
        if known.len() > 1 && self.objects.iter().any(|one| one.image.is_none()) {
            return Err(PointsError::NoImageColumn {
                file: self.name.clone(),
            });
        }
        let unknown = |one: &&ObjectOnImage| {
            let image = one.image.as_deref();
            image.is_some_and(|image| !known.contains(image))
        };
        let Some(first) = self.objects.iter().find(unknown) else {
            return Ok(());
        };
        Err(PointsError::UnknownImage {
            file: self.name.clone(),
            line: first.lines.first().copied(),
            first: first.image.clone().unwrap_or_default(),
            others: self.images().difference(&known).count() - 1,
        })
    }
}

const UNREADABLE: [&str; 2] = [
    "row that cannot be understood is left out",
    "rows that cannot be understood are left out",
];
const NEGATIVE: [&str; 2] = [
    "instance has only negative points and is left out",
    "instances have only negative points and are left out",
];
const CLASSES: [&str; 2] = [
    "column `label` says of no row whether it is on the object: its values are classes",
    "",
];

/// The columns of a table that are more than attributes.
struct Columns {
    image: Option<usize>,
    instance: Option<usize>,
    label: Option<usize>,
    class: Option<usize>,
}

impl Columns {
    fn of(table: &mut PointTable, options: &TableOptions) -> Result<Self, PointsError> {
        let [image, instance, label] = ["image", "instance", "label"].map(|name| table.field(name));
        if let Some(name) = &options.class_field {
            let Some(class) = table.field(name) else {
                return Err(PointsError::NoClassField {
                    file: table.name.clone(),
                    field: name.clone(),
                    found: table.columns.clone(),
                });
            };
            let values = |at: usize| table.rows.iter().map(move |row| row.value(at));
            let label = label.filter(|&at| at != class && !Value::are_classes(values(at)));
            let class = Some(class);
            return Ok(Self {
                image,
                instance,
                label,
                class,
            });
        }
        let values = |at: usize| table.rows.iter().map(move |row| row.value(at));
        match label.filter(|&at| Value::are_classes(values(at))) {
            None => Ok(Self {
                image,
                instance,
                label,
                class: None,
            }),
            class => {
                table
                    .notices
                    .add(&table.name, Weight::Taken, CLASSES, String::new);
                Ok(Self {
                    image,
                    instance,
                    label: None,
                    class,
                })
            }
        }
    }

    /// The image, the name of the object, and whether the row is on it.
    fn of_row(
        &self,
        table: &PointTable,
        row: &PointRow,
        alone: &mut HashMap<Option<String>, u64>,
    ) -> Result<(Option<String>, String, bool), PointsError> {
        let file = || table.name.clone();
        let refuse = |column: &str, value: &Value, expected| PointsError::Value {
            file: file(),
            line: row.line,
            column: column.to_owned(),
            value: value.shown(),
            expected,
        };
        let value = |place: Option<usize>| place.map_or(&Value::Null, |at| row.value(at));
        let positive = value(self.label).as_label().ok_or_else(|| {
            let expected = "1 (on the object) or 0 (off it)";
            refuse("label", value(self.label), expected)
        })?;
        let image = match (self.image, value(self.image)) {
            (None, _) => None,
            (Some(_), Value::Text(name)) => Some(name.clone()),
            (Some(_), value) => return Err(refuse("image", value, "a name")),
        };
        let id = match (self.instance, value(self.instance)) {
            (Some(_), Value::Text(name)) => name.clone(),
            _ if !positive => {
                return Err(PointsError::NegativeAlone {
                    file: file(),
                    line: row.line,
                });
            }
            // No number, which might be that of an annotation.
            (Some(_), _) => format!("line {}", row.line),
            (None, _) => {
                let count = alone.entry(image.clone()).or_default();
                *count += 1;
                count.to_string()
            }
        };
        Ok((image, id, positive))
    }

    fn class_of(&self, row: &PointRow) -> Option<String> {
        let class = row.value(self.class?).shown();
        (!class.is_empty()).then_some(class)
    }

    fn is_carried(&self, place: usize) -> bool {
        ![self.image, self.instance, self.label].contains(&Some(place))
    }
}

fn union(one: [f64; 4], other: [f64; 4]) -> [f64; 4] {
    let [a, b, c, d] = one;
    let [e, f, g, h] = other;
    [a.min(e), b.min(f), c.max(g), d.max(h)]
}

/// Writes CSV that [`PointFile::parse`] reads back unchanged but for attributes, without an `image`
/// column when no object names an image.
///
/// # Errors
/// When the writer fails.
pub fn write_csv(writer: impl Write, objects: &[ObjectOnImage]) -> Result<(), PointsError> {
    let with_image = objects.iter().any(|one| one.image.is_some());
    let first = usize::from(!with_image);
    let mut writer = csv::Writer::from_writer(writer);
    let written = |error: csv::Error| PointsError::File(error.into());
    writer
        .write_record(&["image", "instance", "x", "y", "label"][first..])
        .map_err(written)?;
    for one in objects {
        for point in &one.object.points {
            let (x, y) = (point.x.to_string(), point.y.to_string());
            let image = one.image.as_deref().unwrap_or_default();
            let label = if point.positive { "1" } else { "0" };
            let row = [image, &one.object.id, &x, &y, label];
            writer.write_record(&row[first..]).map_err(written)?;
        }
    }
    writer.flush()?;
    Ok(())
}
