//! The feature cache: labels and frozen features of a view are computed once and kept on disk.
//!
//! When views repeat (`views.distinct`) and the teacher is the pretrained model, the labels of a
//! view, the features of its weak view, and the output of the frozen blocks of the encoder for its
//! strong view do not change during a run. The next iteration on the view computes only the blocks
//! that train.
//!
//! The cache changes no result: a view that is not there is made again, to the same bits. A full
//! disk, a damaged file and a limit that is reached cost time and nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use burn::tensor::{Device, Tensor, TensorData};
use resam_checkpoint::{Checkpoint, TensorToWrite, write_safetensors};
use resam_files::{disk, remove_strays};
use resam_mask::{Bitmap, Rle};
use resam_sam::SamError;
use resam_sam::postprocess::Geometry;
use resam_sam::prompt_encoder::PointLabel;
use serde::{Deserialize, Serialize};

use crate::example::Framed;
use crate::labels::PseudoLabels;
use crate::progress::TrainingPlan;
use crate::read::values;
use crate::views::{Flip, View};

/// A view of an image with its labels and frozen features.
#[derive(Debug, Clone)]
pub struct PreparedView {
    /// The points and the frame. The pixels of the weak view may be empty.
    pub framed: Framed,
    /// The labels.
    pub labels: PseudoLabels,
    /// The features of the labels' boxes in the weak view, `[labels, channels]`, when the views are
    /// aligned.
    pub weak: Option<Tensor<2>>,
    /// The output of the encoder's frozen blocks for the strong view.
    pub strong: Tensor<4>,
}

/// The views of a run, on disk.
#[derive(Debug)]
pub struct FeatureCache {
    folder: PathBuf,
    /// What its files say of the run that they belong to.
    run: String,
    input_size: usize,
    /// Bytes that may still be written.
    room: AtomicU64,
}

impl FeatureCache {
    /// A cache in a folder, of at most `limit` bytes, of a run of this plan. A missing folder is
    /// made. What a run that was killed left unfinished is removed; nobody else may write to the
    /// folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(folder: &Path, limit: u64, plan: &TrainingPlan) -> std::io::Result<Self> {
        disk::create_dir_all(folder)?;
        remove_strays(folder)?;
        // Numbers and words: writing them to memory cannot fail.
        let text = serde_json::to_string(plan).unwrap_or_default();
        let files = fs_err::read_dir(folder)?.flatten();
        let sizes = files.filter_map(|file| Some(file.metadata().ok()?.len()));
        Ok(Self {
            folder: folder.to_owned(),
            run: format!("{:08x}", crc32c::crc32c(text.as_bytes())),
            input_size: plan.input_size,
            room: AtomicU64::new(limit.saturating_sub(sizes.sum())),
        })
    }

    fn file(&self, view: u64) -> PathBuf {
        self.folder.join(format!("view-{view:06}.safetensors"))
    }

    /// One of the views of this number, if the cache has them: the view `pass` modulo their count.
    pub fn read(&self, view: u64, pass: usize, device: &Device) -> Option<PreparedView> {
        let path = self.file(view);
        if !path.exists() {
            return None;
        }
        let file = Checkpoint::open(&path).ok()?;
        let metadata = file.metadata();
        // Whole, of this run, and not of another view.
        file.checksum()?;
        let own = [("run", self.run.clone()), ("view", view.to_string())];
        if own
            .iter()
            .any(|(name, value)| metadata.get(*name) != Some(value))
        {
            return None;
        }
        let stored: Vec<Stored> = serde_json::from_str(metadata.get("views")?).ok()?;
        let at = pass.checked_rem(stored.len())?;
        let stored = stored.into_iter().nth(at)?;
        let name = |name: &str| format!("{at}.{name}");
        let strong = file.get(&name("strong"))?.shape.clone();
        let strong: [usize; 4] = strong.try_into().ok()?;
        let strong = TensorData::new(file.read_f32(&name("strong")).ok()?, strong);
        let rows = |of: &str| match file.get(&name(of)) {
            Some(_) => file.read_f32(&name(of)).ok(),
            None => Some(Vec::new()),
        };
        let boxes = rows("boxes")?.as_chunks::<4>().0.to_vec();
        let weak = rows("weak")?;
        let channels = weak.len() / boxes.len().max(1);
        let padded = stored.padded == self.input_size;
        if !padded
            || stored.consistency.len() != boxes.len()
            || weak.len() != channels * boxes.len()
        {
            return None;
        }
        let wants_weak = stored.wants_weak && !boxes.is_empty();
        let weak = wants_weak.then(|| {
            let weak = TensorData::new(weak, [boxes.len(), channels]);
            Tensor::from_data(weak, device)
        });
        Some(PreparedView {
            framed: stored.framed(&rows("points")?),
            labels: stored.labels(boxes)?,
            weak,
            strong: Tensor::from_data(strong, device),
        })
    }

    /// Writes the views of a number, if there is room. After a failed write nothing more is
    /// written.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device does not give the values.
    pub fn write(&self, view: u64, views: &[PreparedView]) -> Result<(), SamError> {
        let strong = views.iter().map(|view| values(view.strong.clone()));
        let strong = strong.collect::<Result<Vec<Vec<f32>>, SamError>>()?;
        // What else there is is small beside it.
        let bytes = strong.iter().map(|strong| 4 * strong.len() as u64).sum();
        let take = |room: u64| room.checked_sub(bytes);
        if self.room.fetch_update(Relaxed, Relaxed, take).is_err() {
            return Ok(());
        }
        let mut tensors = Vec::new();
        for (at, (prepared, strong)) in views.iter().zip(&strong).enumerate() {
            let labels = &prepared.labels;
            let shape = prepared.strong.dims();
            let mut add = |name: &str, shape: &[usize], values: &[f32]| {
                if !values.is_empty() {
                    tensors.push(TensorToWrite::from_f32(
                        format!("{at}.{name}"),
                        shape,
                        values,
                    ));
                }
            };
            add("strong", &shape, strong);
            let mut rows = |name: &str, width: usize, values: &[f32]| {
                add(name, &[values.len() / width, width], values);
            };
            rows("boxes", 4, labels.boxes.as_flattened());
            rows("points", 4, &points(&prepared.framed));
            if let Some(weak) = &prepared.weak {
                let [_, channels] = weak.dims();
                rows("weak", channels, &values(weak.clone())?);
            }
        }
        let stored: Vec<Stored> = views.iter().map(Stored::of).collect();
        // Numbers and words: writing them to memory cannot fail.
        let stored = serde_json::to_string(&stored).unwrap_or_default();
        let metadata = BTreeMap::from([
            ("views".to_owned(), stored),
            ("run".to_owned(), self.run.clone()),
            ("view".to_owned(), view.to_string()),
        ]);
        if write_safetensors(&self.file(view), &tensors, &metadata).is_err() {
            self.room.store(0, Relaxed);
        }
        Ok(())
    }
}

/// A row for each point: its instance, x, y, and whether it is positive.
fn points(framed: &Framed) -> Vec<f32> {
    let instances = framed.points.iter().enumerate();
    let row = |(instance, points): (usize, &Vec<([f32; 2], PointLabel)>)| {
        let rows = points.iter().map(move |&([x, y], label)| {
            let positive = f32::from(u8::from(label == PointLabel::Positive));
            [instance as f32, x, y, positive]
        });
        rows.collect::<Vec<_>>()
    };
    instances.flat_map(row).flatten().collect()
}

/// All of a view that is no tensor.
#[derive(Serialize, Deserialize)]
struct Stored {
    original: [usize; 2],
    covered: [usize; 2],
    padded: usize,
    /// Left and right, top and bottom changed places.
    mirrored: [bool; 2],
    pointed: usize,
    instances: Vec<usize>,
    empty: Vec<usize>,
    consistency: Vec<f64>,
    /// COCO run lengths.
    masks: Vec<Vec<u32>>,
    wants_weak: bool,
}

impl Stored {
    fn of(prepared: &PreparedView) -> Self {
        let Framed {
            geometry,
            flip,
            points,
            ..
        } = &prepared.framed;
        let labels = &prepared.labels;
        let counts = |mask: &Bitmap| Rle::encode(mask).counts().to_vec();
        Self {
            original: geometry.original,
            covered: geometry.covered,
            padded: geometry.padded,
            mirrored: [flip.horizontal, flip.vertical],
            pointed: points.len(),
            instances: labels.instances.clone(),
            empty: labels.empty.clone(),
            consistency: labels.consistency.clone(),
            masks: labels.masks.iter().map(counts).collect(),
            wants_weak: prepared.weak.is_some(),
        }
    }

    fn framed(&self, rows: &[f32]) -> Framed {
        let mut points = vec![Vec::new(); self.pointed];
        for &[instance, x, y, positive] in rows.as_chunks::<4>().0 {
            let label = if positive > 0.5 {
                PointLabel::Positive
            } else {
                PointLabel::Negative
            };
            if let Some(points) = points.get_mut(instance as usize) {
                points.push(([x, y], label));
            }
        }
        Framed {
            weak: View {
                width: 0,
                height: 0,
                rgb: Vec::new(),
            },
            geometry: Geometry {
                original: self.original,
                covered: self.covered,
                padded: self.padded,
            },
            flip: Flip {
                horizontal: self.mirrored[0],
                vertical: self.mirrored[1],
            },
            points,
        }
    }

    /// None when the numbers of labels, boxes and masks differ, or a mask is none.
    fn labels(self, boxes: Vec<[f32; 4]>) -> Option<PseudoLabels> {
        let side = u32::try_from(self.padded).ok()?;
        let decode = |counts| Some(Rle::from_counts(counts, side, side).ok()?.decode());
        let masks: Option<Vec<Bitmap>> = self.masks.into_iter().map(decode).collect();
        let masks = masks?;
        let whole = masks.len() == boxes.len() && self.instances.len() == boxes.len();
        whole.then_some(PseudoLabels {
            instances: self.instances,
            masks,
            boxes,
            consistency: self.consistency,
            empty: self.empty,
            candidates: Vec::new(),
            of_points: Vec::new(),
        })
    }
}
