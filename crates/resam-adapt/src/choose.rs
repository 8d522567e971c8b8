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
//! `agreement + stability_weight * stability - size_weight * |ln(area) - m| - contradicted`, where
//! `m` is the median of `ln(area)` over the chosen masks of the image. Since `m` depends on the
//! choice, both are found in turns, beginning with the single mask. In a closer look at a part of the image
//! `m` is known from the whole of it.

use crate::recipe::Choice;

/// Turns of choosing and taking the median; more change nothing on the images that were looked at.
const TURNS: usize = 5;
/// What an answer of a closer look is ahead of that of the whole image: of two that are much alike it
/// is the finer one.
const CLOSER: f64 = 0.1;
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

/// The size that objects of an image usually have: `m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Company(f64);

impl Company {
    /// That of chosen masks, by their areas in pixels. None without any.
    pub fn of(areas: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut sizes: Vec<f64> = areas.into_iter().map(log).collect();
        (!sizes.is_empty()).then(|| Self(median(&mut sizes)))
    }

    /// The same in pixels of which there are `times` as many.
    #[must_use]
    pub fn magnified(self, times: f64) -> Self {
        Self(self.0 + times.ln())
    }
}

/// The number of the chosen candidate of each instance of an image, or of a part of it whose company
/// is known. The first candidate of each is the one to begin with; an instance without candidates is
/// not allowed.
pub fn choose(
    instances: &[Vec<Candidate>],
    choice: &Choice,
    company: Option<Company>,
) -> Vec<usize> {
    if let Some(Company(middle)) = company {
        let of_each = instances.iter();
        return of_each
            .map(|candidates| best(candidates, middle, choice))
            .collect();
    }
    let mut chosen = vec![0; instances.len()];
    for _ in 0..TURNS {
        let mut sizes: Vec<f64> = instances
            .iter()
            .zip(&chosen)
            .map(|(candidates, &at)| log_area(&candidates[at]))
            .collect();
        let middle = median(&mut sizes);
        let next: Vec<usize> = instances
            .iter()
            .map(|candidates| best(candidates, middle, choice))
            .collect();
        if next == chosen {
            break;
        }
        chosen = next;
    }
    chosen
}

/// Whether of the answers to each instance, that of the whole image and that of a closer look where
/// there is one, the closer one is meant.
pub fn is_closer_meant(pairs: &[(Candidate, Option<Candidate>)], choice: &Choice) -> Vec<bool> {
    let ahead = |closer: &Candidate| Candidate {
        agreement: closer.agreement + CLOSER,
        ..*closer
    };
    let candidates: Vec<Vec<Candidate>> = pairs
        .iter()
        .map(|(whole, closer)| {
            [*whole]
                .into_iter()
                .chain(closer.as_ref().map(ahead))
                .collect()
        })
        .collect();
    let chosen = choose(&candidates, choice, None);
    chosen.into_iter().map(|at| at == 1).collect()
}

fn best(candidates: &[Candidate], middle: f64, choice: &Choice) -> usize {
    let value = |candidate: &Candidate| {
        candidate.agreement + choice.stability_weight * candidate.stability
            - choice.size_weight * (log_area(candidate) - middle).abs()
            - CONTRADICTION * f64::from(u8::from(candidate.contradicted))
    };
    let mut best = 0;
    for at in 1..candidates.len() {
        // Of equals the first stays.
        if value(&candidates[at]) > value(&candidates[best]) {
            best = at;
        }
    }
    best
}

fn log_area(candidate: &Candidate) -> f64 {
    log(candidate.area)
}

fn log(area: u64) -> f64 {
    (area as f64 + 1.0).ln()
}

/// The middle value, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> f64 {
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
    fn of_equals_the_single_mask_stays() {
        let candidates = vec![candidate(0.9, 100); 4];
        assert_eq!(choose(&[candidates], &CHOICE, None), [0]);
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
    fn company_that_is_known_decides_for_one_that_is_alone() {
        let unsure = vec![candidate(0.95, 40_000), candidate(0.9, 110)];
        let company = Company::of([90, 100, 5000]);
        let known = |company| choose(std::slice::from_ref(&unsure), &CHOICE, company);
        assert_eq!(known(None), [0]);
        assert_eq!(known(company), [1]);
        // Seen at twenty times the scale they are of the other's size.
        let magnified = company.map(|company| company.magnified(400.0));
        assert_eq!(known(magnified), [0]);
        assert_eq!(Company::of([]), None);
    }

    #[test]
    fn a_closer_answer_is_meant_unless_the_whole_image_knew_better() {
        let whole = candidate(0.9, 100);
        let meant = |closer| is_closer_meant(&[(whole, Some(closer)), (whole, None)], &CHOICE);
        assert_eq!(meant(candidate(0.85, 100)), [true, false]);
        assert_eq!(meant(candidate(0.7, 100)), [false, false]);
        assert_eq!(meant(candidate(0.95, 4)), [false, false]);
        let contradicted = Candidate {
            contradicted: true,
            ..candidate(1.0, 100)
        };
        assert_eq!(meant(contradicted), [false, false]);
        let pairs = [(contradicted, Some(candidate(0.1, 100)))];
        assert_eq!(is_closer_meant(&pairs, &CHOICE), [true]);
    }

    #[test]
    fn no_instance_is_no_choice() {
        assert!(choose(&[], &CHOICE, None).is_empty());
    }
}
