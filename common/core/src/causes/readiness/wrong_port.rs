//! `readiness/wrong-port`: the readiness probe asks a port that the container does not have.

use crate::causes::probe;
use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const WRONG_PORT: Cause = Cause {
    code: "readiness/wrong-port",
    about: "the readiness probe asks a port that the container does not have",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::WrongPort)?;
    let name = unready.container.name();
    let port = unready.probe.and_then(probe::port).map(probe::port_text).unwrap_or_default();
    let listed = unready.container.spec.map(probe::listed).filter(|listed| !listed.is_empty());
    let listed = listed.unwrap_or_else(|| "none".to_owned());
    let summary =
        format!("the readiness probe of container {name} asks port {port}; the container has {listed}");
    let mut sighting = unready.sighting(facts, summary);
    sighting.evidence.push(format!("{}: {listed}", unready.container.spec_path("ports")));
    Some(sighting)
}
