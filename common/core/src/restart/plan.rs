//! From facts and a request to a plan, or to a refusal that says what to type instead.

use jiff::{SignedDuration, Timestamp};

use super::change::Change;
use crate::checks::{self, Check, Facts};
use crate::duration;
use crate::finding::Finding;
use crate::gitops;
use crate::operation::{Patch, Request, plan};
use crate::report::{CheckView, Header, Outcome, PlannedStep, PodView, RestartReport};
use crate::revision::CHANGE_CAUSE;
use crate::sanitize::quoted;
use crate::target::Target;
use crate::workload::Workload;

/// Field manager of `kubectl rollout restart` and `undo`, which GitOps tools know.
const FIELD_MANAGER: &str = "kubectl-rollout";

/// Field manager of people's writes that Flux does not undo.
const FLUX_FIELD_MANAGER: &str = "flux-client-side-apply";

/// What will be done to a Deployment.
pub type Plan = plan::Plan<Target, Facts, Change>;

/// Why a Deployment is left alone.
pub type Refusal = plan::Refusal<Target, Facts>;

/// Decides whether a restart may start.
///
/// # Errors
/// A [`Refusal`] when a check refuses that `--force` does not name.
pub fn plan(facts: Facts, request: Request, now: Timestamp) -> Result<Plan, Box<Refusal>> {
    let checks = checks::of_restart(&facts, &request.target, now);
    decide(facts, request, checks, Change::Restart { restarted_at: format!("{now:.6}") })
}

/// Decides by these checks whether a change may be made that starts a rollout.
///
/// # Errors
/// A [`Refusal`] when a check refuses that `--force` does not name.
pub(crate) fn decide(
    facts: Facts,
    request: Request,
    checks: Vec<Check>,
    change: Change,
) -> Result<Plan, Box<Refusal>> {
    let checks = request.forced(checks);
    let findings = findings(&request, &checks);
    if !findings.is_empty() {
        return Err(Box::new(Refusal { request, checks, findings, facts }));
    }
    let steps = steps(&request, &change, &facts.workload);
    Ok(Plan { request, checks, steps, facts, change })
}

/// The refusal of a change that there is not: one of the checks says why.
pub(crate) fn refuse(facts: Facts, request: Request, checks: Vec<Check>) -> Box<Refusal> {
    let checks = request.forced(checks);
    let findings = findings(&request, &checks);
    Box::new(Refusal { request, checks, findings, facts })
}

fn findings(request: &Request, checks: &[Check]) -> Vec<Finding> {
    plan::refusals(checks, &request.target.object())
        .map(|(check, finding)| match check.name {
            name if checks::is_forcible(name) => {
                finding.next(format!("{} --force {name}", request.command()))
            }
            _ => finding,
        })
        .collect()
}

fn steps(request: &Request, change: &Change, workload: &Workload) -> Vec<PlannedStep> {
    let target = &request.target;
    let object = target.object();
    let timeout = duration::short(request.timeout);
    let selector = quoted(&workload.deployment.selector());
    let step = |step, words: String, kubectl: &str| PlannedStep {
        step,
        object: object.clone(),
        words,
        kubectl: target.kubectl(kubectl),
    };
    let (words, kubectl) = change.step(&object);
    let mut steps = Vec::from_iter(request.lock_step(&target.deployment, target.place()));
    steps.push(step("patch", words, &kubectl));
    steps.extend(request.reason.as_deref().map(|reason| {
        let annotation = quoted(&format!("{CHANGE_CAUSE}={reason}"));
        step(
            "patch",
            format!("change-cause on {object}"),
            &format!("annotate {object} {annotation} --overwrite"),
        )
    }));
    steps.extend([
        step(
            "watch",
            format!("{timeout} without progress ends it; a cause shows as soon as it is known"),
            &format!("rollout status {object} --timeout={timeout}"),
        ),
        step("verify", verified(request), &format!("logs {object} --all-pods --all-containers --tail=100")),
    ]);
    if request.soak > SignedDuration::ZERO {
        let words = format!("{}: restarts, readiness, warnings (q ends it)", duration::short(request.soak));
        steps.push(step("soak", words, &format!("get pods -l {selector} -w")));
    }
    steps.push(plan::record_step(&object, target.place()));
    steps
}

fn verified(request: &Request) -> String {
    let path = request.target.service.as_ref().and_then(|service| service.health_path.as_deref());
    let health = path.map(|path| format!(", {path} on every pod")).unwrap_or_default();
    format!("pods, logs since start{health}")
}

impl Request {
    /// The command line that asks for the same again.
    pub fn command(&self) -> String {
        let target = &self.target;
        let name = target.service.as_ref().map_or_else(|| target.object(), |service| service.name.clone());
        self.again(target.place(), &name)
    }

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
    /// The report of a change that was refused.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        RestartReport {
            checks: self.checks.iter().map(CheckView::from).collect(),
            findings: self.findings.clone(),
            pods: PodView::living(&self.facts.workload.pods),
            ..RestartReport::new(self.request.header(), Outcome::Refused, now)
        }
    }
}

impl Plan {
    /// The workload before the change.
    pub fn before(&self) -> &Workload {
        &self.facts.workload
    }

    /// The report of a change that was planned and not begun.
    pub fn report(&self, outcome: Outcome, now: Timestamp) -> RestartReport {
        RestartReport {
            checks: self.checks.iter().map(CheckView::from).collect(),
            plan: self.steps.clone(),
            pods: PodView::living(&self.facts.workload.pods),
            ..RestartReport::new(self.request.header(), outcome, now)
        }
    }

    /// The patch that makes the change.
    pub fn patch(&self) -> Patch {
        self.change.patch(&self.facts.workload.deployment, self.request.reason.as_deref())
    }

    /// The field manager of the patch: kubectl's, but where Flux owns the object the one whose writes Flux leaves alone.
    pub fn field_manager(&self) -> &str {
        let flux = gitops::owner(&self.facts.workload.deployment).is_some_and(|owner| owner.is_flux());
        let default = if flux { FLUX_FIELD_MANAGER } else { FIELD_MANAGER };
        self.request.field_manager.as_deref().unwrap_or(default)
    }

    /// Decides anew on the workload as it is now: the checks are as old as the question.
    pub(super) fn again(&self, workload: Workload, now: Timestamp) -> Result<Self, Box<Refusal>> {
        match &self.change {
            Change::Restart { .. } => {
                plan(Facts { workload, ..self.facts.clone() }, self.request.clone(), now)
            }
            Change::Template(earlier) => earlier.again(self, workload),
        }
    }
}
