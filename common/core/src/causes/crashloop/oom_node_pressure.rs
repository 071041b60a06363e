//! `crashloop/oom-node-pressure`: a container without a memory limit is killed because its node ran out.

use crate::causes::container::word;
use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const OOM_NODE_PRESSURE: Cause = Cause {
    code: "crashloop/oom-node-pressure",
    about: "a container without a memory limit is killed because its node has no memory left",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::OomNodePressure)?;
    let (name, node) = (crash.container.name(), facts.node());
    let summary = format!(
        "container {name} has no memory limit and is killed because {node} has no memory left{}",
        crash.so_often()
    );
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.push(format!("{}: none", crash.container.spec_path("resources.limits.memory")));
    sighting.next = vec![
        facts.place.of_cluster(&format!("describe node {}", word(node))),
        facts.place.kubectl("top pods --sort-by=memory"),
    ];
    Some(sighting)
}
