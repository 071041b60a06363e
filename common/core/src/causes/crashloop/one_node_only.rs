//! `crashloop/one-node-only`: pods crash on one node only, and are ready on others: the node may be the cause.

use crate::causes::STATE;
use crate::causes::container::word;
use crate::causes::crashloop::crashing;
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::words::counted;
use crate::workload;

pub(in crate::causes) const ONE_NODE_ONLY: Cause = Cause {
    code: "crashloop/one-node-only",
    about: "pods crash on one node only, and are ready on others: the node may be the cause",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let (crashing, ready) = crashing::of(facts);
    let node = workload::node(crashing.first()?)?;
    let there = crashing.iter().all(|pod| workload::node(pod) == Some(node));
    let elsewhere = ready.iter().filter(|pod| workload::node(pod) != Some(node)).count();
    let here = ready.len() - elsewhere;
    (there && crashing.len() > 1 && elsewhere > 0 && here == 0).then(|| Sighting {
        summary: format!(
            "the {} that crash are all on {node}; {} ready elsewhere",
            counted(crashing.len(), "pod"),
            counted(elsewhere, "pod")
        ),
        evidence: crashing
            .iter()
            .map(|pod| format!("pod/{} spec.nodeName: {node}", workload::name(pod)))
            .take(3)
            .collect(),
        next: vec![facts.place.of_cluster(&format!("describe node {}", word(node)))],
        observations: STATE,
        ..Sighting::default()
    })
}
