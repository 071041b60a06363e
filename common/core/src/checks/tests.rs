//! The checks of a restart, each by its numbers.

use super::*;
use crate::fixtures::{Make, at, target};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn every_name_is_a_check_and_they_come_in_order() {
    let mut target = target();
    if let Some(service) = &mut target.service {
        service.warn_before = vec!["tell finance".to_owned()];
    }
    let made = of_restart(&Make::default().facts(), &target, at(0));
    let of_rollbacks = ["revision", "failed-before", "references", "last-applied", "untouched"];
    let of_evictions = ["static-pod", "no-controller", "ended", "terminating", "pdb"];
    let of_others = [of_rollbacks, of_evictions].concat();
    let names: Vec<_> = NAMES.into_iter().filter(|name| !of_others.contains(name)).collect();
    assert_eq!(made.iter().map(|check| check.name).collect::<Vec<_>>(), names);
}

#[test]
fn a_quiet_service_without_surroundings_has_one_warning_beside_its_note() {
    let checks = of_restart(&Make::default().facts(), &target(), at(0));
    let warned: Vec<_> = checks.iter().filter(|check| check.verdict == Verdict::Warn).collect();
    assert_eq!(warned.iter().map(|check| check.name).collect::<Vec<_>>(), ["no-pdb", "warning"]);
    assert!(checks.iter().all(|check| check.verdict != Verdict::Refuse), "{checks:?}");
}

/// Numbers and texts as a cluster could send them, also odd ones.
fn amount() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(|number| json!(number.to_string())),
        "[0-9.]{0,25}(m|n|k|Mi|E|e[-+]?[0-9]{1,12}|[a-z]{1,2})?".prop_map(Value::from),
    ]
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("api-gateway")),
        Just(json!("new-0")),
        Just(json!("app")),
        ".{0,8}".prop_map(Value::from)
    ]
}

fn resources() -> impl Strategy<Value = Value> {
    (amount(), amount(), amount()).prop_map(|(cpu, memory, pods)| {
        json!({"cpu": cpu, "requests.memory": memory, "memory": memory, "limits.cpu": cpu, "pods": pods})
    })
}

fn autoscaler() -> impl Strategy<Value = Value> {
    (text(), any::<Option<i32>>(), any::<i32>(), amount(), any::<i32>()).prop_map(
        |(target, least, most, value, percent)| {
            let source = |side: &str| json!({"name": "cpu", side: {"averageValue": value, "averageUtilization": percent}});
            json!({
                "metadata": {"name": target},
                "spec": {"minReplicas": least, "maxReplicas": most, "metrics": [{"type": "Resource", "resource": source("target")}],
                    "scaleTargetRef": {"kind": "Deployment", "name": target}},
                "status": {"desiredReplicas": most, "currentMetrics": [{"type": "Resource", "resource": source("current")}]},
            })
        },
    )
}

fn quota() -> impl Strategy<Value = Value> {
    (text(), proptest::option::of(resources()), proptest::option::of(resources()), text()).prop_map(
        |(name, hard, used, scope)| {
            json!({"metadata": {"name": name}, "spec": {"scopes": [scope]}, "status": {"hard": hard, "used": used}})
        },
    )
}

fn budget() -> impl Strategy<Value = Value> {
    (text(), text(), text(), any::<i32>()).prop_map(|(name, value, operator, healthy)| {
        let status = json!({"currentHealthy": healthy, "expectedPods": healthy, "desiredHealthy": 0, "disruptionsAllowed": 0});
        let expression = json!({"key": "app", "operator": operator, "values": [value]});
        let selector = json!({"matchLabels": {"app": value}, "matchExpressions": [expression]});
        json!({"metadata": {"name": name}, "spec": {"selector": selector}, "status": status})
    })
}

fn usage() -> impl Strategy<Value = Value> {
    (text(), resources()).prop_map(
        |(name, usage)| json!({"metadata": {"name": name}, "containers": [{"name": "app", "usage": usage}]}),
    )
}

fn fact<T: serde::de::DeserializeOwned + Clone + std::fmt::Debug>(
    one: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Fact<Vec<T>>> {
    let known = proptest::collection::vec(one, 0..3).prop_map(|all| {
        Fact::Known(all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
    });
    prop_oneof![3 => known, 1 => Just(Fact::Unavailable("withheld".to_owned()))]
}

fn facts() -> impl Strategy<Value = Facts> {
    let strategy = prop_oneof![
        Just(json!({"type": "Recreate"})),
        (any::<i32>(), amount()).prop_map(|(surge, unavailable)| {
            json!({"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}})
        }),
    ];
    let pods = proptest::collection::vec(any::<bool>(), 0..4);
    let make = (any::<i32>(), any::<bool>(), strategy, pods.clone(), pods, resources());
    let around = (fact(autoscaler()), fact(quota()), fact(budget()), fact(usage()));
    (make, around, any::<Option<bool>>()).prop_map(|(make, around, granted)| {
        let (replicas, paused, strategy, old, new, limits) = make;
        let (autoscalers, quotas, budgets, usage) = around;
        let mut facts = Make { replicas, paused, strategy, old, new, ..Make::default() }.facts();
        for pod in &mut facts.workload.pods {
            let app = json!({"name": "app", "resources": {"limits": limits, "requests": limits}});
            pod.spec = serde_json::from_value(json!({"containers": [app]})).unwrap();
        }
        facts.access[0].1 = granted.map_or(Fact::Unavailable("withheld".to_owned()), Fact::Known);
        Facts { surroundings: Surroundings { autoscalers, quotas, budgets, usage }, ..facts }
    })
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_not_known_never_passes(facts in facts(), seconds in any::<i32>()) {
        let checks = of_restart(&facts, &target(), at(seconds.into()));
        let passes = |name| checks.iter().any(|check| check.name == name && check.verdict == Verdict::Pass);
        let around = &facts.surroundings;
        for (name, known) in [
            ("access", facts.access[0].1 == Fact::Known(true)),
            ("hpa-ceiling", around.autoscalers.known().is_some()),
            ("quota-surge", around.quotas.known().is_some()),
            ("no-pdb", around.budgets.known().is_some()),
            ("usage", around.usage.known().is_some()),
        ] {
            prop_assert!(known || !passes(name), "{name} passes: {checks:?}");
        }
        for check in &checks {
            prop_assert!(NAMES.contains(&check.name) && !check.detail.is_empty(), "{check:?}");
            prop_assert!(check.next.is_empty() || check.verdict == Verdict::Refuse, "{check:?}");
        }
    }
}
