//! The judge of rollouts: where a Deployment stands on the way to its present template.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

use crate::causes::Patience;
use crate::duration;
use crate::workload::{self, Workload};

/// Where a rollout stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not there yet; what it waits for, in kubectl's words.
    Waiting(String),
    /// Every pod is new, ready and available, and no old one is left.
    Complete,
    /// The controller gave up waiting (`Progressing` is `ProgressDeadlineExceeded`), with its message.
    DeadlineExceeded(String),
}

/// Judges a rollout by the rules of kubectl's `polymorphichelpers/rollout_status.go`, and three of ours: every pod of
/// the new `ReplicaSet` is ready, at least one is available unless none is wanted, and no old pod is seen that was not
/// told to end. (Pods and Deployment are watched apart, so one may lag behind the other.)
pub fn judge(workload: &Workload) -> Verdict {
    let deployment = &workload.deployment;
    if !deployment.is_observed() {
        return Verdict::Waiting("the Deployment's new spec to be observed".to_owned());
    }
    if let Some(progressing) = deployment.condition("Progressing")
        && progressing.reason.as_deref() == Some("ProgressDeadlineExceeded")
    {
        return Verdict::DeadlineExceeded(progressing.message.clone().unwrap_or_default());
    }
    waits_for(workload).map_or(Verdict::Complete, Verdict::Waiting)
}

fn waits_for(workload: &Workload) -> Option<String> {
    let (status, wanted) = (workload.deployment.status(), workload.deployment.replicas());
    let [updated, running, available] =
        [status.updated_replicas, status.replicas, status.available_replicas].map(Option::unwrap_or_default);
    if updated < wanted {
        return Some(format!("{updated} of {wanted} new pods have been created"));
    }
    if running > updated {
        return Some(format!("{} old pods still have to go", running.saturating_sub(updated)));
    }
    if available < updated.max(1) && wanted > 0 {
        return Some(format!("{available} of {updated} new pods are available"));
    }
    let progress = Progress::of(workload);
    if progress.ready < progress.wanted {
        return Some(format!("{} of {wanted} new pods are ready", progress.ready));
    }
    let stays = |pod: &&Pod| !workload.is_new(pod) && told_to_end(pod).is_none() && !workload::has_ended(pod);
    let old = workload.pods.iter().filter(stays).count();
    (old > 0).then(|| format!("{old} old pods still have to go"))
}

/// How far a rollout has come, in numbers that only a new high counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Progress {
    /// Whether the controller has seen the new spec.
    pub observed: bool,
    /// Pods wanted (`spec.replicas`).
    pub wanted: usize,
    /// Pods of the new `ReplicaSet`.
    pub created: usize,
    /// Of those, the ready ones.
    pub ready: usize,
    /// Pods of older `ReplicaSet`s that are still there.
    pub old: usize,
}

impl Progress {
    /// Counts the pods.
    pub fn of(workload: &Workload) -> Self {
        let (new, old): (Vec<&Pod>, Vec<&Pod>) = workload.pods.iter().partition(|pod| workload.is_new(pod));
        Self {
            observed: workload.deployment.is_observed(),
            wanted: usize::try_from(workload.deployment.replicas()).unwrap_or_default(),
            created: new.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).count(),
            ready: new.iter().filter(|pod| workload::is_ready(pod)).count(),
            old: old.len(),
        }
    }

    /// Takes over what is better than ever before; true when anything is.
    ///
    /// A pod that becomes ready, falls back and becomes ready again is progress once, not twice.
    pub fn advance(&mut self, seen: Self) -> bool {
        let best = Self {
            observed: self.observed || seen.observed,
            wanted: seen.wanted,
            created: self.created.max(seen.created),
            ready: self.ready.max(seen.ready),
            old: self.old.min(seen.old),
        };
        let better = Self { wanted: best.wanted, ..*self } != best;
        *self = best;
        better
    }
}

/// One pod on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodLine {
    /// Its name.
    pub name: String,
    /// Whether it is of the new template.
    pub new: bool,
    /// Where it stands.
    pub state: PodState,
    /// Time since it was created, or since it was told to end.
    pub age: SignedDuration,
    /// Its node, once it has one.
    pub node: Option<String>,
    /// Restarts of its containers.
    pub restarts: i32,
    /// What it waits for, and how much of the time it is given for that is used.
    pub waits_for: Option<String>,
}

/// Where a pod stands, in one word, with the reason where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PodState {
    /// Ready.
    Ready,
    /// Its containers run, and it is not ready.
    Starting,
    /// A container waits (reason verbatim, as `ImagePullBackOff`), or has no node yet.
    Waiting(String),
    /// Being deleted.
    Ending,
    /// Its containers have ended for good (`status.reason` or phase verbatim).
    Ended(String),
}

impl std::fmt::Display for PodState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Starting => f.write_str("starting"),
            Self::Ending => f.write_str("ending"),
            Self::Waiting(reason) | Self::Ended(reason) => f.write_str(reason),
        }
    }
}

/// The pods of a rollout, new ones first, the oldest of each first.
pub fn pod_lines(workload: &Workload, now: Timestamp) -> Vec<PodLine> {
    let mut pods: Vec<_> = workload.pods.iter().map(|pod| (workload.is_new(pod), pod)).collect();
    pods.sort_by_key(|(new, pod)| (!new, created_at(pod), workload::name(pod)));
    pods.into_iter().map(|(new, pod)| pod_line(pod, new, now)).collect()
}

fn created_at(pod: &Pod) -> Option<Timestamp> {
    pod.metadata.creation_timestamp.as_ref().map(|time| time.0)
}

pub(crate) fn pod_line(pod: &Pod, new: bool, now: Timestamp) -> PodLine {
    let since = told_to_end(pod).or_else(|| created_at(pod)).unwrap_or(now);
    PodLine {
        name: workload::name(pod).to_owned(),
        new,
        state: pod_state(pod),
        age: now.duration_since(since).max(SignedDuration::ZERO),
        node: workload::node(pod).map(str::to_owned),
        restarts: workload::restarts(pod),
        waits_for: waiting_for(pod, now),
    }
}

/// Of a pod that starts: the probe it has to pass, and how much of that probe's own budget is used. Of one that came back
/// from a crash: that it has to prove itself.
///
/// A startup probe gives `initialDelaySeconds + failureThreshold × periodSeconds`; a readiness probe gives no limit
/// but is not asked before its `initialDelaySeconds`.
fn waiting_for(pod: &Pod, now: Timestamp) -> Option<String> {
    match pod_state(pod) {
        PodState::Starting => {}
        PodState::Ready if workload::may_relapse(pod, now) => {
            return Some("came back from a crash".to_owned());
        }
        _ => return None,
    }
    let status = workload::containers(pod).find(|status| !status.ready)?;
    let since = status.state.as_ref()?.running.as_ref()?.started_at.as_ref()?.0;
    let used = now.duration_since(since).as_secs().max(0);
    let spec = pod.spec.as_ref()?.containers.iter().find(|container| container.name == status.name)?;
    if let (Some(probe), false) = (&spec.startup_probe, status.started.unwrap_or_default()) {
        return Some(format!("{used} of {} s to start", Patience::of(probe).budget().as_secs()));
    }
    let delay = i64::from(Patience::of(spec.readiness_probe.as_ref()?).initial_delay);
    if used < delay {
        Some(format!("{used} of {delay} s until its first check"))
    } else {
        Some(format!("{used} s, its readiness probe fails"))
    }
}

/// `deletionTimestamp` lies at the end of the grace period, so the order came that much earlier.
fn told_to_end(pod: &Pod) -> Option<Timestamp> {
    let end = pod.metadata.deletion_timestamp.as_ref()?.0;
    let grace = SignedDuration::from_secs(pod.metadata.deletion_grace_period_seconds.unwrap_or_default());
    end.checked_sub(grace).ok()
}

/// Where a pod stands.
pub fn pod_state(pod: &Pod) -> PodState {
    if pod.metadata.deletion_timestamp.is_some() {
        return PodState::Ending;
    }
    if workload::has_ended(pod) {
        let status = pod.status.as_ref();
        let reason = status.and_then(|s| s.reason.clone().or_else(|| s.phase.clone()));
        return PodState::Ended(reason.unwrap_or_default());
    }
    if workload::is_ready(pod) {
        return PodState::Ready;
    }
    let waiting = workload::containers(pod).find_map(|container| container.state.as_ref()?.waiting.as_ref());
    if let Some(reason) = waiting.and_then(|waiting| waiting.reason.clone()) {
        return PodState::Waiting(reason);
    }
    let running = workload::containers(pod)
        .any(|container| container.state.as_ref().is_some_and(|s| s.running.is_some()));
    if running { PodState::Starting } else { PodState::Waiting("Pending".to_owned()) }
}

impl PodLine {
    /// The line without its layout: what a log shows when a pod changed.
    pub fn sentence(&self) -> String {
        let role = if self.new { "new" } else { "old" };
        let node = self.node.as_deref().map(|node| format!(" on {node}")).unwrap_or_default();
        let restarts =
            if self.restarts > 0 { format!(", restarts {}", self.restarts) } else { String::new() };
        format!("{role} pod {} {}{node} after {}{restarts}", self.name, self.state, duration::short(self.age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Make, at, pod};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn judges_as_kubectl_does_and_a_little_stricter() {
        let waiting = |what: &str| Verdict::Waiting(what.to_owned());
        let deadline = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "m"});
        for (make, expected) in [
            (Make::default(), Verdict::Complete),
            (Make { generation: 2, ..Make::default() }, waiting("the Deployment's new spec to be observed")),
            (Make { new: vec![true; 2], ..Make::default() }, waiting("2 of 3 new pods have been created")),
            (Make { old: vec![true], ..Make::default() }, waiting("1 old pods still have to go")),
            (
                Make { new: vec![true, true, false], ..Make::default() },
                waiting("2 of 3 new pods are available"),
            ),
            (Make { replicas: 0, new: vec![], ..Make::default() }, Verdict::Complete),
            (Make { progressing: deadline, ..Make::default() }, Verdict::DeadlineExceeded("m".to_owned())),
        ] {
            assert_eq!(judge(&make.workload()), expected, "{make:?}");
        }
    }

    #[test]
    fn is_not_done_right_after_the_patch() {
        // The old status still says that all is well; only observedGeneration tells.
        let make = Make { generation: 2, restarted_at: Some("now".to_owned()), ..Make::default() };
        assert!(matches!(judge(&make.workload()), Verdict::Waiting(_)));
    }

    #[test]
    fn counts_are_not_enough_when_the_pods_say_otherwise() {
        let workload = Make::default().workload();
        let mut pods = workload.pods.clone();
        pods[0] = pod("new-0", "new", false);
        let workload = Workload::of(workload.deployment, workload.replica_sets, pods, workload.events);
        assert_eq!(judge(&workload), Verdict::Waiting("2 of 3 new pods are ready".to_owned()));
    }

    proptest! {
        #[test]
        fn complete_means_what_it_says(
            replicas in 0..5i32,
            old in prop::collection::vec(any::<bool>(), 0..4),
            new in prop::collection::vec(any::<bool>(), 0..5),
            observed in 0..3i64,
        ) {
            let make = Make { replicas, old: old.clone(), new: new.clone(), observed, ..Make::default() };
            if judge(&make.workload()) == Verdict::Complete {
                prop_assert!(observed >= 1);
                prop_assert!(old.is_empty());
                prop_assert!(new.iter().filter(|ready| **ready).count() >= usize::try_from(replicas).unwrap());
            }
        }

        #[test]
        fn progress_never_counts_the_same_thing_twice(ready in prop::collection::vec(0..4usize, 1..20)) {
            let mut best = Progress::default();
            let advances = ready.iter().filter(|ready| best.advance(Progress { ready: **ready, ..best })).count();
            prop_assert!(advances <= 3);
            prop_assert_eq!(best.ready, ready.iter().copied().max().unwrap_or_default());
        }
    }

    #[test]
    fn pods_are_told_new_first_with_their_reasons() {
        let mut make = Make { old: vec![true], new: vec![true, false], ..Make::default() }.workload();
        let last = make.pods.len() - 1;
        let waiting = json!([{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 2,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]);
        make.pods[last].status.as_mut().unwrap().container_statuses =
            serde_json::from_value(waiting).unwrap();
        make.pods[0].metadata.deletion_timestamp = serde_json::from_value(json!(at(30))).unwrap();
        make.pods[0].metadata.deletion_grace_period_seconds = Some(30);
        let lines: Vec<_> = pod_lines(&make, at(7)).iter().map(PodLine::sentence).collect();
        assert_eq!(
            lines,
            [
                "new pod new-0 ready on node-1 after 7s",
                "new pod new-1 CrashLoopBackOff on node-1 after 7s, restarts 2",
                "old pod old-0 ending on node-1 after 7s",
            ]
        );
    }
}
