//! The candidate with the largest score. [`MaskSelection`] gives the formula.

use std::ops::Range;

use crate::candidate::Candidate;
use crate::selection::MaskSelection;
use crate::size_prior::{Median, SizePrior, log_area, median};

/// Turns of choosing and taking the median. More turns changed no selection on the images tried.
const TURNS: usize = 5;
/// What is added to the score of the single mask.
const SINGLE: f64 = 0.2;
/// What is added to the score of a zoomed mask. Of two masks that are much alike it is the finer
/// one.
const ZOOMED: f64 = 0.1;
/// The single mask of an object of another kind is larger than the co-occurring instances by a
/// power of e in this range. One that is larger still is more likely the ground on which the object
/// stands.
const OTHER_KIND: Range<f64> = 1.0..4.0;
/// What a candidate that violates its prompts loses: more than all else can bring.
const VIOLATION: f64 = 1e3;

/// The number of the chosen candidate of each instance of an image or of a part of it. The first
/// candidate of each is its single mask. Every instance has a candidate.
///
/// A candidate's consistency takes a pass of the decoder, and most candidates would not be chosen
/// if it were perfect. So `ask` is given those whose consistency counts, each as the places of its
/// instance and of itself, and returns their consistencies. What stays unasked is left at the 1
/// that it can be at most. The choice is the one that asking about all would bring. What violates
/// its prompts is never asked about.
///
/// # Errors
/// What `ask` returns.
pub fn choose<E>(
    instances: &mut [Vec<Candidate>],
    selection: &MaskSelection,
    prior: Option<SizePrior>,
    mut ask: impl FnMut(&[(usize, usize)]) -> Result<Vec<f64>, E>,
) -> Result<Vec<usize>, E> {
    let mut known: Vec<Vec<bool>> = Vec::with_capacity(instances.len());
    for candidates in instances.iter_mut() {
        for candidate in candidates.iter_mut() {
            candidate.consistency = f64::from(u8::from(!candidate.violates_prompts));
        }
        known.push(candidates.iter().map(|of| of.violates_prompts).collect());
    }
    // Whatever is best though its consistency is known stays best when the others become known.
    let mut best_in = |instances: &mut [Vec<Candidate>], middle: f64| loop {
        let score = Score {
            selection,
            middle,
            of_dataset: prior.and_then(|prior| prior.of_dataset),
            first: SINGLE,
            other_kind: OTHER_KIND,
        };
        let chosen = score.best_of_each(instances);
        let places = chosen.iter().copied().enumerate();
        let unasked: Vec<_> = places.filter(|&(of, at)| !known[of][at]).collect();
        if unasked.is_empty() {
            return Ok(chosen);
        }
        let mut consistencies = ask(&unasked)?.into_iter();
        for (of, at) in unasked {
            instances[of][at].consistency = consistencies.next().unwrap_or(0.0);
            known[of][at] = true;
        }
    };
    let mut chosen = vec![0; instances.len()];
    for _ in 0..TURNS {
        let next = best_in(instances, middle_of(instances, &chosen, prior))?;
        if next == chosen {
            break;
        }
        chosen = next;
    }
    Ok(chosen)
}

/// Whether the zoomed mask is meant, for each instance: a pair of its mask in the whole image, and
/// of its mask in the zoom where there is one.
pub fn is_zoom_meant(
    pairs: &[(Candidate, Option<Candidate>)],
    selection: &MaskSelection,
    prior: Option<SizePrior>,
) -> Vec<bool> {
    let candidates: Vec<Vec<Candidate>> = pairs
        .iter()
        .map(|&(whole, zoomed)| [whole].into_iter().chain(zoomed).collect())
        .collect();
    let mut chosen = vec![0; candidates.len()];
    for _ in 0..TURNS {
        let score = Score {
            selection,
            middle: middle_of(&candidates, &chosen, prior),
            of_dataset: prior.and_then(|prior| prior.of_dataset),
            first: -ZOOMED,
            // What is of another kind is too large for a zoom.
            other_kind: 0.0..0.0,
        };
        chosen = score.best_of_each(&candidates);
    }
    chosen.into_iter().map(|at| at == 1).collect()
}

/// `m`: what is known, or as the chosen candidates have it.
fn middle_of(instances: &[Vec<Candidate>], chosen: &[usize], prior: Option<SizePrior>) -> f64 {
    if let Some(known) = prior.and_then(|prior| prior.of_image) {
        return known;
    }
    let pairs = instances.iter().zip(chosen);
    let mut sizes: Vec<f64> = pairs
        .map(|(candidates, &at)| log_area(candidates[at].area))
        .collect();
    median(&mut sizes, Median::MeanOfMiddle)
}

/// The score of candidates.
struct Score<'a> {
    selection: &'a MaskSelection,
    /// `m`.
    middle: f64,
    /// `u` and its weight.
    of_dataset: Option<(f64, f64)>,
    /// What is added for the first candidate of each.
    first: f64,
    /// Where `ln(area)` of the first candidate exceeds `m` by so much, sizes do not count.
    other_kind: Range<f64>,
}

impl Score<'_> {
    fn best_of_each(&self, instances: &[Vec<Candidate>]) -> Vec<usize> {
        let of_each = instances.iter();
        of_each.map(|candidates| self.best(candidates)).collect()
    }

    fn best(&self, candidates: &[Candidate]) -> usize {
        let is_other_kind = candidates.first().is_some_and(|first| {
            let larger = log_area(first.area) - self.middle;
            !first.violates_prompts && self.other_kind.contains(&larger)
        });
        let score = |at: usize| {
            let ahead = if at == 0 { self.first } else { 0.0 };
            let unlikely = if is_other_kind {
                0.0
            } else {
                self.unlikely_size(&candidates[at])
            };
            ahead + self.without_size(&candidates[at]) - unlikely
        };
        let mut best = 0;
        for at in 1..candidates.len() {
            // Of equals the first stays.
            if score(at) > score(best) {
                best = at;
            }
        }
        best
    }

    fn without_size(&self, candidate: &Candidate) -> f64 {
        candidate.consistency + self.selection.stability_weight * candidate.stability
            - VIOLATION * f64::from(u8::from(candidate.violates_prompts))
    }

    /// What a candidate loses for its size.
    fn unlikely_size(&self, candidate: &Candidate) -> f64 {
        let away = |middle: f64| (log_area(candidate.area) - middle).abs();
        let of_dataset = self
            .of_dataset
            .map_or(0.0, |(middle, weight)| weight * away(middle));
        self.selection.size_weight * away(self.middle) + of_dataset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::SelectionMode;

    const SELECTION: MaskSelection = MaskSelection {
        mode: SelectionMode::Requery,
        stability_weight: 0.3,
        size_weight: 0.2,
        size_prior_weight: 0.1,
        size_prior_px: None,
        zoom: false,
    };

    fn candidate(consistency: f64, area: u64) -> Candidate {
        Candidate {
            consistency,
            stability: 1.0,
            area,
            violates_prompts: false,
        }
    }

    /// What is chosen when an consistency is told to whoever asks, and how many were asked about.
    fn asking(
        instances: &[Vec<Candidate>],
        selection: &MaskSelection,
        prior: Option<SizePrior>,
    ) -> (Vec<usize>, usize) {
        let (mut unasked, mut asked) = (instances.to_vec(), 0);
        let chosen = super::choose(&mut unasked, selection, prior, |places| {
            asked += places.len();
            let told = places.iter().map(|&(of, at)| instances[of][at].consistency);
            Ok::<_, std::convert::Infallible>(told.collect())
        });
        let Ok(chosen) = chosen;
        for (of, &at) in chosen.iter().enumerate() {
            if !instances[of][at].violates_prompts {
                assert_eq!(unasked[of][at], instances[of][at]);
            }
        }
        (chosen, asked)
    }

    fn choose(
        instances: &[Vec<Candidate>],
        selection: &MaskSelection,
        prior: Option<SizePrior>,
    ) -> Vec<usize> {
        asking(instances, selection, prior).0
    }

    /// The same with every consistency known from the start, straight from the formula.
    fn with_all_known(
        instances: &[Vec<Candidate>],
        selection: &MaskSelection,
        prior: Option<SizePrior>,
    ) -> Vec<usize> {
        let size = |candidate: &Candidate| (candidate.area as f64 + 1.0).ln();
        let mut chosen = vec![0; instances.len()];
        for _ in 0..5 {
            let sizes = instances.iter().zip(&chosen);
            let mut sizes: Vec<f64> = sizes.map(|(of, &at)| size(&of[at])).collect();
            sizes.sort_by(f64::total_cmp);
            let half = sizes.len() / 2;
            let own = match sizes.len() % 2 {
                1 => sizes[half],
                _ => (sizes[half - 1] + sizes[half]) / 2.0,
            };
            let middle = prior.and_then(|of| of.of_image).unwrap_or(own);
            let of_dataset = prior.and_then(|of| of.of_dataset);
            for (chosen, candidates) in chosen.iter_mut().zip(instances) {
                let single = &candidates[0];
                let times = size(single) - middle;
                let giant = !single.violates_prompts && (1.0..4.0).contains(&times);
                let value = |at: &usize| {
                    let of = &candidates[*at];
                    let single = if *at == 0 { 0.2 } else { 0.0 };
                    let of_size = selection.size_weight * (size(of) - middle).abs()
                        + of_dataset.map_or(0.0, |(at, weight)| weight * (size(of) - at).abs());
                    single + of.consistency + selection.stability_weight * of.stability
                        - if giant { 0.0 } else { of_size }
                        - if of.violates_prompts { 1000.0 } else { 0.0 }
                };
                let worse = |a: &usize, b: &usize| value(a).total_cmp(&value(b));
                // The last of equals is the largest: the first of them is wanted.
                *chosen = (0..candidates.len())
                    .rev()
                    .max_by(worse)
                    .expect("candidates");
            }
        }
        chosen
    }

    #[test]
    fn asking_only_about_what_counts_chooses_as_asking_about_all() {
        let (mut asked, mut all) = (0, 0);
        let mut state = 7_u64;
        let mut draw = |of: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % of
        };
        for case in 0..300 {
            let count = 1 + draw(9);
            let instances: Vec<Vec<Candidate>> = (0..count)
                .map(|_| {
                    let candidate = |draw: &mut dyn FnMut(u64) -> u64| {
                        let violates_prompts = draw(6) == 0;
                        Candidate {
                            // So finely that no two candidates are worth the same.
                            consistency: if violates_prompts {
                                0.0
                            } else {
                                draw(1 << 31) as f64 / f64::from(1 << 30) / 2.0
                            },
                            stability: draw(1 << 31) as f64 / f64::from(1 << 30) / 2.0,
                            area: 10 + draw(3) * draw(5000),
                            violates_prompts,
                        }
                    };
                    (0..4).map(|_| candidate(&mut draw)).collect()
                })
                .collect();
            let prior = match case % 3 {
                0 => SizePrior::of_instances([300, 500], None),
                1 => Some(SizePrior::of_dataset(400.0, 0.1)),
                _ => None,
            };
            let (chosen, of_these) = asking(&instances, &SELECTION, prior);
            assert_eq!(chosen, with_all_known(&instances, &SELECTION, prior));
            asked += of_these;
            let open = instances.iter().flatten().filter(|of| !of.violates_prompts);
            all += open.count();
        }
        assert!(asked < all, "{asked} of {all}");
    }

    #[test]
    fn the_mask_that_its_box_brings_back_is_chosen() {
        let candidates = vec![
            candidate(0.6, 100),
            candidate(0.9, 100),
            candidate(0.8, 100),
        ];
        assert_eq!(choose(&[candidates], &SELECTION, None), [1]);
    }

    #[test]
    fn the_single_mask_stays_unless_another_is_clearly_better() {
        let beside = |other| vec![candidate(0.7, 100), candidate(other, 100)];
        assert_eq!(choose(&[beside(0.7)], &SELECTION, None), [0]);
        assert_eq!(choose(&[beside(0.85)], &SELECTION, None), [0]);
        assert_eq!(choose(&[beside(0.95)], &SELECTION, None), [1]);
    }

    #[test]
    fn a_mask_with_the_point_of_another_instance_is_not_chosen_if_there_is_any_other() {
        let violates_prompts = Candidate {
            violates_prompts: true,
            ..candidate(1.0, 100)
        };
        assert_eq!(
            choose(
                &[vec![violates_prompts, candidate(0.1, 9000)]],
                &SELECTION,
                None
            ),
            [1]
        );
        assert_eq!(choose(&[vec![violates_prompts]], &SELECTION, None), [0]);
    }

    #[test]
    fn an_object_is_of_the_size_of_the_co_occurring_instances() {
        let usual = vec![candidate(0.9, 100)];
        let unsure = vec![candidate(0.95, 40_000), candidate(0.9, 110)];
        let alone = choose(std::slice::from_ref(&unsure), &SELECTION, None);
        assert_eq!(alone, [0]);
        let image = [usual.clone(), usual.clone(), usual, unsure];
        assert_eq!(choose(&image, &SELECTION, None), [0, 0, 0, 1]);
        let regardless = MaskSelection {
            size_weight: 0.0,
            ..SELECTION
        };
        assert_eq!(choose(&image, &regardless, None), [0, 0, 0, 0]);
    }

    #[test]
    fn what_is_of_another_kind_than_the_others_is_not_cut_to_their_size() {
        let court = vec![candidate(0.9, 1000)];
        // The single mask of a track, the field inside it, and the ground around.
        let track = |single: u64| {
            [(0.9, single), (0.95, 2000), (0.0, 900_000)]
                .map(|(consistency, area)| candidate(consistency, area))
                .to_vec()
        };
        let among = |track: Vec<Candidate>| {
            let image = [court.clone(), court.clone(), court.clone(), track];
            choose(&image, &SELECTION, None)[3]
        };
        assert_eq!(among(track(20_000)), 0);
        // What is little larger than the others is of their kind, and sizes decide.
        let roomy = vec![candidate(0.85, 2700), candidate(0.95, 1000)];
        assert_eq!(among(roomy), 1);
        // What holds another's point is no object.
        let mut violates_prompts = track(20_000);
        violates_prompts[0].violates_prompts = true;
        assert_eq!(among(violates_prompts), 1);
        // Nor what is as large as the ground.
        assert_eq!(among(track(80_000)), 1);
    }

    #[test]
    fn sizes_that_are_known_decide_for_one_that_is_alone() {
        let unsure = vec![candidate(0.95, 40_000), candidate(0.9, 110)];
        let prior = SizePrior::of_instances([90, 100, 5000], None);
        let known = |prior| choose(std::slice::from_ref(&unsure), &SELECTION, prior);
        assert_eq!(known(None), [0]);
        assert_eq!(known(prior), [1]);
        // Seen at twenty times the scale they are of the other's size.
        let magnified = prior.map(|prior| prior.magnified(400.0));
        assert_eq!(known(magnified), [0]);
        assert_eq!(SizePrior::of_instances([], None), None);
    }

    #[test]
    fn the_prior_of_the_data_set_decides_for_one_that_is_alone_and_not_for_many() {
        // Alone, the single mask is compared with itself, and the other one is three powers of e
        // away.
        let unsure = vec![candidate(0.3, 40_000), candidate(0.9, 2000)];
        let prior = Some(SizePrior::of_dataset(1000.0, 0.1));
        assert_eq!(choose(std::slice::from_ref(&unsure), &SELECTION, None), [0]);
        assert_eq!(
            choose(std::slice::from_ref(&unsure), &SELECTION, prior),
            [1]
        );
        // A mask that its box brings back is not given up for one of the size of the prior.
        let sure = vec![candidate(0.8, 40_000), candidate(0.9, 2000)];
        assert_eq!(choose(&[sure], &SELECTION, prior), [0]);
        // What is seen of others in the image counts for more: of either size.
        let of = |area| vec![candidate(0.9, area)];
        let large = [of(40_000), of(40_000), of(40_000), unsure.clone()];
        assert_eq!(
            choose(&large, &SELECTION, Some(SizePrior::of_dataset(6000.0, 0.1)))[3],
            0
        );
        let small = [of(2000), of(2000), of(2000), unsure];
        assert_eq!(
            choose(
                &small,
                &SELECTION,
                Some(SizePrior::of_dataset(90_000.0, 0.1))
            )[3],
            1
        );
    }

    #[test]
    fn a_zoomed_mask_is_meant_unless_the_whole_image_knew_better() {
        let whole = candidate(0.9, 100);
        let meant =
            |zoomed| is_zoom_meant(&[(whole, Some(zoomed)), (whole, None)], &SELECTION, None);
        assert_eq!(meant(candidate(0.85, 100)), [true, false]);
        assert_eq!(meant(candidate(0.7, 100)), [false, false]);
        assert_eq!(meant(candidate(0.95, 4)), [false, false]);
        let violates_prompts = Candidate {
            violates_prompts: true,
            ..candidate(1.0, 100)
        };
        assert_eq!(meant(violates_prompts), [false, false]);
        let pairs = [(violates_prompts, Some(candidate(0.1, 100)))];
        assert_eq!(is_zoom_meant(&pairs, &SELECTION, None), [true]);
    }

    #[test]
    fn no_instance_is_no_choice() {
        assert!(choose(&[], &SELECTION, None).is_empty());
    }
}
