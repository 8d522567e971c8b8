//! Choose: which of the model's masks is meant by a point.
//!
//! A point is ambiguous: on a roof it may mean a chimney, the roof, or the block of houses. SAM has a
//! mask for each, and its predicted quality is a bad judge of overhead imagery. Three things that need
//! no true mask judge better:
//!
//! - **agreement**: the box of the right mask brings the same mask back;
//! - **company**: objects of one image that somebody pointed at are often of a size;
//! - **contradiction**: a mask that holds the point of another instance, or a point that is said not to
//!   be on its own, is too large.
//!
//! The choice is the candidate with the largest
//! `agreement + stability_weight * stability - size_weight * |ln(area) - m| - contradicted`, the single mask
//! a little ahead of those for an ambiguous point: another has to be clearly better. `m` is the median of
//! `ln(area)` over the chosen masks of the image. Since `m` depends on the choice, both are found in turns,
//! beginning with the single mask. In a closer look at a part of the image `m` is known from the whole of it.
//! An object that is alone in its image has no company but itself: where the middle `u` of `ln(area)` in other
//! images of the kind is known, `usual_weight * |ln(area) - u|` is taken off too. But a running track among
//! tennis courts is not of their kind: where the single mask, not contradicted, is much larger than the company,
//! sizes have no say about its object. They would take a piece of it for the whole.

use std::ops::Range;

use crate::recipe::Choice;

/// Turns of choosing and taking the median; more change nothing on the images that were looked at.
const TURNS: usize = 5;
/// What the single mask is ahead of the others.
const SINGLE: f64 = 0.2;
/// What an answer of a closer look is ahead of that of the whole image: of two that are much alike it
/// is the finer one.
const CLOSER: f64 = 0.1;
/// By how many powers of e the single mask of an object of another kind is larger than the company; one
/// that is larger still is more likely the ground on which the object stands.
const OF_ANOTHER_KIND: Range<f64> = 1.0..4.0;
/// What a contradicted candidate loses: more than all else can bring.
const CONTRADICTION: f64 = 1e3;

/// A mask that a point may mean, as far as the choice goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// IoU of the mask and of what its box brings back.
    pub agreement: f64,
    /// Pixels whose logit is above 1, of those where it is above -1.
    pub stability: f64,
    /// Pixels of the mask.
    pub area: u64,
    /// It holds a positive point of another instance, or a negative one of its own.
    pub contradicted: bool,
}

/// Pixels whose logit is above 1, of those where it is above -1: how little the mask depends on where
/// the line is drawn, as SAM's automatic masks are judged.
pub fn stability(logits: &[f32]) -> f64 {
    let above = |bound: f32| logits.iter().filter(|&&logit| logit > bound).count() as f64;
    match above(-1.0) {
        0.0 => 0.0,
        most => above(1.0) / most,
    }
}

/// What is known beforehand of the size of objects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Company {
    /// `m`, where it is known from the whole of the image.
    of_image: Option<f64>,
    /// The middle of `ln(area)` in images of the kind, and the weight of the distance from it.
    usual: Option<(f64, f64)>,
}

impl Company {
    /// That of the chosen masks of an image, by their areas in pixels, for a part of the image; what was
    /// known `before` of images of the kind stays known. None where nothing is.
    pub fn of_chosen(areas: impl IntoIterator<Item = u64>, before: Option<Self>) -> Option<Self> {
        let mut sizes: Vec<f64> = areas.into_iter().map(log).collect();
        let of_image = (!sizes.is_empty()).then(|| median(&mut sizes));
        let usual = before.and_then(|company| company.usual);
        (of_image.is_some() || usual.is_some()).then_some(Self { of_image, usual })
    }

    /// An area in pixels that is usual in images of the kind, and the weight of the distance from it.
    pub fn usual(area: f64, weight: f64) -> Self {
        Self {
            of_image: None,
            usual: Some(((area + 1.0).ln(), weight)),
        }
    }

    /// The same in pixels of which there are `times` as many.
    #[must_use]
    pub fn magnified(self, times: f64) -> Self {
        Self {
            of_image: self.of_image.map(|middle| middle + times.ln()),
            usual: self
                .usual
                .map(|(middle, weight)| (middle + times.ln(), weight)),
        }
    }
}

/// The number of the chosen candidate of each instance of an image or of a part of it, in the company
/// that is known beforehand. The first candidate of each is the one to begin with; an instance without
/// candidates is not allowed.
///
/// What a candidate's agreement is takes a pass of the decoder, and most candidates would not be chosen if
/// it were perfect. So `ask` is given those whose agreement counts, each as the places of its instance and
/// of itself, and answers with their agreements; what stays unasked is left at the 1 that it can be at most.
/// The choice is the one that asking about all would bring. What is contradicted is never asked about.
///
/// # Errors
/// What `ask` returns.
pub fn choose<E>(
    instances: &mut [Vec<Candidate>],
    choice: &Choice,
    company: Option<Company>,
    mut ask: impl FnMut(&[(usize, usize)]) -> Result<Vec<f64>, E>,
) -> Result<Vec<usize>, E> {
    let mut known: Vec<Vec<bool>> = Vec::with_capacity(instances.len());
    for candidates in instances.iter_mut() {
        for candidate in candidates.iter_mut() {
            candidate.agreement = f64::from(u8::from(!candidate.contradicted));
        }
        known.push(candidates.iter().map(|of| of.contradicted).collect());
    }
    // Whatever is best though its agreement is known stays best when the others become known.
    let mut best_in = |instances: &mut [Vec<Candidate>], middle: f64| loop {
        let judge = Judge {
            choice,
            middle,
            usual: company.and_then(|company| company.usual),
            first: SINGLE,
            of_another_kind: OF_ANOTHER_KIND,
        };
        let chosen = judge.best_of_each(instances);
        let places = chosen.iter().copied().enumerate();
        let unasked: Vec<_> = places.filter(|&(of, at)| !known[of][at]).collect();
        if unasked.is_empty() {
            return Ok(chosen);
        }
        for (&(of, at), agreement) in unasked.iter().zip(ask(&unasked)?) {
            instances[of][at].agreement = agreement;
            known[of][at] = true;
        }
    };
    let mut chosen = vec![0; instances.len()];
    for _ in 0..TURNS {
        let next = best_in(instances, middle_of(instances, &chosen, company))?;
        if next == chosen {
            break;
        }
        chosen = next;
    }
    Ok(chosen)
}

/// Whether of the answers to each instance, that of the whole image and that of a closer look where
/// there is one, the closer one is meant, in the company that is known beforehand.
pub fn is_closer_meant(
    pairs: &[(Candidate, Option<Candidate>)],
    choice: &Choice,
    company: Option<Company>,
) -> Vec<bool> {
    let candidates: Vec<Vec<Candidate>> = pairs
        .iter()
        .map(|&(whole, closer)| [whole].into_iter().chain(closer).collect())
        .collect();
    let mut chosen = vec![0; candidates.len()];
    for _ in 0..TURNS {
        let judge = Judge {
            choice,
            middle: middle_of(&candidates, &chosen, company),
            usual: company.and_then(|company| company.usual),
            first: -CLOSER,
            // What is of another kind is too large for a closer look.
            of_another_kind: 0.0..0.0,
        };
        chosen = judge.best_of_each(&candidates);
    }
    chosen.into_iter().map(|at| at == 1).collect()
}

/// `m`: what is known, or as the chosen candidates have it.
fn middle_of(instances: &[Vec<Candidate>], chosen: &[usize], company: Option<Company>) -> f64 {
    if let Some(known) = company.and_then(|company| company.of_image) {
        return known;
    }
    let pairs = instances.iter().zip(chosen);
    let mut sizes: Vec<f64> = pairs
        .map(|(candidates, &at)| log_area(&candidates[at]))
        .collect();
    median(&mut sizes)
}

/// What candidates are judged by.
struct Judge<'a> {
    choice: &'a Choice,
    /// `m`.
    middle: f64,
    /// `u` and its weight.
    usual: Option<(f64, f64)>,
    /// What the first candidate of each is ahead of the others.
    first: f64,
    /// By how much `ln(area)` of the first candidate exceeds `m` where sizes have no say.
    of_another_kind: Range<f64>,
}

impl Judge<'_> {
    fn best_of_each(&self, instances: &[Vec<Candidate>]) -> Vec<usize> {
        let of_each = instances.iter();
        of_each.map(|candidates| self.best(candidates)).collect()
    }

    fn best(&self, candidates: &[Candidate]) -> usize {
        let of_another_kind = candidates.first().is_some_and(|first| {
            let larger = log_area(first) - self.middle;
            !first.contradicted && self.of_another_kind.contains(&larger)
        });
        let value = |at: usize| {
            let ahead = if at == 0 { self.first } else { 0.0 };
            let unlikely = match of_another_kind {
                true => 0.0,
                false => self.unlikely_size(&candidates[at]),
            };
            ahead + self.value(&candidates[at]) - unlikely
        };
        let mut best = 0;
        for at in 1..candidates.len() {
            // Of equals the first stays.
            if value(at) > value(best) {
                best = at;
            }
        }
        best
    }

    fn value(&self, candidate: &Candidate) -> f64 {
        candidate.agreement + self.choice.stability_weight * candidate.stability
            - CONTRADICTION * f64::from(u8::from(candidate.contradicted))
    }

    /// What a candidate loses for its size.
    fn unlikely_size(&self, candidate: &Candidate) -> f64 {
        let away = |middle: f64| (log_area(candidate) - middle).abs();
        let unusual = self
            .usual
            .map_or(0.0, |(usual, weight)| weight * away(usual));
        self.choice.size_weight * away(self.middle) + unusual
    }
}

fn log_area(candidate: &Candidate) -> f64 {
    log(candidate.area)
}

pub(crate) fn log(area: u64) -> f64 {
    (area as f64 + 1.0).ln()
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[odd / 2],
        even => (values[even / 2 - 1] + values[even / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICE: Choice = Choice {
        candidates: true,
        stability_weight: 0.3,
        size_weight: 0.2,
        usual_weight: 0.1,
        closer: false,
    };

    fn candidate(agreement: f64, area: u64) -> Candidate {
        Candidate {
            agreement,
            stability: 1.0,
            area,
            contradicted: false,
        }
    }

    /// What is chosen when an agreement is told to whoever asks, and how many were asked about.
    fn asking(
        instances: &[Vec<Candidate>],
        choice: &Choice,
        company: Option<Company>,
    ) -> (Vec<usize>, usize) {
        let (mut unasked, mut asked) = (instances.to_vec(), 0);
        let chosen = super::choose(&mut unasked, choice, company, |places| {
            asked += places.len();
            let told = places.iter().map(|&(of, at)| instances[of][at].agreement);
            Ok::<_, std::convert::Infallible>(told.collect())
        });
        let Ok(chosen) = chosen;
        for (of, &at) in chosen.iter().enumerate() {
            if !instances[of][at].contradicted {
                assert_eq!(unasked[of][at], instances[of][at]);
            }
        }
        (chosen, asked)
    }

    fn choose(
        instances: &[Vec<Candidate>],
        choice: &Choice,
        company: Option<Company>,
    ) -> Vec<usize> {
        asking(instances, choice, company).0
    }

    /// The same with every agreement known from the start, straight from the formula.
    fn with_all_known(
        instances: &[Vec<Candidate>],
        choice: &Choice,
        company: Option<Company>,
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
            let middle = company.and_then(|of| of.of_image).unwrap_or(own);
            let usual = company.and_then(|of| of.usual);
            for (chosen, candidates) in chosen.iter_mut().zip(instances) {
                let single = &candidates[0];
                let times = size(single) - middle;
                let giant = !single.contradicted && (1.0..4.0).contains(&times);
                let value = |at: &usize| {
                    let of = &candidates[*at];
                    let single = if *at == 0 { 0.2 } else { 0.0 };
                    let of_size = choice.size_weight * (size(of) - middle).abs()
                        + usual.map_or(0.0, |(at, weight)| weight * (size(of) - at).abs());
                    single + of.agreement + choice.stability_weight * of.stability
                        - if giant { 0.0 } else { of_size }
                        - if of.contradicted { 1000.0 } else { 0.0 }
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
                        let contradicted = draw(6) == 0;
                        Candidate {
                            // So finely that no two candidates are worth the same.
                            agreement: if contradicted {
                                0.0
                            } else {
                                draw(1 << 31) as f64 / f64::from(1 << 30) / 2.0
                            },
                            stability: draw(1 << 31) as f64 / f64::from(1 << 30) / 2.0,
                            area: 10 + draw(3) * draw(5000),
                            contradicted,
                        }
                    };
                    (0..4).map(|_| candidate(&mut draw)).collect()
                })
                .collect();
            let company = match case % 3 {
                0 => Company::of_chosen([300, 500], None),
                1 => Some(Company::usual(400.0, 0.1)),
                _ => None,
            };
            let (chosen, of_these) = asking(&instances, &CHOICE, company);
            assert_eq!(chosen, with_all_known(&instances, &CHOICE, company));
            asked += of_these;
            let open = instances.iter().flatten().filter(|of| !of.contradicted);
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
        assert_eq!(choose(&[candidates], &CHOICE, None), [1]);
    }

    #[test]
    fn the_single_mask_stays_unless_another_is_clearly_better() {
        let beside = |other| vec![candidate(0.7, 100), candidate(other, 100)];
        assert_eq!(choose(&[beside(0.7)], &CHOICE, None), [0]);
        assert_eq!(choose(&[beside(0.85)], &CHOICE, None), [0]);
        assert_eq!(choose(&[beside(0.95)], &CHOICE, None), [1]);
    }

    #[test]
    fn a_mask_with_the_point_of_another_instance_is_not_chosen_if_there_is_any_other() {
        let contradicted = Candidate {
            contradicted: true,
            ..candidate(1.0, 100)
        };
        assert_eq!(
            choose(&[vec![contradicted, candidate(0.1, 9000)]], &CHOICE, None),
            [1]
        );
        assert_eq!(choose(&[vec![contradicted]], &CHOICE, None), [0]);
    }

    #[test]
    fn an_object_is_of_the_size_of_its_company() {
        let usual = vec![candidate(0.9, 100)];
        let unsure = vec![candidate(0.95, 40_000), candidate(0.9, 110)];
        let alone = choose(std::slice::from_ref(&unsure), &CHOICE, None);
        assert_eq!(alone, [0]);
        let company = [usual.clone(), usual.clone(), usual, unsure];
        assert_eq!(choose(&company, &CHOICE, None), [0, 0, 0, 1]);
        let regardless = Choice {
            size_weight: 0.0,
            ..CHOICE
        };
        assert_eq!(choose(&company, &regardless, None), [0, 0, 0, 0]);
    }

    #[test]
    fn what_is_of_another_kind_than_its_company_is_not_cut_to_its_size() {
        let court = vec![candidate(0.9, 1000)];
        // The single mask of a track, the field inside it, and the ground around.
        let track = |single: u64| {
            [(0.9, single), (0.95, 2000), (0.0, 900_000)]
                .map(|(agreement, area)| candidate(agreement, area))
                .to_vec()
        };
        let among = |track: Vec<Candidate>| {
            let image = [court.clone(), court.clone(), court.clone(), track];
            choose(&image, &CHOICE, None)[3]
        };
        assert_eq!(among(track(20_000)), 0);
        // What is little larger than the others is of their kind, and sizes decide.
        let roomy = vec![candidate(0.85, 2700), candidate(0.95, 1000)];
        assert_eq!(among(roomy), 1);
        // What holds another's point is no object.
        let mut contradicted = track(20_000);
        contradicted[0].contradicted = true;
        assert_eq!(among(contradicted), 1);
        // Nor what is as large as the ground.
        assert_eq!(among(track(80_000)), 1);
    }

    #[test]
    fn company_that_is_known_decides_for_one_that_is_alone() {
        let unsure = vec![candidate(0.95, 40_000), candidate(0.9, 110)];
        let company = Company::of_chosen([90, 100, 5000], None);
        let known = |company| choose(std::slice::from_ref(&unsure), &CHOICE, company);
        assert_eq!(known(None), [0]);
        assert_eq!(known(company), [1]);
        // Seen at twenty times the scale they are of the other's size.
        let magnified = company.map(|company| company.magnified(400.0));
        assert_eq!(known(magnified), [0]);
        assert_eq!(Company::of_chosen([], None), None);
    }

    #[test]
    fn what_is_usual_elsewhere_decides_for_one_that_is_alone_and_not_for_many() {
        // Alone, the single mask is its own company, and the other one is three powers of e away.
        let unsure = vec![candidate(0.3, 40_000), candidate(0.9, 2000)];
        let usual = Some(Company::usual(1000.0, 0.1));
        assert_eq!(choose(std::slice::from_ref(&unsure), &CHOICE, None), [0]);
        assert_eq!(choose(std::slice::from_ref(&unsure), &CHOICE, usual), [1]);
        // A mask that its box brings back is not given up for one that is of the usual size.
        let sure = vec![candidate(0.8, 40_000), candidate(0.9, 2000)];
        assert_eq!(choose(&[sure], &CHOICE, usual), [0]);
        // What is seen of others in the image counts for more: of either size.
        let of = |area| vec![candidate(0.9, area)];
        let large = [of(40_000), of(40_000), of(40_000), unsure.clone()];
        assert_eq!(
            choose(&large, &CHOICE, Some(Company::usual(6000.0, 0.1)))[3],
            0
        );
        let small = [of(2000), of(2000), of(2000), unsure];
        assert_eq!(
            choose(&small, &CHOICE, Some(Company::usual(90_000.0, 0.1)))[3],
            1
        );
    }

    #[test]
    fn what_is_usual_stays_known_in_a_part_and_is_magnified_with_it() {
        let usual = Company::usual(100.0, 0.1);
        let both = Company::of_chosen([50, 60, 9000], Some(usual)).expect("something is known");
        assert_eq!(both.of_image, Some(61f64.ln()));
        assert_eq!(both.usual, Some((101f64.ln(), 0.1)));
        assert_eq!(Company::of_chosen([], Some(usual)), Some(usual));
        let larger = both.magnified(4.0);
        assert_eq!(larger.of_image, Some(61f64.ln() + 4f64.ln()));
        assert_eq!(larger.usual, Some((101f64.ln() + 4f64.ln(), 0.1)));
    }

    #[test]
    fn a_closer_answer_is_meant_unless_the_whole_image_knew_better() {
        let whole = candidate(0.9, 100);
        let meant =
            |closer| is_closer_meant(&[(whole, Some(closer)), (whole, None)], &CHOICE, None);
        assert_eq!(meant(candidate(0.85, 100)), [true, false]);
        assert_eq!(meant(candidate(0.7, 100)), [false, false]);
        assert_eq!(meant(candidate(0.95, 4)), [false, false]);
        let contradicted = Candidate {
            contradicted: true,
            ..candidate(1.0, 100)
        };
        assert_eq!(meant(contradicted), [false, false]);
        let pairs = [(contradicted, Some(candidate(0.1, 100)))];
        assert_eq!(is_closer_meant(&pairs, &CHOICE, None), [true]);
    }

    #[test]
    fn no_instance_is_no_choice() {
        assert!(choose(&[], &CHOICE, None).is_empty());
    }
}
