//! Damaged and hostile files are errors: they run nothing, crash nothing and cost little.

mod common;

use common::{Random, archive, fixture, pickle_of, refusal, refusal_of};
use resam_checkpoint::{Checkpoint, pickle};

/// Reads everything that a caller could.
fn exercise(bytes: Vec<u8>) {
    let size = bytes.len();
    let Ok(checkpoint) = Checkpoint::from_bytes("damaged", bytes) else {
        return;
    };
    for name in checkpoint.names() {
        let tensor = checkpoint.bytes(name).unwrap();
        assert!(tensor.len() <= size, "`{name}` is larger than the file");
        let _ = checkpoint.read_f32(name);
    }
    checkpoint.parameters();
}

fn small_files() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = [
        "f32.pth",
        "views.pth",
        "wrapped.pth",
        "data_parallel.pth",
        "protocol_4.pth",
    ]
    .map(|name| std::fs::read(fixture(name)).unwrap())
    .into();
    files.push(common::safetensors(
        r#"{"__metadata__":{"a":"b"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        &[1; 8],
    ));
    files
}

#[test]
fn a_pickle_that_would_run_a_command_is_refused_by_name() {
    let message = refusal("os_system.pth");
    assert!(
        message.contains("wants the class `posix.system`"),
        "{message}"
    );
    let message = refusal_of(&archive(&[("x/data.pkl", b"\x80\x02cos\nsystem\n)R.")]));
    assert!(message.contains("wants the class `os.system`"), "{message}");
    let message = refusal_of(&archive(&[(
        "x/data.pkl",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    )]));
    assert!(message.contains("wants the class `os.system`"), "{message}");
}

#[test]
fn the_name_of_a_class_cannot_garble_the_message() {
    let long = [
        b"\x80\x02c\x1b[31m".as_slice(),
        &[b'x'; 5000],
        b"\nsystem\n.",
    ]
    .concat();
    let message = refusal_of(&archive(&[("x/data.pkl", &long)]));
    assert!(
        message.len() < 400 && !message.contains('\x1b'),
        "{message}"
    );
}

#[test]
fn every_truncation_is_an_error() {
    for file in small_files() {
        for length in 0..file.len() {
            let cut = file[..length].to_vec();
            assert!(
                Checkpoint::from_bytes("cut", cut).is_err(),
                "{length} of {}",
                file.len()
            );
        }
    }
}

#[test]
fn every_truncation_of_a_pickle_is_an_error() {
    let whole = pickle_of(6, 0, &[2, 3], &[3, 1]);
    assert!(pickle::parse(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(pickle::parse(&whole[..length]).is_err());
    }
}

#[test]
fn every_flipped_bit_is_survived() {
    for file in small_files() {
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            exercise(flipped);
        }
    }
}

#[test]
fn random_damage_is_survived() {
    let mut random = Random(7);
    let files = small_files();
    for _ in 0..5000 {
        let mut file = files[random.below(files.len())].clone();
        for _ in 0..1 + random.below(8) {
            let at = random.below(file.len());
            file[at] = random.below(256) as u8;
        }
        exercise(file);
    }
}

#[test]
fn random_programs_are_survived() {
    const OPCODES: &[u8] = b"\x80\x95(012N\x88\x89GKMJ\x8a\x8bX\x8c\x8dUTBC\x8e\x96)\x85\x86\x87t]ae}sucRbQqr\x94hj\x93.";
    let mut random = Random(11);
    for _ in 0..50_000 {
        let mut program = pickle_of(6, 0, &[2, 3], &[3, 1]);
        for _ in 0..1 + random.below(4) {
            let at = random.below(program.len());
            program[at] = OPCODES[random.below(OPCODES.len())];
        }
        let _ = pickle::parse(&program);
        exercise(archive(&[("x/data.pkl", &program), ("x/data/0", &[0; 24])]));
    }
}

#[test]
fn claims_that_do_not_fit_the_storage_are_refused() {
    let file = |elements, offset, shape: &[u8], strides: &[u8]| {
        let pickle = pickle_of(elements, offset, shape, strides);
        archive(&[("x/data.pkl", &pickle), ("x/data/0", &[0; 24])])
    };
    assert!(Checkpoint::from_bytes("true", file(6, 0, &[2, 3], &[3, 1])).is_ok());
    let message = refusal_of(&file(64, 0, &[2, 3], &[3, 1]));
    let claim = "impossible tensor `a`: its storage `0` claims 64 elements of f32 and has 24 bytes";
    assert!(message.contains(claim), "{message}");
    for refused in [
        file(6, 1, &[2, 3], &[3, 1]),
        file(6, 0, &[3, 3], &[3, 1]),
        file(6, 0, &[2, 3], &[4, 1]),
        file(6, 0, &[200, 200, 200, 200], &[0, 0, 0, 0]),
        file(6, 0, &[2, 3], &[1]),
    ] {
        assert!(refusal_of(&refused).contains("impossible tensor `a`"));
    }
}

#[test]
fn a_view_that_repeats_its_elements_is_refused_rather_than_blown_up() {
    assert!(refusal("expanded.pth").contains("does not fit a storage of 1 elements"));
}

#[test]
fn compressed_archives_are_refused() {
    assert!(refusal("compressed.pth").contains("is compressed or encrypted"));
}

#[test]
fn an_archive_without_its_parts_says_which_is_missing() {
    assert!(refusal_of(&archive(&[("x/readme", b"")])).contains("has no `data.pkl`"));
    let no_storage = archive(&[("x/data.pkl", &pickle_of(6, 0, &[6], &[1]))]);
    assert!(refusal_of(&no_storage).contains("the entry `x/data/0` is missing"));
    let two = archive(&[("x/data.pkl", b"."), ("y/data.pkl", b".")]);
    assert!(refusal_of(&two).contains("more than one `data.pkl`"));
}

#[test]
fn programs_that_only_grow_are_stopped() {
    for endless in [b"N".as_slice(), b"(", b"]", b"}", b")", b"N0", b"Nq\x00"] {
        let program = endless.repeat(3 << 20);
        assert_eq!(
            pickle::parse(&program).unwrap_err(),
            pickle::PickleError::TooManyValues
        );
    }
    let deep = [b"N".as_slice(), &b"\x85".repeat(1 << 19), b"."].concat();
    assert!(pickle::parse(&deep).is_ok(), "nesting costs no recursion");
}

#[test]
fn a_dict_that_holds_itself_is_no_trouble() {
    let program = b"\x80\x02}q\x00\x8c\x05modelh\x00s.";
    assert!(refusal_of(&archive(&[("x/data.pkl", program)])).contains("holds no tensors"));
}
