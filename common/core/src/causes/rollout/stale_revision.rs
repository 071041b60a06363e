//! `rollout/stale-revision`: pods of an older revision still serve, and nothing replaces them.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Pod;

use super::revisions;
use crate::causes::container::word;
use crate::causes::crashloop::crashing;
use crate::causes::{Cause, Fatal, Rule, STATE, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::words::counted;
use crate::workload;

pub(in crate::causes) const STALE_REVISION: Cause = Cause {
    code: "rollout/stale-revision",
    about: "pods of an older revision still serve, and the rollout that should replace them stands still",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::WorkloadInDepth(rule),
};

/// A rollout that did not get on for so long stands still (the API server's default of progressDeadlineSeconds).
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let all = facts.workload;
    let deployment = &all.deployment;
    let current = all.current();
    let serves = |pod: &&Pod| workload::is_ready(pod) && !all.is_new(pod);
    let old: Vec<&Pod> = all.pods.iter().filter(serves).collect();
    let quiet = deployment.last_progress().is_some_and(|at| facts.now.duration_since(at) > PATIENCE);
    let given_up = deployment.condition("Progressing").and_then(|progressing| progressing.reason.as_deref())
        == Some("ProgressDeadlineExceeded");
    if old.is_empty() || !(deployment.is_paused() || given_up || quiet) {
        return None;
    }
    let of = all.replica_sets.iter().find(|set| old.iter().any(|pod| crashing::belongs(pod, set)));
    let of = of.map_or_else(|| "an older revision".to_owned(), revisions::named);
    let wanted = current.map_or_else(|| "the present template".to_owned(), revisions::named);
    let summary =
        format!("{} still of {of}, and nothing brings {wanted} out", counted(old.len(), "ready pod"));
    let why = if deployment.is_paused() {
        "spec.paused: true".to_owned()
    } else {
        let progressing = deployment.condition("Progressing");
        let reason = progressing.and_then(|progressing| progressing.reason.as_deref()).unwrap_or("none");
        format!("status.conditions[Progressing]: {reason}")
    };
    let evidence = old.iter().take(3).map(|pod| format!("pod/{} is ready", workload::name(pod)));
    let name = word(deployment.name());
    Some(Sighting {
        summary,
        evidence: [why].into_iter().chain(evidence).collect(),
        next: vec![facts.place.kubectl(&format!("rollout status deployment/{name} --timeout=10s"))],
        observations: STATE,
        ..Sighting::default()
    })
}
