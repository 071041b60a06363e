//! What every operation shares before it begins: what was asked for, and a plan or a refusal.

use jiff::{SignedDuration, Timestamp};

use super::Held;
use crate::checks::{self, Check, Verdict};
use crate::finding::Finding;
use crate::lock::{self, Holder};
use crate::report::PlannedStep;
use crate::target::{Place, Target};

/// The ConfigMap, in the target's namespace, that holds what was done last.
pub const HISTORY: &str = "sk-history";

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
    /// The plugin that was called, as `sk-restart`.
    pub plugin: &'static str,
    /// ULID of this operation.
    pub operation: String,
    /// Context of the kubeconfig.
    pub context: String,
    /// What to act on.
    pub target: T,
    /// Who asks: the kubeconfig's user, or whom `--as` names.
    pub user: String,
    /// Flags that say what is asked for, as `--to-revision 3`: pasted commands repeat them.
    pub flags: String,
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

/// What will be done to a target `T`, decided on facts `F` that were read; `C` is what makes the change.
#[derive(Clone, Debug)]
pub struct Plan<T, F, C> {
    /// What was asked for.
    pub request: Request<T>,
    /// The checks; none refuses.
    pub checks: Vec<Check>,
    /// The steps, for people.
    pub steps: Vec<PlannedStep>,
    /// The facts it was decided on.
    pub facts: F,
    /// What makes the change.
    pub change: C,
}

/// Why an operation does not start.
#[derive(Clone, Debug)]
pub struct Refusal<T, F> {
    /// What was asked for.
    pub request: Request<T>,
    /// All checks.
    pub checks: Vec<Check>,
    /// One finding for each check that refuses.
    pub findings: Vec<Finding>,
    /// The facts it was decided on.
    pub facts: F,
}

impl<T> Request<T> {
    /// The command line that asks for the same of this name again.
    pub(crate) fn again(&self, place: Place<'_>, name: &str) -> String {
        let space = if self.flags.is_empty() { "" } else { " " };
        place.kubectl(&format!("{} {name}{space}{}", self.plugin, self.flags))
    }

    /// The checks as `--force` leaves them.
    pub(crate) fn forced(&self, checks: Vec<Check>) -> Vec<Check> {
        let force = |check: Check| {
            let named = self.force.iter().any(|name| name == check.name);
            let forced = check.verdict == Verdict::Refuse && checks::is_forcible(check.name) && named;
            if forced { check.forced() } else { check }
        };
        checks.into_iter().map(force).collect()
    }

    /// The step that takes the lock of a Deployment, and gives it back; none with `--no-lock`.
    pub(crate) fn lock_step(&self, deployment: &str, place: Place<'_>) -> Option<PlannedStep> {
        let lease = lock::name(deployment);
        let step = PlannedStep {
            step: "lock",
            object: format!("lease/{lease}"),
            words: format!("lease/{lease}, until the pods are verified"),
            kubectl: place.kubectl(&format!("get lease {lease} -o yaml")),
        };
        (!self.no_lock).then_some(step)
    }

    /// The lock of a Deployment; none with `--no-lock`, and none for a dry run, which changes nothing.
    pub(crate) fn lock(&self, namespace: &str, deployment: &str, now: Timestamp) -> Held {
        if self.no_lock || self.dry_run != DryRun::None {
            return Held::none();
        }
        let own = Holder {
            identity: format!("{}@{}", self.user, self.host),
            operation: self.operation.clone(),
            command: self.plugin.to_owned(),
            reason: self.reason.clone().unwrap_or_default(),
            since: None,
        };
        Held::of(namespace, deployment, own, self.take_over, now)
    }
}

/// One finding for each check that refuses, about this object.
pub(crate) fn refusals<'a>(
    checks: &'a [Check],
    object: &'a str,
) -> impl Iterator<Item = (&'a Check, Finding)> {
    checks.iter().filter(|check| check.verdict == Verdict::Refuse).map(move |check| {
        let finding = Finding::error(&format!("check/{}", check.name), object, check.detail.clone());
        (check, check.next.iter().fold(finding, Finding::next))
    })
}

/// The step that writes down what was done to an object.
pub(crate) fn record_step(object: &str, place: Place<'_>) -> PlannedStep {
    PlannedStep {
        step: "record",
        object: format!("configmap/{HISTORY}"),
        words: format!("an Event on {object}, an entry in configmap/{HISTORY}"),
        kubectl: place.kubectl(&format!("get configmap {HISTORY} -o yaml")),
    }
}
