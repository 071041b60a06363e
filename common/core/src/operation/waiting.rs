//! Waiting for what a change brings: it serves, or has failed by a cause that stands, or makes no progress.

use jiff::{SignedDuration, Timestamp};

use super::run::{Body, Phase, Run};
use super::standing::Course;
use super::{Action, Ending, Observation};
use crate::causes::Fetched;
use crate::checks::Verdict;
use crate::duration;
use crate::finding::Finding;
use crate::report::Outcome;
use crate::verify::{self, Endpoint, Inspected};

/// Time between two looks when nothing new is seen.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// Something that is waited for.
#[derive(Clone, Debug)]
pub struct Waiting<R> {
    /// What was reached at any time: falling back and coming again is no progress.
    pub(crate) reached: R,
    /// When the last progress was made.
    pub(crate) since: Timestamp,
    /// Why it cannot be watched at the moment.
    pub(crate) trouble: Option<String>,
}

impl<R> Waiting<R> {
    pub(crate) fn since(now: Timestamp, reached: R) -> Self {
        Self { reached, since: now, trouble: None }
    }

    /// Whether it can be watched.
    pub(crate) fn hear(&mut self, observation: Observation) {
        match observation {
            Observation::Workload(_) | Observation::Pods(_) => self.trouble = None,
            Observation::Trouble(reason) => self.trouble = Some(reason),
            _ => {}
        }
    }
}

impl<P, D: Clone, B> Run<P, D, B>
where
    Self: Body<Doing = D>,
{
    /// Waits on as long as there is progress, and no cause that waiting cannot mend.
    pub(crate) fn wait<R>(
        &mut self,
        waiting: Waiting<R>,
        timeout: SignedDuration,
        doing: fn(Waiting<R>) -> D,
        now: Timestamp,
    ) -> Action {
        let fresh = waiting.trouble.is_none();
        match self.standing.course(waiting.since, self.request().fail_after, timeout, fresh, now) {
            Course::Failed => {
                let asked = self.standing.found().iter().flat_map(|found| found.needs.clone());
                let needs = asked.chain(self.needs()).collect();
                self.phase = Phase::Explaining;
                Action::Fetch(needs)
            }
            Course::Stalled => self.stalled(waiting.trouble.as_deref(), now),
            Course::Until(until) => {
                self.enter(doing(waiting));
                Action::Watch { until: until.min(now + LOOK_EVERY) }
            }
        }
    }

    /// It has failed, and what rules and people want to know besides was fetched.
    pub(super) fn explained(&mut self, fetched: &Fetched, now: Timestamp) -> Action {
        self.step("watch", now, "failed");
        let found = self.found(fetched, now);
        if !found.is_empty() {
            self.standing.observe(found, now);
        }
        let mut findings = self.standing.findings(now);
        findings.extend(self.changed_outside(fetched, now).into_iter().chain(self.unread()));
        self.end(Ending::new(Outcome::Failed, findings).rollout(Verdict::Fail), now)
    }

    fn stalled(&mut self, trouble: Option<&str>, now: Timestamp) -> Action {
        let timeout = duration::short(self.request().timeout);
        if let Some(reason) = trouble {
            let summary =
                format!("the API server could not be watched, and nothing was heard for {timeout}: {reason}");
            return self.unknown("api/unreachable", &summary, now);
        }
        let (waits, besides) = self.waits_for();
        let known: Vec<Finding> = self.causes().cloned().chain(besides).collect();
        let action = self.unknown("rollout/no-progress", &format!("no progress for {timeout}: {waits}"), now);
        if let Some(ending) = &mut self.ending {
            ending.findings.extend(known);
        }
        action
    }

    /// What was waited for is there; what its pods show is looked at next.
    pub(crate) fn complete(&mut self, now: Timestamp) {
        self.step("watch", now, "ok");
        self.began = now;
        self.ending = Some(Ending::new(Outcome::Succeeded, Vec::new()).rollout(Verdict::Pass));
    }

    /// The health endpoint that its pods have to answer on.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        self.service().and_then(Endpoint::of)
    }

    /// Takes over what the pods' logs and health endpoints showed.
    pub(crate) fn verified(&mut self, inspected: &[Inspected], now: Timestamp) {
        if let Some(mut ending) = self.ending.take() {
            self.verifications = ending.inspected(inspected, self.endpoint().as_ref(), self.place());
            ending.findings.extend(self.unread());
            self.ending = Some(ending);
        }
        let result = verify::in_words(&self.verifications);
        self.step("verify", now, &result);
    }
}
