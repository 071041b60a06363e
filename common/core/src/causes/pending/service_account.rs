//! `pending/service-account`: the `ServiceAccount` that the pods run as does not exist.

use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const SERVICE_ACCOUNT: Cause = Cause {
    code: "pending/service-account",
    about: "the ServiceAccount that the pods run as does not exist",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::ServiceAccount)?;
    let quoted = refusal.after("serviceaccount ");
    let name = quoted.or_else(|| facts.template_field("serviceAccountName")).unwrap_or("of the template");
    let summary = format!("ServiceAccount {name} does not exist, so no pod is created");
    let mut sighting =
        refusal.sighting(summary, vec![facts.place.kubectl("get serviceaccounts"), facts.edit()]);
    sighting.evidence.push(format!("spec.template.spec.serviceAccountName: {name}"));
    Some(sighting)
}
