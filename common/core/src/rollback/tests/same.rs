//! When two templates are the same, on templates by chance: a restart never makes another one, every other change does.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::revision::{RESTARTED_AT, hash, is_current, is_same, without_hash};

/// Any field, also such as Kubernetes will have in ten years.
fn field() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~äß]{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            fields(inner).prop_map(Value::from),
        ]
    })
}

fn fields(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[a-z][a-zA-Z]{2,9}", inner, 1..4)
        .prop_map(|fields| fields.into_iter().collect())
}

fn container() -> impl Strategy<Value = Value> {
    let env = prop::collection::vec(("[A-Z_]{1,8}", "[ -~]{0,9}"), 0..4);
    ("[a-z]{1,8}", "[a-z]{1,8}:[0-9]", env, fields(field())).prop_map(|(name, image, env, more)| {
        let mut container = Value::from(more);
        container["name"] = json!(name);
        container["image"] = json!(image);
        let env = env.into_iter().map(|(name, value)| json!({"name": name, "value": value}));
        container["env"] = env.collect();
        container
    })
}

fn template() -> impl Strategy<Value = Value> {
    let notes = prop::collection::btree_map("[a-z]{1,6}/[a-z]{1,6}", "[a-z0-9]{0,8}", 1..4);
    (prop::collection::vec(container(), 1..4), notes, any::<bool>(), fields(field())).prop_map(
        |(containers, notes, noted, more)| {
            let mut spec = Value::from(more);
            spec["containers"] = containers.into();
            let mut template = json!({"metadata": {"labels": {"app": "web"}}, "spec": spec});
            if noted {
                template["metadata"]["annotations"] = json!(notes);
            }
            template
        },
    )
}

/// What restarts, the controller and we write.
fn restarted(template: &Value, mark: &str) -> Value {
    let mut template = template.clone();
    template["metadata"]["annotations"][RESTARTED_AT] = json!(mark);
    template["metadata"]["annotations"]["sk.skillancer.io/config"] = json!(mark);
    template["metadata"]["labels"]["pod-template-hash"] = json!(mark);
    template
}

/// The places of all fields and items.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                places(field, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// Changes what is at one place: a word, a number, an item or field more, or one less.
fn changed(template: &Value, place: usize, fewer: bool) -> Value {
    let mut found = Vec::new();
    places(template, "", &mut found);
    let mut changed = template.clone();
    let place = &found[place % found.len()];
    match changed.pointer_mut(place) {
        Some(Value::Bool(flag)) => *flag = !*flag,
        Some(Value::String(text)) => text.push('x'),
        Some(Value::Array(items)) if fewer && !items.is_empty() => drop(items.pop()),
        Some(Value::Array(items)) => items.push(json!("added")),
        Some(Value::Object(fields)) if fewer && !fields.is_empty() => {
            let key = fields.keys().next_back().cloned().unwrap_or_default();
            fields.remove(&key);
        }
        Some(Value::Object(fields)) => drop(fields.insert("added".to_owned(), json!("more"))),
        Some(number) => *number = json!(number.as_i64().unwrap_or_default() + 1),
        None => {}
    }
    changed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_restart_never_counts(template in template(), one in "[a-z0-9:]{1,20}", other in "[a-z0-9:]{1,20}") {
        for restarted in [restarted(&template, &one), restarted(&restarted(&template, &one), &other)] {
            prop_assert!(is_same(&template, &restarted));
            prop_assert_eq!(hash(&template), hash(&restarted));
        }
    }

    #[test]
    fn any_other_change_always_counts(template in template(), place in any::<usize>(), fewer in any::<bool>(), mark in "[a-z0-9]{1,9}") {
        let changed = changed(&template, place, fewer);
        for (one, other) in [(template.clone(), changed.clone()), (restarted(&template, &mark), restarted(&changed, "later"))] {
            prop_assert!(!is_same(&one, &other), "{} and {}", one, other);
            prop_assert!(hash(&one) != hash(&other));
        }
    }

    #[test]
    fn what_is_patched_is_the_replica_sets_without_the_hash(template in template(), mark in "[a-z0-9]{1,9}") {
        let mut set = template.clone();
        set["metadata"]["labels"]["pod-template-hash"] = json!(mark);
        set["metadata"]["creationTimestamp"] = Value::Null;
        let mut expected = template;
        expected["metadata"]["creationTimestamp"] = Value::Null;
        prop_assert_eq!(without_hash(&set), expected.clone());
        prop_assert!(is_current(&set, &expected));
    }
}
