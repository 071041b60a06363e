//! The rules on recorded and made objects: each cause is found, exactly, and nothing that is well is accused.

mod recorded;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use serde_json::Value;

use super::{Fetched, Found, of_rollout};
use crate::fact::Fact;
use crate::target::Place;
use crate::workload::{Deployment, ReplicaSet, Workload};

const PLACE: Place<'_> = Place { namespace: "shop", connection: "--context prod" };

/// A workload as one moment showed it.
#[derive(Clone, Debug)]
struct Case {
    workload: Workload,
    fetched: Fetched,
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
                set["spec"] = serde_json::json!({"selector": {}, "template": template});
            }
            ReplicaSet::read(set).unwrap()
        });
        let pods = serde_json::from_value(raw["pods"].clone()).unwrap();
        let events: Vec<Event> = serde_json::from_value(raw["events"].clone()).unwrap();
        let deployment = Deployment::read(deployment).unwrap();
        let workload = Workload::of(deployment, sets.collect(), pods, Fact::Known(events));
        Self { workload, fetched: Fetched::new(), now: raw["now"].as_str().unwrap().parse().unwrap() }
    }

    fn found(&self) -> Vec<Found> {
        of_rollout(&self.workload, &self.fetched, PLACE, self.now)
    }
}
