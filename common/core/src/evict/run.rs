//! What an eviction does while it holds the lock, and what it is about.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::plan::{Plan, PodTarget, Request, object, watched};
use super::waiting::{Reached, serves};
use crate::catalogue::Service;
use crate::causes::{self, Fetched, Found};
use crate::finding::Finding;
use crate::operation::run::{AGAIN, Body, Next, Phase};
use crate::operation::{Action, Held, Noted, Observation, Run, Waiting};
use crate::report::{Outcome, RestartReport};
use crate::rollout::{self, PodLine};
use crate::target::Place;
use crate::verify;
use crate::workload::{self, Siblings};

/// What an eviction does at a moment.
#[derive(Clone, Debug)]
pub enum Doing {
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
    Waiting(Waiting<Reached>),
    /// Looking at the successor's logs and health endpoint.
    Inspecting,
}

/// The pod that is evicted and its controller's others, as they are seen.
#[derive(Clone, Debug)]
pub struct Pods {
    pub(super) seen: Siblings,
    /// UIDs of the pods that were there before the eviction: no successor is among them.
    pub(super) before: BTreeSet<String>,
}

/// An eviction as it runs.
pub type Eviction = Run<Plan, Doing, Pods>;

impl Eviction {
    /// An eviction that is about to begin.
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        let namespace = &plan.request.target.namespace;
        let deployment = plan.facts.deployment.as_ref();
        let lock = deployment.map_or_else(Held::none, |owner| plan.request.lock(namespace, &owner.name, now));
        let seen = plan.facts.siblings.clone();
        let mut before = uids(&seen);
        before.insert(workload::uid(&plan.facts.pod.metadata).to_owned());
        Self::of(plan, lock, Doing::Rechecking { trouble: None }, Pods { seen, before }, now)
    }

    /// When the pod was evicted; none before.
    pub fn evicted(&self) -> Option<Timestamp> {
        self.changed
    }

    /// The pod that took its place, as far as there is one.
    pub fn successor(&self) -> Option<&Pod> {
        self.successors().max_by_key(|pod| (workload::is_ready(pod), pod.metadata.creation_timestamp.clone()))
    }

    /// Pods of the same controller, besides the two, that are ready.
    pub fn others_ready(&self) -> usize {
        let others = self.body.seen.pods.iter().filter(|pod| !self.is_shown(pod));
        others.filter(|pod| workload::is_ready(pod)).count()
    }

    /// The pod and its successors, as they are shown.
    pub fn lines(&self, now: Timestamp) -> Vec<PodLine> {
        let shown = self.body.seen.pods.iter().filter(|pod| self.is_shown(pod));
        let mut lines: Vec<PodLine> =
            shown.map(|pod| rollout::pod_line(pod, self.is_new(pod), now)).collect();
        lines.sort_by_key(|line| !line.new);
        lines
    }

    fn is_shown(&self, pod: &Pod) -> bool {
        self.is_new(pod) || workload::uid(&pod.metadata) == self.old()
    }

    /// Why the pods cannot be read or watched, or the pod cannot be evicted, at the moment.
    pub fn trouble(&self) -> Option<&str> {
        let Phase::Doing(doing) = &self.phase else { return None };
        match doing {
            Doing::Waiting(waiting) => waiting.trouble.as_deref(),
            Doing::Rechecking { trouble } | Doing::Evicting { trouble, .. } => trouble.as_deref(),
            Doing::Unread { trouble } | Doing::Doubting { trouble, .. } => Some(trouble),
            Doing::Checked | Doing::Inspecting => None,
        }
    }

    /// The report of what happened so far.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        self.told(self.plan.report(Outcome::Unknown, now), &self.body.seen.pods)
    }

    pub(super) fn old(&self) -> &str {
        workload::uid(&self.plan.facts.pod.metadata)
    }

    pub(super) fn is_new(&self, pod: &Pod) -> bool {
        !self.body.before.contains(workload::uid(&pod.metadata))
    }

    pub(super) fn successors(&self) -> impl Iterator<Item = &Pod> {
        self.body.seen.pods.iter().filter(|pod| self.is_new(pod) && pod.metadata.deletion_timestamp.is_none())
    }

    /// Whether the pod is on its way out, or gone.
    pub(super) fn is_ending(&self) -> bool {
        self.body.seen.pod(self.old()).is_none_or(|pod| pod.metadata.deletion_timestamp.is_some())
    }
}

impl Body for Eviction {
    type Doing = Doing;
    type Target = PodTarget;
    const STEP: &'static str = "evict";

    fn request(&self) -> &Request {
        &self.plan.request
    }

    fn object(&self) -> String {
        self.plan.request.target.object()
    }

    fn place(&self) -> Place<'_> {
        self.plan.request.target.place()
    }

    fn command(&self) -> String {
        self.plan.request.again(self.place(), &self.object())
    }

    fn deployment(&self) -> &str {
        self.plan.facts.deployment.as_ref().map_or("", |owner| &owner.name)
    }

    fn service(&self) -> Option<&Service> {
        self.plan.facts.service.as_ref()
    }

    fn how_to_go_on(&self) -> Vec<String> {
        vec![watched(&self.plan.facts.pod)]
    }

    /// Where the pods were read apart from the watch, its events stay.
    fn see(&mut self, observation: &Observation) {
        let Observation::Pods(siblings) = observation else { return };
        let mut siblings = (**siblings).clone();
        if matches!(self.phase, Phase::Doing(Doing::Rechecking { .. })) {
            siblings.events = self.body.seen.events.clone();
        }
        self.body.seen = siblings;
    }

    fn begin(&mut self, _: Timestamp) -> Action {
        self.look_again(None)
    }

    fn go_on(&mut self, doing: Doing, observation: Observation, now: Timestamp) -> Action {
        match (doing, observation) {
            (_, Observation::Lease(answer)) => self.renewed(answer, now),
            (Doing::Rechecking { trouble }, observation) => self.rechecking(trouble, observation, now),
            (Doing::Unread { trouble }, _) => self.look_again(Some(trouble)),
            (Doing::Checked, _) => self.evict(0, None),
            (Doing::Evicting { lost, .. }, Observation::Evicted(evicted)) => {
                self.answered(lost, evicted, now)
            }
            (Doing::Evicting { lost, trouble }, _) => self.evict(lost, trouble),
            (Doing::Doubting { .. }, Observation::Pods(_)) if self.is_ending() => self.accepted(now),
            (Doing::Doubting { lost, trouble }, Observation::Quiet) => self.evict(lost, Some(trouble)),
            (Doing::Doubting { .. }, _) => Action::Watch { until: now + AGAIN },
            (Doing::Waiting(waiting), observation) => self.waiting(waiting, observation, now),
            (Doing::Inspecting, Observation::Inspected(inspected)) => {
                self.verified(&inspected, now);
                self.release_or(now, Next::WriteDown)
            }
            (Doing::Inspecting, _) => self.look_into(),
        }
    }

    fn interrupted_at(&self) -> (String, bool) {
        let (summary, started) = match &self.phase {
            Phase::Locking
            | Phase::Doing(Doing::Rechecking { .. } | Doing::Unread { .. } | Doing::Checked) => {
                ("interrupted before anything was changed", false)
            }
            Phase::Doing(Doing::Evicting { .. } | Doing::Doubting { .. }) => {
                ("interrupted; it is not known whether the pod was evicted", true)
            }
            Phase::Doing(Doing::Inspecting) => ("interrupted after the pod was replaced", true),
            _ => ("interrupted; Kubernetes goes on replacing the pod by itself", true),
        };
        (summary.to_owned(), started)
    }

    /// The causes seen on successors that are not ready; where there is none, why its controller creates none.
    fn found(&self, fetched: &Fetched, now: Timestamp) -> Vec<Found> {
        let seen = &self.body.seen;
        if self.successor().is_none() {
            let owner = &self.plan.change;
            let events = seen.events_on(&owner.uid, self.changed.unwrap_or(now));
            return causes::not_created(&object(owner), &events).into_iter().collect();
        }
        let pods: Vec<&Pod> = self.successors().filter(|pod| !serves(pod)).collect();
        let events = seen.events.known().map_or(&[][..], Vec::as_slice);
        causes::of_pods(&pods, events, fetched, self.place(), now)
    }

    fn unread(&self) -> Option<Finding> {
        verify::events(&self.body.seen.events, &object(&self.plan.change))
    }

    fn waits_for(&self) -> (String, Option<Finding>) {
        let (old, owner) = (self.object(), object(&self.plan.change));
        let waits = match (self.body.seen.pod(self.old()), self.successor()) {
            (_, Some(pod)) if !serves(pod) => format!("pod/{} is not ready", workload::name(pod)),
            (Some(_), _) => format!("{old} has not ended"),
            (None, _) => format!("{owner} has not created a successor; it may have been scaled down"),
        };
        (waits, self.unread())
    }

    fn noted(&self, _: Timestamp) -> Noted {
        let Plan { request, facts, .. } = &self.plan;
        let successor = self.successor().map(|pod| format!(", successor {}", workload::name(pod)));
        Noted {
            about: facts.about(),
            action: "Evict",
            reasons: ["PodReplaced", "PodReplaceFailed", "PodReplaceInterrupted", "PodReplaceUnknown"],
            done: format!("evicted {}", request.target.object()),
            result: successor.unwrap_or_default(),
            pod: Some(request.target.pod.clone()),
            deployment: facts.deployment.as_ref().map(|owner| owner.name.clone()),
            left: None,
        }
    }
}

pub(super) fn uids(siblings: &Siblings) -> BTreeSet<String> {
    siblings.pods.iter().map(|pod| workload::uid(&pod.metadata).to_owned()).collect()
}
