//! Diagnosis: objects, and what was fetched besides, become verdicts, findings, and what to fetch next.

mod evidence;
mod fold;
mod group;
mod judge;
mod report;
mod state;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Pod};

use crate::causes::{self, Fetched, Found, Looked, Need, Needed, WorkloadFacts};
use crate::checks::Verdict;
use crate::fact::Fact;
use crate::finding::Severity;
use crate::target::Place;
use crate::workload::{self, Workload};

pub use evidence::{Worth, weighed, without_asides};
pub use group::Group;
pub use report::{Seen, with_log};
pub use state::State;

/// Rounds of reading after the objects themselves: what they point to; logs and endpoints that rules asked for.
pub const ROUNDS: usize = 2;

/// Pods with the same cause that are looked into: the others are told by the same state.
const LOOKED_INTO: usize = 5;

/// What is to be diagnosed, of one namespace.
#[derive(Clone, Debug)]
pub struct Subjects {
    /// Deployments, each with its pods and events.
    pub workloads: Vec<Workload>,
    /// Pods that belong to none of these.
    pub pods: Vec<Pod>,
    /// The events of those pods.
    pub events: Fact<Vec<Event>>,
    /// The pods that were asked about; none: all of them, and the Deployments themselves.
    pub only: Option<BTreeSet<String>>,
    /// How many pods a Deployment needs, by its name, where the catalogue says so.
    pub needed: BTreeMap<String, Needed>,
}

/// What a diagnosis comes to.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Each object that was asked about.
    pub objects: Vec<Judged>,
    /// What was found, ranked; consequences are left out where their cause is told.
    pub findings: Vec<Found>,
    /// The same for people: one entry for a cause that many pods of one owner share, with its consequences.
    pub groups: Vec<Group>,
    /// What could not be read and would have told more: what, and why.
    pub unseen: Vec<String>,
    /// What to fetch before this is final; empty where nothing would tell more.
    pub needs: Vec<Need>,
}

/// An object, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// `kind/name`.
    pub object: String,
    /// How it stands.
    pub verdict: Verdict,
    /// That in words, with numbers.
    pub detail: String,
}

/// Judges everything in `subjects`, with what was fetched so far.
pub fn diagnose(subjects: &Subjects, fetched: &Fetched, place: Place<'_>, now: Timestamp) -> Diagnosis {
    let Looked { mut found, asked } = subjects.look(fetched, place, now);
    found.retain(|found| subjects.concerns(&found.finding.object));
    for found in &mut found {
        found.needs.retain(|need| !fetched.knows(need));
    }
    let asked = asked.into_iter().filter(|(object, _)| subjects.concerns(object));
    subjects.forgive(&mut found, fetched);
    rank(&mut found);
    let owners = subjects.owners();
    let needs = needs(&found, asked.flat_map(|(_, needs)| needs), &owners, fetched);
    let objects = subjects.judged(&found, now);
    let (findings, folded) = fold::fold(found, &owners);
    let groups = group::groups(&findings, &folded, &owners);
    Diagnosis { objects, findings, groups, unseen: subjects.unseen(fetched), needs }
}

/// What is worst first, then by the list of causes.
fn rank(found: &mut [Found]) {
    let place = |code: &str| causes::CAUSES.iter().position(|cause| cause.code == code);
    found.sort_by_cached_key(|found| (found.finding.severity, place(found.cause.code)));
}

/// What was asked for and not fetched yet. Of many pods with the same cause only the first are looked into.
fn needs(
    found: &[Found],
    asked: impl Iterator<Item = Need>,
    owners: &BTreeMap<String, String>,
    fetched: &Fetched,
) -> Vec<Need> {
    let mut looked: BTreeMap<(&str, &str, Option<&str>), usize> = BTreeMap::new();
    let first = found.iter().filter(|found| {
        let object = found.finding.object.as_str();
        let owner = owners.get(object).map_or(object, String::as_str);
        let count = looked.entry((owner, found.cause.code, found.container.as_deref())).or_default();
        *count += 1;
        *count <= LOOKED_INTO
    });
    let wanted = first.flat_map(|found| found.needs.iter().cloned());
    let all: BTreeSet<Need> = wanted.chain(asked).filter(|need| !fetched.knows(need)).collect();
    all.into_iter().collect()
}

impl Subjects {
    /// The causes on everything.
    fn look(&self, fetched: &Fetched, place: Place<'_>, now: Timestamp) -> Looked {
        let whole = self.only.is_none();
        let mut all = Looked::default();
        for workload in &self.workloads {
            let needed = self.needed.get(workload.deployment.name()).copied().unwrap_or_default();
            let facts = WorkloadFacts { workload, fetched, needed, place, now };
            all.extend(causes::of_workload(&facts, whole));
        }
        let events = self.events.known().map_or(&[][..], Vec::as_slice);
        all.extend(causes::of_others(&self.pods, events, fetched, place, now));
        all
    }

    /// What is left of a pod that was replaced is no error of a Deployment that has all the pods it wants, nor a try that
    /// failed one of a Job that is complete.
    fn forgive(&self, found: &mut [Found], fetched: &Fetched) {
        let complete = self.workloads.iter().filter(|workload| {
            let deployment = &workload.deployment;
            // The ready pods may be old ones; those that ended are not among the updated.
            let updated = deployment.status().updated_replicas.unwrap_or_default();
            deployment.is_observed() && deployment.ready().min(updated) >= deployment.replicas()
        });
        let is_complete = |job: &Job| {
            let conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
            conditions
                .into_iter()
                .any(|condition| condition.type_ == "Complete" && condition.status == "True")
        };
        let of_complete_job = |pod: &&Pod| {
            let job = workload::job_of(pod).and_then(|job| fetched.job(job));
            matches!(job, Some(Fact::Known(Some(job))) if is_complete(job))
        };
        let tries = self.pods.iter().filter(of_complete_job);
        let ended = complete.flat_map(|workload| &workload.pods).chain(tries);
        let ended = ended.filter(|pod| workload::has_ended(pod));
        let ended: BTreeSet<String> = ended.map(|pod| format!("pod/{}", workload::name(pod))).collect();
        for found in found.iter_mut().filter(|found| ended.contains(&found.finding.object)) {
            found.finding.severity = found.finding.severity.max(Severity::Warning);
        }
    }

    /// Whether a finding on this object was asked for. What is said of a Deployment concerns each of its pods.
    fn concerns(&self, object: &str) -> bool {
        let Some(only) = &self.only else { return true };
        object.strip_prefix("pod/").is_none_or(|pod| only.contains(pod))
    }

    /// What could not be read.
    fn unseen(&self, fetched: &Fetched) -> Vec<String> {
        let events = self.workloads.iter().map(|one| &one.events).chain([&self.events]);
        let events = events.filter_map(Fact::reason).map(|reason| format!("events: {reason}"));
        let others = fetched.unavailable().map(|(_, reason)| reason.to_owned());
        events.chain(others).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The verdict that findings on an object come to.
fn worst<'a>(findings: impl Iterator<Item = &'a Found>) -> Option<Severity> {
    findings.map(|found| found.finding.severity).min()
}
