//! Why a table of points cannot be used.

/// Why points cannot be used. All of these are faults of the input; lines count from 1, the header
/// included.
#[derive(Debug, thiserror::Error)]
pub enum PointsError {
    /// The operating system refused to read or write.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The file is not CSV or not UTF-8.
    #[error("{file}: not a CSV file of points: {source}\n\nhint: save it as CSV in UTF-8")]
    NotCsv {
        /// The file.
        file: String,
        /// What the CSV reader says.
        source: csv::Error,
    },
    /// The file is UTF-16, as Excel's "Unicode text" is.
    #[error(
        "{file}: not a CSV file of points: it is UTF-16\n\nhint: save it as CSV in UTF-8 (Excel: \"CSV UTF-8\")"
    )]
    Utf16 {
        /// The file.
        file: String,
    },
    /// A column is missing from the header or there twice.
    #[error(
        "{file}: header: {problem}, the columns are `{found}`\n\nhint: the first line must be a header such as `image,instance,x,y,label` in pixels, where only `x` and `y` are required, or `lon,lat` or `easting,northing` on the map; `instance` and `label` may follow"
    )]
    Header {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
        /// The columns that are there.
        found: String,
    },
    /// The points are on the map, and pixels are wanted.
    #[error(
        "{file}: header: no columns `x` and `y`, the columns are `{found}`\n\nhint: points on the map (`lon,lat`, `easting,northing`) need a georeferenced scene; on a plain image points are pixels, `x,y`"
    )]
    OnMap {
        /// The file.
        file: String,
        /// The columns that are there.
        found: String,
    },
    /// There is no column of the name that was given for classes.
    #[error(
        "{file}: header: no column `{field}` for classes, the columns are `{found}`\n\nhint: name one of them"
    )]
    NoClassField {
        /// The file.
        file: String,
        /// The name that was given.
        field: String,
        /// The columns that are there.
        found: String,
    },
    /// There is not one point.
    #[error("{file}: no points\n\nhint: write one line for each point below the header")]
    Empty {
        /// The file.
        file: String,
    },
    /// A line is longer than any table of points has.
    #[error(
        "{file}: line {line}: it is longer than 16 MiB\n\nhint: this is no table of points; a polygon of so many vertices belongs into a GeoPackage"
    )]
    LongLine {
        /// The file.
        file: String,
        /// The line.
        line: u64,
    },
    /// A value is missing or cannot be understood.
    #[error(
        "{file}: line {line}: `{column}` is `{value}`, expected {expected}\n\nhint: mend or delete the line"
    )]
    Value {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The column's name.
        column: String,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A negative point in a file without an `instance` column.
    #[error(
        "{file}: line {line}: a negative point belongs to no object\n\nhint: add an `instance` column that says which positive points it goes with"
    )]
    NegativeAlone {
        /// The file.
        file: String,
        /// The line.
        line: u64,
    },
    /// An instance that no point marks.
    #[error("{file}: line {line}: instance `{instance}`{} has only negative points\n\nhint: add at least one positive point (label 1) on it", on_image(image.as_deref()))]
    OnlyNegative {
        /// The file.
        file: String,
        /// The line of its first point.
        line: u64,
        /// The image's name.
        image: Option<String>,
        /// The instance.
        instance: String,
    },
    /// A point that is not on its image.
    #[error("{file}: {}point ({x}, {y}) of instance `{instance}` is outside its image{} of {width} x {height} pixels\n\nhint: x counts columns from the left, y rows from the top, in pixels of this very file", at_line(*line), on_image(image.as_deref()))]
    Outside {
        /// The file.
        file: String,
        /// The line, where the points came from a file.
        line: Option<u64>,
        /// The image's name.
        image: Option<String>,
        /// The instance.
        instance: String,
        /// The point's column.
        x: f64,
        /// The point's row.
        y: f64,
        /// The image's width in pixels.
        width: u32,
        /// The image's height in pixels.
        height: u32,
    },
    /// Points on images that the dataset has not.
    #[error("{file}: {}no image `{first}`{}\n\nhint: `image` is the file's name within the images folder, with its extension", at_line(*line), and_others(*others))]
    UnknownImage {
        /// The file.
        file: String,
        /// The line of the first such point.
        line: Option<u64>,
        /// The first such image.
        first: String,
        /// How many more there are.
        others: usize,
    },
    /// Several images and a file that does not say which one is meant.
    #[error(
        "{file}: no `image` column, and there is more than one image\n\nhint: add an `image` column with file names"
    )]
    NoImageColumn {
        /// The file.
        file: String,
    },
}

impl PointsError {
    /// What is wrong and where, without the file and what to do.
    pub fn place(&self) -> String {
        let text = self.to_string();
        let text = text.split("\n\nhint: ").next().unwrap_or_default();
        let at = text.find("line ").unwrap_or_default();
        text[at..].to_owned()
    }
}

fn at_line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

fn on_image(image: Option<&str>) -> String {
    image.map_or_else(String::new, |image| format!(" `{image}`"))
}

fn and_others(others: usize) -> String {
    if others == 0 {
        String::new()
    } else {
        format!(" in the images folder, nor {others} others")
    }
}
