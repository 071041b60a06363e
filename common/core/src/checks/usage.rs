//! What the pods use of their limits: near them, a restart is watched with more care.

use k8s_openapi::api::core::v1::{Container, Pod};

use super::{Check, Surroundings, Verdict, few};
use crate::quantity::{Amount, Invalid};
use crate::resources::{self, PodMetrics, Side};
use crate::words::counted;
use crate::workload::{self, Workload};

const NAME: &str = "usage";

/// From this many percent of a limit on it is near.
const NEAR: i128 = 90;

/// A limit, and what is used of it.
struct Reading {
    place: String,
    resource: &'static str,
    used: Amount,
    limit: Amount,
    percent: i128,
}

pub(super) fn near_limits(surroundings: &Surroundings, workload: &Workload) -> Check {
    let pods: Vec<&Pod> = workload.pods.iter().filter(|pod| is_limited(pod)).collect();
    if pods.is_empty() {
        return Check::new(NAME, Verdict::Skipped, "no running container has a limit of cpu or memory");
    }
    Check::of(NAME, &surroundings.usage, |metrics| {
        let mut readings = Vec::new();
        let mut measured = 0;
        for pod in &pods {
            if let Some(metrics) = metrics.iter().find(|m| m.metadata.name == pod.metadata.name) {
                readings.extend(read(pod, metrics)?);
                measured += 1;
            }
        }
        Ok::<_, Invalid>(judge(&readings, measured, pods.len()))
    })
}

fn judge(readings: &[Reading], measured: usize, pods: usize) -> Check {
    let near: Vec<String> =
        readings.iter().filter(|reading| reading.percent >= NEAR).map(ToString::to_string).collect();
    if !near.is_empty() {
        return Check::new(NAME, Verdict::Warn, format!("near its limit: {}", few(near)));
    }
    let Some(highest) = readings.iter().max_by_key(|reading| reading.percent) else {
        return Check::new(NAME, Verdict::Unknown, "the metrics API has not measured these pods yet");
    };
    if measured < pods {
        let detail = format!("{measured} of {} measured; highest: {highest}", counted(pods, "pod"));
        return Check::new(NAME, Verdict::Unknown, detail);
    }
    Check::new(NAME, Verdict::Pass, format!("highest use of a limit: {highest}"))
}

impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, resource, used, limit, percent } = self;
        let [used, limit] = [used, limit].map(|amount| amount.of(resource));
        write!(f, "{place} {resource} {used} of {limit} ({percent}%)")
    }
}

fn is_limited(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none()
        && !workload::has_ended(pod)
        && running(pod).any(|container| {
            let limits = container.resources.iter().flat_map(|resources| resources.limits.iter().flatten());
            limits.into_iter().any(|(name, _)| matches!(name.as_str(), "cpu" | "memory"))
        })
}

/// The containers that go on running: its own and its sidecars.
fn running(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.spec.iter().flat_map(|spec| {
        let sidecars = spec.init_containers.iter().flatten().filter(|init| resources::is_sidecar(init));
        spec.containers.iter().chain(sidecars)
    })
}

/// What each container uses of each of its limits.
fn read(pod: &Pod, metrics: &PodMetrics) -> Result<Vec<Reading>, Invalid> {
    let mut readings = Vec::new();
    for container in running(pod) {
        let limits = Side::Limits.of(container.resources.as_ref())?;
        let Some(used) = metrics.containers.iter().find(|used| used.name == container.name) else { continue };
        let used = resources::amounts(&used.usage)?;
        for resource in ["cpu", "memory"] {
            let (Some(used), Some(limit)) = (used.get(resource), limits.get(resource)) else { continue };
            let Some(percent) = used.percent_of(*limit) else { continue };
            let place = format!("{} {}", workload::name(pod), container.name);
            readings.push(Reading { place, resource, used: *used, limit: *limit, percent });
        }
    }
    Ok(readings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::fixtures::Make;
    use serde_json::json;

    /// The check of three pods limited to 1 cpu and 256Mi, of which so many use this much.
    fn check(usage: &[(&str, &str)]) -> (Verdict, String) {
        let mut facts = Make::default().facts();
        for pod in &mut facts.workload.pods {
            let app = json!({"name": "app", "resources": {"limits": {"cpu": "1", "memory": "256Mi"}}});
            pod.spec = serde_json::from_value(json!({"containers": [app, {"name": "unlimited"}]})).unwrap();
        }
        let metrics = usage.iter().enumerate().map(|(index, (cpu, memory))| {
            let app = json!({"name": "app", "usage": {"cpu": cpu, "memory": memory}});
            let metrics = json!({"metadata": {"name": format!("new-{index}")}, "containers": [app]});
            serde_json::from_value(metrics).unwrap()
        });
        facts.surroundings.usage = Fact::Known(metrics.collect());
        let check = near_limits(&facts.surroundings, &facts.workload);
        (check.verdict, check.detail)
    }

    #[test]
    fn is_told_by_what_is_nearest_its_limit() {
        let quiet = ("100m", "64Mi");
        for (usage, verdict, detail) in [
            (
                vec![quiet, ("125500001n", "130Mi"), quiet],
                Verdict::Pass,
                "highest use of a limit: new-1 app memory 130Mi of 256Mi (50%)",
            ),
            (
                vec![quiet, quiet, ("899999999n", "0")],
                Verdict::Pass,
                "highest use of a limit: new-2 app cpu 900m of 1 (89%)",
            ),
            (
                vec![("900m", "249Mi"), quiet, ("1100m", "0")],
                Verdict::Warn,
                "near its limit: new-0 app cpu 900m of 1 (90%); new-0 app memory 249Mi of 256Mi (97%); \
                 new-2 app cpu 1100m of 1 (110%)",
            ),
            // One that has just started is not measured yet; what is near is told all the same.
            (
                vec![quiet],
                Verdict::Unknown,
                "1 of 3 pods measured; highest: new-0 app memory 64Mi of 256Mi (25%)",
            ),
            (vec![("2", "1Mi")], Verdict::Warn, "near its limit: new-0 app cpu 2 of 1 (200%)"),
            (vec![], Verdict::Unknown, "the metrics API has not measured these pods yet"),
            (vec![("?", "1Mi")], Verdict::Unknown, "not checked: \"?\" is no quantity"),
        ] {
            assert_eq!(check(&usage), (verdict, detail.to_owned()));
        }
    }

    #[test]
    fn without_limits_there_is_nothing_to_be_near() {
        let mut facts = Make::default().facts();
        facts.surroundings.usage = Fact::Unavailable("metrics.k8s.io answers 503".to_owned());
        let check = near_limits(&facts.surroundings, &facts.workload);
        assert_eq!(check.verdict, Verdict::Skipped, "{}", check.detail);
    }
}
