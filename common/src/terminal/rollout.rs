//! A rollout in words for people: its plan, where it stands, how it ended. What started it is named by its change.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sk_core::catalogue::Service;
use sk_core::checks::Verdict;
use sk_core::duration;
use sk_core::finding::{Finding, Severity};
use sk_core::operation::Request;
use sk_core::report::{CheckView, Outcome};
use sk_core::restart::{Change, Plan, Refusal, Restart};
use sk_core::rollout::{self, Progress};
use sk_core::sanitize::visible;
use sk_core::verify::Verification;
use sk_core::words::counted;
use sk_core::workload;

use super::{RolloutView, Text, text as terminal};

/// The target, its checks and the plan.
pub fn planned(plan: &Plan) -> Text {
    let mut text = header(&plan.request);
    let images = plan.before().deployment.images();
    let images: Vec<String> =
        images.iter().map(|(name, image)| format!("{} {}", visible(name), visible(image))).collect();
    text.line(format_args!("image {}", images.join(", "))).gap();
    text.line(terminal::checks(&views(&plan.checks))).gap();
    text.line(terminal::plan(&plan.steps));
    text
}

/// The one question.
pub fn question(plan: &Plan) -> String {
    let target = &plan.request.target;
    let name = visible(target.name());
    // The plan may have scrolled the first line away.
    let place = format!("in {}, context {}", visible(&target.namespace), visible(&plan.request.context));
    match &plan.change {
        Change::Restart { .. } => format!("\nRestart {name} {place}?"),
        Change::Template(earlier) => format!("\nRoll {name} back to revision {} {place}?", earlier.revision),
    }
}

/// Why it does not start, and what to type instead.
pub fn refused(refusal: &Refusal) -> Text {
    let mut text = header(&refusal.request);
    text.gap().line(terminal::checks(&views(&refusal.checks))).gap();
    let name = visible(refusal.request.target.name());
    text.line(verdict(Verdict::Refuse, &format!("{name}: refused; nothing was changed"))).gap();
    text.line(terminal::findings(&refusal.findings));
    text
}

/// What a change is called on the screen.
struct Words {
    running: &'static str,
    done: String,
    change: &'static str,
    /// The pods that serve in the end: those of an earlier revision need not be new.
    pods: &'static str,
}

fn words(restart: &Restart) -> Words {
    match &restart.plan().change {
        Change::Restart { .. } => Words {
            running: "Rolling restart",
            done: "restarted".to_owned(),
            change: "restart",
            pods: "new pods",
        },
        Change::Template(earlier) => Words {
            running: "Rolling back",
            done: format!("rolled back to revision {}", earlier.revision),
            change: "rollback",
            pods: "pods ready",
        },
    }
}

/// Where the rollout stands.
pub fn view(restart: &Restart, now: Timestamp) -> RolloutView {
    let progress = Progress::of(restart.seen());
    RolloutView {
        title: format!("{}  {}", words(restart).running, visible(restart.plan().request.target.name())),
        elapsed: now.duration_since(restart.patched().unwrap_or(now)),
        ready: progress.ready,
        wanted: progress.wanted,
        pods: rollout::pod_lines(restart.seen(), now),
        causes: restart.causes().filter(|cause| cause.severity != Severity::Info).map(cause_line).collect(),
        trouble: restart.trouble().map(str::to_owned),
    }
}

/// A cause on the screen.
pub(super) fn cause_line(cause: &Finding) -> String {
    format!("{}  {}: {}", cause.code, cause.object, cause.summary)
}

/// How it ended; before a soak, how it ended so far.
pub fn ended(restart: &Restart, now: Timestamp) -> Text {
    let mut text = Text::default();
    let name = visible(restart.plan().request.target.name());
    let Some(ending) = restart.ending() else { return text };
    let progress = Progress::of(restart.seen());
    let took = duration::short(now.duration_since(restart.patched().unwrap_or(now)));
    let Words { done, change, pods, .. } = words(restart);
    let (mark, sentence) = match ending.outcome {
        Outcome::Succeeded => (
            Verdict::Pass,
            format!(
                "{name} {done} in {took}: {}/{} {pods}, {}",
                progress.ready,
                progress.wanted,
                at_worst(restart.lowest_available())
            ),
        ),
        Outcome::Planned => {
            (Verdict::Pass, format!("{name}: the API server admits the change; nothing was changed"))
        }
        Outcome::Refused => (Verdict::Refuse, format!("{name}: not started; nothing was changed")),
        Outcome::Locked => {
            (Verdict::Refuse, format!("{name}: another operation holds it; nothing was changed"))
        }
        Outcome::Failed if ending.verified.rollout == Verdict::Pass => {
            (Verdict::Fail, format!("{name} {done} in {took}, but does not serve as it should"))
        }
        Outcome::Failed => {
            (Verdict::Fail, format!("{name}: the {change} failed after {took}; Kubernetes keeps trying"))
        }
        Outcome::Interrupted => (Verdict::Unknown, format!("{name}: interrupted after {took}")),
        _ => (Verdict::Unknown, format!("{name}: the result is not known after {took}")),
    };
    text.line(verdict(mark, &sentence));
    serving(restart, ending.outcome, &mut text);
    details(restart.verifications(), &ending.findings, restart.unrecorded(), &mut text);
    manual_checks(service(restart), ending.outcome, &mut text);
    contacts(service(restart), ending.outcome, &mut text);
    text
}

fn at_worst(lowest: i32) -> String {
    match lowest {
        ..=0 => "with none available for a while".to_owned(),
        _ => format!("never fewer than {lowest} available"),
    }
}

/// What was verified, what was found, and what could not be written down.
pub(super) fn details(
    verifications: &[(&'static str, Verification)],
    findings: &[Finding],
    unrecorded: &[String],
    text: &mut Text,
) {
    for (what, verification) in verifications {
        let first = format!("  {} {what:<7} ", terminal::mark(verification.verdict));
        text.line(terminal::lines(&first, 12, &verification.detail));
    }
    if !findings.is_empty() {
        text.gap().line(terminal::findings(findings));
    }
    for unrecorded in unrecorded {
        text.line(terminal::lines("  not written down: ", 20, unrecorded));
    }
}

fn service(restart: &Restart) -> Option<&Service> {
    restart.plan().request.target.service.as_ref()
}

/// How the soak ended; the verdict on the rollout is out already.
pub fn soaked(restart: &Restart) -> Text {
    let mut text = Text::default();
    let Some(ending) = restart.ending() else { return text };
    let name = visible(restart.plan().request.target.name());
    let how = restart.steps().iter().rev().find(|step| step.step == "soak").map(|step| step.result.as_str());
    let sentence = format!("{name}: soak {}", how.unwrap_or("interrupted"));
    text.line(verdict(ending.verified.soak, &sentence));
    let soak: Vec<_> =
        ending.findings.iter().filter(|finding| !finding.code.starts_with("verify/")).cloned().collect();
    if !soak.is_empty() {
        text.line(terminal::findings(&soak));
    }
    contacts(service(restart), ending.outcome, &mut text);
    text
}

/// After a failure: what still serves, and must not be touched.
fn serving(restart: &Restart, outcome: Outcome, text: &mut Text) {
    let seen = restart.seen();
    if !matches!(outcome, Outcome::Failed | Outcome::Unknown | Outcome::Interrupted) {
        return;
    }
    let ready: Vec<_> = seen.pods.iter().filter(|pod| workload::is_ready(pod)).collect();
    let old = ready.iter().filter(|pod| !seen.is_new(pod)).count();
    let wanted = seen.deployment.replicas();
    // Beside new pods more may serve than are wanted in the end.
    let serving = match i32::try_from(ready.len()) {
        Ok(more) if more > wanted => format!("{} ({wanted} wanted)", counted(more, "pod")),
        _ => format!("{} of {}", ready.len(), counted(wanted, "pod")),
    };
    text.line(terminal::lines("  ", 2, &format!("Serving: {serving}, {old} of them old")));
    if old > 0 && outcome == Outcome::Failed {
        let mut nodes: Vec<&str> =
            ready.iter().filter(|pod| !seen.is_new(pod)).filter_map(|pod| workload::node(pod)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let advice =
            format!("The old pods cannot be replaced: do not delete them, do not drain {}", nodes.join(", "));
        text.line(terminal::lines("  ", 2, &advice));
    }
}

/// What is left for a person to check when it went well.
pub(super) fn manual_checks(service: Option<&Service>, outcome: Outcome, text: &mut Text) {
    let checks: Vec<String> = service.iter().flat_map(|service| service.checks_by_hand()).collect();
    if outcome == Outcome::Succeeded && !checks.is_empty() {
        text.line("  to do by hand");
        for check in checks {
            text.line(terminal::lines("    - ", 6, &check));
        }
    }
}

/// Whom to ask and what to read when it did not go well.
pub(super) fn contacts(service: Option<&Service>, outcome: Outcome, text: &mut Text) {
    if matches!(outcome, Outcome::Failed | Outcome::Unknown) {
        help(service, text);
    }
}

/// Whom to ask about these services, and what to read; what they share is said once.
pub fn help<'a>(services: impl IntoIterator<Item = &'a Service>, text: &mut Text) {
    let (mut contacts, mut docs): (Vec<&str>, Vec<String>) = Default::default();
    for service in services {
        contacts.extend(service.contacts.iter().map(|contact| contact.contact.as_str()));
        docs.extend(service.docs.iter().map(|document| format!("{} {}", document.title, document.path)));
    }
    let mut seen = BTreeSet::new();
    contacts.retain(|contact| seen.insert(*contact));
    if !contacts.is_empty() {
        text.line(terminal::lines("  help  ", 8, &contacts.join(", ")));
    }
    let mut seen = BTreeSet::new();
    docs.retain(|document| seen.insert(document.clone()));
    if !docs.is_empty() {
        text.line(terminal::lines("  docs  ", 8, &docs.join(", ")));
    }
}

/// The target of a request.
pub fn header(request: &Request) -> Text {
    let target = &request.target;
    title(target.name(), &target.namespace, &request.context, target.service.as_ref())
}

/// Name, namespace, context, and how critical the service is.
pub(super) fn title(name: &str, namespace: &str, context: &str, service: Option<&Service>) -> Text {
    let mut text = Text::default();
    let criticality = service.and_then(|service| service.criticality.as_deref());
    let name = terminal::strong(&visible(name));
    let dot = terminal::sign("·", "-");
    let (namespace, context) = (visible(namespace), visible(context));
    text.line(format_args!("{name} {dot} {namespace} {dot} context {context}"));
    if let Some(criticality) = criticality {
        text.line(terminal::lines("", 0, criticality));
    }
    text
}

/// A sentence behind the mark of its verdict.
pub fn verdict(verdict: Verdict, sentence: &str) -> String {
    terminal::lines(&format!("{} ", terminal::mark(verdict)), 2, sentence)
}

/// Checks as the screen shows them.
pub fn views(checks: &[sk_core::checks::Check]) -> Vec<CheckView> {
    checks.iter().map(CheckView::from).collect()
}
