//! From facts and a request to a plan, or to a refusal that says what to type instead.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::checks::{self, Check, Facts, Verdict};
use crate::duration;
use crate::finding::Finding;
use crate::gitops;
use crate::lock::{Holder, Lock};
use crate::report::{CheckView, Header, Outcome, PlannedStep, PodView, RestartReport};
use crate::revision::RESTARTED_AT;
use crate::target::Target;
use crate::workload::Workload;

/// Field manager of `kubectl rollout restart`, which GitOps tools know.
const FIELD_MANAGER: &str = "kubectl-rollout";

/// Field manager of people's writes that Flux does not undo.
const FLUX_FIELD_MANAGER: &str = "flux-client-side-apply";

/// Annotation that `kubectl rollout history` shows.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

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
pub struct Request<T = Target> {
    /// ULID of this operation.
    pub operation: String,
    /// Context of the kubeconfig.
    pub context: String,
    /// What to restart.
    pub target: T,
    /// Who asks: the kubeconfig's user, or whom `--as` names.
    pub user: String,
    /// `--reason`.
    pub reason: Option<String>,
    /// `--timeout`: longest time without progress.
    pub timeout: SignedDuration,
    /// `--fail-after`: how long a cause may stand.
    pub fail_after: SignedDuration,
    /// `--soak`, else the catalogue's; 0 does not soak.
    pub soak: SignedDuration,
    /// `--take-over`: displace whoever holds the lock.
    pub take_over: bool,
    /// `--no-lock`.
    pub no_lock: bool,
    /// Name of this machine.
    pub host: String,
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
    /// The facts it was decided on.
    pub facts: Facts,
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
    let checks: Vec<Check> = checks::of_restart(&facts, &request.target, now)
        .into_iter()
        .map(|check| request.forced(check))
        .collect();
    let findings: Vec<Finding> = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Refuse)
        .map(|check| refusal(check, &request))
        .collect();
    if !findings.is_empty() {
        return Err(Box::new(Refusal { request, checks, findings, before: facts.workload }));
    }
    let steps = steps(&request, &facts.workload);
    Ok(Plan { request, checks, steps, facts, restarted_at: format!("{now:.6}") })
}

fn refusal(check: &Check, request: &Request) -> Finding {
    let target = &request.target;
    let code = format!("check/{}", check.name);
    let mut finding = Finding::error(&code, target.object(), check.detail.clone());
    finding.next.clone_from(&check.next);
    if check.name == checks::NOT_FORCIBLE {
        return finding;
    }
    finding.next(format!("{} --force {}", request.command(), check.name))
}

fn steps(request: &Request, workload: &Workload) -> Vec<PlannedStep> {
    let target = &request.target;
    let object = target.object();
    let timeout = duration::short(request.timeout);
    let selector = workload.deployment.selector();
    let step = |step, words: String, kubectl: &str| PlannedStep {
        step,
        object: object.clone(),
        words,
        kubectl: target.kubectl(kubectl),
    };
    let mut steps = vec![
        step("patch", format!("restartedAt on {object}"), &format!("rollout restart {object}")),
        step(
            "watch",
            format!("{timeout} without progress ends it; a cause shows as soon as it is known"),
            &format!("rollout status {object} --timeout={timeout}"),
        ),
        step("verify", verified(request), &format!("logs {object} --all-pods --all-containers --tail=100")),
    ];
    if request.soak > SignedDuration::ZERO {
        let words = format!("{}: restarts, readiness, warnings (q ends it)", duration::short(request.soak));
        steps.push(step("soak", words, &format!("get pods -l {selector} -w")));
    }
    steps
}

fn verified(request: &Request) -> String {
    let path = request.target.service.as_ref().and_then(|service| service.health_path.as_deref());
    let health = path.map(|path| format!(", {path} on every pod")).unwrap_or_default();
    format!("pods, logs since start{health}")
}

impl<T> Request<T> {
    /// The check as `--force` leaves it.
    pub(crate) fn forced(&self, check: Check) -> Check {
        let named = self.force.iter().any(|name| name == check.name);
        let forced = check.verdict == Verdict::Refuse && check.name != checks::NOT_FORCIBLE && named;
        if forced { check.forced() } else { check }
    }

    /// The lock of a Deployment; none with `--no-lock`, and none for a dry run, which changes nothing.
    pub(crate) fn lock(&self, namespace: &str, deployment: &str, now: Timestamp) -> Option<Lock> {
        let own = Holder {
            identity: format!("{}@{}", self.user, self.host),
            operation: self.operation.clone(),
            command: "sk-restart".to_owned(),
            reason: self.reason.clone().unwrap_or_default(),
            since: None,
        };
        let needed = !self.no_lock && self.dry_run == DryRun::None;
        needed.then(|| Lock::new(namespace, deployment, own, self.take_over, now))
    }
}

impl Request {
    /// The command line that asks for the same again.
    pub fn command(&self) -> String {
        let target = &self.target;
        let space = if target.connection.is_empty() { "" } else { " " };
        let name = target.service.as_ref().map_or_else(|| target.object(), |service| service.name.clone());
        format!("kubectl sk-restart {name} -n {}{space}{}", target.namespace, target.connection)
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
    /// The workload before the change.
    pub fn before(&self) -> &Workload {
        &self.facts.workload
    }

    /// The report of a restart that was planned and not begun.
    pub fn report(&self, outcome: Outcome, now: Timestamp) -> RestartReport {
        RestartReport {
            checks: self.checks.iter().map(CheckView::from).collect(),
            plan: self.steps.clone(),
            pods: PodView::living(&self.facts.workload.pods),
            ..RestartReport::new(self.request.header(), outcome, now)
        }
    }

    /// The strategic merge patch of `kubectl rollout restart`, bound to the UID that was looked at: a Deployment
    /// that was deleted and made anew in the meantime is not touched.
    pub fn patch(&self) -> Value {
        let annotations = json!({ RESTARTED_AT: self.restarted_at });
        let mut patch = json!({
            "metadata": {"uid": self.facts.workload.deployment.uid()},
            "spec": {"template": {"metadata": {"annotations": annotations}}}
        });
        if let Some(reason) = &self.request.reason {
            patch["metadata"]["annotations"] = json!({ CHANGE_CAUSE: reason });
        }
        patch
    }

    /// The field manager of the patch: kubectl's, but where Flux owns the object the one whose writes Flux leaves alone.
    pub fn field_manager(&self) -> &str {
        let flux = gitops::owner(&self.facts.workload.deployment).is_some_and(|owner| owner.is_flux());
        let default = if flux { FLUX_FIELD_MANAGER } else { FIELD_MANAGER };
        self.request.field_manager.as_deref().unwrap_or(default)
    }
}
