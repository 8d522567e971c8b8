//! The loop at inference: nothing is learnt, but each point is answered with the mask that it most
//! likely means.

use resam_mask::Bitmap;
use resam_sam::preprocess::{Part, RgbView};
use resam_sam::{EncodedImage, Prediction, Predictor, Prompt, PromptPoint, SamError};

use crate::choose::{Candidate, Company, choose, is_closer_meant, stability};
use crate::closer::{is_cut, parts, with_points};
use crate::recipe::Choice;

/// Which of the masks that a model has for a prompt is its answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answering {
    /// Take the one of the three masks for an ambiguous prompt that has the highest predicted
    /// quality, instead of the single mask.
    pub multimask: bool,
    /// Take the mask that the loop finds, [`requery`], by this choice, whatever `multimask` says.
    pub requery: Option<Choice>,
    /// The area in pixels of an image that objects usually have, where the loop knows it.
    pub usual_area: Option<f64>,
}

impl Answering {
    /// Answers prompts about an encoded image, whose pixels are at hand for a closer look.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn answer(
        &self,
        predictor: &Predictor,
        image: &EncodedImage,
        pixels: RgbView<'_>,
        prompts: &[Prompt],
    ) -> Result<Vec<Prediction>, SamError> {
        let Some(choice) = &self.requery else {
            return predictor.predict_best(image, prompts, self.multimask);
        };
        let company = choice.company(self.usual_area);
        let found = requery(
            predictor,
            image,
            Some(pixels),
            prompts,
            &[],
            choice,
            company,
        )?;
        Ok(found.into_iter().map(|found| found.prediction).collect())
    }
}

/// Answers prompts about one image: of the masks that the model has for a point, the one that
/// [`choose`] finds, judged beside those of the other prompts. What is asked with a box or with a mask
/// is not ambiguous and is answered with the single mask. `beside` are points on other objects, which
/// are not asked about here: a mask that holds one of them is too large.
///
/// `company` is what is known beforehand of the size of objects, in pixels of the image.
///
/// With the image's `pixels` and [`Choice::closer`], what is small is asked about again in parts of the
/// image ([`crate::closer`]), each of which takes an encoding.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn requery(
    predictor: &Predictor,
    image: &EncodedImage,
    pixels: Option<RgbView<'_>>,
    prompts: &[Prompt],
    beside: &[PromptPoint],
    choice: &Choice,
    company: Option<Company>,
) -> Result<Vec<Found>, SamError> {
    let (ambiguous, others): (Vec<usize>, Vec<usize>) = (0..prompts.len())
        .partition(|&at| prompts[at].bounds.is_none() && prompts[at].mask.is_none());
    let question = Question {
        predictor,
        prompts,
        beside,
        choice,
    };
    let mut chosen = question.ask(image, &ambiguous, None, company)?;
    if let (true, Some(pixels)) = (choice.closer, pixels) {
        question.ask_closer(pixels, &ambiguous, company, &mut chosen)?;
    }
    let plain: Vec<Prompt> = others.iter().map(|&at| prompts[at].clone()).collect();
    let plain = predictor.predict(image, &plain, false)?;
    let plain = plain.into_iter().flatten();
    let plain = plain.map(|prediction| Found {
        prediction,
        candidate: None,
    });
    let chosen = chosen.into_iter().map(|chosen| Found {
        prediction: chosen.prediction,
        candidate: Some(chosen.candidate),
    });
    let mut answers: Vec<(usize, Found)> = ambiguous
        .into_iter()
        .zip(chosen)
        .chain(others.into_iter().zip(plain))
        .collect();
    answers.sort_by_key(|&(at, _)| at);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

/// An answer of the loop.
#[derive(Debug, Clone)]
pub struct Found {
    /// The mask.
    pub prediction: Prediction,
    /// What it was chosen by; none where there was nothing to choose among.
    pub candidate: Option<Candidate>,
}

/// The mask that was chosen for a prompt, and what speaks for it.
struct Chosen {
    prediction: Prediction,
    candidate: Candidate,
    /// The box of the mask, in pixels of the image. None when it is empty.
    bounds: Option<[f64; 4]>,
}

/// What is asked, and how an answer is chosen.
struct Question<'a> {
    predictor: &'a Predictor,
    prompts: &'a [Prompt],
    beside: &'a [PromptPoint],
    choice: &'a Choice,
}

impl Question<'_> {
    /// What is chosen for the prompts that are asked, by number. `look` is the whole image or a part of
    /// it.
    fn ask(
        &self,
        look: &EncodedImage,
        asked: &[usize],
        part: Option<Part>,
        company: Option<Company>,
    ) -> Result<Vec<Chosen>, SamError> {
        let seen = self.seen(asked, part);
        let answers = self.predictor.predict_all(look, &seen)?;
        let masks: Vec<Vec<Bitmap>> = answers
            .iter()
            .map(|answers| answers.iter().map(mask).collect())
            .collect();
        let mut candidates: Vec<Vec<Candidate>> = asked
            .iter()
            .zip(answers.iter().zip(&masks))
            .map(|(&at, (answers, masks))| {
                let candidate = |(answer, mask): (&Prediction, &Bitmap)| Candidate {
                    agreement: 0.0,
                    stability: stability(&answer.low_res),
                    area: mask.area(),
                    contradicted: self.contradicted(answer, mask, at, part),
                };
                answers.iter().zip(masks).map(candidate).collect()
            })
            .collect();

        let chosen = choose(&mut candidates, self.choice, company, |places| {
            self.agreements(look, places, &masks)
        })?;
        let of_all = answers.into_iter().zip(candidates).zip(&masks);
        let found = of_all
            .zip(chosen)
            .map(|(((mut answers, candidates), masks), at)| Chosen {
                prediction: answers.swap_remove(at),
                candidate: candidates[at],
                bounds: bounds(&masks[at]),
            });
        Ok(found.collect())
    }

    /// IoU of the masks at these places and of what their boxes bring back.
    fn agreements(
        &self,
        look: &EncodedImage,
        places: &[(usize, usize)],
        masks: &[Vec<Bitmap>],
    ) -> Result<Vec<f64>, SamError> {
        let boxes = places.iter().map(|&(prompt, at)| Prompt {
            bounds: bounds(&masks[prompt][at]),
            ..Default::default()
        });
        let boxes: Vec<Prompt> = boxes.collect();
        let of_boxes = self.predictor.predict(look, &boxes, false)?;
        let agreement = |(&(prompt, at), of_box): (&(usize, usize), Vec<Prediction>)| {
            let of_box = of_box.first().map(mask);
            let agreement = of_box.map(|of_box| of_box.iou(&masks[prompt][at]));
            // Masks of one image have its size.
            agreement.and_then(Result::ok).unwrap_or(0.0)
        };
        Ok(places.iter().zip(of_boxes).map(agreement).collect())
    }

    /// Asks again about what is small, in parts of the image, and takes those answers that are meant.
    fn ask_closer(
        &self,
        pixels: RgbView<'_>,
        asked: &[usize],
        company: Option<Company>,
        chosen: &mut [Chosen],
    ) -> Result<(), SamError> {
        let size = [pixels.width, pixels.height];
        // Every prompt has a point: of what has no box, they say where it is.
        let boxes = asked.iter().zip(&*chosen).map(|(&at, chosen)| {
            let bounds = chosen.bounds.filter(|_| !chosen.candidate.contradicted);
            let whole = [0.0, 0.0, size[0] as f64, size[1] as f64];
            with_points(&self.prompts[at].points, bounds).unwrap_or(whole)
        });
        let boxes: Vec<[f64; 4]> = boxes.collect();
        let meant = chosen.iter().map(|chosen| chosen.candidate);
        let meant = meant.filter(|candidate| !candidate.contradicted);
        let of_image = Company::of_chosen(meant.map(|candidate| candidate.area), company);
        let mut closer: Vec<Option<Chosen>> = asked.iter().map(|_| None).collect();
        for (part, shown) in parts(size, self.predictor.input_size(), &boxes) {
            let look = self.predictor.encode_part(pixels, part)?;
            let of_part: Vec<usize> = shown.iter().map(|&place| asked[place]).collect();
            let found = self.ask(&look, &of_part, Some(part), of_image)?;
            for (place, found) in shown.into_iter().zip(found) {
                closer[place] = Some(found);
            }
        }
        let of_closer = |closer: &Option<Chosen>| closer.as_ref().map(|found| found.candidate);
        let pairs = chosen.iter().zip(&closer);
        let pairs: Vec<_> = pairs
            .map(|(whole, closer)| (whole.candidate, of_closer(closer)))
            .collect();
        let meant = is_closer_meant(&pairs, self.choice, company);
        for ((chosen, closer), meant) in chosen.iter_mut().zip(closer).zip(meant) {
            if let (true, Some(closer)) = (meant, closer) {
                *chosen = closer;
            }
        }
        Ok(())
    }

    /// The prompts that are asked, without what lies outside the part.
    fn seen(&self, asked: &[usize], part: Option<Part>) -> Vec<Prompt> {
        let in_part = |point: &PromptPoint| part.is_none_or(|part| part.holds(point.x, point.y));
        let seen = asked.iter().map(|&at| {
            let points = self.prompts[at].points.iter();
            Prompt {
                points: points.filter(|point| in_part(point)).copied().collect(),
                ..Default::default()
            }
        });
        seen.collect()
    }

    /// Whether a mask is none that can be meant: empty, cut off by the part that was looked at, or
    /// with a positive point of another prompt or a negative one of its own on it.
    fn contradicted(
        &self,
        answer: &Prediction,
        mask: &Bitmap,
        own: usize,
        part: Option<Part>,
    ) -> bool {
        let Some(bounds) = bounds(mask) else {
            return true;
        };
        // A point that is the prompt's own too says nothing against its mask.
        let of_own = &self.prompts[own].points;
        let holds = |point: &PromptPoint| {
            let inside = point.x >= 0.0 && point.y >= 0.0;
            let held = inside && mask.get(point.x as u32, point.y as u32);
            held && !(point.positive && of_own.contains(point))
        };
        let [height, width] = answer.image_size();
        let mut of_prompts = self.prompts.iter().enumerate();
        part.is_some_and(|part| is_cut(bounds, part, [width, height]))
            || self.beside.iter().any(holds)
            || of_prompts.any(|(at, prompt)| {
                let wrong = |point: &&PromptPoint| point.positive != (at == own);
                prompt.points.iter().filter(wrong).any(holds)
            })
    }
}

/// The mask of an answer at the image's size: where the logit is above SAM's own threshold.
fn mask(answer: &Prediction) -> Bitmap {
    let [height, width] = answer.image_size();
    Bitmap::from_threshold(&answer.logits(), width as u32, height as u32, 0.0)
        .expect("an image that was read is not larger than the largest mask")
}

/// The box of a mask.
fn bounds(mask: &Bitmap) -> Option<[f64; 4]> {
    let bounds = mask.bounding_box()?;
    Some([bounds.x0, bounds.y0, bounds.x1, bounds.y1])
}
