//! `pending/sandbox-network`: the pod's sandbox or network cannot be made on the node.

use crate::causes::container::clip;
use crate::causes::event;
use crate::causes::pending::creating::{self, Step};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const SANDBOX_NETWORK: Cause = Cause {
    code: "pending/sandbox-network",
    about: "the pod's sandbox or network cannot be made on the node",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let failures = creating::failures(facts, Step::Sandbox);
    let failed = failures.first().filter(|failed| !creating::is_out_of_addresses(event::message(failed)))?;
    let message = event::message(failed);
    let of_network = message.rsplit_once("plugin type=").map(|(_, why)| why);
    let why = of_network.or_else(|| Some(message.rsplit_once(" desc = ")?.1)).unwrap_or(message);
    // Without a plugin's name it may as well be the runtime: a handler that the node does not know.
    let what = if of_network.is_some() || why.contains("cni") { "network" } else { "sandbox" };
    Some(Sighting {
        summary: format!("the pod's {what} cannot be made on {}: {}", facts.node(), clip(why)),
        evidence: vec![event::evidence(failed)],
        next: vec![facts.place.of_cluster("get nodes"), facts.describe()],
        observations: event::standing(std::iter::once(*failed)),
        ..Sighting::default()
    })
}
