//! Recipes as files: TOML, in which every name has to be known.

use std::path::Path;

use resam_adapt::Recipe;
use resam_adapt::recipe::FORMER_NAMES;

use crate::error::TrainError;

/// The recipe as TOML, whole, with what each name means left to the documentation.
pub fn to_toml(recipe: &Recipe) -> String {
    // A recipe is numbers and words in tables: writing it cannot fail.
    toml::to_string(recipe).unwrap_or_default()
}

/// Reads a file on top of a recipe: what it leaves out stays.
///
/// # Errors
/// [`TrainError::Recipe`] naming the file, what is wrong, and the nearest known name of an unknown one.
pub fn read_over(base: &Recipe, path: &Path) -> Result<Recipe, TrainError> {
    let refuse = |reason: String| TrainError::Recipe {
        path: path.to_owned(),
        reason,
    };
    let text = fs_err::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    over(base, &text).map_err(refuse)
}

/// Puts the values of a TOML text in place of those of a recipe.
fn over(base: &Recipe, text: &str) -> Result<Recipe, String> {
    let mut given: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.to_string())?;
    rename(&mut given)?;
    let mut whole = toml::Table::try_from(base).map_err(|error| error.to_string())?;
    put(&mut whole, given, "")?;
    let recipe: Recipe = whole
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    recipe.check()?;
    Ok(recipe)
}

/// Gives values that have a name of an earlier version the one that they have now.
fn rename(given: &mut toml::Table) -> Result<(), String> {
    for (then, now) in FORMER_NAMES {
        let Some(mut value) = take(given, then) else {
            continue;
        };
        // There were candidates, or the single mask.
        if let (toml::Value::Boolean(candidates), "labels.selection.mode") = (&value, now) {
            let mode = if *candidates { "requery" } else { "single" };
            value = toml::Value::String(mode.to_owned());
        }
        let (mut table, mut names) = (&mut *given, now);
        while let Some((name, rest)) = names.split_once('.') {
            let inner = table
                .entry(name)
                .or_insert_with(|| toml::Value::Table(toml::Table::new()));
            table = inner
                .as_table_mut()
                .ok_or_else(|| format!("`{name}` is a table, not a value"))?;
            names = rest;
        }
        if table.contains_key(names) {
            return Err(format!(
                "`{then}` and `{now}` are the same: give one of them"
            ));
        }
        table.insert(names.to_owned(), value);
    }
    Ok(())
}

/// Takes a value with a dotted name out of a table, and the tables that it leaves empty.
fn take(from: &mut toml::Table, name: &str) -> Option<toml::Value> {
    let Some((first, rest)) = name.split_once('.') else {
        return from.remove(name);
    };
    let inner = from.get_mut(first)?.as_table_mut()?;
    let value = take(inner, rest)?;
    if inner.is_empty() {
        from.remove(first);
    }
    Some(value)
}

fn put(into: &mut toml::Table, given: toml::Table, at: &str) -> Result<(), String> {
    for (name, value) in given {
        let full = if at.is_empty() {
            name.clone()
        } else {
            format!("{at}.{name}")
        };
        if !into.contains_key(&name) {
            let nearest = nearest(&name, into);
            return Err(format!("`{full}` is not known\n\nhint: {nearest}"));
        }
        match (into.get_mut(&name), value) {
            (Some(toml::Value::Table(table)), toml::Value::Table(given)) => {
                put(table, given, &full)?
            }
            (Some(toml::Value::Table(_)), _) => {
                return Err(format!("`{full}` is a table, `[{full}]`, not a value"));
            }
            // Whole numbers may stand for broken ones.
            (Some(place @ toml::Value::Float(_)), toml::Value::Integer(number)) => {
                *place = toml::Value::Float(number as f64);
            }
            (Some(place), value) if place.same_type(&value) => *place = value,
            (Some(place), value) => {
                return Err(format!(
                    "`{full} = {value}` is of type {}, not {}",
                    value.type_str(),
                    place.type_str()
                ));
            }
            (None, _) => {}
        }
    }
    Ok(())
}

/// What to write instead of a name that is not known.
fn nearest(name: &str, known: &toml::Table) -> String {
    let distance = |other: &&String| strsim::damerau_levenshtein(name, other);
    match known.keys().min_by_key(distance) {
        Some(other) if distance(&other) <= 3 => format!("is `{other}` meant?"),
        _ => {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            format!("it is one of `{}`", names.join("`, `"))
        }
    }
}

#[cfg(test)]
mod tests {
    use resam_select::SelectionMode;

    use super::*;

    #[test]
    fn every_preset_comes_back_from_its_file() {
        for name in Recipe::PRESETS {
            let recipe = Recipe::preset(name).expect("a preset");
            for base in [Recipe::default(), Recipe::published()] {
                assert_eq!(over(&base, &to_toml(&recipe)), Ok(recipe.clone()), "{name}");
            }
        }
    }

    #[test]
    fn what_a_file_leaves_out_stays() {
        let base = Recipe::published();
        let recipe = over(&base, "[labels]\ncertainty = 0.4\n[loss]\ndice = 2").expect("known");
        let mut expected = base;
        expected.labels.certainty = 0.4;
        expected.loss.dice = 2.0;
        assert_eq!(recipe, expected);
    }

    #[test]
    fn names_of_earlier_versions_are_read() {
        let earlier = "[labels.choice]\ncandidates = false\nstability_weight = 0.5\nsize_weight = 1\n\
                       usual_weight = 0.25\ncloser = false";
        let now = "[labels.selection]\nmode = \"single\"\nstability_weight = 0.5\nsize_weight = 1\n\
                   size_prior_weight = 0.25\nzoom = false";
        let read = |text: &str| over(&Recipe::default(), text);
        assert_eq!(read(earlier), read(now));
        let selection = read(earlier).expect("known").labels.selection;
        assert_eq!(selection.mode, SelectionMode::Single);
        assert_eq!(selection.size_prior_weight, 0.25);
        let both = "[labels.choice]\ncloser = true\n[labels.selection]\nzoom = true";
        assert!(
            read(both)
                .expect_err("twice")
                .contains("`labels.selection.zoom`")
        );
        let unknown = "[labels.choice]\ncloser = true\nnearer = true";
        assert!(
            read(unknown)
                .expect_err("unknown")
                .contains("`labels.choice`")
        );
        // What a recipe of an earlier version holds as a whole.
        let whole = to_toml(&Recipe::default())
            .replace("labels.selection", "labels.choice")
            .replace("mode = \"requery\"", "candidates = true")
            .replace("size_prior_weight", "usual_weight")
            .replace("zoom", "closer");
        assert!(whole.contains("candidates = true") && whole.contains("usual_weight"));
        assert_eq!(over(&Recipe::published(), &whole), Ok(Recipe::default()));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_known_one() {
        let refused = |text: &str| over(&Recipe::default(), text).expect_err("unknown");
        let error = refused("[optimizer]\nlearning_rat = 0.1");
        assert!(error.contains("`optimizer.learning_rat`"), "{error}");
        assert!(error.contains("`learning_rate`"), "{error}");
        assert!(refused("[optimiser]\nwarmup = 1").contains("`optimizer`"));
        assert!(refused("[loss]\nzzzzzzzzzz = 1").contains("`focal`"));
    }

    #[test]
    fn values_of_another_kind_or_out_of_range_are_refused() {
        for text in [
            "loss = 3",
            "[loss]\nfocal = \"much\"",
            "[labels]\nteacher = \"nobody\"",
            "[labels]\ncertainty = 1.5",
            "[schedule]\nepochs = -1",
            "[schedule]\nchunk = 0",
            "[optimizer]\nlearning_rate = nan",
            "[views]\nphotometric = 2.0",
            "[labels.selection]\nmode = \"best-score\"",
            "[labels.selection]\nsize_prior_px = 20.0",
            "[labels.choice]\ncandidates = 3",
            "not toml",
        ] {
            over(&Recipe::default(), text).expect_err(text);
        }
    }
}
