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
    let wrong = |service| match tie(facts, service, &labels)? {
        _ if !is_its_own(facts, service) => None,
        Tie::Port => wrong_port(facts, service),
        Tie::Selector if is_empty(facts, service) => wrong_labels(service, &labels),
        Tie::Selector => None,
    };
    let (service, (summary, evidence)) =
        services.iter().find_map(|service| Some((service, wrong(service)?)))?;
    let name = word(name(service));
    let commands = ["get endpointslices -l kubernetes.io/service-name=", "edit service "];
    Some(Sighting {
        summary,
        evidence,
        next: commands.iter().map(|start| facts.place.kubectl(&format!("{start}{name}"))).collect(),
        observations: STATE,
        ..Sighting::default()
    })
}

/// Services that are looked into.
const LOOKED_INTO: usize = 3;

/// What asks whether the Services that lead nowhere are the Deployment's: have they endpoints, has another their labels?
pub(in crate::causes) fn needs(facts: &WorkloadFacts<'_>) -> Vec<Need> {
    let labels = facts.workload.deployment.pod_labels();
    let of = |service| {
        let tie = tie(facts, service, &labels)?;
        let endpoints = (tie == Tie::Selector).then(|| Need::Endpoints(name(service).to_owned()));
        let carriers = (!is_named_so(facts, service)).then(|| Need::Carriers(text(service)));
        Some(endpoints.into_iter().chain(carriers))
    };
    let services = services(facts).unwrap_or_default();
    let (own, others): (Vec<&Service>, Vec<&Service>) =
        services.iter().partition(|service| is_named_so(facts, service));
    own.into_iter().chain(others).filter_map(of).take(LOOKED_INTO).flatten().collect()
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
    let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() != Some("ExternalName"))?;
    spec.selector.as_ref().filter(|selector| !selector.is_empty())
}

/// The selector, as the API takes it in a query.
fn text(service: &Service) -> String {
    let pairs = selector(service).into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

/// How a Service that leads nowhere is tied to the Deployment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// It selects the pods, and a port that they do not have.
    Port,
    /// It does not select the pods, and seems to want to: it has the Deployment's name, or misses by one value.
    Selector,
}

fn tie(facts: &WorkloadFacts<'_>, service: &Service, labels: &Labels) -> Option<Tie> {
    let wanted = selector(service)?;
    let differ = wanted.iter().filter(|(key, value)| labels.get(*key) != Some(value)).count();
    let all_keys = wanted.keys().all(|key| labels.contains_key(key));
    match differ {
        0 => wrong_port(facts, service).map(|_| Tie::Port),
        1 if all_keys && wanted.len() > 1 => Some(Tie::Selector),
        _ => is_named_so(facts, service).then_some(Tie::Selector),
    }
}

fn is_named_so(facts: &WorkloadFacts<'_>, service: &Service) -> bool {
    name(service) == facts.workload.deployment.name()
}

/// Whether the Service is the Deployment's: by its name, or because nothing else carries the labels that it selects. A
/// chart gives all its parts a label in common, and a part that is scaled to 0 leaves its Service without endpoints.
fn is_its_own(facts: &WorkloadFacts<'_>, service: &Service) -> bool {
    let alone = || match facts.fetched.carriers(&text(service)) {
        Some(Fact::Known(carriers)) => carriers.iter().all(|uid| uid == facts.workload.deployment.uid()),
        Some(Fact::Unavailable(_)) | None => false,
    };
    is_named_so(facts, service) || alone()
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
    let evidence = vec![
        format!("service/{name} spec.selector: {}", text(service)),
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
