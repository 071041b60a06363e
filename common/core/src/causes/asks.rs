//! What has to be read of an object before anything more can be said of it. Nothing is asked for what is well.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Event, Pod};

use super::pending::creating::{self, Step};
use super::readiness::no_endpoints;
use super::rollout::{hpa_fights, pdb_blocks_eviction};
use super::terminating::leaving;
use super::{Need, PodFacts, WorkloadFacts};
use crate::workload;

/// A kubelet that is there says within seconds what it does with a pod.
const SILENCE: SignedDuration = SignedDuration::from_secs(30);

/// Claims of one pod that are looked at.
const CLAIMS: usize = 4;

/// Events on a pod that do not come from its kubelet.
const NOT_THE_KUBELETS: [&str; 4] = ["Scheduled", "FailedScheduling", "TaintManagerEviction", "NodeNotReady"];

/// What to read of a pod that is not well.
pub(super) fn of_pod(facts: &PodFacts<'_>) -> Vec<Need> {
    let mut needs = leaving(facts);
    if facts.pod.metadata.deletion_timestamp.is_none() && workload::has_failed(facts.pod) {
        needs.extend(workload::job_of(facts.pod).map(|job| Need::Job(job.to_owned())));
    }
    if waits_for_its_node(facts) {
        needs.extend(workload::node(facts.pod).map(|node| Need::Node(node.to_owned())));
    }
    if [Step::Attach, Step::Mount].iter().any(|step| !creating::failures(facts, *step).is_empty()) {
        needs.extend(facts.claims().into_iter().take(CLAIMS).map(|(_, claim)| Need::Claim(claim)));
    }
    needs
}

/// What to read of a Deployment. `whole`: it was asked about itself, and not only pods of it.
pub(super) fn of_workload(facts: &WorkloadFacts<'_>, whole: bool) -> Vec<Need> {
    let pods = &facts.workload.pods;
    let unplaced = |pod: &Pod| !workload::has_ended(pod) && workload::node(pod).is_none();
    let mut needs = Vec::new();
    if whole && pods.iter().any(workload::is_ready) {
        needs.extend([Need::Services, Need::Autoscalers, Need::Budgets]);
        needs.extend(no_endpoints::needs(facts));
        needs.extend(hpa_fights::needs(facts));
        needs.extend(pdb_blocks_eviction::needs(facts));
    }
    if pods.iter().any(unplaced) {
        needs.push(Need::Budgets);
    }
    needs
}

/// A pod that was given to a node, and nothing is heard of it from there.
pub(super) fn waits_for_its_node(facts: &PodFacts<'_>) -> bool {
    let created = facts.pod.metadata.creation_timestamp.as_ref();
    let old = created.is_none_or(|created| facts.now.duration_since(created.0) > SILENCE);
    let phase = facts.pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let from_the_kubelet =
        |event: &&Event| !NOT_THE_KUBELETS.contains(&event.reason.as_deref().unwrap_or_default());
    facts.is_alive()
        && old
        && phase == Some("Pending")
        && workload::node(facts.pod).is_some()
        && !facts.events.iter().any(from_the_kubelet)
}

/// Of a pod that should be gone, or goes because its node is lost: the node, and what it has attached there.
fn leaving(facts: &PodFacts<'_>) -> Vec<Need> {
    let Some(leaving) = leaving::of(facts) else { return Vec::new() };
    let target = facts.condition("DisruptionTarget").and_then(|target| target.reason.as_deref());
    let mut needs = Vec::new();
    if leaving.is_overdue() || target == Some("DeletionByTaintManager") {
        needs.extend(workload::node(facts.pod).map(|node| Need::Node(node.to_owned())));
    }
    if leaving.is_overdue() && leaving::running(facts).is_none() {
        for (_, claim) in facts.claims().into_iter().take(CLAIMS) {
            needs.extend(facts.attachment_need(&claim));
            needs.push(Need::Claim(claim));
        }
    }
    needs
}
