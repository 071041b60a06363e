//! `readiness/network-policy`: the endpoint answers inside the pod, and a `NetworkPolicy` keeps the kubelet's probe out.

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyIngressRule};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::budget;
use crate::causes::container::word;
use crate::causes::readiness::asked;
use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Asked, Cause, Fatal, PodFacts, Rule, Sighting};
use crate::fact::Fact;
use crate::finding::Severity;

pub(in crate::causes) const NETWORK_POLICY: Cause = Cause {
    code: "readiness/network-policy",
    about: "the endpoint answers inside the pod, and a NetworkPolicy keeps the kubelet's probe out",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Timeout)?;
    let probe = unready.probe?;
    let asked = asked::endpoint(facts, &unready.container, probe)?;
    asked::answer(facts, &unready.container, probe)?.ok().filter(|health| asked::is_ready(health))?;
    let Fact::Known(policies) = facts.fetched.network_policies()? else { return None };
    let own: Vec<&NetworkPolicy> = policies.iter().filter(|policy| isolates(policy, facts)).collect();
    let names: Vec<&str> = own.iter().filter_map(|policy| policy.metadata.name.as_deref()).collect();
    if own.is_empty() || own.iter().any(|policy| admits(policy, &asked)) {
        return None;
    }
    let summary = format!(
        "NetworkPolicy {} lets nobody into port {}, so the kubelet's readiness probe of container {} times out",
        names.join(", "),
        asked.port,
        asked.container
    );
    let mut sighting = unready.sighting(facts, summary);
    sighting.evidence.extend(
        names.iter().map(|name| format!("networkpolicy/{name} spec.ingress: nobody for port {}", asked.port)),
    );
    let name = names.first().copied().unwrap_or_default();
    sighting.next = vec![facts.place.kubectl(&format!("describe networkpolicy {}", word(name)))];
    Some(sighting)
}

/// Whether the policy selects the pod and restricts who may reach it.
fn isolates(policy: &NetworkPolicy, facts: &PodFacts<'_>) -> bool {
    let labels = facts.pod.metadata.labels.clone().unwrap_or_default();
    let Some(spec) = &policy.spec else { return false };
    let selector = spec.pod_selector.clone().unwrap_or_default();
    let ingress = spec.policy_types.as_ref().is_none_or(|types| types.iter().any(|kind| kind == "Ingress"));
    ingress && budget::matches(&selector, &labels)
}

/// Whether a rule lets everybody, or a range of addresses that may be the nodes', into the port.
fn admits(policy: &NetworkPolicy, asked: &Asked) -> bool {
    let rules = policy.spec.as_ref().and_then(|spec| spec.ingress.as_deref()).unwrap_or_default();
    rules.iter().any(|rule| is_open(rule) && has_port(rule, asked.port))
}

fn is_open(rule: &NetworkPolicyIngressRule) -> bool {
    let from = rule.from.as_deref().unwrap_or_default();
    from.is_empty() || from.iter().any(|peer| peer.ip_block.is_some())
}

fn has_port(rule: &NetworkPolicyIngressRule, port: u16) -> bool {
    let ports = rule.ports.as_deref().unwrap_or_default();
    ports.is_empty()
        || ports.iter().any(|listed| match (&listed.port, listed.end_port) {
            (Some(IntOrString::Int(first)), end) => {
                (*first..=end.unwrap_or(*first)).contains(&i32::from(port))
            }
            // A name may be that of any port.
            (Some(IntOrString::String(_)) | None, _) => true,
        })
}
