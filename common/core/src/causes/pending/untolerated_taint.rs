//! `pending/untolerated-taint`: the nodes have a taint that the pod does not tolerate.

use crate::causes::node;
use crate::causes::pending::bars::{self, Bar};
use crate::causes::pending::scheduling;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;
use k8s_openapi::api::core::v1::{Node, PodSpec};

pub(in crate::causes) const UNTOLERATED_TAINT: Cause = Cause {
    code: "pending/untolerated-taint",
    about: "the nodes have a taint that the pod does not tolerate",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let refusing = unschedulable.refusing(Bar::Taint)?;
    let said = named(refusing.text);
    let of_the_system = said.and_then(|taint| taint.split(':').next()).map(bars::of_key);
    if facts.in_depth && of_the_system.is_some_and(|bar| bar != Bar::Taint) {
        return None;
    }
    let spec = facts.pod.spec.as_ref()?;
    let taints = taints(&refusing.nodes, spec);
    let taint = match (taints.is_empty(), said) {
        (false, _) => format!(" {}", taints.join(" and ")),
        (true, Some(taint)) => format!(" {taint}"),
        (true, None) => String::new(),
    };
    let summary = format!("{}: the pod does not tolerate the taint{taint}", refusing.start);
    let tolerated = spec.tolerations.as_deref().unwrap_or_default();
    let tolerated: Vec<&str> =
        tolerated.iter().map(|toleration| toleration.key.as_deref().unwrap_or("all")).collect();
    let tolerated = if tolerated.is_empty() { "none".to_owned() } else { tolerated.join(", ") };
    let of_node = |node: &&Node| {
        let taints = node::untolerated(node, spec);
        let taints: Vec<String> = taints.into_iter().map(bars::taint_text).collect();
        format!("node/{} spec.taints: {}", node::name(node), taints.join(", "))
    };
    let evidence = [format!("spec.tolerations: {tolerated}")];
    let evidence: Vec<String> =
        evidence.into_iter().chain(refusing.nodes.iter().take(3).map(of_node)).collect();
    let next = facts.place.of_cluster("get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints");
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}

/// The taints of these nodes, each with the nodes that have it: `dedicated=gpu:NoSchedule (node-1)`.
fn taints(nodes: &[&Node], spec: &PodSpec) -> Vec<String> {
    let of_nodes = nodes.iter().flat_map(|node| {
        let taints = node::untolerated(node, spec).into_iter();
        let own = taints.filter(|taint| bars::of_key(&taint.key) == Bar::Taint);
        own.map(|taint| (bars::taint_text(taint), node::name(node)))
    });
    let grouped = node::grouped(of_nodes);
    grouped.into_iter().map(|(taint, nodes)| format!("{taint} ({})", node::few(nodes))).collect()
}

/// `node(s) had untolerated taint {KEY: VALUE}`: not every version of the scheduler says which.
fn named(text: &str) -> Option<&str> {
    let (_, taint) = text.split_once('{')?;
    let taint = taint.trim_end_matches('}').trim_end_matches([':', ' ']);
    (!taint.is_empty()).then_some(taint)
}
