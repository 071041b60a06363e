//! Containers that run and are not ready: what the kubelet last said of the probe, and which one rule explains it.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Event, Probe};

use super::asked;
use crate::causes::container::{Role, Seen, clip, main, word};
use crate::causes::crashloop::crash;
use crate::causes::{Need, PodFacts, Sighting, event, log, probe};
use crate::workload;

/// What explains that the readiness probe fails. Exactly one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) enum Kind {
    WrongPort,
    Refused,
    Timeout,
    Http4xx,
    Http5xx,
    Dns,
    Tls,
    Other,
}

/// A container that runs and is not ready.
#[derive(Clone, Copy, Debug)]
pub(in crate::causes) struct Unready<'a> {
    pub(in crate::causes) container: Seen<'a>,
    /// Its readiness probe.
    pub(in crate::causes) probe: Option<&'a Probe>,
    /// What the kubelet last said of it.
    pub(in crate::causes) said: Option<&'a Event>,
    /// How long the container runs.
    pub(in crate::causes) age: SignedDuration,
    times: u32,
}

/// The containers that run and are not ready, though they do not crash and have started.
pub(in crate::causes) fn all<'a>(facts: &PodFacts<'a>) -> impl Iterator<Item = Unready<'a>> {
    let facts = *facts;
    facts.living().filter_map(move |container| Unready::of(&facts, container))
}

/// The container that the pod is there for, when its probe fails for this reason beyond the probe's own patience.
pub(in crate::causes) fn seen<'a>(facts: &PodFacts<'a>, kind: Kind) -> Option<Unready<'a>> {
    let main = main(facts.pod)?;
    let late = all(facts).find(|unready| unready.container.name() == main && unready.is_late())?;
    (late.kind() == kind).then_some(late)
}

impl<'a> Unready<'a> {
    fn of(facts: &PodFacts<'a>, container: Seen<'a>) -> Option<Self> {
        let since = container.running_since(facts.pod)?;
        let started = container.status.started.unwrap_or(true);
        let crashes = crash::of(facts.pod, container, facts.now).is_some();
        let ready = container.status.ready || workload::is_ready(facts.pod);
        if ready || !started || crashes || container.role == Role::Init {
            return None;
        }
        let failures = || probe::failures(facts, &container, "Readiness");
        // A timeout hides what it waited for: where another failure says more, that one is told.
        let last = failures().last();
        let telling = failures().filter(|failure| answer_kind(probe::answer(failure)) == Kind::Dns).last();
        let timed_out = last.is_some_and(|last| answer_kind(probe::answer(last)) == Kind::Timeout);
        let said = telling.filter(|_| timed_out).or(last);
        let probe = container.spec.and_then(|spec| spec.readiness_probe.as_ref());
        let age = facts.now.duration_since(since).max(SignedDuration::ZERO);
        Some(Self { container, probe, said, age, times: event::times(failures()) })
    }

    /// Whether it had the time that its own probe gives it. Nobody says when a startup probe let it begin: it may have
    /// taken all of that one's time, unless the probe was seen to fail as often as it may.
    pub(in crate::causes) fn is_late(&self) -> bool {
        let Some(patience) = self.probe.map(probe::Patience::of) else { return false };
        let startup = self.container.spec.and_then(|spec| spec.startup_probe.as_ref());
        let startup = startup.map(|startup| probe::Patience::of(startup).budget()).unwrap_or_default();
        let failed = i64::from(self.times) >= i64::from(patience.failures);
        let begun = if failed { SignedDuration::ZERO } else { startup };
        self.age > patience.budget() + begun
    }

    /// What explains it.
    pub(in crate::causes) fn kind(&self) -> Kind {
        let kind = self.said.map_or(Kind::Other, |said| answer_kind(probe::answer(said)));
        match kind {
            Kind::Refused if self.asks_an_unlisted_port() => Kind::WrongPort,
            Kind::Other if self.asks_tls() && self.answer().ends_with("EOF") => Kind::Tls,
            kind => kind,
        }
    }

    /// Whether the container lists ports, and not the one that the probe asks.
    fn asks_an_unlisted_port(&self) -> bool {
        let asked = self.container.spec.zip(self.probe);
        asked.is_some_and(|(spec, probe)| probe::unlisted(spec, probe).is_some())
    }

    fn asks_tls(&self) -> bool {
        let http = self.probe.and_then(|probe| probe.http_get.as_ref());
        http.is_some_and(|http| http.scheme.as_deref() == Some("HTTPS"))
    }

    /// The answer that the probe last got.
    pub(in crate::causes) fn answer(&self) -> &'a str {
        self.said.map(probe::answer).unwrap_or_default()
    }

    /// What the probe asks.
    pub(in crate::causes) fn asks(&self) -> String {
        self.probe.map(probe::asks).unwrap_or_default()
    }

    /// The HTTP status of an answer.
    pub(in crate::causes) fn status(&self) -> &'a str {
        status(self.answer()).unwrap_or_default()
    }

    /// The sighting, with what every failing probe shows.
    pub(in crate::causes) fn sighting(&self, facts: &PodFacts<'_>, summary: String) -> Sighting {
        let (pod, container) = (word(facts.name()), word(self.container.name()));
        let mut evidence = self.evidence();
        evidence.extend(self.asked(facts));
        Sighting {
            summary,
            evidence,
            next: vec![
                facts.place.kubectl(&format!("logs {pod} -c {container} --tail=50")),
                facts.edit_owner(),
            ],
            observations: self.times.max(1),
            needs: if facts.in_depth { self.needs(facts) } else { Vec::new() },
        }
    }

    /// The endpoint is asked for real; where there is none to ask, or nothing answers there, the log may say why.
    fn needs(&self, facts: &PodFacts<'_>) -> Vec<Need> {
        let endpoint = self.probe.and_then(|probe| asked::endpoint(facts, &self.container, probe));
        let silent = endpoint.is_none() || matches!(self.kind(), Kind::Refused | Kind::WrongPort);
        let timeout = self.kind() == Kind::Timeout && endpoint.is_some();
        let log = silent.then(|| self.log(facts));
        let policies = timeout.then_some(Need::NetworkPolicies);
        endpoint.map(Need::Probe).into_iter().chain(log).chain(policies).collect()
    }

    fn log(&self, facts: &PodFacts<'_>) -> Need {
        Need::Log { pod: facts.name().to_owned(), container: self.container.name().to_owned() }
    }

    /// Evidence: what the endpoint answered, or the last error that was logged, once that was fetched.
    fn asked(&self, facts: &PodFacts<'_>) -> Vec<String> {
        let answer = self.probe.and_then(|probe| {
            let answer = asked::answer(facts, &self.container, probe)?;
            Some(asked::evidence(probe, answer))
        });
        let said = facts.fetched.text(&self.log(facts)).and_then(log::last_error);
        let path = self.container.spec_path("readinessProbe");
        let patience = self.probe.filter(|_| facts.in_depth);
        let patience = patience.map(|probe| probe::Patience::of(probe).evidence(&path));
        let said = said.map(|said| format!("log: {}", said.line));
        [patience, answer, said].into_iter().flatten().collect()
    }

    /// Evidence: not ready, what the kubelet said, the probe.
    pub(in crate::causes) fn evidence(&self) -> Vec<String> {
        let mut evidence = vec![format!("{}: false", self.container.status_path("ready"))];
        evidence.extend(self.said.map(event::evidence));
        let path = self.container.spec_path("readinessProbe");
        evidence.extend(self.probe.map(|probe| format!("{path}: {}", clip(&probe::asks(probe)))));
        evidence
    }
}

/// What an answer says by itself.
fn answer_kind(answer: &str) -> Kind {
    let has = |signs: &[&str]| signs.iter().any(|sign| answer.contains(sign));
    if let Some(status) = status(answer) {
        return match status.as_bytes().first() {
            Some(b'4') => Kind::Http4xx,
            Some(b'5') => Kind::Http5xx,
            _ => Kind::Other,
        };
    }
    if has(&["lookup ", "no such host"]) {
        Kind::Dns
    } else if has(&["x509:", "tls: ", "HTTP response to HTTPS client", "malformed HTTP response"]) {
        Kind::Tls
    } else if has(&["strconv.Atoi", "couldn't find port", "could not find port"]) {
        Kind::WrongPort
    } else if has(&["connection refused"]) {
        Kind::Refused
    } else if has(&["Client.Timeout", "deadline exceeded", "i/o timeout", "timed out after", "timeout: "]) {
        Kind::Timeout
    } else {
        Kind::Other
    }
}

/// `HTTP probe failed with statuscode: 503`
fn status(answer: &str) -> Option<&str> {
    let (_, status) = answer.split_once("statuscode: ")?;
    status.split_whitespace().next()
}
