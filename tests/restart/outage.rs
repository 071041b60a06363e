//! The cluster's own API server is killed while a rollout is watched. A target of its own: no other test may run meanwhile.
//! Once takes half a minute. Again and again takes two: a reflector's pauses grow with each lost connection, and are only
//! forgotten after two quiet minutes (client-go's `NewReflectorWithOptions`), so it is the controllers that are waited for.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
mod service;

use std::time::Duration;

use serde_json::{Value, json};
use service::{Restarts, Service};
use support::report;
use testkit::{TestCluster, wait_until};

/// Time for a restart to get as far as a new pod.
const BEGINS: Duration = Duration::from_secs(60);

/// Time for the kubelet to start the API server again, and to say so.
const COMES_BACK: Duration = Duration::from_secs(120);

/// Kills every process of the node with this name. The image has a shell, and no `pkill`.
const KILL_API_SERVER: &str = r#"for process in /proc/[0-9]*; do
    read -r name < "$process/comm" && [ "$name" = kube-apiserver ] && kill -KILL "${process#/proc/}"
done"#;

fn restarts_of_the_api_server(cluster: &TestCluster) -> Option<u64> {
    let selector = "--selector=component=kube-apiserver";
    let pods = cluster.try_kubectl(&["get", "pods", "-n", "kube-system", selector, "-o", "json"], "");
    let pods: Value = serde_json::from_str(&pods).ok()?;
    pods["items"][0]["status"]["containerStatuses"][0]["restartCount"].as_u64()
}

/// As whoever may run a privileged pod on the control plane could.
fn kill_the_api_server(service: &Service) {
    let image = std::env::var("SK_TEST_STUB_IMAGE").expect("SK_TEST_STUB_IMAGE names the stub's image");
    service.apply(&json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "killer"},
        "spec": {
            "hostPID": true, "restartPolicy": "Never", "terminationGracePeriodSeconds": 0,
            "tolerations": [{"operator": "Exists"}],
            "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
            "containers": [{
                "name": "killer", "image": image, "imagePullPolicy": "Never",
                "command": ["sh", "-c", KILL_API_SERVER], "securityContext": {"privileged": true},
            }],
        },
    }));
}

#[test]
fn an_api_server_that_is_killed_and_started_again() {
    let cluster = TestCluster::get();
    let before = restarts_of_the_api_server(&cluster).expect("an API server in a pod of kube-system");
    let service = Service::start_with(&cluster, |deployment| deployment["spec"]["replicas"] = 2.into());
    service.order(&[("STUB_READY_AFTER", "10")]);
    let mut running = service.restart(&["--soak", "0", "-o", "json"]).spawn();
    running.wait_for(" ready  new pod web-", BEGINS);
    kill_the_api_server(&service);

    let run = running.join().code(0);
    let told = report(&run);
    let verified = (&told["outcome"], &told["verified"]["rollout"]);
    assert_eq!(verified, (&"Succeeded".into(), &"pass".into()), "{run}");
    let status = service.try_kubectl(&["rollout", "status", "deployment/web", "--watch=false"]);
    assert!(status.contains("successfully rolled out"), "{status}\n{run}");
    wait_until(COMES_BACK, "the API server to have been started again", || {
        restarts_of_the_api_server(&cluster).filter(|restarts| *restarts > before)
    });
}
