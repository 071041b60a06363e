//! Watching the rollout: complete, deleted, changed by somebody else; what a failure may come from.

use jiff::Timestamp;

use super::run::{Doing, Restart};
use crate::causes::{Fetched, Need};
use crate::checks::Verdict;
use crate::duration;
use crate::finding::{Finding, Severity};
use crate::lock::LeaseAnswer;
use crate::operation::run::Body;
use crate::operation::{Action, Ending, Observation, Waiting};
use crate::report::Outcome;
use crate::rollout::{self, Progress};
use crate::workload::{self, Workload};

impl Restart {
    pub(super) fn rolling(
        &mut self,
        mut rolling: Waiting<Progress>,
        observation: Observation,
        now: Timestamp,
    ) -> Action {
        rolling.hear(observation);
        // Also when nothing new was seen: some causes are told by the time that passes.
        if !self.body.is_behind
            && let Some(end) = self.look(&mut rolling, now)
        {
            return end;
        }
        self.wait(rolling, self.plan.request.timeout, Doing::Rolling, now)
    }

    /// Looks at the workload; some action when that ends the rollout.
    fn look(&mut self, rolling: &mut Waiting<Progress>, now: Timestamp) -> Option<Action> {
        let workload = self.seen();
        if workload.deployment.uid() != self.plan.before().deployment.uid() {
            return Some(self.gone(now));
        }
        if !self.is_as_made(&workload.deployment) {
            let found = self.plan.change.instead(&workload.deployment);
            return Some(self.superseded(&found, now));
        }
        if rollout::judge(workload) == rollout::Verdict::Complete && !self.may_relapse(now) {
            self.complete(now);
            return Some(self.inspect());
        }
        if rolling.reached.advance(Progress::of(workload)) {
            rolling.since = now;
        }
        let found = self.found(&Fetched::new(), now);
        self.standing.observe(found, now);
        None
    }

    /// Whether a new pod has come back from a crash so lately that its being ready says nothing yet.
    pub(super) fn may_relapse(&self, now: Timestamp) -> bool {
        let workload = self.seen();
        workload.pods.iter().any(|pod| workload.is_new(pod) && workload::may_relapse(pod, now))
    }

    /// Whether the controller gave up before the change was made and has not judged since: the condition stays as it
    /// was, also for a new template, until the first progress.
    pub(super) fn had_given_up(&self) -> bool {
        let given_up = |workload: &Workload| {
            let progressing = workload.deployment.condition("Progressing").cloned();
            progressing.filter(|condition| condition.reason.as_deref() == Some("ProgressDeadlineExceeded"))
        };
        given_up(self.seen()).is_some_and(|now| given_up(self.plan.before()) == Some(now))
    }

    /// `ConfigMap`s and `Secret`s of the template that were written since the last rollout: the template is the same
    /// as before, so what they hold is the likeliest change.
    pub(super) fn written_since(&self, fetched: &Fetched, now: Timestamp) -> Vec<Finding> {
        let Some(since) = self.plan.before().current().and_then(crate::workload::ReplicaSet::created_at)
        else {
            return Vec::new();
        };
        let writes = fetched.iter().filter_map(|(need, _)| match need {
            Need::LastWrite(reference) => Some((reference, fetched.text(need)?.split_once(' ')?)),
            _ => None,
        });
        let target = &self.plan.request.target;
        let mut findings = Vec::new();
        for (reference, (time, manager)) in writes {
            let Ok(time) = time.parse::<Timestamp>() else { continue };
            // Both times are whole seconds; what was made together with the rollout is no change since.
            if time <= since {
                continue;
            }
            let ago = duration::short(now.duration_since(time));
            let summary = format!(
                "written {ago} ago by {manager}, since the last rollout; the template did not change, so a rollback would not help"
            );
            let finding = Finding::error("rollout/config-changed", reference.to_string(), summary)
                .seen(format!("metadata.managedFields: {manager} at {time:.0}"))
                .next(target.kubectl(&format!("get {reference} -o yaml --show-managed-fields")));
            findings.push(Finding { severity: Severity::Warning, ..finding });
        }
        findings
    }

    pub(super) fn gone(&mut self, now: Timestamp) -> Action {
        self.step("watch", now, "failed");
        let target = &self.plan.request.target;
        let summary = format!(
            "the Deployment was deleted, or deleted and made anew, during the {}",
            self.plan.change.name()
        );
        let finding = Finding::error("rollout/deleted", target.object(), summary)
            .seen(format!("metadata.uid was {}", self.plan.before().deployment.uid()))
            .next(target.kubectl(&format!("get {}", target.object())));
        self.end(Ending::new(Outcome::Failed, vec![finding]).rollout(Verdict::Fail), now)
    }

    /// Another operation of ours may have taken over: the Lease tells who.
    fn superseded(&mut self, found: &str, now: Timestamp) -> Action {
        self.enter(Doing::Superseded(found.to_owned()));
        self.lock.who().unwrap_or_else(|| self.changed_by_somebody(found, now))
    }

    /// Another operation of ours changed the template, if it has the lock now.
    pub(super) fn superseded_by(&mut self, found: &str, answer: LeaseAnswer, now: Timestamp) -> Action {
        match self.lock.renewed(answer, now) {
            Err(holder) => self.displaced(&holder, now),
            Ok(_) => self.changed_by_somebody(found, now),
        }
    }

    pub(super) fn changed_by_somebody(&mut self, found: &str, now: Timestamp) -> Action {
        let name = self.plan.change.name();
        let summary = format!("somebody else changed the Deployment during the {name}: {found}");
        self.unknown("rollout/superseded", &summary, now)
    }
}
