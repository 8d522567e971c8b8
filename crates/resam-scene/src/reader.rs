//! Reads the windows ahead of the model, with their prompts and with what the cache has of them.

use resam_geo::Tile;
use resam_prompt::Prompt;

use crate::answers;
use crate::cache::{Cache, CacheKey};
use crate::engine::{Questioner, Questions};
use crate::model::Answer;
use crate::plan::PlannedWindow;
use crate::result::Missing;
use crate::source::Source;

/// A window that was read, on its way to the model.
pub(crate) struct Ready {
    pub(crate) tile: Tile,
    pub(crate) key: CacheKey,
    /// Those about pixels with data, and the prompts that are not.
    pub(crate) questions: Questions,
    pub(crate) missing: Vec<(usize, Missing)>,
    pub(crate) answers_key: CacheKey,
    pub(crate) cached: Cached,
}

/// What the cache has of a window.
pub(crate) enum Cached {
    Answers(Vec<Vec<Answer>>),
    Embedding(Option<Vec<u8>>),
}

/// Reads windows while the model works.
pub(crate) struct Reader<'a, S, Q> {
    pub(crate) source: &'a S,
    pub(crate) cache: Option<&'a Cache>,
    pub(crate) identity: String,
    pub(crate) selection: String,
    pub(crate) batch: usize,
    pub(crate) questioner: &'a Q,
}

impl<S: Source, Q: Questioner> Reader<'_, S, Q> {
    /// Reads a window, makes its prompts, and looks into the cache.
    pub(crate) fn read(&self, planned: &PlannedWindow) -> Result<Ready, String> {
        let (width, height) = planned.tile;
        let tile = self.source.read(planned.window, width, height);
        let tile = tile.map_err(|error| error.to_string())?;
        let key = CacheKey::new(&tile.image, &self.identity);
        let mut questions = self.questioner.questions(planned);
        let mut missing = Vec::new();
        questions.prompts.retain(|(object, prompt)| {
            let asked = is_valid(prompt, &tile);
            if !asked {
                missing.push((*object, Missing::NoData));
            }
            asked
        });
        let answers_key = answers::key(&key, &self.selection, self.batch, &questions);
        let cache = self.cache.filter(|_| !questions.prompts.is_empty());
        let answers = cache.and_then(|cache| {
            let bytes = cache.get(&answers_key)?;
            answers::from_bytes(&bytes, questions.prompts.len(), planned.tile)
        });
        let cached = match answers {
            Some(answers) => Cached::Answers(answers),
            None => Cached::Embedding(cache.and_then(|cache| cache.get(&key))),
        };
        Ok(Ready {
            tile,
            key,
            questions,
            missing,
            answers_key,
            cached,
        })
    }
}

/// Whether a prompt is on valid pixels: one of its positive points is on a valid pixel, or, without
/// points, its box holds one.
fn is_valid(prompt: &Prompt, tile: &Tile) -> bool {
    let holds = |x: f64, y: f64| x >= 0.0 && y >= 0.0 && tile.valid.get(x as u32, y as u32);
    let mut positive = prompt
        .points
        .iter()
        .filter(|point| point.positive)
        .peekable();
    match (positive.peek(), prompt.bounds) {
        (Some(_), _) => positive.any(|point| holds(point.x, point.y)),
        (None, Some([x0, y0, x1, y1])) => {
            let inside = |from: f64, to: f64, side: u32| {
                let first = from.max(0.0) as u32;
                first..(to.ceil().max(0.0) as u32).min(side)
            };
            let (width, height) = (tile.valid.width(), tile.valid.height());
            inside(y0, y1, height).any(|y| inside(x0, x1, width).any(|x| tile.valid.get(x, y)))
        }
        (None, None) => false,
    }
}
