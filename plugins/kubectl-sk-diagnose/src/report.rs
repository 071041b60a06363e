//! The report: what the judgements of all namespaces come to.

use sk_common::operations::Judgement;
use sk_core::causes::{Fetched, Need};
use sk_core::checks::Verdict;
use sk_core::finding::{Finding, Severity};
use sk_core::report::{DiagnosisReport, FindingView, Header, ObjectView, Outcome};
use sk_core::target::{Place, Target};

/// Characters of a log line that are shown.
const LONGEST: usize = 300;

/// Everything that was judged, in one report, with so many lines of each log.
pub(crate) fn of(header: Header, judgements: &[Judgement], logs: usize) -> DiagnosisReport {
    let now = header.started_at;
    let mut report = DiagnosisReport::new(header, Outcome::Succeeded, now);
    for judgement in judgements {
        add(&mut report, judgement, logs);
    }
    let failed = report.findings.iter().any(|view| view.finding.severity == Severity::Error);
    DiagnosisReport { outcome: if failed { Outcome::Failed } else { Outcome::Succeeded }, ..report }
}

fn add(report: &mut DiagnosisReport, judgement: &Judgement, logs: usize) {
    let Judgement { scene, diagnosis, fetched } = judgement;
    let namespace = &scene.namespace;
    let object = |object: String, verdict, detail| ObjectView {
        object,
        namespace: namespace.clone(),
        verdict,
        detail,
    };
    let judged = diagnosis.objects.iter();
    report.objects.extend(judged.map(|one| object(one.object.clone(), one.verdict, one.detail.clone())));
    let absent = scene.absent.iter();
    let not_there = |one: &Target| format!("there is no {} in {namespace}", one.object());
    report.objects.extend(absent.map(|one| object(one.object(), Verdict::Fail, not_there(one))));
    if let Some((targets, reason)) = &scene.unread {
        let unread = targets.iter();
        report.objects.extend(unread.map(|one| object(one.object(), Verdict::Unknown, reason.clone())));
        report.unseen.push(reason.clone());
    }
    let found = diagnosis.findings.iter().map(|found| with_log(found.finding.clone(), fetched, logs));
    let findings = scene.absent.iter().map(absence).chain(found);
    report.findings.extend(findings.map(|finding| FindingView { namespace: namespace.clone(), finding }));
    report.unseen.extend(scene.unseen.iter().chain(&diagnosis.unseen).cloned());
}

/// What is said of a Deployment that the catalogue names and that is not there.
pub(crate) fn absence(target: &Target) -> Finding {
    let summary = format!("deployments.apps {:?} not found", target.deployment);
    let place = Place { namespace: &target.namespace, connection: &target.connection };
    Finding::error("target/not-found", target.object(), summary).next(place.kubectl("get deployments"))
}

/// The finding with the last lines of the logs that were read for its pod.
pub(crate) fn with_log(mut finding: Finding, fetched: &Fetched, lines: usize) -> Finding {
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
        let shown = last.into_iter().rev().map(|line| format!("{which} {container}: {}", clip(line)));
        finding.evidence.extend(shown);
    }
    finding
}

fn clip(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
