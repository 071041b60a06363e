//! What keeps a pod from each node, read from the nodes themselves: the scheduler's text names neither taint nor node.

use k8s_openapi::api::core::v1::{Node, PodSpec, Taint};

use crate::causes::node::{self, Room};
use crate::causes::{Need, PodFacts};
use crate::fact::Fact;

/// What keeps a pod from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::causes) enum Bar {
    Cordoned,
    /// A taint that somebody gave the node.
    Taint,
    /// A taint of a node that does not answer, or has no network yet.
    NotReady,
    /// A taint of a node that runs short of memory, disk or process ids.
    Pressure,
    /// Labels that it does not have.
    Labels,
}

/// Nodes of which more is read.
const LOOKED_INTO: usize = 3;

const NOT_READY: [&str; 5] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/network-unavailable",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.cloudprovider.kubernetes.io/shutdown",
];

const PRESSURE: [&str; 3] = [
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
];

/// What a taint of this key means.
pub(in crate::causes) fn of_key(key: &str) -> Bar {
    if NOT_READY.contains(&key) {
        Bar::NotReady
    } else if PRESSURE.contains(&key) {
        Bar::Pressure
    } else {
        Bar::Taint
    }
}

/// Every node, once they were read.
pub(in crate::causes) fn nodes<'a>(facts: &PodFacts<'a>) -> Option<&'a [Node]> {
    match facts.fetched.nodes()? {
        Fact::Known(nodes) => Some(nodes),
        Fact::Unavailable(_) => None,
    }
}

/// The nodes that come closest, each with what keeps the pod from it. Those without the labels that it wants are told
/// only where no node has them, and a control plane's own taint only where nothing else is left.
pub(in crate::causes) fn closest<'a>(facts: &PodFacts<'a>) -> Vec<(Bar, &'a Node)> {
    let (Some(nodes), Some(spec)) = (nodes(facts), facts.pod.spec.as_ref()) else { return Vec::new() };
    let fitting: Vec<&Node> = nodes.iter().filter(|node| node::has_labels(node, spec)).collect();
    if fitting.is_empty() {
        return nodes.iter().map(|node| (Bar::Labels, node)).collect();
    }
    let mut barred: Vec<(Vec<Bar>, &Node)> =
        fitting.into_iter().map(|node| (of_node(node, spec), node)).collect();
    if barred.iter().any(|(_, node)| !is_control_plane(node)) {
        barred.retain(|(_, node)| !is_control_plane(node));
    }
    let fewest = barred.iter().map(|(bars, _)| bars.len()).min().unwrap_or_default();
    barred.retain(|(bars, _)| bars.len() == fewest);
    barred.into_iter().flat_map(|(bars, node)| bars.into_iter().map(move |bar| (bar, node))).collect()
}

fn of_node(node: &Node, spec: &PodSpec) -> Vec<Bar> {
    let taints = node::untolerated(node, spec);
    let mut bars: Vec<Bar> = taints.iter().map(|taint| of_key(&taint.key)).collect();
    if node::keeps_by_cordon(node, spec) {
        bars.push(Bar::Cordoned);
    }
    bars.sort_unstable();
    bars.dedup();
    bars
}

fn is_control_plane(node: &Node) -> bool {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    taints.iter().any(|taint| taint.key == "node-role.kubernetes.io/control-plane")
}

/// `KEY=VALUE:EFFECT`, as kubectl takes it.
pub(in crate::causes) fn taint_text(taint: &Taint) -> String {
    let value = taint.value.as_deref().filter(|value| !value.is_empty());
    let value = value.map(|value| format!("={value}")).unwrap_or_default();
    format!("{}{value}:{}", taint.key, taint.effect)
}

/// The nodes that could take the pod if they had room, those with the most of a resource first.
pub(in crate::causes) fn able<'a>(facts: &PodFacts<'a>, resource: &str) -> Vec<&'a Node> {
    let (Some(nodes), Some(spec)) = (nodes(facts), facts.pod.spec.as_ref()) else { return Vec::new() };
    let mut able: Vec<_> = nodes
        .iter()
        .filter(|node| node::could_take(node, spec))
        .filter_map(|node| Some((node::allocatable(node, resource)?, node)))
        .collect();
    able.sort_by(|(one, _), (other, _)| other.cmp(one));
    able.into_iter().map(|(_, node)| node).collect()
}

/// The first of them, of which more is read.
pub(in crate::causes) fn first<'n, 'a>(able: &'n [&'a Node]) -> &'n [&'a Node] {
    &able[..able.len().min(LOOKED_INTO)]
}

/// The nodes that would be able but for a cordon, worker nodes all.
pub(in crate::causes) fn cordoned<'a>(facts: &PodFacts<'a>) -> Vec<&'a str> {
    let (Some(nodes), Some(spec)) = (nodes(facts), facts.pod.spec.as_ref()) else { return Vec::new() };
    let only_that = |node: &&Node| of_node(node, spec) == [Bar::Cordoned] && node::has_labels(node, spec);
    nodes.iter().filter(only_that).map(node::name).collect()
}

/// What has to be read to say how much room these nodes have.
pub(in crate::causes) fn room_needs(nodes: &[&Node]) -> Vec<Need> {
    nodes.iter().map(|node| Need::PodsOn(node::name(node).to_owned())).collect()
}

/// The room that these nodes have of a resource, the most first.
pub(in crate::causes) fn rooms<'a>(
    facts: &PodFacts<'a>,
    nodes: &[&'a Node],
    resource: &'a str,
) -> Vec<Room<'a>> {
    let mut rooms: Vec<Room<'_>> = nodes.iter().filter_map(|node| Room::of(facts, node, resource)).collect();
    rooms.sort_by_key(|room| std::cmp::Reverse(room.free()));
    rooms
}

/// The pods that use a host port on one of these nodes: `NAMESPACE/NAME on NODE`.
pub(in crate::causes) fn port_owners(facts: &PodFacts<'_>, nodes: &[&Node], ports: &[i32]) -> Vec<String> {
    let owner = |node: &&Node| {
        let name = node::name(node);
        let Fact::Known(pods) = facts.fetched.pods_on(name)? else { return None };
        let owner = pods.iter().find(|pod| pod.spec.as_ref().is_some_and(|spec| uses(spec, ports)))?;
        let namespace = owner.metadata.namespace.as_deref().unwrap_or_default();
        Some(format!("{namespace}/{} on {name}", crate::workload::name(owner)))
    };
    nodes.iter().filter_map(owner).collect()
}

/// Whether a pod takes one of these ports of its node. One on the host's network takes all that its containers list.
fn uses(spec: &PodSpec, ports: &[i32]) -> bool {
    let listed = spec.containers.iter().flat_map(|container| container.ports.iter().flatten());
    let on_host = spec.host_network == Some(true);
    listed
        .filter_map(|port| port.host_port.or_else(|| on_host.then_some(port.container_port)))
        .any(|port| ports.contains(&port))
}
