//! An eviction as it runs: each observation, with the time it was made, gives the next action.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::evicting::AGAIN;
use super::plan::Plan;

use super::waiting::Waiting;
use crate::finding::Finding;
use crate::lock::Held;
use crate::operation::standing::Standing;
use crate::operation::{Action, Ending, Observation, told};
use crate::report::{Outcome, RestartReport, Step};
use crate::rollout::{self, PodLine};
use crate::verify::Verification;
use crate::workload::{self, Siblings};

/// Where an eviction is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Getting the Deployment's lock.
    Locking,
    /// Reading the pods once more, to check what was checked before the question; why it could not be read so far.
    Rechecking { trouble: Option<String> },
    /// Waiting before they are read again.
    Unread { trouble: String },
    /// Checked; what is left is to renew the lock.
    Checked,
    /// Evicting, after this many answers were lost; what the last of them was.
    Evicting { lost: u8, trouble: Option<String> },
    /// Looking whether a lost eviction has arrived, before it is sent again.
    Doubting { lost: u8, trouble: String },
    /// Waiting for the successor.
    Waiting(Waiting),
    /// It has failed; what would tell more is being fetched.
    Explaining,
    /// Looking at the successor's logs and health endpoint.
    Inspecting,
    /// Giving the lock back, then writing down what was done, or not.
    Releasing { record: bool },
    /// Writing down what was done.
    Recording,
    /// Over.
    Ended,
}

/// An eviction as it runs.
#[derive(Clone, Debug)]
pub struct Eviction {
    pub(super) plan: Plan,
    pub(super) phase: Phase,
    pub(super) began: Timestamp,
    pub(super) evicted: Option<Timestamp>,
    pub(super) steps: Vec<Step>,
    pub(super) seen: Siblings,
    /// UIDs of the pods that were there before the eviction: no successor is among them.
    pub(super) before: BTreeSet<String>,
    pub(super) standing: Standing,
    pub(super) ending: Option<Ending>,
    pub(super) verifications: Vec<(&'static str, Verification)>,
    pub(super) lock: Held,
    pub(super) unrecorded: Vec<String>,
}

impl Eviction {
    /// An eviction that is about to begin.
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        let namespace = &plan.request.target.namespace;
        let deployment = plan.facts.deployment.as_ref();
        let lock = deployment.map_or_else(Held::none, |owner| plan.request.lock(namespace, &owner.name, now));
        let seen = plan.facts.siblings.clone();
        let mut before = uids(&seen);
        before.insert(workload::uid(&plan.facts.pod.metadata).to_owned());
        let free = Phase::Rechecking { trouble: None };
        let phase = if lock.is_needed() { Phase::Locking } else { free };
        Self {
            plan,
            phase,
            began: now,
            evicted: None,
            steps: Vec::new(),
            seen,
            before,
            standing: Standing::default(),
            ending: None,
            verifications: Vec::new(),
            lock,
            unrecorded: Vec::new(),
        }
    }

    /// Takes an observation and says what to do next.
    pub fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        if let Observation::Pods(siblings) = &observation {
            self.see((**siblings).clone());
        }
        let action = match (self.phase.clone(), observation) {
            (Phase::Ended, _) => Action::Finish,
            (Phase::Recording, Observation::Recorded(unrecorded)) => self.recorded(unrecorded, now),
            (Phase::Recording, _) => self.finish(),
            (Phase::Releasing { record }, Observation::Lease(answer)) => self.given_back(record, answer, now),
            (Phase::Releasing { record }, _) => self.released(record, now),
            (Phase::Locking, Observation::Lease(answer)) => self.locking(answer, now),
            (_, Observation::Lease(answer)) => self.renewed(answer, now),
            (_, Observation::Signal(signal)) => self.interrupted(signal, now),
            (Phase::Locking, _) => self.ask_for_lock(now),
            (Phase::Rechecking { trouble }, observation) => self.rechecking(trouble, observation, now),
            (Phase::Unread { trouble }, _) => self.look_again(Some(trouble)),
            (Phase::Checked, _) => self.evict(0, None),
            (Phase::Evicting { lost, .. }, Observation::Evicted(evicted)) => {
                self.answered(lost, evicted, now)
            }
            (Phase::Evicting { lost, trouble }, _) => self.evict(lost, trouble),
            (Phase::Doubting { .. }, Observation::Pods(_)) if self.is_ending() => self.accepted(now),
            (Phase::Doubting { lost, trouble }, Observation::Quiet) => self.evict(lost, Some(trouble)),
            (Phase::Waiting(waiting), observation) => self.waiting(waiting, observation, now),
            (Phase::Explaining, Observation::Fetched(fetched)) => self.explained(&fetched, now),
            (Phase::Inspecting, Observation::Inspected(inspected)) => self.inspected(&inspected, now),
            (Phase::Doubting { .. }, _) => Action::Watch { until: now + AGAIN },
            (Phase::Explaining, _) => Action::Fetch(Vec::new()),
            (Phase::Inspecting, _) => self.look_into(),
        };
        self.lock.or_renew(action, now)
    }

    /// Takes over what is seen. Where the pods were read apart from the watch, its events stay.
    fn see(&mut self, mut siblings: Siblings) {
        if matches!(self.phase, Phase::Rechecking { .. }) {
            siblings.events = self.seen.events.clone();
        }
        self.seen = siblings;
    }

    /// The plan it follows.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When the pod was evicted; none before.
    pub fn evicted(&self) -> Option<Timestamp> {
        self.evicted
    }

    /// The pod that took its place, as far as there is one.
    pub fn successor(&self) -> Option<&Pod> {
        self.successors().max_by_key(|pod| (workload::is_ready(pod), pod.metadata.creation_timestamp.clone()))
    }

    /// Pods of the same controller, besides the two, that are ready.
    pub fn others_ready(&self) -> usize {
        let others = self
            .seen
            .pods
            .iter()
            .filter(|pod| !self.is_new(pod) && workload::uid(&pod.metadata) != self.old());
        others.filter(|pod| workload::is_ready(pod)).count()
    }

    /// The pod and its successors, as they are shown.
    pub fn lines(&self, now: Timestamp) -> Vec<PodLine> {
        let shown = |pod: &&Pod| self.is_new(pod) || workload::uid(&pod.metadata) == self.old();
        let lines =
            self.seen.pods.iter().filter(shown).map(|pod| rollout::pod_line(pod, self.is_new(pod), now));
        let mut lines: Vec<PodLine> = lines.collect();
        lines.sort_by_key(|line| !line.new);
        lines
    }

    /// Why the pods cannot be read or watched, or the pod cannot be evicted, at the moment.
    pub fn trouble(&self) -> Option<&str> {
        match &self.phase {
            Phase::Waiting(waiting) => waiting.trouble.as_deref(),
            Phase::Rechecking { trouble } | Phase::Evicting { trouble, .. } => trouble.as_deref(),
            Phase::Unread { trouble } | Phase::Doubting { trouble, .. } => Some(trouble),
            _ => None,
        }
    }

    /// The causes that are seen now.
    pub fn causes(&self) -> impl Iterator<Item = &Finding> {
        self.standing.found().iter().map(|found| &found.finding)
    }

    /// How it ended, once it has.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// What was verified of the successor, with its numbers.
    pub fn verifications(&self) -> &[(&'static str, Verification)] {
        &self.verifications
    }

    /// What could not be written down, and why.
    pub fn unrecorded(&self) -> &[String] {
        &self.unrecorded
    }

    /// The report of what happened so far.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        told(self.plan.report(Outcome::Unknown, now), self.ending.as_ref(), &self.steps, &self.seen.pods)
    }

    pub(super) fn old(&self) -> &str {
        workload::uid(&self.plan.facts.pod.metadata)
    }

    pub(super) fn is_new(&self, pod: &Pod) -> bool {
        !self.before.contains(workload::uid(&pod.metadata))
    }

    pub(super) fn successors(&self) -> impl Iterator<Item = &Pod> {
        self.seen.pods.iter().filter(|pod| self.is_new(pod) && pod.metadata.deletion_timestamp.is_none())
    }

    /// Whether the pod is on its way out, or gone.
    pub(super) fn is_ending(&self) -> bool {
        self.seen.pod(self.old()).is_none_or(|pod| pod.metadata.deletion_timestamp.is_some())
    }
}

pub(super) fn uids(siblings: &Siblings) -> BTreeSet<String> {
    siblings.pods.iter().map(|pod| workload::uid(&pod.metadata).to_owned()).collect()
}
