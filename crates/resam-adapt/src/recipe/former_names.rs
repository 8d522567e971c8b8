//! Keys and values that had another name in recipes and checkpoints of earlier versions.

use std::fmt;

/// A key or a value of an earlier version, and what it is called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The dotted name then; for a value with it: `labels.teacher = "mean"`.
    pub then: String,
    /// The same now.
    pub now: String,
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is now `{}`", self.then, self.now)
    }
}

/// The dotted name of a key then, and now.
const KEYS: [(&str, &str); 21] = [
    ("schedule.instances", "schedule.max_instances_per_image"),
    ("schedule.chunk", "schedule.decoder_batch_size"),
    (
        "schedule.update_each_chunk",
        "schedule.update_each_decoder_batch",
    ),
    ("schedule.check_every", "schedule.validate_every"),
    ("labels.teacher_decay", "labels.ema_decay"),
    ("labels.certainty", "labels.entropy_threshold"),
    ("labels.least_agreement", "labels.min_consistency"),
    ("labels.surest", "labels.top_fraction"),
    ("labels.choice.candidates", "labels.selection.mode"),
    (
        "labels.choice.stability_weight",
        "labels.selection.stability_weight",
    ),
    ("labels.choice.size_weight", "labels.selection.size_weight"),
    (
        "labels.choice.usual_weight",
        "labels.selection.size_prior_weight",
    ),
    ("labels.choice.closer", "labels.selection.zoom"),
    ("loss.quality", "loss.iou_head"),
    ("loss.ambiguous_quality", "loss.multimask_iou"),
    ("optimizer.decoder_factor", "optimizer.decoder_lr_scale"),
    (
        "optimizer.updates_per_instance",
        "optimizer.max_updates_per_instance",
    ),
    (
        "optimizer.few_instances",
        "optimizer.full_rate_min_instances",
    ),
    ("optimizer.decay_at", "optimizer.milestones"),
    ("guard.factor", "loss_spike_filter.factor"),
    ("guard.window", "loss_spike_filter.window"),
];

/// Tables of earlier versions.
const TABLES: [&str; 2] = ["labels.choice", "guard"];

/// A key of today, a word that was its value, and the word now.
const WORDS: [(&str, &str, &str); 1] = [("labels.teacher", "mean", "ema")];

/// A key of today that was true or false, with the words for both.
const SWITCHES: [(&str, [&str; 2]); 1] = [("labels.selection.mode", ["requery", "single"])];

/// A value of a recipe's text, in TOML or in JSON.
pub trait Node: Sized {
    /// A table without entries.
    fn empty_table() -> Self;
    /// A word.
    fn word(word: &str) -> Self;
    /// The word that it is.
    fn as_word(&self) -> Option<&str>;
    /// The truth value that it is.
    fn as_truth(&self) -> Option<bool>;
    /// How many entries it has; None when it is no table.
    fn entries(&self) -> Option<usize>;
    /// An entry of a table.
    fn entry(&mut self, name: &str) -> Option<&mut Self>;
    /// Takes an entry out of a table.
    fn take_entry(&mut self, name: &str) -> Option<Self>;
    /// Puts an entry into a table.
    fn put_entry(&mut self, name: &str, value: Self);
}

macro_rules! node {
    ($value:ty, $map:ty, $table:path, $word:path) => {
        impl Node for $value {
            fn empty_table() -> Self {
                $table(<$map>::new())
            }
            fn word(word: &str) -> Self {
                $word(word.to_owned())
            }
            fn as_word(&self) -> Option<&str> {
                self.as_str()
            }
            fn as_truth(&self) -> Option<bool> {
                self.as_bool()
            }
            fn entries(&self) -> Option<usize> {
                match self {
                    $table(map) => Some(map.len()),
                    _ => None,
                }
            }
            fn entry(&mut self, name: &str) -> Option<&mut Self> {
                self.get_mut(name)
            }
            fn take_entry(&mut self, name: &str) -> Option<Self> {
                match self {
                    $table(map) => map.remove(name),
                    _ => None,
                }
            }
            fn put_entry(&mut self, name: &str, value: Self) {
                if let $table(map) = self {
                    map.insert(name.to_owned(), value);
                }
            }
        }
    };
}

node!(
    toml::Value,
    toml::Table,
    toml::Value::Table,
    toml::Value::String
);
node!(
    serde_json::Value,
    serde_json::Map<String, serde_json::Value>,
    serde_json::Value::Object,
    serde_json::Value::String
);

/// Renames the keys and the values of earlier versions in a recipe, a table, to those of today.
/// Tells which there were, in the order of a recipe.
///
/// # Errors
/// In words, when a key is given by both of its names, or when a key of today stands where its
/// table has to be.
pub fn rename_former<T: Node>(recipe: &mut T) -> Result<Vec<Renamed>, String> {
    let mut renamed = Vec::new();
    for (then, now) in KEYS {
        let Some(value) = take(recipe, then) else {
            continue;
        };
        put(recipe, then, now, value)?;
        renamed.push(Renamed {
            then: then.to_owned(),
            now: now.to_owned(),
        });
    }
    for table in TABLES {
        if find(recipe, table).is_some_and(|table| table.entries() == Some(0)) {
            take(recipe, table);
        }
    }
    for (key, [yes, no]) in SWITCHES {
        if let Some(value) = find(recipe, key)
            && let Some(truth) = value.as_truth()
        {
            *value = T::word(if truth { yes } else { no });
        }
    }
    for (key, then, now) in WORDS {
        if let Some(value) = find(recipe, key)
            && value.as_word() == Some(then)
        {
            *value = T::word(now);
            renamed.push(Renamed {
                then: format!("{key} = \"{then}\""),
                now: format!("{key} = \"{now}\""),
            });
        }
    }
    Ok(renamed)
}

/// The value of a dotted name.
fn find<'a, T: Node>(within: &'a mut T, name: &str) -> Option<&'a mut T> {
    match name.split_once('.') {
        Some((table, rest)) => find(within.entry(table)?, rest),
        None => within.entry(name),
    }
}

/// Takes the value of a dotted name, and the tables that it leaves empty.
fn take<T: Node>(within: &mut T, name: &str) -> Option<T> {
    let Some((table, rest)) = name.split_once('.') else {
        return within.take_entry(name);
    };
    let inner = within.entry(table)?;
    let value = take(inner, rest)?;
    if inner.entries() == Some(0) {
        within.take_entry(table);
    }
    Some(value)
}

/// Puts a value that had the name `then` under the dotted name `now`.
fn put<T: Node>(recipe: &mut T, then: &str, now: &str, value: T) -> Result<(), String> {
    let mut within = recipe;
    let mut names = now;
    while let Some((table, rest)) = names.split_once('.') {
        if within.entry(table).is_none() {
            within.put_entry(table, T::empty_table());
        }
        let inner = within
            .entry(table)
            .filter(|inner| inner.entries().is_some());
        within = inner.ok_or_else(|| format!("`{table}` is a table, not a value"))?;
        names = rest;
    }
    if within.entry(names).is_some() {
        return Err(format!(
            "`{then}` and `{now}` are the same: give one of them"
        ));
    }
    within.put_entry(names, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Recipe, Teacher};

    /// Every key and value that has another name now.
    const EARLIER: &str = r#"
        [schedule]
        epochs = 3
        instances = 5
        chunk = 7
        update_each_chunk = true
        check_every = 9
        [labels]
        teacher = "mean"
        teacher_decay = 0.5
        certainty = 0.25
        least_agreement = 0.125
        surest = 0.75
        [labels.choice]
        candidates = false
        stability_weight = 0.5
        size_weight = 1.0
        usual_weight = 0.25
        closer = false
        [loss]
        quality = 2.0
        ambiguous_quality = 3.0
        [optimizer]
        decoder_factor = 4.0
        updates_per_instance = 6.0
        few_instances = 8
        decay_at = [10, 20]
        [guard]
        factor = 11.0
        window = 12
    "#;

    const NOW: &str = r#"
        [schedule]
        epochs = 3
        max_instances_per_image = 5
        decoder_batch_size = 7
        update_each_decoder_batch = true
        validate_every = 9
        [labels]
        teacher = "ema"
        ema_decay = 0.5
        entropy_threshold = 0.25
        min_consistency = 0.125
        top_fraction = 0.75
        [labels.selection]
        mode = "single"
        stability_weight = 0.5
        size_weight = 1.0
        size_prior_weight = 0.25
        zoom = false
        [loss]
        iou_head = 2.0
        multimask_iou = 3.0
        [optimizer]
        decoder_lr_scale = 4.0
        max_updates_per_instance = 6.0
        full_rate_min_instances = 8
        milestones = [10, 20]
        [loss_spike_filter]
        factor = 11.0
        window = 12
    "#;

    fn toml(text: &str) -> toml::Value {
        toml::Value::Table(text.parse().expect("TOML"))
    }

    #[test]
    fn a_recipe_of_an_earlier_version_becomes_one_of_today() {
        let mut earlier = toml(EARLIER);
        let renamed = rename_former(&mut earlier).expect("known");
        assert_eq!(earlier, toml(NOW));
        assert_eq!(renamed.len(), 22);
        assert_eq!(
            renamed[0].to_string(),
            "`schedule.instances` is now `schedule.max_instances_per_image`"
        );
        assert_eq!(
            renamed[21].to_string(),
            "`labels.teacher = \"mean\"` is now `labels.teacher = \"ema\"`"
        );
        let recipe: Recipe = earlier.try_into().expect("a recipe");
        assert_eq!(recipe.labels.teacher, Teacher::Ema);
        assert_eq!(recipe.loss_spike_filter.window, 12);
        assert_eq!(recipe.optimizer.milestones, [10, 20]);
    }

    #[test]
    fn json_is_renamed_like_toml() {
        let json = |text| serde_json::to_value(toml(text)).expect("JSON");
        let mut earlier = json(EARLIER);
        assert_eq!(rename_former(&mut earlier).expect("known").len(), 22);
        assert_eq!(earlier, json(NOW));
    }

    #[test]
    fn a_recipe_of_today_stays_as_it_is() {
        for recipe in [Recipe::default(), Recipe::published()] {
            let written = toml::Value::try_from(&recipe).expect("tables");
            let mut read = written.clone();
            assert_eq!(rename_former(&mut read), Ok(Vec::new()));
            assert_eq!(read, written);
        }
    }

    #[test]
    fn a_key_by_both_names_and_a_value_in_the_place_of_a_table_are_refused() {
        for (text, name) in [
            (
                "[labels]\nsurest = 0.5\ntop_fraction = 0.5",
                "`labels.top_fraction`",
            ),
            (
                "[labels.choice]\ncloser = true\n[labels.selection]\nzoom = true",
                "`labels.selection.zoom`",
            ),
            ("loss_spike_filter = 3\n[guard]\nfactor = 2.0", "is a table"),
        ] {
            let error = rename_former(&mut toml(text)).expect_err("refused");
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_of_an_earlier_table_stays() {
        let mut given = toml("[labels.choice]\ncloser = true\nnearer = true");
        rename_former(&mut given).expect("one is known");
        let expected = "[labels.choice]\nnearer = true\n[labels.selection]\nzoom = true";
        assert_eq!(given, toml(expected));
        let mut empty = toml("[guard]");
        assert_eq!(rename_former(&mut empty), Ok(Vec::new()));
        assert_eq!(empty, toml(""));
    }
}
