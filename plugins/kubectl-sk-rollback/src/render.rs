//! A rollback in words for people.

use jiff::Timestamp;
use sk_common::terminal::{self, Text, rollout};
use sk_core::checks::Verdict;
use sk_core::operation::Request;
use sk_core::report::Outcome;
use sk_core::restart::Restart;
use sk_core::rollback::{Outlook, Plan, Refusal, RollbackReport, RunningImage};
use sk_core::sanitize::visible;

/// The target, what speaks for it, its checks, what changes, and the plan.
pub(crate) fn planned(plan: &Plan) -> Text {
    let mut text = begun(&plan.plan.request, &plan.outlook);
    text.line(terminal::checks(&rollout::views(&plan.plan.checks))).gap();
    let diff = &plan.outlook.diff;
    if !diff.is_empty() {
        text.line(terminal::strong("Change")).line(terminal::diff(diff, "  ")).gap();
    }
    text.line(terminal::plan(&plan.plan.steps));
    text
}

/// Why it does not start, and what to type instead.
pub(crate) fn refused(refusal: &Refusal) -> Text {
    let request = &refusal.refusal.request;
    let mut text = begun(request, &refusal.outlook);
    text.line(terminal::checks(&rollout::views(&refusal.refusal.checks))).gap();
    let sentence = format!("{}: refused; nothing was changed", visible(request.target.name()));
    text.line(rollout::verdict(Verdict::Refuse, &sentence)).gap();
    text.line(terminal::findings(&refusal.refusal.findings));
    text
}

fn begun(request: &Request, outlook: &Outlook) -> Text {
    let mut text = rollout::header(request);
    let from =
        outlook.from.map_or_else(|| "what has no revision yet".to_owned(), |from| format!("revision {from}"));
    match outlook.to {
        Some(to) => text.line(format_args!("back from {from} to revision {to}")),
        None => text.line(format_args!("now {from}")),
    };
    text.gap();
    evidence(outlook, &mut text);
    if !outlook.passed_over.is_empty() {
        text.line(terminal::strong("Passed over"));
        for passed in &outlook.passed_over {
            let first = format!("  {:<4} ", passed.revision);
            text.line(terminal::lines(&first, 7, &passed.why));
        }
        text.gap();
    }
    text
}

/// What is wrong now, and how the pods of each revision do.
fn evidence(outlook: &Outlook, text: &mut Text) {
    let evidence = &outlook.evidence;
    if evidence.causes.is_empty() && evidence.revisions.is_empty() {
        return;
    }
    text.line(terminal::strong("Now"));
    for revision in &evidence.revisions {
        let first = format!("  {:<4} ", revision.revision);
        text.line(terminal::lines(&first, 7, &revision.words));
    }
    if !evidence.causes.is_empty() {
        text.line(terminal::findings(&evidence.causes));
    }
    text.gap();
}

/// How it ended, and which images run now; `announced` is whether the rollout's verdict is out already.
pub(crate) fn ended(restart: &Restart, report: &RollbackReport, announced: bool, now: Timestamp) -> Text {
    let mut text = if announced { rollout::soaked(restart) } else { rollout::ended(restart, now) };
    let ran = restart.patched().is_some() && report.report.outcome != Outcome::Planned;
    for RunningImage { container, image, image_id } in report.images.iter().filter(|_| ran) {
        let id = if image_id.is_empty() { String::new() } else { format!(" ({})", visible(image_id)) };
        text.line(terminal::lines("  runs    ", 10, &format!("{container} {image}{id}")));
    }
    text
}
