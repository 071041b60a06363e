//! The table of causes that the real cluster shows: code, object, and what must be said of it.

use crate::causes_fixture::Fixture;

const fn pod(name: &'static str, code: &'static str) -> Fixture {
    Fixture::on(name, code)
}

const fn deployment(code: &'static str) -> Fixture {
    Fixture::on("deployment/web", code)
}

/// A pod `web`.
const WEB: &str = "pod/web";
/// A pod of the Deployment `web`.
const OF_WEB: &str = "pod/web-";

/// All of them.
pub(crate) const FIXTURES: &[Fixture] = &[
    // The kubelet pulls one image after the other, so one that hangs holds up the others.
    pod(OF_WEB, "image/invalid-name")
        .says(&["registry.example.com/Shop_Gateway::2", "container app"])
        .shows(&["state.waiting: InvalidImageName", "spec.containers[app].image"])
        .in_every_run(),
    pod(OF_WEB, "image/never-pull")
        .says(&["registry.example.com/shop/gateway:2.42.0", "Never"])
        .shows(&["ErrImageNeverPull"])
        .in_every_run(),
    pod(WEB, "image/dns")
        .says(&["cannot resolve registry.example.invalid"])
        .shows(&["state.waiting", "lookup"])
        .within(240),
    pod(WEB, "image/registry-unavailable")
        .says(&["localhost:9/shop/gateway:2.42.0", "connection refused"])
        .shows(&["state.waiting"])
        .within(240)
        .in_every_run(),
    pod(OF_WEB, "image/not-found")
        .says(&["localhost:30801", "does not have", "gateway:2.42.0"])
        .shows(&["state.waiting", "not found"])
        .within(240)
        .in_every_run(),
    pod(WEB, "image/tls").says(&["HTTP response to HTTPS client"]).shows(&["state.waiting"]).within(240),
    pod(WEB, "image/timeout").says(&["in time", "30803"]).shows(&["TLS handshake timeout"]).within(240),
    pod(WEB, "image/rate-limited")
        .says(&["limits the rate of pulls (429)"])
        .shows(&["429 Too Many Requests"])
        .within(240),
    pod(WEB, "image/unauthorized")
        .says(&["refuses the pull", "names no imagePullSecrets"])
        .shows(&["401 Unauthorized"])
        .within(240),
    pod(WEB, "image/pull-failed").says(&["418 I am a teapot"]).shows(&["state.waiting"]).within(240),
    pod(WEB, "image/pull-secret").says(&["regcred"]).shows(&["FailedToRetrieveImagePullSecret"]).within(240),
    pod(WEB, "image/no-platform")
        .says(&["localhost:30808/shop/gateway:2.42.0"])
        .shows(&["no match for platform"])
        .within(240),
    pod(OF_WEB, "crashloop/config-error")
        .says(&["ConfigMap gateway-config has no key RATE_LIMIT_RPS", "container app"])
        .shows(&["CreateContainerConfigError"])
        .in_every_run(),
    pod(WEB, "crashloop/start-error")
        .says(&["/usr/local/bin/gateway", "no such file"])
        .shows(&["RunContainerError"]),
    pod(WEB, "crashloop/oom-killed")
        .says(&["container app", "32Mi"])
        .shows(&["exit 137 (SIGKILL)", "spec.containers[app].resources.limits.memory: 32Mi"])
        .in_every_run(),
    pod(WEB, "crashloop/oom-node-pressure")
        .says(&["no memory limit", "no memory left"])
        .shows(&["OOMKilled", "limits.memory: none"]),
    pod(WEB, "crashloop/startup-probe")
        .says(&["container app", "/health/ready"])
        .shows(&["failed startup probe", "startupProbe"]),
    pod(OF_WEB, "crashloop/liveness-killed")
        .says(&["liveness probe", "/health/live", "2 failures", "every 1s"])
        .shows(&["failed liveness probe", "livenessProbe"])
        .in_every_run(),
    pod(WEB, "crashloop/post-start-hook")
        .says(&["postStart hook of container app", "exit 3"])
        .shows(&["FailedPostStartHook"]),
    pod("pod/db-0", "crashloop/init-crash")
        .says(&["init container migrate", "exit 1", "relation users does not exist"])
        .shows(&["initContainerStatuses[migrate]"]),
    pod(OF_WEB, "crashloop/app-exit")
        .says(&["container app", "exit 7", "10.96.14.7:5432 refuses connections"])
        .shows(&["exit 7", "restartCount"])
        .in_every_run(),
    pod("pod/agent-", "crashloop/exits-zero").says(&["exit 0", "restartPolicy Always"]).shows(&["exit 0"]),
    deployment("crashloop/since-revision")
        .says(&["only the present template crashes", "never restarted"])
        .shows(&["restarts: "])
        .beside(&["crashloop/app-exit"])
        .in_every_run(),
    deployment("crashloop/one-node-only")
        .says(&["the 2 pods that crash are all on", "1 pod ready elsewhere"])
        .shows(&["spec.nodeName: "])
        .beside(&["crashloop/app-exit"]),
    pod(OF_WEB, "readiness/http-4xx")
        .says(&["GET /healthz on port http", "HTTP 404"])
        .shows(&["ready: false", "event Unhealthy", "readinessProbe"])
        .in_every_run(),
    pod(OF_WEB, "readiness/http-5xx")
        .says(&["GET /health/ready on port http", "HTTP 503"])
        .shows(&["statuscode: 503", "readinessProbe"])
        .in_every_run(),
    pod(OF_WEB, "readiness/dependency")
        .says(&["db is down", "connection refused"])
        .shows(&["readinessProbe"])
        .in_every_run(),
    pod(OF_WEB, "readiness/refused")
        .says(&["nothing in container app listens"])
        .shows(&["connection refused"]),
    pod(OF_WEB, "readiness/wrong-port")
        .says(&["asks port 9090", "8080 (http)"])
        .shows(&["ports: 8080 (http)"])
        .in_every_run(),
    pod(OF_WEB, "readiness/timeout").says(&["GET /health/ready", "within 1s"]).shows(&["event Unhealthy"]),
    pod(OF_WEB, "readiness/dns").says(&["absent.example.invalid"]).shows(&["lookup"]).within(150),
    pod(WEB, "readiness/tls").says(&["HTTPS"]).shows(&["event Unhealthy"]),
    pod(OF_WEB, "readiness/probe-failed").says(&["database is locked"]).shows(&["event Unhealthy"]),
    pod(WEB, "readiness/sidecar-not-ready")
        .says(&["container proxy beside app", "port 15021"])
        .shows(&["containerStatuses[proxy].ready: false"]),
    pod(WEB, "readiness/readiness-gate")
        .says(&["example.com/load-balancer", "missing"])
        .shows(&["spec.readinessGates: example.com/load-balancer"])
        .within(150),
    pod(WEB, "readiness/still-starting")
        .says(&["container app is starting", "startupProbe"])
        .shows(&["startupProbe"]),
    deployment("readiness/min-ready-seconds")
        .says(&["1 pod ready", "minReadySeconds"])
        .shows(&["status.availableReplicas: 0"]),
    deployment("readiness/no-endpoints")
        .says(&["Service web", "app=gateway"])
        .shows(&["spec.selector"])
        .in_every_run(),
    pod(OF_WEB, "readiness/network-policy")
        .says(&["NetworkPolicy deny-all", "port 8080"])
        .shows(&["networkpolicy/deny-all"]),
    pod(WEB, "readiness/node-not-ready")
        .says(&["does not answer"])
        .shows(&["status.conditions[Ready]"])
        .within(200)
        .falls_silent(),
    deployment("pending/admission-policy")
        .says(&["must carry the label team"])
        .shows(&["FailedCreate"])
        .in_every_run(),
    deployment("pending/invalid").says(&["must be less than or equal to cpu limit"]).shows(&["FailedCreate"]),
    deployment("pending/limit-range").says(&["maximum memory", "2Gi", "3Gi"]).shows(&["FailedCreate"]),
    deployment("pending/pod-security")
        .says(&["restricted", "runAsNonRoot != true"])
        .shows(&["violates PodSecurity"])
        .in_every_run(),
    deployment("pending/webhook")
        .says(&["policy.example.com", "image tag latest is not allowed"])
        .shows(&["denied the request"])
        .within(150),
    deployment("pending/webhook-outage")
        .says(&["policy.example.com", "service \"policy\" not found"])
        .shows(&["failed calling webhook"]),
    deployment("pending/service-account")
        .says(&["ServiceAccount deployer does not exist"])
        .shows(&["FailedCreate"])
        .in_every_run(),
    deployment("pending/priority-class").says(&["PriorityClass gold"]).shows(&["FailedCreate"]),
    deployment("pending/runtime-class").says(&["RuntimeClass gvisor"]).shows(&["FailedCreate"]),
    deployment("pending/quota")
        .says(&["quota compute", "limited: pods=0"])
        .shows(&["exceeded quota"])
        .in_every_run(),
    deployment("pending/refused").says(&["gateway-tls", "careful"]).shows(&["FailedCreate"]),
    pod(OF_WEB, "pending/insufficient-cpu")
        .says(&["free cpu", "asks for 1k"])
        .shows(&["Insufficient cpu", "resources.requests.cpu"])
        .in_every_run(),
    pod(OF_WEB, "pending/insufficient-memory")
        .says(&["free memory", "asks for 100Ti"])
        .shows(&["Insufficient memory"]),
    pod(OF_WEB, "pending/insufficient-ephemeral-storage")
        .says(&["ephemeral-storage", "asks for 100Ti"])
        .shows(&["Insufficient ephemeral-storage"]),
    pod(OF_WEB, "pending/insufficient-extended")
        .says(&["example.com/gpu", "asks for 1"])
        .shows(&["Insufficient example.com/gpu"]),
    pod(WEB, "pending/too-many-pods").says(&["pods"]).shows(&["Too many pods"]),
    pod(WEB, "pending/node-selector")
        .says(&["disk=ssd"])
        .shows(&["node affinity/selector", "spec.nodeSelector"])
        .in_every_run(),
    pod(WEB, "pending/node-affinity")
        .says(&["topology.kubernetes.io/zone In (eu-1a, eu-1b)"])
        .shows(&["node affinity/selector"]),
    pod(WEB, "pending/pod-affinity").says(&["app=cache"]).shows(&["pod affinity rules"]),
    pod("pod/db-1", "pending/pod-anti-affinity").says(&["app=db"]).shows(&["anti-affinity rules"]),
    pod(WEB, "pending/topology-spread").says(&["example.com/rack"]).shows(&["topology spread"]),
    pod("pod/proxy-1", "pending/host-port").says(&["30820"]).shows(&["free ports"]),
    pod(WEB, "pending/untolerated-taint").says(&["dedicated"]).shows(&["untolerated taint"]).in_every_run(),
    pod(WEB, "pending/cordoned")
        .says(&["cordoned", "sk-test-"])
        .shows(&["spec.unschedulable: true"])
        .in_every_run(),
    pod(WEB, "pending/node-not-ready").says(&["not ready"]).shows(&["sk-test-"]),
    pod(WEB, "pending/node-pressure").says(&["short of"]).shows(&["sk-test-"]),
    pod(WEB, "pending/pvc-not-found")
        .says(&["PersistentVolumeClaim data-gone does not exist"])
        .shows(&["data-gone"])
        .in_every_run(),
    pod(WEB, "pending/pvc-unbound")
        .says(&["PersistentVolumeClaim data", "fast-ssd"])
        .shows(&["claimName: data"]),
    pod(WEB, "pending/pv-zone").says(&["PersistentVolumeClaim data"]).shows(&["node affinity"]),
    pod(WEB, "pending/claim-lost").says(&["PersistentVolumeClaim data is Lost"]).shows(&["Lost"]).within(150),
    pod(WEB, "pending/volume-limit").says(&["as many volumes"]).shows(&["max volume count"]),
    pod(WEB, "pending/claim-in-use")
        .says(&["PersistentVolumeClaim data is for one pod at a time"])
        .shows(&["pvc/data spec.accessModes: ReadWriteOncePod"]),
    pod(WEB, "pending/unschedulable")
        .says(&["cannot allocate all claims"])
        .shows(&["cannot allocate all claims"]),
    pod(WEB, "pending/scheduling-gate")
        .says(&["example.com/wait-for-quota"])
        .shows(&["spec.schedulingGates"]),
    pod(WEB, "pending/unknown-scheduler").says(&["stork"]).shows(&["spec.schedulerName: stork"]),
    pod(WEB, "pending/preempted").says(&["preempt"]).shows(&["DisruptionTarget", "PreemptionByScheduler"]),
    pod(WEB, "pending/missing-config-map")
        .says(&["ConfigMap gateway-files does not exist", "volume config"])
        .shows(&["FailedMount"])
        .in_every_run(),
    pod(WEB, "pending/missing-secret")
        .says(&["Secret gateway-tls does not exist", "volume tls"])
        .shows(&["FailedMount"]),
    pod(WEB, "pending/mount-failed").says(&["/absent/data is not a directory"]).shows(&["FailedMount"]),
    pod(WEB, "pending/multi-attach")
        .says(&["already used by pod(s) first"])
        .shows(&["Multi-Attach error"])
        .within(200),
    pod(WEB, "pending/sandbox-network")
        .says(&["sandbox cannot be made", "no runtime for \"kata-absent\""])
        .shows(&["FailedCreatePodSandBox"]),
    pod(WEB, "pending/node-admission").says(&["OutOfcpu"]).shows(&["status.reason: OutOfcpu"]).in_every_run(),
    pod(WEB, "pending/evicted").says(&["EmptyDir volume \"cache\"", "1Mi"]).shows(&["Evicted"]).within(240),
    pod(WEB, "pending/init-running")
        .says(&["init container wait-for-db"])
        .shows(&["state.running"])
        .within(200),
    pod(WEB, "terminating/within-grace")
        .says(&["ends by itself", "grace of 5m"])
        .shows(&["grace period 300 s"]),
    pod(WEB, "terminating/pre-stop-hook")
        .says(&["preStop hook of container app", "sleep 25"])
        .shows(&["lifecycle.preStop: sleep 25"])
        .in_every_run(),
    pod(WEB, "terminating/ignores-sigterm")
        .says(&["container app still runs", "after SIGTERM"])
        .shows(&["lifecycle.preStop: none"])
        .in_every_run(),
    pod(WEB, "terminating/finalizer")
        .says(&["held by finalizer example.com/backup"])
        .shows(&["metadata.finalizers: example.com/backup"])
        .in_every_run(),
    pod("pod/db-0", "terminating/node-lost")
        .says(&["StatefulSet db", "force delete"])
        .shows(&["deletionTimestamp"])
        .in_every_run(),
    pod(WEB, "terminating/static-pod")
        .says(&["not stuck", "static pod"])
        .shows(&["kubernetes.io/config.mirror"]),
    pod(WEB, "terminating/volume-detach")
        .says(&["PersistentVolumeClaim data is not detached", "device or resource busy"])
        .shows(&["status.detachError"])
        .within(200),
    deployment("rollout/paused").says(&["paused"]).shows(&["spec.paused: true"]).in_every_run(),
    deployment("rollout/quota-surge")
        .says(&["quota compute", "1 extra pod"])
        .shows(&["maxSurge 1, maxUnavailable 0"]),
    deployment("rollout/progress-deadline")
        .says(&["progressDeadlineSeconds"])
        .shows(&["ProgressDeadlineExceeded"]),
    deployment("rollout/below-floor")
        .says(&["1 of 2 pods available", "needs 2"])
        .shows(&["minAvailable of the catalogue: 2"]),
    deployment("rollout/hpa-fights")
        .says(&["web-by-queue", "web-hpa", "against the others"])
        .shows(&["hpa/web-hpa spec"]),
    deployment("rollout/nothing-changed")
        .says(&["only restarted"])
        .shows(&["spec.template of replicaset/web-"])
        .beside(&["crashloop/config-error"]),
    deployment("rollout/gitops-reverts")
        .says(&["Argo CD", "took the restart of"])
        .shows(&["restartedAt]: none"]),
    deployment("rollout/pdb-blocks-eviction")
        .says(&["is cordoned", "no pod can be evicted"])
        .shows(&["spec.unschedulable: true"])
        .in_every_run(),
    deployment("rollout/stale-revision")
        .says(&["1 ready pod still of"])
        .shows(&["ProgressDeadlineExceeded"])
        .beside(&["rollout/progress-deadline"]),
];
