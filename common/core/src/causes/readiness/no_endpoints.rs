//! `readiness/no-endpoints`: pods are ready, and their Service leads to none of them, or to no port of theirs.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::causes::container::word;
use crate::causes::{Cause, Fatal, Need, Rule, STATE, Sighting, WorkloadFacts};
use crate::fact::Fact;
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const NO_ENDPOINTS: Cause = Cause {
    code: "readiness/no-endpoints",
    about: "pods are ready, but their Service selects none of them, or names a port that they do not have",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::WorkloadInDepth(rule),
};

type Labels = BTreeMap<String, String>;

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let services = services(facts)?;
    let labels = facts.workload.deployment.pod_labels();
    services.iter().find_map(|service| {
        let wrong = if selects(service, &labels) {
            wrong_port(facts, service)
        } else {
            is_empty(facts, service).then(|| wrong_labels(service, &labels)).flatten()
        };
        let (summary, evidence) = wrong?;
        let name = word(name(service));
        let commands = ["get endpointslices -l kubernetes.io/service-name=", "edit service "];
        Some(Sighting {
            summary,
            evidence,
            next: commands.iter().map(|start| facts.place.kubectl(&format!("{start}{name}"))).collect(),
            observations: STATE,
            ..Sighting::default()
        })
    })
}

/// What asks whether the Services that seem meant for the Deployment, and do not select its pods, have endpoints.
pub(in crate::causes) fn needs(facts: &WorkloadFacts<'_>) -> Vec<Need> {
    let labels = facts.workload.deployment.pod_labels();
    let Some(services) = services(facts) else { return Vec::new() };
    let meant = services.iter().filter(|service| is_meant(facts, service, &labels));
    meant.take(3).map(|service| Need::Endpoints(name(service).to_owned())).collect()
}

/// The Services, where any pod is ready that they could lead to.
fn services<'a>(facts: &WorkloadFacts<'a>) -> Option<&'a [Service]> {
    facts.workload.pods.iter().find(|pod| workload::is_ready(pod))?;
    match facts.fetched.services()? {
        Fact::Known(services) => Some(services),
        Fact::Unavailable(_) => None,
    }
}

fn name(service: &Service) -> &str {
    service.metadata.name.as_deref().unwrap_or_default()
}

fn selector(service: &Service) -> Option<&Labels> {
    service.spec.as_ref()?.selector.as_ref().filter(|selector| !selector.is_empty())
}

fn selects(service: &Service, labels: &Labels) -> bool {
    selector(service)
        .is_some_and(|selector| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

/// Whether a Service that does not select the pods seems to want to: it has the Deployment's name, or shares labels.
fn is_meant(facts: &WorkloadFacts<'_>, service: &Service, labels: &Labels) -> bool {
    let Some(selector) = selector(service).filter(|_| !selects(service, labels)) else { return false };
    let shares = selector.iter().any(|(key, value)| labels.get(key) == Some(value));
    shares || name(service) == facts.workload.deployment.name()
}

/// Whether it was read that the Service has no endpoints at all.
fn is_empty(facts: &WorkloadFacts<'_>, service: &Service) -> bool {
    let Some(Fact::Known(slices)) = facts.fetched.endpoints(name(service)) else { return false };
    slices.iter().all(|slice| slice.endpoints.is_empty())
}

/// A selector with labels that the pods do not have.
fn wrong_labels(service: &Service, labels: &Labels) -> Option<(String, Vec<String>)> {
    let selector = selector(service)?;
    let wrong: Vec<String> = selector
        .iter()
        .filter(|(key, value)| labels.get(*key) != Some(value))
        .map(|(key, value)| match labels.get(key) {
            Some(own) => format!("{key}={value}, and the pods have {key}={own}"),
            None => format!("{key}={value}, which the pods do not have"),
        })
        .collect();
    let name = name(service);
    let summary = format!("Service {name} has no endpoints: it selects {}", wrong.join("; "));
    let selector: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let evidence = vec![
        format!("service/{name} spec.selector: {}", selector.join(",")),
        format!("endpointslices of service/{name}: no endpoints"),
    ];
    Some((summary, evidence))
}

/// A `targetPort` by a name that no container of the pods gives to a port.
fn wrong_port(facts: &WorkloadFacts<'_>, service: &Service) -> Option<(String, Vec<String>)> {
    let ports = service.spec.as_ref()?.ports.as_deref()?;
    let named = port_names(facts);
    let (port, wanted) = ports.iter().find_map(|port| {
        let wanted = target(port)?;
        (!named.contains(&wanted)).then_some((port, wanted))
    })?;
    let have = if named.is_empty() { "no named port".to_owned() } else { named.join(", ") };
    let name = name(service);
    let summary =
        format!("Service {name} leads port {} to a port named {wanted}, and the pods have {have}", port.port);
    let evidence = vec![
        format!("service/{name} spec.ports[{}].targetPort: {wanted}", port.port),
        format!("spec.template.spec.containers[*].ports[*].name: {have}"),
    ];
    Some((summary, evidence))
}

fn target(port: &ServicePort) -> Option<&str> {
    match port.target_port.as_ref()? {
        IntOrString::String(name) if name.parse::<u16>().is_err() => Some(name),
        _ => None,
    }
}

/// The names of the ports of the template's containers.
fn port_names<'a>(facts: &WorkloadFacts<'a>) -> Vec<&'a str> {
    let template = facts.workload.deployment.template();
    let lists = ["/spec/containers", "/spec/initContainers"];
    let containers = lists.iter().filter_map(|list| template.pointer(list)?.as_array()).flatten();
    let ports = containers.filter_map(|container| container.get("ports")?.as_array()).flatten();
    ports.filter_map(|port| port.get("name")?.as_str()).collect()
}
