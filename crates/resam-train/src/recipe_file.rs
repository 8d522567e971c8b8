//! Recipes as files: TOML, in which every name has to be known.

use std::path::Path;

use resam_adapt::Recipe;
use resam_adapt::recipe::{KeyDoc, Renamed, reference, rename_former};

use crate::error::TrainError;

/// Columns of a comment in a recipe's file.
const COLUMNS: usize = 96;

/// The recipe as TOML, whole, each key after what it means.
pub fn to_toml(recipe: &Recipe) -> String {
    // A recipe is numbers and words in tables: writing it cannot fail.
    let values = toml::Table::try_from(recipe).unwrap_or_default();
    let (mut text, mut table) = (String::new(), "");
    for KeyDoc {
        table: of,
        key,
        doc,
        ..
    } in reference()
    {
        if of != table {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}[{of}]\n"));
            table = of;
        }
        for line in wrapped(&doc) {
            text.push_str(&format!("# {line}\n"));
        }
        if let Some(value) = value_of(&values, of, key) {
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    text
}

/// The value of a key in a table with a dotted name.
fn value_of<'a>(values: &'a toml::Table, table: &str, key: &str) -> Option<&'a toml::Value> {
    let mut within = values;
    for name in table.split('.') {
        within = within.get(name)?.as_table()?;
    }
    within.get(key)
}

/// A text in lines.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// All keys of a recipe with what they mean, as a page of the documentation in Markdown.
pub fn reference_page() -> String {
    let mut page = "\
# Recipe

A recipe is every number and switch of the method. `resam adapt --print-config > recipe.toml` writes one, and
`--config recipe.toml` reads it. What a file leaves out has the value of the recipe that `--recipe` names.

This page is made from the comments of the code: `cargo test -p resam-train` says when it is out of date.
"
    .to_owned();
    let mut table = "";
    for KeyDoc {
        table: of,
        key,
        doc,
        default,
        published,
    } in reference()
    {
        if of != table {
            page.push_str(&format!(
                "\n## `[{of}]`\n\n| key | default | published | meaning |\n|---|---|---|---|\n"
            ));
            table = of;
        }
        let doc = doc.replace('|', "\\|");
        page.push_str(&format!(
            "| `{key}` | `{default}` | `{published}` | {doc} |\n"
        ));
    }
    page
}

/// Reads a file on top of a recipe: what it leaves out stays. Also the names of earlier versions
/// that the file has.
///
/// # Errors
/// [`TrainError::Recipe`] naming the file, what is wrong, and the nearest known name of an unknown
/// one.
pub fn read_over(base: &Recipe, path: &Path) -> Result<(Recipe, Vec<Renamed>), TrainError> {
    let refuse = |reason: String| TrainError::Recipe {
        path: path.to_owned(),
        reason,
    };
    let text = fs_err::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    over(base, &text).map_err(refuse)
}

/// Puts the values of a TOML text in place of those of a recipe.
fn over(base: &Recipe, text: &str) -> Result<(Recipe, Vec<Renamed>), String> {
    let given: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.to_string())?;
    let mut given = toml::Value::Table(given);
    let renamed = rename_former(&mut given)?;
    let toml::Value::Table(given) = given else {
        return Err("a recipe is a table".to_owned());
    };
    let mut whole = toml::Table::try_from(base).map_err(|error| error.to_string())?;
    put(&mut whole, given, "")?;
    let recipe: Recipe = whole
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    recipe.check()?;
    Ok((recipe, renamed))
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
                put(table, given, &full)?;
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

    fn over(base: &Recipe, text: &str) -> Result<Recipe, String> {
        super::over(base, text).map(|(recipe, _)| recipe)
    }

    #[test]
    fn every_key_has_its_comment() {
        let text = to_toml(&Recipe::default());
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(lines[at - 1].starts_with("# "), "{line}");
                assert!(lines[at - 1].len() <= COLUMNS + 2, "{line}");
            }
        }
        assert_eq!(text.matches("[labels.selection]").count(), 1);
    }

    #[test]
    fn the_page_of_the_documentation_is_up_to_date() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RECIPE.md");
        if std::env::var_os("RESAM_WRITE_DOCS").is_some() {
            std::fs::write(&page, reference_page()).expect("written");
        }
        let written = std::fs::read_to_string(page).expect("docs/RECIPE.md");
        assert!(
            written == reference_page(),
            "docs/RECIPE.md is out of date: run this test with RESAM_WRITE_DOCS=1"
        );
    }

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
        let recipe =
            over(&base, "[labels]\nentropy_threshold = 0.4\n[loss]\ndice = 2").expect("known");
        let mut expected = base;
        expected.labels.entropy_threshold = 0.4;
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
            .replace("\nzoom", "\ncloser");
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
            "[labels]\nentropy_threshold = 1.5",
            "[schedule]\nepochs = -1",
            "[schedule]\ndecoder_batch_size = 0",
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
