//! Verification after a rollout: what the new pods' logs and health endpoints say.

use crate::catalogue::Service;
use crate::checks::Verdict;
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::redact::redact;

/// Lines of each container that are read, as the runbook does (`--tail=100`).
pub const TAIL: i64 = 100;

/// Lines of log that are shown; the rest is counted.
const SHOWN: usize = 5;

/// The health endpoint of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Port in the pod.
    pub port: u16,
    /// Path, as `/health/ready`.
    pub path: String,
    /// The container that serves it; none is the pod's first.
    pub container: Option<String>,
}

impl Endpoint {
    /// Of a service; none where the catalogue does not say port and path.
    pub(crate) fn of(service: &Service) -> Option<Self> {
        let (port, path) = (service.port?, service.health_path.clone()?);
        Some(Self { port, path, container: service.container.clone() })
    }
}

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Each new pod, with its containers.
    pub pods: Vec<(String, Vec<String>)>,
    /// The endpoint to ask on every pod; none where none is configured.
    pub endpoint: Option<Endpoint>,
}

/// What a health endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// HTTP status.
    pub status: u16,
    /// Time to the answer, in milliseconds.
    pub millis: u64,
    /// Begin of the body.
    pub body: String,
}

/// What was seen of one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Its name.
    pub pod: String,
    /// The log of each container.
    pub logs: Vec<(String, Fact<String>)>,
    /// The answer of its endpoint; none where none is configured. `Err` is an endpoint that does not answer.
    pub health: Option<Fact<Result<Health, String>>>,
}

/// What was verified, in one line.
pub(crate) fn in_words(verifications: &[(&'static str, Verification)]) -> String {
    let words = verifications.iter().map(|(what, verification)| format!("{what}: {}", verification.detail));
    words.collect::<Vec<_>>().join("; ")
}

/// One thing that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// What it came to.
    pub verdict: Verdict,
    /// The numbers, in words.
    pub detail: String,
}

impl Verification {
    fn new(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { verdict, detail: detail.into() }
    }
}

/// Scans the logs for errors, as the runbook's `grep -i error` does. Lines with errors warn: the pods serve. A log that
/// cannot be read hides no error of another.
pub fn logs(inspected: &[Inspected]) -> (Verification, Vec<Finding>) {
    let all = || {
        inspected.iter().flat_map(|pod| pod.logs.iter().map(move |(container, log)| (pod, container, log)))
    };
    if inspected.is_empty() {
        return (Verification::new(Verdict::Skipped, "there was no pod to look at"), Vec::new());
    }
    let lines = || {
        all().flat_map(|(pod, _, log)| {
            log.known().into_iter().flat_map(|text| text.lines()).map(move |line| (pod, line))
        })
    };
    let errors: Vec<_> = lines().filter(|(_, line)| line.to_ascii_lowercase().contains("error")).collect();
    let total = lines().count();
    let unread = all().find_map(|(pod, container, log)| {
        Some(format!("log of {}/{container} cannot be read: {}", pod.pod, log.reason()?))
    });
    let Some((first, _)) = errors.first() else {
        let verification = match unread {
            Some(unread) => Verification::new(Verdict::Unknown, unread),
            None => Verification::new(Verdict::Pass, format!("no errors in {total} lines")),
        };
        return (verification, Vec::new());
    };
    let unread = unread.map(|unread| format!("; {unread}")).unwrap_or_default();
    let detail = format!("{} of {total} lines speak of errors{unread}", errors.len());
    let mut finding =
        Finding::error("verify/log-errors", format!("pod/{}", first.pod), detail.clone()).warning();
    for (pod, line) in errors.iter().take(SHOWN) {
        finding = finding.seen(format!("{}: {}", pod.pod, redact(line)));
    }
    (Verification::new(Verdict::Warn, detail), vec![finding])
}

/// Judges the health endpoint of every pod: one that does not answer 2xx fails.
pub fn health(inspected: &[Inspected], endpoint: Option<&Endpoint>) -> (Verification, Vec<Finding>) {
    let Some(endpoint) = endpoint else {
        return (Verification::new(Verdict::Skipped, "no health endpoint is configured"), Vec::new());
    };
    let (mut millis, mut findings, mut unknown) = (Vec::new(), Vec::new(), None);
    for pod in inspected {
        let object = format!("pod/{}", pod.pod);
        match pod.health.as_ref() {
            Some(Fact::Known(Ok(health))) if (200..300).contains(&health.status) => {
                millis.push(health.millis);
            }
            Some(Fact::Known(Ok(health))) => findings.push(
                Finding::error(
                    "verify/health",
                    object,
                    format!("{} answers {}", endpoint.path, health.status),
                )
                .seen(format!("body: {}", health.body)),
            ),
            Some(Fact::Known(Err(reason))) => findings.push(
                Finding::error("verify/health", object, format!("port {} does not answer", endpoint.port))
                    .seen(reason),
            ),
            Some(Fact::Unavailable(reason)) => unknown = Some(reason.clone()),
            None => unknown = Some("it was not asked".to_owned()),
        }
    }
    let asked = inspected.len();
    let answered = millis.len();
    let verification = match (findings.is_empty(), unknown, millis.iter().min(), millis.iter().max()) {
        (false, ..) => Verification::new(
            Verdict::Fail,
            format!("{answered} of {asked} pods answer {} with 2xx", endpoint.path),
        ),
        (true, Some(reason), ..) => {
            Verification::new(Verdict::Unknown, format!("{} cannot be asked: {reason}", endpoint.path))
        }
        (true, None, Some(least), Some(most)) => {
            Verification::new(Verdict::Pass, format!("{answered}/{asked} answered 2xx in {least}-{most} ms"))
        }
        (true, None, ..) => Verification::new(Verdict::Unknown, "there was no pod to ask"),
    };
    (verification, findings)
}

/// Says that the pods' events are not known, where they are not: what only they tell was not seen.
pub fn events<T>(events: &Fact<T>, object: &str) -> Option<Finding> {
    let reason = events.reason()?;
    let summary = "not checked: the events of its pods, and so no cause that only they tell";
    let finding = Finding::error("verify/events", object, summary).seen(reason);
    Some(Finding { severity: Severity::Info, ..finding })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, log: &str, status: u16) -> Inspected {
        Inspected {
            pod: name.to_owned(),
            logs: vec![("app".to_owned(), Fact::Known(log.to_owned()))],
            health: Some(Fact::Known(Ok(Health { status, millis: 4, body: "db down".to_owned() }))),
        }
    }

    fn endpoint() -> Endpoint {
        Endpoint { port: 8080, path: "/health/ready".to_owned(), container: None }
    }

    #[test]
    fn quiet_and_healthy_pods_pass() {
        let pods = [pod("a", "started\nserving\n", 200), pod("b", "", 204)];
        assert_eq!(logs(&pods).0, Verification::new(Verdict::Pass, "no errors in 2 lines"));
        assert_eq!(logs(&[]).0.verdict, Verdict::Skipped, "scaled to zero");
        assert_eq!(health(&pods, Some(&endpoint())).0.verdict, Verdict::Pass);
    }

    #[test]
    fn errors_in_a_log_are_shown_and_warn() {
        let (verification, findings) = logs(&[pod("a", "ok\nERROR no route, password=x\n", 200)]);
        assert_eq!(verification, Verification::new(Verdict::Warn, "1 of 2 lines speak of errors"));
        assert_eq!(findings[0].evidence, ["a: ERROR no route, password=***"]);
    }

    #[test]
    fn a_log_that_cannot_be_read_hides_no_errors_of_another() {
        let mut unread = pod("a", "", 200);
        unread.logs[0].1 = Fact::Unavailable("pods/log is forbidden".to_owned());
        let (verification, findings) = logs(&[unread, pod("b", "ERROR no route\n", 200)]);
        let detail = "1 of 1 lines speak of errors; log of a/app cannot be read: pods/log is forbidden";
        assert_eq!(verification, Verification::new(Verdict::Warn, detail));
        assert_eq!(findings[0].evidence, ["b: ERROR no route"]);
    }

    #[test]
    fn one_pod_that_does_not_answer_fails() {
        let (verification, findings) = health(&[pod("a", "", 200), pod("b", "", 503)], Some(&endpoint()));
        assert_eq!(verification.verdict, Verdict::Fail);
        assert_eq!(
            (findings[0].object.as_str(), findings[0].evidence[0].as_str()),
            ("pod/b", "body: db down")
        );
        let silent = Inspected { health: Some(Fact::Known(Err("refused".to_owned()))), ..pod("c", "", 200) };
        assert_eq!(health(&[silent], Some(&endpoint())).0.verdict, Verdict::Fail);
    }

    #[test]
    fn events_that_could_not_be_read_are_told() {
        let unread = Fact::<()>::Unavailable("events is forbidden".to_owned());
        let finding = events(&unread, "deployment/web").unwrap();
        assert_eq!((finding.severity, finding.evidence[0].as_str()), (Severity::Info, "events is forbidden"));
        assert_eq!(events(&Fact::Known(()), "deployment/web"), None);
    }

    #[test]
    fn what_could_not_be_read_is_no_pass() {
        let mut unread = pod("a", "", 200);
        unread.logs[0].1 = Fact::Unavailable("pods/log is forbidden".to_owned());
        unread.health = Some(Fact::Unavailable("pods/portforward is forbidden".to_owned()));
        assert_eq!(logs(std::slice::from_ref(&unread)).0.verdict, Verdict::Unknown);
        assert_eq!(health(&[unread], Some(&endpoint())).0.verdict, Verdict::Unknown);
        assert_eq!(health(&[], Some(&endpoint())).0.verdict, Verdict::Unknown);
        assert_eq!(health(&[pod("a", "", 200)], None).0.verdict, Verdict::Skipped);
    }
}
