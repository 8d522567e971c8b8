//! The loop: visits images, makes lessons of them, and moves what trains.

use std::collections::VecDeque;

use burn::module::Module;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Bytes, Device, Tensor};
use resam_sam::mask_decoder::MaskDecoder;
use resam_sam::preprocess::normalised_input;
use resam_sam::sam::ImageEncoder;
use resam_sam::{Sam, SamError};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Plan, State};
use crate::draws::{Purpose, shuffle, stream};
use crate::example::{Example, Examples, Framed};
use crate::recipe::{Decay, Recipe, Supervision, Teacher};
use crate::reinforce::Queues;
use crate::requery::requery_box;
use crate::step::{Aligning, Gradients, Lesson, LossParts, PseudoLabels, learn, pseudo_labels};
use crate::trained::{Trained, move_mean, trained, with_trained};
use crate::views::{Flip, Photometric};

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
    device: Device,
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
    /// Position and queues as they were at the last update: where a run goes on from.
    last: (Position, Queues),
}

impl Trainer {
    /// A run that begins: fresh adapters of the recipe on a model, whose own are none.
    ///
    /// `visits` is the number of visits that the run is planned for.
    pub fn new(
        mut sam: Sam,
        recipe: Recipe,
        device: &Device,
        input_size: usize,
        seed: u64,
        visits: u64,
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
            device: device.clone(),
            recipe,
            seed,
            input_size,
            student,
            frozen,
            mean,
            planned,
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
        self.renew_teacher();
        Ok(())
    }

    /// Visits the next image of the pass at hand.
    ///
    /// # Errors
    /// The number of an image that could not be read, and why: it was passed over.
    pub fn visit(&mut self, examples: &dyn Examples) -> Result<Visit, (usize, String)> {
        let image = self.next_image(examples.len());
        let epoch = self.position.epoch;
        let example = examples.read(image);
        let number = self.position.visits;
        self.position.visits += 1;
        self.position.visited += 1;
        if self.position.visited >= examples.len() {
            self.position.visited = 0;
            self.position.epoch += 1;
        }
        let example = example.map_err(|reason| (image, reason))?;
        let visit = self
            .lesson(&example, image, epoch, number)
            .map_err(|error| (image, error.to_string()))?;
        if visit.skipped.is_some() {
            self.position.skipped += 1;
        }
        if self.gathered.lessons == 0 {
            self.last = (self.position.clone(), self.queues.clone());
        }
        Ok(visit)
    }

    /// The image whose turn it is: each once a pass, in an order of the pass's own.
    fn next_image(&self, count: usize) -> usize {
        let mut order: Vec<usize> = (0..count).collect();
        let epoch = self.position.epoch as u64;
        shuffle(&mut stream(self.seed, Purpose::Order, epoch), &mut order);
        order[self.position.visited]
    }

    fn lesson(
        &mut self,
        example: &Example,
        image: usize,
        epoch: usize,
        number: u64,
    ) -> Result<Visit, SamError> {
        let recipe = self.recipe.clone();
        let mut random = stream(self.seed, Purpose::Views, number);
        let flip = match recipe.views.flip {
            true => Flip::draw(&mut random),
            false => Flip::default(),
        };
        let framed = Framed::new(example, self.input_size, flip)?;
        let mut asked: Vec<usize> = (0..example.instances.len()).collect();
        shuffle(&mut random, &mut asked);
        if recipe.schedule.instances > 0 {
            asked.truncate(recipe.schedule.instances);
        }
        asked.sort_unstable();
        let changes = Photometric {
            probability: recipe.views.photometric,
        };
        let strong = changes.strong(&framed.weak, &mut random);

        let weak = self.input(&framed.weak, &framed);
        let aligns = recipe.alignment.queue > 0 && recipe.alignment.weight > 0.0;
        let (labels, weak_embedding) = match recipe.labels.supervision {
            Supervision::Masks => (true_labels(example, &framed, &asked), None),
            Supervision::Points => {
                let teacher = match recipe.labels.teacher {
                    Teacher::Frozen => self.frozen.clone(),
                    Teacher::Student => self.student(),
                    Teacher::Mean => self.model(),
                };
                let embedding = teacher.image_encoder.forward(weak.clone());
                if recipe.labels.encode_twice {
                    teacher.image_encoder.forward(weak.clone());
                }
                let chunk = recipe.schedule.chunk;
                let labels =
                    pseudo_labels(&teacher, &embedding, &framed, &asked, &recipe.labels, chunk);
                (labels, Some(embedding))
            }
        };
        let mut visit = Visit {
            image,
            epoch,
            asked: asked.len(),
            learnt: 0,
            empty: labels.empty.len(),
            agreement: mean(&labels.agreement),
            losses: None,
            learning_rate: 0.0,
            skipped: None,
        };
        let (lesson, boxes) = lesson_of(&labels, &asked, &recipe);
        if lesson.instances.is_empty() {
            visit.skipped = Some(match labels.instances.is_empty() {
                true => {
                    "no instance has a label: masks are empty, or hold points that they should not"
                        .to_owned()
                }
                false => "no instance's masks agree enough".to_owned(),
            });
            return Ok(visit);
        }
        let weak_embedding = match (aligns, weak_embedding) {
            (false, _) => None,
            (true, Some(embedding)) => Some(embedding),
            (true, None) => Some(self.student().image_encoder.forward(weak)),
        };
        let input = self.input(&strong, &framed);
        let batch = recipe.schedule.batch.max(1);
        let whole = lesson.instances.len();
        let part = match recipe.schedule.update_each_chunk {
            true => recipe.schedule.chunk.max(1),
            false => whole,
        };
        let mut sum = LossParts::default();
        for first in (0..whole).step_by(part) {
            let range = first..(first + part).min(whole);
            let piece = Lesson {
                instances: lesson.instances[range.clone()].to_vec(),
                labels: lesson.labels[range.clone()].to_vec(),
                ..lesson
            };
            let mut queues = self.queues.clone();
            let aligning = weak_embedding.as_ref().map(|weak| Aligning {
                queues: &mut queues,
                weak,
                boxes: &boxes[range.clone()],
                weight: self.beta(epoch),
                gradient: recipe.alignment.gradient,
            });
            let (losses, gradients) = learn(
                &self.student,
                input.clone(),
                &framed,
                &piece,
                &recipe.loss,
                aligning,
            );
            self.queues = queues;
            let share = range.len() as f64 / whole as f64;
            sum.add(&losses, share);
            if let Some(reason) = self.refuses(losses.total) {
                visit.skipped = Some(reason);
                continue;
            }
            visit.learnt += range.len();
            self.gathered.add(&self.student, gradients);
            if self.gathered.lessons >= batch {
                visit.learning_rate = self.update();
            }
        }
        visit.losses = Some(sum);
        Ok(visit)
    }

    /// A view as the network's input.
    fn input(&self, view: &crate::views::View, framed: &Framed) -> Tensor<4> {
        let covered = framed.geometry.covered;
        normalised_input(&view.rgb, covered, self.input_size, &self.device)
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
        settings.learning_rate * warm * decay.max(0.0)
    }
}

/// Gradients of lessons that have not become an update yet.
#[derive(Default)]
struct Gathered {
    encoder: GradientsAccumulator<ImageEncoder>,
    decoder: GradientsAccumulator<MaskDecoder>,
    lessons: usize,
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

/// The true masks as labels, with their boxes.
fn true_labels(example: &Example, framed: &Framed, asked: &[usize]) -> PseudoLabels {
    let mut labels = PseudoLabels::default();
    for &instance in asked {
        let Some(truth) = &example.instances[instance].truth else {
            continue;
        };
        let mask = framed.truth(truth);
        match requery_box(&mask) {
            Some(bounds) => {
                labels.instances.push(instance);
                labels.masks.push(mask);
                labels.boxes.push(bounds);
            }
            None => labels.empty.push(instance),
        }
    }
    labels
}

/// What is learnt from labels, and the boxes that belong to it.
fn lesson_of(labels: &PseudoLabels, asked: &[usize], recipe: &Recipe) -> (Lesson, Vec<[f32; 4]>) {
    let mut lesson = Lesson {
        instances: Vec::new(),
        labels: Vec::new(),
        chunk: recipe.schedule.chunk,
        checkpoint_activations: recipe.schedule.checkpoint_activations,
        share: 1.0 / recipe.schedule.batch as f64,
    };
    let mut boxes = Vec::new();
    // By position the first label belongs to the first that was asked, whoever it was made for.
    let owners = match recipe.labels.pair_by_position {
        true => asked,
        false => &labels.instances,
    };
    let pairs = owners.iter().zip(labels.masks.iter().zip(&labels.boxes));
    for (place, (&owner, (mask, &bounds))) in pairs.enumerate() {
        let agreement = labels.agreement.get(place).copied().unwrap_or(1.0);
        if agreement >= recipe.labels.least_agreement {
            lesson.instances.push(owner);
            lesson.labels.push(mask.clone());
            boxes.push(bounds);
        }
    }
    (lesson, boxes)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
