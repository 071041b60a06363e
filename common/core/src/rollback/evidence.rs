//! What speaks for a rollback: how the pods of each revision do, side by side.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;

use super::history::{History, Revision};
use crate::causes::{self, Fetched, Found};
use crate::checks::Facts;
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::quantity::Amount;
use crate::resources::{self, PodMetrics};
use crate::target::Place;
use crate::words::counted;
use crate::workload::{self, Workload};

/// What is wrong now, and how the pods of each revision do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The causes that are seen on the present template.
    pub causes: Vec<Finding>,
    /// The revisions that have pods, the newest first.
    pub revisions: Vec<Use>,
}

impl Evidence {
    /// Looks at all of it.
    pub fn of(history: &History, facts: &Facts, place: Place<'_>, now: Timestamp) -> Self {
        let Facts { workload, surroundings, .. } = facts;
        let found = causes::of_rollout(workload, &Fetched::new(), place, now);
        let uses =
            history.revisions.iter().filter_map(|revision| use_of(revision, workload, &surroundings.usage));
        Self { causes: one_each(found), revisions: uses.collect() }
    }
}

/// One finding for each cause: ten pods with the same one say it once, with their number.
fn one_each(found: Vec<Found>) -> Vec<Finding> {
    let mut causes: Vec<(Finding, usize)> = Vec::new();
    for Found { finding, .. } in found.into_iter().filter(|found| found.finding.severity != Severity::Info) {
        match causes.iter_mut().find(|(cause, _)| cause.code == finding.code) {
            Some((_, number)) => *number += 1,
            None => causes.push((finding, 1)),
        }
    }
    let counted = |(cause, number): (Finding, usize)| match number {
        1 => cause,
        _ => cause.seen(format!("on {number} objects")),
    };
    causes.into_iter().map(counted).collect()
}

/// How the pods of one revision do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    let mut words = format!("{ready}/{pods} ready, {}", counted(*pod_restarts, "restart"));
    match usage {
        Fact::Known(metrics) => {
            let most = most(revision, workload, metrics);
            for resource in ["cpu", "memory"] {
                if let Some(amount) = most.get(resource) {
                    let _ = write!(words, ", {resource} {}", amount.of(resource));
                }
            }
            words.push_str(if most.is_empty() { ", use not measured yet" } else { " at most" });
        }
        Fact::Unavailable(reason) => {
            let _ = write!(words, ", use not known: {reason}");
        }
    }
    Some(Use { revision: revision.number, words })
}

/// What the pod uses that uses most.
fn most(revision: &Revision, workload: &Workload, metrics: &[PodMetrics]) -> BTreeMap<String, Amount> {
    let own = |pod: &&Pod| {
        let owner = workload::controller_uid(&pod.metadata);
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
