//! `readiness/node-not-ready`: the pod is not ready because its node does not answer.

use crate::causes::STATE;
use crate::causes::container::word;
use crate::causes::event;
use crate::causes::{Cause, Fatal, Need, PodFacts, Rule, Sighting};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const NODE_NOT_READY: Cause = Cause {
    code: "readiness/node-not-ready",
    about: "the pod is not ready because its node does not answer",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let ready = facts.condition("Ready").filter(|ready| ready.status != "True")?;
    let containers = facts.condition("ContainersReady").filter(|containers| containers.status == "True")?;
    let spec = facts.pod.spec.as_ref()?;
    let gates = spec.readiness_gates.as_deref().unwrap_or_default();
    let open = gates.iter().all(|gate| {
        facts.condition(&gate.condition_type).is_some_and(|condition| condition.status == "True")
    });
    // The kubelet sets both conditions together; only the node controller sets Ready alone.
    let all_ready = facts.living().count() > 0
        && facts.living().all(|container| {
            container.status.ready || container.terminated().is_some_and(|ended| ended.exit_code == 0)
        });
    if !open || !all_ready {
        return None;
    }
    let node = facts.node();
    let mut evidence = vec![
        format!("status.conditions[Ready]: {}", ready.status),
        format!("status.conditions[ContainersReady]: {}", containers.status),
    ];
    evidence.extend(facts.events_of("NodeNotReady").last().map(event::evidence));
    let lost = facts.lost_node();
    let words = lost.as_ref().map_or("does not answer", |lost| &lost.words);
    let summary = format!("the containers were ready, but {node} {words}");
    evidence.extend(lost.map(|lost| lost.evidence));
    let asks = facts.in_depth.then(|| workload::node(facts.pod).map(|node| Need::Node(node.to_owned())));
    Some(Sighting {
        summary,
        evidence,
        next: vec![facts.place.of_cluster(&format!("describe node {}", word(node)))],
        observations: STATE,
        needs: asks.flatten().into_iter().collect(),
    })
}
