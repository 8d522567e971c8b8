//! The model's answers as bytes, for the cache: what comes after them is done again, so that other
//! attributes, overlaps or duplicates take neither the encoder nor the decoder.

use resam_mask::Rle;
use resam_prompt::{Prompt, PromptPoint};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cache::CacheKey;
use crate::engine::Questions;
use crate::journal::to_json;
use crate::model::Answer;

/// The masks of a prompt.
type Answers = Vec<Vec<Answer>>;

/// What the answers depend on beside the embedding.
#[derive(Serialize)]
struct Asked<'a> {
    selection: &'a str,
    batch: usize,
    prompts: Vec<(&'a [PromptPoint], Option<[f64; 4]>)>,
    beside: &'a [PromptPoint],
    size_prior_px: Option<f64>,
    all: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    width: u32,
    height: u32,
    /// COCO's compressed run lengths.
    mask: String,
    score: f32,
    stability: f32,
    consistency: f32,
    violates_prompts: bool,
}

/// The key of the answers to the questions of a window: its embedding's, with how masks are
/// selected and everything that is asked.
pub(crate) fn key(
    embedding: &CacheKey,
    selection: &str,
    batch: usize,
    questions: &Questions,
) -> CacheKey {
    let prompts = questions.prompts.iter();
    let of = |(_, prompt): &'_ (usize, Prompt)| -> (Vec<PromptPoint>, Option<[f64; 4]>) {
        (prompt.points.clone(), prompt.bounds)
    };
    let prompts: Vec<_> = prompts.map(of).collect();
    let asked = Asked {
        selection,
        batch,
        prompts: prompts
            .iter()
            .map(|(points, bounds)| (points.as_slice(), *bounds))
            .collect(),
        beside: &questions.beside,
        size_prior_px: questions.size_prior_px,
        all: questions.all,
    };
    let mut hash = Sha256::new();
    hash.update(embedding.bytes());
    hash.update(to_json(&asked));
    CacheKey::of_answers(hash.finalize().into())
}

pub(crate) fn to_bytes(answers: &[Vec<Answer>]) -> Vec<u8> {
    let stored = |answer: &Answer| Stored {
        width: answer.mask.width(),
        height: answer.mask.height(),
        mask: Rle::encode(&answer.mask).to_compressed_string(),
        score: answer.score,
        stability: answer.stability,
        consistency: answer.consistency,
        violates_prompts: answer.violates_prompts,
    };
    let stored: Vec<Vec<Stored>> = answers
        .iter()
        .map(|masks| masks.iter().map(stored).collect())
        .collect();
    to_json(&stored).into_bytes()
}

/// The answers to so many prompts about a tile; none if the bytes are no such answers.
pub(crate) fn from_bytes(bytes: &[u8], prompts: usize, tile: (u32, u32)) -> Option<Answers> {
    let stored: Vec<Vec<Stored>> = serde_json::from_slice(bytes).ok()?;
    if stored.len() != prompts {
        return None;
    }
    let answer = |stored: Stored| {
        if (stored.width, stored.height) != tile {
            return None;
        }
        let mask = Rle::from_compressed(&stored.mask, stored.width, stored.height).ok()?;
        Some(Answer {
            mask: mask.decode(),
            score: stored.score,
            stability: stored.stability,
            consistency: stored.consistency,
            violates_prompts: stored.violates_prompts,
        })
    };
    let masks = |masks: Vec<Stored>| masks.into_iter().map(answer).collect::<Option<_>>();
    stored.into_iter().map(masks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use resam_mask::Bitmap;

    #[test]
    fn answers_come_back_to_the_last_bit() {
        let mask = Bitmap::from_fn(37, 21, |x, y| (x * 7 + y * 3) % 5 < 2).expect("a mask");
        let answer = Answer {
            mask,
            score: 0.1 + 0.2,
            stability: f32::MIN_POSITIVE,
            consistency: 1.0 / 3.0,
            violates_prompts: true,
        };
        let answers = vec![vec![answer.clone(), answer], Vec::new()];
        let bytes = to_bytes(&answers);
        let read = from_bytes(&bytes, 2, (37, 21)).expect("answers");
        assert_eq!(format!("{read:?}"), format!("{answers:?}"));
        assert!(from_bytes(&bytes, 3, (37, 21)).is_none());
        assert!(from_bytes(&bytes, 2, (21, 37)).is_none());
        assert!(from_bytes(b"[", 0, (1, 1)).is_none());
    }
}
