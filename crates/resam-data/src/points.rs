//! Point prompts from CSV: `image,instance,x,y,label`, one line a point.
//!
//! `x` and `y` are continuous pixel coordinates, (0, 0) the top-left corner of the image. `label`
//! is 1 on the object and 0 off it, 1 throughout when the column is absent. Points of one object
//! share `instance`; without that column each point is an object of its own. `image` may be absent
//! when there is only one. Other columns are ignored, and columns may come in any order.

use std::collections::{BTreeSet, HashMap};
use std::io::{Read, Write};
use std::path::Path;

use csv::StringRecord;

pub use crate::points_error::PointsError;

/// One click.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PromptPoint {
    /// Column in pixels, 0 at the image's left edge.
    pub x: f64,
    /// Row in pixels, 0 at the image's top edge.
    pub y: f64,
    /// Whether the point lies on the object.
    pub positive: bool,
}

/// The points of one object, at least one of them positive, in the file's order.
#[derive(Debug, Clone, PartialEq)]
pub struct PointPrompts {
    /// The image's file name; none when the file has no such column.
    pub image: Option<String>,
    /// The object; with COCO files the annotation's id.
    pub instance: String,
    /// Its points; a point given twice is kept twice.
    pub points: Vec<PromptPoint>,
    /// The lines the points came from; empty when they came from no file.
    lines: Vec<u64>,
}

/// A point file: its objects, in the order in which they first appear.
#[derive(Debug, Clone, PartialEq)]
pub struct PointFile {
    /// The name that messages use, normally the path of the file.
    pub name: String,
    /// The objects.
    pub prompts: Vec<PointPrompts>,
}

impl PointPrompts {
    /// Points that came from no file.
    pub fn new(image: Option<String>, instance: String, points: Vec<PromptPoint>) -> Self {
        Self {
            image,
            instance,
            points,
            lines: Vec::new(),
        }
    }

    /// Keeps the first `positives` positive and the first `negatives` negative points.
    pub fn limit(&mut self, positives: usize, negatives: usize) {
        let mut left = [negatives, positives];
        let mut keep = self.points.iter().map(|point| {
            let left = &mut left[usize::from(point.positive)];
            let kept = *left > 0;
            *left = left.saturating_sub(1);
            kept
        });
        let kept: Vec<bool> = keep.by_ref().collect();
        let mut of_points = kept.iter();
        self.points
            .retain(|_| of_points.next().copied().unwrap_or(false));
        let mut of_lines = kept.iter();
        self.lines
            .retain(|_| of_lines.next().copied().unwrap_or(false));
    }
}

impl PointFile {
    /// Reads a CSV file.
    ///
    /// # Errors
    /// As [`parse_points`], and when the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, PointsError> {
        let path = path.as_ref();
        parse_points(&path.display().to_string(), fs_err::File::open(path)?)
    }

    /// The objects on one image; all of them when the file names no images.
    pub fn on_image<'a>(&'a self, file_name: &'a str) -> impl Iterator<Item = &'a PointPrompts> {
        self.prompts.iter().filter(move |prompts| {
            prompts
                .image
                .as_deref()
                .is_none_or(|image| image == file_name)
        })
    }

    /// The images named, sorted; none when the file names no images.
    pub fn images(&self) -> BTreeSet<&str> {
        self.prompts
            .iter()
            .filter_map(|prompts| prompts.image.as_deref())
            .collect()
    }

    /// Checks that every point of `image` lies on it: `0 <= x < width` and `0 <= y < height`.
    ///
    /// # Errors
    /// Names the first point that does not, with its line and the image's size.
    pub fn check_inside(&self, image: &str, width: u32, height: u32) -> Result<(), PointsError> {
        for prompts in self.on_image(image) {
            check_inside(&self.name, prompts, width, height)?;
        }
        Ok(())
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
        if known.len() > 1 && self.prompts.iter().any(|prompts| prompts.image.is_none()) {
            return Err(PointsError::NoImageColumn {
                file: self.name.clone(),
            });
        }
        let unknown = |prompts: &&PointPrompts| {
            prompts
                .image
                .as_deref()
                .is_some_and(|image| !known.contains(image))
        };
        let Some(first) = self.prompts.iter().find(unknown) else {
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

/// Checks that the points of one object lie on an image of this size; `file` is for the message.
///
/// # Errors
/// Names the first point that does not.
pub fn check_inside(
    file: &str,
    prompts: &PointPrompts,
    width: u32,
    height: u32,
) -> Result<(), PointsError> {
    for (index, &PromptPoint { x, y, .. }) in prompts.points.iter().enumerate() {
        if !((0.0..f64::from(width)).contains(&x) && (0.0..f64::from(height)).contains(&y)) {
            return Err(PointsError::Outside {
                file: file.to_owned(),
                line: prompts.lines.get(index).copied(),
                image: prompts.image.clone(),
                instance: prompts.instance.clone(),
                x,
                y,
                width,
                height,
            });
        }
    }
    Ok(())
}

/// Parses CSV; messages call it `name`.
///
/// # Errors
/// When it is not CSV, lacks `x` or `y`, holds no point, a coordinate that is no finite number, a
/// label other than 0 and 1, or an object without a positive point.
pub fn parse_points(name: &str, reader: impl Read) -> Result<PointFile, PointsError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(reader);
    let not_csv = |source: csv::Error| PointsError::NotCsv {
        file: name.to_owned(),
        source,
    };
    let columns = Columns::of(name, reader.headers().map_err(not_csv)?)?;
    let mut prompts: Vec<PointPrompts> = Vec::new();
    let mut places: HashMap<(Option<String>, String), usize> = HashMap::new();
    let mut alone: HashMap<Option<String>, u64> = HashMap::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(not_csv)? {
        let row = Row {
            file: name,
            line: record.position().map_or(0, csv::Position::line),
            record: &record,
        };
        let point = PromptPoint {
            x: row.coordinate("x", columns.x)?,
            y: row.coordinate("y", columns.y)?,
            positive: columns.label.map_or(Ok(true), |column| row.label(column))?,
        };
        let image = columns
            .image
            .map(|column| row.text("image", column))
            .transpose()?;
        let instance = match columns.instance {
            Some(column) => row.text("instance", column)?,
            None if point.positive => {
                let count = alone.entry(image.clone()).or_default();
                *count += 1;
                count.to_string()
            }
            None => {
                return Err(PointsError::NegativeAlone {
                    file: name.to_owned(),
                    line: row.line,
                });
            }
        };
        let place = *places
            .entry((image.clone(), instance.clone()))
            .or_insert_with(|| {
                prompts.push(PointPrompts::new(image, instance, Vec::new()));
                prompts.len() - 1
            });
        prompts[place].points.push(point);
        prompts[place].lines.push(row.line);
    }
    if prompts.is_empty() {
        return Err(PointsError::Empty {
            file: name.to_owned(),
        });
    }
    if let Some(faulty) = prompts
        .iter()
        .find(|one| one.points.iter().all(|point| !point.positive))
    {
        return Err(PointsError::OnlyNegative {
            file: name.to_owned(),
            line: faulty.lines.first().copied().unwrap_or(0),
            image: faulty.image.clone(),
            instance: faulty.instance.clone(),
        });
    }
    Ok(PointFile {
        name: name.to_owned(),
        prompts,
    })
}

/// Writes CSV that [`parse_points`] reads back unchanged, without an `image` column when no object
/// names an image.
///
/// # Errors
/// When the writer fails.
pub fn write_csv(writer: impl Write, prompts: &[PointPrompts]) -> Result<(), PointsError> {
    let with_image = prompts.iter().any(|prompts| prompts.image.is_some());
    let first = usize::from(!with_image);
    let mut writer = csv::Writer::from_writer(writer);
    let written = |error: csv::Error| PointsError::File(error.into());
    writer
        .write_record(&["image", "instance", "x", "y", "label"][first..])
        .map_err(written)?;
    for prompts in prompts {
        for point in &prompts.points {
            let (x, y) = (point.x.to_string(), point.y.to_string());
            let image = prompts.image.as_deref().unwrap_or_default();
            let label = if point.positive { "1" } else { "0" };
            let row = [image, &prompts.instance, &x, &y, label];
            writer.write_record(&row[first..]).map_err(written)?;
        }
    }
    writer.flush()?;
    Ok(())
}

/// Where the known columns are.
struct Columns {
    image: Option<usize>,
    instance: Option<usize>,
    x: usize,
    y: usize,
    label: Option<usize>,
}

impl Columns {
    fn of(file: &str, header: &StringRecord) -> Result<Self, PointsError> {
        let refuse = |problem: String| PointsError::Header {
            file: file.to_owned(),
            problem,
            found: header.iter().take(20).collect::<Vec<_>>().join(","),
        };
        let find = |name: &str| {
            let mut places = header
                .iter()
                .enumerate()
                .filter(|(_, column)| column.eq_ignore_ascii_case(name))
                .map(|(place, _)| place);
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(refuse(format!("column `{name}` is there twice"))),
                (place, None) => Ok(place),
            }
        };
        let need = |name: &str| find(name)?.ok_or_else(|| refuse(format!("no column `{name}`")));
        Ok(Self {
            image: find("image")?,
            instance: find("instance")?,
            x: need("x")?,
            y: need("y")?,
            label: find("label")?,
        })
    }
}

/// One line, with what its errors need.
struct Row<'a> {
    file: &'a str,
    line: u64,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn refuse(&self, column: &'static str, place: usize, expected: &'static str) -> PointsError {
        let value: String = self
            .record
            .get(place)
            .unwrap_or("")
            .chars()
            .take(60)
            .collect();
        PointsError::Value {
            file: self.file.to_owned(),
            line: self.line,
            column,
            value,
            expected,
        }
    }

    fn coordinate(&self, column: &'static str, place: usize) -> Result<f64, PointsError> {
        self.record
            .get(place)
            .and_then(|value| value.parse::<f64>().ok())
            .filter(|value| value.is_finite())
            .ok_or_else(|| self.refuse(column, place, "a finite number"))
    }

    fn label(&self, place: usize) -> Result<bool, PointsError> {
        match self.record.get(place) {
            Some("1" | "1.0") => Ok(true),
            Some("0" | "0.0") => Ok(false),
            _ => Err(self.refuse("label", place, "1 (on the object) or 0 (off it)")),
        }
    }

    fn text(&self, column: &'static str, place: usize) -> Result<String, PointsError> {
        match self.record.get(place) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(self.refuse(column, place, "a name")),
        }
    }
}
