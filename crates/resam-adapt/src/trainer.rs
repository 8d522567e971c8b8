//! The loop: visits images, makes training samples of them, and moves what trains.

use std::collections::VecDeque;

use burn::module::Module;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Bytes, Device};
use resam_sam::ImageEncoder;
use resam_sam::mask_decoder::MaskDecoder;
use resam_sam::{Sam, SamError};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Plan, State};
use crate::draws::{Purpose, shuffle, stream};
use crate::error::VisitError;
use crate::example::Examples;
use crate::feature_cache::FeatureCache;
use crate::labels::LabelContext;
use crate::read::or_failed;
use crate::recipe::{Decay, Recipe, Teacher};
use crate::reinforce::Queues;
use crate::size_prior::{CALIBRATION_IMAGES, MIN_IMAGES, calibrate};
use crate::step::{Gradients, LossParts};
use crate::trained::{Trained, move_mean, on_device, shapes, trained, with_trained};
use crate::worker::{Processed, Turn, Worker};

/// Where a run is: all that a checkpoint holds beside tensors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Passes over the images that are done.
    pub epoch: usize,
    /// Images visited in the pass at hand.
    pub visited: usize,
    /// Images visited in all.
    pub visits: u64,
    /// Updates made.
    pub updates: u64,
    /// Visits that taught nothing: a sample that was left out, or no instance with a label.
    pub skipped: u64,
    /// The last losses of samples that were taken, oldest first.
    pub losses: VecDeque<f64>,
    /// The size prior, in pixels of an image, once it is known.
    #[serde(rename = "usual_area")]
    pub size_prior_px: Option<f64>,
    /// The consistency from which on a label is in the top fraction, once it is known.
    #[serde(rename = "sure_agreement")]
    pub top_consistency: Option<f64>,
}

/// What came of a visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Visit {
    /// The image, by number.
    pub image: usize,
    /// The pass that the visit belongs to, from 0.
    pub epoch: usize,
    /// Instances that were asked.
    pub asked: usize,
    /// Instances that were learnt from.
    pub learnt: usize,
    /// Instances whose refined mask was empty.
    pub empty: usize,
    /// Mean IoU of point mask and box mask, over the instances with a label.
    pub agreement: Option<f64>,
    /// The losses.
    pub losses: Option<LossParts>,
    /// The rate of learning of the update that followed.
    pub learning_rate: f64,
    /// Why nothing was learnt.
    pub skipped: Option<String>,
}

/// A model on its way.
pub struct Trainer {
    recipe: Recipe,
    seed: u64,
    /// Where samples are learnt; the model is on the first.
    devices: Vec<Device>,
    input_size: usize,
    student: Sam,
    /// The model as it came; what trains in it is zero.
    frozen: Sam,
    /// The slowly moving mean, when it teaches.
    mean: Option<Trained>,
    /// The mean as a model, made anew after each update.
    teacher: Option<Sam>,
    optimizers: [ModuleOptimizer; 2],
    queues: Queues,
    gathered: Gathered,
    position: Position,
    /// Updates that the run is planned for.
    planned: u64,
    /// Instances with points, in all images.
    instances: usize,
    /// What is the same at each visit of a view.
    cache: Option<FeatureCache>,
    /// Visits that were processed before their turn.
    ahead: VecDeque<(Turn, Result<Processed, VisitError>)>,
    /// Position and queues as they were at the last update: where a run goes on from.
    last: (Position, Queues),
}

impl Trainer {
    /// A run that begins: fresh adapters of the recipe on a model, whose own are none.
    ///
    /// `visits` is the number of visits that the run is planned for, `instances` that of the
    /// instances with points in all its images.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device does not give the values of what trains.
    pub fn new(
        mut sam: Sam,
        recipe: Recipe,
        device: &Device,
        input_size: usize,
        seed: u64,
        visits: u64,
        instances: usize,
    ) -> Result<Self, SamError> {
        let frozen = sam.clone();
        let mut random = stream(seed, Purpose::Factors, 0);
        sam.attach_adapter(&recipe.adapter.plan(), |bound| {
            crate::draws::uniform(&mut random, -bound, bound)
        });
        let student = with_trained(sam, &Trained::new());
        let mean = (recipe.labels.teacher == Teacher::Mean).then(|| trained(&student));
        let mean = mean.transpose()?;
        let planned = visits.div_ceil(recipe.schedule.batch.max(1) as u64);
        let mut trainer = Self {
            optimizers: [(); 2].map(|()| optimizer(&recipe)),
            queues: Queues::new(recipe.alignment.queue),
            gathered: Gathered::default(),
            position: Position::default(),
            teacher: None,
            devices: vec![device.clone()],
            recipe,
            seed,
            input_size,
            student,
            frozen,
            mean,
            planned,
            instances,
            cache: None,
            ahead: VecDeque::new(),
            last: Default::default(),
        };
        trainer.last.1 = trainer.queues.clone();
        trainer.renew_teacher();
        Ok(trainer)
    }

    /// Where the run is.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The smallest consistency of a label that is learnt from: the recipe's, or that of the top
    /// fraction.
    pub fn min_consistency(&self) -> f64 {
        let top = self.position.top_consistency.unwrap_or(0.0);
        self.recipe.labels.least_agreement.max(top)
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// How many numbers train.
    pub fn trains(&self) -> usize {
        let shapes = shapes(&self.student);
        let counts = shapes.values().map(|shape| shape.iter().product::<usize>());
        counts.sum()
    }

    /// The model as it is now, for answers: nothing trains in it.
    pub fn student(&self) -> Sam {
        self.student.valid()
    }

    /// The model as it came.
    pub fn frozen(&self) -> &Sam {
        &self.frozen
    }

    /// The model whose answers count: the mean where there is one, else the student.
    pub fn model(&self) -> Sam {
        self.teacher
            .as_ref()
            .map_or_else(|| self.student(), Clone::clone)
    }

    /// The updates that the run is planned for.
    pub fn planned(&self) -> u64 {
        self.planned
    }

    /// The state as of the last update, for a plan that says what the run is.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device does not give the values.
    pub fn state(&self, plan: Plan) -> Result<State, SamError> {
        let bytes = |optimizer: &ModuleOptimizer| {
            or_failed(optimizer.into_bytes().map(|bytes| bytes.to_vec()))
        };
        let [encoder, decoder] = &self.optimizers;
        Ok(State {
            plan,
            position: self.last.0.clone(),
            student: trained(&self.student)?,
            mean: self.mean.clone(),
            queues: self.last.1.clone(),
            optimizers: [bytes(encoder)?, bytes(decoder)?],
        })
    }

    /// Goes on from a state: this trainer was made with the same plan.
    ///
    /// # Errors
    /// In words, when the state of an optimiser cannot be read.
    pub fn restore(&mut self, state: State) -> Result<(), String> {
        let now = shapes(&self.student);
        let fits = |(name, shape): (&String, &Vec<usize>)| {
            state
                .student
                .get(name)
                .is_some_and(|(other, _)| other == shape)
        };
        if now.len() != state.student.len() || !now.iter().all(fits) {
            return Err("what trains in it is not what trains in this model".to_owned());
        }
        self.student = with_trained(self.student.clone(), &state.student);
        self.mean = state.mean;
        for (optimizer, bytes) in self.optimizers.iter_mut().zip(state.optimizers) {
            let fresh = std::mem::replace(optimizer, self::optimizer(&self.recipe));
            if !bytes.is_empty() {
                let read = fresh.from_bytes(Bytes::from_bytes_vec(bytes));
                *optimizer = read.map_err(|error| error.to_string())?;
            }
        }
        self.queues = state.queues;
        self.position = state.position;
        self.last = (self.position.clone(), self.queues.clone());
        self.gathered = Gathered::default();
        self.ahead.clear();
        self.renew_teacher();
        Ok(())
    }

    /// Keeps what is the same at each visit of a view; see [`crate::feature_cache`].
    pub fn cache_features(&mut self, cache: FeatureCache) {
        self.cache = Some(cache);
    }

    /// Plans for another number of updates from here on: the rate falls to zero there.
    pub fn plan_updates(&mut self, updates: u64) {
        self.planned = updates;
    }

    /// Spreads the samples of a batch over several devices, the model's own first; they make the
    /// same update as one device, sample by sample. Fewer samples than devices leave some of them
    /// idle.
    pub fn spread_over(&mut self, devices: Vec<Device>) {
        self.devices = devices;
    }

    /// What makes labels of images with a model, on the first device.
    pub fn label_context<'a>(&'a self, model: &'a Sam) -> LabelContext<'a> {
        LabelContext {
            model,
            input_size: self.input_size,
            device: &self.devices[0],
            labels: &self.recipe.labels,
            size_prior_px: self.position.size_prior_px,
            batch: self.recipe.schedule.chunk,
        }
    }

    /// Whether a [calibration](Self::calibrate) on so many images is to come before the first
    /// visit.
    pub fn wants_calibration(&self, images: usize) -> bool {
        let labels = &self.recipe.labels;
        let wants = labels.selection.uses_size_prior() || labels.takes_top_fraction();
        wants && images >= MIN_IMAGES && self.position.visits == 0
    }

    /// Calibrates before the first visit ([`crate::size_prior`]), if the recipe wants it: the
    /// pretrained model makes labels of the images whose turn is first, as long as it may go on.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device did not come to the end of its work.
    pub fn calibrate(
        &mut self,
        examples: &dyn Examples,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<(), SamError> {
        if !self.wants_calibration(examples.len()) {
            return Ok(());
        }
        let order = self.order(0, examples.len());
        let numbers = order.into_iter().take(CALIBRATION_IMAGES);
        let context = LabelContext {
            size_prior_px: None,
            ..self.label_context(&self.frozen)
        };
        let found = calibrate(&context, examples, numbers.take_while(|_| goes_on()))?;
        let labels = &self.recipe.labels;
        let of_size = found
            .as_ref()
            .filter(|_| labels.selection.uses_size_prior());
        let of_labels = found.as_ref().filter(|_| labels.takes_top_fraction());
        self.position.size_prior_px = of_size.map(|found| found.area);
        self.position.top_consistency = of_labels.map(|found| found.min_consistency(labels.surest));
        self.last.0 = self.position.clone();
        Ok(())
    }

    /// Visits the next image of the pass at hand.
    ///
    /// # Errors
    /// [`VisitError::Unreadable`] for an image that was passed over; the next visit is that of the
    /// image after it. [`VisitError::Model`] when the device failed: nothing was learnt, and what
    /// was gathered since the last update is lost.
    pub fn visit(&mut self, examples: &dyn Examples) -> Result<Visit, VisitError> {
        if self.ahead.is_empty() {
            self.ahead = self.process_ahead(examples).into();
        }
        let Some((turn, processed)) = self.ahead.pop_front() else {
            unreachable!("at least the next visit was processed");
        };
        if matches!(processed, Err(VisitError::Model(_))) {
            return processed.map(|processed| processed.visit);
        }
        self.position = after(&self.position, examples.len());
        let visit = match processed {
            Ok(processed) => Ok(self.learn_from(&turn, processed)?),
            Err(error) => Err(error),
        };
        if let Ok(visit) = &visit
            && visit.skipped.is_some()
        {
            self.position.skipped += 1;
        }
        if self.gathered.samples == 0 {
            self.queues.extend(std::mem::take(&mut self.gathered.pairs));
            self.last = (self.position.clone(), self.queues.clone());
        }
        visit
    }

    /// What there is to learn at the next visits, as many as there are devices and no more than are
    /// learnt from before the model changes.
    fn process_ahead(&self, examples: &dyn Examples) -> Vec<(Turn, Result<Processed, VisitError>)> {
        let schedule = &self.recipe.schedule;
        let most = if schedule.update_each_chunk {
            1
        } else {
            schedule.batch.max(1) - self.gathered.samples
        };
        let mut position = self.position.clone();
        let places = self.devices.iter().take(most).map(|device| {
            let turn = self.turn(&position, examples.len());
            position = after(&position, examples.len());
            (turn, device)
        });
        let places: Vec<(Turn, &Device)> = places.collect();
        // Only what threads may share: the optimisers stay here.
        let (recipe, seed, input_size) = (&self.recipe, self.seed, self.input_size);
        let (student, teacher) = (&self.student, &self.labelling());
        let (cache, queues) = (self.cache.as_ref(), &self.queues);
        let size_prior_px = self.position.size_prior_px;
        let min_consistency = self.min_consistency();
        let process = |turn: &Turn, device: &Device, beta: f64, moved: bool| {
            let place = |sam: &Sam| {
                if moved {
                    on_device(sam.clone(), device)
                } else {
                    sam.clone()
                }
            };
            let worker = Worker {
                recipe,
                seed,
                input_size,
                device,
                student: &place(student),
                teacher: &place(teacher),
                size_prior_px,
                min_consistency,
                cache,
                queues,
                beta,
            };
            worker.process(examples, turn)
        };
        let (first, others) = places.split_first().expect("there is a device");
        std::thread::scope(|scope| {
            let process = &process;
            let begin = |(turn, device): &(Turn, &Device)| {
                let (turn, device, beta) = (*turn, (*device).clone(), self.beta(turn.epoch));
                scope.spawn(move || (turn, process(&turn, &device, beta, true)))
            };
            let others: Vec<_> = others.iter().map(begin).collect();
            let (turn, device) = *first;
            let own = process(&turn, device, self.beta(turn.epoch), false);
            let mut processed = vec![(turn, own)];
            for other in others {
                match other.join() {
                    Ok((turn, result)) => processed.push((turn, result)),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            processed
        })
    }

    /// The visit at a position: each image once a pass, in an order of the pass's own.
    fn turn(&self, position: &Position, count: usize) -> Turn {
        Turn {
            image: self.order(position.epoch, count)[position.visited],
            epoch: position.epoch,
            number: position.visits,
        }
    }

    /// The order of the images in a pass.
    fn order(&self, epoch: usize, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        let mut random = stream(self.seed, Purpose::Order, epoch as u64);
        shuffle(&mut random, &mut order);
        order
    }

    /// The model that labels are made with.
    fn labelling(&self) -> Sam {
        match self.recipe.labels.teacher {
            Teacher::Frozen => self.frozen.clone(),
            Teacher::Student => self.student(),
            Teacher::Mean => self.model(),
        }
    }

    /// Steps 7 and 8: gathers what was learnt, and updates when there is enough.
    fn learn_from(&mut self, turn: &Turn, processed: Processed) -> Result<Visit, SamError> {
        let Processed {
            mut visit,
            view,
            mut first,
        } = processed;
        let Some(view) = view else {
            return Ok(visit);
        };
        let whole = view.instances();
        let mut sum = LossParts::default();
        for range in view.parts(&self.recipe.schedule) {
            // The first part was learnt ahead; those after it see what it changed.
            let learnt = match first.take() {
                Some(learnt) => learnt,
                None => view.learn(
                    range.clone(),
                    &self.student,
                    &self.recipe,
                    &self.queues,
                    self.beta(turn.epoch),
                )?,
            };
            sum.add(&learnt.losses, range.len() as f64 / whole as f64);
            self.gathered.pairs.extend(learnt.pairs);
            if let Some(reason) = self.refuses(learnt.losses.total) {
                visit.skipped = Some(reason);
                continue;
            }
            visit.learnt += range.len();
            let gradients = match self.devices.len() {
                1 => learnt.gradients,
                _ => learnt.gradients.to_device(&self.devices[0], &self.student),
            };
            self.gathered.add(&self.student, gradients);
            if self.gathered.samples >= self.recipe.schedule.batch.max(1) {
                visit.learning_rate = self.update()?;
            }
        }
        visit.losses = Some(sum);
        Ok(visit)
    }

    /// `beta = weight / (1 + exp(-(epoch - (epochs + 1) / 2)))`, epochs counted from 1.
    fn beta(&self, epoch: usize) -> f64 {
        let middle = (self.recipe.schedule.epochs as f64 + 1.0) / 2.0;
        self.recipe.alignment.weight / (1.0 + (middle - (epoch as f64 + 1.0)).exp())
    }

    /// Why a loss is not learnt from, if it is not; else it joins the last ones.
    fn refuses(&mut self, loss: f64) -> Option<String> {
        if !loss.is_finite() {
            return Some(format!("the loss is {loss}"));
        }
        let guard = &self.recipe.guard;
        let losses = &mut self.position.losses;
        if guard.window > 0 && losses.len() >= guard.window {
            let mean = losses.iter().sum::<f64>() / losses.len() as f64;
            if loss > guard.factor * mean {
                return Some(format!(
                    "the loss is {loss:.3}, more than {} times the mean of the last {}, {mean:.3}",
                    guard.factor, guard.window
                ));
            }
        }
        losses.push_back(loss);
        if losses.len() > guard.window {
            losses.pop_front();
        }
        None
    }

    /// Moves what trains by the gathered gradients; answers the rate of learning.
    fn update(&mut self) -> Result<f64, SamError> {
        self.queues.extend(std::mem::take(&mut self.gathered.pairs));
        let rate = self.learning_rate();
        let [encoder, decoder] = self.gathered.take();
        let [of_encoder, of_decoder] = &mut self.optimizers;
        let decoder_rate = rate * self.recipe.optimizer.decoder_factor;
        let mut student = self.student.clone();
        student.image_encoder = of_encoder.step(rate, student.image_encoder, encoder);
        student.mask_decoder = of_decoder.step(decoder_rate, student.mask_decoder, decoder);
        self.student = student;
        self.position.updates += 1;
        if let Some(mean) = &mut self.mean {
            // Young means follow closely, so that they do not remember the beginning for long.
            let young =
                (1.0 + self.position.updates as f64) / (10.0 + self.position.updates as f64);
            let decay = self.recipe.labels.teacher_decay.min(young);
            move_mean(mean, &trained(&self.student)?, decay);
        }
        self.renew_teacher();
        Ok(rate)
    }

    fn renew_teacher(&mut self) {
        self.teacher = self
            .mean
            .as_ref()
            .map(|mean| with_trained(self.student.clone(), mean).valid());
    }

    /// The rate of the update to come.
    fn learning_rate(&self) -> f64 {
        let settings = &self.recipe.optimizer;
        let update = self.position.updates;
        let warm = match settings.warmup {
            0 => 1.0,
            warmup => ((update + 1) as f64 / warmup as f64).min(1.0),
        };
        let decay = match settings.decay {
            Decay::Steps => {
                let passed = settings.decay_at.iter().filter(|&&at| update >= at as u64);
                0.1f64.powi(passed.count() as i32)
            }
            Decay::Linear => 1.0 - update as f64 / (self.planned.max(1)) as f64,
        };
        settings.learning_rate * warm * decay.max(0.0) * self.restraint()
    }

    /// The factor of the rate by which few instances do not lead a model far: `instances /
    /// few_instances` where they are fewer, times `updates_per_instance * instances / updates`
    /// where there are more updates than that, counted at the full rate. A rate that falls in a
    /// straight line makes half of the planned updates count.
    pub fn restraint(&self) -> f64 {
        let settings = &self.recipe.optimizer;
        let instances = self.instances as f64;
        let few = instances / settings.few_instances.max(1) as f64;
        let updates = match settings.decay {
            Decay::Steps => self.planned as f64,
            Decay::Linear => self.planned as f64 / 2.0,
        };
        let long = match settings.updates_per_instance {
            0.0 => 1.0,
            most => most * instances / updates.max(1.0),
        };
        few.min(1.0) * long.min(1.0)
    }
}

/// Gradients of samples that have not become an update yet.
#[derive(Default)]
struct Gathered {
    encoder: GradientsAccumulator<ImageEncoder>,
    decoder: GradientsAccumulator<MaskDecoder>,
    samples: usize,
    /// Features of both views that the queues do not have yet: within a batch each sample meets the
    /// queues as the update before left them, on whatever device it is learnt.
    pairs: Vec<[Vec<f32>; 2]>,
}

impl Gathered {
    fn add(&mut self, student: &Sam, gradients: Gradients) {
        self.encoder
            .accumulate(&student.image_encoder, gradients.encoder);
        self.decoder
            .accumulate(&student.mask_decoder, gradients.decoder);
        self.samples += 1;
    }

    fn take(&mut self) -> [GradientsParams; 2] {
        self.samples = 0;
        [self.encoder.grads(), self.decoder.grads()]
    }
}

fn optimizer(recipe: &Recipe) -> ModuleOptimizer {
    // PyTorch's epsilon, not Burn's.
    let mut config = AdamConfig::new().with_epsilon(1e-8);
    let decay = recipe.optimizer.weight_decay;
    if decay > 0.0 {
        config = config.with_weight_decay(Some(WeightDecayConfig::new(decay as f32)));
    }
    config.init()
}

/// The position after one more visit.
fn after(position: &Position, images: usize) -> Position {
    let mut position = position.clone();
    position.visits += 1;
    position.visited += 1;
    if position.visited >= images {
        position.visited = 0;
        position.epoch += 1;
    }
    position
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use resam_checkpoint::Checkpoint;
    use resam_sam::{PromptPoint, SamConfig};

    use super::*;
    use crate::example::{Example, ExampleInstance};
    use crate::read::lost_device;
    use crate::views::View;

    /// Two images of noise with a point each.
    struct Noise;

    impl Examples for Noise {
        fn len(&self) -> usize {
            2
        }

        fn instances(&self) -> usize {
            2
        }

        fn name(&self, index: usize) -> String {
            index.to_string()
        }

        fn read(&self, index: usize) -> Result<Example, String> {
            let rgb = (0..3 * 64 * 64).map(|at| (at * 7919 % (251 - index)) as u8);
            Ok(Example {
                image: View {
                    width: 64,
                    height: 64,
                    rgb: rgb.collect(),
                },
                instances: vec![ExampleInstance {
                    name: String::new(),
                    points: vec![PromptPoint {
                        x: 30.5,
                        y: 30.5,
                        positive: true,
                    }],
                    truth: None,
                }],
            })
        }
    }

    fn trainer(recipe: &Recipe) -> Trainer {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resam-sam/tests/fixtures");
        let folders = std::fs::read_dir(fixtures.join("golden")).expect("fixtures");
        let model = folders
            .map(|folder| folder.expect("a folder").path().join("model.safetensors"))
            .find(|model| model.is_file());
        let checkpoint = Checkpoint::open(&model.expect("a model")).expect("weights");
        let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
        config.decoder.heads = 4;
        let device = Device::flex();
        let sam = Sam::load_with(&checkpoint, &config, &device).expect("a model");
        Trainer::new(sam, recipe.clone(), &device, 64, 5, 8, 2).expect("a trainer")
    }

    /// However many values are read before the device is lost, a visit says that the device failed
    /// and nothing was learnt from what it did not give.
    #[test]
    fn a_lost_device_ends_the_run_and_is_no_image_that_cannot_be_read() {
        let mut recipe = Recipe::default();
        recipe.labels.least_agreement = 0.0;
        recipe.labels.teacher = Teacher::Mean;
        let mut whole = trainer(&recipe);
        let mut visits = [(); 2].map(|()| whole.visit(&Noise).expect("a visit"));
        visits.sort_by_key(|visit| visit.image);
        assert!(visits.iter().all(|visit| visit.learnt > 0));

        let mut failures = 0;
        for reads in 0.. {
            let mut trainer = trainer(&recipe);
            lost_device::after(Some(reads));
            let visit = trainer.visit(&Noise);
            lost_device::after(None);
            match visit {
                Err(VisitError::Model(SamError::Failed(_))) => failures += 1,
                Err(other) => panic!("{other}"),
                // There were no more reads to fail.
                Ok(visit) => {
                    assert!(visit.learnt > 0);
                    break;
                }
            }
            // Where the run goes on from is before the visit.
            assert_eq!(trainer.last.0, Position::default());
        }
        // The masks of points and of boxes, the losses, the features, the mean.
        assert!(failures > 4, "{failures}");
    }

    #[test]
    fn neither_a_calibration_nor_a_state_is_made_of_values_that_were_lost() {
        let mut trainer = trainer(&Recipe::default());
        let plan = Plan {
            recipe: Recipe::default(),
            seed: 5,
            input_size: 64,
            images: 2,
            updates: 8,
            weights: String::new(),
        };
        let numbers = [0, 1];
        lost_device::after(Some(0));
        let state = trainer.state(plan).map(|_| ());
        let calibrated = {
            let context = trainer.label_context(&trainer.frozen);
            calibrate(&context, &Noise, numbers).map(|_| ())
        };
        lost_device::after(None);
        for lost in [state, calibrated] {
            assert!(matches!(lost, Err(SamError::Failed(_))));
        }
        trainer.visit(&Noise).expect("the device is back");
    }
}
