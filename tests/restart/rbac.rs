//! sk-restart as users of whom RBAC withholds something: the required verbs and no more, each of them gone, each
//! optional one gone.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
#[expect(dead_code, reason = "not every test breaks its service")]
mod service;

use std::ffi::OsStr;

use serde_json::{Value, json};
use service::{Service, kubectl};
use support::report;
use testkit::{Run, TestCluster, User, Verb};

const APPS: &str = "apps";
const LEASES: &str = "coordination.k8s.io";

/// What the contract calls required.
const REQUIRED: [Verb; 10] = [
    ("get", APPS, "deployments"),
    ("patch", APPS, "deployments"),
    ("list", "", "pods"),
    ("watch", "", "pods"),
    ("list", APPS, "replicasets"),
    ("watch", APPS, "replicasets"),
    ("get", LEASES, "leases"),
    ("create", LEASES, "leases"),
    ("update", LEASES, "leases"),
    ("delete", LEASES, "leases"),
];

/// Something that may be withheld: its verbs, and what says in the report that it was.
struct Optional {
    verbs: &'static [Verb],
    missed: fn(&Value) -> bool,
}

const OPTIONAL: &[Optional] = &[
    Optional {
        verbs: &[("list", "", "events"), ("watch", "", "events")],
        missed: |report| report["findings"].to_string().contains("verify/events"),
    },
    Optional {
        verbs: &[("create", "", "events")],
        missed: |report| step(report, "record").contains("event: "),
    },
    Optional {
        verbs: &[("get", "", "configmaps"), ("create", "", "configmaps"), ("patch", "", "configmaps")],
        missed: |report| step(report, "record").contains("sk-history: "),
    },
    Optional { verbs: &[("get", "", "pods/log")], missed: |report| report["verified"]["logs"] == "unknown" },
    Optional {
        // A WebSocket begins with a GET; servers from 1.35 on ask for `create` too.
        verbs: &[
            ("get", "", "pods/portforward"),
            ("create", "", "pods/portforward"),
            ("get", "", "pods/exec"),
            ("create", "", "pods/exec"),
        ],
        missed: |report| report["verified"]["health"] == "unknown",
    },
    Optional {
        verbs: &[("list", "autoscaling", "horizontalpodautoscalers")],
        missed: |report| withheld(report, "hpa-ceiling"),
    },
    Optional {
        verbs: &[("list", "policy", "poddisruptionbudgets")],
        missed: |report| withheld(report, "no-pdb"),
    },
    Optional { verbs: &[("list", "", "resourcequotas")], missed: |report| withheld(report, "quota-surge") },
    Optional { verbs: &[("list", "metrics.k8s.io", "pods")], missed: |report| withheld(report, "usage") },
];

/// Whether a check was not made for want of a right; metrics of a young pod are unknown to everybody.
fn withheld(report: &Value, name: &str) -> bool {
    let mut checks = report["checks"].as_array().into_iter().flatten();
    checks.any(|check| {
        let detail = check["detail"].as_str().unwrap_or_default();
        check["check"] == name && check["verdict"] == "unknown" && detail.contains("forbidden")
    })
}

/// The result of a step; empty when it was not made.
fn step<'a>(report: &'a Value, name: &str) -> &'a str {
    let steps = report["steps"].as_array().into_iter().flatten();
    steps.filter(|step| step["step"] == name).find_map(|step| step["result"].as_str()).unwrap_or_default()
}

fn missed(report: &Value) -> Vec<String> {
    let missed = OPTIONAL.iter().filter(|optional| (optional.missed)(report));
    missed.map(|optional| format!("{:?}", optional.verbs)).collect()
}

/// A service with one pod, and a user who may do only what his Role says.
struct Restricted {
    cluster: TestCluster,
    service: Service,
    user: User,
}

impl Restricted {
    #[track_caller]
    fn new() -> Self {
        let cluster = TestCluster::get();
        let service = Service::start_with(&cluster, |deployment| deployment["spec"]["replicas"] = 1.into());
        let user = User::new(&cluster, service.namespace());
        Self { cluster, service, user }
    }

    /// Restarts with these verbs, as a service with a health endpoint.
    #[track_caller]
    fn restart(&self, verbs: &[Verb]) -> Run {
        let services = json!({"services": [{"name": "web", "namespace": self.service.namespace(),
            "port": 8080, "healthPath": "/health/ready"}]});
        let plugin = kubectl(&self.user.may(verbs));
        let file = plugin.home().join("services.yaml");
        std::fs::write(&file, services.to_string()).expect("a file in the home directory");
        let plugin = plugin.args(["sk-restart", "web", "--yes", "--soak", "0", "-o", "json"]);
        plugin.args([OsStr::new("--services"), file.as_os_str()]).run()
    }

    fn generation(&self) -> Value {
        let deployment = self.cluster.get_json(["deployment", "web", "-n", self.service.namespace()]);
        deployment["metadata"]["generation"].clone()
    }
}

#[test]
fn the_required_verbs_suffice_and_what_was_not_checked_is_said() {
    let user = Restricted::new();
    let run = user.restart(&REQUIRED).code(0);
    let all: Vec<String> = OPTIONAL.iter().map(|optional| format!("{:?}", optional.verbs)).collect();
    assert_eq!(missed(&report(&run)), all, "{run}");
}

#[test]
fn without_a_required_verb_nothing_begins_and_the_verb_is_named() {
    let user = Restricted::new();
    let before = user.generation();
    for gone in REQUIRED {
        let rest: Vec<Verb> = REQUIRED.into_iter().filter(|verb| *verb != gone).collect();
        let run = user.restart(&rest).code(3);
        let (verb, group, resource) = gone;
        let named = [
            format!("you may not {verb} {resource}"),
            format!("cannot {verb} resource \"{resource}\" in API group \"{group}\""),
        ];
        assert!(named.iter().any(|words| run.stderr.contains(words)), "{gone:?} is not named\n{run}");
        assert_eq!(report(&run)["outcome"], "Refused", "{run}");
        assert_eq!(user.generation(), before, "without {gone:?} it changed something\n{run}");
    }
}

#[test]
fn without_an_optional_verb_it_works_and_says_what_was_not_checked() {
    let user = Restricted::new();
    for gone in OPTIONAL {
        let rest = OPTIONAL.iter().filter(|optional| optional.verbs != gone.verbs);
        let verbs: Vec<Verb> =
            REQUIRED.into_iter().chain(rest.flat_map(|optional| optional.verbs.iter().copied())).collect();
        let run = user.restart(&verbs).code(0);
        assert_eq!(missed(&report(&run)), [format!("{:?}", gone.verbs)], "{run}");
    }
}
