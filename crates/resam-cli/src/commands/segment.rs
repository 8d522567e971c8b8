//! `resam segment`: points or boxes on an image to masks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use resam_export::{Format, Object, PromptMarks, Segmentation};
use resam_files::check_writable;
use resam_mask::Bitmap;
use resam_prompt::{PointedObject, Prompt, PromptPoint};
use resam_sam::preprocess::RgbView;
use serde_json::json;

use super::scene::Subject;
use super::{Outcome, load, note, run_record};
use crate::arguments::{Common, Segment};
use crate::failure::WrongInput;

pub(crate) fn run(arguments: &Segment, common: &Common) -> Result<Outcome> {
    let raster = match super::scene::subject(arguments) {
        Subject::Scene => return super::scene::run(arguments, common),
        Subject::Image(raster) => raster,
    };
    // Everything that can be wrong is found before the long work.
    let outputs = outputs(&arguments.output)?;
    let typed = typed_prompts(arguments)?;
    // What the raster does not hold in memory has not been decoded yet.
    let held = raster.map(|raster| raster.into_rgb()).transpose()?;
    let decoded = match held.flatten() {
        Some(decoded) => decoded,
        None => resam_image::read_rgb(&arguments.image)?,
    };
    for text in &decoded.notes {
        note(common, text);
    }
    let (width, height) = decoded.rgb.dimensions();
    let asked = match &arguments.points {
        Some(file) => points_of_file(file, &arguments.image, (width, height), common)?,
        None => typed,
    };
    for one in &asked {
        check_inside(one, width, height)?;
    }
    let model = load(&arguments.model, common)?;

    let started = Instant::now();
    let view = RgbView::new(width as usize, height as usize, decoded.rgb.as_raw())?;
    let encoded = model.predictor.encode(view);
    let encoding = started.elapsed().as_secs_f64();
    let prompts: Vec<Prompt> = asked.iter().map(PointedObject::prompt).collect();
    let answering = model.answering(arguments.requery, arguments.multimask);
    let answers = answering.answer(&model.predictor, &encoded, view, &prompts)?;
    let mut objects = Vec::with_capacity(asked.len());
    for (index, (one, answer)) in asked.into_iter().zip(answers).enumerate() {
        objects.push(Object {
            id: index as u32 + 1,
            prompt: marks(&one),
            instance: one.id,
            mask: Bitmap::from_threshold(&answer.logits(), width, height, 0.0)?,
            quality: answer.quality,
        });
    }
    let decoding = started.elapsed().as_secs_f64() - encoding;

    let file_name = arguments
        .image
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let segmentation = Segmentation {
        file_name: file_name.into_owned(),
        image: decoded.rgb,
        objects,
    };
    for (path, format) in &outputs {
        resam_export::write(path, *format, &segmentation)?;
    }
    let result = result(&segmentation, width, height);
    let stages = [
        ("load", model.seconds),
        ("encode", encoding),
        ("decode", decoding),
    ];
    let record = run_record(&model, common, &stages, result.clone());
    // Once a folder, whatever is written there.
    let mut folders = BTreeSet::new();
    for (path, _) in &outputs {
        if folders.insert(path.parent()) {
            record.write_beside(path)?;
        }
    }
    if common.json {
        println!("{result:#}");
    } else {
        print_table(&segmentation);
    }
    let empty: Vec<&str> = segmentation
        .objects
        .iter()
        .filter(|object| object.mask.is_empty())
        .map(|object| object.instance.as_str())
        .collect();
    if !empty.is_empty() {
        note(
            common,
            &format!("no mask came out for {}", empty.join(", ")),
        );
    }
    if common.verbose {
        note(
            common,
            &format!(
                "{}, encoded in {encoding:.2} s, {decoding:.2} s for the masks",
                model.name
            ),
        );
    }
    Ok(Outcome::Done)
}

fn outputs(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Format)>> {
    let mut outputs = Vec::new();
    for path in paths {
        let format = Format::of(path)?;
        check_writable(path)?;
        outputs.push((path.clone(), format));
    }
    Ok(outputs)
}

/// The prompts of `--point`, `--not` and `--box`.
pub(super) fn typed_prompts(arguments: &Segment) -> Result<Vec<PointedObject>, WrongInput> {
    if arguments.points.is_some() {
        return Ok(Vec::new());
    }
    let points = |texts: &[String], option: &str, positive: bool| {
        texts
            .iter()
            .map(|text| {
                let [x, y] = numbers(text, option, "X,Y")?;
                Ok(PromptPoint { x, y, positive })
            })
            .collect::<Result<Vec<_>, WrongInput>>()
    };
    let positive = points(&arguments.point, "--point", true)?;
    let negative = points(&arguments.not, "--not", false)?;
    let boxes = arguments
        .boxes
        .iter()
        .map(|text| {
            let bounds @ [x0, y0, x1, y1] = numbers(text, "--box", "X0,Y0,X1,Y1")?;
            if x1 > x0 && y1 > y0 {
                return Ok(bounds);
            }
            Err(WrongInput::new(
                format!("`--box {text}` has no inside"),
                "a box is its left, top, right and bottom edge: X0,Y0,X1,Y1",
            ))
        })
        .collect::<Result<Vec<_>, WrongInput>>()?;

    let together = arguments.one_object || (boxes.len() == 1 && !positive.is_empty());
    let objects: Vec<PointedObject> = if together {
        if boxes.len() > 1 {
            return Err(WrongInput::new(
                format!("`--one-object` with {} boxes", boxes.len()),
                "an object has one box; leave out `--one-object` to ask for one object a box",
            ));
        }
        let points = [positive, negative].concat();
        vec![PointedObject {
            bounds: boxes.first().copied(),
            ..PointedObject::new("1", points)
        }]
    } else {
        let one_point = positive
            .into_iter()
            .map(|point| ([&[point], negative.as_slice()].concat(), None));
        let one_box = boxes
            .into_iter()
            .map(|bounds| (negative.clone(), Some(bounds)));
        let named = one_point.chain(one_box).enumerate();
        named
            .map(|(index, (points, bounds))| PointedObject {
                bounds,
                ..PointedObject::new((index + 1).to_string(), points)
            })
            .collect()
    };
    let something = |object: &PointedObject| object.bounds.is_some() || object.has_positive();
    if objects.is_empty() || !objects.iter().all(something) {
        return Err(WrongInput::new(
            "nothing says where the objects are",
            "give `--point X,Y`, `--box X0,Y0,X1,Y1` or `--points FILE`",
        ));
    }
    Ok(objects)
}

/// `N` finite numbers with commas between.
fn numbers<const N: usize>(text: &str, option: &str, form: &str) -> Result<[f64; N], WrongInput> {
    let parsed: Option<Vec<f64>> = text
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|v: &f64| v.is_finite()))
        .collect();
    parsed
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| {
            WrongInput::new(
                format!("`{option} {text}` is not {N} numbers with commas between them"),
                format!("write `{option} {form}`, in pixels from the top-left corner of the image"),
            )
        })
}

fn points_of_file(
    file: &Path,
    image: &Path,
    (width, height): (u32, u32),
    common: &Common,
) -> Result<Vec<PointedObject>> {
    let points = super::read_point_file(file, common)?;
    let name = image.file_name().unwrap_or_default().to_string_lossy();
    // A point file may be about a whole folder of images: only this one's count.
    points.check_inside(&name, width, height)?;
    let asked: Vec<PointedObject> = points.on_image(&name).cloned().collect();
    if asked.is_empty() {
        let others: Vec<&str> = points.images().into_iter().take(3).collect();
        return Err(WrongInput::new(
            format!("`{}` has no point for the image `{name}`", file.display()),
            format!(
                "its `image` column names {} image(s): {}, ...",
                points.images().len(),
                others.join(", ")
            ),
        )
        .into());
    }
    Ok(asked)
}

pub(super) fn check_inside(
    asked: &PointedObject,
    width: u32,
    height: u32,
) -> Result<(), WrongInput> {
    let (right, bottom) = (f64::from(width), f64::from(height));
    let size = format!("the image is {width} x {height} pixels, and 0,0 is its top-left corner");
    for point @ PromptPoint { x, y, .. } in &asked.points {
        if !point.is_inside((width, height)) {
            return Err(WrongInput::new(
                format!("the point {x},{y} is outside the image"),
                size,
            ));
        }
    }
    if let Some([x0, y0, x1, y1]) = asked.bounds
        && (x0 >= right || y0 >= bottom || x1 <= 0.0 || y1 <= 0.0)
    {
        let text = format!("the box {x0},{y0},{x1},{y1} is outside the image");
        return Err(WrongInput::new(text, size));
    }
    Ok(())
}

fn marks(object: &PointedObject) -> PromptMarks {
    let of = |positive: bool| {
        object
            .points
            .iter()
            .filter(|p| p.positive == positive)
            .map(|p| [p.x, p.y])
            .collect()
    };
    PromptMarks {
        positive: of(true),
        negative: of(false),
        bounds: object.bounds,
    }
}

fn result(segmentation: &Segmentation, width: u32, height: u32) -> serde_json::Value {
    let objects: Vec<_> = segmentation
        .objects
        .iter()
        .map(|object| {
            json!({
                "id": object.id,
                "instance": object.instance,
                "quality": object.quality,
                "area": object.mask.area(),
                "bbox": object.mask.bounding_box().map(|bounds| bounds.to_coco()),
            })
        })
        .collect();
    json!({ "image": segmentation.file_name, "width": width, "height": height, "objects": objects })
}

fn print_table(segmentation: &Segmentation) {
    println!(
        "{:>4}  {:<12} {:>7}  {:>10}  box",
        "id", "instance", "quality", "area (px)"
    );
    for object in &segmentation.objects {
        let bounds = object.mask.bounding_box().map_or_else(
            || "empty".to_owned(),
            |b| format!("{},{} to {},{}", b.x0, b.y0, b.x1, b.y1),
        );
        let (id, instance, quality) = (object.id, &object.instance, object.quality);
        println!(
            "{id:>4}  {instance:<12} {quality:>7.3}  {:>10}  {bounds}",
            object.mask.area()
        );
    }
}
