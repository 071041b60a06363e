//! Which verbs a command needs, and what a rules review says about them.

use k8s_openapi::api::authorization::v1::{ResourceRule, SubjectRulesReviewStatus};

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

/// What a rolling restart cannot do without.
pub const RESTART: [Access; 6] = [
    access("get", "apps", "deployments"),
    access("patch", "apps", "deployments"),
    access("list", "", "pods"),
    access("watch", "", "pods"),
    access("list", "apps", "replicasets"),
    access("watch", "apps", "replicasets"),
];

/// Whether a `SelfSubjectRulesReview` proves the access to an object of this name.
///
/// `false` proves nothing: the review may be incomplete (webhook authorizers), so the caller asks a
/// `SelfSubjectAccessReview` for what is not proven here.
pub fn proven(rules: &SubjectRulesReviewStatus, needed: &Access, name: &str) -> bool {
    rules.resource_rules.iter().any(|rule| grants(rule, needed, name))
}

/// Mirrors `RuleAllows` of `k8s.io/component-helpers/auth/rbac/validation`.
fn grants(rule: &ResourceRule, needed: &Access, name: &str) -> bool {
    let has = |list: &Option<Vec<String>>, wanted: &str| {
        list.iter().flatten().any(|entry| entry == "*" || entry == wanted)
    };
    // A list or watch of a whole namespace is not covered by a rule for single names.
    let named = rule.resource_names.iter().flatten().next().is_none()
        || (!matches!(needed.verb, "list" | "watch" | "create")
            && rule.resource_names.iter().flatten().any(|entry| entry == name));
    named
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
        let patch = RESTART[1];
        let watch = RESTART[3];
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
        ] {
            assert_eq!(proven(&rules(&rule), &needed, "web"), proves, "{needed} by {rule}");
        }
    }

    #[test]
    fn says_access_as_kubectl_auth_can_i_takes_it() {
        assert_eq!(RESTART[1].to_string(), "patch deployments.apps");
        assert_eq!(RESTART[2].to_string(), "list pods");
    }
}
