//! The golden models are read alike from both formats. Skipped, with a line, where they are absent.

use resam_checkpoint::Checkpoint;
use resam_testing::shared;

#[test]
fn pth_and_safetensors_hold_the_same_tensors() {
    for model in ["sam_7", "sam_8"] {
        let (Some(pth), Some(safetensors)) = (
            shared(&format!("golden/{model}/model.pth")),
            shared(&format!("golden/{model}/model.safetensors")),
        ) else {
            return;
        };
        let pth = Checkpoint::open(&pth).unwrap();
        let safetensors = Checkpoint::open(&safetensors).unwrap();
        assert!(pth.names().eq(safetensors.names()));
        for name in pth.names() {
            let (one, other) = (pth.get(name).unwrap(), safetensors.get(name).unwrap());
            assert_eq!(
                (one.dtype, &one.shape),
                (other.dtype, &other.shape),
                "{name}"
            );
            assert_eq!(
                pth.bytes(name).unwrap(),
                safetensors.bytes(name).unwrap(),
                "{name}"
            );
        }
    }
}

#[test]
fn the_real_model_has_its_known_size() {
    let Some(path) = shared("weights/minisam_vit_t.safetensors") else {
        return;
    };
    let checkpoint = Checkpoint::open(&path).unwrap();
    // Of its 9,818,591 elements 27 are integers: how many batches each batch norm has seen.
    assert_eq!(checkpoint.parameters(), 9_818_591 - 27);
}
