//! Right before the eviction: the checks are as old as the question, so they are made again on pods that are read now.

use jiff::Timestamp;

use super::plan::object;
use super::run::{Doing, Eviction, uids};
use crate::operation::run::{AGAIN, Body};
use crate::operation::{Action, Observation};

impl Eviction {
    /// Asks for the pods as they are now: the watch may lag behind by what came while nobody listened.
    pub(super) fn look_again(&mut self, trouble: Option<String>) -> Action {
        self.enter(Doing::Rechecking { trouble });
        Action::Read
    }

    pub(super) fn rechecking(
        &mut self,
        trouble: Option<String>,
        observation: Observation,
        now: Timestamp,
    ) -> Action {
        match observation {
            Observation::Pods(_) => self.decide_again(now),
            Observation::Trouble(trouble) if now < self.began + self.plan.request.timeout => {
                self.enter(Doing::Unread { trouble });
                Action::Watch { until: now + AGAIN }
            }
            Observation::Trouble(reason) => self.not_reread("api/unreachable", &reason, now),
            Observation::Read(Err(reason)) => self.not_reread("api/rejected", &reason, now),
            _ => self.look_again(trouble),
        }
    }

    /// Plans anew on the pods that were read, and may refuse now.
    fn decide_again(&mut self, now: Timestamp) -> Action {
        let Some(plan) = self.plan.again(self.body.seen.clone()) else { return self.went_away(now) };
        match plan {
            Ok(plan) => {
                self.plan = plan;
                // Pods that came while the question was asked are no successors either.
                self.body.before.extend(uids(&self.body.seen));
                self.enter(Doing::Checked);
                // A slow answer may have used up the time that the lock lasts.
                match self.lock.or_renew(Action::Watch { until: now }, now) {
                    renewal @ Action::Lease { .. } => renewal,
                    _ => self.evict(0, None),
                }
            }
            Err(refusal) => {
                self.plan.checks = refusal.checks;
                self.refused(refusal.findings, now)
            }
        }
    }

    fn went_away(&mut self, now: Timestamp) -> Action {
        let owner = object(&self.plan.change);
        let summary = format!("{owner} no longer has the pod: it went away after the plan was made");
        self.refused(vec![self.going_on(self.finding("target/changed", summary))], now)
    }

    fn not_reread(&mut self, code: &str, reason: &str, now: Timestamp) -> Action {
        let summary = format!("the pods could not be read again before the eviction: {reason}");
        self.refused(vec![self.finding(code, summary).next(self.command())], now)
    }
}
