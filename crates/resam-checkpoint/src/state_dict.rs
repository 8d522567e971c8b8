//! Finds the named tensors in the values of a pickle.

use std::collections::BTreeMap;

use crate::pickle::{Pickle, Value, View};

/// Keys under which training scripts keep the state dict.
const WRAPPERS: [&str; 4] = ["model", "state_dict", "model_state_dict", "module"];

/// The tensors by name, or what was found instead.
///
/// The top level is a state dict or a dict that holds one under a usual key; other entries (the
/// epoch, an optimiser) are ignored.
pub(crate) fn tensors<'p, 'a>(
    pickle: &'p Pickle<'a>,
) -> Result<BTreeMap<&'a str, &'p View<'a>>, String> {
    let Value::Dict(top) = pickle.root else {
        return Err("a single value".to_owned());
    };
    let items = named_items(pickle, top);
    let wrapped = WRAPPERS
        .iter()
        .filter_map(|wrapper| match items.get(wrapper) {
            Some(&Value::Dict(inner)) => Some(tensors_of(pickle, &named_items(pickle, inner))),
            _ => None,
        });
    let own = std::iter::once_with(|| tensors_of(pickle, &items));
    wrapped
        .chain(own)
        .find(|tensors| !tensors.is_empty())
        .ok_or_else(|| {
            let keys: Vec<_> = items.keys().take(8).map(|key| shortened(key)).collect();
            format!("a dict with the keys {keys:?}")
        })
}

/// The items of a dict whose keys are text; of equal keys the last counts, as in Python.
fn named_items<'a>(pickle: &Pickle<'a>, dict: usize) -> BTreeMap<&'a str, Value<'a>> {
    let items = pickle.dicts[dict].iter();
    items
        .filter_map(|&(key, value)| match key {
            Value::Text(key) => Some((key, value)),
            _ => None,
        })
        .collect()
}

fn tensors_of<'p, 'a>(
    pickle: &'p Pickle<'a>,
    items: &BTreeMap<&'a str, Value<'a>>,
) -> BTreeMap<&'a str, &'p View<'a>> {
    let items = items.iter();
    items
        .filter_map(|(&name, &value)| match value {
            Value::Tensor(tensor) => Some((name, &pickle.tensors[tensor])),
            _ => None,
        })
        .collect()
}

fn shortened(key: &str) -> String {
    key.chars().take(40).collect()
}
