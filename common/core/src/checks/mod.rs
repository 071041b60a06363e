//! The checks before a change: each a verdict with the numbers it was judged by.

mod access;
mod autoscaler;
mod catalogue;
mod deployment;
mod disruption;
mod gitops;
mod pods;
mod quota;
#[cfg(test)]
mod tests;
mod usage;

pub(crate) use access::granted;
use jiff::Timestamp;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::ResourceQuota;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;

use crate::access::Access;
use crate::fact::Fact;
use crate::resources::PodMetrics;
use crate::target::Target;
use crate::workload::Workload;

/// What a check or a verification came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Goes on, and should be known.
    Warn,
    /// Does not start.
    Refuse,
    /// Was verified and is not as it should be.
    Fail,
    /// Could not be read; never a pass.
    Unknown,
    /// Nothing to check: not configured, or not asked for.
    Skipped,
}

/// Names of the checks, in the order in which they are shown.
pub const NAMES: [&str; 13] = [
    "access",
    "paused",
    "not-ready",
    "pods-failing",
    "floor",
    "rollout-in-progress",
    "hpa-ceiling",
    "quota-surge",
    "no-pdb",
    "usage",
    "gitops",
    "peak-hours",
    "warning",
];

/// The check that `--force` cannot override: without the verb the change could not be finished.
pub const NOT_FORCIBLE: &str = "access";

/// One check and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name, as `--force` takes it.
    pub name: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// The numbers it was judged by, in words.
    pub detail: String,
    /// What to type instead, where it refuses.
    pub next: Vec<String>,
}

impl Check {
    pub(crate) fn new(name: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { name, verdict, detail: detail.into(), next: Vec::new() }
    }

    /// Judges a fact; one that could not be read is unknown, and so is one that makes no sense.
    fn of<T, E: std::fmt::Display>(
        name: &'static str,
        fact: &Fact<T>,
        judge: impl FnOnce(&T) -> Result<Self, E>,
    ) -> Self {
        let unknown = |reason: &dyn std::fmt::Display| {
            Self::new(name, Verdict::Unknown, format!("not checked: {reason}"))
        };
        match fact {
            Fact::Known(value) => judge(value).unwrap_or_else(|error| unknown(&error)),
            Fact::Unavailable(reason) => unknown(reason),
        }
    }

    pub(crate) fn next(mut self, command: impl Into<String>) -> Self {
        self.next.push(command.into());
        self
    }

    /// The same check, overridden by `--force`: it warns where it refused.
    #[must_use]
    pub fn forced(self) -> Self {
        Self { verdict: Verdict::Warn, detail: format!("forced: {}", self.detail), next: Vec::new(), ..self }
    }
}

/// What is known before a restart is decided on.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The Deployment, its `ReplicaSet`s and pods.
    pub workload: Workload,
    /// Each required verb, and whether this user has it.
    pub access: Vec<(Access, Fact<bool>)>,
    /// Optional: what else of the namespace the checks look at.
    pub surroundings: Surroundings,
}

/// What lies around a Deployment in its namespace. None of it is required of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings {
    /// The autoscaler that the catalogue names, else those of the namespace.
    pub autoscalers: Fact<Vec<HorizontalPodAutoscaler>>,
    /// The namespace's quotas.
    pub quotas: Fact<Vec<ResourceQuota>>,
    /// The namespace's disruption budgets.
    pub budgets: Fact<Vec<PodDisruptionBudget>>,
    /// What the pods used of late.
    pub usage: Fact<Vec<PodMetrics>>,
}

#[cfg(test)]
impl Surroundings {
    /// All could be read, and there was nothing.
    pub(crate) fn empty() -> Self {
        Self {
            autoscalers: Fact::Known(Vec::new()),
            quotas: Fact::Known(Vec::new()),
            budgets: Fact::Known(Vec::new()),
            usage: Fact::Known(Vec::new()),
        }
    }
}

/// Makes every check of a restart.
pub fn of_restart(facts: &Facts, target: &Target, now: Timestamp) -> Vec<Check> {
    let Facts { workload, access, surroundings } = facts;
    let mut checks = vec![
        granted(access, target.place()),
        deployment::paused(workload, target),
        deployment::not_ready(workload, target),
        pods::failing(workload),
        deployment::floor(workload, target),
        deployment::in_progress(workload),
        autoscaler::ceiling(surroundings, workload, target),
        quota::surge(surroundings, workload),
        disruption::no_budget(surroundings, workload),
        usage::near_limits(surroundings, workload),
        gitops::restart(workload, target),
        catalogue::peak_hours(target, now),
    ];
    checks.extend(catalogue::warnings(target));
    checks
}

/// The first few of a list, and how many more there are.
fn few(mut all: Vec<String>) -> String {
    const SHOWN: usize = 5;
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let shown = all.join("; ");
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}

/// `1 pod`, `2 pods`.
fn pods(number: usize) -> String {
    format!("{number} {}", if number == 1 { "pod" } else { "pods" })
}
