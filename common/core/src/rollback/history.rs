//! The revisions of a Deployment, from its `ReplicaSet`s: those with the same template are folded into one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::PLUGIN;
use super::served::{self, Served};
use crate::fact::Fact;
use crate::operation::Entry;
use crate::report::Outcome;
use crate::revision::{self, CHANGE_CAUSE};
use crate::workload::{self, ReplicaSet, Workload};

/// The revisions that the cluster still has, the newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// One for each template.
    pub revisions: Vec<Revision>,
    /// Numbers below the newest that the cluster does not have any more.
    pub missing: Vec<i64>,
    /// `spec.revisionHistoryLimit`.
    pub limit: i32,
}

/// A template, and the revisions that had it.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The newest of its numbers.
    pub number: i64,
    /// The numbers that are folded into it, the newest first: restarts of the same template.
    pub folded: Vec<i64>,
    /// Numbers that its `ReplicaSet`s had before a rollback gave them new ones.
    pub former: Vec<i64>,
    /// Its `ReplicaSet`s, the newest first: one for each number.
    pub sets: Vec<ReplicaSet>,
    /// Digest of the template.
    pub hash: String,
    /// Whether it is the Deployment's present template.
    pub current: bool,
    /// Pods of it that are not on their way out.
    pub pods: usize,
    /// Of those, the ready ones: they serve.
    pub ready: usize,
    /// Restarts of their containers.
    pub pod_restarts: i32,
    /// How long it served.
    pub served: Served,
    /// The last operation of ours that saw it serve; unavailable where `sk-history` cannot be read.
    pub verified: Fact<Option<Entry>>,
    /// The last operation of ours on it, where that failed.
    pub failed: Option<Entry>,
    /// Who made it, as far as that is known.
    pub by: Option<String>,
    /// `kubernetes.io/change-cause`, unless it is only that of the revision before.
    pub cause: Option<String>,
    /// When its template came first, of what the cluster still has.
    pub created_at: Option<Timestamp>,
}

impl History {
    /// Reads it from a workload and from what `sk-history` says of the Deployment.
    pub fn of(workload: &Workload, operations: &Fact<Vec<Entry>>, now: Timestamp) -> Self {
        let hashes: Vec<String> =
            workload.replica_sets.iter().map(|set| revision::hash(set.template())).collect();
        let mut served = served::of(workload, &hashes, now);
        let mut revisions: Vec<Revision> = folded(&workload.replica_sets, &hashes)
            .into_iter()
            .map(|(hash, sets)| {
                let served = served.remove(&hash).unwrap_or(Served::Unknown);
                Revision::of(workload, operations, hash, &sets, served)
            })
            .collect();
        revisions.sort_by_key(|revision| std::cmp::Reverse(revision.number));
        forget_inherited_causes(&mut revisions);
        let missing = missing(&revisions);
        Self { revisions, missing, limit: workload.deployment.history_limit() }
    }

    /// The revision that has this number, or has it folded into it, with the `ReplicaSet` of the number itself.
    pub fn find(&self, number: i64) -> Option<(&Revision, &ReplicaSet)> {
        self.revisions.iter().find_map(|revision| {
            let set = revision.sets.iter().find(|set| set.revision() == Some(number))?;
            Some((revision, set))
        })
    }

    /// The Deployment's present template; none while no `ReplicaSet` has it yet.
    pub fn current(&self) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.current)
    }

    /// The rollback of ours that left this revision for the present one.
    pub fn left_by(&self, number: i64) -> Option<&Entry> {
        let before = self.revisions.iter().find(|revision| !revision.current)?;
        let last = self.current()?.verified.known()?.as_ref()?;
        (before.number == number && last.command == PLUGIN).then_some(last)
    }

    /// What is not kept any more, where anything is not.
    pub fn pruned(&self) -> Option<String> {
        let mut runs: Vec<(i64, i64)> = Vec::new();
        for number in &self.missing {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == *number => *last = *number,
                _ => runs.push((*number, *number)),
            }
        }
        let words = |(first, last): &(i64, i64)| {
            if first == last { first.to_string() } else { format!("{first} to {last}") }
        };
        let runs: Vec<String> = runs.iter().map(words).collect();
        let (noun, are) = if self.missing.len() == 1 { ("revision", "is") } else { ("revisions", "are") };
        let limit = self.limit;
        (!runs.is_empty()).then(|| {
            format!("{noun} {} {are} not kept any more (revisionHistoryLimit {limit})", runs.join(", "))
        })
    }

    /// Every number that can be named, the newest first.
    pub fn numbers(&self) -> Vec<i64> {
        let mut numbers: Vec<i64> = self
            .revisions
            .iter()
            .flat_map(|revision| revision.sets.iter().filter_map(ReplicaSet::revision))
            .collect();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        numbers
    }
}

/// The annotation stays when somebody changes the template and says nothing: a cause like that of the revision before
/// tells nothing of this one.
fn forget_inherited_causes(newest_first: &mut [Revision]) {
    for older in 1..newest_first.len() {
        if newest_first[older - 1].cause == newest_first[older].cause {
            newest_first[older - 1].cause = None;
        }
    }
}

/// The numbered `ReplicaSet`s by template, those of one template the newest first.
fn folded<'a>(sets: &'a [ReplicaSet], hashes: &[String]) -> BTreeMap<String, Vec<&'a ReplicaSet>> {
    let mut folded: BTreeMap<String, Vec<&ReplicaSet>> = BTreeMap::new();
    for (set, hash) in sets.iter().zip(hashes).filter(|(set, _)| set.revision().is_some()) {
        folded.entry(hash.clone()).or_default().push(set);
    }
    for sets in folded.values_mut() {
        sets.sort_by_key(|set| std::cmp::Reverse(set.revision()));
    }
    folded
}

/// The numbers below the newest that nothing has or had.
fn missing(revisions: &[Revision]) -> Vec<i64> {
    let known: BTreeSet<i64> = revisions
        .iter()
        .flat_map(|revision| {
            let numbers = revision.sets.iter().filter_map(ReplicaSet::revision);
            numbers.chain(revision.former.iter().copied())
        })
        .collect();
    // A number is an annotation that anybody can write: only so many are counted.
    let newest = known.last().copied().unwrap_or_default().min(100_000);
    (1..newest).filter(|number| !known.contains(number)).collect()
}

impl Revision {
    fn of(
        workload: &Workload,
        operations: &Fact<Vec<Entry>>,
        hash: String,
        sets: &[&ReplicaSet],
        served: Served,
    ) -> Self {
        let numbers: Vec<i64> = sets.iter().filter_map(|set| set.revision()).collect();
        let own = |pod: &&k8s_openapi::api::core::v1::Pod| {
            let owner = workload::controller_uid(&pod.metadata);
            pod.metadata.deletion_timestamp.is_none() && sets.iter().any(|set| Some(set.uid()) == owner)
        };
        let pods: Vec<_> = workload.pods.iter().filter(own).collect();
        let own = operations.clone().map(|operations| {
            operations.into_iter().filter(|operation| operation.has_left(&hash)).collect::<Vec<_>>()
        });
        let last = own.known().and_then(|operations| operations.last());
        let failed = last.filter(|operation| operation.outcome == Outcome::Failed).cloned();
        let by = by(workload, sets, own.known().map_or(&[], Vec::as_slice));
        Self {
            number: numbers.first().copied().unwrap_or_default(),
            folded: numbers.iter().skip(1).copied().collect(),
            former: sets.iter().flat_map(|set| set.former_revisions()).collect(),
            current: hash == revision::hash(workload.deployment.template()),
            pods: pods.len(),
            ready: pods.iter().filter(|pod| workload::is_ready(pod)).count(),
            pod_restarts: pods.iter().map(|pod| workload::restarts(pod)).fold(0, i32::saturating_add),
            served,
            verified: own.map(|operations| operations.into_iter().rfind(Entry::has_verified)),
            failed,
            by,
            cause: sets.iter().find_map(|set| set.annotation(CHANGE_CAUSE)).map(str::to_owned),
            created_at: sets.iter().filter_map(|set| set.created_at()).min(),
            sets: sets.iter().map(|set| (*set).clone()).collect(),
            hash,
        }
    }

    /// The template, with what the newest of its restarts wrote into it.
    pub fn template(&self) -> Option<&Value> {
        self.sets.first().map(ReplicaSet::template)
    }

    /// How often its pods were restarted by a revision of their own, as far as the cluster still has those.
    pub fn restarts(&self) -> usize {
        self.folded.len()
    }

    /// Name and image of each of its containers.
    pub fn images(&self) -> Vec<(&str, &str)> {
        self.template().map(revision::images).unwrap_or_default()
    }
}

/// Who made the newest of these `ReplicaSet`s: the user of our operation, else the manager that wrote the template at
/// that time. Only the last write of each manager is kept, so of an old revision it is rarely known.
fn by(workload: &Workload, sets: &[&ReplicaSet], operations: &[Entry]) -> Option<String> {
    /// The controller makes the `ReplicaSet` as soon as it sees the template.
    const SOON: i64 = 10;
    let created = sets.first()?.created_at()?;
    if let Some(operation) = operations.iter().rfind(|operation| operation.made(created)) {
        return Some(operation.user.clone());
    }
    let writers = workload.deployment.template_writers().into_iter();
    let mut then = writers.filter(|(_, at)| (0..=SOON).contains(&created.duration_since(*at).as_secs()));
    then.next_back().map(|(manager, _)| manager.to_owned())
}
