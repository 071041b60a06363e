//! Pods that fail already: a restart may not be what they need.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use super::{Check, Verdict, few};
use crate::words::counted;
use crate::workload::{self, Workload};

/// What every container waits for on its way to run; all other reasons are troubles.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];

pub(super) fn failing(workload: &Workload) -> Check {
    let living = |pod: &&Pod| pod.metadata.deletion_timestamp.is_none();
    let all: Vec<&Pod> = workload.pods.iter().filter(living).collect();
    let failing: Vec<String> =
        all.iter().filter_map(|pod| Some(format!("{} {}", workload::name(pod), trouble(pod)?))).collect();
    if failing.is_empty() {
        return Check::new(
            "pods-failing",
            Verdict::Pass,
            format!("none of {} fails", counted(all.len(), "pod")),
        );
    }
    let detail = format!("{} of {}: {}", failing.len(), counted(all.len(), "pod"), few(failing));
    Check::new("pods-failing", Verdict::Warn, detail)
}

/// Why a pod fails, in Kubernetes' words: evicted or ended, not schedulable, or a container that cannot run.
fn trouble(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    if workload::has_ended(pod) {
        let reason = status.reason.as_deref().or(status.phase.as_deref()).unwrap_or_default();
        return Some(worded(reason, status.message.as_deref()));
    }
    let unscheduled = status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    if let Some(condition) = unscheduled {
        let reason = condition.reason.as_deref().unwrap_or("not scheduled");
        return Some(worded(reason, condition.message.as_deref()));
    }
    workload::containers(pod).find_map(stuck)
}

fn stuck(container: &ContainerStatus) -> Option<String> {
    let state = container.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        let reason = waiting.reason.as_deref().unwrap_or_default();
        let is_trouble = !reason.is_empty() && !STARTING.contains(&reason);
        return is_trouble.then(|| {
            let restarts = match container.restart_count {
                0 => String::new(),
                1 => ", restarted once".to_owned(),
                times => format!(", restarted {times} times"),
            };
            format!("{reason} (container {}{restarts})", container.name)
        });
    }
    let ended = state.terminated.as_ref().filter(|ended| ended.exit_code != 0)?;
    let reason = ended.reason.as_deref().unwrap_or("Error");
    Some(format!("{reason}, exit {} (container {})", ended.exit_code, container.name))
}

fn worded(reason: &str, message: Option<&str>) -> String {
    match message {
        Some(message) if !message.is_empty() => format!("{reason} ({message})"),
        _ => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Make, pod};
    use serde_json::{Value, json};

    /// The check of three pods, the first two with these statuses.
    fn check(first: Value, second: Value) -> (Verdict, String) {
        let mut workload = Make::default().workload();
        for (pod, status) in workload.pods.iter_mut().zip([first, second]) {
            pod.status = serde_json::from_value(status).unwrap();
        }
        let check = failing(&workload);
        (check.verdict, check.detail)
    }

    fn container(restarts: i32, state: &Value) -> Value {
        json!({"phase": "Running", "containerStatuses": [{
            "name": "app", "image": "", "imageID": "", "ready": false, "restartCount": restarts, "state": state,
        }]})
    }

    #[test]
    fn names_the_pods_and_kubernetes_reasons() {
        let well = json!({"phase": "Running"});
        let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
        let unscheduled = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]});
        let evicted = json!({"phase": "Failed", "reason": "Evicted",
            "message": "The node was low on resource: memory."});
        for (first, detail) in [
            (
                container(6, &waiting("CrashLoopBackOff")),
                "CrashLoopBackOff (container app, restarted 6 times)",
            ),
            (container(1, &waiting("CrashLoopBackOff")), "CrashLoopBackOff (container app, restarted once)"),
            (container(0, &waiting("ImagePullBackOff")), "ImagePullBackOff (container app)"),
            (
                container(2, &json!({"terminated": {"reason": "OOMKilled", "exitCode": 137}})),
                "OOMKilled, exit 137 (container app)",
            ),
            (unscheduled, "Unschedulable (0/3 nodes are available: 3 Insufficient cpu.)"),
            (evicted, "Evicted (The node was low on resource: memory.)"),
            (json!({"phase": "Failed"}), "Failed"),
        ] {
            let expected = (Verdict::Warn, format!("1 of 3 pods: new-0 {detail}"));
            assert_eq!(check(first, well.clone()), expected);
        }
        let two =
            check(container(0, &waiting("ErrImagePull")), json!({"phase": "Failed", "reason": "Evicted"}));
        let words = "2 of 3 pods: new-0 ErrImagePull (container app); new-1 Evicted";
        assert_eq!(two, (Verdict::Warn, words.to_owned()));
    }

    #[test]
    fn what_is_on_its_way_does_not_fail() {
        let pass = (Verdict::Pass, "none of 3 pods fails".to_owned());
        for state in [
            json!({"waiting": {"reason": "ContainerCreating"}}),
            json!({"waiting": {"reason": "PodInitializing"}}),
            json!({"waiting": {}}),
            json!({"terminated": {"reason": "Completed", "exitCode": 0}}),
            json!({}),
        ] {
            assert_eq!(check(container(0, &state), json!({})), pass, "{state}");
        }
    }

    #[test]
    fn many_are_counted_and_five_named() {
        let mut workload = Make::default().workload();
        workload.pods = (0..8).map(|index| pod(&format!("p{index}"), "new", false)).collect();
        for pod in &mut workload.pods {
            pod.status = serde_json::from_value(json!({"phase": "Failed", "reason": "Evicted"})).unwrap();
        }
        let detail = failing(&workload).detail;
        assert!(detail.starts_with("8 of 8 pods: p0 Evicted; "), "{detail}");
        assert!(detail.ends_with("; p4 Evicted; and 3 more"), "{detail}");
    }
}
