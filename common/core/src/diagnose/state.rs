//! The states that pods get stuck in, as the runbook names them.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use crate::causes;
use crate::words::counted;
use crate::workload;

/// A state that a pod can be stuck in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// `metadata.deletionTimestamp` is set.
    Terminating,
    /// It has no node, or waits there for what its containers need.
    Pending,
    /// A container of it does not stay.
    CrashLoop,
    /// It runs and is not Ready.
    Readiness,
}

impl State {
    /// Whether the pod is in this state.
    pub fn is_of(self, pod: &Pod, now: Timestamp) -> bool {
        Self::of(pod, now) == Some(self)
    }

    /// The state that the pod is stuck in; none of one that is ready or has ended.
    pub fn of(pod: &Pod, now: Timestamp) -> Option<Self> {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        if pod.metadata.deletion_timestamp.is_some() {
            Some(Self::Terminating)
        } else if causes::crashes(pod, now) {
            Some(Self::CrashLoop)
        } else if workload::is_ready(pod) || workload::has_ended(pod) {
            None
        } else if phase == Some("Running") {
            Some(Self::Readiness)
        } else {
            Some(Self::Pending)
        }
    }

    /// Whether pods in it are compared with those beside them, to tell what a template brought.
    pub fn is_compared(self) -> bool {
        matches!(self, Self::CrashLoop | Self::Readiness)
    }

    /// How the pod stands, in words: `Running, ready, 2 restarts`.
    pub fn in_words(pod: &Pod) -> String {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Unknown");
        let phase = if pod.metadata.deletion_timestamp.is_some() { "Terminating" } else { phase };
        let ready = match workload::condition_is_true(pod, "Ready") {
            _ if workload::has_ended(pod) => "",
            true => ", ready",
            false => ", not ready",
        };
        match workload::restarts(pod) {
            0 => format!("{phase}{ready}"),
            restarts => format!("{phase}{ready}, {}", counted(restarts, "restart")),
        }
    }
}
