//! The report: what the diagnoses of all namespaces come to.

use super::Diagnosis;
use crate::causes::{Fetched, Need};
use crate::checks::Verdict;
use crate::finding::{Finding, Severity};
use crate::report::{DiagnosisReport, FindingView, Header, ObjectView, Outcome};
use crate::target::{Place, Target};
use crate::{redact, words};

/// Characters of a log line that are shown.
const LONGEST: usize = 300;

/// A namespace that was judged to the end.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// What was judged in it.
    pub diagnosis: &'a Diagnosis,
    /// What was fetched for that.
    pub fetched: &'a Fetched,
    /// The Deployments that were asked about and are not there.
    pub absent: &'a [Target],
    /// The Deployments that could not be read, and why.
    pub unread: Option<(&'a [Target], &'a str)>,
    /// What else could not be read: what, and why.
    pub unseen: &'a [String],
}

impl DiagnosisReport {
    /// Everything that was judged, in one report, with so many lines of each log.
    pub fn of(header: Header, namespaces: &[Seen<'_>], logs: usize) -> Self {
        let now = header.started_at;
        let mut report = Self::new(header, Outcome::Succeeded, now);
        for seen in namespaces {
            report.add(seen, logs);
        }
        let failed = report.findings.iter().any(|view| view.finding.severity == Severity::Error);
        Self { outcome: if failed { Outcome::Failed } else { Outcome::Succeeded }, ..report }
    }

    fn add(&mut self, seen: &Seen<'_>, logs: usize) {
        let Seen { namespace, diagnosis, fetched, absent, unread, unseen } = *seen;
        let object = |object: String, verdict, detail| ObjectView {
            object,
            namespace: namespace.to_owned(),
            verdict,
            detail,
        };
        let judged = diagnosis.objects.iter();
        self.objects.extend(judged.map(|one| object(one.object.clone(), one.verdict, one.detail.clone())));
        let not_there = |one: &Target| format!("there is no {} in {namespace}", one.object());
        self.objects.extend(absent.iter().map(|one| object(one.object(), Verdict::Fail, not_there(one))));
        if let Some((targets, reason)) = unread {
            let unread = targets.iter();
            self.objects.extend(unread.map(|one| object(one.object(), Verdict::Unknown, reason.to_owned())));
            self.unseen.push(reason.to_owned());
        }
        let found = diagnosis.findings.iter().map(|found| with_log(found.finding.clone(), fetched, logs));
        let findings = absent.iter().map(absence).chain(found);
        self.findings
            .extend(findings.map(|finding| FindingView { namespace: namespace.to_owned(), finding }));
        self.unseen.extend(unseen.iter().chain(&diagnosis.unseen).cloned());
    }
}

/// What is said of a Deployment that the catalogue names and that is not there.
fn absence(target: &Target) -> Finding {
    let summary = format!("deployments.apps {:?} not found", target.deployment);
    let place = Place { namespace: &target.namespace, connection: &target.connection };
    Finding::error("target/not-found", target.object(), summary).next(place.kubectl("get deployments"))
}

/// The finding with the last lines of the logs that were read for its pod.
pub fn with_log(mut finding: Finding, fetched: &Fetched, lines: usize) -> Finding {
    let Some(pod) = finding.object.strip_prefix("pod/").map(str::to_owned) else { return finding };
    for (need, _) in fetched.iter() {
        let (container, which) = match need {
            Need::PreviousLog { pod: of, container } if *of == pod => (container, "previous log"),
            Need::Log { pod: of, container } if *of == pod => (container, "log"),
            _ => continue,
        };
        let text = fetched.text(need).unwrap_or_default();
        let last = text.lines().rev().filter(|line| !line.trim().is_empty()).take(lines);
        let last: Vec<&str> = last.collect();
        let line = |line| words::clip(&redact::line(line), LONGEST);
        let shown = last.into_iter().rev().map(|one| format!("{which} {container}: {}", line(one)));
        finding.evidence.extend(shown);
    }
    finding
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::causes::{Answer, CAUSES, Found, Sighting};
    use crate::diagnose::Judged;
    use crate::fact::Fact;
    use crate::fixtures::{at, target};

    fn header() -> Header {
        let text = String::new;
        Header {
            operation: text(),
            context: text(),
            namespace: text(),
            service: text(),
            object: text(),
            started_at: at(0),
        }
    }

    fn diagnosis(verdict: Verdict, found: &[&str]) -> Diagnosis {
        let causes = CAUSES.iter().filter(|cause| found.contains(&cause.code));
        Diagnosis {
            objects: vec![Judged { object: "pod/web-1".to_owned(), verdict, detail: "ready".to_owned() }],
            findings: causes
                .map(|cause| Found::new(cause, "pod/web-1".to_owned(), Sighting::default()))
                .collect(),
            groups: Vec::new(),
            unseen: vec!["events".to_owned()],
            needs: Vec::new(),
        }
    }

    fn seen<'a>(diagnosis: &'a Diagnosis, fetched: &'a Fetched) -> Seen<'a> {
        Seen { namespace: "shop", diagnosis, fetched, absent: &[], unread: None, unseen: &[] }
    }

    #[test]
    fn an_error_fails_and_nothing_less_does() {
        let fetched = Fetched::new();
        for (codes, outcome) in [
            (vec![], Outcome::Succeeded),
            (vec!["rollout/paused", "readiness/still-starting"], Outcome::Succeeded),
            (vec!["crashloop/app-exit"], Outcome::Failed),
        ] {
            let (well, other) = (diagnosis(Verdict::Pass, &[]), diagnosis(Verdict::Warn, &codes));
            let report = DiagnosisReport::of(header(), &[seen(&well, &fetched), seen(&other, &fetched)], 0);
            assert_eq!(report.outcome, outcome, "{codes:?}");
            assert_eq!(report.findings.len(), codes.len());
            assert_eq!(report.unseen, ["events", "events"]);
        }
    }

    #[test]
    fn what_is_not_there_fails_and_what_cannot_be_read_is_unknown() {
        let (well, fetched, targets) = (diagnosis(Verdict::Pass, &[]), Fetched::new(), [target()]);
        let absent = Seen { absent: &targets, ..seen(&well, &fetched) };
        let report = DiagnosisReport::of(header(), &[absent], 0);
        assert_eq!((report.outcome, report.objects[1].verdict), (Outcome::Failed, Verdict::Fail));
        assert_eq!(report.findings[0].finding.code, "target/not-found");
        assert!(report.findings[0].finding.next[0].starts_with("kubectl get deployments -n "));
        let unread = Seen { unread: Some((&targets, "forbidden")), ..seen(&well, &fetched) };
        let report = DiagnosisReport::of(header(), &[unread], 0);
        assert_eq!((report.outcome, report.objects[1].verdict), (Outcome::Succeeded, Verdict::Unknown));
        assert_eq!(report.unseen, ["forbidden", "events"]);
    }

    #[test]
    fn the_last_lines_of_its_logs_are_evidence_of_a_pod() {
        let mut fetched = Fetched::new();
        for pod in ["web-1", "web-2"] {
            let need = Need::PreviousLog { pod: pod.to_owned(), container: "app".to_owned() };
            fetched
                .insert(need, Fact::Known(Answer::Text(format!("a\n\npassword=b\n{}\n", "c".repeat(400)))));
        }
        let finding = |object: &str| {
            with_log(Finding::error("crashloop/app-exit", object.to_owned(), String::new()), &fetched, 2)
        };
        let line = format!("previous log app: {}...", "c".repeat(LONGEST));
        assert_eq!(json!(finding("pod/web-1").evidence), json!(["previous log app: password=***", line]));
        assert_eq!(finding("deployment/web").evidence, Vec::<String>::new());
    }
}
