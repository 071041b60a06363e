//! Which values nodes have for the labels that a pod wants.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Node;

use crate::causes::container::clip;
use crate::causes::node;

/// `; disk is hdd on node-1 and node-2`, `; no node has the label disk`: nothing where the nodes were not read.
pub(in crate::causes) fn have<'a>(nodes: &[&Node], keys: impl Iterator<Item = &'a str>) -> String {
    if nodes.is_empty() {
        return String::new();
    }
    let keys: BTreeSet<&str> = keys.collect();
    let texts: Vec<String> = keys.into_iter().map(|key| of_key(nodes, key)).collect();
    if texts.is_empty() { String::new() } else { format!("; {}", clip(&texts.join("; "))) }
}

fn of_key(nodes: &[&Node], key: &str) -> String {
    let values = nodes.iter().filter_map(|node| Some((node::label(node, key)?.to_owned(), node::name(node))));
    let values = node::grouped(values);
    if values.is_empty() {
        return format!("no node has the label {key}");
    }
    let texts = values.into_iter().map(|(value, nodes)| format!("{value} on {}", node::few(nodes)));
    format!("{key} is {}", texts.take(3).collect::<Vec<_>>().join(", "))
}
