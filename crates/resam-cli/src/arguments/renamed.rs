//! Names of flags that a user may still type. They go on working, and the new name is said.

/// A subcommand, the flag as it was called, and what it is called now.
const RENAMED: [(&str, &str, &str); 16] = [
    ("segment", "--single", "--mask-selection single"),
    ("segment", "--multimask", "--mask-selection best-score"),
    ("segment", "--no-closer", "--no-zoom"),
    ("segment", "--not", "--negative"),
    ("segment", "--min-quality", "--min-score"),
    ("segment", "--min-stability", "--min-stability-score"),
    ("segment", "--merge", "--dedup-iou"),
    ("eval", "--single", "--mask-selection single"),
    ("eval", "--multimask", "--mask-selection best-score"),
    ("eval", "--no-closer", "--no-zoom"),
    ("eval", "--scene", "--subset"),
    ("adapt", "--steps", "--iterations"),
    ("adapt", "--scene", "--subset"),
    ("adapt", "--keep-looks", "--feature-cache"),
    ("adapt", "--hold-out", "--val-images"),
    ("adapt", "--keep", "--keep-checkpoints"),
];

/// The old names among the words of a command line, each with the new one.
pub(crate) fn renamed<'a>(
    words: impl Iterator<Item = &'a str>,
) -> Vec<(&'static str, &'static str)> {
    let words: Vec<&str> = words.take_while(|word| *word != "--").collect();
    let typed = |old: &str| {
        let mut flags = words
            .iter()
            .map(|word| word.split('=').next().unwrap_or(word));
        flags.any(|flag| flag == old)
    };
    let of_command = RENAMED
        .iter()
        .filter(|(command, ..)| words.contains(command));
    let found = of_command.filter(|(_, old, _)| typed(old));
    found.map(|&(_, old, new)| (old, new)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_found_with_and_without_a_value() {
        let words = ["resam", "segment", "a.tif", "--merge=0.5", "--not", "1,2"];
        let found = renamed(words.into_iter());
        assert_eq!(found, [("--not", "--negative"), ("--merge", "--dedup-iou")]);
        assert!(renamed(["resam", "adapt", "--keep-checkpoints", "3"].into_iter()).is_empty());
    }
}
