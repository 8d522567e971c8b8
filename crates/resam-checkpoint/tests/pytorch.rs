//! What `torch.save` writes is read back as it was.

mod common;

use common::{archive, fixture, open, pickle_of, refusal, refusal_of};
use resam_checkpoint::{Checkpoint, Container, Dtype, KeyStyle};

const COUNTING: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
fn a_state_dict_is_read_with_types_shapes_and_values() {
    let checkpoint = open("f32.pth");
    assert_eq!(checkpoint.container(), Container::Pickle);
    assert_eq!(checkpoint.key_style(), KeyStyle::Published);
    assert_eq!(
        checkpoint.names().collect::<Vec<_>>(),
        ["a.bias", "a.weight"]
    );
    let weight = checkpoint.get("a.weight").unwrap();
    assert_eq!(
        (weight.dtype, weight.shape.as_slice()),
        (Dtype::F32, [2, 3].as_slice())
    );
    assert_eq!(checkpoint.read_f32("a.weight").unwrap(), COUNTING);
    assert_eq!(checkpoint.read_f32("a.bias").unwrap(), [-1.0, 0.5]);
    assert_eq!(checkpoint.parameters(), 8);
    assert_eq!(checkpoint.path(), fixture("f32.pth"));
}

#[test]
fn half_bfloat16_and_double_become_f32() {
    for (file, dtype) in [
        ("f16.pth", Dtype::F16),
        ("bf16.pth", Dtype::BF16),
        ("f64.pth", Dtype::F64),
    ] {
        let checkpoint = open(file);
        assert_eq!(checkpoint.get("a.weight").unwrap().dtype, dtype);
        assert_eq!(checkpoint.read_f32("a.weight").unwrap(), COUNTING);
    }
}

#[test]
fn integers_are_listed_and_give_bytes_but_are_no_parameters() {
    let checkpoint = open("integers.pth");
    let dtypes = ["i64", "i32", "i16", "i8", "u8", "bool"];
    for dtype in dtypes {
        assert_eq!(checkpoint.get(dtype).unwrap().dtype.to_string(), dtype);
    }
    assert_eq!(checkpoint.bytes("i16").unwrap().as_ref(), [255, 255, 2, 0]);
    assert_eq!(checkpoint.bytes("bool").unwrap().as_ref(), [1, 0]);
    assert_eq!(checkpoint.parameters(), 1);
    let message = checkpoint.read_f32("i64").unwrap_err().to_string();
    assert!(
        message.ends_with("holds `i64` as i64, not as floating point"),
        "{message}"
    );
}

#[test]
fn a_scalar_has_no_dimensions_and_one_element() {
    let checkpoint = open("integers.pth");
    assert!(checkpoint.get("scalar").unwrap().shape.is_empty());
    assert_eq!(checkpoint.read_f32("scalar").unwrap(), [7.0]);
}

#[test]
fn views_of_one_storage_are_read_in_row_major_order() {
    let checkpoint = open("views.pth");
    assert_eq!(checkpoint.read_f32("base").unwrap(), COUNTING);
    assert_eq!(checkpoint.get("transposed").unwrap().shape, [3, 2]);
    assert_eq!(
        checkpoint.read_f32("transposed").unwrap(),
        [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    );
    assert_eq!(checkpoint.read_f32("second_row").unwrap(), [3.0, 4.0, 5.0]);
    assert_eq!(
        checkpoint.read_f32("even_columns").unwrap(),
        [0.0, 2.0, 3.0, 5.0]
    );
}

#[test]
fn a_tensor_without_elements_is_read() {
    let checkpoint = open("empty_tensor.pth");
    assert_eq!(checkpoint.get("none").unwrap().shape, [0, 3]);
    assert!(checkpoint.read_f32("none").unwrap().is_empty());
}

#[test]
fn parameters_ordered_dicts_and_newer_protocols_are_read() {
    for file in [
        "parameters.pth",
        "protocol_3.pth",
        "protocol_4.pth",
        "protocol_5.pth",
    ] {
        assert_eq!(open(file).read_f32("a.weight").unwrap(), COUNTING, "{file}");
    }
    assert_eq!(open("ordered.pth").read_f32("a").unwrap(), COUNTING);
}

#[test]
fn the_state_dict_of_a_training_checkpoint_is_found_under_its_wrapper() {
    let checkpoint = open("wrapped.pth");
    assert_eq!(checkpoint.names().collect::<Vec<_>>(), ["a.weight"]);
    assert_eq!(checkpoint.read_f32("a.weight").unwrap(), COUNTING);
}

#[test]
fn the_prefix_of_data_parallel_is_taken_off() {
    let checkpoint = open("data_parallel.pth");
    assert_eq!(
        checkpoint.names().collect::<Vec<_>>(),
        ["0.bias", "0.weight"]
    );
    assert_eq!(
        checkpoint.get("0.weight").unwrap().stored_name,
        "module.0.weight"
    );
    assert_eq!(checkpoint.read_f32("0.weight").unwrap(), [2.0; 6]);
}

#[test]
fn the_content_decides_and_not_the_extension() {
    let folder = tempfile::tempdir().unwrap();
    let renamed = folder.path().join("weights.safetensors");
    std::fs::copy(fixture("f32.pth"), &renamed).unwrap();
    assert_eq!(
        Checkpoint::open(&renamed).unwrap().container(),
        Container::Pickle
    );
}

#[test]
fn an_unknown_tensor_is_named() {
    let message = open("f32.pth")
        .read_f32("image_encoder.pos_embed")
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("has no tensor `image_encoder.pos_embed`\n\nhint: "),
        "{message}"
    );
}

#[test]
fn legacy_files_are_refused_with_what_to_do() {
    let message = refusal("legacy.pth");
    assert!(message.contains("legacy format"), "{message}");
    assert!(
        message.contains("hint: save it again with a recent PyTorch"),
        "{message}"
    );
}

#[test]
fn torchscript_is_refused_with_what_to_do() {
    let message = refusal("torchscript.pt");
    assert!(
        message.contains("TorchScript archive, which holds code\n\nhint: "),
        "{message}"
    );
}

#[test]
fn a_whole_pickled_module_is_refused_by_the_name_of_its_class() {
    let message = refusal("whole_module.pth");
    assert!(
        message.contains("wants the class `torch.nn.modules.linear.Linear`"),
        "{message}"
    );
    assert!(
        message.contains("hint: save the weights alone"),
        "{message}"
    );
}

#[test]
fn a_file_without_tensors_says_what_it_holds() {
    let message = refusal("no_tensors.pth");
    assert!(message.contains(r#"holds no tensors, only a dict with the keys ["epoch", "names"]"#));
}

#[test]
fn big_endian_files_are_refused() {
    let pickle = pickle_of(1, 0, &[1], &[1]);
    let with_order = |order: &[u8]| {
        archive(&[
            ("x/data.pkl", &pickle),
            ("x/byteorder", order),
            ("x/data/0", &[0; 4]),
        ])
    };
    assert!(Checkpoint::from_bytes("little", with_order(b"little")).is_ok());
    assert!(refusal_of(&with_order(b"big")).contains("its byte order is `big`"));
    assert!(refusal_of(&with_order(b"middle")).contains("neither `little` nor `big`"));
}
