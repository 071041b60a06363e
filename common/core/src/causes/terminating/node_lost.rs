//! `terminating/node-lost`: nobody can confirm that the pod ended, because its node is gone or does not answer.

use crate::causes::container::word;
use crate::causes::terminating::leaving;
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const NODE_LOST: Cause = Cause {
    code: "terminating/node-lost",
    about: "the pod's node is gone or does not answer, so nobody can confirm that the pod ended",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

/// The only cause for which a force delete is named at all: with a node that answers, its kubelet ends the pod.
fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let leaving = leaving::of(facts)?;
    let lost = facts.lost_node()?;
    let (node, pod) = (facts.node(), word(facts.name()));
    let (kind, owner) = workload::owner(facts.pod);
    let risk = if kind == "statefulset" {
        format!(
            "a force delete lets StatefulSet {owner} start a second pod of this identity while the first may still run and write: make sure, twice, that the machine is off"
        )
    } else {
        "a force delete only removes the object, and its containers may still run: make sure that the machine is off"
            .to_owned()
    };
    let mut next = vec![
        facts.place.of_cluster(&format!("get node {}", word(node))),
        facts.place.kubectl(&format!("get pods -o wide --field-selector spec.nodeName={}", word(node))),
    ];
    // Until its grace is over nothing says that the pod will not go by itself.
    if leaving.is_overdue() {
        next.push(facts.place.kubectl(&format!("delete pod {pod} --grace-period=0 --force")));
    }
    Some(Sighting {
        summary: format!("{node} {}, so nothing confirms that the pod ended; {risk}", lost.words),
        evidence: vec![lost.evidence, leaving.evidence()],
        next,
        observations: STATE,
        ..Sighting::default()
    })
}
