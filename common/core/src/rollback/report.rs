//! The reports of sk-rollback: what a rollback did, and which revisions there are.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;

use super::choice::{self, PassedOver};
use super::evidence::Evidence;
use super::history::{History, Revision};
use super::plan::{Outlook, Plan, Refusal};
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::report::{API_VERSION, Header, Outcome, RestartReport};
use crate::restart::Restart;
use crate::target::Target;
use crate::workload::{ReplicaSet, Workload};

/// `RollbackReport`: what a rollback did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackReport {
    /// What it shares with a restart.
    #[serde(flatten)]
    pub report: RestartReport,
    /// Number of the revision before; null while it had none, or nothing was looked at.
    pub from_revision: Option<i64>,
    /// Number of the revision that it went back to, as it was before; null where there is none.
    pub to_revision: Option<i64>,
    /// Why that one.
    pub why: Option<String>,
    /// Newer ones, and why not those.
    pub passed_over: Vec<PassedOver>,
    /// What was wrong before, and how the pods of each revision did.
    pub evidence: Evidence,
    /// What changes in the template, as a unified diff; secrets are hidden.
    pub diff: String,
    /// The images that the pods of the present template really run, by what their nodes say.
    pub images: Vec<RunningImage>,
}

/// An image that containers run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningImage {
    /// Name of the containers.
    pub container: String,
    /// `status.containerStatuses[].image`.
    pub image: String,
    /// `status.containerStatuses[].imageID`.
    pub image_id: String,
}

impl RollbackReport {
    /// The report of what was done or not done, and why.
    pub fn new(report: RestartReport, outlook: Outlook, images: Vec<RunningImage>) -> Self {
        let Outlook { from, to, why, passed_over, evidence, diff } = outlook;
        let report = RestartReport { kind: "RollbackReport", ..report };
        Self { report, from_revision: from, to_revision: to, why, passed_over, evidence, diff, images }
    }
}

impl Plan {
    /// The report of a rollback that was planned and not begun.
    pub fn report(&self, outcome: Outcome, now: Timestamp) -> RollbackReport {
        let images = running_images(self.plan.before());
        RollbackReport::new(self.plan.report(outcome, now), self.outlook.clone(), images)
    }
}

impl Refusal {
    /// The report of a rollback that was refused.
    pub fn report(&self, now: Timestamp) -> RollbackReport {
        let images = running_images(&self.refusal.facts.workload);
        RollbackReport::new(self.refusal.report(now), self.outlook.clone(), images)
    }
}

/// The report of a rollback as it runs, or ran.
pub fn report(restart: &Restart, outlook: Outlook, now: Timestamp) -> RollbackReport {
    RollbackReport::new(restart.report(now), outlook, running_images(restart.seen()))
}

/// What the pods of the present template run, each image once.
pub fn running_images(workload: &Workload) -> Vec<RunningImage> {
    let living = |pod: &&Pod| workload.is_new(pod) && pod.metadata.deletion_timestamp.is_none();
    let containers = workload
        .pods
        .iter()
        .filter(living)
        .flat_map(|pod| pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten()));
    let mut images: Vec<RunningImage> = containers
        .filter(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()))
        .map(|status| RunningImage {
            container: status.name.clone(),
            image: status.image.clone(),
            image_id: status.image_id.clone(),
        })
        .collect();
    images.sort();
    images.dedup();
    images
}

/// `HistoryReport`: which revisions there are.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryReport {
    /// `sk/v1`.
    pub api_version: &'static str,
    /// `HistoryReport`.
    pub kind: &'static str,
    /// Context of the kubeconfig.
    pub context: String,
    /// Namespace of the Deployment.
    pub namespace: String,
    /// Name in the catalogue, or of the Deployment.
    pub service: String,
    /// `deployment/NAME`.
    pub object: String,
    /// The revisions, the newest first; the one that was asked for with `--revision`.
    pub revisions: Vec<RevisionView>,
    /// `spec.revisionHistoryLimit`; null where nothing was read.
    pub revision_history_limit: Option<i32>,
    /// Numbers that are not kept any more.
    pub pruned: Vec<i64>,
    /// Where a rollback without `--to-revision` goes; null where there is nothing to go back to.
    pub goes_to: Option<i64>,
    /// Why there, or why nowhere.
    pub why: Option<String>,
    /// With `--revision`: from what the Deployment has now to that revision.
    pub diff: Option<String>,
    /// What kept it from being told.
    pub findings: Vec<Finding>,
}

/// A revision, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionView {
    /// Its number.
    pub revision: i64,
    /// Older numbers of the same template that are folded into it.
    pub folded: Vec<i64>,
    /// `CONTAINER IMAGE` of each container.
    pub images: Vec<String>,
    /// `kubernetes.io/change-cause`.
    pub cause: Option<String>,
    /// Who made it, as far as that is known.
    pub by: Option<String>,
    /// When its template came first, of what the cluster still has.
    pub created_at: Option<Timestamp>,
    /// How often it was restarted, of what the cluster still has.
    pub restarts: usize,
    /// Whether it is what the Deployment has now.
    pub current: bool,
    /// Whether any of its pods is ready.
    pub serving: bool,
    /// How long it served, in words: `3d`, `at least 1h`, `never`, `not known`.
    pub served: String,
    /// Whether an operation of ours saw it serve; null where that cannot be read.
    pub verified: Option<bool>,
    /// Why it is known to be broken, where it is.
    pub broken: Option<String>,
    /// Its pods.
    pub pods: PodsView,
}

/// Pods of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodsView {
    /// Ready ones.
    pub ready: usize,
    /// All that are not on their way out.
    pub total: usize,
    /// Restarts of their containers.
    pub restarts: i32,
}

impl HistoryReport {
    /// A report of nothing read yet.
    pub fn new(header: Header, findings: Vec<Finding>) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "HistoryReport",
            context: header.context,
            namespace: header.namespace,
            service: header.service,
            object: header.object,
            revisions: Vec::new(),
            revision_history_limit: None,
            pruned: Vec::new(),
            goes_to: None,
            why: None,
            diff: None,
            findings,
        }
    }

    /// The revisions, and where a rollback would go.
    pub fn of(header: Header, ahead: &super::Ahead) -> Self {
        let History { revisions, missing, limit } = &ahead.history;
        let (goes_to, why) = match &ahead.choice {
            Ok(choice) => (Some(choice.number), choice.why.clone()),
            Err(none) => (None, none.why.clone()),
        };
        Self {
            revisions: revisions.iter().map(RevisionView::from).collect(),
            revision_history_limit: Some(*limit),
            pruned: missing.clone(),
            goes_to,
            why: Some(why),
            findings: ahead.unread.iter().map(|reason| unread(&header.object, reason)).collect(),
            ..Self::new(header, Vec::new())
        }
    }

    /// The same of one revision, with what a rollback to it would change.
    #[must_use]
    pub fn of_one(self, revision: &Revision, set: &ReplicaSet, number: i64, diff: String) -> Self {
        Self { revisions: vec![RevisionView::of_one(revision, set, number)], diff: Some(diff), ..self }
    }

    /// The same of a revision that there is not, and why not.
    #[must_use]
    pub fn of_none(self, history: &History, number: i64, target: &Target) -> Self {
        let why = choice::named(history, number).err().map(|none| none.why);
        let finding = Finding::error("check/revision", target.object(), why.unwrap_or_default())
            .next(target.kubectl(&format!("sk-rollback {} --history", target.object())));
        Self { revisions: Vec::new(), findings: vec![finding], ..self }
    }
}

/// `sk-history` could not be read: that a revision is not called verified says nothing then.
fn unread(object: &str, reason: &str) -> Finding {
    let finding = Finding::error("history/unread", object, "not known which revisions were verified");
    Finding { severity: Severity::Info, ..finding }.seen(format!("sk-history: {reason}"))
}

impl RevisionView {
    /// A revision under the number that was asked for, where that is an older one of the same template.
    fn of_one(revision: &Revision, set: &ReplicaSet, number: i64) -> Self {
        let all = std::iter::once(&revision.number).chain(&revision.folded).copied();
        Self {
            revision: number,
            folded: all.filter(|other| *other != number).collect(),
            created_at: set.created_at(),
            current: revision.current && number == revision.number,
            ..Self::from(revision)
        }
    }
}

impl From<&Revision> for RevisionView {
    fn from(revision: &Revision) -> Self {
        let verified = match &revision.verified {
            Fact::Known(operation) => Some(operation.is_some()),
            Fact::Unavailable(_) => None,
        };
        Self {
            revision: revision.number,
            folded: revision.folded.clone(),
            images: revision.images().iter().map(|(name, image)| format!("{name} {image}")).collect(),
            cause: revision.cause.clone(),
            by: revision.by.clone(),
            created_at: revision.created_at,
            restarts: revision.restarts(),
            current: revision.current,
            serving: revision.ready > 0,
            served: revision.served.to_string(),
            verified,
            broken: revision.broken(),
            pods: PodsView { ready: revision.ready, total: revision.pods, restarts: revision.pod_restarts },
        }
    }
}
