//! `rollout/gitops-reverts`: the tool that owns the Deployment took a restart back.

use super::revisions;
use crate::causes::container::word;
use crate::causes::{Cause, Fatal, Rule, STATE, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::gitops;
use crate::revision;

pub(in crate::causes) const GITOPS_REVERTS: Cause = Cause {
    code: "rollout/gitops-reverts",
    about: "the tool that owns the Deployment (Argo CD, Flux, Helm) took a restart back, which rolled the pods once more",
    severity: Severity::Warning,
    fatal: Fatal::Never,
    rule: Rule::WorkloadInDepth(rule),
};

/// Nobody takes a restart back by hand: the same template with an older `restartedAt`, or none, is a tool's work.
fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let owner = gitops::owner(&facts.workload.deployment)?;
    let (current, same) = revisions::same_as_current(facts)?;
    let now = revision::restarted_at(current.template());
    let taken = same.into_iter().find(|set| {
        let theirs = revision::restarted_at(set.template());
        theirs > now && set.created_at() > current.created_at()
    })?;
    let at = revision::restarted_at(taken.template()).unwrap_or_default();
    let path = format!("annotations[{}]", revision::RESTARTED_AT);
    let name = word(facts.workload.deployment.name());
    Some(Sighting {
        summary: format!(
            "{owner} took the restart of {at} back: the pods are of {} again",
            revisions::named(current)
        ),
        evidence: vec![
            format!("spec.template.metadata.{path}: {}", now.unwrap_or("none")),
            format!("replicaset/{} spec.template.metadata.{path}: {at}", taken.name()),
        ],
        next: vec![facts.place.kubectl(&format!("get deployment {name} -o yaml --show-managed-fields"))],
        observations: STATE,
        ..Sighting::default()
    })
}
