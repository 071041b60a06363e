//! The runbook's four situations on the real cluster, through kubectl: the cause by code, object and evidence, and what
//! people read.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "real.rs"]
mod real;

use std::time::Duration;

use serde_json::json;
use testkit::{TestCluster, wait_until};

use real::{Scene, never_in_time, orders, report};

#[test]
fn terminating_is_told_by_its_finalizer() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |pod| pod["metadata"]["finalizers"] = json!(["example.com/hold"]));
    scene.wait("web", "its containers run", |pod| pod["status"]["phase"] == "Running");
    scene.kubectl(&["delete", "pod", "web", "--wait=false", "--grace-period=1"]);
    scene.wait("web", "its containers end", |pod| {
        pod["status"]["containerStatuses"][0]["state"]["terminated"].is_object()
    });
    for form in [&["terminating", "web"][..], &["terminating"], &["pod", "web"]] {
        let finding = scene.finds(form, "terminating/finalizer", "pod/web", "example.com/hold");
        let evidence = finding["evidence"].to_string();
        assert!(
            evidence.contains("metadata.finalizers") && evidence.contains("deletionTimestamp"),
            "{finding:#}"
        );
        assert!(!finding["next"].to_string().contains("--force"), "{finding:#}");
    }
    scene.reads_in_a_dozen_lines(&["terminating", "web"]);
}

#[test]
fn pending_is_told_by_what_is_missing() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |pod| pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "640"}}));
    scene.wait("web", "the scheduler refuses it", |pod| {
        pod["status"]["conditions"][0]["reason"] == "Unschedulable"
    });
    for form in [&["pending", "web"][..], &["pending"], &["pod", "web"]] {
        let finding = scene.finds(form, "pending/insufficient-cpu", "pod/web", "640");
        assert!(finding["evidence"].to_string().contains("Insufficient cpu"), "{finding:#}");
        assert!(finding["evidence"].to_string().contains("status.allocatable.cpu"), "{finding:#}");
    }
    scene.reads_in_a_dozen_lines(&["pending", "web"]);
}

#[test]
fn a_crash_is_told_by_its_exit_and_its_last_words() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |pod| {
        let last_words = "cannot connect to redis:6379: connection refused";
        pod["spec"]["containers"][0]["env"] =
            orders(&[("log-error", last_words), ("exit-code", "7"), ("exit-after", "1")]);
        pod["spec"]["containers"][0]["readinessProbe"] = never_in_time();
        // The runbook's `logs --previous` shows the first container's.
        let mut beside = pod["spec"]["containers"][0].clone();
        beside["name"] = json!("beside");
        beside["env"] = orders(&[("port", "8081")]);
        pod["spec"]["containers"] = json!([beside, pod["spec"]["containers"][0]]);
    });
    scene.wait("web", "it crashes again", |pod| {
        let statuses = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
        statuses.into_iter().any(|status| {
            status["restartCount"].as_u64() >= Some(1) && status["state"]["waiting"].is_object()
        })
    });
    for form in [&["crashloop", "web"][..], &["crashloop"], &["pod", "web"]] {
        let finding = scene.finds(form, "crashloop/app-exit", "pod/web", "redis:6379");
        let evidence = finding["evidence"].to_string();
        assert!(evidence.contains("exit 7") && evidence.contains("connection refused"), "{finding:#}");
        assert!(finding["next"].to_string().contains("logs web -c app --previous"), "{finding:#}");
    }
    scene.reads_in_a_dozen_lines(&["crashloop", "web"]);
}

#[test]
fn readiness_is_told_by_the_endpoint_itself() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |pod| {
        let app = &mut pod["spec"]["containers"][0];
        app["env"] = orders(&[("port", "9090"), ("health-status", "503"), ("health-body", "database: down")]);
        app["readinessProbe"] = json!({"httpGet": {"path": "/health/ready", "port": 9090}, "periodSeconds": 1,
            "failureThreshold": 2});
    });
    wait_until(Duration::from_secs(60), "the probe's budget is used up", || {
        let run = scene.diagnose(&["readiness", "web", "-o", "json"]).run();
        (run.json()["outcome"] == "Failed").then_some(())
    });
    for form in [&["readiness", "web"][..], &["readiness"], &["pod", "web"]] {
        let finding =
            scene.finds_one_of(form, &["readiness/http-5xx", "readiness/dependency"], "pod/web", "");
        let all = finding.to_string();
        assert!(all.contains("503") && all.contains("database: down"), "{finding:#}");
    }
    scene.reads_in_a_dozen_lines(&["readiness", "web"]);
}

#[test]
fn two_containers_that_crash_are_both_told() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |pod| {
        let mut other = pod["spec"]["containers"][0].clone();
        for (container, code) in [(&mut pod["spec"]["containers"][0], "7"), (&mut other, "8")] {
            container["env"] =
                orders(&[("exit-code", code), ("exit-after", "1"), ("port", &format!("808{code}"))]);
            container["readinessProbe"] = never_in_time();
        }
        other["name"] = json!("other");
        pod["spec"]["containers"].as_array_mut().expect("containers").push(other);
    });
    scene.wait("web", "both have crashed", |pod| {
        let statuses = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
        statuses.filter(|status| status["restartCount"].as_u64() >= Some(1)).count() == 2
    });
    let run = scene.diagnose(&["crashloop", "web"]).run().code(1);
    let said: String = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["container app fails with exit 7", "container other fails with exit 8"] {
        assert!(said.contains(words), "no {words:?}\n{run}");
    }
}

#[test]
fn a_template_that_replaced_the_one_before_and_cannot_serve_is_to_be_rolled_back() {
    let scene = Scene::new(&TestCluster::get());
    let image = "none.example.com/none:2";
    scene.deploy("web", |_| {});
    scene.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    scene.kubectl(&["set", "image", "deployment/web", &format!("app={image}")]);
    let pod = wait_until(Duration::from_secs(60), "the new pod has no image", || {
        let reason = "{.items[?(@.status.containerStatuses[0].state.waiting.reason=='ErrImageNeverPull')].metadata.name}";
        let pod = scene.kubectl(&["get", "pods", "-l", "app=web", "-o", &format!("jsonpath={reason}")]);
        (!pod.is_empty()).then_some(pod)
    });
    let run = scene.diagnose(&["pod", &pod, "-o", "json"]).run().code(1);
    let findings = report(&run)["findings"].clone();
    assert_eq!(findings[0]["code"], "image/never-pull", "{run}");
    let since = &findings[1];
    assert_eq!(since["code"], "crashloop/since-revision", "{run}");
    assert!(since["summary"].to_string().contains("revision 2 took the place of revision 1"), "{since:#}");
    assert!(since["evidence"].to_string().contains(&format!("now {image}")), "{since:#}");
    let next = since["next"][0].as_str().expect("a command");
    assert!(next.starts_with("kubectl sk-rollback deployment/web --dry-run"), "{next}");
}

#[test]
fn what_is_well_is_not_accused_and_what_is_absent_is_said() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |_| {});
    scene.wait("web", "it is ready", |pod| pod["status"]["containerStatuses"][0]["ready"] == true);
    scene.diagnose(&["pod", "web"]).run().code(0).stdout_has("✓ web: Running, ready");
    for form in ["terminating", "pending", "crashloop", "readiness"] {
        scene.diagnose(&[form]).run().code(0).stdout_has("no pod ");
        let run = scene.diagnose(&[form, "web-x2x4p"]).run().code(3);
        run.stdout("")
            .stderr_has("Error from server (NotFound): pods \"web-x2x4p\" not found")
            .stderr_has("pods there: web\n");
    }
}
