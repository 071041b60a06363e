//! `readiness/dns`: the host that the readiness probe asks cannot be resolved on the node.

use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const DNS: Cause = Cause {
    code: "readiness/dns",
    about: "the host that the readiness probe asks cannot be resolved on the node",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Dns)?;
    let (name, asks, node) = (unready.container.name(), unready.asks(), facts.node());
    let summary =
        format!("{node} cannot resolve the host that container {name}'s readiness probe asks ({asks})");
    Some(unready.sighting(facts, summary))
}
