//! Which `ConfigMap`s and `Secret`s a pod template refers to.

use std::collections::BTreeSet;

use serde_json::Value;

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
