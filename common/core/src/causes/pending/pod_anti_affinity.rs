//! `pending/pod-anti-affinity`: every node runs pods that must not be beside the pod.

use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const POD_ANTI_AFFINITY: Cause = Cause {
    code: "pending/pod-anti-affinity",
    about: "every node runs pods that must not be beside the pod",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::PodAffinity, |text| text.contains("anti-affinity"))?;
    let affinity =
        facts.pod.spec.as_ref().and_then(|spec| spec.affinity.as_ref()?.pod_anti_affinity.as_ref());
    let terms = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref());
    let next = facts.place.kubectl("get pods -o wide --show-labels");
    if reason.text.contains("existing pods") {
        let summary =
            format!("{}: pods that run there do not want it beside them", unschedulable.of_nodes(reason));
        return Some(unschedulable.sighting(summary, None, vec![next]));
    }
    let unwanted = scheduling::affinity_terms(terms.unwrap_or_default());
    let summary =
        format!("{}: pod anti-affinity forbids to be beside {unwanted}", unschedulable.of_nodes(reason));
    let evidence =
        [format!("spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution: {unwanted}")];
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}
