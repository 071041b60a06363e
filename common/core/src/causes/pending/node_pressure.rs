//! `pending/node-pressure`: the nodes that could take the pod run short of memory, disk or process ids.

use crate::causes::pending::bars::Bar;
use crate::causes::pending::{scheduling, system_taint};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const NODE_PRESSURE: Cause = Cause {
    code: "pending/node-pressure",
    about: "the nodes that could take the pod run short of memory, disk or process ids",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    system_taint::sighting(facts, scheduling::seen(facts)?, Bar::Pressure, "short of resources")
}
