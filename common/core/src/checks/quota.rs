//! The namespace's quotas: whether they leave room for the pods that a rollout runs beyond the usual number.

use k8s_openapi::api::core::v1::{
    PodSpec, ResourceQuota, ResourceQuotaStatus, ScopedResourceSelectorRequirement,
};

use super::{Check, Surroundings, Verdict, few};
use crate::quantity::{Amount, Invalid};
use crate::resources::{self, Amounts, Side};
use crate::words::counted;
use crate::workload::Workload;

const NAME: &str = "quota-surge";

/// Why room cannot be judged.
#[derive(Debug, thiserror::Error)]
enum Unjudged {
    #[error(transparent)]
    Amount(#[from] Invalid),
    #[error("the pod template cannot be read: {0}")]
    Template(#[from] serde_json::Error),
    #[error("quota {0} has no status yet")]
    NoStatus(String),
}

/// What one quota leaves of the resource that it leaves least of.
struct Room {
    quota: String,
    resource: String,
    /// What one pod takes.
    each: Amount,
    left: Amount,
    hard: Amount,
    /// How many pods that is.
    pods: i128,
}

pub(super) fn surge(surroundings: &Surroundings, workload: &Workload) -> Check {
    Check::of(NAME, &surroundings.quotas, |quotas| {
        if quotas.is_empty() {
            return Ok(Check::new(NAME, Verdict::Skipped, "the namespace has no ResourceQuota"));
        }
        let pod = pod(workload)?;
        let needs = needs(&pod)?;
        let own = quotas.iter().filter(|quota| counts(quota, &pod));
        let rooms: Vec<Room> =
            own.filter_map(|quota| room(quota, &needs).transpose()).collect::<Result<_, _>>()?;
        Ok::<_, Unjudged>(judge(&rooms, workload))
    })
}

/// A pod as admission made it, defaults and sidecars included; as the template has it where there is none.
fn pod(workload: &Workload) -> Result<PodSpec, serde_json::Error> {
    let new = workload.pods.iter().filter(|pod| workload.is_new(pod)).find_map(|pod| pod.spec.clone());
    match (new, workload.deployment.template().get("spec")) {
        (Some(spec), _) => Ok(spec),
        (None, Some(spec)) => serde_json::from_value(spec.clone()),
        (None, None) => Ok(PodSpec::default()),
    }
}

fn judge(rooms: &[Room], workload: &Workload) -> Check {
    if rooms.is_empty() {
        return Check::new(NAME, Verdict::Skipped, "no ResourceQuota limits these pods");
    }
    let surge = workload.deployment.surge();
    let more = counted(surge, "more pod");
    let tight: Vec<&Room> = rooms.iter().filter(|room| room.pods < i128::from(surge)).collect();
    if tight.is_empty() {
        let rooms = rooms.iter().map(|room| format!("quota {}: room for {more} ({room})", room.quota));
        return Check::new(NAME, Verdict::Pass, few(rooms.collect()));
    }
    let none = tight.iter().any(|room| room.pods < 1);
    let (_, unavailable) = workload.deployment.fenceposts();
    let then = match (none, unavailable) {
        (true, 0) if !workload.deployment.recreates() => "with maxUnavailable 0 the rollout cannot begin",
        (true, _) => "a new pod has to wait until an old one is gone",
        (false, _) => "the rollout takes longer",
    };
    let rooms = tight.iter().map(|room| format!("quota {}: no room for {more} ({room})", room.quota));
    Check::new(NAME, Verdict::Warn, format!("{}; {then}", few(rooms.collect())))
}

impl std::fmt::Display for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resource, each, left, hard, .. } = self;
        let [each, left, hard] = [each, left, hard].map(|amount| amount.of(resource));
        write!(f, "{resource}: {each} each, {left} of {hard} free")
    }
}

/// What a quota leaves of that which a pod takes; none when the pod takes nothing that it limits.
fn room(quota: &ResourceQuota, needs: &Amounts) -> Result<Option<Room>, Unjudged> {
    let name = quota.metadata.name.clone().unwrap_or_default();
    let Some(ResourceQuotaStatus { hard: Some(hard), used }) = &quota.status else {
        return Err(Unjudged::NoStatus(name));
    };
    let (hard, used) = (resources::amounts(hard)?, resources::amounts(used.iter().flatten())?);
    let rooms = hard.into_iter().filter_map(|(resource, hard)| {
        let each = *needs.get(&resource)?;
        let left = hard.minus(used.get(&resource).copied().unwrap_or_default());
        let pods = left.holds(each)?;
        Some(Room { quota: name.clone(), resource, each, left, hard, pods })
    });
    Ok(rooms.min_by_key(|room| room.pods))
}

/// What one pod counts for, by the keys of quotas (`podUsageHelper` of `k8s.io/kubernetes/pkg/quota/v1/evaluator/core`):
/// what it requests also counts without a prefix.
fn needs(pod: &PodSpec) -> Result<Amounts, Invalid> {
    let mut needs = Amounts::new();
    for (name, amount) in resources::of_pod(pod, Side::Requests)? {
        needs.insert(format!("requests.{name}"), amount);
        needs.insert(name, amount);
    }
    for (name, amount) in resources::of_pod(pod, Side::Limits)? {
        needs.insert(format!("limits.{name}"), amount);
    }
    for name in ["pods", "count/pods"] {
        needs.insert(name.to_owned(), Amount::whole(1));
    }
    Ok(needs)
}

/// Whether the quota's scopes take the pod in (`podMatchesScopeFunc` of the same).
fn counts(quota: &ResourceQuota, pod: &PodSpec) -> bool {
    let Some(spec) = &quota.spec else { return true };
    let selected =
        spec.scope_selector.iter().flat_map(|selector| selector.match_expressions.iter().flatten());
    spec.scopes.iter().flatten().all(|scope| is_in(scope, pod))
        && selected.into_iter().all(|selector| is_selected(selector, pod))
}

fn is_selected(selector: &ScopedResourceSelectorRequirement, pod: &PodSpec) -> bool {
    if selector.scope_name != "PriorityClass" {
        return is_in(&selector.scope_name, pod);
    }
    let class = pod.priority_class_name.as_ref();
    let listed = class.is_some_and(|class| selector.values.iter().flatten().any(|value| value == class));
    match selector.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "DoesNotExist" => class.is_none(),
        _ => class.is_some(),
    }
}

/// A scope that is not known here counts: a warning for nothing is better than none.
fn is_in(scope: &str, pod: &PodSpec) -> bool {
    match scope {
        "Terminating" => pod.active_deadline_seconds.is_some(),
        "NotTerminating" => pod.active_deadline_seconds.is_none(),
        "BestEffort" => is_best_effort(pod),
        "NotBestEffort" => !is_best_effort(pod),
        "PriorityClass" => pod.priority_class_name.is_some(),
        _ => true,
    }
}

/// Whether its `QoS` class is `BestEffort`: it asks for no cpu and no memory, and nothing limits these.
fn is_best_effort(pod: &PodSpec) -> bool {
    let computes = |amounts: Amounts| {
        ["cpu", "memory"]
            .iter()
            .any(|name| amounts.get(*name).is_some_and(|amount| *amount > Amount::default()))
    };
    let asks = |side| resources::of_pod(pod, side).is_ok_and(computes);
    !asks(Side::Requests) && !asks(Side::Limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::fixtures::Make;
    use serde_json::{Value, json};

    fn quota(name: &str, spec: &Value, hard: &Value, used: &Value) -> ResourceQuota {
        serde_json::from_value(json!({
            "metadata": {"name": name}, "spec": spec, "status": {"hard": hard, "used": used},
        }))
        .unwrap()
    }

    fn check(quotas: Vec<ResourceQuota>, make: &Make) -> (Verdict, String) {
        let mut facts = make.facts();
        for pod in &mut facts.workload.pods {
            let resources = json!({"requests": {"cpu": "200m", "memory": "64Mi"}, "limits": {"cpu": "1"}});
            pod.spec =
                serde_json::from_value(json!({"containers": [{"name": "app", "resources": resources}]}))
                    .unwrap();
        }
        facts.surroundings.quotas = Fact::Known(quotas);
        let check = surge(&facts.surroundings, &facts.workload);
        (check.verdict, check.detail)
    }

    fn rolling(surge: i32, unavailable: i32) -> Make {
        let strategy = json!({"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}});
        Make { strategy, ..Make::default() }
    }

    #[test]
    fn tells_what_is_left_of_the_scarcest() {
        let recreate = Make { strategy: json!({"type": "Recreate"}), ..Make::default() };
        let begin = "; with maxUnavailable 0 the rollout cannot begin";
        let wait = "; a new pod has to wait until an old one is gone";
        for (hard, used, make, verdict, detail) in [
            (
                json!({"cpu": "2", "pods": "10"}),
                json!({"cpu": "800m", "pods": "3"}),
                rolling(1, 0),
                Verdict::Pass,
                "room for 1 more pod (cpu: 200m each, 1200m of 2 free)".to_owned(),
            ),
            (
                json!({"requests.cpu": "700m"}),
                json!({"requests.cpu": "600m"}),
                rolling(1, 0),
                Verdict::Warn,
                format!("no room for 1 more pod (requests.cpu: 200m each, 100m of 700m free){begin}"),
            ),
            (
                json!({"limits.cpu": "3"}),
                json!({"limits.cpu": "3"}),
                rolling(1, 1),
                Verdict::Warn,
                format!("no room for 1 more pod (limits.cpu: 1 each, 0 of 3 free){wait}"),
            ),
            (
                json!({"pods": "4"}),
                json!({"pods": "3"}),
                rolling(2, 0),
                Verdict::Warn,
                "no room for 2 more pods (pods: 1 each, 1 of 4 free); the rollout takes longer".to_owned(),
            ),
            (
                json!({"requests.memory": "256Mi"}),
                json!({"requests.memory": "192Mi"}),
                rolling(1, 0),
                Verdict::Pass,
                "room for 1 more pod (requests.memory: 64Mi each, 64Mi of 256Mi free)".to_owned(),
            ),
            // Nothing beyond the usual number is started, but even that number is over the quota.
            (
                json!({"pods": "3"}),
                json!({"pods": "3"}),
                recreate.clone(),
                Verdict::Pass,
                "room for 0 more pods (pods: 1 each, 0 of 3 free)".to_owned(),
            ),
            (
                json!({"pods": "2"}),
                json!({"pods": "3"}),
                recreate,
                Verdict::Warn,
                format!("no room for 0 more pods (pods: 1 each, -1 of 2 free){wait}"),
            ),
        ] {
            let found = check(vec![quota("compute", &json!({}), &hard, &used)], &make);
            assert_eq!(found, (verdict, format!("quota compute: {detail}")));
        }
    }

    #[test]
    fn what_limits_nothing_of_the_pods_is_skipped() {
        let (skipped, unlimited) = (Verdict::Skipped, "no ResourceQuota limits these pods".to_owned());
        assert_eq!(check(vec![], &rolling(1, 0)), (skipped, "the namespace has no ResourceQuota".to_owned()));
        for hard in
            [json!({"services": "1"}), json!({"limits.memory": "1Gi"}), json!({"count/configmaps": "1"})]
        {
            let found = check(vec![quota("other", &json!({}), &hard, &hard)], &rolling(1, 0));
            assert_eq!(found, (skipped, unlimited.clone()), "{hard}");
        }
    }

    #[test]
    fn scopes_choose_the_pods() {
        let expression = |operator: &str, values: Value| {
            let class = json!({"scopeName": "PriorityClass", "operator": operator, "values": values});
            json!({"scopeSelector": {"matchExpressions": [class]}})
        };
        for (spec, counts) in [
            (json!({"scopes": ["NotTerminating", "NotBestEffort"]}), true),
            (json!({"scopes": ["Terminating"]}), false),
            (json!({"scopes": ["BestEffort"]}), false),
            (json!({"scopes": ["ScopeOfTomorrow"]}), true),
            (expression("In", json!(["high"])), false),
            (expression("NotIn", json!(["high"])), true),
            (expression("Exists", Value::Null), false),
            (expression("DoesNotExist", Value::Null), true),
        ] {
            let full = json!({"pods": "3"});
            let verdict = check(vec![quota("scoped", &spec, &full, &full)], &rolling(1, 0)).0;
            assert_eq!(verdict == Verdict::Warn, counts, "{spec}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_unknown() {
        let fresh: ResourceQuota = serde_json::from_value(json!({"metadata": {"name": "fresh"}})).unwrap();
        let (verdict, detail) = check(vec![fresh], &rolling(1, 0));
        assert_eq!(
            (verdict, detail.as_str()),
            (Verdict::Unknown, "not checked: quota fresh has no status yet")
        );
        let odd = quota("odd", &json!({}), &json!({"pods": "many"}), &json!({}));
        assert_eq!(
            check(vec![odd], &rolling(1, 0)),
            (Verdict::Unknown, "not checked: \"many\" is no quantity".into())
        );
    }
}
