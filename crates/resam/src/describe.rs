//! What a file is that is no picture and no checkpoint, in words and as JSON, for `resam info`.

use std::io::Read;
use std::path::Path;

use resam_data::coco::CocoFile;
use resam_prompt::{FieldKind, Notices};
use resam_scene::describe_journal;
use resam_vector::{LayerDescription, VectorDescription};
use serde_json::{Value, json};

use crate::adapt::recipe;
use crate::error::Result;

/// Bytes that tell what a file is.
const START: u64 = 1 << 16;

/// What a file is: a name for its kind, and rows of a name and a value.
#[derive(Debug, Default)]
pub struct Description {
    /// The kind: `vector`, `coco`, `recipe`, `run`, `journal`, `cache`, `record`.
    pub kind: &'static str,
    /// What a person reads.
    pub rows: Vec<(&'static str, String)>,
    /// The same for a script, an object.
    pub json: Value,
    /// What was noticed.
    pub notices: Notices,
}

impl Description {
    /// Looks into a file or folder. Nothing if it is of no kind that is known here.
    ///
    /// # Errors
    /// When it is of such a kind, and damaged.
    pub(crate) fn of(path: &Path) -> Result<Option<Self>> {
        if path.is_dir() {
            return Ok(of_folder(path));
        }
        let mut start = Vec::new();
        let mut file = resam_files::open_regular(path)?.take(START);
        file.read_to_end(&mut start)?;
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        match &*extension.to_ascii_lowercase() {
            "toml" => return of_recipe(path).map(Some),
            "safetensors" | "pth" | "pt" | "ckpt" | "bin" => return Ok(None),
            _ => {}
        }
        if let Some(about) = describe_journal(&start) {
            return Ok(Some(of_journal(path, about)));
        }
        let text = String::from_utf8_lossy(&start);
        if text
            .trim_start_matches('\u{feff}')
            .trim_start()
            .starts_with('{')
            && !text.contains("\"Feature")
            && text.contains("\"images\"")
        {
            return of_coco(path).map(Some);
        }
        if extension.eq_ignore_ascii_case("json")
            && let Some(found) = of_record(path)?
        {
            return Ok(Some(found));
        }
        // A text of one line without a delimiter is no table that anybody means.
        let is_text =
            !start.is_empty() && !start.contains(&0) && std::str::from_utf8(&start).is_ok();
        let is_binary = start.starts_with(b"SQLite format 3\0")
            || start.starts_with(b"fgb")
            || start.starts_with(b"\0\0\x27\x0A");
        if is_text || is_binary {
            Ok(Some(of_vector(&resam_vector::describe(path)?)))
        } else {
            Ok(None)
        }
    }

    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            json: json!({}),
            ..Self::default()
        }
    }

    fn row(&mut self, name: &'static str, text: impl Into<String>, value: impl Into<Value>) {
        self.rows.push((name, text.into()));
        self.json[name] = value.into();
    }
}

fn of_vector(found: &VectorDescription) -> Description {
    let mut description = Description::new("vector");
    description.row("format", found.format, found.format);
    let mut layers = Vec::new();
    for (name, layer) in &found.layers {
        let mut all = json!({ "name": name });
        if let Some(name) = name {
            description.rows.push(("layer", name.clone()));
        }
        match layer {
            Ok(layer) => of_layer(&mut description, &mut all, layer),
            Err(problem) => {
                description.rows.push(("problem", problem.clone()));
                all["problem"] = json!(problem);
            }
        }
        layers.push(all);
    }
    description.json["layers"] = json!(layers);
    description
}

fn of_layer(description: &mut Description, all: &mut Value, layer: &LayerDescription) {
    let rows = &mut description.rows;
    let crs = layer.crs.as_ref().map(|crs| match crs.epsg() {
        Some(code) => format!("EPSG:{code}, {}", crs.name()),
        None => crs.name().to_owned(),
    });
    rows.push((
        "crs",
        crs.clone().unwrap_or_else(|| layer.without_crs.to_owned()),
    ));
    let names = ["points", "polygons", "others", "without geometry"];
    let counted = names
        .iter()
        .zip(layer.counts)
        .filter(|(_, count)| *count > 0);
    let counted: Vec<String> = counted
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let total: usize = layer.counts.iter().sum();
    rows.push(("rows", format!("{total}: {}", counted.join(", "))));
    if let Some([west, south, east, north]) = layer.extent {
        rows.push(("extent", format!("{west}, {south} to {east}, {north}")));
    }
    for field in &layer.fields {
        rows.push((
            "field",
            format!("{} ({})", field.name, kind_name(field.kind)),
        ));
    }
    let fields = layer.fields.iter();
    let fields: Vec<Value> = fields
        .map(|field| json!({ "name": field.name, "type": kind_name(field.kind) }))
        .collect();
    all["crs"] = json!(crs);
    all["rows"] = json!(total);
    for (name, count) in ["points", "polygons", "others", "without_geometry"]
        .iter()
        .zip(layer.counts)
    {
        all[*name] = json!(count);
    }
    all["extent"] = json!(layer.extent);
    all["fields"] = json!(fields);
    all["notices"] = json!(layer.notices.sentences());
    description.notices.append(layer.notices.clone());
}

fn kind_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Bool => "boolean",
        FieldKind::Integer => "integer",
        FieldKind::Real => "real",
        FieldKind::Text => "text",
        FieldKind::Date => "date",
        FieldKind::DateTime => "date and time",
    }
}

fn of_coco(path: &Path) -> Result<Description> {
    let file = CocoFile::read(path).map_err(resam_data::DataError::from)?;
    let mut description = Description::new("coco");
    let count = |count: usize| (count.to_string(), json!(count));
    let (text, value) = count(file.images.len());
    description.row("images", text, value);
    let (text, value) = count(file.annotations.len());
    description.row("annotations", text, value);
    let crowds = file.annotations.iter().filter(|one| one.crowd).count();
    description.row("crowds", crowds.to_string(), crowds);
    let names: Vec<&str> = file.categories.iter().map(|one| &*one.name).collect();
    description.row("categories", names.join(", "), json!(names));
    description.json["notices"] = json!(file.notices.sentences());
    description.notices = file.notices;
    Ok(description)
}

fn of_recipe(path: &Path) -> Result<Description> {
    let (read, _) = recipe::read_over(&recipe::Recipe::default(), path)?;
    let mut description = Description::new("recipe");
    let text = recipe::to_toml(&read);
    let keys = text
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains('='));
    description.row(
        "keys",
        format!("{} keys, checked", keys.count()),
        json!(text),
    );
    Ok(description)
}

fn of_journal(path: &Path, about: Vec<(String, String)>) -> Description {
    let mut description = Description::new("journal");
    let windows = std::fs::read(path).map_or(0, |bytes| {
        bytes.iter().filter(|&&byte| byte == b'\n').count()
    });
    let windows = windows.saturating_sub(1);
    description.row("windows", format!("{windows} are done"), windows);
    for (name, value) in about {
        description.rows.push(("about", format!("{name}: {value}")));
        description.json["about"][name] = json!(value);
    }
    description
}

/// A record of a run, which has the version of the program.
fn of_record(path: &Path) -> Result<Option<Description>> {
    let bytes = resam_files::read_bounded(path, 64 << 20)?;
    let Ok(record) = serde_json::from_slice::<Value>(&bytes) else {
        return Ok(None);
    };
    if record.get("version").is_none() || record.get("command_line").is_none() {
        return Ok(None);
    }
    let mut description = Description::new("record");
    for name in [
        "version",
        "command_line",
        "device",
        "weights",
        "seed",
        "started",
    ] {
        if let Some(value) = record.get(name) {
            description.rows.push((name, value.to_string()));
        }
    }
    description.json = record;
    Ok(Some(description))
}

/// The folder of a run of adaptation, or of a cache of windows.
fn of_folder(path: &Path) -> Option<Description> {
    let names: Vec<String> = std::fs::read_dir(path)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    let has = |name: &str| names.iter().any(|own| own == name);
    if has("checkpoints") || has("metrics.jsonl") {
        let mut description = Description::new("run");
        let checkpoints = std::fs::read_dir(path.join("checkpoints")).map_or(0, Iterator::count);
        let state = if has("adapter_config.json") {
            "finished"
        } else {
            "not finished"
        };
        description.row("state", state, state);
        description.row("checkpoints", checkpoints.to_string(), checkpoints);
        return Some(description);
    }
    let entries = names
        .iter()
        .filter(|name| name.ends_with(".embedding"))
        .count();
    if entries > 0 {
        let mut description = Description::new("cache");
        description.row("embeddings", entries.to_string(), entries);
        return Some(description);
    }
    None
}
