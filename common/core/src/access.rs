//! Which verbs a command needs, and what a rules review says about them.

use k8s_openapi::api::authorization::v1::{ResourceRule, SubjectRulesReviewStatus};

use crate::lock;

/// One verb on one resource, in the target's namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// As `patch`.
    pub verb: &'static str,
    /// API group; empty for core.
    pub group: &'static str,
    /// Plural, as `deployments`.
    pub resource: &'static str,
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

const fn access(verb: &'static str, group: &'static str, resource: &'static str) -> Access {
    Access { verb, group, resource }
}

/// What a rolling restart cannot do without; `no_lock` leaves out what the lock needs.
pub fn restart(no_lock: bool) -> Vec<Access> {
    let mut needed = vec![
        access("get", "apps", "deployments"),
        access("patch", "apps", "deployments"),
        access("list", "", "pods"),
        access("watch", "", "pods"),
        access("list", "apps", "replicasets"),
        access("watch", "apps", "replicasets"),
    ];
    needed.extend(lock_verbs(no_lock));
    needed
}

/// What replacing one pod cannot do without; `no_lock` leaves out what its Deployment's lock needs.
pub fn evict(no_lock: bool) -> Vec<Access> {
    let mut needed = vec![
        access("create", "", "pods/eviction"),
        access("list", "", "pods"),
        access("watch", "", "pods"),
        access("list", "apps", "replicasets"),
    ];
    needed.extend(lock_verbs(no_lock));
    needed
}

fn lock_verbs(no_lock: bool) -> impl Iterator<Item = Access> {
    let verbs = if no_lock { &[][..] } else { &["get", "create", "update", "delete"] };
    verbs.iter().map(|verb| access(verb, "coordination.k8s.io", "leases"))
}

impl Access {
    /// Name of the object that is meant; none where it is all of a namespace, or has no name yet.
    pub fn object(&self, deployment: &str) -> Option<String> {
        match (self.verb, self.resource) {
            ("list" | "watch" | "create", _) => None,
            (_, "deployments") => Some(deployment.to_owned()),
            (_, "leases") => Some(lock::name(deployment)),
            _ => None,
        }
    }
}

/// Whether a `SelfSubjectRulesReview` proves the access, for a Deployment of this name.
///
/// `false` proves nothing: the review may be incomplete (webhook authorizers), so the caller asks a
/// `SelfSubjectAccessReview` for what is not proven here.
pub fn proven(rules: &SubjectRulesReviewStatus, needed: &Access, deployment: &str) -> bool {
    let object = needed.object(deployment);
    rules.resource_rules.iter().any(|rule| grants(rule, needed, object.as_deref()))
}

/// Mirrors `RuleAllows` of `k8s.io/component-helpers/auth/rbac/validation`.
fn grants(rule: &ResourceRule, needed: &Access, object: Option<&str>) -> bool {
    let has = |list: &Option<Vec<String>>, wanted: &str| {
        list.iter().flatten().any(|entry| entry == "*" || entry == wanted)
    };
    // A rule for single names covers no list, watch or create.
    let names = rule.resource_names.as_deref().unwrap_or_default();
    let covers = names.is_empty() || object.is_some_and(|object| names.iter().any(|name| name == object));
    covers
        && rule.verbs.iter().any(|verb| verb == "*" || verb == needed.verb)
        && has(&rule.api_groups, needed.group)
        && has(&rule.resources, needed.resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &serde_json::Value) -> SubjectRulesReviewStatus {
        serde_json::from_value(
            serde_json::json!({"resourceRules": [json], "nonResourceRules": [], "incomplete": false}),
        )
        .unwrap()
    }

    #[test]
    fn reads_rules_as_rbac_does() {
        let (patch, watch) = (restart(true)[1], restart(true)[3]);
        let (create, update) = (restart(false)[7], restart(false)[8]);
        let leases = |verb: &str, name: &str| {
            serde_json::json!({"verbs": [verb], "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
                "resourceNames": [name]})
        };
        for (rule, needed, proves) in [
            (serde_json::json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}), patch, true),
            (
                serde_json::json!({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"]}),
                patch,
                true,
            ),
            (
                serde_json::json!({"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]}),
                patch,
                false,
            ),
            (
                serde_json::json!({"verbs": ["patch"], "apiGroups": [""], "resources": ["deployments"]}),
                patch,
                false,
            ),
            (
                serde_json::json!({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments/scale"]}),
                patch,
                false,
            ),
            (
                serde_json::json!({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]}),
                patch,
                true,
            ),
            (
                serde_json::json!({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["db"]}),
                patch,
                false,
            ),
            (
                serde_json::json!({"verbs": ["watch"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["web"]}),
                watch,
                false,
            ),
            (leases("update", "sk-web"), update, true),
            (leases("update", "web"), update, false),
            (leases("create", "sk-web"), create, false),
        ] {
            assert_eq!(proven(&rules(&rule), &needed, "web"), proves, "{needed} by {rule}");
        }
    }

    #[test]
    fn says_access_as_kubectl_auth_can_i_takes_it() {
        let words: Vec<String> = restart(false).iter().map(ToString::to_string).collect();
        assert_eq!(words[1..3], ["patch deployments.apps", "list pods"]);
        assert_eq!(
            words[6..],
            [
                "get leases.coordination.k8s.io",
                "create leases.coordination.k8s.io",
                "update leases.coordination.k8s.io",
                "delete leases.coordination.k8s.io"
            ]
        );
        assert_eq!(restart(true)[..], restart(false)[..6]);
    }
}
