//! The checks before a change: each a verdict with the numbers it was judged by.

mod access;
mod autoscaler;
mod catalogue;
mod deployment;
mod disruption;
mod eviction;
mod gitops;
mod pods;
mod quota;
mod rollback;
#[cfg(test)]
mod tests;
mod usage;

use jiff::Timestamp;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::ResourceQuota;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;

use crate::access::Access;
use crate::catalogue::Service;
use crate::evict;
use crate::fact::Fact;
use crate::resources::PodMetrics;
use crate::rollback::Ahead;
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

/// Names of the checks, in the order in which they are shown. No command makes all of them.
pub const NAMES: [&str; 23] = [
    "access",
    "revision",
    "static-pod",
    "no-controller",
    "ended",
    "terminating",
    "pdb",
    "failed-before",
    "references",
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
    "last-applied",
    "untouched",
    "peak-hours",
    "warning",
];

/// The checks that `--force` cannot override, and what it is answered where that is not the list of those it can:
/// without the verb the change could not be finished, without a revision there is none, and such a pod no
/// eviction replaces.
const NOT_FORCIBLE: [(&str, Option<&str>); 7] = [
    ("access", Some("a missing verb cannot be overridden")),
    ("revision", Some("without a revision there is nothing to roll back to")),
    ("static-pod", None),
    ("no-controller", None),
    ("ended", None),
    ("terminating", None),
    ("pdb", None),
];

/// Names of the checks that `--force` can override, in their order.
pub fn forcible() -> impl DoubleEndedIterator<Item = &'static str> + Clone {
    NAMES.into_iter().filter(|name| !NOT_FORCIBLE.iter().any(|(other, _)| other == name))
}

/// Whether `--force` can override this check.
pub fn is_forcible(name: &str) -> bool {
    forcible().any(|forcible| forcible == name)
}

/// What is answered to `--force` with this check, where that is not the list of those it can override.
pub fn why_not_forcible(name: &str) -> Option<&'static str> {
    NOT_FORCIBLE.into_iter().find_map(|(other, why)| why.filter(|_| other == name))
}

/// The change that checks are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The same template in new pods.
    Restart,
    /// The template of this revision; none where there is no revision to go back to.
    Rollback(Option<i64>),
}

impl Kind {
    /// The words after `kubectl` that do it without any check.
    fn kubectl(self, object: &str) -> String {
        match self {
            Self::Restart => format!("rollout restart {object}"),
            Self::Rollback(Some(revision)) => format!("rollout undo {object} --to-revision={revision}"),
            Self::Rollback(None) => format!("rollout history {object}"),
        }
    }
}

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

/// What is known before a restart or a rollback is decided on.
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
    let mut checks = vec![access::granted(access, target.place())];
    checks.extend(of_rollout(workload, workload, surroundings, target, Kind::Restart));
    checks.push(gitops::restart(workload, target));
    checks.extend(noted(target.service.as_ref(), now));
    checks
}

/// Makes every check of a rollback to a revision that was chosen, or of one for which there is none.
pub(crate) fn of_rollback(facts: &Facts, ahead: &Ahead, target: &Target, now: Timestamp) -> Vec<Check> {
    let Facts { workload, access, surroundings } = facts;
    let (mut checks, chosen) = (vec![access::granted(access, target.place())], ahead.choice.as_ref().ok());
    checks.push(rollback::revision(ahead, target));
    if let Some(choice) = chosen {
        checks.push(rollback::failed_before(ahead, choice));
        checks.push(rollback::references(ahead, choice, target));
    }
    let then = chosen.map_or_else(|| workload.clone(), |choice| choice.workload(workload));
    let kind = Kind::Rollback(chosen.map(|choice| choice.number));
    checks.extend(of_rollout(workload, &then, surroundings, target, kind));
    checks.push(gitops::rollback(workload, target, kind));
    if let Some(choice) = chosen {
        checks.push(rollback::last_applied(workload, choice));
        checks.push(rollback::untouched(workload, surroundings, choice, target));
    }
    checks.extend(noted(target.service.as_ref(), now));
    checks
}

/// Makes every check of an eviction.
pub(crate) fn of_eviction(facts: &evict::Facts, request: &evict::Request) -> Vec<Check> {
    let place = request.target.place();
    let mut checks = vec![
        access::granted(&facts.access, place),
        eviction::static_pod(&facts.pod, place),
        eviction::no_controller(&facts.pod, place),
        eviction::ended(&facts.pod, place),
        eviction::terminating(&facts.pod, place),
        eviction::pdb(facts, place),
        eviction::floor(facts, request),
    ];
    checks.extend(noted(facts.service.as_ref(), request.started_at));
    checks
}

/// The checks of whatever starts a rollout; `then` is the workload with the template that is rolled out.
fn of_rollout(
    workload: &Workload,
    then: &Workload,
    surroundings: &Surroundings,
    target: &Target,
    kind: Kind,
) -> [Check; 9] {
    [
        deployment::paused(workload, target),
        deployment::not_ready(workload, target, kind),
        pods::failing(workload),
        deployment::floor(workload, target, kind),
        deployment::in_progress(workload),
        autoscaler::ceiling(surroundings, workload, target),
        quota::surge(surroundings, then),
        disruption::no_budget(surroundings, workload),
        usage::near_limits(surroundings, workload),
    ]
}

/// What the catalogue says of the service.
fn noted(service: Option<&Service>, now: Timestamp) -> impl Iterator<Item = Check> {
    std::iter::once(catalogue::peak_hours(service, now)).chain(catalogue::warnings(service))
}

/// The first few of a list, and how many more there are.
fn few(mut all: Vec<String>) -> String {
    const SHOWN: usize = 5;
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let shown = all.join("; ");
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}
