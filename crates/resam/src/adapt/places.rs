//! What is kept for validation where there are few images, or one scene: the objects of places, so
//! that the neighbours of an object are learnt from, or it is, but not both.

use std::collections::{BTreeMap, HashSet};

/// Objects of a place at the most.
const OBJECTS: usize = 8;
/// One place of so many is kept, and at least one.
const ONE_OF: usize = 8;
/// Places that are kept at the most.
const MOST: usize = 8;
/// Objects below which none is kept unless asked.
pub(super) const FEWEST: usize = 20;

/// An object: the image or scene that it is in, and its position there in pixels.
pub(super) type Placed = (usize, [f64; 2]);

/// The objects that are kept for validation, as places in the list: `count` of them or somewhat
/// more, for places are kept whole; by default an eighth of the places, at most 8, and none of
/// fewer than [`FEWEST`] objects. The seed decides which places.
pub(super) fn hold_out(objects: &[Placed], count: Option<usize>, seed: u64) -> HashSet<usize> {
    let mut places = places(objects);
    places.sort_by_cached_key(|place| mixed(seed, place[0] as u64));
    let kept = match count {
        Some(count) => {
            let mut sum = 0;
            let is_needed = |place: &&Vec<usize>| {
                let before = sum;
                sum += place.len();
                before < count
            };
            places.iter().take_while(is_needed).count()
        }
        None if objects.len() < FEWEST => 0,
        None => (places.len() / ONE_OF).clamp(1, MOST),
    };
    places.into_iter().take(kept).flatten().collect()
}

/// The objects by place, as places in the list: those of an image are cut in two at the widest gap
/// near the middle of the longer side, again and again.
fn places(objects: &[Placed]) -> Vec<Vec<usize>> {
    let mut of_images: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, (image, _)) in objects.iter().enumerate() {
        of_images.entry(*image).or_default().push(at);
    }
    let mut open: Vec<Vec<usize>> = of_images.into_values().collect();
    let mut places = Vec::new();
    while let Some(mut objects_of) = open.pop() {
        if objects_of.len() <= OBJECTS {
            objects_of.sort_unstable();
            places.push(objects_of);
            continue;
        }
        let along = |axis: usize| objects_of.iter().map(move |&at| objects[at].1[axis]);
        let extent = |axis: usize| {
            let (least, most) = (along(axis), along(axis));
            most.fold(f64::MIN, f64::max) - least.fold(f64::MAX, f64::min)
        };
        let axis = usize::from(extent(1) > extent(0));
        let position = |at: &usize| objects[*at].1[axis];
        objects_of.sort_by(|a, b| position(a).total_cmp(&position(b)).then(a.cmp(b)));
        let third = objects_of.len() / 3;
        let gap = |cut: usize| position(&objects_of[cut]) - position(&objects_of[cut - 1]);
        let mut cut = objects_of.len() / 2;
        for other in third.max(1)..=objects_of.len() - third.max(1) {
            if gap(other) > gap(cut) {
                cut = other;
            }
        }
        let rest = objects_of.split_off(cut);
        open.extend([objects_of, rest]);
    }
    places
}

/// A number that depends on all bits of both: the finalizer of SplitMix64.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut mixed = (seed ^ number.rotate_left(32)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid of objects 10 pixels apart, with streets of 40 pixels after each fourth.
    fn town(side: usize) -> Vec<Placed> {
        let at = |number: usize| (10 * number + 40 * (number / 4)) as f64;
        let rows = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        rows.map(|(x, y)| (0, [at(x), at(y)])).collect()
    }

    #[test]
    fn what_is_kept_lies_together_and_apart_from_the_rest() {
        let town = town(16);
        for seed in 0..5 {
            let held = hold_out(&town, None, seed);
            assert!((16..=64).contains(&held.len()), "{}", held.len());
            // Most of the nearest neighbours of a held object are held: of random points an eighth
            // would be.
            let near = |a: &Placed, b: &Placed| {
                let [x, y] = [0, 1].map(|axis| (a.1[axis] - b.1[axis]).abs());
                x + y < 15.0 && x + y > 0.0
            };
            let (mut among, mut all) = (0, 0);
            for &at in &held {
                for (other, place) in town.iter().enumerate() {
                    if near(&town[at], place) {
                        all += 1;
                        among += usize::from(held.contains(&other));
                    }
                }
            }
            assert!(2 * among > all, "{among} of {all}");
        }
        assert_eq!(hold_out(&town, None, 3), hold_out(&town, None, 3));
        assert_ne!(hold_out(&town, None, 3), hold_out(&town, None, 4));
    }

    #[test]
    fn few_objects_are_all_learnt_from_unless_some_are_asked_for() {
        let of = |count: usize| town(8)[..count].to_vec();
        assert!(hold_out(&of(19), None, 0).is_empty());
        let held = hold_out(&of(20), None, 0).len();
        assert!((1..=8).contains(&held), "{held}");
        let asked = hold_out(&of(19), Some(5), 0).len();
        assert!((5..=12).contains(&asked), "{asked}");
        assert!(hold_out(&of(60), Some(0), 0).is_empty());
    }

    #[test]
    fn images_with_few_objects_are_kept_whole() {
        let objects: Vec<Placed> = (0..30).map(|at| (at / 3, [at as f64, 1.0])).collect();
        let held = hold_out(&objects, None, 1);
        assert_eq!(held.len(), 3);
        let images: HashSet<usize> = held.iter().map(|&at| objects[at].0).collect();
        assert_eq!(images.len(), 1);
    }

    #[test]
    fn objects_in_one_spot_are_cut_all_the_same() {
        let heap = vec![(0, [5.0, 5.0]); 100];
        assert!(places(&heap).iter().all(|place| place.len() <= OBJECTS));
    }
}
