//! Watching the rollout: complete, failed by a cause that stands, or no progress for too long.

use jiff::{SignedDuration, Timestamp};

use super::run::{Phase, Restart};
use crate::causes::{self, Fetched, Found, Need};
use crate::checks::Verdict;
use crate::duration;
use crate::finding::{Finding, Severity};
use crate::operation::standing::Course;
use crate::operation::{Action, Ending, Observation};
use crate::references;
use crate::report::Outcome;
use crate::rollout::{self, Progress};
use crate::verify;
use crate::workload::Workload;

/// Time between two looks when nothing new is seen.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// A rollout that is watched.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rolling {
    best: Progress,
    /// When the last progress was made.
    since: Timestamp,
    /// Why it cannot be watched at the moment.
    pub(super) trouble: Option<String>,
}

impl Rolling {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { best: Progress { old: usize::MAX, ..Progress::default() }, since: now, trouble: None }
    }
}

impl Restart {
    pub(super) fn rolling(
        &mut self,
        mut rolling: Rolling,
        observation: Observation,
        now: Timestamp,
    ) -> Action {
        match observation {
            Observation::Workload(_) => rolling.trouble = None,
            Observation::Trouble(reason) => rolling.trouble = Some(reason),
            _ => {}
        }
        // Also when nothing new was seen: some causes are told by the time that passes.
        if !self.is_behind
            && let Some(end) = self.look(&mut rolling, now)
        {
            return end;
        }
        let request = &self.plan.request;
        let fresh = rolling.trouble.is_none();
        match self.standing.course(rolling.since, request.fail_after, request.timeout, fresh, now) {
            Course::Failed => self.explain(),
            Course::Stalled => self.no_progress(rolling.trouble.as_deref(), now),
            Course::Until(until) => {
                self.phase = Phase::Rolling(rolling);
                Action::Watch { until: until.min(now + LOOK_EVERY) }
            }
        }
    }

    /// Looks at the workload; some action when that ends the rollout.
    fn look(&mut self, rolling: &mut Rolling, now: Timestamp) -> Option<Action> {
        let workload = &self.seen;
        if workload.deployment.uid() != self.plan.before().deployment.uid() {
            return Some(self.gone(now));
        }
        if !self.is_as_made(&workload.deployment) {
            let found = self.plan.change.instead(&workload.deployment);
            return Some(self.superseded(&found, now));
        }
        if rollout::judge(workload) == rollout::Verdict::Complete {
            return Some(self.complete(now));
        }
        if rolling.best.advance(Progress::of(workload)) {
            rolling.since = now;
        }
        let found = self.found(&Fetched::new(), now);
        self.standing.observe(found, now);
        None
    }

    /// The causes that are seen now.
    fn found(&self, fetched: &Fetched, now: Timestamp) -> Vec<Found> {
        let mut found = causes::of_rollout(&self.seen, fetched, self.plan.request.target.place(), now);
        if self.had_given_up() {
            found.retain(|found| found.cause.code != causes::PROGRESS_DEADLINE);
        }
        found
    }

    /// Whether the controller gave up before the change was made and has not judged since: the condition stays as it
    /// was, also for a new template, until the first progress.
    fn had_given_up(&self) -> bool {
        let given_up = |workload: &Workload| {
            let progressing = workload.deployment.condition("Progressing").cloned();
            progressing.filter(|condition| condition.reason.as_deref() == Some("ProgressDeadlineExceeded"))
        };
        given_up(&self.seen).is_some_and(|now| given_up(self.plan.before()) == Some(now))
    }

    fn complete(&mut self, now: Timestamp) -> Action {
        self.step("watch", self.began, now, "ok");
        self.began = now;
        self.ending = Some(Ending::new(Outcome::Succeeded, Vec::new()).rollout(Verdict::Pass));
        self.inspect()
    }

    /// It has failed. Before that is said, what rules and people want to know besides is fetched.
    fn explain(&mut self) -> Action {
        let mut needs: Vec<Need> =
            self.standing.found().iter().flat_map(|found| found.needs.clone()).collect();
        if self.plan.change.keeps_containers() {
            let references = references::of_template(self.plan.before().deployment.template());
            needs.extend(references.into_iter().map(Need::LastWrite));
        }
        self.phase = Phase::Explaining;
        Action::Fetch(needs)
    }

    pub(super) fn explained(&mut self, fetched: &Fetched, now: Timestamp) -> Action {
        self.step("watch", self.began, now, "failed");
        let found = self.found(fetched, now);
        if !found.is_empty() {
            self.standing.observe(found, now);
        }
        let mut findings = self.standing.findings(now);
        findings.extend(self.changed_outside(fetched, now));
        findings.extend(verify::events(&self.seen.events, &self.plan.request.target.object()));
        self.end(Ending::new(Outcome::Failed, findings).rollout(Verdict::Fail), now)
    }

    /// `ConfigMap`s and `Secret`s of the template that were written since the last rollout: the template is the same
    /// as before, so what they hold is the likeliest change.
    fn changed_outside(&self, fetched: &Fetched, now: Timestamp) -> Vec<Finding> {
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
        self.step("watch", self.began, now, "failed");
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
        self.phase = Phase::Superseded(found.to_owned());
        self.lock.who().unwrap_or_else(|| self.changed_by_somebody(found, now))
    }

    pub(super) fn changed_by_somebody(&mut self, found: &str, now: Timestamp) -> Action {
        let name = self.plan.change.name();
        let summary = format!("somebody else changed the Deployment during the {name}: {found}");
        self.unknown("rollout/superseded", &summary, now)
    }

    fn no_progress(&mut self, trouble: Option<&str>, now: Timestamp) -> Action {
        let timeout = duration::short(self.plan.request.timeout);
        if let Some(reason) = trouble {
            let summary =
                format!("the API server could not be watched, and nothing was heard for {timeout}: {reason}");
            return self.unknown("api/unreachable", &summary, now);
        }
        let known: Vec<Finding> = self.causes().cloned().collect();
        let waiting = match rollout::judge(&self.seen) {
            rollout::Verdict::Waiting(what) => what,
            _ => "the rollout".to_owned(),
        };
        let action =
            self.unknown("rollout/no-progress", &format!("no progress for {timeout}: {waiting}"), now);
        if let Some(ending) = &mut self.ending {
            ending.findings.extend(known);
        }
        action
    }
}
