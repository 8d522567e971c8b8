//! Adapts the Segment Anything model to imagery from points alone: ReSAM (arXiv 2511.21606).
//!
//! A run refines the masks of points to boxes, requeries the model with the boxes for
//! pseudo-labels, and trains LoRA adapters on them with a soft semantic alignment of a weak and a
//! strong view ("Refine, Requery, Reinforce"). At inference [`answer`](answer()) selects the mask
//! of each prompt.
//!
//! | item | what it is |
//! |---|---|
//! | [`Recipe`] | every number and every switch of the method; TOML, with presets |
//! | [`Examples`], [`Example`] | images with points: a trait to implement |
//! | [`Trainer`], [`TrainerOptions`] | the training loop, one image an iteration |
//! | [`State`], [`TrainingPlan`] | a checkpoint, from which a run resumes bit for bit |
//! | [`answer`](answer()), [`Question`] | the masks of prompts at inference, with mask selection and zoom |
//! | [`LabelContext`], [`PseudoLabels`] | pseudo-labels of an image |
//! | [`mask_losses`], [`iou_loss`], [`alignment`] | the losses |
//! | [`step_memory`] | the peak memory of a training step, before it runs |
//!
//! # Example
//!
//! One iteration on the built-in nano model and one image with one point. The default recipe skips
//! pseudo-labels of a consistency below 0.7; the example lowers this bound.
//!
//! ```
//! use resam_adapt::views::View;
//! use resam_adapt::{Example, ExampleInstance, Examples, Recipe, Trainer, TrainerOptions};
//! use resam_sam::{ComputeDevice, PromptPoint, Sam};
//!
//! /// A bright square on a dark ground.
//! struct Square;
//!
//! impl Examples for Square {
//!     fn len(&self) -> usize {
//!         1
//!     }
//!
//!     fn instances(&self) -> usize {
//!         1
//!     }
//!
//!     fn name(&self, _index: usize) -> String {
//!         "square".into()
//!     }
//!
//!     fn read(&self, _index: usize) -> Result<Example, String> {
//!         let inside = |at: usize| (20..44).contains(&at);
//!         let value = |at: usize| if inside(at % 64) && inside(at / 64) { 220 } else { 40 };
//!         let rgb = (0..64 * 64).flat_map(|at| [value(at); 3]).collect();
//!         let instance = ExampleInstance {
//!             name: "1".into(),
//!             class: None,
//!             points: vec![PromptPoint::positive(32.0, 32.0)],
//!             truth: None,
//!         };
//!         Ok(Example {
//!             image: View { width: 64, height: 64, rgb },
//!             instances: vec![instance],
//!         })
//!     }
//! }
//!
//! let device = ComputeDevice::cpu().device;
//! let sam = Sam::load(&resam_nano::checkpoint()?, &device)?;
//! let options = TrainerOptions { device, input_size: 256, seed: 1, iterations: 1, instances: 1 };
//! let mut recipe = Recipe::default();
//! recipe.labels.min_consistency = 0.5;
//! let mut trainer = Trainer::new(sam, recipe, options)?;
//! let iteration = trainer.iterate(&Square)?;
//! assert_eq!(iteration.learnt, 1);
//! assert_eq!(trainer.position().iterations, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`recipe`] | the recipe, its presets and its former names |
//! | [`example`] | images with points, and their frame in the network's input |
//! | [`views`] | step 1: a weak and a strong view |
//! | [`labels`] | steps 2 to 4: pseudo-labels from the points of an image |
//! | [`refine`] | step 3: the pixels of a coarse mask of low entropy that no other instance claims |
//! | [`requery`] | step 4: the box of these pixels |
//! | [`zoom`] | labels of small objects, at twice the scale |
//! | [`size_prior`] | calibration: the size prior, and the consistency of labels |
//! | [`reinforce`] | step 6: the soft semantic alignment of two views |
//! | [`losses`] | step 7: focal, dice and predicted IoU |
//! | [`step`] | losses and gradients of the labels of one image |
//! | [`feature_cache`] | labels and frozen features of repeated views, on disk |
//! | `worker` | one iteration on one device, up to the gradients |
//! | [`trainer`] | the training loop: batches, updates, learning rate |
//! | [`progress`], [`checkpoint`] | the state of a run, and its file |
//! | [`trained`] | the trained parameters by name |
//! | [`answer`](mod@answer) | mask selection at inference |
//! | [`memory`] | the peak memory of a step |
//! | [`draws`] | streams of random numbers by purpose and number |
//!
//! Which of a point's candidate masks is taken is decided by [`resam_select`], in training and at
//! inference.
//!
//! # Limits
//!
//! The crate reads no image files and no data sets, and it does not schedule validation:
//! [`Examples`] gives the images, and `resam-train` runs a whole adaptation.

pub mod answer;
pub mod checkpoint;
pub mod draws;
pub mod error;
pub mod example;
pub mod feature_cache;
pub mod labels;
pub mod losses;
pub mod memory;
pub mod optimizer_state;
pub mod progress;
mod read;
pub mod recipe;
pub mod refine;
pub mod reinforce;
pub mod requery;
pub mod size_prior;
pub mod step;
pub mod trained;
pub mod trainer;
pub mod views;
mod worker;
pub mod zoom;

pub use answer::{Question, SelectedPrediction, answer};
pub use checkpoint::StateError;
pub use error::IterationError;
pub use example::{Example, ExampleInstance, Examples};
pub use labels::{EncodedView, LabelContext, PseudoLabels};
pub use losses::{MaskLosses, iou_loss, mask_losses};
pub use memory::{Step, StepMemory, step_memory};
pub use optimizer_state::OptimizerState;
pub use progress::{Iteration, Position, State, TrainingPlan};
pub use recipe::Recipe;
pub use reinforce::{alignment, box_features};
pub use trainer::{Trainer, TrainerOptions};
