//! The reports that scripts read: view types, apart from what the domain needs.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde::{Deserialize, Serialize};

use crate::checks::{Check, Verdict};
use crate::finding::Finding;
use crate::workload;

/// Version of every report.
pub const API_VERSION: &str = "sk/v1";

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Done and verified as `verified` says.
    Succeeded,
    /// It ran and failed.
    Failed,
    /// Not started: a check, the API server or the command line refused it.
    Refused,
    /// Not started: nobody said yes.
    Declined,
    /// Not started: another operation holds the target.
    Locked,
    /// Stopped by a signal.
    Interrupted,
    /// A dry run.
    Planned,
    /// Nothing was stale.
    Unchanged,
    /// Started, and the result is not known; or another version's word for it is not.
    #[serde(other)]
    Unknown,
}

/// `RestartReport`: what a restart did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartReport {
    /// `sk/v1`.
    pub api_version: &'static str,
    /// `RestartReport`.
    pub kind: &'static str,
    /// ULID of the operation.
    pub operation: String,
    /// Context of the kubeconfig.
    pub context: String,
    /// Namespace of the Deployment.
    pub namespace: String,
    /// Name in the catalogue, or of the Deployment.
    pub service: String,
    /// `deployment/NAME`.
    pub object: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was verified.
    pub verified: Verified,
    /// The checks before the change.
    pub checks: Vec<CheckView>,
    /// What was to be done.
    pub plan: Vec<PlannedStep>,
    /// What was done.
    pub steps: Vec<Step>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The pods at the end.
    pub pods: Vec<PodView>,
    /// When the command began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// What was checked after the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Verified {
    /// The rollout completed.
    pub rollout: Verdict,
    /// Every pod is new and ready.
    pub pods: Verdict,
    /// The new pods' logs hold no errors.
    pub logs: Verdict,
    /// The health endpoint of every pod answers.
    pub health: Verdict,
    /// Nothing happened while it was watched.
    pub soak: Verdict,
}

/// What every report says first: who acts on what.
#[derive(Clone, Debug)]
pub struct Header {
    /// ULID of the operation.
    pub operation: String,
    /// Context of the kubeconfig; empty where it could not be told.
    pub context: String,
    /// Namespace of the Deployment; empty where it could not be told.
    pub namespace: String,
    /// Name in the catalogue, or of the Deployment.
    pub service: String,
    /// `deployment/NAME`.
    pub object: String,
    /// When the command began.
    pub started_at: Timestamp,
}

impl RestartReport {
    /// A report of nothing done yet.
    pub fn new(header: Header, outcome: Outcome, finished_at: Timestamp) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "RestartReport",
            operation: header.operation,
            context: header.context,
            namespace: header.namespace,
            service: header.service,
            object: header.object,
            outcome,
            verified: Verified::NOTHING,
            checks: Vec::new(),
            plan: Vec::new(),
            steps: Vec::new(),
            findings: Vec::new(),
            pods: Vec::new(),
            started_at: header.started_at,
            finished_at,
        }
    }
}

/// `DiagnosisReport`: how things stand, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosisReport {
    /// `sk/v1`.
    pub api_version: &'static str,
    /// `DiagnosisReport`.
    pub kind: &'static str,
    /// ULID of the command.
    pub operation: String,
    /// Context of the kubeconfig.
    pub context: String,
    /// The namespace that was asked about; empty where it was more than one.
    pub namespace: String,
    /// The service that was asked about; empty where it was none, or more than one.
    pub service: String,
    /// `kind/name` that was asked about; empty where it was more than one.
    pub object: String,
    /// `Succeeded` without a finding of severity `error`, `Failed` with one; `Refused` and `Interrupted` tell nothing.
    pub outcome: Outcome,
    /// Each object that was asked about.
    pub objects: Vec<ObjectView>,
    /// What was found, ranked in each namespace.
    pub findings: Vec<FindingView>,
    /// What could not be read and would have told more.
    pub unseen: Vec<String>,
    /// When the command began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// An object and how it stands, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectView {
    /// `kind/name`.
    pub object: String,
    /// Its namespace.
    pub namespace: String,
    /// How it stands.
    pub verdict: Verdict,
    /// That in words, with numbers.
    pub detail: String,
}

/// A finding and the namespace of its object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingView {
    /// The namespace.
    pub namespace: String,
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
}

impl DiagnosisReport {
    /// A report of nothing seen.
    pub fn new(header: Header, outcome: Outcome, finished_at: Timestamp) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "DiagnosisReport",
            operation: header.operation,
            context: header.context,
            namespace: header.namespace,
            service: header.service,
            object: header.object,
            outcome,
            objects: Vec::new(),
            findings: Vec::new(),
            unseen: Vec::new(),
            started_at: header.started_at,
            finished_at,
        }
    }
}

impl Verified {
    /// Nothing was looked at.
    pub const NOTHING: Self = Self {
        rollout: Verdict::Skipped,
        pods: Verdict::Skipped,
        logs: Verdict::Skipped,
        health: Verdict::Skipped,
        soak: Verdict::Skipped,
    };
}

/// A check, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckView {
    /// Its name.
    pub check: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// The numbers it was judged by.
    pub detail: String,
}

impl From<&Check> for CheckView {
    fn from(check: &Check) -> Self {
        Self { check: check.name, verdict: check.verdict, detail: check.detail.clone() }
    }
}

/// A step of the plan, with the kubectl command that does the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedStep {
    /// `patch`, `watch` …
    pub step: &'static str,
    /// The object it acts on.
    pub object: String,
    /// What it does, in words.
    #[serde(skip)]
    pub words: String,
    /// The kubectl command that does the same.
    pub kubectl: String,
}

/// A step that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// As in the plan.
    pub step: &'static str,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// `ok`, or why not.
    pub result: String,
}

/// A pod, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodView {
    /// Its name.
    pub name: String,
    /// Whether it is ready.
    pub ready: bool,
    /// Restarts of its containers.
    pub restarts: i32,
    /// Its node, once it has one.
    pub node: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

impl PodView {
    /// The pods that are not on their way out.
    pub fn living(pods: &[Pod]) -> Vec<Self> {
        pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).map(Self::from).collect()
    }
}

impl From<&Pod> for PodView {
    fn from(pod: &Pod) -> Self {
        Self {
            name: workload::name(pod).to_owned(),
            ready: workload::is_ready(pod),
            restarts: workload::restarts(pod),
            node: workload::node(pod).map(str::to_owned),
            created_at: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
        }
    }
}
