//! Objects that are made here: what one kind node cannot be brought to show, and other words for what it shows.

use serde_json::{Value, json};

use super::make::{
    Make, container, crashed, creating, ended, ready, running, unscheduled, waiting, web, with,
};
use super::{Expected, check, revisions};
use crate::fixtures::at;

/// A name, what is made, and what is found in it.
pub(super) type Row = (&'static str, Make, Expected);

/// All of them.
pub(super) fn made() -> Vec<Row> {
    [
        image(),
        crashloop(),
        revisions::since_revision(),
        revisions::replaced(),
        scheduling(),
        pending(),
        rollout(),
    ]
    .concat()
}

#[test]
fn each_made_object_yields_its_cause_and_no_other() {
    for (name, make, expected) in made() {
        check(name, &make.case().found(), expected);
    }
}

fn pull(message: &str) -> Make {
    let image = "registry.example.com/web:7";
    let said = format!(
        "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {message}"
    );
    web().pod(&waiting("ErrImagePull", &said))
}

pub(super) fn nodes(reasons: &str) -> String {
    format!(
        "0/5 nodes are available: {reasons}. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."
    )
}

pub(super) fn claim() -> Value {
    json!({"spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "orders"}}]}})
}

/// Pulls that fail.
fn image() -> Vec<Row> {
    let host = "registry.example.com";
    vec![
        ("rate limit", pull(&format!("pulling from host {host} failed with status code [manifests 7]: 429 Too Many Requests")),
            &[("image/rate-limited", "pod/web-", &["429", "registry.example.com/web:7"])]),
        ("registry hangs", pull("failed to do request: Head \"https://x/v2/\": dial tcp 192.0.2.7:443: i/o timeout"),
            &[("image/timeout", "pod/web-", &["registry.example.com", "in time"])]),
        ("registry unknown to the resolver", pull("failed to do request: Head \"https://x/v2/\": dial tcp: lookup registry.example.com on 10.0.0.2:53: no such host"),
            &[("image/dns", "pod/web-", &["cannot resolve registry.example.com"])]),
        ("certificate", pull("failed to do request: Head \"https://x/v2/\": tls: failed to verify certificate: x509: certificate signed by unknown authority"),
            &[("image/tls", "pod/web-", &["x509", "unknown authority"])]),
        ("disk", web().pod(&waiting("ErrImagePull", "failed to extract layer sha256:1: write /var/lib/x: no space left on device")),
            &[("image/disk-full", "pod/web-", &["disk of node-1", "web:7"])]),
        ("signature", web().pod(&waiting("SignatureValidationFailed", "image pull failed for web because the signature validation failed")),
            &[("image/signature", "pod/web-", &["signature"])]),
        ("an address that is signed", pull("failed to do request: Get \"https://cdn.example.com/web?X-Amz-Signature=1f&x=not found\": net/http: TLS handshake timeout"),
            &[("image/timeout", "pod/web-", &["registry.example.com", "in time"])]),
        ("no platform, in CRI-O's words", pull("choosing an image from manifest list docker://x: no image found in image index for architecture \"arm64\", variant \"v8\", OS \"linux\""),
            &[("image/no-platform", "pod/web-", &["platform"])]),
        ("hidden by the registry", web().pod(&waiting("ErrImagePull", "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed")),
            &[("image/unauthorized", "pod/web-", &["refuses the pull"])]),
        ("odd pull", web().pod(&waiting("ErrImagePull", "failed to copy: httpReadSeeker: failed open: unexpected commit digest")),
            &[("image/pull-failed", "pod/web-", &["unexpected commit digest"])]),
        ("an older kubelet's back-off", web()
            .pod(&waiting("ImagePullBackOff", "Back-off pulling image \"registry.example.com/web:7\""))
            .event("app", "Failed", "Failed to pull image \"registry.example.com/web:7\": rpc error: code = NotFound desc = manifest unknown", 2, [3, 20]),
            &[("image/not-found", "pod/web-", &["registry.example.com/web:7"])]),
    ]
}

/// Containers that do not stay.
fn crashloop() -> Vec<Row> {
    let limits = json!({"spec": {"containers": [{"name": "app", "image": "web:7",
        "resources": {"limits": {"memory": "256Mi"}}}]}});
    vec![
        ("killed by the node", web().pod(&crashed(137, "OOMKilled", 2)),
            &[("crashloop/oom-node-pressure", "pod/web-", &["no memory limit", "node-1"])]),
        ("killed at its limit, by its child's code", web().pod(&with(crashed(1, "OOMKilled", 2), &limits)).log("warming up 180000/400000\n"),
            &[("crashloop/oom-killed", "pod/web-", &["limit of 256Mi"])]),
        ("dependency", web().pod(&crashed(2, "Error", 3)).log("INFO up\npanic: dial tcp 10.96.14.7:5432: connect: connection refused\n"),
            &[("crashloop/app-exit", "pod/web-", &["exit 2", "10.96.14.7:5432 refuses connections", "restarted 3 times"])]),
        ("port in use", web().pod(&crashed(1, "Error", 3)).log("listen tcp :8080: bind: address already in use\n"),
            &[("crashloop/app-exit", "pod/web-", &[":8080 is already in use"])]),
        ("setting", web().pod(&crashed(1, "Error", 3)).log("FATAL missing required setting DATABASE_URL\n"),
            &[("crashloop/app-exit", "pod/web-", &["setting DATABASE_URL is missing or wrong"])]),
        ("anything else it logs", web().pod(&crashed(1, "Error", 3)).log("ERROR relation users does not exist\n"),
            &[("crashloop/app-exit", "pod/web-", &["relation users does not exist"])]),
        ("SIGKILL by nobody known", web().pod(&crashed(137, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-", &["SIGKILL", "memory is not excluded"])]),
        ("SIGKILL at a limit by nobody known", web().pod(&with(crashed(137, "Error", 3), &limits)),
            &[("crashloop/oom-killed", "pod/web-", &["by nobody that says so", "256Mi"])]),
        ("a hook that fails, killed at a limit", web().pod(&with(crashed(137, "Error", 3), &limits))
            .event("app", "FailedPostStartHook", "PostStartHook failed", 3, [10, 95])
            .event("app", "Killing", "FailedPostStartHook", 3, [10, 95]),
            &[("crashloop/post-start-hook", "pod/web-", &["postStart hook of container app"])]),
        ("a volume that is not there is no command", web().pod(&waiting("CreateContainerError", "failed to generate container \"1\" spec: failed to generate spec: failed to stat \"/var/lib/x\": stat /var/lib/x: no such file or directory")),
            &[("crashloop/start-error", "pod/web-", &["failed to generate spec: failed to stat"])]),
        ("a container whose own policy lets it end", web().pod(&with(container(false, 0, &ended(0, "Completed", [90, 100]), &Value::Null),
                &json!({"spec": {"containers": [{"name": "app", "image": "web:7", "restartPolicy": "Never"}]}}))),
            &[]),
        ("a sidecar that is told to end once the Job's own container failed", web().pod(&json!({
                "spec": {"restartPolicy": "Never", "initContainers": [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}]},
                "status": {"phase": "Failed", "initContainerStatuses": [{"name": "proxy", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": ended(143, "Error", [1, 101])}],
                    "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": ended(1, "Error", [2, 100])}]}})),
            &[("crashloop/app-exit", "pod/web-", &["container app fails with exit 1"])]),
        ("architecture", web().pod(&container(false, 3,
                &json!({"waiting": {"reason": "CrashLoopBackOff"}}),
                &json!({"terminated": {"exitCode": 128, "reason": "StartError", "startedAt": "1970-01-01T00:00:00Z", "finishedAt": at(100),
                    "message": "failed to create containerd task: exec /app: exec format error: unknown"}}))),
            &[("crashloop/start-error", "pod/web-", &["exec format error"])]),
        ("a shell that finds no command", web()
            .pod(&with(crashed(127, "Error", 3), &json!({"spec": {"containers": [{"name": "app", "image": "web:7", "command": ["sh", "-c", "nosuch"]}]}})))
            .log("starting\nsh: nosuch: not found\n"),
            &[("crashloop/start-error", "pod/web-", &["exit 127 (command not found)", "sh: nosuch: not found", "3 times"])]),
        ("a shell that may not execute, its log not read", web().pod(&crashed(126, "Error", 1)),
            &[("crashloop/start-error", "pod/web-", &["exit 126 (found, but cannot be executed)"])]),
        ("liveness, its events dropped since", web().pod(&crashed(143, "Error", 30))
            .event("app", "Killing", "Container app failed liveness probe, will be restarted", 6, [10, 40]),
            &[("crashloop/liveness-killed", "pod/web-", &["liveness probe", "30 times"])]),
        ("liveness on a port that is not listed", web().pod(&with(crashed(143, "Error", 3), &json!({"spec": {"containers": [{"name": "app", "image": "web:7",
                "ports": [{"containerPort": 8080, "name": "http"}], "livenessProbe": {"tcpSocket": {"port": 8081}}}]}})))
            .event("app", "Killing", "Container app failed liveness probe, will be restarted", 3, [10, 95])
            .event("app", "Unhealthy", "Liveness probe failed: dial tcp 10.0.0.1:8081: connect: connection refused", 9, [10, 95]),
            &[("crashloop/liveness-killed", "pod/web-", &["it asks port 8081, and the container lists 8080 (http)"])]),
        ("a limit too low to start with", web().pod(&with(waiting("RunContainerError",
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown"), &limits)),
            &[("crashloop/oom-killed", "pod/web-", &["limit of 256Mi"])]),
        ("liveness once, then a crash of its own", web().pod(&crashed(3, "Error", 2))
            .event("app", "Killing", "Container app failed liveness probe, will be restarted", 1, [10, 40]),
            &[("crashloop/app-exit", "pod/web-", &["exit 3"])]),
        ("a hook that fails because the process is gone", web().pod(&crashed(3, "Error", 2))
            .event("app", "FailedPostStartHook", "PostStartHook failed", 2, [10, 100]),
            &[("crashloop/app-exit", "pod/web-", &["exit 3"])]),
        ("running again, not ready", web().pod(&container(false, 3, &running(110), &ended(7, "Error", [90, 100]))),
            &[("crashloop/app-exit", "pod/web-", &["exit 7"])]),
        ("one node", web()
            .pod(&crashed(7, "Error", 3)).pod(&crashed(7, "Error", 4))
            .pod(&with(ready(), &json!({"spec": {"nodeName": "node-2"}}))),
            &[
                ("crashloop/app-exit", "pod/web-6f9c7d5b8-p0", &["exit 7"]),
                ("crashloop/app-exit", "pod/web-6f9c7d5b8-p1", &["exit 7"]),
                ("crashloop/one-node-only", "deployment/web", &["2 pods", "node-1", "1 pod ready elsewhere"]),
            ]),
        ("since the new image", web()
            .older(&json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "web:6"}]}}))
            .pod(&crashed(7, "Error", 3)),
            &[
                ("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"]),
                ("crashloop/since-revision", "deployment/web", &["only the present template crashes", "1 pod"]),
            ]),
        ("since a restart: nothing to roll back to", web()
            .older(&json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.com/web:7"}]}}))
            .pod(&crashed(7, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])]),
    ]
}

/// Pods that no node takes.
fn scheduling() -> Vec<Row> {
    let claim = claim();
    vec![
        ("many pods", web().pod(&unscheduled(&nodes("2 Too many pods, 3 node(s) had untolerated taint {a: b}"))),
            &[("pending/too-many-pods", "pod/web-", &["the 2 that come closest"])]),
        ("taint", web().pod(&unscheduled(&nodes("5 node(s) had untolerated taint {dedicated: gpu}"))),
            &[("pending/untolerated-taint", "pod/web-", &["none of 5 nodes", "dedicated: gpu"])]),
        ("taint without its name", web().pod(&unscheduled(&nodes("5 node(s) had untolerated taint(s)"))),
            &[("pending/untolerated-taint", "pod/web-", &["none of 5 nodes", "does not tolerate"])]),
        ("cordoned", web().pod(&unscheduled(&nodes("5 node(s) were unschedulable"))),
            &[("pending/cordoned", "pod/web-", &["cordoned"])]),
        ("two resources of the same nodes", web().pod(&unscheduled(&nodes("2 Insufficient cpu, 2 Insufficient memory, 3 node(s) didn't match Pod's node affinity/selector"))),
            &[
                ("pending/insufficient-cpu", "pod/web-", &["free cpu"]),
                ("pending/insufficient-memory", "pod/web-", &["free memory"]),
            ]),
        ("a node that was not looked at", web().pod(&unscheduled(&nodes("1 Insufficient cpu, 4 node(s) didn't satisfy plugin(s) [NodeAffinity]"))),
            &[("pending/insufficient-cpu", "pod/web-", &["free cpu"])]),
        ("a claim that is deleted", web().pod(&with(unscheduled("0/1 nodes are available: persistentvolumeclaim \"orders\" is being deleted. preemption: 0/1"), &claim)),
            &[("pending/pvc-unbound", "pod/web-", &["PersistentVolumeClaim orders is being deleted"])]),
        ("zone", web().pod(&with(unscheduled(&nodes("5 node(s) had volume node affinity conflict")), &claim)),
            &[("pending/pv-zone", "pod/web-", &["orders"])]),
        ("zone, since 1.34", web().pod(&with(unscheduled(&nodes("2 node(s) didn't match PersistentVolume's node affinity, 3 node(s) had untolerated taint(s)")), &claim)),
            &[("pending/pv-zone", "pod/web-", &["the 2 that come closest", "orders"])]),
        ("a claim of another pod", web().pod(&with(unscheduled(&nodes("1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod, 4 node(s) didn't match Pod's node affinity/selector")), &claim)),
            &[("pending/claim-in-use", "pod/web-", &["PersistentVolumeClaim orders is for one pod at a time"])]),
        ("no node was looked at", web().pod(&with(unscheduled(&nodes("5 node(s) didn't satisfy plugin(s) [NodeAffinity]")), &json!({"spec": {"nodeSelector": {"disk": "ssd"}}}))),
            &[("pending/node-selector", "pod/web-", &["disk=ssd"])]),
        ("devices", web().pod(&unscheduled(&nodes("2 cannot allocate all claims, 3 node(s) had untolerated taint(s)"))),
            &[("pending/unschedulable", "pod/web-", &["the 2 that come closest: cannot allocate all claims"])]),
        ("volumes", web().pod(&with(unscheduled(&nodes("5 node(s) exceed max volume count")), &claim)),
            &[("pending/volume-limit", "pod/web-", &["as many volumes"])]),
        ("immediate claim", web().pod(&with(unscheduled(&nodes("pod has unbound immediate PersistentVolumeClaims")), &claim)),
            &[("pending/pvc-unbound", "pod/web-", &["PersistentVolumeClaim orders has no volume"])]),
        ("anti-affinity of others", web().pod(&unscheduled(&nodes("5 node(s) didn't satisfy existing pods anti-affinity rules"))),
            &[("pending/pod-anti-affinity", "pod/web-", &["do not want it"])]),
        ("no nodes", web().pod(&unscheduled("no nodes available to schedule pods")),
            &[("pending/unschedulable", "pod/web-", &["no nodes available"])]),
        ("scheduler's event only", web().pod(&with(unscheduled(""), &json!({"status": {"conditions": []}})))
            .event("", "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1", 4, [1, 60]),
            &[("pending/insufficient-cpu", "pod/web-", &["the only node"])]),
    ]
}

/// Pods that have a node and get no further.
fn pending() -> Vec<Row> {
    vec![
        ("attached elsewhere", web().pod(&with(creating(), &claim()))
            .event("", "FailedAttachVolume", "Multi-Attach error for volume \"pvc-1\" Volume is already used by pod(s) web-old-1", 1, [1, 1]),
            &[("pending/multi-attach", "pod/web-", &["pvc-1", "already used by pod(s) web-old-1"])]),
        ("addresses", web().pod(&creating())
            .event("", "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"1\": plugin type=\"ptp\" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.0.1-10.244.0.254", 4, [1, 60]),
            &[("pending/ip-exhausted", "pod/web-", &["no free address on node-1"])]),
        ("network", web().pod(&creating())
            .event("", "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"1\": plugin type=\"calico\" failed (add): connection is unauthorized", 4, [1, 60]),
            &[("pending/sandbox-network", "pod/web-", &["calico", "connection is unauthorized"])]),
        ("a mount that was made good, then the network", web().pod(&creating())
            .event("", "FailedMount", "MountVolume.SetUp failed for volume \"c\" : configmap \"c\" not found", 4, [1, 15])
            .event("", "FailedCreatePodSandBox", "Failed to create pod sandbox: cni plugin not initialized", 4, [20, 60]),
            &[("pending/sandbox-network", "pod/web-", &["cni plugin not initialized"])]),
        ("a mount that only times out", web().pod(&creating())
            .event("", "FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: context deadline exceeded", 1, [110, 110]),
            &[("pending/mount-failed", "pod/web-", &["unmounted volumes=[data]"])]),
        ("a mount that fails again", web().pod(&creating())
            .event("", "FailedMount", "MountVolume.SetUp failed for volume \"c\" : failed to sync configmap cache: timed out waiting for the condition", 2, [1, 3]),
            &[("pending/mount-failed", "pod/web-", &["volume c", "failed to sync configmap cache"])]),
        ("preempted", web().pod(&json!({"metadata": {"deletionTimestamp": at(130)}, "status": {"conditions": [
                {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "default-scheduler: preempting to accommodate a higher priority pod"}]}})),
            &[("pending/preempted", "pod/web-", &["node-1", "higher priority pod"])]),
        ("evicted, and obeyed", web().pod(&json!({"status": {"phase": "Succeeded"}}))
            .event("", "Evicted", "Usage of EmptyDir volume \"cache\" exceeds the limit \"1Mi\". ", 1, [60, 60]),
            &[("pending/evicted", "pod/web-", &["node-1 evicted the pod", "cache"])]),
        ("ended with its node", web().pod(&json!({"status": {"phase": "Failed", "reason": "Terminated",
                "message": "Pod was terminated in response to imminent node shutdown."}})),
            &[("pending/evicted", "pod/web-", &["node-1 ended the pod (Terminated)", "imminent node shutdown"])]),
        ("the kubelet says no", web().pod(&json!({"status": {"phase": "Failed", "reason": "OutOfcpu",
                "message": "Pod was rejected: Node didn't have enough resource: cpu, requested: 50000, used: 1060, capacity: 2000"}})),
            &[("pending/node-admission", "pod/web-", &["OutOfcpu", "requested: 50000"])]),
    ]
}

/// Pods that are not admitted, or not ready; rollouts that stand still.
fn rollout() -> Vec<Row> {
    vec![
        ("webhook", web().refused("admission webhook \"validate.policy.example.com\" denied the request: image tag latest is not allowed"),
            &[("pending/webhook", "deployment/web", &["validate.policy.example.com", "image tag latest is not allowed"])]),
        ("a webhook that answers after an outage", web().refused("admission webhook \"policy.example.com\" denied the request: no")
            .deployment(&json!({"status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                "message": "Internal error occurred: failed calling webhook \"policy.example.com\": failed to call webhook: EOF"}]}})),
            &[("pending/webhook", "deployment/web", &["policy.example.com denies the pods: no"])]),
        ("invalid", web().refused("Pod \"web-6f9c7d5b8-\" is invalid: spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit"),
            &[("pending/invalid", "deployment/web", &["must be less than or equal to cpu limit"])]),
        ("odd refusal", web().refused("pods \"web-6f9c7d5b8-abcde\" is forbidden: unable to create new content in namespace shop because it is being terminated"),
            &[("pending/refused", "deployment/web", &["being terminated"])]),
        ("quota without the request it wants", web().refused("pods \"web-6f9c7d5b8-abcde\" is forbidden: failed quota: compute: must specify limits.cpu for: app"),
            &[("pending/quota", "deployment/web", &["quota compute", "must specify limits.cpu for: app"])]),
        ("the same beside pods that serve: more room is no help", web().older(&json!({"spec": {"containers": [{"name": "app", "image": "web:6"}]}}))
            .refused("pods \"web-6f9c7d5b8-abcde\" is forbidden: failed quota: compute: must specify limits.cpu for: app"),
            &[("pending/quota", "deployment/web", &["quota compute", "must specify limits.cpu for: app"])]),
        ("a scope that no quota allows", web().refused("pods \"web-6f9c7d5b8-abcde\" is forbidden: insufficient quota to match these scopes: [{CrossNamespacePodAffinity Exists []}]"),
            &[("pending/quota", "deployment/web", &["pods of these scopes need a quota"])]),
        ("a priority that no quota allows", web().refused("pods \"web-6f9c7d5b8-abcde\" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]"),
            &[("pending/quota", "deployment/web", &["none does: [{PriorityClass In [system-node-critical]}]"])]),
        ("lost node", web().pod(&with(ready(), &json!({"status": {"conditions": [
                {"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]}})))
            .event("", "NodeNotReady", "Node is not ready", 1, [80, 80]),
            &[("readiness/node-not-ready", "pod/web-", &["node-1 does not answer"])]),
        ("unready without events", web().pod(&with(container(false, 0, &running(1), &Value::Null), &json!({
                "spec": {"containers": [{"name": "app", "image": "web:7", "readinessProbe": {"tcpSocket": {"port": 8080}}}]}}))),
            &[("readiness/probe-failed", "pod/web-", &["TCP port 8080"])]),
        ("a probe whose command is not there", web().pod(&with(container(false, 0, &running(1), &Value::Null), &json!({
                "spec": {"containers": [{"name": "app", "image": "web:7", "readinessProbe": {"exec": {"command": ["/bin/probe"]}}}]}})))
            .event("app", "Unhealthy", "Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: \"/bin/probe\": stat /bin/probe: no such file or directory: unknown", 9, [10, 110]),
            &[("readiness/probe-failed", "pod/web-", &["with: /bin/probe: there is no such file in the image"])]),
        ("a gate that nobody has opened yet", web().pod(&with(container(true, 0, &running(1), &Value::Null), &json!({
                "spec": {"readinessGates": [{"conditionType": "example.com/lb"}]},
                "status": {"conditions": [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True", "lastTransitionTime": at(110)}]}}))),
            &[("readiness/still-starting", "pod/web-", &["all containers are ready since 10s", "gate example.com/lb is missing"])]),
        ("unready at once after a long start", web().pod(&with(container(false, 0, &running(1), &Value::Null), &json!({
                "spec": {"containers": [{"name": "app", "image": "web:7", "readinessProbe": {"tcpSocket": {"port": 8080}},
                    "startupProbe": {"tcpSocket": {"port": 8080}, "failureThreshold": 30}}]}})))
            .event("app", "Unhealthy", "Readiness probe failed: dial tcp 10.0.0.1:8080: connect: connection refused", 2, [100, 110]),
            &[("readiness/still-starting", "pod/web-", &["container app has started", "gives it 30s from then on"])]),
        ("deadline that nothing explains", web()
            .condition(&json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "ReplicaSet \"web-6f9c7d5b8\" has timed out progressing."})),
            &[("rollout/progress-deadline", "deployment/web", &["progressDeadlineSeconds"])]),
    ]
}
