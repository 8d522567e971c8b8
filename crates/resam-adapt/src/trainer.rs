//! The loop: visits images, makes lessons of them, and moves what trains.

use std::collections::VecDeque;

use burn::module::Module;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Bytes, Device};
use resam_sam::Sam;
use resam_sam::mask_decoder::MaskDecoder;
use resam_sam::sam::ImageEncoder;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Plan, State};
use crate::draws::{Purpose, shuffle, stream};
use crate::example::Examples;
use crate::kept::Kept;
use crate::lesson::{Scholar, Studied, Turn};
use crate::recipe::{Decay, Recipe, Teacher};
use crate::reinforce::Queues;
use crate::step::{Gradients, LossParts};
use crate::trained::{Trained, move_mean, on_device, trained, with_trained};
use crate::usual::{FEWEST, SURVEYED, usual};

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
    /// Visits that taught nothing: a lesson that was left out, or no instance with a label.
    pub skipped: u64,
    /// The last losses of lessons that were taken, oldest first.
    pub losses: VecDeque<f64>,
    /// The area in pixels of an image that objects usually have, once it is known.
    pub usual_area: Option<f64>,
    /// The agreement from which on a label is one of the surest, once it is known.
    pub sure_agreement: Option<f64>,
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
    /// Where lessons are learnt; the model is on the first.
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
    /// What is the same at each look at an image.
    kept: Option<Kept>,
    /// Visits that were studied before their turn.
    ahead: VecDeque<(Turn, Result<Studied, String>)>,
    /// Position and queues as they were at the last update: where a run goes on from.
    last: (Position, Queues),
}

impl Trainer {
    /// A run that begins: fresh adapters of the recipe on a model, whose own are none.
    ///
    /// `visits` is the number of visits that the run is planned for, `instances` that of the instances with
    /// points in all its images.
    pub fn new(
        mut sam: Sam,
        recipe: Recipe,
        device: &Device,
        input_size: usize,
        seed: u64,
        visits: u64,
        instances: usize,
    ) -> Self {
        let frozen = sam.clone();
        let mut random = stream(seed, Purpose::Factors, 0);
        sam.attach_adapter(&recipe.adapter.plan(), |bound| {
            crate::draws::uniform(&mut random, -bound, bound)
        });
        let student = with_trained(sam, &Trained::new());
        let mean = (recipe.labels.teacher == Teacher::Mean).then(|| trained(&student));
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
            kept: None,
            ahead: VecDeque::new(),
            last: Default::default(),
        };
        trainer.last.1 = trainer.queues.clone();
        trainer.renew_teacher();
        trainer
    }

    /// Where the run is.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The smallest agreement of a label that is learnt from: the recipe's, or that of the surest.
    pub fn least_agreement(&self) -> f64 {
        let sure = self.position.sure_agreement.unwrap_or(0.0);
        self.recipe.labels.least_agreement.max(sure)
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// How many numbers train.
    pub fn trains(&self) -> usize {
        let trained = trained(&self.student);
        trained.values().map(|(_, values)| values.len()).sum()
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
    pub fn state(&self, plan: Plan) -> State {
        let bytes = |optimizer: &ModuleOptimizer| {
            // Writing to memory cannot fail.
            let bytes = optimizer.into_bytes().map(|bytes| bytes.to_vec());
            bytes.unwrap_or_default()
        };
        State {
            plan,
            position: self.last.0.clone(),
            student: trained(&self.student),
            mean: self.mean.clone(),
            queues: self.last.1.clone(),
            optimizers: self.optimizers.each_ref().map(bytes),
        }
    }

    /// Goes on from a state: this trainer was made with the same plan.
    ///
    /// # Errors
    /// In words, when the state of an optimiser cannot be read.
    pub fn restore(&mut self, state: State) -> Result<(), String> {
        let now = trained(&self.student);
        let fits = |(name, (shape, _)): (&String, &(Vec<usize>, Vec<f32>))| {
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

    /// Keeps what is the same at each look at an image; see [`crate::kept`].
    pub fn keep(&mut self, kept: Kept) {
        self.kept = Some(kept);
    }

    /// Plans for another number of updates from here on: the rate falls to zero there.
    pub fn plan_updates(&mut self, updates: u64) {
        self.planned = updates;
    }

    /// Spreads the lessons of a batch over several devices, the model's own first; they make the same
    /// update as one device, lesson by lesson. Fewer lessons than devices leave some of them idle.
    pub fn spread_over(&mut self, devices: Vec<Device>) {
        self.devices = devices;
    }

    /// Whether a [`survey`](Self::survey) of so many images is to come before the first visit.
    pub fn wants_survey(&self, images: usize) -> bool {
        let labels = &self.recipe.labels;
        let minds = labels.choice.minds_the_usual() || labels.picks_the_surest();
        minds && images >= FEWEST && self.position.visits == 0
    }

    /// Finds out, before the first visit, what is usual in the images ([`crate::usual`]), if the recipe
    /// minds it: the model as it came looks at the images whose turn is first, as long as it may go on.
    pub fn survey(&mut self, examples: &dyn Examples, goes_on: &dyn Fn() -> bool) {
        if !self.wants_survey(examples.len()) {
            return;
        }
        let order = self.order(0, examples.len());
        let usual = usual(
            &self.frozen,
            examples,
            order.into_iter().take(SURVEYED).take_while(|_| goes_on()),
            &self.recipe,
            self.input_size,
            &self.devices[0],
        );
        let labels = &self.recipe.labels;
        let of_size = usual.as_ref().filter(|_| labels.choice.minds_the_usual());
        let of_labels = usual.as_ref().filter(|_| labels.picks_the_surest());
        self.position.usual_area = of_size.map(|usual| usual.area);
        self.position.sure_agreement =
            of_labels.map(|usual| usual.agreement_of_surest(labels.surest));
        self.last.0 = self.position.clone();
    }

    /// Visits the next image of the pass at hand.
    ///
    /// # Errors
    /// The number of an image that could not be read, and why: it was passed over.
    pub fn visit(&mut self, examples: &dyn Examples) -> Result<Visit, (usize, String)> {
        if self.ahead.is_empty() {
            self.ahead = self.study_ahead(examples).into();
        }
        let Some((turn, studied)) = self.ahead.pop_front() else {
            unreachable!("at least the next visit was studied");
        };
        self.position = after(&self.position, examples.len());
        let visit = studied
            .map(|studied| self.learn_from(&turn, studied))
            .map_err(|reason| (turn.image, reason));
        if let Ok(visit) = &visit
            && visit.skipped.is_some()
        {
            self.position.skipped += 1;
        }
        if self.gathered.lessons == 0 {
            self.queues.extend(std::mem::take(&mut self.gathered.pairs));
            self.last = (self.position.clone(), self.queues.clone());
        }
        visit
    }

    /// What there is to learn at the next visits, as many as there are devices and no more than are
    /// learnt from before the model changes.
    fn study_ahead(&self, examples: &dyn Examples) -> Vec<(Turn, Result<Studied, String>)> {
        let schedule = &self.recipe.schedule;
        let most = match schedule.update_each_chunk {
            true => 1,
            false => schedule.batch.max(1) - self.gathered.lessons,
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
        let (kept, queues) = (self.kept.as_ref(), &self.queues);
        let usual_area = self.position.usual_area;
        let least_agreement = self.least_agreement();
        let study = |turn: &Turn, device: &Device, beta: f64, moved: bool| {
            let place = |sam: &Sam| match moved {
                true => on_device(sam.clone(), device),
                false => sam.clone(),
            };
            let scholar = Scholar {
                recipe,
                seed,
                input_size,
                device,
                student: &place(student),
                teacher: &place(teacher),
                usual_area,
                least_agreement,
                kept,
                queues,
                beta,
            };
            scholar.study(examples, turn)
        };
        let (first, others) = places.split_first().expect("there is a device");
        std::thread::scope(|scope| {
            let study = &study;
            let begin = |(turn, device): &(Turn, &Device)| {
                let (turn, device, beta) = (*turn, (*device).clone(), self.beta(turn.epoch));
                scope.spawn(move || (turn, study(&turn, &device, beta, true)))
            };
            let others: Vec<_> = others.iter().map(begin).collect();
            let (turn, device) = *first;
            let own = study(&turn, device, self.beta(turn.epoch), false);
            let mut studied = vec![(turn, own)];
            for other in others {
                match other.join() {
                    Ok((turn, result)) => studied.push((turn, result)),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            studied
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
    fn learn_from(&mut self, turn: &Turn, studied: Studied) -> Visit {
        let Studied {
            mut visit,
            look,
            mut first,
        } = studied;
        let Some(look) = look else {
            return visit;
        };
        let whole = look.instances();
        let mut sum = LossParts::default();
        for range in look.parts(&self.recipe.schedule) {
            // The first part was learnt ahead; those after it see what it changed.
            let learnt = first.take().unwrap_or_else(|| {
                let beta = self.beta(turn.epoch);
                look.learn(
                    range.clone(),
                    &self.student,
                    &self.recipe,
                    &self.queues,
                    beta,
                )
            });
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
            if self.gathered.lessons >= self.recipe.schedule.batch.max(1) {
                visit.learning_rate = self.update();
            }
        }
        visit.losses = Some(sum);
        visit
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
    fn update(&mut self) -> f64 {
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
            move_mean(mean, &trained(&self.student), decay);
        }
        self.renew_teacher();
        rate
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

    /// The factor of the rate by which few instances do not lead a model far: `instances / few_instances` where they
    /// are fewer, times `updates_per_instance * instances / updates` where there are more updates than that, counted
    /// at the full rate. A rate that falls in a straight line makes half of the planned updates count.
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

/// Gradients of lessons that have not become an update yet.
#[derive(Default)]
struct Gathered {
    encoder: GradientsAccumulator<ImageEncoder>,
    decoder: GradientsAccumulator<MaskDecoder>,
    lessons: usize,
    /// Features of both views that the queues do not have yet: within a batch each lesson meets the
    /// queues as the update before left them, on whatever device it is learnt.
    pairs: Vec<[Vec<f32>; 2]>,
}

impl Gathered {
    fn add(&mut self, student: &Sam, gradients: Gradients) {
        self.encoder
            .accumulate(&student.image_encoder, gradients.encoder);
        self.decoder
            .accumulate(&student.mask_decoder, gradients.decoder);
        self.lessons += 1;
    }

    fn take(&mut self) -> [GradientsParams; 2] {
        self.lessons = 0;
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
