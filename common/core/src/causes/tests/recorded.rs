//! Objects that a real cluster (Kubernetes 1.34) showed, trimmed: each yields exactly these causes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Case, Expected, check};

/// Name of the file, and what is found in it: code, start of the object, words of the summary.
pub(super) const RECORDED: &[(&str, Expected)] = &[
    (
        "admission-policy",
        &[("pending/admission-policy", "deployment/admission-policy", &["must carry the label team"])],
    ),
    (
        "command-not-executable",
        &[("crashloop/start-error", "pod/permission-", &["/etc", "permission denied"])],
    ),
    (
        "command-not-found",
        &[("crashloop/start-error", "pod/not-found-", &["/usr/local/bin/absent", "no such file"])],
    ),
    (
        "config-key-gone",
        &[(
            "crashloop/config-error",
            "pod/config-key-gone-",
            &["ConfigMap gateway-config has no key RATE_LIMIT_RPS", "container app"],
        )],
    ),
    (
        "config-map-gone",
        &[("crashloop/config-error", "pod/config-map-gone-", &["ConfigMap gateway-gone does not exist"])],
    ),
    ("config-non-root", &[("crashloop/config-error", "pod/non-root-", &["runAsNonRoot", "container app"])]),
    ("config-sub-path", &[("crashloop/config-error", "pod/sub-path-", &["missing value for POD"])]),
    // The deadline passed because the probe fails: one cause, not two.
    ("deadline", &[("readiness/http-5xx", "pod/deadline-", &["HTTP 503", "/health/ready"])]),
    ("evicted", &[("pending/evicted", "pod/evicted-", &["EmptyDir volume \"x\"", "5Mi"])]),
    ("exit-139", &[("crashloop/app-exit", "pod/bad-signal-", &["139", "SIGSEGV"])]),
    ("exit-7", &[("crashloop/app-exit", "pod/exit-7-", &["container app", "exit 7", "23 times"])]),
    ("exits-zero", &[("crashloop/exits-zero", "pod/exits-zero-", &["exit 0", "restartPolicy Always"])]),
    ("gpu", &[("pending/insufficient-extended", "pod/gpu-", &["example.com/gpu", "asks for 1"])]),
    ("healthy", &[]),
    ("host-port", &[("pending/host-port", "pod/host-port-", &["31987"])]),
    ("init-crash", &[("crashloop/init-crash", "pod/init-crash-", &["init container migrate", "exit 1"])]),
    ("invalid-name", &[("image/invalid-name", "pod/invalid-name-", &["Not_An_Image::1", "container app"])]),
    ("limit-range", &[("pending/limit-range", "deployment/limit-range", &["maximum memory", "2Gi", "3Gi"])]),
    // The process obeyed SIGTERM and left with 0: only the Normal event tells.
    (
        "liveness",
        &[(
            "crashloop/liveness-killed",
            "pod/liveness-",
            &["liveness probe", "/health/live", "3 failures", "every 1s"],
        )],
    ),
    ("min-ready", &[("readiness/min-ready-seconds", "deployment/min-ready", &["1 pod"])]),
    (
        "mount-config-map",
        &[(
            "pending/missing-config-map",
            "pod/mount-config-map-",
            &["ConfigMap files-gone does not exist", "volume config"],
        )],
    ),
    (
        "mount-hostpath",
        &[("pending/mount-failed", "pod/mount-hostpath-", &["volume d", "/absent/dir is not a directory"])],
    ),
    (
        "mount-key",
        &[(
            "pending/missing-config-map",
            "pod/mount-key-",
            &["ConfigMap gateway-config has no key app.yaml"],
        )],
    ),
    (
        "mount-secret",
        &[("pending/missing-secret", "pod/mount-secret-", &["Secret tls-gone does not exist", "volume tls"])],
    ),
    ("native-sidecar", &[("crashloop/app-exit", "pod/native-sidecar-", &["container proxy", "exit 1"])]),
    (
        "never-pull",
        &[("image/never-pull", "pod/never-pull-", &["registry.example.com/absent:1", "node-1", "Never"])],
    ),
    ("node-affinity", &[("pending/node-affinity", "pod/node-affinity-", &["zone In (a, b)"])]),
    ("node-selector", &[("pending/node-selector", "pod/node-selector-", &["disk=ssd"])]),
    ("one-crash", &[]),
    ("oom", &[("crashloop/oom-killed", "pod/oom-", &["container app", "32Mi"])]),
    ("paused", &[("rollout/paused", "deployment/paused", &["paused"])]),
    ("pod-affinity", &[("pending/pod-affinity", "pod/pod-affinity-", &["app=cache"])]),
    (
        "pod-anti-affinity",
        &[("pending/pod-anti-affinity", "pod/pod-anti-affinity-", &["app=pod-anti-affinity"])],
    ),
    (
        "pod-security",
        &[("pending/pod-security", "deployment/pod-security", &["restricted", "runAsNonRoot != true"])],
    ),
    (
        "post-start",
        &[("crashloop/post-start-hook", "pod/post-start-", &["postStart hook of container app", "exit 3"])],
    ),
    ("priority-class", &[("pending/priority-class", "deployment/priority-class", &["PriorityClass gold"])]),
    (
        "pull-denied",
        &[("image/unauthorized", "pod/pull-denied-", &["registry.example.com", "no imagePullSecrets"])],
    ),
    ("pull-dns", &[("image/dns", "pod/pull-", &["node-1 cannot resolve registry.example.com"])]),
    (
        "pull-not-found",
        &[(
            "image/not-found",
            "pod/pull-not-found-",
            &["registry.example.com/shop/gateway:2.42.0", "container app"],
        )],
    ),
    (
        "pull-platform",
        &[("image/no-platform", "pod/pull-platform-", &["registry.example.com/shop/gateway:2.42.0"])],
    ),
    ("pull-refused", &[("image/registry-unavailable", "pod/pull-refused-", &["connection refused"])]),
    ("pull-secret-gone", &[("image/pull-secret", "pod/pull-secret-gone-", &["regcred"])]),
    (
        "pull-tls",
        &[("image/tls", "pod/pull-tls-", &["registry.example.com", "HTTP response to HTTPS client"])],
    ),
    (
        "pull-unauthorized",
        &[("image/unauthorized", "pod/pull-unauthorized-", &["registry.example.com", "no imagePullSecrets"])],
    ),
    (
        "pull-unavailable",
        &[("image/registry-unavailable", "pod/pull-unavailable-", &["503 Service Unavailable"])],
    ),
    (
        "pvc-gone",
        &[("pending/pvc-not-found", "pod/pvc-gone-", &["PersistentVolumeClaim data-gone does not exist"])],
    ),
    (
        "pvc-unbound",
        &[("pending/pvc-unbound", "pod/pvc-unbound-", &["PersistentVolumeClaim data has no volume"])],
    ),
    ("quota-full", &[("pending/quota", "deployment/quota", &["quota compute", "limited: pods=1"])]),
    (
        "quota-surge",
        &[(
            "rollout/quota-surge",
            "deployment/quota-surge",
            &["quota compute", "1 extra pod", "requests.memory=16Mi"],
        )],
    ),
    (
        "readiness-gate",
        &[("readiness/readiness-gate", "pod/readiness-gate-", &["example.com/load-balancer", "missing"])],
    ),
    ("ready-404", &[("readiness/http-4xx", "pod/ready-404-", &["GET /healthz on port http", "HTTP 404"])]),
    (
        "ready-503",
        &[("readiness/http-5xx", "pod/ready-503-", &["GET /health/ready on port http", "HTTP 503"])],
    ),
    ("ready-dns", &[("readiness/dns", "pod/ready-dns-", &["absent.example.invalid"])]),
    ("ready-exec", &[("readiness/probe-failed", "pod/ready-exec-", &["database is locked"])]),
    ("ready-exec-silent", &[("readiness/probe-failed", "pod/ready-exec-silent-", &["without a word"])]),
    (
        "ready-other-port",
        &[("readiness/wrong-port", "pod/ready-refused-", &["asks port 9090", "8080 (http)"])],
    ),
    // Beside it another pod is being deleted, with failed probes of its own.
    (
        "ready-refused-beside-terminating",
        &[("readiness/refused", "pod/terminating-dfc6f65c6-476hg", &["GET /health/ready on port http"])],
    ),
    ("ready-tcp", &[("readiness/wrong-port", "pod/ready-tcp-", &["asks port 9090"])]),
    ("ready-timeout", &[("readiness/timeout", "pod/ready-timeout-", &["within 1s", "GET /health/ready"])]),
    ("ready-tls", &[("readiness/tls", "pod/ready-tls-", &["HTTPS", "EOF"])]),
    (
        "ready-unknown-port",
        &[("readiness/wrong-port", "pod/wrong-named-port-", &["asks port admin", "8080 (http)"])],
    ),
    ("refused-dependency", &[("crashloop/app-exit", "pod/refused-dependency-", &["exit 2"])]),
    ("runtime-class", &[("pending/runtime-class", "deployment/runtime-class", &["RuntimeClass gvisor"])]),
    (
        "scheduling-gate",
        &[("pending/scheduling-gate", "pod/scheduling-gate-", &["example.com/wait-for-quota"])],
    ),
    (
        "secret-gone",
        &[("crashloop/config-error", "pod/secret-gone-", &["Secret secret-gone does not exist"])],
    ),
    (
        "secret-key-gone",
        &[("crashloop/config-error", "pod/secret-key-gone-", &["Secret gateway-secret has no key token"])],
    ),
    (
        "service-account",
        &[(
            "pending/service-account",
            "deployment/service-account",
            &["ServiceAccount deployer does not exist"],
        )],
    ),
    (
        "sidecar",
        &[(
            "readiness/sidecar-not-ready",
            "pod/sidecar-",
            &["container proxy beside app", "GET /ready on port 15021"],
        )],
    ),
    ("slow-start", &[]),
    ("startup", &[("crashloop/startup-probe", "pod/startup-", &["within the 5s", "/health/ready"])]),
    (
        "still-starting",
        &[("readiness/still-starting", "pod/still-starting-", &["1m21s of the 10m3s", "readinessProbe"])],
    ),
    (
        "still-starting-startup",
        &[("readiness/still-starting", "pod/still-starting-startup-", &["1m21s of the 10m", "startupProbe"])],
    ),
    ("too-much-cpu", &[("pending/insufficient-cpu", "pod/too-much-cpu-", &["free cpu", "asks for 100"])]),
    (
        "too-much-memory",
        &[("pending/insufficient-memory", "pod/too-much-memory-", &["free memory", "asks for 1Ti"])],
    ),
    (
        "too-much-storage",
        &[(
            "pending/insufficient-ephemeral-storage",
            "pod/too-much-storage-",
            &["ephemeral-storage", "asks for 100Ti"],
        )],
    ),
    (
        "topology-spread",
        &[("pending/topology-spread", "pod/topology-spread-", &["topology.kubernetes.io/zone"])],
    ),
    ("unknown-scheduler", &[("pending/unknown-scheduler", "pod/unknown-scheduler-", &["stork"])]),
    (
        "webhook-outage",
        &[(
            "pending/webhook-outage",
            "deployment/webhook-outage",
            &["policy.example.com", "service \"policy\" not found"],
        )],
    ),
    ("claim-in-use", &[("pending/claim-in-use", "pod/web-", &["PersistentVolumeClaim data is for one pod"])]),
    (
        "deadline-unexplained",
        &[("rollout/progress-deadline", "deployment/web", &["progressDeadlineSeconds"])],
    ),
    ("devices", &[("pending/unschedulable", "pod/web-", &["cannot allocate all claims"])]),
    ("invalid", &[("pending/invalid", "deployment/web", &["must be less than or equal to cpu limit"])]),
    (
        "one-node-only",
        &[
            ("crashloop/app-exit", "pod/web-", &["exit 7"]),
            ("crashloop/app-exit", "pod/web-", &["exit 7"]),
            ("crashloop/one-node-only", "deployment/web", &["2 pods", "node-1", "1 pod ready elsewhere"]),
        ],
    ),
    ("oom-unlimited", &[("crashloop/oom-node-pressure", "pod/web-", &["no memory limit", "node-1"])]),
    ("pull-odd", &[("image/pull-failed", "pod/web-", &["418 I am a teapot"])]),
    ("pull-rate-limited", &[("image/rate-limited", "pod/web-", &["registry.example.com", "429"])]),
    ("pull-timeout", &[("image/timeout", "pod/web-", &["registry.example.com", "in time"])]),
    ("pv-zone", &[("pending/pv-zone", "pod/web-", &["PersistentVolumeClaim data"])]),
    (
        "refused-secret",
        &[("pending/refused", "deployment/web", &["service account careful does not reference"])],
    ),
    (
        "sandbox-runtime",
        &[(
            "pending/sandbox-network",
            "pod/web-",
            &["sandbox cannot be made on node-1", "no runtime for \"kata-absent\""],
        )],
    ),
    (
        "since-revision",
        &[
            ("crashloop/app-exit", "pod/web-", &["exit 7"]),
            ("crashloop/since-revision", "deployment/web", &["only the present template crashes", "1 pod"]),
        ],
    ),
    ("too-many-pods", &[("pending/too-many-pods", "pod/web-", &["as many pods as"])]),
    ("volume-limit", &[("pending/volume-limit", "pod/web-", &["as many volumes"])]),
    (
        "webhook",
        &[("pending/webhook", "deployment/web", &["policy.example.com", "image tag latest is not allowed"])],
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/causes/fixtures")
}

pub(super) fn read(name: &str) -> Case {
    let text = std::fs::read_to_string(folder().join(name).with_extension("json")).unwrap();
    Case::read(&serde_json::from_str(&text).unwrap())
}

#[test]
fn each_recording_yields_its_cause_and_no_other() {
    for (name, expected) in RECORDED {
        check(name, &read(name).found(), expected);
    }
}

#[test]
fn every_recording_is_in_the_table() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let named: BTreeSet<String> = RECORDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, named);
}
