//! Texts that nobody should trust: nothing of them reaches a terminal as it is, and nothing panics.

use serde_json::{Value, json};
use testkit::{FakeApi, Reply, Run};

use crate::support::{
    NAMESPACE, World, crashing, diagnose, event, pod, ready, report, unready, unschedulable,
};

/// What drives a terminal, or reorders what is read.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\r\n\u{202e}gnp.exe\u{2066}\u{200f}\u{0}";

/// Nothing of it came through, on either stream.
#[track_caller]
fn is_safe(run: &Run) {
    for (name, stream) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        let raw = stream.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(*c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(raw, None, "raw on {name}\n{run}");
    }
    assert!(!run.stderr.contains("panicked"), "{run}");
}

fn everywhere(pod: &mut Value) {
    pod["spec"]["containers"][0]["name"] = json!(format!("app{EVIL}"));
    pod["spec"]["containers"][0]["image"] = json!(format!("web{EVIL}"));
    pod["spec"]["nodeName"] = json!(format!("node{EVIL}"));
    pod["metadata"]["finalizers"] = json!([format!("hold{EVIL}")]);
    pod["metadata"]["labels"][EVIL] = json!(EVIL);
    pod["status"]["message"] = json!(EVIL);
    pod["status"]["reason"] = json!(EVIL);
    for status in pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
        status["name"] = json!(format!("app{EVIL}"));
        for state in ["state", "lastState"] {
            for kind in ["waiting", "terminated"] {
                if status[state][kind].is_object() {
                    status[state][kind]["message"] = json!(EVIL);
                    status[state][kind]["reason"] = json!(format!("Error{EVIL}"));
                }
            }
        }
    }
    for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
        condition["message"] = json!(EVIL);
    }
}

#[test]
fn nothing_raw_reaches_a_terminal() {
    let makers: [fn(&str, &str) -> Value; 5] =
        [crashing, unschedulable, unready, crate::support::terminating, ready];
    for make in makers {
        let mut pod = make("web", "a");
        everywhere(&mut pod);
        let events = ["Unhealthy", "Failed", "FailedMount", "FailedScheduling", "Killing", "BackOff"];
        let world = World {
            events: events
                .map(|reason| event(&pod, "Warning", reason, &format!("probe failed {EVIL}")))
                .to_vec(),
            log: format!("ERROR {EVIL}\n"),
            ..World::web(vec![pod])
        };
        for form in [
            vec!["pod", "web-6f9c7d5b8-a", "--logs", "5"],
            vec!["service", "web"],
            vec!["crashloop"],
            vec!["pending"],
            vec!["terminating"],
            vec!["readiness"],
        ] {
            let (run, _api) = world.run(&form);
            is_safe(&run);
        }
        let (run, _api) = world.run(&["pod", "web-6f9c7d5b8-a", "-o", "json"]);
        report(&run);
    }
}

#[test]
fn refusals_of_the_server_are_made_visible_too() {
    let api = FakeApi::start();
    api.on("GET", "/api/v1/namespaces/shop/pods/web-1", [Reply::refusal(403, EVIL, &format!("no {EVIL}"))]);
    api.on(
        "GET",
        "/api/v1/namespaces/shop/pods",
        [Reply::json(&json!({"items": [{"metadata": {"name": EVIL}}]}))],
    );
    for pod in ["web-1", "web-2"] {
        let run = diagnose().kubeconfig(api.kubeconfig()).args(["pod", pod, "-n", NAMESPACE]).run();
        is_safe(&run.code(3));
    }
}

#[test]
fn a_log_of_one_endless_line_is_cut() {
    let world =
        World { log: format!("ERROR {}\n", "x".repeat(1 << 20)), ..World::web(vec![crashing("web", "a")]) };
    for arguments in [vec!["pod", "web-6f9c7d5b8-a"], vec!["pod", "web-6f9c7d5b8-a", "--logs", "3"]] {
        let (run, api) = world.run(&arguments);
        let run = run.code(1);
        is_safe(&run);
        assert!(run.stdout.lines().count() <= 24, "{run}");
        assert!(run.stdout.len() < 4096, "{}", run.stdout.len());
        let log = api
            .requests()
            .into_iter()
            .find(|request| request.path.ends_with("/log"))
            .expect("a log was read");
        assert!(log.query.contains(&("limitBytes".to_owned(), "262144".to_owned())), "{log:?}");
    }
}

#[test]
fn a_log_that_is_no_text_is_read() {
    let api = FakeApi::start();
    World::web(vec![crashing("web", "a")]).serve(&api);
    let bytes = b"\xff\xfe\x80 panic: \xc3\x28 out of luck\n".to_vec();
    api.on("GET", "/api/v1/namespaces/shop/pods/web-6f9c7d5b8-a/log", [Reply::bytes(bytes)]);
    let run = diagnose().kubeconfig(api.kubeconfig()).args(["pod", "web-6f9c7d5b8-a", "-n", NAMESPACE]).run();
    let run = run.code(1).stdout_has("out of luck");
    is_safe(&run);
}

#[test]
fn an_answer_that_is_no_utf8_is_read() {
    let api = FakeApi::start();
    let world = World::web(vec![crashing("web", "a")]);
    world.serve(&api);
    let mut bytes = world.pods[0].to_string().replace("back-off 5m0s", "back-off #").into_bytes();
    if let Some(byte) = bytes.iter_mut().find(|byte| **byte == b'#') {
        *byte = 0xff;
    }
    api.on("GET", "/api/v1/namespaces/shop/pods/web-6f9c7d5b8-a", [Reply::bytes(bytes)]);
    let run = diagnose().kubeconfig(api.kubeconfig()).args(["pod", "web-6f9c7d5b8-a", "-n", NAMESPACE]).run();
    run.code(1).stdout_has("crashloop/app-exit");
}

#[test]
fn pods_without_a_status_or_a_spec_are_judged() {
    let bare = json!({"metadata": {"name": "web-6f9c7d5b8-a", "namespace": NAMESPACE}});
    let mut nothing = pod("web", "b", &Value::Null);
    nothing["spec"] = Value::Null;
    let empty = pod("web", "c", &json!({}));
    let odd = pod(
        "web",
        "d",
        &json!({"phase": "Running", "containerStatuses": [{"name": "other", "image": "",
        "imageID": "", "ready": false, "restartCount": -7, "state": {}, "lastState": {"terminated": {"exitCode": -1}}}]}),
    );
    let world = World { pods: vec![bare, nothing, empty, odd], ..World::default() };
    for form in ["terminating", "pending", "crashloop", "readiness"] {
        let (run, _api) = world.run(&[form]);
        is_safe(&run);
        run.never_says("panicked");
    }
    for name in ["a", "b", "c", "d"] {
        let (run, _api) = world.run(&["pod", &format!("web-6f9c7d5b8-{name}"), "-o", "json"]);
        assert_ne!(report(&run)["objects"][0]["verdict"], "pass", "{run}");
    }
}

#[test]
fn an_answer_of_another_kind_is_an_error() {
    for body in ["[]", "{}", "\"pods\"", "{\"metadata\": 7}", "{\"items\": {}}", "null"] {
        let api = FakeApi::start();
        api.on("GET", "/api/v1/namespaces/shop/pods/web-1", [Reply::text(200, body)]);
        api.on("GET", "/api/v1/namespaces/shop/pods", [Reply::text(200, body)]);
        for form in [vec!["pod", "web-1"], vec!["pending"]] {
            let run = diagnose().kubeconfig(api.kubeconfig()).args(form).args(["-n", NAMESPACE]).run();
            is_safe(&run);
        }
    }
}
