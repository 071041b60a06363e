//! Probes: what they ask, how long they are patient, and what the kubelet said of them.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Container, Event, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::PodFacts;
use super::container::{Seen, clip};
use super::event;
use crate::{duration, redact};

/// `initialDelaySeconds`, `periodSeconds`, `timeoutSeconds` and `failureThreshold`, with the API server's defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    pub(crate) initial_delay: i32,
    pub(in crate::causes) period: i32,
    pub(in crate::causes) timeout: i32,
    pub(in crate::causes) failures: i32,
}

impl Patience {
    /// Of a probe.
    pub(crate) fn of(probe: &Probe) -> Self {
        let at_least_one = |value: Option<i32>, default: i32| value.unwrap_or(default).max(1);
        Self {
            initial_delay: probe.initial_delay_seconds.unwrap_or_default().max(0),
            period: at_least_one(probe.period_seconds, 10),
            timeout: at_least_one(probe.timeout_seconds, 1),
            failures: at_least_one(probe.failure_threshold, 3),
        }
    }

    /// The time after a container's start within which failures of the probe mean nothing.
    pub(crate) fn budget(self) -> SignedDuration {
        let seconds = i64::from(self.initial_delay) + i64::from(self.period) * i64::from(self.failures);
        SignedDuration::from_secs(seconds)
    }

    /// The arithmetic: `3 failures, one every 10s, from 5s after the start on`.
    pub(in crate::causes) fn sum(self) -> String {
        let Self { initial_delay, period, failures, .. } = self;
        let failures =
            if failures == 1 { "one failure".to_owned() } else { format!("{failures} failures in a row") };
        let delay = match initial_delay {
            0 => String::new(),
            delay => format!(", beginning {} after the start", seconds(delay)),
        };
        format!("{failures}, asked every {}{delay}", seconds(period))
    }

    /// Evidence: the fields.
    pub(in crate::causes) fn evidence(self, path: &str) -> String {
        let Self { initial_delay, period, timeout, failures } = self;
        format!(
            "{path}: initialDelaySeconds {initial_delay}, periodSeconds {period}, timeoutSeconds {timeout}, failureThreshold {failures}"
        )
    }
}

fn seconds(seconds: i32) -> String {
    duration::short(SignedDuration::from_secs(i64::from(seconds)))
}

/// What a probe asks: `GET /health on port http`.
pub(in crate::causes) fn asks(probe: &Probe) -> String {
    if let Some(http) = &probe.http_get {
        let scheme = http.scheme.as_deref().filter(|scheme| *scheme != "HTTP");
        let scheme = scheme.map(|scheme| format!(" by {scheme}")).unwrap_or_default();
        let host = http.host.as_deref().filter(|host| !host.is_empty());
        let host = host.map(|host| format!(" of {host}")).unwrap_or_default();
        let path = http.path.as_deref().unwrap_or("/");
        return format!("GET {path} on port {}{host}{scheme}", port_text(&http.port));
    }
    if let Some(tcp) = &probe.tcp_socket {
        return format!("TCP port {}", port_text(&tcp.port));
    }
    if let Some(grpc) = &probe.grpc {
        return format!("gRPC health on port {}", grpc.port);
    }
    let command = probe.exec.as_ref().and_then(|exec| exec.command.as_ref());
    command.map(|command| clip(&redact::command(command))).unwrap_or_default()
}

/// The port that a probe asks.
pub(in crate::causes) fn port(probe: &Probe) -> Option<&IntOrString> {
    let http = probe.http_get.as_ref().map(|http| &http.port);
    http.or_else(|| probe.tcp_socket.as_ref().map(|tcp| &tcp.port))
}

/// A port by number or name.
pub(in crate::causes) fn port_text(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

/// Whether the container lists this port.
fn lists(container: &Container, port: &IntOrString) -> bool {
    container.ports.iter().flatten().any(|listed| match port {
        IntOrString::Int(number) => listed.container_port == *number,
        IntOrString::String(name) => listed.name.as_deref() == Some(name),
    })
}

/// The ports that the container lists: `8080 (http), 9090`.
pub(in crate::causes) fn listed(container: &Container) -> String {
    let ports = container.ports.iter().flatten().map(|port| match &port.name {
        Some(name) => format!("{} ({name})", port.container_port),
        None => port.container_port.to_string(),
    });
    ports.collect::<Vec<_>>().join(", ")
}

/// The port that a probe of the pod itself asks, where the container lists ports and not this one.
pub(in crate::causes) fn unlisted<'a>(container: &Container, probe: &'a Probe) -> Option<&'a IntOrString> {
    let elsewhere = probe.http_get.as_ref().and_then(|http| http.host.as_deref()).unwrap_or_default();
    let lists_any = container.ports.as_ref().is_some_and(|ports| !ports.is_empty());
    port(probe).filter(|port| elsewhere.is_empty() && lists_any && !lists(container, port))
}

/// That a probe which was refused asks such a port, for the end of a sentence.
pub(in crate::causes) fn beside(
    container: Option<&Container>,
    probe: Option<&Probe>,
    answer: Option<&Event>,
) -> String {
    let refused = answer.is_some_and(|event| self::answer(event).contains("connection refused"));
    let asked = container.zip(probe).filter(|_| refused);
    let port = asked.and_then(|(container, probe)| Some((container, unlisted(container, probe)?)));
    port.map_or_else(String::new, |(container, port)| {
        format!("; it asks port {}, and the container lists {}", port_text(port), listed(container))
    })
}

/// What the kubelet said of a probe of this kind (`Readiness`, `Liveness`, `Startup`), oldest first.
pub(in crate::causes) fn failures<'a>(
    facts: &PodFacts<'a>,
    container: &Seen<'_>,
    kind: &'static str,
) -> impl Iterator<Item = &'a Event> {
    facts
        .container_events(container, "Unhealthy")
        .filter(move |event| event::message(event).starts_with(kind))
}

/// What a probe was answered: the message after `Readiness probe failed: `.
pub(in crate::causes) fn answer(event: &Event) -> &str {
    let message = event::message(event);
    message.split_once(':').map_or("", |(_, answer)| answer).trim()
}
