//! `crashloop/since-revision`: pods of the newest revision fail, those of a really different one before serve or have
//! all been replaced: roll back.

use k8s_openapi::api::core::v1::Pod;

use crate::causes::container::word;
use crate::causes::crashloop::{CONFIG_ERROR, START_ERROR, crashing, replaced};
use crate::causes::missing::Missing;
use crate::causes::{self, Cause, Fatal, Found, Rule, STATE, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::words::counted;
use crate::workload::{self, ReplicaSet};
use crate::{references, revision};

pub(in crate::causes) const SINCE_REVISION: Cause = Cause {
    code: "crashloop/since-revision",
    about: "pods of the newest revision crash, cannot start or do not get ready, those of another template before it serve or have all been replaced: roll back",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::Workload(rule),
};

/// Causes that lie with a node or the cluster's network: another template has them, too.
const OF_NO_TEMPLATE: [&str; 7] = [
    "image/disk-full",
    "pending/cordoned",
    "pending/ip-exhausted",
    "pending/node-admission",
    "pending/sandbox-network",
    "pending/too-many-pods",
    "readiness/node-not-ready",
];

/// Causes that lie with what a template refers to: one that refers to the same has them, too.
const OF_REFERENCES: [&str; 3] = [CONFIG_ERROR.code, "pending/missing-config-map", "pending/missing-secret"];

pub(in crate::causes) fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let serving = serving_before(facts);
    let steady = serving.iter().filter(|pod| workload::restarts(pod) == 0).count();
    let (crashing, _) = crashing::of(facts);
    if !crashing.is_empty() && steady > 0 {
        let summary = format!(
            "only the present template crashes ({}); {} of the template before never restarted",
            counted(crashing.len(), "pod"),
            counted(steady, "pod")
        );
        let restarts = crashing.iter().map(|pod| {
            let restarts = workload::restarts(pod);
            format!("pod/{} restarts: {restarts}", workload::name(pod))
        });
        return Some(sighting(facts, summary, restarts.take(3).collect(), ""));
    }
    if serving.is_empty() {
        return replaced::sighting(facts, crashing);
    }
    let failing = failing(facts, &serving_sets(facts));
    let summary = format!(
        "{} of the present template cannot serve; {} of the template before can",
        counted(failing.len(), "pod"),
        counted(serving.len(), "pod")
    );
    let evidence = failing.iter().map(|pod| not_ready(pod));
    (!failing.is_empty()).then(|| sighting(facts, summary, evidence.take(3).collect(), ""))
}

/// The sighting, whose next command is the rollback with these flags.
pub(super) fn sighting(
    facts: &WorkloadFacts<'_>,
    summary: String,
    evidence: Vec<String>,
    flags: &str,
) -> Sighting {
    let name = word(facts.workload.deployment.name());
    Sighting {
        summary,
        evidence,
        next: vec![facts.place.kubectl(&format!("sk-rollback deployment/{name}{flags}"))],
        observations: STATE,
        ..Sighting::default()
    }
}

/// The ready pods of revisions whose templates really differ from the present one. After a restart there are none.
pub(in crate::causes) fn serving_before<'a>(facts: &WorkloadFacts<'a>) -> Vec<&'a Pod> {
    let sets = serving_sets(facts);
    let ready = facts.workload.pods.iter().filter(|pod| workload::is_ready(pod));
    ready.filter(|pod| sets.iter().any(|set| crashing::belongs(pod, set))).collect()
}

/// Their revisions.
fn serving_sets<'a>(facts: &WorkloadFacts<'a>) -> Vec<&'a ReplicaSet> {
    let all = facts.workload;
    let differs = |set: &&ReplicaSet| {
        all.current().is_none_or(|current| current.uid() != set.uid())
            && !revision::is_same(set.template(), all.deployment.template())
    };
    let ready: Vec<&Pod> = all.pods.iter().filter(|pod| workload::is_ready(pod)).collect();
    let owns = |set: &&ReplicaSet| ready.iter().any(|pod| crashing::belongs(pod, set));
    all.replica_sets.iter().filter(owns).filter(differs).collect()
}

fn not_ready(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let seen = match conditions.iter().find(|condition| condition.type_ == "Ready") {
        Some(ready) => format!("status.conditions[Ready]: {}", ready.status),
        None => format!("status.phase: {}", status.and_then(|status| status.phase.as_deref()).unwrap_or("?")),
    };
    format!("pod/{} {seen}", workload::name(pod))
}

/// The new pods that have an error which their template can have brought, and those before it had not. Within what a
/// probe grants no rule finds one.
pub(super) fn failing<'a>(facts: &WorkloadFacts<'a>, before: &[&ReplicaSet]) -> Vec<&'a Pod> {
    let mut pods = causes::new_pods(facts.workload);
    pods.retain(|(pod, _)| !workload::is_ready(pod));
    let shared = before.iter().any(|set| refers_to_all(set, facts.workload.deployment.template()));
    let causes = causes::CAUSES.iter().filter(|cause| is_of_template(cause));
    let found = causes.flat_map(|cause| causes::seen(cause, facts, &pods));
    let found: Vec<_> = found.filter(|found| !(shared && is_of_reference(found))).collect();
    let fails = |pod: &&Pod| {
        let object = format!("pod/{}", workload::name(pod));
        found.iter().any(|found| found.finding.object == object)
    };
    facts.workload.pods.iter().filter(fails).collect()
}

/// Whether this revision refers to all that the template does.
fn refers_to_all(set: &ReplicaSet, template: &serde_json::Value) -> bool {
    let (has, wanted) = (references::required(set.template()), references::required(template));
    let mut each = wanted.iter();
    !wanted.is_empty() && each.all(|(object, keys)| has.get(object).is_some_and(|has| keys.is_subset(has)))
}

/// Whether what is wrong is that something referred to is not there. Other errors of a container's settings have the
/// same code.
fn is_of_reference(found: &Found) -> bool {
    let named = || found.finding.evidence.iter().any(|seen| Missing::read(seen).is_some());
    OF_REFERENCES.contains(&found.cause.code) && (found.cause.code != CONFIG_ERROR.code || named())
}

/// Whether the template can have brought this error. Of crashes only those that come again tell something, and only
/// beside pods that never crashed: they are counted by themselves.
fn is_of_template(cause: &Cause) -> bool {
    let starts = [CONFIG_ERROR.code, START_ERROR.code].contains(&cause.code);
    let crashes = cause.code.starts_with("crashloop/") && !starts;
    is_error_of_pod(cause) && !crashes && !OF_NO_TEMPLATE.contains(&cause.code)
}

fn is_error_of_pod(cause: &Cause) -> bool {
    cause.severity == Severity::Error && matches!(cause.rule, Rule::Pod(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_would_otherwise_count() {
        for code in OF_NO_TEMPLATE.into_iter().chain(OF_REFERENCES) {
            let named = causes::CAUSES.iter().find(|cause| cause.code == code);
            assert!(named.is_some_and(is_error_of_pod), "{code}");
        }
    }
}
