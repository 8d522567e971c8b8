//! Answers about validation images that are kept, so that the report need not ask again.

use std::collections::BTreeMap;

use crate::answers::Answer;

/// Pixels of masks that are kept at the most: a bit each, 256 MB.
const MOST_PIXELS: u64 = 1 << 31;

/// Answers by the number of their image.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Of the pretrained model: with the mask selection, and single masks.
    before: BTreeMap<usize, [Vec<Answer>; 2]>,
    /// Of the model as it was at the last validation.
    after: BTreeMap<usize, Vec<Answer>>,
    pixels: u64,
}

impl Kept {
    pub(crate) fn before(&self, image: usize) -> Option<[Vec<Answer>; 2]> {
        self.before.get(&image).cloned()
    }

    pub(crate) fn after(&self, image: usize) -> Option<Vec<Answer>> {
        self.after.get(&image).cloned()
    }

    pub(crate) fn keep_before(&mut self, image: usize, answers: &[Vec<Answer>; 2]) {
        if self.has_room(answers.iter().flatten()) {
            self.before.insert(image, answers.clone());
        }
    }

    pub(crate) fn keep_after(&mut self, image: usize, answers: &[Answer]) {
        if self.has_room(answers.iter()) {
            self.after.insert(image, answers.to_vec());
        }
    }

    /// The model is another one now.
    pub(crate) fn forget_after(&mut self) {
        let answers = std::mem::take(&mut self.after);
        self.pixels -= answers.values().flatten().map(pixels).sum::<u64>();
    }

    fn has_room<'a>(&mut self, answers: impl Iterator<Item = &'a Answer>) -> bool {
        let more: u64 = answers.map(pixels).sum();
        let fits = self.pixels + more <= MOST_PIXELS;
        if fits {
            self.pixels += more;
        }
        fits
    }
}

fn pixels(answer: &Answer) -> u64 {
    u64::from(answer.mask.width()) * u64::from(answer.mask.height())
}

#[cfg(test)]
mod tests {
    use resam_mask::Bitmap;

    use super::*;

    #[test]
    fn answers_are_kept_while_there_is_room() {
        let answer = |side: u32| Answer {
            mask: Bitmap::new(side, side).expect("a mask"),
            consistency: 0.5,
        };
        let mut kept = Kept::default();
        kept.keep_before(3, &[vec![answer(8)], Vec::new()]);
        assert_eq!(kept.before(3).expect("kept")[0].len(), 1);
        assert!(kept.before(2).is_none() && kept.after(3).is_none());
        kept.keep_after(3, &[answer(8)]);
        kept.forget_after();
        assert!(kept.after(3).is_none() && kept.before(3).is_some());
        assert_eq!(kept.pixels, 64);
        kept.pixels = MOST_PIXELS;
        kept.keep_after(3, &[answer(8)]);
        assert!(kept.after(3).is_none());
    }
}
