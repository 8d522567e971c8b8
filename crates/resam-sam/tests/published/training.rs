//! What training costs: no graph below the first adapter, and none at all with activation
//! checkpoints, at the same gradients.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use resam_checkpoint::Checkpoint;
use resam_sam::ImageEncoder;
use resam_sam::{LoraConfig, Sam, SamConfig};
use resam_testing::{golden_folders, shared};

use crate::common::{relative_error, values};

/// The encoders at hand, with the side of a small input: the golden ViTs, and a TinyViT with real
/// weights where there is one.
fn encoders(device: &Device) -> Vec<(String, ImageEncoder, usize)> {
    let mut files: Vec<_> = golden_folders()
        .into_iter()
        .map(|folder| (folder.join("model.safetensors"), 128))
        .collect();
    files.extend(shared("weights/minisam_vit_t.safetensors").map(|weights| (weights, 256)));
    files
        .into_iter()
        .map(|(file, side)| {
            let checkpoint = Checkpoint::open(&file).expect("weights");
            let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
            if side == 128 {
                config.decoder.heads = 4;
            }
            let sam = Sam::load_with(&checkpoint, &config, device).expect("a model");
            (file.display().to_string(), sam.image_encoder, side)
        })
        .collect()
}

/// Numbers of both signs without a pattern that a mistake could keep.
fn pattern<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..count).map(|i| (i as f32 * 1.7).sin()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Adapters that do something: fresh ones have a factor of zeros.
fn adapted(mut encoder: ImageEncoder, start_block: usize) -> ImageEncoder {
    struct Fill;
    impl ModuleMapper for Fill {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if !param.val().is_require_grad() {
                return param;
            }
            let id = param.id;
            let filled = pattern(param.dims(), &Device::flex()) * 0.05;
            Param::initialized(id, filled.autodiff().require_grad())
        }
    }
    encoder.attach_lora(LoraConfig {
        rank: 4,
        start_block,
    });
    encoder.map(&mut Fill)
}

/// The gradients of all that trains, in the order of the model.
fn trained(encoder: &ImageEncoder, gradients: &GradientsParams) -> Vec<(ParamId, Vec<f32>)> {
    struct List<'a>(&'a GradientsParams, Vec<(ParamId, Vec<f32>)>);
    impl ModuleVisitor for List<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(param.id) {
                self.1.push((param.id, values(&gradient)));
            }
        }
    }
    let mut list = List(gradients, Vec::new());
    encoder.visit(&mut list);
    list.1
}

#[test]
fn below_the_first_adapter_nothing_is_in_a_graph() {
    // Loaded with automatic differentiation or without, frozen parameters take no part in it.
    for device in [Device::flex(), Device::flex().autodiff()] {
        for (name, encoder, side) in encoders(&device) {
            let ImageEncoder::Vit(vit) = adapted(encoder, 2) else {
                continue;
            };
            let image = pattern([1, 3, side, side], &Device::flex());
            let embedding = vit.forward_observed(image, |block, x| {
                assert_eq!(x.is_autodiff(), block >= 2, "{name}: block {block}");
                assert_eq!(x.is_tracked(), block >= 2, "{name}: block {block}");
            });
            assert!(embedding.is_tracked());
        }
    }
}

#[test]
fn a_model_without_adapters_is_in_no_graph_whatever_the_device() {
    let device = Device::flex().autodiff();
    for (name, encoder, side) in encoders(&device) {
        let embedding = encoder.forward(pattern([1, 3, side, side], &device));
        assert!(!embedding.is_autodiff(), "{name}");
    }
}

#[test]
fn activation_checkpoints_give_the_embedding_and_the_gradients_of_the_plain_way() {
    for (name, encoder, side) in encoders(&Device::flex()) {
        for start_block in [0, 3] {
            let encoder = adapted(encoder.clone(), start_block);
            let image = pattern([1, 3, side, side], &Device::flex());
            let loss = |embedding: &Tensor<4>| {
                let weights = pattern(embedding.dims(), &Device::flex());
                (embedding.clone().powi_scalar(2) * weights).sum()
            };

            let plain = encoder.forward(image.clone());
            let gradients = loss(&plain).backward();
            let theirs = trained(&encoder, &GradientsParams::from_grads(gradients, &encoder));

            // In two halves, of which the first can be kept.
            let frozen = encoder.forward_frozen(image);
            assert!(!frozen.is_autodiff(), "{name}");
            let halves = encoder.forward_trained(frozen.clone());
            assert_eq!(values(&halves), values(&plain), "{name}");

            let (embedding, checkpoints) = encoder.forward_checkpointed(frozen);
            let error = relative_error(&values(&embedding), &values(&plain));
            assert!(error < 1e-5, "{name}: {error:e}");
            let mut gradients = loss(&embedding).backward();
            let of_embedding = embedding.grad_remove(&mut gradients).expect("a gradient");
            let mut gradients = GradientsParams::from_grads(gradients, &encoder);
            checkpoints.backward(&encoder, of_embedding, &mut gradients);
            let ours = trained(&encoder, &gradients);

            assert_eq!(ours.len(), theirs.len(), "{name}");
            assert!(!ours.is_empty() && ours.len().is_multiple_of(4), "{name}");
            for ((our_id, ours), (their_id, theirs)) in ours.iter().zip(&theirs) {
                assert_eq!(our_id, their_id);
                assert!(theirs.iter().any(|&value| value != 0.0), "{name}");
                let error = relative_error(ours, theirs);
                assert!(error < 1e-5, "{name}, from block {start_block}: {error:e}");
            }
        }
    }
}

#[test]
fn activation_checkpoints_of_a_frozen_encoder_have_no_way_back() {
    for (name, encoder, side) in encoders(&Device::flex()) {
        let image = pattern([1, 3, side, side], &Device::flex());
        let (embedding, checkpoints) = encoder.forward_checkpointed(encoder.forward_frozen(image));
        let mut gradients = GradientsParams::new();
        checkpoints.backward(&encoder, embedding.inner(), &mut gradients);
        assert!(gradients.is_empty(), "{name}");
    }
}
