//! `pending/cordoned`: the nodes that could take the pod are cordoned (spec.unschedulable).

use crate::causes::pending::scheduling::{self, Filter};
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
    let reason = unschedulable.reason(Filter::Cordoned, |_| true)?;
    let summary = format!("{}: cordoned (spec.unschedulable)", unschedulable.of_nodes(reason));
    let next = facts.place.kubectl("get nodes --field-selector spec.unschedulable=true");
    Some(unschedulable.sighting(summary, None, vec![next]))
}
