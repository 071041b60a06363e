//! What speaks for a rollback: how the pods of each revision do, side by side.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;

use super::history::Revision;
use crate::fact::Fact;
use crate::quantity::Amount;
use crate::resources::{self, PodMetrics};
use crate::workload::{self, Workload};

/// How the pods of one revision do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its number.
    pub revision: i64,
    /// In words: pods ready, restarts, cpu and memory of the pod that uses most.
    pub words: String,
}

/// How the pods of a revision do; none where it has no pod.
pub fn use_of(revision: &Revision, workload: &Workload, usage: &Fact<Vec<PodMetrics>>) -> Option<Use> {
    if revision.pods == 0 {
        return None;
    }
    let Revision { ready, pods, pod_restarts, .. } = revision;
    let restarts = if *pod_restarts == 1 { "restart" } else { "restarts" };
    let mut words = format!("{ready}/{pods} ready, {pod_restarts} {restarts}");
    match usage {
        Fact::Known(metrics) => {
            let most = most(revision, workload, metrics);
            for resource in ["cpu", "memory"] {
                if let Some(amount) = most.get(resource) {
                    words.push_str(&format!(", {resource} {}", amount.of(resource)));
                }
            }
            words.push_str(if most.is_empty() { ", use not measured yet" } else { " at most" });
        }
        Fact::Unavailable(reason) => words.push_str(&format!(", use not known: {reason}")),
    }
    Some(Use { revision: revision.number, words })
}

/// What the pod uses that uses most.
fn most(revision: &Revision, workload: &Workload, metrics: &[PodMetrics]) -> BTreeMap<String, Amount> {
    let own = |pod: &&Pod| {
        let owner = workload::controller(&pod.metadata).map(|owner| owner.uid.as_str());
        revision.sets.iter().any(|set| Some(set.uid()) == owner)
    };
    let mut most: BTreeMap<String, Amount> = BTreeMap::new();
    for pod in workload.pods.iter().filter(own) {
        let Some(metrics) = metrics.iter().find(|metrics| metrics.metadata.name == pod.metadata.name) else {
            continue;
        };
        let mut all: BTreeMap<String, Amount> = BTreeMap::new();
        for container in &metrics.containers {
            let Ok(used) = resources::amounts(&container.usage) else { continue };
            for (name, amount) in used {
                let sum = all.entry(name).or_default();
                *sum = sum.plus(amount);
            }
        }
        for (name, amount) in all {
            let high = most.entry(name).or_default();
            *high = (*high).max(amount);
        }
    }
    most
}
