//! Making the change: checked once more, patched once, read back when the answer was lost or somebody wrote first.

use jiff::{SignedDuration, Timestamp};

use super::plan::{Plan, Refusal};
use super::run::{Doing, Restart};
use crate::operation::run::AGAIN;
use crate::operation::{Action, DryRun, Observation, Waiting, Write};
use crate::rollout::Progress;
use crate::workload::Deployment;

/// Attempts at a patch whose answers were lost; each is followed by reading back.
pub(super) const PATCH_ATTEMPTS: u8 = 3;

/// How often a patch is planned anew because somebody else wrote first.
pub(super) const CONFLICTS: u8 = 5;

/// What the API server answered to a look at the Deployment.
type Read = Result<Option<Box<Deployment>>, String>;

/// Age of facts up to which they are taken for the present. While a question stands nobody watches, and a watch that
/// nobody polls falls silent.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

impl Restart {
    /// The checks are as old as the question, and somebody may have thought about that for long.
    pub(super) fn is_stale(&self, now: Timestamp) -> bool {
        now.duration_since(self.plan.request.started_at) > FRESH
    }

    /// Plans anew on what is seen now, and may refuse now.
    pub(super) fn recheck(&mut self, observation: Observation, now: Timestamp) -> Action {
        let seen = match observation {
            Observation::Read(Ok(Some(deployment))) => self.body.seen.clone().with(*deployment),
            Observation::Read(Ok(None)) => return self.not_there(1, "the Deployment was deleted", now),
            Observation::Read(Err(reason)) => return self.not_started("api/unreachable", reason, now),
            _ => self.body.seen.clone(),
        };
        let plan = self.plan.again(seen, now);
        self.planned_again(plan, now)
    }

    fn planned_again(&mut self, plan: Result<Plan, Box<Refusal>>, now: Timestamp) -> Action {
        match plan {
            Ok(plan) => {
                self.plan = plan;
                self.enter(Doing::Patching { attempt: 1 });
                self.patch()
            }
            Err(refusal) => {
                self.plan.checks = refusal.checks;
                self.refused(refusal.findings, now)
            }
        }
    }

    pub(super) fn patch(&self) -> Action {
        Action::Patch { patch: self.plan.patch(), dry_run: self.is_dry_run() }
    }

    fn is_dry_run(&self) -> bool {
        self.plan.request.dry_run == DryRun::Server
    }

    pub(super) fn answered(&mut self, attempt: u8, write: Write, now: Timestamp) -> Action {
        match write {
            Write::Applied(deployment) => self.applied(&deployment, now),
            Write::Conflict(refused) => {
                self.enter(Doing::Conflicting { attempt, refused });
                Action::Read
            }
            Write::Rejected(message) => self.rejected(attempt, &message, now),
            Write::NotSent(message) if attempt == 1 => self.not_started("api/unreachable", message, now),
            Write::NotSent(lost) | Write::Ambiguous(lost) if self.is_dry_run() => {
                self.not_started("api/unreachable", lost, now)
            }
            Write::NotSent(lost) | Write::Ambiguous(lost) => {
                self.enter(Doing::ReadingBack { attempt, lost });
                Action::Read
            }
        }
    }

    fn rejected(&mut self, attempt: u8, message: &str, now: Timestamp) -> Action {
        if attempt == 1 {
            return self.not_started("api/rejected", message, now);
        }
        let summary = format!("it is not known whether an earlier attempt arrives: {message}");
        self.unknown("api/rejected", &summary, now)
    }

    pub(super) fn applied(&mut self, deployment: &Deployment, now: Timestamp) -> Action {
        if self.is_dry_run() {
            return self.admitted(now);
        }
        self.has_changed(now);
        self.body.made = Some(deployment.clone());
        self.saw(self.body.seen.clone());
        let nothing = Progress { old: usize::MAX, ..Progress::default() };
        self.enter(Doing::Rolling(Waiting::since(now, nothing)));
        Action::Watch { until: now + self.plan.request.timeout }
    }

    /// The change itself tells whether the patch whose answer was lost has arrived.
    pub(super) fn read_back(&mut self, attempt: u8, lost: &str, read: Read, now: Timestamp) -> Action {
        match read {
            Ok(Some(deployment)) if self.plan.change.is_in(&deployment) => self.applied(&deployment, now),
            Ok(Some(deployment)) if deployment.uid() != self.plan.before().deployment.uid() => self.gone(now),
            Ok(None) => self.gone(now),
            Ok(Some(_)) if attempt < PATCH_ATTEMPTS => {
                self.enter(Doing::Patching { attempt: attempt + 1 });
                Action::Watch { until: now + AGAIN }
            }
            Err(_) if now < self.began + self.plan.request.timeout => Action::Watch { until: now + AGAIN },
            Ok(Some(_)) | Err(_) => {
                let summary =
                    format!("it is not known whether the {} was begun: {lost}", self.plan.change.name());
                self.unknown("api/unreachable", &summary, now)
            }
        }
    }

    /// A condition of the patch did not hold. Where the Deployment has moved since it was looked at, the change is
    /// planned anew on what is there now; where it has not, the API server refuses the change itself.
    pub(super) fn conflicted(&mut self, attempt: u8, refused: &str, read: Read, now: Timestamp) -> Action {
        let before = &self.plan.before().deployment;
        match read {
            Ok(Some(deployment)) if self.plan.change.is_in(&deployment) => self.applied(&deployment, now),
            Ok(Some(deployment)) if deployment.uid() != before.uid() => {
                self.not_there(attempt, "the Deployment was deleted and made anew", now)
            }
            Ok(None) => self.not_there(attempt, "the Deployment was deleted", now),
            Ok(Some(deployment)) if deployment.generation() == before.generation() => {
                self.rejected(attempt, refused, now)
            }
            Ok(Some(deployment)) if attempt == 1 && self.body.conflicts < CONFLICTS => {
                self.body.conflicts += 1;
                let plan = self.plan.again(self.body.seen.clone().with(*deployment), now);
                self.planned_again(plan, now)
            }
            Err(_) if now < self.began + self.plan.request.timeout => Action::Watch { until: now + AGAIN },
            Ok(Some(_)) | Err(_) if attempt == 1 => self.not_started("api/rejected", refused, now),
            Ok(Some(_)) | Err(_) => self.rejected(attempt, refused, now),
        }
    }

    /// Gone before the change was made, unless an attempt was made whose answer was lost.
    fn not_there(&mut self, attempt: u8, what: &str, now: Timestamp) -> Action {
        if attempt > 1 {
            return self.gone(now);
        }
        self.not_started("target/changed", format!("{what} after the plan was made"), now)
    }
}
