//! After the rollout: logs and health endpoints, then the soak.

use jiff::{SignedDuration, Timestamp};

use super::run::{Doing, Restart};
use crate::checks::Verdict;
use crate::duration;
use crate::fact::Fact;
use crate::operation::run::{Body, Next};
use crate::operation::{Action, Observation, look_closer};
use crate::report::Outcome;
use crate::soak::Soak;
use crate::verify::{Inspected, Inspection};

/// Pods that are looked into at the same time.
const AT_ONCE: usize = 8;

impl Restart {
    /// Looks at every new pod, a few at a time: in between the lock is renewed.
    pub(super) fn inspect(&mut self) -> Action {
        let left = self.containers();
        let action = self.look_into(&left);
        self.enter(Doing::Inspecting { left, seen: Vec::new() });
        action
    }

    pub(super) fn look_into(&self, left: &[(String, Vec<String>)]) -> Action {
        let pods = left.iter().take(AT_ONCE).cloned().collect();
        Action::Inspect(Inspection { pods, endpoint: self.endpoint() })
    }

    pub(super) fn inspected(
        &mut self,
        mut left: Vec<(String, Vec<String>)>,
        mut seen: Vec<Inspected>,
        inspected: Vec<Inspected>,
        now: Timestamp,
    ) -> Action {
        left.drain(..left.len().min(AT_ONCE));
        seen.extend(inspected);
        if left.is_empty() {
            return self.looked_into(&seen, now);
        }
        let action = self.look_into(&left);
        self.enter(Doing::Inspecting { left, seen });
        action
    }

    fn looked_into(&mut self, inspected: &[Inspected], now: Timestamp) -> Action {
        self.verified(inspected, now);
        let failed = self.ending.as_ref().is_none_or(|ending| ending.outcome == Outcome::Failed);
        let soaks = !failed && self.plan.request.soak > SignedDuration::ZERO;
        self.release_or(now, if soaks { Next::Do(Doing::Released) } else { Next::WriteDown })
    }

    pub(super) fn soak_begins(&mut self, now: Timestamp) -> Action {
        self.began = now;
        let soak = Soak::new(self.seen(), self.plan.request.soak, now);
        let until = soak.logs_due();
        self.enter(Doing::Soaking(Box::new(soak)));
        Action::Watch { until }
    }

    pub(super) fn soaking(
        &mut self,
        mut soak: Box<Soak>,
        observation: Observation,
        now: Timestamp,
    ) -> Action {
        match observation {
            Observation::Workload(workload) if self.is_as_made(&workload.deployment) => {
                soak.observe(&workload, now);
            }
            Observation::Quit => soak.quit(now),
            Observation::Gone => return self.gone(now),
            Observation::Trouble(reason) => soak.could_not_watch(reason),
            Observation::Logs(logs) => {
                for log in logs {
                    match log {
                        Fact::Known(text) => soak.read(&text),
                        Fact::Unavailable(reason) => soak.could_not_read(reason),
                    }
                }
            }
            _ => {}
        }
        if !self.is_as_made(&self.seen().deployment) {
            soak.was_superseded(self.plan.change.instead(&self.seen().deployment));
            return self.soaked(&soak, now);
        }
        if soak.is_over(now) {
            return self.soaked(&soak, now);
        }
        let due = soak.logs_due();
        let action = if now >= due {
            let since = soak.logs_asked();
            soak.has_asked(now);
            Action::ReadLogs { since }
        } else {
            Action::Watch { until: due }
        };
        self.enter(Doing::Soaking(soak));
        action
    }

    fn soaked(&mut self, soak: &Soak, now: Timestamp) -> Action {
        let how = match soak.superseded() {
            Some(_) => "superseded",
            None if soak.verdict() == Verdict::Fail => "failed",
            None if soak.was_quit() => "ended by q",
            None => "ok",
        };
        let watched = duration::short(now.duration_since(soak.began()));
        self.step("soak", now, &format!("{how} after {watched}: {}", soak.summary()));
        let (object, place) = (self.object(), self.plan.request.target.place());
        if let Some(ending) = &mut self.ending {
            ending.verified.soak = soak.verdict();
            let findings = soak.findings(&object, now).into_iter();
            ending.findings.extend(findings.map(|one| look_closer(one, place)));
            if soak.verdict() == Verdict::Fail {
                ending.outcome = Outcome::Failed;
            }
        }
        self.write_down(now)
    }
}
