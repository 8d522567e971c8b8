//! The training loop: an iteration makes a training sample of an image, and a batch of samples
//! makes an update.

use std::collections::VecDeque;

use burn::module::Module;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use resam_sam::ImageEncoder;
use resam_sam::mask_decoder::MaskDecoder;
use resam_sam::{Sam, SamError};

use crate::draws::{Purpose, shuffle, stream};
use crate::error::IterationError;
use crate::example::Examples;
use crate::feature_cache::FeatureCache;
use crate::labels::LabelContext;
use crate::optimizer_state::OptimizerState;
use crate::progress::{Iteration, Position, State, TrainingPlan};
use crate::recipe::{Decay, Recipe, Teacher};
use crate::reinforce::Queues;
use crate::size_prior::{CALIBRATION_IMAGES, MIN_IMAGES, calibrate};
use crate::step::{Gradients, LossParts};
use crate::trained::{Trained, identities, on_device, shapes, trained, update_ema, with_trained};
use crate::worker::{Processed, Turn, Worker};

/// The options of a run beside the model and the recipe.
#[derive(Debug, Clone)]
pub struct TrainerOptions {
    /// The device of the model and of its training samples.
    pub device: Device,
    /// Side of the network's input, in pixels.
    pub input_size: usize,
    /// The seed of everything random.
    pub seed: u64,
    /// Iterations that the run is planned for.
    pub iterations: u64,
    /// Number of instances with points, in all images.
    pub instances: usize,
}

/// A run: a model that trains.
pub struct Trainer {
    recipe: Recipe,
    seed: u64,
    /// The devices of training samples; the model is on the first.
    devices: Vec<Device>,
    input_size: usize,
    student: Sam,
    /// The pretrained model.
    frozen: Sam,
    /// The moving average of what trains, with `teacher = "ema"`.
    ema: Option<Trained>,
    /// The moving average as a model, made anew after each update.
    teacher: Option<Sam>,
    optimizers: [ModuleOptimizer; 2],
    queues: Queues,
    gathered: Gathered,
    position: Position,
    /// Updates that the run is planned for.
    planned: u64,
    /// Number of instances with points, in all images.
    instances: usize,
    /// The feature cache.
    cache: Option<FeatureCache>,
    /// Iterations that were processed before their turn.
    ahead: VecDeque<(Turn, Result<Processed, IterationError>)>,
    /// Position and queues as they were at the last update: where a run resumes.
    last: (Position, Queues),
}

impl Trainer {
    /// Begins a run: attaches the recipe's adapters with random LoRA factors to a model without
    /// adapters.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device fails.
    pub fn new(mut sam: Sam, recipe: Recipe, options: TrainerOptions) -> Result<Self, SamError> {
        let TrainerOptions {
            device,
            input_size,
            seed,
            iterations,
            instances,
        } = options;
        let frozen = sam.clone();
        let mut random = stream(seed, Purpose::Factors, 0);
        sam.attach_adapter(&recipe.adapter.plan(), |bound| {
            crate::draws::uniform(&mut random, -bound, bound)
        });
        let student = with_trained(sam, &Trained::new());
        let ema = (recipe.labels.teacher == Teacher::Ema).then(|| trained(&student));
        let ema = ema.transpose()?;
        let planned = iterations.div_ceil(recipe.schedule.batch.max(1) as u64);
        let mut trainer = Self {
            optimizers: [(); 2].map(|()| optimizer(&recipe)),
            queues: Queues::new(recipe.alignment.queue),
            gathered: Gathered::default(),
            position: Position::default(),
            teacher: None,
            devices: vec![device],
            recipe,
            seed,
            input_size,
            student,
            frozen,
            ema,
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

    /// The position of the run.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The least consistency of a label that is trained on: the recipe's, or that of the top
    /// fraction.
    pub fn min_consistency(&self) -> f64 {
        let top = self.position.top_consistency.unwrap_or(0.0);
        self.recipe.labels.min_consistency.max(top)
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Number of trained values.
    pub fn trains(&self) -> usize {
        let shapes = shapes(&self.student);
        let counts = shapes.values().map(|shape| shape.iter().product::<usize>());
        counts.sum()
    }

    /// The student as it is now, for inference.
    pub fn student(&self) -> Sam {
        self.student.valid()
    }

    /// The pretrained model.
    pub fn frozen(&self) -> &Sam {
        &self.frozen
    }

    /// The model of the run, for inference: the moving average where there is one, else the
    /// student.
    pub fn model(&self) -> Sam {
        self.teacher
            .as_ref()
            .map_or_else(|| self.student(), Clone::clone)
    }

    /// Number of updates that the run is planned for.
    pub fn planned(&self) -> u64 {
        self.planned
    }

    /// Whether the last iteration ended with an update, or was skipped after one: the run resumes
    /// from here and not from before.
    pub fn is_at_update(&self) -> bool {
        self.gathered.samples == 0
    }

    /// The state as of the last update, for a checkpoint. `plan` holds the settings of the run,
    /// `run` what it knows beside.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device does not give the values.
    pub fn state(&self, plan: TrainingPlan, run: serde_json::Value) -> Result<State, SamError> {
        let [encoder, decoder] = &self.optimizers;
        Ok(State {
            plan,
            position: self.last.0.clone(),
            student: trained(&self.student)?,
            ema: self.ema.clone(),
            queues: self.last.1.clone(),
            optimizers: [OptimizerState::of(encoder)?, OptimizerState::of(decoder)?],
            run,
        })
    }

    /// Restores a state. The trainer must have been made with the same plan. A state that does not
    /// fit changes nothing.
    ///
    /// # Errors
    /// The reason, when the parameters do not fit or the state of an optimizer cannot be read.
    pub fn restore(&mut self, state: State) -> Result<(), String> {
        let now = shapes(&self.student);
        let fits = |trained: &Trained| {
            let shape = |name: &String| trained.get(name).map(|(shape, _)| shape);
            now.len() == trained.len() && now.iter().all(|(name, own)| shape(name) == Some(own))
        };
        let has_average = self.recipe.labels.teacher == Teacher::Ema;
        if !fits(&state.student)
            || !state.ema.as_ref().is_none_or(fits)
            || state.ema.is_some() != has_average
        {
            return Err("what trains in it is not what trains in this model".to_owned());
        }
        let channels = self.student.prompt_encoder.channels();
        let row = |pair: &[Vec<f32>; 2]| pair.iter().all(|row| row.len() == channels);
        if !state.queues.pairs.iter().all(row) {
            return Err(format!("its queues are not of {channels} channels"));
        }
        let parameters = identities(&self.student);
        let [encoder, decoder] = state.optimizers;
        let restored = [encoder, decoder]
            .map(|optimizer| optimizer.restore(self::optimizer(&self.recipe), &parameters));
        let [encoder, decoder] = restored;
        self.optimizers = [encoder?, decoder?];
        self.student = with_trained(self.student.clone(), &state.student);
        self.ema = state.ema;
        self.queues = state.queues;
        self.position = state.position;
        self.last = (self.position.clone(), self.queues.clone());
        self.gathered = Gathered::default();
        self.ahead.clear();
        self.renew_teacher();
        Ok(())
    }

    /// Uses a feature cache; see [`crate::feature_cache`].
    pub fn cache_features(&mut self, cache: FeatureCache) {
        self.cache = Some(cache);
    }

    /// Plans another number of updates, at which the learning rate reaches zero.
    pub fn plan_updates(&mut self, updates: u64) {
        self.planned = updates;
    }

    /// Spreads the training samples of a batch over several devices, the model's own first; they
    /// make the same update as one device, sample by sample. Fewer samples than devices leave some
    /// of them idle.
    pub fn spread_over(&mut self, devices: Vec<Device>) {
        self.devices = devices;
    }

    /// The context that makes pseudo-labels with a model, on the first device.
    pub fn label_context<'a>(&'a self, model: &'a Sam) -> LabelContext<'a> {
        LabelContext {
            model,
            input_size: self.input_size,
            device: &self.devices[0],
            labels: &self.recipe.labels,
            size_prior_px: self.position.size_prior_px,
            batch: self.recipe.schedule.decoder_batch_size,
        }
    }

    /// Whether [`calibrate`](Self::calibrate) has to be called before the first iteration on so
    /// many images.
    pub fn wants_calibration(&self, images: usize) -> bool {
        let labels = &self.recipe.labels;
        let wants = labels.selection.uses_size_prior() || labels.takes_top_fraction();
        wants && images >= MIN_IMAGES && self.position.iterations == 0
    }

    /// Calibrates before the first iteration ([`crate::size_prior`]), if the recipe needs it: the
    /// pretrained model makes labels of the first images of the epoch, as long as `goes_on` is
    /// true.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device fails.
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
        self.position.top_consistency =
            of_labels.map(|found| found.min_consistency(labels.top_fraction));
        self.last.0 = self.position.clone();
        Ok(())
    }

    /// Trains on the next image of the current epoch.
    ///
    /// # Errors
    /// [`IterationError::Unreadable`] for an image that cannot be read; the next iteration is on
    /// the image after it. [`IterationError::Model`] when the device fails: the gradients since the
    /// last update are lost.
    pub fn iterate(&mut self, examples: &dyn Examples) -> Result<Iteration, IterationError> {
        if self.ahead.is_empty() {
            self.ahead = self.process_ahead(examples).into();
        }
        let Some((turn, processed)) = self.ahead.pop_front() else {
            unreachable!("at least the next iteration was processed");
        };
        if matches!(processed, Err(IterationError::Model(_))) {
            return processed.map(|processed| processed.iteration);
        }
        self.position = self.position.after_iteration(examples.len());
        let iteration = match processed {
            Ok(processed) => Ok(self.learn_from(&turn, processed)?),
            Err(error) => Err(error),
        };
        if let Ok(iteration) = &iteration
            && iteration.skipped.is_some()
        {
            self.position.skipped += 1;
        }
        if self.gathered.samples == 0 {
            self.queues.extend(std::mem::take(&mut self.gathered.pairs));
            self.last = (self.position.clone(), self.queues.clone());
        }
        iteration
    }

    /// The training samples of the next iterations: one a device, and no more than the model's next
    /// update takes.
    fn process_ahead(
        &self,
        examples: &dyn Examples,
    ) -> Vec<(Turn, Result<Processed, IterationError>)> {
        let schedule = &self.recipe.schedule;
        let most = if schedule.update_each_decoder_batch {
            1
        } else {
            schedule.batch.max(1) - self.gathered.samples
        };
        let mut position = self.position.clone();
        let places = self.devices.iter().take(most).map(|device| {
            let turn = self.turn(&position, examples.len());
            position = position.after_iteration(examples.len());
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

    /// The image at a position: each once an epoch, in the epoch's own order.
    fn turn(&self, position: &Position, count: usize) -> Turn {
        Turn {
            image: self.order(position.epoch, count)[position.iterations_of_epoch],
            epoch: position.epoch,
            number: position.iterations,
        }
    }

    /// The order of the images in an epoch.
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
            Teacher::Ema => self.model(),
        }
    }

    /// Steps 7 and 8: accumulates gradients, and makes an update after a batch.
    fn learn_from(&mut self, turn: &Turn, processed: Processed) -> Result<Iteration, SamError> {
        let Processed {
            mut iteration,
            view,
            mut first,
        } = processed;
        let Some(view) = view else {
            return Ok(iteration);
        };
        let whole = view.instances();
        let mut sum = LossParts::default();
        for range in view.parts(&self.recipe.schedule) {
            // The gradients of the first part are computed; later parts see its update.
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
                iteration.skipped = Some(reason);
                continue;
            }
            iteration.learnt += range.len();
            let gradients = if self.devices.len() == 1 {
                learnt.gradients
            } else {
                learnt.gradients.to_device(&self.devices[0], &self.student)
            };
            self.gathered.add(&self.student, gradients);
            if self.gathered.samples >= self.recipe.schedule.batch.max(1) {
                iteration.learning_rate = self.update()?;
            }
        }
        iteration.losses = Some(sum);
        Ok(iteration)
    }

    /// `beta = weight / (1 + exp(-(epoch - (epochs + 1) / 2)))`, epochs counted from 1.
    fn beta(&self, epoch: usize) -> f64 {
        let middle = (self.recipe.schedule.epochs as f64 + 1.0) / 2.0;
        self.recipe.alignment.weight / (1.0 + (middle - (epoch as f64 + 1.0)).exp())
    }

    /// The loss-spike filter: the reason why a loss is skipped, if it is; else the loss joins the
    /// last ones.
    fn refuses(&mut self, loss: f64) -> Option<String> {
        if !loss.is_finite() {
            return Some(format!("the loss is {loss}"));
        }
        let filter = &self.recipe.loss_spike_filter;
        let losses = &mut self.position.losses;
        if filter.window > 0 && losses.len() >= filter.window {
            let mean = losses.iter().sum::<f64>() / losses.len() as f64;
            if loss > filter.factor * mean {
                return Some(format!(
                    "the loss is {loss:.3}, more than {} times the mean of the last {}, {mean:.3}",
                    filter.factor, filter.window
                ));
            }
        }
        losses.push_back(loss);
        if losses.len() > filter.window {
            losses.pop_front();
        }
        None
    }

    /// Makes an update of the accumulated gradients; returns the learning rate.
    fn update(&mut self) -> Result<f64, SamError> {
        self.queues.extend(std::mem::take(&mut self.gathered.pairs));
        let rate = self.learning_rate();
        let [encoder, decoder] = self.gathered.take();
        let [of_encoder, of_decoder] = &mut self.optimizers;
        let decoder_rate = rate * self.recipe.optimizer.decoder_lr_scale;
        let mut student = self.student.clone();
        student.image_encoder = of_encoder.step(rate, student.image_encoder, encoder);
        student.mask_decoder = of_decoder.step(decoder_rate, student.mask_decoder, decoder);
        self.student = student;
        self.position.updates += 1;
        if let Some(ema) = &mut self.ema {
            // Young averages follow closely, so that they do not remember the beginning for long.
            let young =
                (1.0 + self.position.updates as f64) / (10.0 + self.position.updates as f64);
            let decay = self.recipe.labels.ema_decay.min(young);
            update_ema(ema, &trained(&self.student)?, decay);
        }
        self.renew_teacher();
        Ok(rate)
    }

    fn renew_teacher(&mut self) {
        self.teacher = self
            .ema
            .as_ref()
            .map(|ema| with_trained(self.student.clone(), ema).valid());
    }

    /// The learning rate of the update to come.
    fn learning_rate(&self) -> f64 {
        let settings = &self.recipe.optimizer;
        let update = self.position.updates;
        let warm = match settings.warmup {
            0 => 1.0,
            warmup => ((update + 1) as f64 / warmup as f64).min(1.0),
        };
        let decay = match settings.decay {
            Decay::Steps => {
                let passed = settings
                    .milestones
                    .iter()
                    .filter(|&&at| update >= at as u64);
                0.1f64.powi(passed.count() as i32)
            }
            Decay::Linear => 1.0 - update as f64 / (self.planned.max(1)) as f64,
        };
        settings.learning_rate * warm * decay.max(0.0) * self.learning_rate_scale()
    }

    /// The learning-rate scale, a factor from 0 to 1 that limits overfitting to few instances. It
    /// is `instances / full_rate_min_instances` where there are fewer instances, times
    /// `max_updates_per_instance * instances / updates` where there are more updates than that,
    /// counted at the full rate. A rate that falls in a straight line makes half of the planned
    /// updates count.
    pub fn learning_rate_scale(&self) -> f64 {
        let settings = &self.recipe.optimizer;
        let instances = self.instances as f64;
        let few = instances / settings.full_rate_min_instances.max(1) as f64;
        let updates = match settings.decay {
            Decay::Steps => self.planned as f64,
            Decay::Linear => self.planned as f64 / 2.0,
        };
        let long = match settings.max_updates_per_instance {
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
    /// queues as the update before left them, on any device.
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
                    class: None,
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
        let options = TrainerOptions {
            device,
            input_size: 64,
            seed: 5,
            iterations: 8,
            instances: 2,
        };
        Trainer::new(sam, recipe.clone(), options).expect("a trainer")
    }

    /// However many values are read before the device is lost, an iteration reports that the
    /// device failed, and the run stays at its last update.
    #[test]
    fn a_lost_device_ends_the_run_and_is_no_image_that_cannot_be_read() {
        let mut recipe = Recipe::default();
        recipe.labels.min_consistency = 0.0;
        recipe.labels.teacher = Teacher::Ema;
        let mut whole = trainer(&recipe);
        let mut done = [(); 2].map(|()| whole.iterate(&Noise).expect("an iteration"));
        done.sort_by_key(|iteration| iteration.image);
        assert!(done.iter().all(|iteration| iteration.learnt > 0));

        let mut failures = 0;
        for reads in 0.. {
            let mut trainer = trainer(&recipe);
            lost_device::after(Some(reads));
            let iteration = trainer.iterate(&Noise);
            lost_device::after(None);
            match iteration {
                Err(IterationError::Model(SamError::Failed(_))) => failures += 1,
                Err(other) => panic!("{other}"),
                // There were no more reads to fail.
                Ok(iteration) => {
                    assert!(iteration.learnt > 0);
                    break;
                }
            }
            // The run resumes from before the iteration.
            assert_eq!(trainer.last.0, Position::default());
        }
        // The masks of points and of boxes, the losses, the features, the moving average.
        assert!(failures > 4, "{failures}");
    }

    #[test]
    fn neither_a_calibration_nor_a_state_is_made_of_values_that_were_lost() {
        let mut trainer = trainer(&Recipe::default());
        let plan = TrainingPlan {
            recipe: Recipe::default(),
            seed: 5,
            input_size: 64,
            images: 2,
            instances: 2,
            validation_images: 0,
            input: String::new(),
            inputs: Default::default(),
            updates: 8,
            weights: String::new(),
        };
        let numbers = [0, 1];
        lost_device::after(Some(0));
        let state = trainer.state(plan, serde_json::Value::Null).map(|_| ());
        let calibrated = {
            let context = trainer.label_context(&trainer.frozen);
            calibrate(&context, &Noise, numbers).map(|_| ())
        };
        lost_device::after(None);
        for lost in [state, calibrated] {
            assert!(matches!(lost, Err(SamError::Failed(_))));
        }
        trainer.iterate(&Noise).expect("the device is back");
    }
}
