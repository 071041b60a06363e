//! From facts and a request to a plan, or to a refusal that says what to type instead.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::checks::{self, Check, Facts, Verdict};
use crate::duration;
use crate::finding::Finding;
use crate::report::{CheckView, Header, Outcome, PlannedStep, PodView, RestartReport};
use crate::revision::RESTARTED_AT;
use crate::target::Target;
use crate::workload::Workload;

/// Field manager of `kubectl rollout restart`, which GitOps tools know.
const FIELD_MANAGER: &str = "kubectl-rollout";

/// How far a dry run goes, as kubectl's flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    /// No dry run.
    #[default]
    None,
    /// Shows the plan.
    Client,
    /// Has the API server admit the patch without storing it.
    Server,
}

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// ULID of this operation.
    pub operation: String,
    /// Context of the kubeconfig.
    pub context: String,
    /// What to restart.
    pub target: Target,
    /// Who asks: the kubeconfig's user, or whom `--as` names.
    pub user: String,
    /// `--reason`.
    pub reason: Option<String>,
    /// `--timeout`: longest time without progress.
    pub timeout: SignedDuration,
    /// `--force`: names of checks.
    pub force: Vec<String>,
    /// `--dry-run`.
    pub dry_run: DryRun,
    /// `--field-manager`.
    pub field_manager: Option<String>,
    /// When the command began.
    pub started_at: Timestamp,
}

/// What will be done, decided on facts that were read.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub request: Request,
    /// The checks; none refuses.
    pub checks: Vec<Check>,
    /// The steps, for people.
    pub steps: Vec<PlannedStep>,
    /// The workload it was decided on.
    pub before: Workload,
    /// The value that marks this restart in the template: it carries microseconds, so a lost answer is recognised.
    pub restarted_at: String,
}

/// Why a restart does not start.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What was asked for.
    pub request: Request,
    /// All checks.
    pub checks: Vec<Check>,
    /// One finding for each check that refuses.
    pub findings: Vec<Finding>,
    /// The workload it was decided on.
    pub before: Workload,
}

/// Decides whether a restart may start.
///
/// # Errors
/// A [`Refusal`] when a check refuses that `--force` does not name.
pub fn plan(facts: Facts, request: Request, now: Timestamp) -> Result<Plan, Box<Refusal>> {
    let checks: Vec<Check> = checks::of_restart(&facts, &request.target)
        .into_iter()
        .map(|check| if is_forced(&check, &request) { check.forced() } else { check })
        .collect();
    let findings: Vec<Finding> = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Refuse)
        .map(|check| refusal(check, &request))
        .collect();
    let before = facts.workload;
    if !findings.is_empty() {
        return Err(Box::new(Refusal { request, checks, findings, before }));
    }
    let steps = steps(&request);
    Ok(Plan { request, checks, steps, before, restarted_at: format!("{now:.6}") })
}

fn is_forced(check: &Check, request: &Request) -> bool {
    check.verdict == Verdict::Refuse
        && check.name != checks::NOT_FORCIBLE
        && request.force.iter().any(|name| name == check.name)
}

fn refusal(check: &Check, request: &Request) -> Finding {
    let target = &request.target;
    let code = format!("check/{}", check.name);
    let mut finding = Finding::error(&code, target.object(), check.detail.clone());
    finding.next.clone_from(&check.next);
    if check.name == checks::NOT_FORCIBLE {
        return finding;
    }
    finding.next(format!("kubectl sk-restart {} --force {}", target_words(target), check.name))
}

/// TARGET as it has to be typed to mean the same again.
fn target_words(target: &Target) -> String {
    let space = if target.connection.is_empty() { "" } else { " " };
    let name = target.service.as_ref().map_or_else(|| target.object(), |service| service.name.clone());
    format!("{name} -n {}{space}{}", target.namespace, target.connection)
}

fn steps(request: &Request) -> Vec<PlannedStep> {
    let target = &request.target;
    let object = target.object();
    let timeout = duration::short(request.timeout);
    vec![
        PlannedStep {
            step: "patch",
            object: object.clone(),
            words: format!("restartedAt on {object}"),
            kubectl: target.kubectl(&format!("rollout restart {object}")),
        },
        PlannedStep {
            step: "watch",
            object: object.clone(),
            words: format!("{timeout} without progress ends it"),
            kubectl: target.kubectl(&format!("rollout status {object} --timeout={timeout}")),
        },
    ]
}

impl Request {
    /// What the report says first.
    pub fn header(&self) -> Header {
        Header {
            operation: self.operation.clone(),
            context: self.context.clone(),
            namespace: self.target.namespace.clone(),
            service: self.target.name().to_owned(),
            object: self.target.object(),
            started_at: self.started_at,
        }
    }
}

impl Refusal {
    /// The report of a restart that was refused.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        RestartReport {
            checks: self.checks.iter().map(CheckView::from).collect(),
            findings: self.findings.clone(),
            pods: PodView::living(&self.before.pods),
            ..RestartReport::new(self.request.header(), Outcome::Refused, now)
        }
    }
}

impl Plan {
    /// The report of a restart that was planned and not begun.
    pub fn report(&self, outcome: Outcome, now: Timestamp) -> RestartReport {
        RestartReport {
            checks: self.checks.iter().map(CheckView::from).collect(),
            plan: self.steps.clone(),
            pods: PodView::living(&self.before.pods),
            ..RestartReport::new(self.request.header(), outcome, now)
        }
    }

    /// The strategic merge patch of `kubectl rollout restart`, bound to the UID that was looked at: a Deployment
    /// that was deleted and made anew in the meantime is not touched.
    pub fn patch(&self) -> Value {
        let annotations = json!({ RESTARTED_AT: self.restarted_at });
        json!({
            "metadata": {"uid": self.before.deployment.uid()},
            "spec": {"template": {"metadata": {"annotations": annotations}}}
        })
    }

    /// The field manager of the patch.
    pub fn field_manager(&self) -> &str {
        self.request.field_manager.as_deref().unwrap_or(FIELD_MANAGER)
    }
}
