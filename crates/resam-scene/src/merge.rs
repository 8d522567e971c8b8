//! Duplicates are removed, and overlaps of different objects are resolved.

use resam_mask::{PlacedMask, Places};
use serde::Serialize;

use crate::result::SegmentedObject;

/// Which object keeps pixels that several objects share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Overlap {
    /// All keep them: masks are unchanged.
    #[default]
    Keep,
    /// The object of the highest score keeps them, of equal scores the first.
    Resolve,
}

/// The numbers of scored masks from the best score to the worst; of equal ones the first comes
/// first.
pub(crate) fn by_score(scores: impl Iterator<Item = f32>) -> Vec<usize> {
    let scores: Vec<f32> = scores.collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
}

/// For each mask the one whose object it is, itself or a better one with which its IoU is at least
/// `bound`.
pub(crate) fn same_objects(masks: &[(&PlacedMask, f32)], bound: f64) -> Vec<usize> {
    let mut stands_for: Vec<usize> = (0..masks.len()).collect();
    let areas: Vec<u64> = masks.iter().map(|(mask, _)| mask.area()).collect();
    let mut kept = Places::default();
    for at in by_score(masks.iter().map(|(_, score)| *score)) {
        let mask = masks[at].0;
        let mut best: Option<(f64, usize)> = None;
        for other in kept.overlapping(mask.bounds()) {
            let (least, most) = (areas[at].min(areas[other]), areas[at].max(areas[other]));
            if (least as f64) < bound * most as f64 {
                continue;
            }
            let iou = mask.iou(masks[other].0);
            if iou >= bound && best.is_none_or(|(most, _)| iou > most) {
                best = Some((iou, other));
            }
        }
        match best {
            Some((_, other)) => stands_for[at] = other,
            None => kept.insert(mask.bounds(), at),
        }
    }
    stands_for
}

/// Merges objects whose IoU is at least `bound`: the one of the highest score stays, with the
/// prompts of all. The order of the others does not change.
pub fn unite(objects: Vec<SegmentedObject>, bound: f64) -> Vec<SegmentedObject> {
    let masks: Vec<_> = objects
        .iter()
        .map(|object| (&object.mask, object.score))
        .collect();
    let stands_for = same_objects(&masks, bound);
    let mut prompts: Vec<Vec<usize>> = vec![Vec::new(); objects.len()];
    for (object, &at) in objects.iter().zip(&stands_for) {
        prompts[at].extend(&object.prompts);
    }
    let mut united: Vec<SegmentedObject> = Vec::new();
    for (at, (mut object, mut prompts)) in objects.into_iter().zip(prompts).enumerate() {
        if stands_for[at] == at {
            prompts.sort_unstable();
            object.prompts = prompts;
            united.push(object);
        }
    }
    united
}

/// Takes from each object the pixels of those of better score. The objects of which nothing is left
/// come second.
pub fn resolve(objects: Vec<SegmentedObject>) -> (Vec<SegmentedObject>, Vec<SegmentedObject>) {
    let mut left: Vec<Option<PlacedMask>> = vec![None; objects.len()];
    let mut kept = Places::default();
    for at in by_score(objects.iter().map(|object| object.score)) {
        let mut mask = Some(objects[at].mask.clone());
        for better in kept.overlapping(objects[at].mask.bounds()) {
            if let (Some(own), Some(better)) = (&mask, &left[better]) {
                mask = own.without(better);
            }
        }
        if let Some(mask) = &mask {
            kept.insert(mask.bounds(), at);
        }
        left[at] = mask;
    }
    let (mut resolved, mut covered) = (Vec::new(), Vec::new());
    for (object, left) in objects.into_iter().zip(left) {
        match left {
            Some(mask) => resolved.push(SegmentedObject { mask, ..object }),
            None => covered.push(object),
        }
    }
    (resolved, covered)
}
