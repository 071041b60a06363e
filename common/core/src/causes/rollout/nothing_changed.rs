//! `rollout/nothing-changed`: the last rollout only restarted the pods: its template is that of the revision before.

use super::revisions;
use crate::causes::container::word;
use crate::causes::crashloop::since_revision;
use crate::causes::{Cause, Fatal, Rule, STATE, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::{revision, workload};

pub(in crate::causes) const NOTHING_CHANGED: Cause = Cause {
    code: "rollout/nothing-changed",
    about: "pods fail, and the last rollout changed nothing in the template: a rollback to the one before would not help",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::WorkloadInDepth(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    // Where an older template serves, or served until just now, it is a rollback to that one which helps.
    if !since_revision::serving_before(facts).is_empty() || since_revision::rule(facts).is_some() {
        return None;
    }
    // An older one of the same template is no restart: what lies between differs, and may be rolled back to.
    let (current, before) = revisions::present_and_before(facts)?;
    if !revision::is_same(current.template(), before.template()) {
        return None;
    }
    let fails = |pod: &&k8s_openapi::api::core::v1::Pod| {
        facts.workload.is_new(pod) && !workload::is_ready(pod) && !workload::has_ended(pod)
    };
    facts.workload.pods.iter().find(fails)?;
    let (now, then) = (revisions::named(current), revisions::named(before));
    let name = word(facts.workload.deployment.name());
    Some(Sighting {
        summary: format!(
            "{now} is the template of {then}, only restarted: a rollback between them changes nothing, so look at what changed outside"
        ),
        evidence: vec![format!(
            "spec.template of replicaset/{}: as of replicaset/{}",
            current.name(),
            before.name()
        )],
        next: vec![facts.place.kubectl(&format!("rollout history deployment/{name}"))],
        observations: STATE,
        ..Sighting::default()
    })
}
