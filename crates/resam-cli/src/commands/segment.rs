//! `resam segment`: points or boxes on an image to masks.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use resam_data::PointFile;
use resam_export::{Format, ImageReference, Segmentation, WriteOptions};
use resam_mask::{Bitmap, PlacedMask};
use resam_sam::preprocess::RgbView;
use resam_sam::{Prompt, PromptPoint};
use resam_scene::{Counts, Failure, Missing, PointedObject, SegmentedObject};

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
    for path in &arguments.output {
        Format::check(path, None, None)?;
    }
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
    let selection = model.selection(arguments.requery, arguments.multimask);
    let answers = resam_adapt::answer(&model.predictor, &encoded, view, &prompts, &selection)?;
    let (mut objects, mut failures) = (Vec::with_capacity(asked.len()), Vec::new());
    for (prompt, answer) in answers.into_iter().enumerate() {
        let mask = Bitmap::from_threshold(&answer.logits(), width, height, 0.0)?;
        let Some(mask) = PlacedMask::new(&mask, 0, 0) else {
            let reason = Missing::Empty;
            failures.push(Failure::Object { prompt, reason });
            continue;
        };
        objects.push(SegmentedObject {
            id: objects.len() as u32 + 1,
            prompts: vec![prompt],
            mask,
            score: answer.quality,
            stability_score: resam_select::stability(&answer.low_res) as f32,
            scale: f64::from(width.max(height)) / model.predictor.input_size() as f64,
            truncated: false,
        });
    }
    let decoding = started.elapsed().as_secs_f64() - encoding;

    let segmentation = Segmentation {
        image: ImageReference::plain(&arguments.image, width, height),
        model: model.name.clone(),
        prompts: asked.into_iter().map(object_prompt).collect(),
        objects,
        failures,
        counts: Counts {
            planned_windows: 1,
            windows: 1,
            encoded: 1,
            rounds: 1,
            ..Counts::default()
        },
    };
    for path in &arguments.output {
        segmentation.write(path, &WriteOptions::default())?;
    }
    let result = segmentation.to_json();
    let stages = [
        ("load", model.seconds),
        ("encode", encoding),
        ("decode", decoding),
    ];
    let record = run_record(&model, common, &stages, result.clone());
    // Once a folder, whatever is written there.
    let mut folders = BTreeSet::new();
    for path in &arguments.output {
        if folders.insert(path.parent()) {
            record.write_beside(path)?;
        }
    }
    if common.json {
        println!("{result:#}");
    } else {
        print_table(&segmentation);
    }
    for failure in &segmentation.failures {
        note(common, &failure.describe(&segmentation.prompts));
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

pub(super) fn object_prompt(asked: Asked) -> PointedObject {
    let points = asked.prompt.points.iter();
    let points = points.map(|point| resam_scene::PromptPoint {
        x: point.x,
        y: point.y,
        positive: point.positive,
    });
    PointedObject {
        id: asked.instance,
        points: points.collect(),
        bounds: asked.prompt.bounds,
        attributes: Vec::new(),
    }
}

fn print_table(segmentation: &Segmentation) {
    println!(
        "{:>4}  {:<12} {:>7}  {:>10}  box",
        "id", "prompt", "score", "area (px)"
    );
    for object in &segmentation.objects {
        let prompts = object
            .prompts
            .iter()
            .map(|&at| &segmentation.prompts[at].id);
        let prompts: Vec<&str> = prompts.map(String::as_str).collect();
        let [x0, y0, x1, y1] = object.mask.bounds();
        println!(
            "{:>4}  {:<12} {:>7.3}  {:>10}  {x0},{y0} to {x1},{y1}",
            object.id,
            prompts.join(";"),
            object.score,
            object.mask.area()
        );
    }
}
