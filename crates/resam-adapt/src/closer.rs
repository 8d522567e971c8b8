//! Closer: what is small is asked about a second time, in a part of the image that the network sees at
//! twice the scale.
//!
//! SAM learnt from photographs, whose objects fill much of the picture. Of an aeroplane of thirty pixels
//! it sees the hull and not the wings; brought closer, both. Nothing is gained where an object is
//! large, and its surroundings are lost: so only what is small is asked again. Nor is anything gained where
//! the network sees the image's pixels much enlarged already: there is nothing finer to see.
//!
//! Among the masks of a closer look the one is chosen that fits the company of the whole image: often an object
//! is alone in its part. Whether that or the answer of the whole image is meant is chosen as among the masks
//! of one look, with a little in favour of the closer one.

use std::collections::{BTreeMap, BTreeSet};

use resam_mask::Bitmap;
use resam_sam::preprocess::Part;
use resam_sam::{PromptPoint, SamError};

use crate::choose::{Candidate, Company, is_closer_meant};
use crate::example::{Example, Framed};
use crate::recipe::Choice;
use crate::requery::requery_box;
use crate::step::PseudoLabels;

/// The image's longest side is so many sides of a part.
const TIMES: usize = 2;
/// A part is so many steps between two places where it may lie.
const STEPS: usize = 4;
/// A pixel of a part is seen at most so many times as large, or the part is not looked at.
const MOST_ENLARGED: f64 = 3.0;
/// A small object's box is at most this share of a part's side.
const LARGEST: f64 = 0.5;
/// It keeps this share of a part's side from the part's edges, the image's own excepted.
const MARGIN: f64 = 0.125;

/// The side of the parts of an image of `[width, height]` pixels.
fn side([width, height]: [usize; 2]) -> usize {
    width.max(height).div_ceil(TIMES).max(1)
}

/// Whether an object in a box `[x0, y0, x1, y1]` is small in an image of `[width, height]` pixels.
pub fn is_small([x0, y0, x1, y1]: [f64; 4], image: [usize; 2]) -> bool {
    (x1 - x0).max(y1 - y0) <= LARGEST * side(image) as f64
}

/// Parts of an image of `[width, height]` pixels that show small objects, given their boxes, each with
/// the places of its objects in the list; every small object is in one. There are none where a network's
/// input of `input` pixels a side shows no more of the image than what is seen of it already.
///
/// Parts lie on a lattice, and the one that shows the most objects which no other does is taken first:
/// there are few, and never more than the lattice has, however many objects there are.
pub fn parts(image: [usize; 2], input: usize, objects: &[[f64; 4]]) -> Vec<(Part, Vec<usize>)> {
    let side = side(image);
    if input as f64 > MOST_ENLARGED * side as f64 {
        return Vec::new();
    }
    let step = (side / STEPS).max(1);
    let margin = MARGIN * side as f64;
    // Along an axis: where parts may begin, how long they are, and whether one shows a stretch.
    let axis = |whole: usize| {
        let length = side.min(whole);
        let last = whole - length;
        let origins: Vec<usize> = (0..last).step_by(step).chain([last]).collect();
        let shows = move |origin: usize, from: f64, to: f64| {
            (origin == 0 || from - margin >= origin as f64)
                && (origin == last || to + margin <= (origin + length) as f64)
        };
        (origins, length, shows)
    };
    let (columns, width, shows_columns) = axis(image[0]);
    let (rows, height, shows_rows) = axis(image[1]);
    let mut left: Vec<usize> = (0..objects.len())
        .filter(|&at| is_small(objects[at], image))
        .collect();
    let mut parts = Vec::new();
    while !left.is_empty() {
        let shown = |x: usize, y: usize| {
            let shows = |&&at: &&usize| {
                let [x0, y0, x1, y1] = objects[at];
                shows_columns(x, x0, x1) && shows_rows(y, y0, y1)
            };
            left.iter().filter(shows).copied().collect::<Vec<_>>()
        };
        let places = rows
            .iter()
            .flat_map(|&y| columns.iter().map(move |&x| (x, y)));
        let mut best = (
            Part {
                x: 0,
                y: 0,
                width,
                height,
            },
            Vec::new(),
        );
        for (x, y) in places {
            let shown = shown(x, y);
            if shown.len() > best.1.len() {
                best = (
                    Part {
                        x,
                        y,
                        width,
                        height,
                    },
                    shown,
                );
            }
        }
        if best.1.is_empty() {
            break;
        }
        left.retain(|at| !best.1.contains(at));
        parts.push(best);
    }
    parts
}

/// Whether a box `[x0, y0, x1, y1]` reaches an edge of a part that is none of the image's: what is in
/// it may go on beyond.
pub fn is_cut([x0, y0, x1, y1]: [f64; 4], part: Part, image: [usize; 2]) -> bool {
    let axis = |from: f64, to: f64, origin: usize, length: usize, whole: usize| {
        let end = origin + length;
        (origin > 0 && from < origin as f64 + 1.0) || (end < whole && to > end as f64 - 1.0)
    };
    axis(x0, x1, part.x, part.width, image[0]) || axis(y0, y1, part.y, part.height, image[1])
}

/// Asks for the labels of the small objects of an image again, in at most `most` parts of it, and puts
/// them in the place of those in `found` where they are meant. `framed` is the frame of the whole image,
/// `company` what is known beforehand of the size of objects in its pixels, and `ask` makes labels of the
/// numbered instances of a part in its frame.
///
/// What is returned are the parts, mirrored like the whole image, with the labels of their small objects
/// as finely as they are known.
///
/// # Errors
/// As [`Framed::new`].
pub fn closer_labels(
    example: &Example,
    framed: &Framed,
    found: &mut PseudoLabels,
    choice: &Choice,
    company: Option<Company>,
    most: usize,
    ask: &mut Asking<'_>,
) -> Result<Vec<(Framed, PseudoLabels)>, SamError> {
    let image = [example.image.width, example.image.height];
    // What has no label yet is known by its points alone.
    let unlabelled = found.empty.iter().map(|&instance| (instance, None));
    let labelled = found.instances.iter().zip(&found.boxes);
    let labelled = labelled
        .map(|(&instance, &bounds)| (instance, Some(framed.box_of_image(bounds))))
        .chain(unlabelled);
    let (asked, boxes): (Vec<usize>, Vec<[f64; 4]>) = labelled
        .filter_map(|(instance, bounds)| {
            Some((
                instance,
                with_points(&example.instances[instance].points, bounds)?,
            ))
        })
        .unzip();
    let of_image = Company::of_chosen(found.masks.iter().map(Bitmap::area), company);
    let mut labels: BTreeMap<usize, Label> = (0..found.instances.len())
        .map(|place| (found.instances[place], Label::of(found, place)))
        .collect();
    let mut closer: BTreeMap<usize, (Label, Label)> = BTreeMap::new();
    let mut looks = Vec::new();
    for (part, shown) in parts(image, framed.geometry.padded, &boxes)
        .into_iter()
        .take(most)
    {
        let shown: Vec<usize> = shown.into_iter().map(|at| asked[at]).collect();
        let of_part = example.part(part);
        let frame = Framed::new(&of_part, framed.geometry.padded, framed.flip)?;
        let times = frame.pixels_of_input() / framed.pixels_of_input();
        let of_part_pixels = of_image.map(|company| company.magnified(times));
        let answers = ask(&frame, &of_part, &shown, of_part_pixels);
        for (place, &instance) in answers.instances.iter().enumerate() {
            let mask = framed.from_part(&answers.masks[place], &frame, part);
            let own = frame.box_of_image(answers.boxes[place]);
            let origin = [part.x, part.y, part.x, part.y];
            let own = std::array::from_fn(|at| own[at] + origin[at] as f64);
            if let (false, Some(bounds)) = (is_cut(own, part, image), requery_box(&mask)) {
                let fine = Label::of(&answers, place);
                let label = Label {
                    candidate: Candidate {
                        area: mask.area(),
                        ..fine.candidate
                    },
                    mask,
                    bounds,
                };
                closer.insert(instance, (label, fine));
            }
        }
        looks.push((frame, part, shown));
    }

    // What had no label can only be meant closer.
    let nothing = Candidate {
        agreement: 0.0,
        stability: 0.0,
        area: 0,
        contradicted: true,
    };
    let instances: BTreeSet<usize> = labels.keys().chain(closer.keys()).copied().collect();
    let pairs: Vec<_> = instances
        .iter()
        .map(|instance| {
            let whole = labels
                .get(instance)
                .map_or(nothing, |label| label.candidate);
            (
                whole,
                closer.get(instance).map(|(label, _)| label.candidate),
            )
        })
        .collect();
    let mut fine: BTreeMap<usize, Label> = BTreeMap::new();
    for (instance, meant) in instances
        .into_iter()
        .zip(is_closer_meant(&pairs, choice, company))
    {
        if let (true, Some((label, of_part))) = (meant, closer.remove(&instance)) {
            labels.insert(instance, label);
            fine.insert(instance, of_part);
        }
    }

    let of_parts = looks.into_iter().map(|(frame, part, shown)| {
        let mut of_part = PseudoLabels::default();
        for instance in shown {
            let label = fine.remove(&instance).or_else(|| {
                let whole = labels.get(&instance)?;
                let mask = frame.to_part(&whole.mask, framed, part);
                let bounds = requery_box(&mask)?;
                Some(Label {
                    mask,
                    bounds,
                    candidate: whole.candidate,
                })
            });
            match label {
                Some(label) => label.add(instance, &mut of_part),
                None => of_part.empty.push(instance),
            }
        }
        (frame, of_part)
    });
    let of_parts = of_parts.collect();
    found
        .empty
        .retain(|instance| !labels.contains_key(instance));
    *found = PseudoLabels {
        empty: std::mem::take(&mut found.empty),
        of_points: std::mem::take(&mut found.of_points),
        ..Default::default()
    };
    for (instance, label) in labels {
        label.add(instance, found);
    }
    Ok(of_parts)
}

/// Makes labels of the numbered instances of a part in its frame, in company.
pub type Asking<'a> = dyn FnMut(&Framed, &Example, &[usize], Option<Company>) -> PseudoLabels + 'a;

/// A label of one instance.
struct Label {
    mask: Bitmap,
    /// As the prompt encoder takes it.
    bounds: [f32; 4],
    candidate: Candidate,
}

impl Label {
    /// The label at a place. A true mask, which was not chosen, is agreed with.
    fn of(labels: &PseudoLabels, place: usize) -> Self {
        let mask = labels.masks[place].clone();
        let certain = Candidate {
            agreement: labels.agreement.get(place).copied().unwrap_or(1.0),
            stability: 1.0,
            area: mask.area(),
            contradicted: false,
        };
        Self {
            candidate: labels.candidates.get(place).copied().unwrap_or(certain),
            bounds: labels.boxes[place],
            mask,
        }
    }

    fn add(self, instance: usize, labels: &mut PseudoLabels) {
        labels.instances.push(instance);
        labels.masks.push(self.mask);
        labels.boxes.push(self.bounds);
        labels.agreement.push(self.candidate.agreement);
        labels.candidates.push(self.candidate);
    }
}

/// The box that holds what was seen of an object and its positive points, in pixels of the image. None
/// without either.
pub(crate) fn with_points(points: &[PromptPoint], seen: Option<[f64; 4]>) -> Option<[f64; 4]> {
    let points = points.iter().filter(|point| point.positive);
    let points = points.map(|point| [point.x, point.y, point.x, point.y]);
    seen.into_iter().chain(points).reduce(union)
}

/// The smallest box that holds both.
fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [
        a[0].min(b[0]),
        a[1].min(b[1]),
        a[2].max(b[2]),
        a[3].max(b[3]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small objects all over images of several shapes.
    fn cases() -> impl Iterator<Item = ([usize; 2], Vec<[f64; 4]>)> {
        [
            [1000, 800],
            [301, 977],
            [64, 64],
            [7, 3],
            [1, 1],
            [1024, 40],
        ]
        .into_iter()
        .map(|image| {
            let [width, height] = image.map(|side| side as f64);
            let longest = width.max(height);
            let objects = (0..60).map(|at| {
                let along = |times: u32| f64::from(at * times % 61) / 60.0;
                // As large as may be, less what rounding may add.
                let [w, h] = [along(7), along(11)].map(|share| 0.249 * share * longest);
                let [w, h] = [w.min(width), h.min(height)];
                let [x, y] = [along(13) * (width - w), along(17) * (height - h)];
                [x, y, x + w, y + h]
            });
            (image, objects.collect())
        })
    }

    #[test]
    fn each_small_object_is_shown_once_away_from_the_edges() {
        for (image, objects) in cases() {
            let parts = parts(image, image[0].max(image[1]), &objects);
            let mut shown: Vec<usize> = parts.iter().flat_map(|(_, shown)| shown.clone()).collect();
            shown.sort_unstable();
            assert_eq!(shown, Vec::from_iter(0..objects.len()), "{image:?}");
            for (part, shown) in parts {
                assert!(part.x + part.width <= image[0] && part.y + part.height <= image[1]);
                assert!(part.width.max(part.height) <= image[0].max(image[1]).div_ceil(2));
                for at in shown {
                    let [x0, y0, x1, y1] = objects[at];
                    let margin = 0.125 * image[0].max(image[1]) as f64 / 2.0;
                    let free = |from: f64, to: f64, origin: usize, length: usize, whole: usize| {
                        let end = origin + length;
                        (origin == 0 || from - origin as f64 >= margin)
                            && (end == whole || end as f64 - to >= margin)
                    };
                    assert!(free(x0, x1, part.x, part.width, image[0]), "{image:?}");
                    assert!(free(y0, y1, part.y, part.height, image[1]), "{image:?}");
                }
            }
        }
    }

    #[test]
    fn objects_share_parts_and_large_ones_are_left_alone() {
        let near = [[10.0, 10.0, 40.0, 40.0], [60.0, 300.0, 90.0, 330.0]];
        assert_eq!(parts([1000, 1000], 1024, &near).len(), 1);
        let far = [[10.0, 10.0, 40.0, 40.0], [960.0, 960.0, 990.0, 990.0]];
        assert_eq!(parts([1000, 1000], 1024, &far).len(), 2);
        assert!(parts([1000, 1000], 1024, &[[0.0, 0.0, 251.0, 20.0]]).is_empty());
        assert_eq!(
            parts([1000, 1000], 1024, &[[0.0, 0.0, 250.0, 20.0]]).len(),
            1
        );
        assert!(parts([1000, 1000], 1024, &[]).is_empty());
    }

    #[test]
    fn pixels_that_are_enlarged_already_are_not_brought_closer() {
        let small = [[10.0, 10.0, 40.0, 40.0]];
        assert_eq!(parts([700, 500], 1024, &small).len(), 1);
        assert!(parts([500, 350], 1024, &small).is_empty());
        assert_eq!(parts([500, 350], 512, &small).len(), 1);
    }

    #[test]
    fn what_reaches_an_edge_inside_the_image_is_cut() {
        let part = Part {
            x: 100,
            y: 0,
            width: 500,
            height: 500,
        };
        let cut = |bounds| is_cut(bounds, part, [1000, 500]);
        assert!(cut([100.0, 20.0, 150.0, 60.0]));
        assert!(cut([300.0, 20.0, 600.0, 60.0]));
        assert!(!cut([102.0, 0.0, 598.0, 500.0]), "the image ends there");
    }
}
