//! The readiness endpoint, asked for real: the probe's own port, path and scheme.

use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::causes::container::{Seen, clip};
use crate::causes::{Asked, PodFacts, probe};
use crate::fact::Fact;
use crate::verify::Health;

/// What to ask, where the probe is an HTTP request to the pod itself.
pub(in crate::causes) fn endpoint(
    facts: &PodFacts<'_>,
    container: &Seen<'_>,
    probe: &Probe,
) -> Option<Asked> {
    let http = probe.http_get.as_ref()?;
    if http.host.as_deref().is_some_and(|host| !host.is_empty()) {
        return None;
    }
    let headers = http.http_headers.iter().flatten();
    Some(Asked {
        pod: facts.name().to_owned(),
        container: container.name().to_owned(),
        tls: http.scheme.as_deref() == Some("HTTPS"),
        port: number(&http.port, container.spec)?,
        path: http.path.clone().unwrap_or_else(|| "/".to_owned()),
        headers: headers.map(|header| (header.name.clone(), header.value.clone())).collect(),
    })
}

/// The port by number; by name it is one that the container lists.
fn number(port: &IntOrString, container: Option<&Container>) -> Option<u16> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let listed = container?.ports.iter().flatten();
            listed.into_iter().find(|port| port.name.as_deref() == Some(name))?.container_port
        }
    };
    u16::try_from(number).ok().filter(|number| *number > 0)
}

/// What the endpoint answered, once it was asked.
pub(in crate::causes) fn answer<'a>(
    facts: &PodFacts<'a>,
    container: &Seen<'_>,
    probe: &Probe,
) -> Option<Result<&'a Health, &'a String>> {
    match facts.fetched.probe(&endpoint(facts, container, probe)?)? {
        Fact::Known(answer) => Some(answer),
        Fact::Unavailable(_) => None,
    }
}

/// What a container runtime says of a port that it could not forward, without the sandbox that it stands in.
fn forwarded(why: &str) -> &str {
    let refused = why.contains("inside namespace") && why.contains("connection refused");
    if refused { "connection refused" } else { why }
}

/// Whether the kubelet would take the answer for ready.
pub(in crate::causes) fn is_ready(health: &Health) -> bool {
    (200..400).contains(&health.status)
}

/// Evidence: what was asked, and what it said.
pub(in crate::causes) fn evidence(probe: &Probe, answer: Result<&Health, &String>) -> String {
    let asks = probe::asks(probe);
    match answer {
        Ok(health) => {
            let body = clip(&health.body);
            let body = if body.is_empty() { "an empty body".to_owned() } else { body };
            format!("asked now ({asks}): HTTP {} in {} ms: {body}", health.status, health.millis)
        }
        Err(why) => format!("asked now ({asks}): no answer: {}", clip(forwarded(why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_port_is_told_without_its_sandbox() {
        let refused = "error forwarding port 9999 to pod 7d1, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-1\": failed to connect to localhost:9999 inside namespace \"7d1\", IPv4: dial tcp4 127.0.0.1:9999: connect: connection refused";
        assert_eq!(forwarded(refused), "connection refused");
        assert_eq!(forwarded("no answer in 5 s"), "no answer in 5 s");
    }
}
