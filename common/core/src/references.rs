//! Which `ConfigMap`s and `Secret`s a pod template refers to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::fact::Fact;

/// A ConfigMap or Secret that a template names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Which of the two.
    pub kind: ReferenceKind,
    /// Its name.
    pub name: String,
}

/// What is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// What is known of the objects that a template requires: the keys of each; none where it does not exist.
pub type Kept = BTreeMap<Reference, Fact<Option<BTreeSet<String>>>>;

impl ReferenceKind {
    /// `ConfigMap`, `Secret`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            ReferenceKind::ConfigMap => "configmap",
            ReferenceKind::Secret => "secret",
        };
        write!(f, "{kind}/{}", self.name)
    }
}

/// The fields of a pod spec that name a ConfigMap or Secret, wherever they stand, with the field that holds the name.
const FIELDS: [(&str, ReferenceKind, &str); 6] = [
    ("configMapKeyRef", ReferenceKind::ConfigMap, "name"),
    ("configMapRef", ReferenceKind::ConfigMap, "name"),
    ("configMap", ReferenceKind::ConfigMap, "name"),
    ("secretKeyRef", ReferenceKind::Secret, "name"),
    ("secretRef", ReferenceKind::Secret, "name"),
    ("secret", ReferenceKind::Secret, "secretName"),
];

/// Everything the template's containers, volumes and image pulls refer to.
pub fn of_template(template: &Value) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    if let Some(spec) = template.get("spec") {
        collect(spec, &mut found);
        let pull_secrets = spec.get("imagePullSecrets").and_then(Value::as_array);
        let names = pull_secrets.into_iter().flatten().filter_map(|secret| secret.get("name")?.as_str());
        found.extend(names.map(|name| Reference { kind: ReferenceKind::Secret, name: name.to_owned() }));
    }
    found
}

/// What the kubelet must find before it starts the template's containers: each object, with the keys that are named.
/// What is marked as optional is not in it, nor are secrets for image pulls, without which a pull is tried all the same.
pub fn required(template: &Value) -> BTreeMap<Reference, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    let Some(spec) = template.get("spec") else { return found };
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let containers = ["initContainers", "containers"].into_iter().flat_map(|kind| list(spec, kind));
    for container in containers {
        for variable in list(&container, "env") {
            if let Some(source) = variable.get("valueFrom") {
                require(source, &mut found);
            }
        }
        for source in list(&container, "envFrom") {
            require(&source, &mut found);
        }
    }
    for volume in list(spec, "volumes") {
        require(&volume, &mut found);
        let projected = volume.get("projected").map(|projected| list(projected, "sources"));
        for source in projected.iter().flatten() {
            require(source, &mut found);
        }
    }
    found
}

/// Adds what one source of an environment or of a volume names.
fn require(source: &Value, found: &mut BTreeMap<Reference, BTreeSet<String>>) {
    for (field, kind, holder) in FIELDS {
        let Some(named) = source.get(field) else { continue };
        let name = named.get(holder).or_else(|| named.get("name")).and_then(Value::as_str);
        let optional = named.get("optional").and_then(Value::as_bool).unwrap_or_default();
        let (Some(name), false) = (name, optional) else { continue };
        let keys = found.entry(Reference { kind, name: name.to_owned() }).or_default();
        keys.extend(named.get("key").and_then(Value::as_str).map(str::to_owned));
        let items = named.get("items").and_then(Value::as_array).into_iter().flatten();
        keys.extend(items.filter_map(|item| item.get("key")?.as_str().map(str::to_owned)));
    }
}

fn collect(value: &Value, found: &mut BTreeSet<Reference>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, field) in fields {
                let known = FIELDS.iter().find(|(name, ..)| name == key);
                // A projected volume's `secret` has `name`, a plain volume's has `secretName`.
                let name = known
                    .and_then(|(_, _, holder)| field.get(holder).or_else(|| field.get("name"))?.as_str());
                match (known, name) {
                    (Some((_, kind, _)), Some(name)) => {
                        found.insert(Reference { kind: *kind, name: name.to_owned() });
                    }
                    _ => collect(field, found),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requires_what_a_container_does_not_start_without() {
        let template = json!({"spec": {
            "imagePullSecrets": [{"name": "pull"}],
            "initContainers": [{"envFrom": [{"secretRef": {"name": "init"}}, {"configMapRef": {"name": "maybe", "optional": true}}]}],
            "containers": [{"env": [
                {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
                {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "b"}}},
                {"name": "C", "valueFrom": {"secretKeyRef": {"name": "token", "key": "c", "optional": true}}},
                {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ]}],
            "volumes": [
                {"name": "v1", "configMap": {"name": "files", "items": [{"key": "x", "path": "y"}]}},
                {"name": "v2", "secret": {"secretName": "keys"}},
                {"name": "v3", "secret": {"secretName": "absent", "optional": true}},
                {"name": "v4", "projected": {"sources": [{"secret": {"name": "part", "items": [{"key": "k", "path": "k"}]}}]}},
            ],
        }});
        let found: Vec<String> = required(&template)
            .iter()
            .map(|(reference, keys)| {
                format!("{reference} {}", keys.iter().cloned().collect::<Vec<_>>().join(","))
            })
            .collect();
        let expected =
            ["configmap/files x", "configmap/settings a,b", "secret/init ", "secret/keys ", "secret/part k"];
        assert_eq!(found, expected);
    }

    #[test]
    fn finds_every_way_to_refer() {
        let template = json!({"spec": {
            "imagePullSecrets": [{"name": "pull"}],
            "initContainers": [{"envFrom": [{"secretRef": {"name": "init"}}]}],
            "containers": [{
                "env": [
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "token", "key": "b"}}},
                    {"name": "C", "value": "secret"},
                ],
                "envFrom": [{"configMapRef": {"name": "all"}}],
            }],
            "volumes": [
                {"name": "v1", "configMap": {"name": "files"}},
                {"name": "v2", "secret": {"secretName": "keys"}},
                {"name": "v3", "projected": {"sources": [{"secret": {"name": "part"}}, {"configMap": {"name": "bit"}}]}},
            ],
        }});
        let names: Vec<_> = of_template(&template).iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            [
                "configmap/all",
                "configmap/bit",
                "configmap/files",
                "configmap/settings",
                "secret/init",
                "secret/keys",
                "secret/part",
                "secret/pull",
                "secret/token",
            ]
        );
    }
}
