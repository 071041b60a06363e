//! Revisions: when two pod templates are the same.

use serde_json::Value;

/// Annotation of `kubectl rollout restart` (`polymorphichelpers/objectrestarter.go`).
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Annotation that `kubectl rollout history` shows.
pub(crate) const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// Label that the Deployment controller adds to a `ReplicaSet`'s template (`apps.DefaultDeploymentUniqueLabelKey`).
const TEMPLATE_HASH: &str = "pod-template-hash";

/// Whether a `ReplicaSet`'s template is exactly that of its Deployment, but for the controller's own label.
///
/// Mirrors `EqualIgnoreHash` of `k8s.io/kubernetes/pkg/controller/deployment/util`.
pub fn is_current(replica_set: &Value, deployment: &Value) -> bool {
    without_nulls(&without_hash(replica_set)) == without_nulls(deployment)
}

/// A `ReplicaSet`'s template as its Deployment had it: without the controller's label, every other field as it is.
pub fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(TEMPLATE_HASH);
    }
    template
}

/// Whether two templates differ in nothing but what a restart, the controller or we ourselves write into them.
pub fn is_same(one: &Value, other: &Value) -> bool {
    stripped(one) == stripped(other)
}

/// Name and image of each container of a template.
pub fn images(template: &Value) -> Vec<(&str, &str)> {
    fn text<'a>(object: &'a Value, key: &str) -> &'a str {
        object.get(key).and_then(Value::as_str).unwrap_or_default()
    }
    let containers = template.pointer("/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().map(|c| (text(c, "name"), text(c, "image"))).collect()
}

/// Prefix of our own annotations.
const OWN: &str = "sk.skillancer.io/";

/// A template without what a restart, the controller or we ourselves write into it.
///
/// Templates that differ only in `restartedAt` and `sk.skillancer.io/*` are the same template.
pub fn stripped(template: &Value) -> Value {
    let mut template = without_nulls(&without_hash(template));
    if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
    {
        annotations.retain(|key, _| key != RESTARTED_AT && !key.starts_with(OWN));
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    template
}

/// A digest of the template, equal for templates that are the same.
pub fn hash(template: &Value) -> String {
    use sha2::{Digest, Sha256};
    let mut sorted = stripped(template);
    sorted.sort_all_objects();
    let digest = Sha256::digest(sorted.to_string());
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

/// When a template was last told to restart, as the annotation gives it.
pub fn restarted_at(template: &Value) -> Option<&str> {
    template.get("metadata")?.get("annotations")?.get(RESTARTED_AT)?.as_str()
}

/// `creationTimestamp: null` and empty maps come and go between API versions and mean nothing.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, field)| {
                !(field.is_null() || (key.as_str() == "labels" && *field == &serde_json::json!({})))
            })
            .map(|(key, field)| (key.clone(), without_nulls(field)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_controllers_label_makes_no_difference() {
        let deployment =
            json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "web:1"}]}});
        let mut replica_set = deployment.clone();
        replica_set["metadata"]["labels"][TEMPLATE_HASH] = json!("6f9c7d5b8");
        replica_set["metadata"]["creationTimestamp"] = Value::Null;
        assert!(is_current(&replica_set, &deployment));
    }

    #[test]
    fn a_restart_is_the_same_template() {
        let template =
            json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "web:1"}]}});
        let mut restarted = template.clone();
        restarted["metadata"]["annotations"] = json!({RESTARTED_AT: "now", "sk.skillancer.io/config": "abc"});
        restarted["metadata"]["labels"][TEMPLATE_HASH] = json!("6f9c7d5b8");
        assert_eq!(hash(&restarted), hash(&template));
        let mut changed = restarted.clone();
        changed["metadata"]["annotations"]["checksum/config"] = json!("abc");
        assert_ne!(hash(&changed), hash(&template));
    }

    #[test]
    fn any_other_field_does() {
        let deployment =
            json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "web:1"}]}});
        let mut restarted = deployment.clone();
        restarted["metadata"]["annotations"][RESTARTED_AT] = json!("2026-11-22T00:00:00Z");
        assert!(!is_current(&restarted, &deployment));
        assert_eq!(restarted_at(&restarted), Some("2026-11-22T00:00:00Z"));
        let mut unknown = deployment.clone();
        unknown["spec"]["fieldOfTomorrow"] = json!(1);
        assert!(!is_current(&unknown, &deployment));
    }
}
