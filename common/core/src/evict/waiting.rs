//! Waiting for the successor, and looking into it once it serves.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

use super::run::{Doing, Eviction};
use crate::causes::Fetched;
use crate::operation::run::Body;
use crate::operation::{Action, Observation, Waiting};
use crate::verify::Inspection;
use crate::workload;

/// Longest grace that is waited for, in seconds: any number may stand there.
const LONGEST_GRACE: i64 = 24 * 60 * 60;

/// What has happened at any time: falling back and coming again is no progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
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
        mut waiting: Waiting<Reached>,
        observation: Observation,
        now: Timestamp,
    ) -> Action {
        waiting.hear(observation);
        if waiting.reached.advance(self.reached(now)) {
            waiting.since = now;
        }
        if self.reached(now) == REPLACED {
            self.complete(now);
            self.enter(Doing::Inspecting);
            return self.look_into();
        }
        // Also when nothing new was seen: some causes are told by the time that passes.
        self.standing.observe(self.found(&Fetched::new(), now), now);
        self.wait(waiting, self.plan.request.timeout + self.grace(), Doing::Waiting, now)
    }

    /// Time that the pod may take to end: nothing else can happen meanwhile where its successor waits for it.
    fn grace(&self) -> SignedDuration {
        let old = self.body.seen.pod(self.old());
        let seconds =
            old.and_then(|pod| pod.spec.as_ref()?.termination_grace_period_seconds).unwrap_or_default();
        SignedDuration::from_secs(seconds.clamp(0, LONGEST_GRACE))
    }

    fn reached(&self, now: Timestamp) -> Reached {
        let stage = |pod: &Pod| match workload::node(pod) {
            _ if serves(pod) && !workload::may_relapse(pod, now) => Stage::Serves,
            Some(_) => Stage::Scheduled,
            None => Stage::Created,
        };
        let successor = self.successor().map_or(Stage::Absent, stage);
        Reached { gone: self.body.seen.pod(self.old()).is_none(), successor }
    }

    /// Looks at the successor's logs and health endpoint.
    pub(super) fn look_into(&self) -> Action {
        let pods =
            self.successor().map(|pod| (workload::name(pod).to_owned(), workload::container_names(pod)));
        Action::Inspect(Inspection { pods: pods.into_iter().collect(), endpoint: self.endpoint() })
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
pub(super) fn serves(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    workload::is_ready(pod) || phase == Some("Succeeded")
}
