//! What comes before learning, and between: the size prior, validation, and what the clock allows.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use resam_adapt::size_prior::{CALIBRATION_IMAGES, MIN_IMAGES};
use resam_sam::Sam;

use crate::answers::Answering;
use crate::comparison::MOST_LEARNT_FROM;
use crate::error::TrainError;
use crate::gallery;
use crate::run::Run;
use crate::validation::{Validated, validate};

/// A step of learning beside the labels, in the time of an encoding: 3.3 and 3.6 on the machines
/// tried.
const STEP: f64 = 3.6;
/// The answers about an image, in the time of an encoding, where none was timed: with the zoom.
const ANSWERS: f64 = 3.0;

/// What was timed so far, and how the time is used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    /// Seconds of the answers, or labels, of an image.
    pub(crate) answers: Option<f64>,
    /// Seconds of the last validation.
    pub(crate) validation: f64,
    /// Images that validation is of; none while it is not known.
    pub(crate) validated: Option<usize>,
}

impl Run<'_> {
    /// Estimates the size prior and which labels are in the top fraction, where that matters and is
    /// not known. With minutes it takes a share of them: what they do not allow is said.
    pub(crate) fn calibrate(&mut self) -> Result<(), TrainError> {
        let images = self.input.images;
        if !self.trainer.wants_calibration(images.len()) {
            return Ok(());
        }
        let count = CALIBRATION_IMAGES.min(images.len());
        self.observer
            .note(&format!("estimating the size prior from {count} images"));
        let share = self.clock.for_size_prior();
        let (started, seen) = (Instant::now(), Cell::new(0));
        let observer = RefCell::new(&mut *self.observer);
        let goes_on = || {
            let done = seen.get();
            let seconds = started.elapsed().as_secs_f64();
            // The fewest images that are enough, or one more, are to be over in time.
            let next = (done + 1).max(MIN_IMAGES) as f64;
            let fits = share.is_none_or(|share| done == 0 || seconds / done as f64 * next <= share);
            let mut observer = observer.borrow_mut();
            if !fits || observer.interrupted() {
                return false;
            }
            observer.step("images for the size prior", done, count);
            seen.set(done + 1);
            true
        };
        self.trainer.calibrate(images, &goes_on)?;
        let seen = seen.get();
        if seen > 0 {
            let image = started.elapsed().as_secs_f64() / seen as f64;
            self.timing.answers = Some(image);
            if seen < MIN_IMAGES {
                self.observer.note(&format!(
                    "no size prior: {MIN_IMAGES} images of {image:.1} s are more than a fifth of the minutes"
                ));
            }
        }
        if let Some(area) = self.trainer.position().size_prior_px {
            self.observer
                .note(&format!("size prior: objects have about {area:.0} pixels"));
        }
        let bound = self.trainer.min_consistency();
        if bound > self.trainer.recipe().labels.min_consistency {
            self.observer.note(&format!(
                "pseudo-labels with a consistency of {bound:.2} or more are learnt from"
            ));
        }
        Ok(())
    }

    /// The validation of the pretrained model, which says too how many images the minutes allow.
    pub(crate) fn validate_before(&mut self) -> Result<(), TrainError> {
        let Some(images) = self.input.validation else {
            return Ok(());
        };
        let share = self.clock.for_validation();
        let expected = self.seconds_of_answers();
        if let (Some(share), Some(image)) = (share, expected)
            && image > share
        {
            self.timing.validated = Some(0);
            self.observer.note(&format!(
                "no validation: an image takes about {image:.0} s, and the minutes have {share:.0} s for it"
            ));
            return Ok(());
        }
        // Before anything is learnt the adapter changes nothing.
        let found = self.validate(self.trainer.frozen().clone(), true)?;
        let Some((found, done)) = found else {
            return Ok(());
        };
        self.timing.validated = Some(done);
        if done < images.len() {
            self.observer.note(&format!(
                "validation is of {done} of {} images: the minutes allow no more",
                images.len()
            ));
        }
        self.clock.reserve(self.timing.validation);
        self.record
            .validated(&self.trainer, found, &mut *self.observer)?;
        Ok(())
    }

    /// How the model does now on the validation images, if there are any.
    pub(crate) fn validate_now(&mut self) -> Result<Option<Validated>, TrainError> {
        let model = self.trainer.model();
        Ok(self.validate(model, false)?.map(|(found, _)| found))
    }

    /// Asks a model about the validation images: what was found, and of how many.
    fn validate(
        &mut self,
        model: Sam,
        is_first: bool,
    ) -> Result<Option<(Validated, usize)>, TrainError> {
        let Some(images) = self.input.validation else {
            return Ok(None);
        };
        let limit = self.timing.validated.unwrap_or(images.len());
        if limit == 0 {
            return Ok(None);
        }
        let share = self.clock.for_validation().filter(|_| is_first);
        let answering = Answering::new(&self.trainer, model, images)?;
        let (started, mut seen) = (Instant::now(), 0);
        let observer = &mut *self.observer;
        let kept = &mut self.kept;
        if !is_first {
            kept.forget_after();
        }
        let found = validate(&answering, images, is_first, kept, |done| {
            let seconds = started.elapsed().as_secs_f64();
            let next = (done + 1) as f64;
            let fits = share.is_none_or(|share| done == 0 || seconds / done as f64 * next <= share);
            if done >= limit || !fits {
                return false;
            }
            observer.step("validation images", done, limit);
            seen = done + 1;
            true
        })?;
        self.timing.validation = started.elapsed().as_secs_f64();
        if seen > 0 {
            self.timing.answers = Some(self.timing.validation / seen as f64);
        }
        Ok(Some((found, seen)))
    }

    /// Seconds that the answers about an image take, as far as is known.
    fn seconds_of_answers(&self) -> Option<f64> {
        let expected = self.settings.encode_seconds.map(|encode| ANSWERS * encode);
        self.timing.answers.or(expected)
    }

    /// Seconds that an update takes, as far as is known before one is made.
    pub(crate) fn seconds_of_update(&self) -> f64 {
        let batch = self.trainer.recipe().schedule.batch.max(1) as f64;
        let answers = self.seconds_of_answers().unwrap_or(0.0);
        let encode = self.settings.encode_seconds.unwrap_or(answers / ANSWERS);
        batch * (answers + STEP * encode)
    }

    /// Seconds that the last validation and the report take, as far as is known.
    pub(crate) fn seconds_after_learning(&self) -> f64 {
        let answers = self.timing.answers.unwrap_or_default();
        // Where there is no validation, both models are asked for the comparison.
        let compared = match self.input.validation {
            Some(_) => 0,
            None => 2 * MOST_LEARNT_FROM,
        };
        self.timing.validation + (gallery::LABELLED + compared) as f64 * answers
    }

    /// With minutes: how many updates there will be, before the first one is made.
    pub(crate) fn say_what_the_clock_allows(&mut self) {
        let Some(left) = self.clock.seconds_left() else {
            return;
        };
        let update = self.seconds_of_update();
        let updates = left / update.max(1e-9);
        self.observer.note(&if updates < 1.0 {
            format!(
                "{left:.0} s are left to learn in, and an update takes about {update:.0} s here: one update is \
                 made all the same"
            )
        } else {
            format!(
                "{left:.0} s are left to learn in: about {updates:.0} updates, of {update:.1} s each"
            )
        });
    }

    pub(crate) fn say_learning_rate_scale(&mut self, instances: usize) {
        let scale = self.trainer.learning_rate_scale();
        if self.settings.minutes.is_none() && scale < 1.0 {
            self.observer.note(&format!(
                "{instances} objects are few for {} updates: the learning rate is {scale:.2} times the \
                 recipe's",
                self.trainer.planned(),
            ));
        }
    }
}
