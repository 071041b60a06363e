//! `pending/node-admission`: the node's kubelet refuses the pod that was assigned to it.

use crate::causes::container::clip;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const NODE_ADMISSION: Cause = Cause {
    code: "pending/node-admission",
    about: "the node's kubelet refuses the pod that was assigned to it",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

/// What the kubelet says besides `OutOfcpu` and its like (`pkg/kubelet/lifecycle/predicate.go`).
const REASONS: &[&str] = &[
    "NodeAffinity",
    "NodeName",
    "NodePorts",
    "TaintToleration",
    "UnexpectedAdmissionError",
    "TopologyAffinityError",
    "PodOSSelectorNodeLabelDoesNotMatch",
    "PodOSNotSupported",
    "SysctlForbidden",
    "AppArmor",
];

/// Why the kubelet did not admit the pod: reason and message.
pub(super) fn refused<'a>(facts: &PodFacts<'a>) -> Option<(&'a str, &'a str)> {
    let status = facts.pod.status.as_ref().filter(|_| workload::has_failed(facts.pod))?;
    let reason = status.reason.as_deref()?;
    let message = status.message.as_deref().unwrap_or_default();
    let rejected = message.starts_with("Pod was rejected");
    (REASONS.contains(&reason) || reason.starts_with("OutOf") || rejected).then_some((reason, message))
}

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (reason, message) = refused(facts)?;
    let why = clip(message.trim_start_matches("Pod was rejected: "));
    Some(Sighting {
        summary: format!("{} refuses the pod ({reason}): {why}", facts.node()),
        evidence: vec![format!("status.reason: {reason}: {}", clip(message))],
        next: vec![facts.describe()],
        observations: 1,
        ..Sighting::default()
    })
}
