//! Waiting for the successor, and looking into it once it serves.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

use super::plan::object;
use super::run::{Eviction, Phase};
use crate::causes::{self, Fetched};
use crate::checks::Verdict;
use crate::duration;
use crate::finding::Finding;
use crate::operation::standing::Course;
use crate::operation::{Action, Ending, Observation};
use crate::report::Outcome;
use crate::verify::{self, Inspected, Inspection};
use crate::workload;

/// Longest grace that is waited for, in seconds: any number may stand there.
const LONGEST_GRACE: i64 = 24 * 60 * 60;

/// Time between two looks when nothing new is seen.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// A successor that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    reached: Reached,
    /// When the last progress was made.
    since: Timestamp,
    /// Why it cannot be watched at the moment.
    pub(super) trouble: Option<String>,
}

/// What has happened at any time: falling back and coming again is no progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    gone: bool,
    successor: Stage,
}

/// What is waited for.
const REPLACED: Reached = Reached { gone: true, successor: Stage::Serves };

/// How far a successor has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Absent,
    Created,
    Scheduled,
    Serves,
}

impl Eviction {
    pub(super) fn waiting(
        &mut self,
        mut waiting: Waiting,
        observation: Observation,
        now: Timestamp,
    ) -> Action {
        match observation {
            Observation::Pods(_) => waiting.trouble = None,
            Observation::Trouble(reason) => waiting.trouble = Some(reason),
            _ => {}
        }
        if waiting.reached.advance(self.reached()) {
            waiting.since = now;
        }
        if self.reached() == REPLACED {
            return self.replaced(now);
        }
        // Also when nothing new was seen: some causes are told by the time that passes.
        self.standing.observe(self.found(&Fetched::new(), now), now);
        let request = &self.plan.request;
        let timeout = request.timeout + self.grace();
        let fresh = waiting.trouble.is_none();
        match self.standing.course(waiting.since, request.fail_after, timeout, fresh, now) {
            Course::Failed => {
                let needs = self.standing.found().iter().flat_map(|found| found.needs.clone()).collect();
                self.phase = Phase::Explaining;
                Action::Fetch(needs)
            }
            Course::Stalled => self.stalled(waiting.trouble.as_deref(), now),
            Course::Until(until) => {
                self.phase = Phase::Waiting(waiting);
                Action::Watch { until: until.min(now + LOOK_EVERY) }
            }
        }
    }

    /// Time that the pod may take to end: nothing else can happen meanwhile where its successor waits for it.
    fn grace(&self) -> SignedDuration {
        let old = self.seen.pod(self.old());
        let seconds =
            old.and_then(|pod| pod.spec.as_ref()?.termination_grace_period_seconds).unwrap_or_default();
        SignedDuration::from_secs(seconds.clamp(0, LONGEST_GRACE))
    }

    fn reached(&self) -> Reached {
        let stage = |pod: &Pod| match workload::node(pod) {
            _ if serves(pod) => Stage::Serves,
            Some(_) => Stage::Scheduled,
            None => Stage::Created,
        };
        let successor = self.successor().map_or(Stage::Absent, stage);
        Reached { gone: self.seen.pod(self.old()).is_none(), successor }
    }

    /// The causes seen on successors that are not ready; where there is none, why its controller creates none.
    fn found(&self, fetched: &Fetched, now: Timestamp) -> Vec<causes::Found> {
        let pods: Vec<&Pod> = self.successors().filter(|pod| !serves(pod)).collect();
        if self.successor().is_none() {
            let owner = &self.plan.change;
            let events = self.seen.events_on(&owner.uid, self.evicted.unwrap_or(now));
            return causes::not_created(&object(owner), &events).into_iter().collect();
        }
        let events = self.seen.events.known().map_or(&[][..], Vec::as_slice);
        causes::of_pods(&pods, events, fetched, self.plan.request.target.place(), now)
    }

    fn replaced(&mut self, now: Timestamp) -> Action {
        self.step("watch", now, "ok");
        self.began = now;
        self.ending = Some(Ending::new(Outcome::Succeeded, Vec::new()).rollout(Verdict::Pass));
        self.phase = Phase::Inspecting;
        self.look_into()
    }

    /// Looks at the successor's logs and health endpoint.
    pub(super) fn look_into(&self) -> Action {
        let pods =
            self.successor().map(|pod| (workload::name(pod).to_owned(), workload::container_names(pod)));
        Action::Inspect(Inspection { pods: pods.into_iter().collect(), endpoint: self.plan.facts.endpoint() })
    }

    pub(super) fn inspected(&mut self, inspected: &[Inspected], now: Timestamp) -> Action {
        let unread = self.unread();
        if let Some(ending) = &mut self.ending {
            self.verifications = ending.inspected(
                inspected,
                self.plan.facts.endpoint().as_ref(),
                self.plan.request.target.place(),
            );
            ending.findings.extend(unread);
        }
        let result = verify::in_words(&self.verifications);
        self.step("verify", now, &result);
        self.release(true, now)
    }

    pub(super) fn explained(&mut self, fetched: &Fetched, now: Timestamp) -> Action {
        self.step("watch", now, "failed");
        let found = self.found(fetched, now);
        if !found.is_empty() {
            self.standing.observe(found, now);
        }
        let mut findings = self.standing.findings(now);
        findings.extend(self.unread());
        self.ending = Some(Ending::new(Outcome::Failed, findings).rollout(Verdict::Fail));
        self.release(true, now)
    }

    fn stalled(&mut self, trouble: Option<&str>, now: Timestamp) -> Action {
        let timeout = duration::short(self.plan.request.timeout);
        if let Some(reason) = trouble {
            let summary =
                format!("the API server could not be watched, and nothing was heard for {timeout}: {reason}");
            return self.unknown("api/unreachable", &summary, now);
        }
        let (old, owner) = (self.plan.request.target.object(), object(&self.plan.change));
        let waits = match (self.seen.pod(self.old()), self.successor()) {
            (_, Some(pod)) if !serves(pod) => format!("pod/{} is not ready", workload::name(pod)),
            (Some(_), _) => format!("{old} has not ended"),
            (None, _) => format!("{owner} has not created a successor; it may have been scaled down"),
        };
        let known: Vec<Finding> = self.causes().cloned().chain(self.unread()).collect();
        let action = self.unknown("rollout/no-progress", &format!("no progress for {timeout}: {waits}"), now);
        if let Some(ending) = &mut self.ending {
            ending.findings.extend(known);
        }
        action
    }

    /// That the events are not known, where they are not.
    fn unread(&self) -> Option<Finding> {
        verify::events(&self.seen.events, &object(&self.plan.change))
    }
}

impl Waiting {
    pub(super) fn since(now: Timestamp) -> Self {
        Self { reached: Reached::default(), since: now, trouble: None }
    }
}

impl Reached {
    /// Takes over what has never been before; true when anything has not.
    fn advance(&mut self, seen: Self) -> bool {
        let all = Self { gone: self.gone || seen.gone, successor: self.successor.max(seen.successor) };
        let better = all != *self;
        *self = all;
        better
    }
}

/// Whether the pod does what it is for: ready, or, of a Job, done with it.
fn serves(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    workload::is_ready(pod) || phase == Some("Succeeded")
}
