//! `pending/host-port`: a host port that the pod wants is taken on every node.

use crate::causes::pending::bars;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const HOST_PORT: Cause = Cause {
    code: "pending/host-port",
    about: "a host port that the pod wants is taken on every node",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::HostPort, |_| true)?;
    let containers = &facts.pod.spec.as_ref()?.containers;
    let ports: Vec<(String, i32)> = containers
        .iter()
        .flat_map(|container| container.ports.iter().flatten().map(move |port| (container, port)))
        .filter_map(|(container, port)| {
            Some((format!("spec.containers[{}].ports", container.name), port.host_port?))
        })
        .collect();
    let numbers: Vec<String> = ports.iter().map(|(_, port)| port.to_string()).collect();
    let able = bars::able(facts, "pods");
    let able = bars::first(&able);
    let wanted: Vec<i32> = ports.iter().map(|(_, port)| *port).collect();
    let owners = bars::port_owners(facts, able, &wanted);
    let by = if owners.is_empty() { String::new() } else { format!(" by pod {}", owners.join(", ")) };
    let summary =
        format!("{}: host port {} is taken{by}", unschedulable.of_nodes(reason), numbers.join(" or "));
    let evidence = ports.into_iter().map(|(path, port)| format!("{path}: hostPort {port}"));
    let next = vec![facts.place.kubectl("get pods -o wide"), facts.edit_owner()];
    let mut sighting = unschedulable.sighting(summary, evidence, next);
    sighting.needs.extend(bars::room_needs(able));
    Some(sighting)
}
