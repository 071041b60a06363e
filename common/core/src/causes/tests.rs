//! The rules on recorded and made objects: each cause is found, exactly, and nothing that is well is accused.

mod complete;
mod diagnosed;
mod healthy;
mod hostile;
mod in_depth;
mod made;
mod make;
mod observations;
mod random;
mod recorded;
mod revisions;
mod table;
mod well;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use serde_json::{Value, json};

use super::{Fetched, Found, Looked, Needed, WorkloadFacts, of_rollout, of_workload};
use crate::diagnose::{Diagnosis, Subjects, diagnose};
use crate::fact::Fact;
use crate::target::Place;
use crate::workload::{Deployment, ReplicaSet, Workload};

const PLACE: Place<'_> = Place { namespace: "shop", connection: "--context prod" };

/// What is found: code, start of the object, words of the summary.
type Expected = &'static [(&'static str, &'static str, &'static [&'static str])];

/// A workload as one moment showed it.
#[derive(Clone, Debug)]
struct Case {
    workload: Workload,
    fetched: Fetched,
    needed: Needed,
    now: Timestamp,
}

impl Case {
    /// Reads `{now, deployment, replicaSets, pods, events}`; a `ReplicaSet` without a template has the Deployment's.
    fn read(raw: &Value) -> Self {
        let deployment = raw["deployment"].clone();
        let template = deployment["spec"]["template"].clone();
        let sets = raw["replicaSets"].as_array().unwrap().iter().map(|set| {
            let mut set = set.clone();
            if set["spec"]["template"].is_null() {
                set["spec"] = json!({"selector": {}, "template": template});
            }
            ReplicaSet::read(set).unwrap()
        });
        let pods = serde_json::from_value(raw["pods"].clone()).unwrap();
        let events: Vec<Event> = serde_json::from_value(raw["events"].clone()).unwrap();
        let deployment = Deployment::read(deployment).unwrap();
        let workload = Workload::of(deployment, sets.collect(), pods, Fact::Known(events));
        Self {
            workload,
            fetched: Fetched::new(),
            needed: Needed::default(),
            now: raw["now"].as_str().unwrap().parse().unwrap(),
        }
    }

    fn found(&self) -> Vec<Found> {
        of_rollout(&self.workload, &self.fetched, PLACE, self.now)
    }

    /// What a diagnosis of the whole Deployment looks at.
    fn looked(&self) -> Looked {
        let Self { workload, fetched, needed, now } = self;
        of_workload(&WorkloadFacts { workload, fetched, needed: *needed, place: PLACE, now: *now }, true)
    }

    /// What a diagnosis of the whole Deployment is about.
    fn subjects(&self) -> Subjects {
        Subjects {
            workloads: vec![self.workload.clone()],
            pods: Vec::new(),
            events: Fact::Known(Vec::new()),
            only: None,
            needed: [(self.workload.deployment.name().to_owned(), self.needed)].into(),
        }
    }

    /// What that comes to.
    fn diagnosis(&self) -> Diagnosis {
        diagnose(&self.subjects(), &self.fetched, PLACE, self.now)
    }

    fn without_events(mut self) -> Self {
        self.workload.events = Fact::Unavailable("events is forbidden".to_owned());
        self
    }
}

/// How evidence names a field: of the object itself, or of another.
const PATHS: &[&str] = &[
    "status.",
    "spec.",
    "metadata.",
    "event ",
    "pod/",
    "node/",
    "hpa/",
    "service/",
    "volumeattachment/",
    "PDB ",
];

/// Kinds that are in no namespace.
const OF_THE_CLUSTER: &[&str] = &[
    "namespace",
    "node",
    "pv",
    "csinode",
    "volumeattachment",
    "priorityclass",
    "runtimeclass",
    "validatingadmissionpolicy",
    "validatingwebhookconfiguration",
];

/// Whether a command names its cluster, and its namespace where what it is about is in one.
fn is_pasteable(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let of_cluster = |kind: &str| {
        let mut kinds = OF_THE_CLUSTER.iter();
        kinds.any(|one| kind.strip_prefix(one).is_some_and(|rest| ["", "s", "es"].contains(&rest)))
    };
    let kind = words.get(2).and_then(|kinds| kinds.split(',').next()).unwrap_or_default();
    let namespaced = !(of_cluster(kind) || words.get(1) == Some(&"uncordon"));
    line.starts_with("kubectl ")
        && line.contains(" --context prod")
        && line.contains(" -n shop --context prod") == namespaced
}

/// Holds what is found in a case against what is expected, and every finding against what findings must be.
fn check(name: &str, found: &[Found], expected: Expected) {
    let codes: Vec<&str> = found.iter().map(|found| found.cause.code).collect();
    let wanted: Vec<&str> = expected.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, wanted, "{name}: {found:#?}");
    for (found, (_, object, words)) in found.iter().zip(expected) {
        let finding = &found.finding;
        assert!(finding.object.starts_with(object), "{name}: {finding:?}");
        for word in *words {
            assert!(finding.summary.contains(word), "{name}: no {word:?} in {:?}", finding.summary);
        }
        assert!(
            !finding.summary.contains("  ") && !finding.summary.ends_with([':', ' ']),
            "{name}: {finding:?}"
        );
        let paths = |line: &String| PATHS.iter().any(|start| line.starts_with(start));
        assert!(finding.evidence.iter().any(paths), "{name}: {finding:?}");
        assert!(finding.next.iter().all(|line| is_pasteable(line)), "{name}: {:?}", finding.next);
        let silent = matches!(found.cause.code, "readiness/still-starting");
        assert!(silent || !finding.next.is_empty(), "{name}: {finding:?}");
        assert!(found.observations >= 1, "{name}: {finding:?}");
    }
}
