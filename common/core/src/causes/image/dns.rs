//! `image/dns`: the node cannot resolve the registry's name.

use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const DNS: Cause = Cause {
    code: "image/dns",
    about: "the node cannot resolve the registry's host name",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::Dns)?;
    let host = looked_up(pull.message).unwrap_or(pull.registry());
    let summary = format!("{} cannot resolve {host} to pull {}", facts.node(), pull.what());
    Some(pull.sighting(summary, Pull::look(facts)))
}

/// `dial tcp: lookup HOST on SERVER:53: no such host`
fn looked_up(message: &str) -> Option<&str> {
    let (_, rest) = message.rsplit_once("lookup ")?;
    rest.split([' ', ':']).next().filter(|host| !host.is_empty())
}
