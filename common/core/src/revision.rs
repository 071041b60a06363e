//! Revisions: when two pod templates are the same.

use serde_json::Value;

/// Annotation of `kubectl rollout restart` (`polymorphichelpers/objectrestarter.go`).
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Label that the Deployment controller adds to a `ReplicaSet`'s template (`apps.DefaultDeploymentUniqueLabelKey`).
const TEMPLATE_HASH: &str = "pod-template-hash";

/// Whether a `ReplicaSet`'s template is exactly that of its Deployment, but for the controller's own label.
///
/// Mirrors `EqualIgnoreHash` of `k8s.io/kubernetes/pkg/controller/deployment/util`.
pub fn is_current(replica_set: &Value, deployment: &Value) -> bool {
    let mut template = replica_set.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(TEMPLATE_HASH);
    }
    without_nulls(&template) == without_nulls(deployment)
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
