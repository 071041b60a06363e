//! `pending/untolerated-taint`: the nodes have a taint that the pod does not tolerate.

use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const UNTOLERATED_TAINT: Cause = Cause {
    code: "pending/untolerated-taint",
    about: "the nodes have a taint that the pod does not tolerate",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::Taint, |_| true)?;
    let taint = named(reason.text).map(|taint| format!(" {taint}")).unwrap_or_default();
    let summary = format!("{}: the pod does not tolerate the taint{taint}", unschedulable.of_nodes(reason));
    let tolerated = facts.pod.spec.as_ref().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default();
    let tolerated: Vec<&str> =
        tolerated.iter().map(|toleration| toleration.key.as_deref().unwrap_or("all")).collect();
    let tolerated = if tolerated.is_empty() { "none".to_owned() } else { tolerated.join(", ") };
    let next = facts.place.kubectl("get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints");
    Some(unschedulable.sighting(summary, [format!("spec.tolerations: {tolerated}")], vec![next]))
}

/// `node(s) had untolerated taint {KEY: VALUE}`: not every version of the scheduler says which.
fn named(text: &str) -> Option<&str> {
    let (_, taint) = text.split_once('{')?;
    let taint = taint.trim_end_matches('}').trim_end_matches([':', ' ']);
    (!taint.is_empty()).then_some(taint)
}
