//! `pending/cordoned`: the nodes that could take the pod are cordoned (spec.unschedulable).

use crate::causes::container::word;
use crate::causes::node;
use crate::causes::pending::bars::Bar;
use crate::causes::pending::scheduling;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const CORDONED: Cause = Cause {
    code: "pending/cordoned",
    about: "the nodes that could take the pod are cordoned (spec.unschedulable)",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let refusing = unschedulable.refusing(Bar::Cordoned)?;
    let names: Vec<&str> = refusing.nodes.iter().map(|node| node::name(node)).collect();
    let which =
        if names.is_empty() { String::new() } else { format!(": {}", node::few(names.iter().copied())) };
    let summary = format!("{}: cordoned (spec.unschedulable){which}", refusing.start);
    let evidence = names.iter().take(3).map(|name| format!("node/{name} spec.unschedulable: true"));
    let evidence: Vec<String> = evidence.collect();
    let list = facts.place.of_cluster("get nodes --field-selector spec.unschedulable=true");
    let first = names.first().map(|name| facts.place.of_cluster(&format!("uncordon {}", word(name))));
    Some(unschedulable.sighting(summary, evidence, [list].into_iter().chain(first).collect()))
}
