//! `terminating/within-grace`: the pod is being deleted and has time left to end by itself.

use crate::causes::terminating::{leaving, stopping};
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::duration;
use crate::finding::Severity;

pub(in crate::causes) const WITHIN_GRACE: Cause = Cause {
    code: "terminating/within-grace",
    about: "the pod is being deleted and has time left to end by itself",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let leaving = leaving::of(facts).filter(|leaving| !leaving.is_overdue())?;
    let told = stopping::seen(facts).is_some()
        || facts.lost_node().is_some()
        || !leaving::held_by(facts, &leaving).is_empty();
    if told {
        return None;
    }
    let (left, grace) = (duration::short(leaving.left), duration::short(leaving.grace));
    let hook = leaving::running(facts).filter(|container| stopping::hook(container).is_some());
    let hook =
        hook.map(|container| format!("; the preStop hook of container {} goes first", container.name()));
    let finalizers = facts.pod.metadata.finalizers.as_deref().unwrap_or_default();
    let (goes, held) = match finalizers {
        [] => ("ends by itself", String::new()),
        all => (
            "its containers end by themselves",
            format!("; then it stays until {} is taken away", all.join(", ")),
        ),
    };
    Some(Sighting {
        summary: format!(
            "the pod is being deleted and {goes}: {left} of its grace of {grace} are left{}{held}",
            hook.unwrap_or_default()
        ),
        evidence: vec![leaving.evidence()],
        next: vec![leaving::wait(facts, &leaving)],
        observations: STATE,
        ..Sighting::default()
    })
}
