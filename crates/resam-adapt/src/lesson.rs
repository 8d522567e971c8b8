//! A visit of an image as far as nothing changes by it: a look, and what there is to learn from it.
//!
//! Several can be studied at once, on a device each.

use std::ops::Range;

use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use resam_sam::{Sam, SamError};

use crate::closer::closer_labels;
use crate::draws::{Purpose, branch, shuffle, stream};
use crate::example::{Example, Examples, Framed};
use crate::kept::{Kept, Prepared};
use crate::recipe::{Recipe, Schedule, Supervision};
use crate::reinforce::{Queues, box_features};
use crate::requery::requery_box;
use crate::step::{Aligning, Gradients, Lesson, LossParts, PseudoLabels, learn, pseudo_labels};
use crate::trainer::Visit;
use crate::views::{Flip, Photometric};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The image, by number.
    pub(crate) image: usize,
    /// The pass, from 0.
    pub(crate) epoch: usize,
    /// The visit, from 0.
    pub(crate) number: u64,
}

/// What came of studying an image.
pub(crate) struct Studied {
    pub(crate) visit: Visit,
    /// What there is to learn, if there is anything.
    pub(crate) look: Option<Look>,
    /// What was learnt from its first part.
    pub(crate) first: Option<Learnt>,
}

/// An image with the labels that are learnt from.
pub(crate) struct Look {
    framed: Framed,
    lesson: Lesson,
    boxes: Vec<[f32; 4]>,
    /// The features of the boxes in the weak view, when they are aligned.
    weak: Option<Tensor<2>>,
    strong: Tensor<4>,
}

/// What was learnt from a part of a look.
pub(crate) struct Learnt {
    pub(crate) losses: LossParts,
    pub(crate) gradients: Gradients,
    /// The features of both views, for the queues.
    pub(crate) pairs: Vec<[Vec<f32>; 2]>,
}

impl Look {
    /// How many instances there are.
    pub(crate) fn instances(&self) -> usize {
        self.lesson.instances.len()
    }

    /// The parts that make an update each, or a part of one.
    pub(crate) fn parts(&self, schedule: &Schedule) -> Vec<Range<usize>> {
        let whole = self.instances();
        let part = match schedule.update_each_chunk {
            true => schedule.chunk.max(1),
            false => whole.max(1),
        };
        let firsts = (0..whole).step_by(part);
        firsts
            .map(|first| first..(first + part).min(whole))
            .collect()
    }

    /// Steps 5 to 7 on some of the instances.
    pub(crate) fn learn(
        &self,
        range: Range<usize>,
        student: &Sam,
        recipe: &Recipe,
        queues: &Queues,
        beta: f64,
    ) -> Learnt {
        let piece = Lesson {
            instances: self.lesson.instances[range.clone()].to_vec(),
            labels: self.lesson.labels[range.clone()].to_vec(),
            ..self.lesson
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
            &piece,
            &recipe.loss,
            aligning,
        );
        // The last in the queues are this step's own.
        let own = if aligned { range.len() } else { 0 };
        let before = queues.pairs.len().saturating_sub(own);
        Learnt {
            losses,
            gradients,
            pairs: queues.pairs.into_iter().skip(before).collect(),
        }
    }
}

/// Studies images with models that do not change meanwhile.
pub(crate) struct Scholar<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) seed: u64,
    pub(crate) input_size: usize,
    pub(crate) device: &'a Device,
    pub(crate) student: &'a Sam,
    /// The model that labels are made with.
    pub(crate) teacher: &'a Sam,
    /// The area in pixels of an image that objects usually have, where it is known.
    pub(crate) usual_area: Option<f64>,
    /// The smallest agreement of a label that is learnt from.
    pub(crate) least_agreement: f64,
    pub(crate) kept: Option<&'a Kept>,
    pub(crate) queues: &'a Queues,
    pub(crate) beta: f64,
}

impl Scholar<'_> {
    /// Looks at an image, and learns from the first part of what it sees.
    ///
    /// # Errors
    /// Why the image cannot be read, in words.
    pub(crate) fn study(&self, examples: &dyn Examples, turn: &Turn) -> Result<Studied, String> {
        let (prepared, asked) = self.look(examples, turn)?;
        let Prepared {
            framed,
            labels,
            weak,
            strong,
        } = prepared;
        let mut visit = Visit {
            image: turn.image,
            epoch: turn.epoch,
            asked: asked.len(),
            learnt: 0,
            empty: labels.empty.len(),
            agreement: mean(&labels.agreement),
            losses: None,
            learning_rate: 0.0,
            skipped: None,
        };
        let (lesson, places) = self.lesson_of(&labels, &asked);
        if lesson.instances.is_empty() {
            let reason = match labels.instances.is_empty() {
                true => {
                    "no instance has a label: masks are empty, or hold points that they should not"
                }
                false => "no instance's masks agree enough",
            };
            visit.skipped = Some(reason.to_owned());
            return Ok(Studied {
                visit,
                look: None,
                first: None,
            });
        }
        let look = Look {
            framed,
            lesson,
            boxes: places.iter().map(|&place| labels.boxes[place]).collect(),
            weak: weak.map(|weak| rows(&weak, &places)),
            strong,
        };
        let first = look.parts(&self.recipe.schedule).into_iter().next();
        let first =
            first.map(|range| look.learn(range, self.student, self.recipe, self.queues, self.beta));
        Ok(Studied {
            visit,
            look: Some(look),
            first,
        })
    }

    /// A look at an image, and the instances that the visit is about.
    ///
    /// An image is looked at whole and in the parts that show its small objects closer, one pass one
    /// look. Looks that repeat are about all instances: which of them are learnt from is drawn at each
    /// visit, among those that have a label to learn from.
    fn look(&self, examples: &dyn Examples, turn: &Turn) -> Result<(Prepared, Vec<usize>), String> {
        let error = |error: SamError| error.to_string();
        if !self.recipe.repeats() {
            let example = examples.read(turn.image)?;
            let asked = self.drawn((0..example.instances.len()).collect(), turn.number);
            let seed = match self.recipe.views.distinct as u64 {
                0 => turn.number,
                distinct => turn.image as u64 * distinct + turn.epoch as u64 % distinct,
            };
            let mut looks = self.looks(&example, &asked, seed).map_err(error)?;
            let look = looks.swap_remove(turn.epoch % looks.len());
            return Ok((self.prepare(look), asked));
        }
        let distinct = self.recipe.views.distinct;
        let seed = (turn.image * distinct + turn.epoch % distinct) as u64;
        let pass = turn.epoch / distinct;
        let kept = self
            .kept
            .and_then(|kept| kept.read(seed, pass, self.device));
        let prepared = match kept {
            Some(prepared) => prepared,
            None => {
                let example = examples.read(turn.image)?;
                let all: Vec<usize> = (0..example.instances.len()).collect();
                let looks = self.looks(&example, &all, seed).map_err(error)?;
                match self.kept {
                    Some(kept) => {
                        let looks = looks.into_iter().map(|look| self.prepare(look));
                        let mut looks: Vec<Prepared> = looks.collect();
                        kept.write(seed, &looks);
                        looks.swap_remove(pass % looks.len())
                    }
                    None => {
                        let mut looks = looks;
                        self.prepare(looks.swap_remove(pass % looks.len()))
                    }
                }
            }
        };
        let labels = &prepared.labels;
        let (lesson, _) = self.lesson_of(labels, &labels.instances);
        let asked = self.drawn(lesson.instances, turn.number);
        Ok((prepared, asked))
    }

    /// As many of these instances as a visit is about, in their order.
    fn drawn(&self, mut instances: Vec<usize>, number: u64) -> Vec<usize> {
        let most = self.recipe.schedule.instances;
        if most > 0 && instances.len() > most {
            let mut random = stream(self.seed, Purpose::Instances, number);
            shuffle(&mut random, &mut instances);
            instances.truncate(most);
            instances.sort_unstable();
        }
        instances
    }

    /// Steps 1 to 4: the views of an image, whole first and then of the parts that are learnt from, with
    /// the labels of these instances.
    fn looks(
        &self,
        example: &Example,
        instances: &[usize],
        seed: u64,
    ) -> Result<Vec<Unseen>, SamError> {
        let (recipe, teacher) = (self.recipe, self.teacher);
        let mut random = stream(self.seed, Purpose::Views, seed);
        let flip = match recipe.views.flip {
            true => Flip::draw(&mut random),
            false => Flip::default(),
        };
        let aligns = recipe.alignment.queue > 0 && recipe.alignment.weight > 0.0;
        let settings = &recipe.labels;
        let student = &self.student.image_encoder;
        let labelled = |framed: &Framed, example: &Example, asked: &[usize], company| {
            let weak = framed.input(&framed.weak, self.device);
            let frozen = student.forward_frozen(weak.clone());
            let from_points = settings.supervision == Supervision::Points;
            // What does not train is the same in all models of a run.
            let encode = || {
                teacher
                    .image_encoder
                    .forward_beyond(student, frozen.clone())
            };
            let embedding = (aligns || from_points).then(encode);
            let labels = match (&embedding, from_points) {
                (Some(embedding), true) => {
                    if settings.encode_twice {
                        teacher.image_encoder.forward(weak);
                    }
                    let chunk = recipe.schedule.chunk;
                    pseudo_labels(teacher, embedding, framed, asked, settings, chunk, company)
                }
                _ => true_labels(example, framed, asked),
            };
            (labels, (frozen, embedding))
        };
        let framed = Framed::new(example, self.input_size, flip)?;
        let company = settings.choice.company(self.usual_area);
        let company = company.map(|usual| usual.magnified(framed.pixels_of_input()));
        let (mut labels, encoded) = labelled(&framed, example, instances, company);
        let mut of_looks = vec![encoded];
        let mut looks = Vec::new();
        if settings.choice.candidates && settings.choice.closer {
            let mut ask = |closer: &Framed, part: &Example, asked: &[usize], company| {
                let (labels, encoded) = labelled(closer, part, asked, company);
                of_looks.push(encoded);
                labels
            };
            let (choice, most) = (&settings.choice, recipe.views.parts);
            looks = closer_labels(
                example,
                &framed,
                &mut labels,
                choice,
                company,
                most,
                &mut ask,
            )?;
        }
        looks.insert(0, (framed, labels));
        let stride = teacher.image_encoder.stride();
        let looks = looks.into_iter().zip(of_looks).enumerate().map(
            |(at, ((framed, labels), (frozen, embedding)))| {
                let weak = embedding.filter(|_| aligns && !labels.boxes.is_empty());
                Unseen {
                    weak: weak.map(|embedding| box_features(embedding, &labels.boxes, stride)),
                    framed,
                    labels,
                    frozen,
                    random: (at == 0).then(|| branch(&mut random)),
                }
            },
        );
        Ok(looks.collect())
    }

    /// The strong view, and what the frozen parts of the encoder make of it.
    fn prepare(&self, look: Unseen) -> Prepared {
        let Unseen {
            mut framed,
            labels,
            weak,
            frozen,
            random,
        } = look;
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
        Prepared {
            framed,
            labels,
            weak,
            strong,
        }
    }

    /// What is learnt from labels about the instances that were asked, and the labels' places.
    fn lesson_of(&self, labels: &PseudoLabels, asked: &[usize]) -> (Lesson, Vec<usize>) {
        let recipe = self.recipe;
        let mut lesson = Lesson {
            instances: Vec::new(),
            labels: Vec::new(),
            chunk: recipe.schedule.chunk,
            checkpoint_activations: recipe.schedule.checkpoint_activations,
            share: 1.0 / recipe.schedule.batch as f64,
        };
        let mut places = Vec::new();
        // By position the first label belongs to the first that was asked, whoever it was made for.
        let owners = match recipe.labels.pair_by_position {
            true => asked,
            false => &labels.instances,
        };
        for (place, (&owner, mask)) in owners.iter().zip(&labels.masks).enumerate() {
            let agreement = labels.agreement.get(place).copied().unwrap_or(1.0);
            if agreement >= self.least_agreement && asked.contains(&owner) {
                lesson.instances.push(owner);
                lesson.labels.push(mask.clone());
                places.push(place);
            }
        }
        (lesson, places)
    }
}

/// A look whose strong view was not made yet.
struct Unseen {
    framed: Framed,
    labels: PseudoLabels,
    /// The features of the boxes in the weak view.
    weak: Option<Tensor<2>>,
    /// What the frozen parts of the encoder make of the weak view.
    frozen: Tensor<4>,
    /// Draws the strong view. A part is closer, and of no other colours.
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
