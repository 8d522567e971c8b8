//! Every key of a recipe with its documentation, for the reference and for commented recipes.

use documented::DocumentedFields;
use resam_select::MaskSelection;

use super::{
    AdapterSettings, Alignment, Labels, Loss, LossSpikeFilter, OptimizerSettings, Recipe, Schedule,
    Views,
};

/// A key of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDoc {
    /// The table that it stands in: `labels.selection` for `[labels.selection]`.
    pub table: &'static str,
    /// Its name.
    pub key: &'static str,
    /// What it means, in Markdown, on one line.
    pub doc: String,
    /// Its value in the default recipe, as TOML.
    pub default: String,
    /// Its value in the published recipe, as TOML.
    pub published: String,
}

/// The names and the documentation of a struct's fields.
type Fields = (&'static [&'static str], &'static [&'static str]);

fn fields<T: DocumentedFields>() -> Fields {
    (T::FIELD_NAMES, T::FIELD_DOCS)
}

/// Every key that a recipe may set, in the order of a recipe's file.
pub fn reference() -> Vec<KeyDoc> {
    let tables: [(&str, Fields); 9] = [
        ("schedule", fields::<Schedule>()),
        ("views", fields::<Views>()),
        ("labels", fields::<Labels>()),
        ("labels.selection", fields::<MaskSelection>()),
        ("alignment", fields::<Alignment>()),
        ("loss", fields::<Loss>()),
        ("adapter", fields::<AdapterSettings>()),
        ("optimizer", fields::<OptimizerSettings>()),
        ("loss_spike_filter", fields::<LossSpikeFilter>()),
    ];
    // A recipe is numbers and words in tables: writing it cannot fail.
    let written = |recipe: &Recipe| toml::Table::try_from(recipe).unwrap_or_default();
    let [default, published] = [Recipe::default(), Recipe::published()].map(|of| written(&of));
    let keys = tables.into_iter().flat_map(|(table, (names, docs))| {
        let keys = names.iter().zip(docs).filter_map(|(&key, doc)| {
            Some(KeyDoc {
                table,
                key,
                doc: doc.split_whitespace().collect::<Vec<_>>().join(" "),
                default: value(&default, table, key)?,
                published: value(&published, table, key)?,
            })
        });
        keys.collect::<Vec<_>>()
    });
    keys.collect()
}

/// A value as TOML; None for a table, and for a key that is estimated and not set.
fn value(recipe: &toml::Table, table: &str, key: &str) -> Option<String> {
    let mut within = recipe;
    for name in table.split('.') {
        within = within.get(name)?.as_table()?;
    }
    let value = within.get(key)?;
    (!value.is_table()).then(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dotted names of all values of a table.
    fn names(at: &str, table: &toml::Table, into: &mut Vec<String>) {
        for (name, value) in table {
            let full = if at.is_empty() {
                name.clone()
            } else {
                format!("{at}.{name}")
            };
            match value {
                toml::Value::Table(inner) => names(&full, inner, into),
                _ => into.push(full),
            }
        }
    }

    #[test]
    fn it_has_every_key_that_a_recipe_writes_and_no_other() {
        let recipe = toml::Table::try_from(Recipe::default()).expect("tables");
        let mut written = Vec::new();
        names("", &recipe, &mut written);
        let documented = reference().into_iter();
        let mut documented: Vec<String> = documented
            .map(|key| format!("{}.{}", key.table, key.key))
            .collect();
        written.sort();
        documented.sort();
        assert_eq!(documented, written);
    }

    #[test]
    fn a_key_has_its_documentation_and_both_values() {
        let keys = reference();
        let find = |table: &str, key: &str| {
            let found = keys.iter().find(|of| of.table == table && of.key == key);
            found.expect("a key").clone()
        };
        let batch = find("schedule", "decoder_batch_size");
        assert_eq!((&*batch.default, &*batch.published), ("8", "50"));
        assert!(batch.doc.starts_with("Instances that the mask decoder"));
        let decay = find("optimizer", "decay");
        assert_eq!(
            (&*decay.default, &*decay.published),
            ("\"linear\"", "\"steps\"")
        );
        assert_eq!(find("optimizer", "milestones").published, "[2000, 4000]");
        assert_eq!(find("labels.selection", "mode").published, "\"single\"");
        for KeyDoc {
            table, key, doc, ..
        } in &keys
        {
            assert!(
                doc.ends_with('.') && !doc.contains('\n'),
                "{table}.{key}: {doc}"
            );
            // Links of the code's documentation lead nowhere outside it.
            assert!(!doc.contains("[`"), "{table}.{key}: {doc}");
        }
    }
}
