//! What is checked of a pod before it is evicted: that somebody replaces it, and that enough others stay.

use k8s_openapi::api::core::v1::Pod;

use super::{Check, Verdict};
use crate::budget;
use crate::evict::{Facts, Request, object, watched};
use crate::fact::Fact;
use crate::target::Place;
use crate::workload::{self, controller};

pub(super) fn static_pod(pod: &Pod, place: Place<'_>) -> Check {
    let by_node = pod.metadata.owner_references.iter().flatten().any(|owner| owner.kind == "Node");
    if !workload::is_mirror(pod) && !by_node {
        return Check::new("static-pod", Verdict::Pass, "it is no static pod");
    }
    let node = workload::node(pod).unwrap_or("its node");
    let detail =
        format!("a static pod: the kubelet of {node} runs it from a file there, whatever the API does");
    Check::new("static-pod", Verdict::Refuse, detail)
        .next(place.kubectl(&format!("get pod/{} -o yaml", workload::name(pod))))
}

pub(super) fn no_controller(pod: &Pod, place: Place<'_>) -> Check {
    match controller(&pod.metadata) {
        Some(owner) => {
            let detail = format!("{} replaces it", object(owner));
            Check::new("no-controller", Verdict::Pass, detail)
        }
        None => Check::new("no-controller", Verdict::Refuse, "it has no controller: nobody would replace it")
            .next(deletion(pod, place)),
    }
}

pub(super) fn ended(pod: &Pod, place: Place<'_>) -> Check {
    if !workload::has_ended(pod) {
        return Check::new("ended", Verdict::Pass, "it has not ended");
    }
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let reason = pod.status.as_ref().and_then(|status| status.reason.as_deref());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let detail = format!("it has ended ({phase}{reason}): nothing runs in it that could be replaced");
    Check::new("ended", Verdict::Refuse, detail).next(deletion(pod, place))
}

pub(super) fn terminating(pod: &Pod, place: Place<'_>) -> Check {
    if pod.metadata.deletion_timestamp.is_none() {
        return Check::new("terminating", Verdict::Pass, "it is not being deleted");
    }
    let name = workload::name(pod);
    let detail = "it is being deleted already: its controller replaces it without an eviction";
    Check::new("terminating", Verdict::Refuse, detail)
        .next(place.kubectl(&format!("get pod/{name} -w")))
        .next(place.kubectl(&format!("wait --for=delete pod/{name}")))
}

/// The API server is the judge, for budgets also ask how pods are that are not ready; more than one it cannot judge.
pub(super) fn pdb(facts: &Facts, place: Place<'_>) -> Check {
    let budgets = match &facts.budgets {
        Fact::Known(budgets) => budgets,
        Fact::Unavailable(reason) => {
            return Check::new("pdb", Verdict::Unknown, format!("not checked: {reason}"));
        }
    };
    let own = budget::of_pod(budgets, &facts.pod);
    match own.as_slice() {
        [] => {
            Check::new("pdb", Verdict::Warn, "no PodDisruptionBudget selects it: nothing limits the eviction")
        }
        [only] if only.status.as_ref().is_some_and(|status| status.disruptions_allowed == 0) => {
            let detail = format!("{}: the eviction may be refused", budget::words(only));
            Check::new("pdb", Verdict::Warn, detail)
        }
        [only] => Check::new("pdb", Verdict::Pass, budget::words(only)),
        several => {
            let names: Vec<&str> = several.iter().map(|budget| budget::name(budget)).collect();
            let detail = format!(
                "more than one PodDisruptionBudget selects it ({}): Kubernetes evicts no such pod",
                names.join(", ")
            );
            Check::new("pdb", Verdict::Refuse, detail)
                .next(place.kubectl(&format!("describe pdb {}", names.join(" "))))
                .next(deletion(&facts.pod, place))
        }
    }
}

/// Judged by its controller's other pods: those that are ready stay.
pub(super) fn floor(facts: &Facts, request: &Request) -> Check {
    let Some(floor) = facts.service.as_ref().and_then(|service| service.min_available) else {
        return Check::new("floor", Verdict::Skipped, "no minAvailable is configured");
    };
    let stay = facts.siblings.pods.iter().filter(|pod| {
        workload::uid(&pod.metadata) != workload::uid(&facts.pod.metadata) && workload::is_ready(pod)
    });
    let stay = stay.count();
    let ready = workload::is_ready(&facts.pod);
    let detail = format!("{stay} other pods of its controller are ready (floor {floor})");
    if stay >= usize::try_from(floor).unwrap_or(usize::MAX) {
        Check::new("floor", Verdict::Pass, detail)
    } else if !ready {
        Check::new("floor", Verdict::Warn, format!("{detail}; it is not ready itself, so nothing is lost"))
    } else {
        let place = request.target.place();
        Check::new("floor", Verdict::Refuse, format!("only {detail}"))
            .next(place.kubectl(&watched(&facts.pod)))
            .next(format!(
                "{} --force floor",
                request.again(request.target.place(), &request.target.object())
            ))
            .next(deletion(&facts.pod, place))
    }
}

/// What kubectl itself has for it: no check, and no budget, stands in its way.
fn deletion(pod: &Pod, place: Place<'_>) -> String {
    place.kubectl(&format!("delete pod/{}", workload::name(pod)))
}
