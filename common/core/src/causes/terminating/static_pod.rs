//! `terminating/static-pod`: the pod mirrors a static pod of its node, which only a file there can end.

use crate::causes::container::word;
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const STATIC_POD: Cause = Cause {
    code: "terminating/static-pod",
    about: "the pod mirrors a static pod of its node: only the kubelet there ends it, and it comes back",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    facts.pod.metadata.deletion_timestamp.as_ref().filter(|_| workload::is_mirror(facts.pod))?;
    let node = facts.node();
    Some(Sighting {
        summary: format!(
            "not stuck: the pod mirrors a static pod of {node}, whose kubelet makes it anew as long as its manifest lies there"
        ),
        evidence: vec!["metadata.annotations: kubernetes.io/config.mirror".to_owned()],
        next: vec![facts.place.of_cluster(&format!("describe node {}", word(node)))],
        observations: STATE,
        ..Sighting::default()
    })
}
