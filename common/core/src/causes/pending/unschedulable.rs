//! `pending/unschedulable`: no node takes the pod, for another reason than the ones named here.

use crate::causes::container::clip;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const UNSCHEDULABLE: Cause = Cause {
    code: "pending/unschedulable",
    about: "no node takes the pod, for another reason than the ones named here",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::Other, |_| true)?;
    let summary = format!("{}: {}", unschedulable.of_nodes(reason), clip(reason.text));
    Some(unschedulable.sighting(summary, None, vec![facts.describe()]))
}
