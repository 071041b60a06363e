//! `pending/node-affinity`: no node matches the pod's required node affinity.

use crate::causes::container::clip;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;
use k8s_openapi::api::core::v1::{NodeSelector, NodeSelectorTerm};

pub(in crate::causes) const NODE_AFFINITY: Cause = Cause {
    code: "pending/node-affinity",
    about: "no node matches the pod's required node affinity",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::NodeAffinity, |_| true)?;
    let spec = facts.pod.spec.as_ref()?;
    if spec.node_selector.as_ref().is_some_and(|labels| !labels.is_empty()) {
        return None;
    }
    let node = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = node.and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
    let wanted = required.map_or_else(|| "other labels".to_owned(), text);
    let summary = format!("{}: node affinity wants {wanted}", unschedulable.of_nodes(reason));
    let next = facts.place.kubectl("get nodes --show-labels");
    let evidence =
        [format!("spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution: {wanted}")];
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}

fn text(selector: &NodeSelector) -> String {
    let terms: Vec<String> = selector.node_selector_terms.iter().map(term).collect();
    clip(&terms.join(", or "))
}

fn term(term: &NodeSelectorTerm) -> String {
    let labels = term.match_expressions.iter().flatten();
    let all = labels.chain(term.match_fields.iter().flatten()).map(|want| {
        let values = want.values.as_deref().unwrap_or_default().join(", ");
        if values.is_empty() {
            format!("{} {}", want.key, want.operator)
        } else {
            format!("{} {} ({values})", want.key, want.operator)
        }
    });
    all.collect::<Vec<_>>().join(" and ")
}
