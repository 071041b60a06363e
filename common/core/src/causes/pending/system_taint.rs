//! Taints that Kubernetes itself gives nodes: what they mean is told, and not that the pod does not tolerate them.

use k8s_openapi::api::core::v1::Node;

use super::bars::{self, Bar};
use super::scheduling::Unschedulable;
use crate::causes::container::word;
use crate::causes::node;
use crate::causes::{PodFacts, Sighting};

/// The sighting of nodes with such taints, when they are what keeps the pod away.
pub(super) fn sighting(
    facts: &PodFacts<'_>,
    unschedulable: Unschedulable<'_>,
    bar: Bar,
    words: &str,
) -> Option<Sighting> {
    let refusing = unschedulable.refusing(bar)?;
    let key = refusing.text.split_once('{').and_then(|(_, taint)| taint.split(':').next());
    let by_words = key.is_some_and(|key| bars::of_key(key) == bar);
    if refusing.nodes.is_empty() && !by_words {
        return None;
    }
    let names = node::few(refusing.nodes.iter().map(|node| node::name(node)));
    let names = if names.is_empty() { String::new() } else { format!(" ({names})") };
    let evidence: Vec<String> = refusing.nodes.iter().take(3).flat_map(|node| of_node(node, bar)).collect();
    let which = refusing.nodes.first().map(|node| format!("describe node {}", word(node::name(node))));
    let next = vec![facts.place.of_cluster(&which.unwrap_or_else(|| "get nodes".to_owned()))];
    Some(unschedulable.sighting(format!("{}: {words}{names}", refusing.start), evidence, next))
}

/// Evidence: the node's taints of this kind, and the conditions that they come from.
fn of_node(node: &Node, bar: Bar) -> Vec<String> {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    let taints = taints
        .iter()
        .filter(|taint| bars::of_key(&taint.key) == bar)
        .map(|taint| format!("node/{} spec.taints: {}", node::name(node), bars::taint_text(taint)));
    let (kinds, well): (&[&str], &str) = match bar {
        Bar::Pressure => (&["MemoryPressure", "DiskPressure", "PIDPressure"], "False"),
        _ => (&["Ready"], "True"),
    };
    let conditions = kinds.iter().filter_map(|kind| node::condition(node, kind));
    let conditions = conditions.filter(|condition| condition.status != well);
    taints.chain(conditions.map(|condition| node::condition_evidence(node, condition))).collect()
}
