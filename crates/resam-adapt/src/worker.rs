//! One iteration up to the gradients: a view of an image, its labels, and its training samples.
//!
//! Several workers process images at once, each on its own device.

use std::ops::Range;

use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use resam_sam::{Sam, SamError};
use resam_select::SizePrior;

use crate::draws::{Purpose, branch, shuffle, stream};
use crate::error::IterationError;
use crate::example::{Example, Examples, Framed};
use crate::feature_cache::{FeatureCache, PreparedView};
use crate::labels::{LabelContext, PseudoLabels};
use crate::progress::Iteration;
use crate::recipe::{Recipe, Schedule, Supervision};
use crate::reinforce::{Queues, box_features};
use crate::requery::requery_box;
use crate::step::{Aligning, Gradients, LossParts, TrainingSample, learn};
use crate::views::{Flip, Photometric};
use crate::zoom::zoomed_labels;

/// The image of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The image, by number.
    pub(crate) image: usize,
    /// The epoch, from 0.
    pub(crate) epoch: usize,
    /// The iteration, from 0.
    pub(crate) number: u64,
}

/// The result of processing an image.
pub(crate) struct Processed {
    pub(crate) iteration: Iteration,
    /// The view to train on, if there is a label.
    pub(crate) view: Option<LabelledView>,
    /// The gradients of its first part.
    pub(crate) first: Option<Learnt>,
}

/// An image with the labels that are trained on.
pub(crate) struct LabelledView {
    framed: Framed,
    sample: TrainingSample,
    boxes: Vec<[f32; 4]>,
    /// The features of the boxes in the weak view, when they are aligned.
    weak: Option<Tensor<2>>,
    strong: Tensor<4>,
}

/// The gradients of a part of a view.
pub(crate) struct Learnt {
    pub(crate) losses: LossParts,
    pub(crate) gradients: Gradients,
    /// The features of both views, for the queues.
    pub(crate) pairs: Vec<[Vec<f32>; 2]>,
}

impl LabelledView {
    /// How many instances there are.
    pub(crate) fn instances(&self) -> usize {
        self.sample.instances.len()
    }

    /// The parts that make an update each, or a part of one.
    pub(crate) fn parts(&self, schedule: &Schedule) -> Vec<Range<usize>> {
        let whole = self.instances();
        let part = if schedule.update_each_decoder_batch {
            schedule.decoder_batch_size.max(1)
        } else {
            whole.max(1)
        };
        let firsts = (0..whole).step_by(part);
        firsts
            .map(|first| first..(first + part).min(whole))
            .collect()
    }

    /// Steps 5 to 7 on some of the instances.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device fails.
    pub(crate) fn learn(
        &self,
        range: Range<usize>,
        student: &Sam,
        recipe: &Recipe,
        queues: &Queues,
        beta: f64,
    ) -> Result<Learnt, SamError> {
        let part = TrainingSample {
            instances: self.sample.instances[range.clone()].to_vec(),
            labels: self.sample.labels[range.clone()].to_vec(),
            ..self.sample
        };
        let mut queues = queues.clone();
        let aligning = self.weak.as_ref().map(|weak| {
            let [_, channels] = weak.dims();
            Aligning {
                queues: &mut queues,
                weak: weak.clone().slice([range.clone(), 0..channels]),
                boxes: &self.boxes[range.clone()],
                weight: beta,
                gradient: recipe.alignment.gradient,
            }
        });
        let aligned = aligning.is_some();
        let (losses, gradients) = learn(
            student,
            self.strong.clone(),
            &self.framed,
            &part,
            &recipe.loss,
            aligning,
        )?;
        // The last in the queues are this step's own.
        let own = if aligned { range.len() } else { 0 };
        let before = queues.pairs.len().saturating_sub(own);
        Ok(Learnt {
            losses,
            gradients,
            pairs: queues.pairs.into_iter().skip(before).collect(),
        })
    }
}

/// Processes images with models that do not change during it.
pub(crate) struct Worker<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) seed: u64,
    pub(crate) input_size: usize,
    pub(crate) device: &'a Device,
    pub(crate) student: &'a Sam,
    /// The model that labels are made with.
    pub(crate) teacher: &'a Sam,
    /// The size prior, in pixels of an image, where it is known.
    pub(crate) size_prior_px: Option<f64>,
    /// The least consistency of a label that is trained on.
    pub(crate) min_consistency: f64,
    pub(crate) cache: Option<&'a FeatureCache>,
    pub(crate) queues: &'a Queues,
    pub(crate) beta: f64,
}

impl Worker<'_> {
    /// Makes a view of an image with its labels, and computes the gradients of its first part.
    ///
    /// # Errors
    /// [`IterationError`].
    pub(crate) fn process(
        &self,
        examples: &dyn Examples,
        turn: &Turn,
    ) -> Result<Processed, IterationError> {
        let (prepared, asked) = self.view(examples, turn)?;
        let PreparedView {
            framed,
            labels,
            weak,
            strong,
        } = prepared;
        let mut iteration = Iteration {
            image: turn.image,
            epoch: turn.epoch,
            asked: asked.len(),
            learnt: 0,
            empty: labels.empty.len(),
            consistency: mean(&labels.consistency),
            losses: None,
            learning_rate: 0.0,
            skipped: None,
        };
        let (sample, places) = self.sample_of(&labels, &asked);
        if sample.instances.is_empty() {
            let reason = if labels.instances.is_empty() {
                "no confident pseudo-label: every mask is empty or violates its prompts"
            } else {
                "no confident pseudo-label: no mask is consistent enough"
            };
            iteration.skipped = Some(reason.to_owned());
            return Ok(Processed {
                iteration,
                view: None,
                first: None,
            });
        }
        let view = LabelledView {
            framed,
            sample,
            boxes: places.iter().map(|&place| labels.boxes[place]).collect(),
            weak: weak.map(|weak| rows(&weak, &places)),
            strong,
        };
        let first = view.parts(&self.recipe.schedule).into_iter().next();
        let learn = |range| view.learn(range, self.student, self.recipe, self.queues, self.beta);
        let first = first.map(learn).transpose()?;
        Ok(Processed {
            iteration,
            view: Some(view),
            first,
        })
    }

    /// A view of an image, and the instances of the iteration.
    ///
    /// The views of an image are the whole and the parts that zoom into its small objects, one an
    /// epoch. Views that repeat have labels of all instances: which of them are trained on is drawn
    /// at each iteration among those that have a label.
    fn view(
        &self,
        examples: &dyn Examples,
        turn: &Turn,
    ) -> Result<(PreparedView, Vec<usize>), IterationError> {
        let image = turn.image;
        let of_image = |error: SamError| IterationError::about(image, error);
        let read = || {
            let unreadable = |reason| IterationError::Unreadable { image, reason };
            examples.read(image).map_err(unreadable)
        };
        let distinct = self.recipe.views.distinct;
        if !self.recipe.repeats() {
            let example = read()?;
            let asked = self.drawn((0..example.instances.len()).collect(), turn.number);
            let seed = match distinct as u64 {
                0 => turn.number,
                distinct => image as u64 * distinct + turn.epoch as u64 % distinct,
            };
            let mut views = self.views(&example, &asked, seed).map_err(of_image)?;
            let view = views.swap_remove(turn.epoch % views.len());
            return Ok((self.prepare(view), asked));
        }
        let seed = (image * distinct + turn.epoch % distinct) as u64;
        let pass = turn.epoch / distinct;
        let cached = self
            .cache
            .and_then(|cache| cache.read(seed, pass, self.device));
        let prepared = if let Some(prepared) = cached {
            prepared
        } else {
            let example = read()?;
            let all: Vec<usize> = (0..example.instances.len()).collect();
            let mut views = self.views(&example, &all, seed).map_err(of_image)?;
            match self.cache {
                Some(cache) => {
                    let views = views.into_iter().map(|view| self.prepare(view));
                    let mut views: Vec<PreparedView> = views.collect();
                    cache.write(seed, &views)?;
                    views.swap_remove(pass % views.len())
                }
                None => self.prepare(views.swap_remove(pass % views.len())),
            }
        };
        let labels = &prepared.labels;
        let (sample, _) = self.sample_of(labels, &labels.instances);
        let asked = self.drawn(sample.instances, turn.number);
        Ok((prepared, asked))
    }

    /// As many of these instances as an iteration takes, in their order.
    fn drawn(&self, mut instances: Vec<usize>, number: u64) -> Vec<usize> {
        let most = self.recipe.schedule.max_instances_per_image;
        if most > 0 && instances.len() > most {
            let mut random = stream(self.seed, Purpose::Instances, number);
            shuffle(&mut random, &mut instances);
            instances.truncate(most);
            instances.sort_unstable();
        }
        instances
    }

    /// Steps 1 to 4: the views of an image, whole first and then of the parts, with the labels of
    /// these instances.
    fn views(
        &self,
        example: &Example,
        instances: &[usize],
        seed: u64,
    ) -> Result<Vec<UnpreparedView>, SamError> {
        let (recipe, teacher) = (self.recipe, self.teacher);
        let mut random = stream(self.seed, Purpose::Views, seed);
        let flip = if recipe.views.flip {
            Flip::draw(&mut random)
        } else {
            Flip::default()
        };
        let context = self.label_context();
        let framed = Framed::new(example, self.input_size, flip)?;
        let prior = context.size_prior(&framed);
        let (mut labels, encoded) = self.labelled(&framed, example, instances, prior)?;
        let mut of_views = vec![encoded];
        let mut views = Vec::new();
        if recipe.labels.selection.zooms() {
            let mut label_part = |frame: &Framed, part: &Example, asked: &[usize], prior| {
                let (labels, encoded) = self.labelled(frame, part, asked, prior)?;
                of_views.push(encoded);
                Ok::<_, SamError>(labels)
            };
            views = zoomed_labels(
                example,
                &framed,
                &mut labels,
                recipe,
                prior,
                &mut label_part,
            )?;
        }
        views.insert(0, (framed, labels));
        let stride = teacher.image_encoder.stride();
        let views = views.into_iter().zip(of_views).enumerate().map(
            |(at, ((framed, labels), (frozen, embedding)))| {
                let weak = embedding.filter(|_| self.aligns() && !labels.boxes.is_empty());
                UnpreparedView {
                    weak: weak.map(|embedding| box_features(embedding, &labels.boxes, stride)),
                    framed,
                    labels,
                    frozen,
                    random: (at == 0).then(|| branch(&mut random)),
                }
            },
        );
        Ok(views.collect())
    }

    /// The labels of these instances of an image in its frame, with the output of the frozen parts
    /// of the encoder, and the embedding where it was needed.
    fn labelled(
        &self,
        framed: &Framed,
        example: &Example,
        asked: &[usize],
        prior: Option<SizePrior>,
    ) -> Result<(PseudoLabels, (Tensor<4>, Option<Tensor<4>>)), SamError> {
        let (settings, student) = (&self.recipe.labels, &self.student.image_encoder);
        let teacher = &self.teacher.image_encoder;
        let weak = framed.input(&framed.weak, self.device);
        let frozen = student.forward_frozen(weak.clone());
        let from_points = settings.supervision == Supervision::Points;
        // What does not train is the same in all models of a run.
        let encode = || teacher.forward_beyond(student, frozen.clone());
        let embedding = (self.aligns() || from_points).then(encode);
        let labels = match (&embedding, from_points) {
            (Some(embedding), true) => {
                if settings.encode_twice {
                    teacher.forward(weak);
                }
                let context = self.label_context();
                context.pseudo_labels(framed, embedding, asked, prior)?
            }
            _ => true_labels(example, framed, asked),
        };
        Ok((labels, (frozen, embedding)))
    }

    fn label_context(&self) -> LabelContext<'_> {
        LabelContext {
            model: self.teacher,
            input_size: self.input_size,
            device: self.device,
            labels: &self.recipe.labels,
            size_prior_px: self.size_prior_px,
            batch: self.recipe.schedule.decoder_batch_size,
        }
    }

    /// Whether the views are aligned.
    fn aligns(&self) -> bool {
        let alignment = &self.recipe.alignment;
        alignment.queue > 0 && alignment.weight > 0.0
    }

    /// The strong view, and the output of the frozen parts of the encoder for it.
    fn prepare(&self, view: UnpreparedView) -> PreparedView {
        let UnpreparedView {
            mut framed,
            labels,
            weak,
            frozen,
            random,
        } = view;
        let changes = Photometric {
            probability: self.recipe.views.photometric,
        };
        let strong = random.map(|mut random| changes.strong(&framed.weak, &mut random));
        let strong = match strong.filter(|strong| *strong != framed.weak) {
            Some(strong) => {
                let strong = framed.input(&strong, self.device);
                self.student.image_encoder.forward_frozen(strong)
            }
            None => frozen,
        };
        framed.weak.rgb = Vec::new();
        PreparedView {
            framed,
            labels,
            weak,
            strong,
        }
    }

    /// The training samples of the prompted instances, and the places of their labels.
    fn sample_of(&self, labels: &PseudoLabels, asked: &[usize]) -> (TrainingSample, Vec<usize>) {
        let recipe = self.recipe;
        let mut sample = TrainingSample {
            instances: Vec::new(),
            labels: Vec::new(),
            decoder_batch_size: recipe.schedule.decoder_batch_size,
            checkpoint_activations: recipe.schedule.checkpoint_activations,
            share: 1.0 / recipe.schedule.batch as f64,
        };
        let mut places = Vec::new();
        // By position the first label belongs to the first prompted instance, whichever it was made
        // for.
        let owners = if recipe.labels.pair_by_position {
            asked
        } else {
            &labels.instances
        };
        for (place, (&owner, mask)) in owners.iter().zip(&labels.masks).enumerate() {
            let consistency = labels.consistency.get(place).copied().unwrap_or(1.0);
            if consistency >= self.min_consistency && asked.contains(&owner) {
                sample.instances.push(owner);
                sample.labels.push(mask.clone());
                places.push(place);
            }
        }
        (sample, places)
    }
}

/// A view whose strong form was not made yet.
struct UnpreparedView {
    framed: Framed,
    labels: PseudoLabels,
    /// The features of the boxes in the weak view.
    weak: Option<Tensor<2>>,
    /// The output of the frozen parts of the encoder for the weak view.
    frozen: Tensor<4>,
    /// Draws the strong view. A part is magnified, and of no other colours.
    random: Option<ChaCha8Rng>,
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

/// These rows of a tensor.
fn rows(tensor: &Tensor<2>, places: &[usize]) -> Tensor<2> {
    let [_, columns] = tensor.dims();
    let row = |&place: &usize| tensor.clone().slice([place..place + 1, 0..columns]);
    Tensor::cat(places.iter().map(row).collect(), 0)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
