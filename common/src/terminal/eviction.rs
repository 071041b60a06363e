//! An eviction in words for people: its plan, where it stands, how it ended.

use jiff::{SignedDuration, Timestamp};
use sk_core::checks::Verdict;
use sk_core::duration;
use sk_core::evict::{Eviction, Facts, Plan, Refusal, Request};
use sk_core::report::Outcome;
use sk_core::rollout::{PodLine, PodState};
use sk_core::sanitize::visible;
use sk_core::words::counted;
use sk_core::workload;

use super::rollout::{cause_line, contacts, details, manual_checks, title, verdict, views};
use super::{Live, RolloutView, Text, text as terminal};
use crate::operations::Audience;

impl Audience<Eviction> for Live {
    fn show(&mut self, eviction: &Eviction, now: Timestamp) {
        let pods = eviction.lines(now);
        let ready = |line: &&PodLine| line.new && line.state == PodState::Ready;
        Self::show(
            self,
            &RolloutView {
                title: format!("Replacing  {}", visible(&eviction.plan().request.target.object())),
                elapsed: eviction
                    .evicted()
                    .map_or(SignedDuration::ZERO, |evicted| now.duration_since(evicted)),
                ready: pods.iter().filter(ready).count(),
                wanted: 1,
                pods,
                causes: eviction.causes().map(cause_line).collect(),
                trouble: eviction.trouble().map(str::to_owned),
            },
        );
    }

    /// There is no soak to end.
    async fn quit(&mut self) {
        std::future::pending::<()>().await;
    }
}

fn header(request: &Request, facts: &Facts) -> Text {
    let target = &request.target;
    let mut text = title(&facts.name(), &target.namespace, &request.context, facts.service.as_ref());
    let node = workload::node(&facts.pod).map(|node| format!(" on {node}")).unwrap_or_default();
    let restarts = counted(workload::restarts(&facts.pod), "restart");
    text.line(terminal::lines("", 0, &format!("{}{node}, {restarts}", target.object())));
    text
}

/// The pod, its checks and the plan.
pub fn planned(plan: &Plan) -> Text {
    let mut text = header(&plan.request, &plan.facts);
    text.gap().line(terminal::checks(&views(&plan.checks))).gap();
    text.line(terminal::plan(&plan.steps));
    text
}

/// The one question.
pub fn question(plan: &Plan) -> String {
    format!("\nEvict {}?", visible(&plan.request.target.object()))
}

/// Why it is left alone, and what to type instead.
pub fn refused(refusal: &Refusal) -> Text {
    let mut text = header(&refusal.request, &refusal.facts);
    text.gap().line(terminal::checks(&views(&refusal.checks))).gap();
    let sentence = format!("{}: refused; nothing was changed", refusal.request.target.object());
    text.line(verdict(Verdict::Refuse, &sentence)).gap();
    text.line(terminal::findings(&refusal.findings));
    text
}

/// How it ended.
pub fn ended(eviction: &Eviction, now: Timestamp) -> Text {
    let mut text = Text::default();
    let Some(ending) = eviction.ending() else { return text };
    let Plan { request, facts, .. } = eviction.plan();
    let pod = request.target.object();
    let took = duration::short(now.duration_since(eviction.evicted().unwrap_or(now)));
    let successor = eviction.successor();
    let by = successor.map(|pod| {
        let node = workload::node(pod).map(|node| format!(" on {node}")).unwrap_or_default();
        format!("pod/{}{node}", workload::name(pod))
    });
    let by = by.unwrap_or_else(|| "no pod yet".to_owned());
    let (mark, sentence) = match ending.outcome {
        Outcome::Succeeded => (Verdict::Pass, format!("{pod} replaced in {took}: {by} is ready")),
        Outcome::Planned => {
            (Verdict::Pass, format!("{pod}: the API server admits the eviction; nothing was changed"))
        }
        Outcome::Refused => (Verdict::Refuse, format!("{pod}: not evicted; nothing was changed")),
        Outcome::Locked => {
            (Verdict::Refuse, format!("{pod}: another operation holds its Deployment; nothing was changed"))
        }
        Outcome::Failed if ending.verified.rollout == Verdict::Pass => {
            (Verdict::Fail, format!("{pod} replaced in {took} by {by}, which does not serve as it should"))
        }
        Outcome::Failed => {
            (Verdict::Fail, format!("{pod}: evicted, and its successor failed after {took}: {by}"))
        }
        Outcome::Interrupted => (Verdict::Unknown, format!("{pod}: interrupted after {took}")),
        _ => (Verdict::Unknown, format!("{pod}: the result is not known after {took}: {by}")),
    };
    text.line(verdict(mark, &sentence));
    if matches!(ending.outcome, Outcome::Failed | Outcome::Unknown | Outcome::Interrupted) {
        let serving = format!("Serving: {} other pods of its controller are ready", eviction.others_ready());
        text.line(terminal::lines("  ", 2, &serving));
    }
    details(eviction.verifications(), &ending.findings, eviction.unrecorded(), &mut text);
    manual_checks(facts.service.as_ref(), ending.outcome, &mut text);
    contacts(facts.service.as_ref(), ending.outcome, &mut text);
    text
}
