//! From the masks that a model gave to the objects that every output is made of.
//!
//! Masks lose their pinholes and what is not the object ([`PlacedMask::clean`]); objects seen twice
//! become one; pixels of several objects go to one of them, if asked for; objects of other areas
//! are left out. What is done is counted, and objects that are removed are named.

use resam_mask::{Change, CleanRule, Parts, PlacedMask};
use resam_scene::{Failure, Missing, Overlap, SegmentedObject, resolve, unite};
use serde::Serialize;

use crate::{OutputError, Segmentation};

/// What becomes of the masks of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CleanOptions {
    /// Which parts of a mask are the object.
    pub parts: Parts,
    /// Holes of up to so many square metres are filled (pixels without a CRS). By default those of
    /// up to a hundredth of their part.
    pub fill_holes: Option<f64>,
    /// Objects and parts of less are left out, in square metres (pixels without a CRS).
    pub min_area: Option<f64>,
    /// Objects of more are left out, in square metres (pixels without a CRS).
    pub max_area: Option<f64>,
    /// Objects whose IoU is at least this are one, with the prompts of all. None: none are.
    /// Default: 0.7, which two points on one object reach and two objects do not.
    pub dedup_iou: Option<f64>,
    /// Which object keeps pixels that several objects share.
    pub overlap: Overlap,
}

impl Default for CleanOptions {
    fn default() -> Self {
        Self {
            parts: Parts::default(),
            fill_holes: None,
            min_area: None,
            max_area: None,
            dedup_iou: Some(0.7),
            overlap: Overlap::Keep,
        }
    }
}

/// What was changed and removed on the way from masks to objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cleaning {
    /// Parts of objects that were removed.
    pub removed_parts: Change,
    /// Holes of objects that were filled.
    pub filled_holes: Change,
    /// Objects that became one with another.
    pub merged: usize,
    /// Objects that were removed.
    pub removed: Vec<RemovedObject>,
    /// Objects that have no right angles, where these were asked for: their outlines are smooth.
    pub smoothed: usize,
}

/// An object that is in no output.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovedObject {
    /// Its prompts, by their places in the list of the result.
    pub prompts: Vec<usize>,
    /// Why.
    pub reason: RemovalReason,
    /// Pixels of its mask before.
    pub area: u64,
}

/// Why an object was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// It is smaller than the least area, or all its parts are.
    BelowMinArea,
    /// It is larger than the largest area.
    AboveMaxArea,
    /// Objects with a higher score have all of its pixels.
    Covered,
}

impl std::fmt::Display for RemovalReason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::BelowMinArea => "below the least area",
            Self::AboveMaxArea => "above the largest area",
            Self::Covered => "covered by objects with a higher score",
        })
    }
}

impl Segmentation {
    /// Makes the objects of the masks: see [`CleanOptions`]. Objects are numbered from 1 on. An
    /// object of which others have all pixels is a [`Failure`] too. Cleaning a clean result changes
    /// nothing.
    ///
    /// The area of an object is that of its pixels, each as large as in the middle of its box.
    ///
    /// # Errors
    /// If an object has no place on the ellipsoid and areas are asked for.
    pub fn clean(&mut self, options: &CleanOptions) -> Result<(), OutputError> {
        let mut objects = Vec::with_capacity(self.objects.len());
        for object in std::mem::take(&mut self.objects) {
            objects.extend(self.cleaned(object, options)?);
        }
        if let Some(bound) = options.dedup_iou {
            let before = objects.len();
            objects = unite(objects, bound);
            self.cleaning.merged += before - objects.len();
            self.counts.merged += before - objects.len();
        }
        if options.overlap == Overlap::Resolve {
            let (left, covered) = resolve(objects);
            for object in covered {
                let failed = object.prompts.iter().map(|&prompt| Failure::Object {
                    prompt,
                    reason: Missing::Covered,
                });
                self.failures.extend(failed);
                self.remove(&object, RemovalReason::Covered);
            }
            // What is left of an object may be specks; its new holes are the pixels of others.
            let options = CleanOptions {
                fill_holes: Some(-1.0),
                ..*options
            };
            objects = Vec::with_capacity(left.len());
            for object in left {
                objects.extend(self.cleaned(object, &options)?);
            }
        }
        for object in objects {
            let area = object.mask.area() as f64 * self.pixel_area(&object.mask, options)?;
            if options.min_area.is_some_and(|least| area < least) {
                self.remove(&object, RemovalReason::BelowMinArea);
            } else if options.max_area.is_some_and(|most| area > most) {
                self.remove(&object, RemovalReason::AboveMaxArea);
            } else {
                self.objects.push(object);
            }
        }
        for (id, object) in (1..).zip(&mut self.objects) {
            object.id = id;
        }
        Ok(())
    }

    /// The object without specks and pinholes; none if all of it is below the least area.
    fn cleaned(
        &mut self,
        object: SegmentedObject,
        options: &CleanOptions,
    ) -> Result<Option<SegmentedObject>, OutputError> {
        let pixel = self.pixel_area(&object.mask, options)?;
        let rule = CleanRule {
            parts: options.parts,
            fill_holes: options.fill_holes.map(|area| area / pixel),
            min_area: options.min_area.unwrap_or(0.0) / pixel,
        };
        let prompts = object.prompts.iter().filter_map(|&at| self.prompts.get(at));
        let points = prompts.flat_map(|prompt| &prompt.points);
        let points = points.filter(|point| point.positive);
        let points: Vec<[f64; 2]> = points.map(|point| [point.x, point.y]).collect();
        let cleaned = object.mask.clean(&rule, &points);
        let Some(mask) = cleaned.mask else {
            self.remove(&object, RemovalReason::BelowMinArea);
            return Ok(None);
        };
        self.cleaning.removed_parts += cleaned.removed_parts;
        self.cleaning.filled_holes += cleaned.filled_holes;
        Ok(Some(SegmentedObject { mask, ..object }))
    }

    /// The unit of areas at an object: square metres a pixel, if areas are asked for.
    fn pixel_area(&self, mask: &PlacedMask, options: &CleanOptions) -> Result<f64, OutputError> {
        let CleanOptions {
            fill_holes,
            min_area,
            max_area,
            ..
        } = options;
        if [fill_holes, min_area, max_area]
            .into_iter()
            .all(Option::is_none)
        {
            return Ok(1.0);
        }
        let [x0, y0, x1, y1] = mask.bounds().map(|edge| edge as f64);
        let ground = &self.image.ground;
        Ok(ground.pixel_area((x0 + x1) / 2.0, (y0 + y1) / 2.0)?)
    }

    fn remove(&mut self, object: &SegmentedObject, reason: RemovalReason) {
        self.cleaning.removed.push(RemovedObject {
            prompts: object.prompts.clone(),
            reason,
            area: object.mask.area(),
        });
    }
}

impl Cleaning {
    /// What was done, a sentence each; `name` is what the user calls a prompt.
    pub fn sentences(&self, name: impl Fn(usize) -> String) -> Vec<String> {
        /// Names that a sentence shows.
        const SHOWN: usize = 5;
        let mut sentences = Vec::new();
        if self.merged > 0 {
            sentences.push(format!(
                "{} objects are nearly the same as another and are one with it",
                self.merged
            ));
        }
        for (change, what) in [
            (
                self.removed_parts,
                "parts are not of their object and are removed",
            ),
            (self.filled_holes, "small holes are filled"),
        ] {
            if change.count > 0 {
                sentences.push(format!(
                    "{} {what} ({} pixels)",
                    change.count, change.pixels
                ));
            }
        }
        let mut reasons: Vec<_> = self.removed.iter().map(|object| object.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            let removed = self.removed.iter().filter(|object| object.reason == reason);
            let count = removed.clone().count();
            let prompts: Vec<usize> = removed
                .flat_map(|object| &object.prompts)
                .copied()
                .collect();
            let mut names: Vec<String> = prompts.iter().take(SHOWN).map(|&at| name(at)).collect();
            if prompts.len() > SHOWN {
                names.push("...".to_owned());
            }
            let names = if names.is_empty() {
                String::new()
            } else {
                format!(": {}", names.join(", "))
            };
            sentences.push(format!("{count} objects are removed, {reason}{names}"));
        }
        sentences
    }
}
