//! Zoom: multi-scale refinement of small objects. They are prompted a second time, in a part of the
//! image that the network sees at twice the scale.
//!
//! SAM learnt from photographs, whose objects fill much of the picture. Of an aeroplane of thirty
//! pixels it sees the hull and not the wings; in a zoom it sees both. Nothing is gained where an
//! object is large, and its surroundings are lost: so only small objects are prompted again. Nor is
//! anything gained where the network sees the image's pixels much magnified already: there is
//! nothing finer to see.
//!
//! Among the masks of a part the one is selected that fits the sizes of the whole image: an object
//! is often alone in its part. Whether that mask or the one of the whole image is meant is chosen
//! as among the masks of one view ([`is_zoom_meant`]), with a little in favour of the zoomed one.
//!
//! An image is zoomed by [`Zoom`], in parts on a lattice; a scene has windows of its own, and
//! shares the numbers and the decisions: [`is_small`], [`can_magnify`], [`is_zoom_meant`]. The
//! scene differs in two numbers: around a small object it keeps half its windows' own margin, in
//! place of [`MARGIN`], and it takes the upper of two middle areas for their median
//! ([`Median::UpperMiddle`](crate::Median)).

use resam_mask::Part;

use crate::candidate::Candidate;
use crate::choose::is_zoom_meant;
use crate::selection::MaskSelection;
use crate::size_prior::SizePrior;

/// The image's longest side is so many sides of a part.
pub const SCALE: usize = 2;
/// A part is so many steps between two places where it may lie.
const STEPS: usize = 4;
/// A pixel of a part is seen at most so many times as large, or there is no zoom.
pub const MAX_MAGNIFICATION: f64 = 3.0;
/// A small object's box is at most this share of a part's side.
pub const LARGEST_SHARE: f64 = 0.5;
/// A small object's box keeps this share of a part's side from the part's edges, the image's own
/// excepted.
pub const MARGIN: f64 = 0.125;

/// The side of the parts of an image of `[width, height]` pixels, in pixels.
pub fn side([width, height]: [usize; 2]) -> usize {
    width.max(height).div_ceil(SCALE).max(1)
}

/// Whether an object in a box `[x0, y0, x1, y1]` is small for parts of `side` pixels.
pub fn is_small([x0, y0, x1, y1]: [f64; 4], side: f64) -> bool {
    (x1 - x0).max(y1 - y0) <= LARGEST_SHARE * side
}

/// Whether a part of `side` pixels shows anything finer in a network's input of `input` pixels a
/// side.
pub fn can_magnify(input: f64, side: f64) -> bool {
    input <= MAX_MAGNIFICATION * side
}

/// Parts of an image of `[width, height]` pixels that show small objects, given their boxes, each
/// with the places of its objects in the list. Every small object is in one. There are none where
/// the network's input of `input` pixels a side cannot magnify a part any more ([`can_magnify`]).
///
/// Parts lie on a lattice, and the one that shows the most objects which no other does is taken
/// first: there are few, and never more than the lattice has, however many objects there are.
pub fn parts(image: [usize; 2], input: usize, objects: &[[f64; 4]]) -> Vec<(Part, Vec<usize>)> {
    let side = side(image);
    if !can_magnify(input as f64, side as f64) {
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
        .filter(|&at| is_small(objects[at], side as f64))
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

/// Whether a box `[x0, y0, x1, y1]` reaches an edge of a part that is none of the image's: what is
/// in it may go on beyond.
pub fn is_truncated([x0, y0, x1, y1]: [f64; 4], part: Part, image: [usize; 2]) -> bool {
    let axis = |from: f64, to: f64, origin: usize, length: usize, whole: usize| {
        let end = origin + length;
        (origin > 0 && from < origin as f64 + 1.0) || (end < whole && to > end as f64 - 1.0)
    };
    axis(x0, x1, part.x, part.width, image[0]) || axis(y0, y1, part.y, part.height, image[1])
}

/// The box that holds what was seen of an object and its positive points, in pixels of the image.
/// None without either.
pub fn bounds_with_points(
    seen: Option<[f64; 4]>,
    positive: impl IntoIterator<Item = [f64; 2]>,
) -> Option<[f64; 4]> {
    let points = positive.into_iter().map(|[x, y]| [x, y, x, y]);
    seen.into_iter().chain(points).reduce(|a, b| {
        [
            a[0].min(b[0]),
            a[1].min(b[1]),
            a[2].max(b[2]),
            a[3].max(b[3]),
        ]
    })
}

/// What the whole image shows of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The box of its mask and its positive points, in pixels of the image; an object without one
    /// is not prompted again.
    pub bounds: Option<[f64; 4]>,
    /// Its mask, where it has one.
    pub candidate: Option<Candidate>,
    /// Pixels of its mask, where it tells of the sizes of the objects of the image.
    pub area: Option<u64>,
}

/// The zoom into an image.
#[derive(Debug, Clone, Copy)]
pub struct Zoom<'a> {
    /// `[width, height]` of the image, in pixels.
    pub image: [usize; 2],
    /// Side of the network's input, in pixels.
    pub input: usize,
    /// The most parts that are looked at: learning has a limit, answering has none (`usize::MAX`).
    pub max_parts: usize,
    /// How masks are selected.
    pub selection: &'a MaskSelection,
    /// What is known of the size of objects beforehand, in pixels of the masks of the whole image.
    pub prior: Option<SizePrior>,
}

impl Zoom<'_> {
    /// Prompts the small ones among the objects again, part by part, and returns for each object
    /// the zoomed mask where it is meant.
    ///
    /// `look` gets a part, the places in `seen` of the objects that it shows, and what is known of
    /// their size, in pixels of the masks of the whole image. It returns the masks that it finds:
    /// the place of the object, what speaks for the mask with its area in pixels of the masks of
    /// the whole image, and the mask in the caller's own form.
    ///
    /// # Errors
    /// What `look` returns.
    pub fn refine<T, E>(
        &self,
        seen: &[Seen],
        mut look: impl FnMut(Part, &[usize], Option<SizePrior>) -> Result<Vec<(usize, Candidate, T)>, E>,
    ) -> Result<Vec<Option<T>>, E> {
        let areas = seen.iter().filter_map(|seen| seen.area);
        let prior_of_parts = SizePrior::of_instances(areas, self.prior);
        let (places, boxes): (Vec<usize>, Vec<[f64; 4]>) = seen
            .iter()
            .enumerate()
            .filter_map(|(place, seen)| Some((place, seen.bounds?)))
            .unzip();
        let mut zoomed: Vec<Option<(Candidate, T)>> = seen.iter().map(|_| None).collect();
        let parts = parts(self.image, self.input, &boxes).into_iter();
        for (part, shown) in parts.take(self.max_parts) {
            let shown: Vec<usize> = shown.into_iter().map(|at| places[at]).collect();
            for (place, candidate, mask) in look(part, &shown, prior_of_parts)? {
                zoomed[place] = Some((candidate, mask));
            }
        }
        // An object without a mask in the whole image counts only where the zoom has one.
        let known = (0..seen.len())
            .filter(|&place| seen[place].candidate.is_some() || zoomed[place].is_some());
        let known: Vec<usize> = known.collect();
        let pairs: Vec<_> = known
            .iter()
            .map(|&place| {
                let whole = seen[place].candidate.unwrap_or(Candidate::NONE);
                (
                    whole,
                    zoomed[place].as_ref().map(|(candidate, _)| *candidate),
                )
            })
            .collect();
        let meant = is_zoom_meant(&pairs, self.selection, self.prior);
        let mut found: Vec<Option<T>> = seen.iter().map(|_| None).collect();
        for (place, _) in known.into_iter().zip(meant).filter(|&(_, meant)| meant) {
            found[place] = zoomed[place].take().map(|(_, mask)| mask);
        }
        Ok(found)
    }
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
    fn pixels_that_are_magnified_already_are_not_zoomed() {
        let small = [[10.0, 10.0, 40.0, 40.0]];
        assert_eq!(parts([700, 500], 1024, &small).len(), 1);
        assert!(parts([500, 350], 1024, &small).is_empty());
        assert_eq!(parts([500, 350], 512, &small).len(), 1);
    }

    #[test]
    fn what_reaches_an_edge_inside_the_image_is_truncated() {
        let part = Part {
            x: 100,
            y: 0,
            width: 500,
            height: 500,
        };
        let truncated = |bounds| is_truncated(bounds, part, [1000, 500]);
        assert!(truncated([100.0, 20.0, 150.0, 60.0]));
        assert!(truncated([300.0, 20.0, 600.0, 60.0]));
        assert!(
            !truncated([102.0, 0.0, 598.0, 500.0]),
            "the image ends there"
        );
    }

    #[test]
    fn the_zoomed_mask_of_a_small_object_is_taken_where_it_is_meant() {
        let candidate = |consistency: f64, area: u64| Candidate {
            consistency,
            stability: 1.0,
            area,
            violates_prompts: false,
        };
        let seen = |x: f64, candidate: Option<Candidate>| Seen {
            bounds: Some([x, 10.0, x + 20.0, 30.0]),
            candidate,
            area: candidate.map(|candidate| candidate.area),
        };
        let large = Seen {
            bounds: Some([0.0, 0.0, 900.0, 900.0]),
            ..seen(0.0, Some(candidate(0.9, 400)))
        };
        let objects = [
            large,
            seen(10.0, Some(candidate(0.9, 400))),
            seen(60.0, Some(candidate(0.9, 400))),
            seen(110.0, None),
            seen(160.0, None),
        ];
        let selection = MaskSelection::default();
        let zoom = Zoom {
            image: [1000, 1000],
            input: 1024,
            max_parts: usize::MAX,
            selection: &selection,
            prior: None,
        };
        let mut asked = Vec::new();
        let found = zoom.refine(&objects, |_, shown, prior| {
            asked.extend(shown.to_vec());
            assert_eq!(prior, SizePrior::of_instances([400; 3], None));
            Ok::<_, ()>(vec![
                (1, candidate(0.95, 410), "better"),
                (2, candidate(0.3, 410), "worse"),
                (3, candidate(0.3, 410), "the only one"),
            ])
        });
        let expected = [None, Some("better"), None, Some("the only one"), None];
        assert_eq!(found, Ok(expected.to_vec()));
        assert_eq!(asked, [1, 2, 3, 4]);
        let none = Zoom {
            max_parts: 0,
            ..zoom
        };
        let found = none.refine(
            &objects,
            |_, _, _| Err::<Vec<(usize, Candidate, ())>, _>(()),
        );
        assert_eq!(found, Ok(vec![None; 5]));
    }
}
