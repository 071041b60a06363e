//! Evicting: asked for once, looked after when the answer was lost, refused by a budget with its numbers.

use jiff::Timestamp;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use super::run::{Doing, Eviction};
use super::waiting::Reached;
use crate::budget;
use crate::fact::Fact;
use crate::finding::Finding;
use crate::operation::run::{AGAIN, Body};
use crate::operation::{Action, DryRun, Evicted, Observation, Waiting};

/// Evictions whose answers were lost, after which it is not known what became of them.
pub(super) const ATTEMPTS: u8 = 3;

impl Eviction {
    pub(super) fn evict(&mut self, lost: u8, trouble: Option<String>) -> Action {
        self.enter(Doing::Evicting { lost, trouble });
        let request = &self.plan.request;
        let dry_run = request.dry_run == DryRun::Server;
        Action::Evict { pod: request.target.pod.clone(), body: self.plan.eviction(), dry_run }
    }

    pub(super) fn answered(&mut self, lost: u8, evicted: Evicted, now: Timestamp) -> Action {
        let dry_run = self.plan.request.dry_run == DryRun::Server;
        let first = lost == 0;
        match evicted {
            Evicted::Accepted if dry_run => self.admitted(now),
            Evicted::Accepted => self.accepted(now),
            // The eviction whose answer was lost did arrive.
            Evicted::Absent(_) if !first => self.accepted(now),
            Evicted::Absent(message) => {
                let summary = format!("the pod went away before it could be evicted: {message}");
                self.refused(vec![self.going_on(self.finding("target/changed", summary))], now)
            }
            Evicted::Blocked { message, budgets } => {
                self.refused(vec![self.blocked(&message, &budgets)], now)
            }
            Evicted::Rejected(message) if first => self.not_started("api/rejected", message, now),
            Evicted::NotSent(message) if first => self.not_started("api/unreachable", message, now),
            Evicted::NotSent(lost) | Evicted::Ambiguous(lost) if dry_run => {
                self.not_started("api/unreachable", lost, now)
            }
            // The next is bound to the same UID, so it cannot do more.
            Evicted::NotSent(trouble) if now < self.began + self.plan.request.timeout => {
                self.enter(Doing::Doubting { lost, trouble });
                Action::Watch { until: now + AGAIN }
            }
            Evicted::Ambiguous(trouble) if lost + 1 < ATTEMPTS => {
                self.enter(Doing::Doubting { lost: lost + 1, trouble });
                Action::Watch { until: now + AGAIN }
            }
            Evicted::Rejected(trouble) | Evicted::NotSent(trouble) | Evicted::Ambiguous(trouble) => {
                let summary = format!("it is not known whether the pod was evicted: {trouble}");
                self.unknown("api/unreachable", &summary, now)
            }
        }
    }

    /// Names the budget with its numbers; when to try again is the user's choice.
    fn blocked(&self, message: &str, budgets: &Fact<Vec<PodDisruptionBudget>>) -> Finding {
        let place = self.place();
        let (budgets, unread) = match budgets {
            Fact::Known(budgets) => (budget::of_pod(budgets, &self.plan.facts.pod), None),
            Fact::Unavailable(reason) => (Vec::new(), Some(reason)),
        };
        let said = match budgets.as_slice() {
            [] => "a PodDisruptionBudget does not allow it".to_owned(),
            budgets => budgets.iter().map(|found| budget::words(found)).collect::<Vec<_>>().join("; "),
        };
        let summary = format!(
            "not evicted: {said}. Nothing was changed; whether and when to try again is yours to say"
        );
        let finding = self.finding("rollout/pdb-blocks-eviction", summary).seen(message);
        let finding = budgets.iter().fold(finding, |finding, found| finding.seen(budget::evidence(found)));
        let finding = match unread {
            Some(reason) => finding.seen(format!("PodDisruptionBudgets: unknown: {reason}")),
            None => finding,
        };
        let names: Vec<&str> = budgets.iter().map(|found| budget::name(found)).collect();
        let describe = format!("describe pdb {}", names.join(" "));
        finding
            .next(place.kubectl(describe.trim_end()))
            .next(place.kubectl("get pods -o wide"))
            .next(self.command())
    }

    pub(super) fn accepted(&mut self, now: Timestamp) -> Action {
        self.has_changed(now);
        self.waiting(Waiting::since(now, Reached::default()), Observation::Begin, now)
    }
}
