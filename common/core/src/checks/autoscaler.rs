//! The `HorizontalPodAutoscaler`: whether it can still add pods during a rollout.

use std::collections::BTreeMap;
use std::convert::Infallible;

use k8s_openapi::api::autoscaling::v2::{HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition};
use serde::Serialize;
use serde_json::Value;

use super::{Check, Surroundings, Verdict};
use crate::target::Target;
use crate::workload::{Deployment, Workload};

const NAME: &str = "hpa-ceiling";

pub(super) fn ceiling(surroundings: &Surroundings, workload: &Workload, target: &Target) -> Check {
    Check::of(NAME, &surroundings.autoscalers, |all| {
        Ok::<_, Infallible>(match of(all, target) {
            Some(autoscaler) => judge(autoscaler, &workload.deployment),
            None => Check::new(NAME, Verdict::Skipped, absent(target)),
        })
    })
}

/// The one whose `spec.scaleTargetRef` is the target.
pub(super) fn of<'a>(
    all: &'a [HorizontalPodAutoscaler],
    target: &Target,
) -> Option<&'a HorizontalPodAutoscaler> {
    all.iter().find(|autoscaler| {
        let scaled = autoscaler.spec.as_ref().map(|spec| &spec.scale_target_ref);
        scaled.is_some_and(|scaled| scaled.kind == "Deployment" && scaled.name == target.deployment)
    })
}

fn absent(target: &Target) -> String {
    match target.service.as_ref().and_then(|service| service.hpa.as_ref()) {
        Some(name) => format!("no HPA {name} scales {}", target.object()),
        None => format!("no HPA scales {}", target.object()),
    }
}

/// Warns where the pods that run during the rollout exceed what the autoscaler may ask for, or where it is at a stop.
fn judge(autoscaler: &HorizontalPodAutoscaler, deployment: &Deployment) -> Check {
    let name = autoscaler.metadata.name.as_deref().unwrap_or_default();
    let spec = autoscaler.spec.clone().unwrap_or_default();
    let replicas = deployment.replicas();
    let (least, most) = (spec.min_replicas.unwrap_or(1), spec.max_replicas);
    let mut detail = format!("HPA {name}: {replicas} of {least}-{most} replicas");
    for metric in metrics(autoscaler) {
        detail = format!("{detail}, {metric}");
    }
    let (room, surge) = (most.saturating_sub(replicas), deployment.surge());
    if let Some(reason) = stopped(autoscaler) {
        return Check::new(NAME, Verdict::Warn, format!("{detail}; it does not scale now: {reason}"));
    }
    if room <= 0 {
        return Check::new(NAME, Verdict::Warn, format!("{detail}; it cannot add pods during the rollout"));
    }
    if room < surge {
        let detail = format!("{detail}; the rollout runs {surge} more, {room} are left");
        return Check::new(NAME, Verdict::Warn, detail);
    }
    Check::new(NAME, Verdict::Pass, detail)
}

/// Why it cannot compute a scale: the reason of a `ScalingActive` that is False.
fn stopped(autoscaler: &HorizontalPodAutoscaler) -> Option<&str> {
    let conditions = autoscaler.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let stops = |condition: &&HorizontalPodAutoscalerCondition| {
        condition.type_ == "ScalingActive" && condition.status == "False"
    };
    conditions.into_iter().find(stops).map(|condition| condition.reason.as_deref().unwrap_or("unknown"))
}

/// Each metric of `spec.metrics` beside its value of `status.currentMetrics`, as `cpu 71% of 80%`.
fn metrics(autoscaler: &HorizontalPodAutoscaler) -> Vec<String> {
    let wanted = autoscaler.spec.iter().flat_map(|spec| spec.metrics.iter().flatten());
    let read = autoscaler.status.iter().flat_map(|status| status.current_metrics.iter().flatten());
    let now: BTreeMap<_, _> = read.filter_map(|metric| reading(metric, "current")).collect();
    wanted
        .filter_map(|metric| reading(metric, "target"))
        .map(|(name, target)| {
            let value = now.get(&name).map_or("unknown", String::as_str);
            format!("{name} {value} of {target}")
        })
        .collect()
}

/// Name and value of a metric. All five types have one form: what is measured, and a `target` or a `current` value.
fn reading(metric: &impl Serialize, side: &str) -> Option<(String, String)> {
    let metric = serde_json::to_value(metric).ok()?;
    let source = metric.as_object()?.values().find(|value| value.is_object())?;
    let name = source.get("name").or_else(|| source.pointer("/metric/name"))?.as_str()?;
    let name = match source.get("container").and_then(Value::as_str) {
        Some(container) => format!("{name} of {container}"),
        None => name.to_owned(),
    };
    let value = source.get(side)?;
    let utilization = value.get("averageUtilization").map(|percent| format!("{percent}%"));
    let amount = || value.get("averageValue").or_else(|| value.get("value"))?.as_str().map(str::to_owned);
    Some((name, utilization.or_else(amount)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::fixtures::{Make, target};
    use serde_json::json;

    fn autoscaler(most: i32, target: &str) -> Value {
        json!({
            "metadata": {"name": "api-gateway-hpa"},
            "spec": {
                "minReplicas": 3, "maxReplicas": most,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
                "metrics": [{"type": "Resource", "resource":
                    {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}],
            },
            "status": {"desiredReplicas": 3, "currentMetrics": [{"type": "Resource", "resource":
                {"name": "cpu", "current": {"averageUtilization": 71, "averageValue": "142m"}}}]},
        })
    }

    fn check(autoscalers: &[Value], make: &Make) -> (Verdict, String) {
        let mut facts = make.facts();
        let read = |raw: &Value| serde_json::from_value(raw.clone()).unwrap();
        facts.surroundings.autoscalers = Fact::Known(autoscalers.iter().map(read).collect());
        let check = ceiling(&facts.surroundings, &facts.workload, &target());
        (check.verdict, check.detail)
    }

    #[test]
    fn tells_its_numbers_and_warns_where_it_cannot_add_pods() {
        let wide = || Make {
            strategy: json!({"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 0}}),
            ..Make::default()
        };
        for (most, make, verdict, rest) in [
            (9, Make::default(), Verdict::Pass, ""),
            (4, Make::default(), Verdict::Pass, ""),
            (3, Make::default(), Verdict::Warn, "; it cannot add pods during the rollout"),
            (2, Make::default(), Verdict::Warn, "; it cannot add pods during the rollout"),
            (5, wide(), Verdict::Warn, "; the rollout runs 3 more, 2 are left"),
            (6, wide(), Verdict::Pass, ""),
        ] {
            let detail = format!("HPA api-gateway-hpa: 3 of 3-{most} replicas, cpu 71% of 80%{rest}");
            assert_eq!(check(&[autoscaler(most, "api-gateway")], &make), (verdict, detail));
        }
    }

    #[test]
    fn none_is_skipped() {
        let skipped = (Verdict::Skipped, "no HPA api-gateway-hpa scales deployment/api-gateway".to_owned());
        assert_eq!(check(&[], &Make::default()), skipped);
        assert_eq!(check(&[autoscaler(9, "auth-svc")], &Make::default()), skipped);
    }

    #[test]
    fn one_that_is_at_a_stop_is_a_warning() {
        let mut stopped = autoscaler(9, "api-gateway");
        stopped["status"] = json!({"desiredReplicas": 3, "conditions": [
            {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"}]});
        let detail = "HPA api-gateway-hpa: 3 of 3-9 replicas, cpu unknown of 80%; \
                      it does not scale now: FailedGetResourceMetric";
        assert_eq!(check(&[stopped], &Make::default()), (Verdict::Warn, detail.to_owned()));
    }

    #[test]
    fn every_type_of_metric_is_told() {
        let mut all = autoscaler(9, "api-gateway");
        all["spec"]["metrics"] = json!([
            {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app",
                "target": {"type": "AverageValue", "averageValue": "200Mi"}}},
            {"type": "Pods", "pods": {"metric": {"name": "requests"},
                "target": {"type": "AverageValue", "averageValue": "20"}}},
            {"type": "External", "external": {"metric": {"name": "queue"},
                "target": {"type": "Value", "value": "100"}}},
        ]);
        all["status"]["currentMetrics"] = json!([
            // What could not be read stands there without a source.
            {"type": ""},
            {"type": "Pods", "pods": {"metric": {"name": "requests"}, "current": {"averageValue": "12500m"}}},
            {"type": "External", "external": {"metric": {"name": "queue"}, "current": {"value": "7"}}},
        ]);
        let (_, detail) = check(&[all], &Make::default());
        let metrics = "memory of app unknown of 200Mi, requests 12500m of 20, queue 7 of 100";
        assert!(detail.ends_with(metrics), "{detail}");
    }
}
