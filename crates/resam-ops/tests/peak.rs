//! The peak of memory, in a process of its own.

#[test]
fn the_peak_of_memory_follows_what_is_held() {
    let Some(before) = resam_ops::memory::peak() else {
        println!("skipped: this system does not tell");
        return;
    };
    const SIZE: usize = 256 << 20;
    let block = vec![1u8; SIZE];
    let held: u64 = block
        .iter()
        .step_by(4096)
        .map(|&byte| u64::from(byte))
        .sum();
    assert_eq!(held, SIZE as u64 / 4096);
    let after = resam_ops::memory::peak().expect("as before");
    assert!(
        after >= before && after >= SIZE as u64,
        "{before} then {after}"
    );
}
