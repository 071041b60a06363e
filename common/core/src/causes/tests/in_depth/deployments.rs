//! Deployments that others act on, and Services that lead nowhere.

use serde_json::{Value, json};

use super::{Row, crashed, node, read, ready, web, with};
use crate::causes::{Answer, Need};
use crate::fixtures::at;

/// Services that lead nowhere.
pub(super) fn services() -> Vec<Row> {
    let service = |name: &str, selector: Value, target: Value| {
        Answer::Services(vec![read(&json!({"metadata": {"name": name},
        "spec": {"selector": selector, "ports": [{"port": 80, "targetPort": target}]}}))])
    };
    let none = || Answer::Endpoints(Vec::new());
    let some = || {
        Answer::Endpoints(vec![read(
            &json!({"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}]}),
        )])
    };
    let named = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "app", "image": "registry.example.com/web:7", "ports": [{"name": "http", "containerPort": 8080}]}]}}}});
    let to = |name: &str| Need::Endpoints(name.to_owned());
    let labelled = || {
        let labels = json!({"spec": {"template": {"metadata": {"labels": {"tier": "front"}}}}});
        web().deployment(&labels).pod(&ready())
    };
    vec![
        (
            "a selector with a label too many",
            web()
                .pod(&ready())
                .answer(Need::Services, service("web", json!({"app": "web", "tier": "front"}), json!(8080)))
                .answer(to("web"), none()),
            &[(
                "readiness/no-endpoints",
                "deployment/web",
                &["Service web has no endpoints", "tier=front, which the pods do not have"],
            )],
        ),
        (
            "a value that nothing carries",
            labelled()
                .answer(Need::Services, service("front", json!({"app": "web", "tier": "frnt"}), json!(8080)))
                .answer(to("front"), none())
                .answer(Need::Carriers("app=web,tier=frnt".to_owned()), Answer::Carriers(Vec::new())),
            &[(
                "readiness/no-endpoints",
                "deployment/web",
                &["Service front has no endpoints", "tier=frnt, and the pods have tier=front"],
            )],
        ),
        (
            "a value that the Deployment had before",
            labelled()
                .answer(Need::Services, service("front", json!({"app": "web", "tier": "old"}), json!(8080)))
                .answer(to("front"), none())
                .answer(
                    Need::Carriers("app=web,tier=old".to_owned()),
                    Answer::Carriers(vec!["d".to_owned()]),
                ),
            &[("readiness/no-endpoints", "deployment/web", &["tier=old, and the pods have tier=front"])],
        ),
        (
            "a port that nothing has of those that the Service selects",
            labelled()
                .answer(Need::Services, service("front", json!({"app": "web"}), json!("http")))
                .answer(Need::Carriers("app=web".to_owned()), Answer::Carriers(vec!["d".to_owned()])),
            &[("readiness/no-endpoints", "deployment/web", &["a port named http"])],
        ),
        (
            "a selector of another app",
            web()
                .pod(&ready())
                .answer(Need::Services, service("web", json!({"app": "shop"}), json!(8080)))
                .answer(to("web"), none()),
            &[("readiness/no-endpoints", "deployment/web", &["app=shop, and the pods have app=web"])],
        ),
        (
            "another Deployment's Service",
            web()
                .pod(&ready())
                .answer(Need::Services, service("other", json!({"app": "web", "tier": "x"}), json!(8080)))
                .answer(to("other"), some()),
            &[],
        ),
        (
            "a port by a name that is not there",
            web()
                .deployment(&named)
                .pod(&ready())
                .answer(Need::Services, service("web", json!({"app": "web"}), json!("web"))),
            &[(
                "readiness/no-endpoints",
                "deployment/web",
                &["port 80 to a port named web", "the pods have http"],
            )],
        ),
        (
            "a Service that fits",
            web()
                .deployment(&named)
                .pod(&ready())
                .answer(Need::Services, service("web", json!({"app": "web"}), json!("http"))),
            &[],
        ),
    ]
}

fn autoscaler(name: &str, bounds: [i32; 2]) -> Value {
    json!({"metadata": {"name": name}, "spec": {"minReplicas": bounds[0], "maxReplicas": bounds[1],
        "scaleTargetRef": {"kind": "Deployment", "name": "web"}}})
}

/// Deployments whose pods are ready, and which others act on.
pub(super) fn rollout() -> Vec<Row> {
    let hpas = |all: &[Value]| Answer::Autoscalers(all.iter().map(read).collect());
    let three = json!({"spec": {"replicas": 3}});
    let two_down = json!({"spec": {"replicas": 3, "strategy": {"rollingUpdate": {"maxUnavailable": 2}}}});
    let scaled = |replicas: i32| json!({"spec": {"replicas": replicas}});
    let budget = |allowed: i32| {
        Answer::Budgets(vec![read(&json!({"metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
        "status": {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": allowed}}))])
    };
    let cordoned = node("node-1", &json!({"spec": {"unschedulable": true}}));
    let turns = |[ups, downs]: [u32; 2], span: i64| {
        let events = [("up", "3 to 5", ups), ("down", "5 to 3", downs)].map(|(way, from, count)| {
            read(&json!({"metadata": {}, "involvedObject": {"kind": "Deployment"}, "reason": "ScalingReplicaSet",
                "message": format!("Scaled {way} replica set web-6f9c7d5b8 from {from}"), "count": count,
                "firstTimestamp": at(1_700 - span), "lastTimestamp": at(1_700)}))
        });
        web()
            .at(1_720)
            .pod(&ready())
            .answer(Need::Autoscalers, hpas(&[autoscaler("a", [1, 9])]))
            .answer(Need::Scalings("web".to_owned()), Answer::Scalings(events.to_vec()))
    };
    vec![
        (
            "under the floor",
            web().deployment(&two_down).pod(&ready()).floor(2),
            &[("rollout/below-floor", "deployment/web", &["1 of 3 pods", "needs 2"])],
        ),
        (
            "scaled to nothing",
            web().deployment(&scaled(0)).floor(2).minimum(3),
            &[("rollout/below-floor", "deployment/web", &["scaled to 0, and the service's minimum is 3"])],
        ),
        (
            "scaled under the minimum: the strategy is not to blame",
            web().deployment(&scaled(1)).pod(&ready()).floor(2).minimum(3),
            &[("rollout/below-floor", "deployment/web", &["scaled to 1, and the service's minimum is 3"])],
        ),
        (
            "scaled under the floor alone",
            web().deployment(&scaled(1)).pod(&ready()).floor(2),
            &[("rollout/below-floor", "deployment/web", &["scaled to 1, and the service's minimum is 2"])],
        ),
        ("scaled to nothing, and nobody says how many it needs", web().deployment(&scaled(0)), &[]),
        ("above the floor", web().deployment(&three).pod(&ready()).floor(3), &[]),
        (
            "two autoscalers",
            web()
                .pod(&ready())
                .answer(Need::Autoscalers, hpas(&[autoscaler("a", [1, 3]), autoscaler("b", [1, 9])])),
            &[("rollout/hpa-fights", "deployment/web", &["HPAs a, b"])],
        ),
        (
            "beyond the autoscaler's bounds",
            web()
                .deployment(&three)
                .pod(&ready())
                .answer(Need::Autoscalers, hpas(&[autoscaler("a", [5, 9])])),
            &[("rollout/hpa-fights", "deployment/web", &["3 replicas", "HPA a", "5 to 9"])],
        ),
        (
            "up and down, sooner than an autoscaler goes down",
            turns([3, 3], 90),
            &[("rollout/hpa-fights", "deployment/web", &["down 3 times", "HPA a does, which waits 5m"])],
        ),
        ("up and down with a load that comes and goes", turns([3, 3], 1_500), &[]),
        ("up and down once", turns([1, 1], 0), &[]),
        (
            "an autoscaler at peace",
            web().pod(&ready()).answer(Need::Autoscalers, hpas(&[autoscaler("a", [1, 9])])),
            &[],
        ),
        (
            "a drain that waits",
            web().pod(&ready()).on(&cordoned).answer(Need::Budgets, budget(0)),
            &[(
                "rollout/pdb-blocks-eviction",
                "deployment/web",
                &["node-1 is cordoned", "PDB web", "0 may be evicted"],
            )],
        ),
        ("a drain that goes on", web().pod(&ready()).on(&cordoned).answer(Need::Budgets, budget(1)), &[]),
        (
            "no drain",
            web().pod(&ready()).on(&node("node-1", &json!({}))).answer(Need::Budgets, budget(0)),
            &[],
        ),
    ]
}

/// Deployments with pods of older revisions.
pub(super) fn revisions() -> Vec<Row> {
    let old = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "web:6"}]}});
    let stalled = |reason: &str, updated: i64| json!({"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": at(updated)});
    let template = |restarted: &str| {
        json!({"metadata": {"labels": {"app": "web"}, "annotations": {"kubectl.kubernetes.io/restartedAt": restarted}},
        "spec": {"containers": [{"name": "app", "image": "registry.example.com/web:7"}]}})
    };
    let argo = json!({"metadata": {"labels": {"argocd.argoproj.io/instance": "shop"}}});
    let later = json!({"metadata": {"creationTimestamp": at(60), "annotations": {"deployment.kubernetes.io/revision": "8"}}});
    let numbered = json!({"metadata": {"creationTimestamp": at(0), "annotations": {"deployment.kubernetes.io/revision": "9"}}});
    let seven = json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "7"}}});
    vec![
        (
            "a rollout that stands still",
            web()
                .older(&old)
                .pod(&with(ready(), &json!({"status": {"conditions": []}})))
                .condition(&stalled("ReplicaSetUpdated", 10))
                .at(900),
            &[("rollout/stale-revision", "deployment/web", &["1 ready pod still of ReplicaSet web-old"])],
        ),
        ("a rollout in progress", web().older(&old).condition(&stalled("ReplicaSetUpdated", 100)), &[]),
        (
            "paused half way",
            web().older(&old).deployment(&json!({"spec": {"paused": true}})),
            &[
                ("rollout/paused", "deployment/web", &["paused"]),
                ("rollout/stale-revision", "deployment/web", &["1 ready pod"]),
            ],
        ),
        (
            "a restart taken back",
            web()
                .deployment(&argo)
                .current(&numbered)
                .set("web-taken", &template("zz"), &later)
                .pod(&ready()),
            &[(
                "rollout/gitops-reverts",
                "deployment/web",
                &["Argo CD application shop", "restart of zz", "revision 9"],
            )],
        ),
        (
            "a restart that nobody took back",
            web()
                .deployment(&argo)
                .current(&later)
                .set("web-first", &template("aa"), &numbered)
                .pod(&ready()),
            &[],
        ),
        (
            "crashes since a restart",
            web().current(&numbered).set("web-first", &template("aa"), &later).pod(&crashed(7, "Error", 3)),
            &[
                ("crashloop/app-exit", "pod/web-", &["exit 7"]),
                ("rollout/nothing-changed", "deployment/web", &["revision 9 is the template of revision 8"]),
            ],
        ),
        (
            "a bad release that was deployed once more",
            web()
                .current(&numbered)
                .set("web-first", &template("aa"), &seven)
                .set("web-good", &old, &later)
                .pod(&crashed(7, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-", &["exit 7"])],
        ),
    ]
}
