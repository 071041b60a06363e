//! `rollout/pdb-blocks-eviction`: a node is being drained, and a `PodDisruptionBudget` keeps pods of it there.

use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use crate::budget;
use crate::causes::container::word;
use crate::causes::node;
use crate::causes::{Cause, Fatal, Need, Rule, STATE, Sighting, WorkloadFacts};
use crate::fact::Fact;
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const PDB_BLOCKS_EVICTION: Cause = Cause {
    code: "rollout/pdb-blocks-eviction",
    about: "pods stay on a cordoned node because their PodDisruptionBudget allows no eviction",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::WorkloadInDepth(rule),
};

/// Nodes that are looked at.
const NODES: usize = 3;

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let budget = blocked(facts)?;
    let (pod, node) = placed(facts).find(|(_, node)| read(facts, node).is_some_and(node::is_cordoned))?;
    let name = budget::name(budget);
    let summary = format!("{node} is cordoned, and no pod can be evicted from it: {}", budget::words(budget));
    let evidence = vec![
        budget::evidence(budget),
        format!("node/{node} spec.unschedulable: true"),
        format!("pod/{} spec.nodeName: {node}", workload::name(pod)),
    ];
    Some(Sighting {
        summary,
        evidence,
        next: vec![
            facts.place.kubectl(&format!("describe pdb {}", word(name))),
            facts.place.of_cluster(&format!("uncordon {}", word(node))),
        ],
        observations: STATE,
        ..Sighting::default()
    })
}

/// What asks whether nodes of pods that may not be evicted are being drained.
pub(in crate::causes) fn needs(facts: &WorkloadFacts<'_>) -> Vec<Need> {
    if blocked(facts).is_none() {
        return Vec::new();
    }
    let mut nodes: Vec<&str> = placed(facts).map(|(_, node)| node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes.into_iter().take(NODES).map(|node| Need::Node(node.to_owned())).collect()
}

/// The budget of its pods that allows no eviction, once the budgets were read.
fn blocked<'a>(facts: &WorkloadFacts<'a>) -> Option<&'a PodDisruptionBudget> {
    let Fact::Known(budgets) = facts.fetched.budgets()? else { return None };
    let labels = facts.workload.deployment.pod_labels();
    let none_left = |budget: &&PodDisruptionBudget| {
        budget.status.as_ref().is_some_and(|status| status.disruptions_allowed <= 0)
    };
    budget::selecting(budgets, &labels).find(none_left)
}

/// The pods that run on a node.
fn placed<'a>(facts: &WorkloadFacts<'a>) -> impl Iterator<Item = (&'a Pod, &'a str)> {
    let living = facts.workload.pods.iter().filter(|pod| !workload::has_ended(pod));
    living.filter_map(|pod| Some((pod, workload::node(pod)?)))
}

/// A node, however it was read.
fn read<'a>(facts: &WorkloadFacts<'a>, name: &str) -> Option<&'a Node> {
    if let Some(Fact::Known(nodes)) = facts.fetched.nodes() {
        return nodes.iter().find(|node| node::name(node) == name);
    }
    match facts.fetched.node(name)? {
        Fact::Known(node) => node,
        Fact::Unavailable(_) => None,
    }
}
