//! The checks before a restart: each with its numbers, and never a pass by what could not be read.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{FakeApi, Plugin, Reply};

use crate::support::{OPTIONAL, Service, allow, checks, restart, writes};

fn planned(api: &FakeApi) -> Plugin {
    restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--dry-run", "-o", "json"])
}

#[test]
fn each_tells_the_numbers_it_was_judged_by() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    let run = planned(&api).run().code(0);
    assert_eq!(
        checks(&run),
        [
            "access pass you have all 10 verbs this needs",
            "paused pass rollouts are not paused",
            "not-ready pass 3/3 pods ready (minimum 3)",
            "pods-failing pass none of 3 pods fails",
            "floor pass at least 3 pods stay available (maxUnavailable 0 of 3, floor 2)",
            "rollout-in-progress pass no other rollout is running",
            "hpa-ceiling pass HPA api-gateway-hpa: 3 of 3-9 replicas, cpu 71% of 80%",
            "quota-surge pass quota compute: room for 1 more pod (requests.cpu: 200m each, 1200m of 2 free)",
            "no-pdb pass PDB api-gateway: 3 of 3 pods healthy, 2 must stay, 1 may be evicted",
            "usage pass highest use of a limit: api-gateway-1-3 app memory 128Mi of 256Mi (50%)",
            "gitops skipped neither Argo CD nor Flux nor Helm marks it as its own",
            "peak-hours skipped no peakHours are configured",
            "warning warn Ensure at least 2 pods running during restart",
        ]
    );
}

#[test]
fn warnings_keep_nobody_from_restarting() {
    let api = FakeApi::start();
    let mut service = Service::new();
    service.autoscaler["spec"]["maxReplicas"] = json!(3);
    service.quota["status"]["used"]["pods"] = json!("10");
    service.budget["spec"]["selector"] = json!({"matchLabels": {"app": "auth-svc"}});
    service.metrics[0]["containers"][0]["usage"]["memory"] = json!("250Mi");
    service.deployment["metadata"]["annotations"] =
        json!({"argocd.argoproj.io/tracking-id": "edge:apps/Deployment:skillancer-production/api-gateway"});
    let mut evicted = service.pods[0].clone();
    evicted["metadata"]["name"] = json!("api-gateway-1-4");
    evicted["status"] = json!({"phase": "Failed", "reason": "Evicted"});
    service.pods.push(evicted);
    service.serve(&api);
    let plugin = planned(&api);
    let catalogue = plugin.home().join("services.yaml");
    let always = "{from: '00:00', to: '00:00', timezone: Europe/London}";
    let text = format!(
        "services:\n- name: api-gateway\n  namespace: skillancer-production\n  hpa: api-gateway-hpa\n  \
         peakHours: [{always}]\n  warnBefore: [coordinate with finance]\n"
    );
    std::fs::write(&catalogue, text).expect("a file in the home directory");
    let run = plugin.args(["--services"]).args([&catalogue]).run().code(0);
    let warned: Vec<String> = checks(&run)
        .into_iter()
        .filter_map(|line| line.split_once(" warn ").map(|(name, _)| name.to_owned()))
        .collect();
    assert_eq!(
        warned,
        ["pods-failing", "hpa-ceiling", "quota-surge", "no-pdb", "usage", "gitops", "peak-hours", "warning"],
        "{run}"
    );
}

#[test]
fn what_could_not_be_read_is_unknown_and_says_why() {
    let forbidden = Reply::refusal(403, "Forbidden", "tester may not");
    let absent = Reply::text(404, "404 page not found\n");
    for (reply, words) in [
        (forbidden, "not checked: Error from server (Forbidden): tester may not"),
        (
            absent,
            "not checked: Error from server (NotFound): the server could not find the requested resource",
        ),
        (
            Reply::text(503, ""),
            "not checked: Error from server (ServiceUnavailable): the server is currently unable",
        ),
        (Reply::json(&json!({"items": 7, "spec": 7})), ""),
    ] {
        let api = FakeApi::start();
        Service::new().serve(&api);
        for (_, path) in OPTIONAL {
            api.on("GET", path, [reply.clone()]);
        }
        let run = planned(&api).run().code(0);
        let checks = checks(&run);
        for (name, _) in OPTIONAL {
            let check = checks.iter().find(|check| check.starts_with(name)).expect(name);
            assert!(!check.starts_with(&format!("{name} pass")), "{check}\n{run}");
            assert!(
                words.is_empty() || check.starts_with(&format!("{name} unknown {words}")),
                "{check}\n{run}"
            );
        }
        assert_eq!(checks.iter().filter(|check| check.contains(" pass ")).count(), 6, "{run}");
    }
}

#[test]
fn a_silent_api_is_waited_for_two_seconds_and_no_longer() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    for (_, path) in OPTIONAL {
        api.on("GET", path, [Reply::silence()]);
    }
    let begun = Instant::now();
    let run = planned(&api).run().code(0);
    assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}\n{run}", begun.elapsed());
    for (name, _) in OPTIONAL {
        assert!(checks(&run).contains(&format!("{name} unknown not checked: no answer within 2 s")), "{run}");
    }
}

#[test]
fn each_fact_is_asked_for_once_and_of_this_namespace_only() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    planned(&api).run().code(0);
    let requests = api.requests();
    for (name, path) in OPTIONAL {
        let asked: Vec<_> = requests.iter().filter(|request| request.path == path).collect();
        assert_eq!(asked.len(), 1, "{name}: {asked:?}");
        let selector: Vec<_> = asked[0].query.iter().filter(|(key, _)| key == "labelSelector").collect();
        assert_eq!(selector.is_empty(), name != "usage", "{name}: {selector:?}");
    }
    let outside = |path: &str| !path.contains("/namespaces/") && !path.contains("/authorization.k8s.io/");
    assert!(requests.iter().all(|request| !outside(&request.path)), "{requests:?}");
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn an_autoscaler_that_no_catalogue_names_is_found_by_what_it_scales() {
    let api = FakeApi::start();
    let service = Service::new();
    service.serve(&api);
    let other = json!({"metadata": {"name": "other"}, "spec": {"maxReplicas": 1, "scaleTargetRef": {"kind": "Deployment", "name": "x"}}});
    let list = json!({"items": [other, service.autoscaler]});
    let path = "/apis/autoscaling/v2/namespaces/skillancer-production/horizontalpodautoscalers";
    api.on("GET", path, [Reply::json(&list)]);
    let plugin = planned(&api);
    let catalogue = plugin.home().join("services.yaml");
    std::fs::write(&catalogue, "services: [{name: api-gateway, namespace: skillancer-production}]")
        .expect("a file");
    let run = plugin.args(["--services"]).args([&catalogue]).run().code(0);
    let words = "hpa-ceiling pass HPA api-gateway-hpa: 3 of 3-9 replicas, cpu 71% of 80%";
    assert!(checks(&run).iter().any(|check| check == words), "{run}");
}

#[test]
fn the_lock_needs_verbs_and_no_lock_needs_none() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    let verbs = ["get", "list", "watch", "patch"];
    allow(&api, &json!({"verbs": verbs, "apiGroups": ["*"], "resources": ["*"]}));
    let lease = "leases.coordination.k8s.io";
    let missing =
        format!("access refuse you may not create {lease}, update {lease}, delete {lease} in namespace");
    let run = planned(&api).run().code(3);
    assert!(checks(&run)[0].starts_with(&missing), "{run}");
    let run = planned(&api).args(["--no-lock"]).run().code(0);
    assert_eq!(checks(&run)[0], "access pass you have all 6 verbs this needs");
}

#[test]
fn force_overrides_a_refusal_and_is_said() {
    let api = FakeApi::start();
    let mut service = Service::new();
    service.deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    service.serve(&api);
    planned(&api).run().code(3);
    let run = planned(&api).args(["--force", "floor,no-pdb,warning"]).run().code(0);
    let forced = "floor warn forced: only 0 of 3 available pods would stay \
                  (strategy Recreate stops every pod first, floor 2)";
    assert!(checks(&run).iter().any(|check| check == forced), "{run}");
}
