//! What a restart does while it holds the lock, and what it is about.

use jiff::Timestamp;

use super::plan::Plan;
use crate::catalogue::Service;
use crate::causes::{self, Fetched, Found, Need};
use crate::duration;
use crate::finding::Finding;
use crate::operation::run::{Body, Phase};
use crate::operation::{Action, Ending, Left, Noted, Observation, Request, Run, Waiting};
use crate::references;
use crate::report::{Outcome, RestartReport};
use crate::revision;
use crate::rollout::{self, Progress};
use crate::sanitize::quoted;
use crate::soak::Soak;
use crate::target::{Place, Target};
use crate::verify::{self, Inspected};
use crate::workload::{self, Deployment, Workload};

/// What a restart does at a moment.
#[derive(Clone, Debug)]
pub enum Doing {
    /// Looking once more at what was checked before the question and the lock.
    Rechecking,
    /// Patching the Deployment.
    Patching { attempt: u8 },
    /// Finding out whether a patch has arrived.
    ReadingBack { attempt: u8, lost: String },
    /// Finding out what stood against a conditional patch.
    Conflicting { attempt: u8, refused: String },
    /// Watching the rollout.
    Rolling(Waiting<Progress>),
    /// Somebody else changed the template to this; who holds the lock is being asked.
    Superseded(String),
    /// Looking at logs and health endpoints: of these pods still, after what was seen of others.
    Inspecting { left: Vec<(String, Vec<String>)>, seen: Vec<Inspected> },
    /// Done with the lock; watching what becomes of it is next.
    Released,
    /// Watching what became of it.
    Soaking(Box<Soak>),
}

/// The Deployment that is restarted, as it is seen.
#[derive(Clone, Debug)]
pub struct Rollout {
    pub(super) seen: Workload,
    /// The Deployment as the change left it.
    pub(super) made: Option<Deployment>,
    /// Whether the watch does not show that yet.
    pub(super) is_behind: bool,
    pub(super) lowest_available: i32,
    /// Conditional patches that somebody else's writes stood against.
    pub(super) conflicts: u8,
}

/// A restart as it runs.
pub type Restart = Run<Plan, Doing, Rollout>;

impl Restart {
    /// A restart that is about to begin.
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        let seen = plan.before().clone();
        let target = &plan.request.target;
        let lock = plan.request.lock(&target.namespace, &target.deployment, now);
        let lowest_available = seen.deployment.available();
        let body = Rollout { seen, made: None, is_behind: false, lowest_available, conflicts: 0 };
        Self::of(plan, lock, Doing::Rechecking, body, now)
    }

    /// Takes over what is seen. While the watch does not show the change yet, with the Deployment as the change left
    /// it: by the template of before, the pods of the new one would be old.
    pub(super) fn saw(&mut self, workload: Workload) {
        let behind = |made: &&Deployment| {
            made.uid() == workload.deployment.uid() && made.generation() > workload.deployment.generation()
        };
        let made = self.body.made.as_ref().filter(behind).cloned();
        self.body.is_behind = made.is_some();
        self.body.seen = match made {
            Some(made) => workload.with(made),
            None => workload,
        };
    }

    /// Whether the Deployment still has the template that the change left: as the API server answered, since a webhook
    /// may have had a hand in it.
    pub(super) fn is_as_made(&self, deployment: &Deployment) -> bool {
        match &self.body.made {
            Some(made) => revision::is_current(made.template(), deployment.template()),
            None => self.plan.change.is_in(deployment),
        }
    }

    /// The workload as it was last seen.
    pub fn seen(&self) -> &Workload {
        &self.body.seen
    }

    /// When the change was made; none before.
    pub fn patched(&self) -> Option<Timestamp> {
        self.changed
    }

    /// The soak, while it runs.
    pub fn soak(&self) -> Option<&Soak> {
        match &self.phase {
            Phase::Doing(Doing::Soaking(soak)) => Some(soak),
            _ => None,
        }
    }

    /// Why the workload cannot be watched at the moment.
    pub fn trouble(&self) -> Option<&str> {
        match &self.phase {
            Phase::Doing(Doing::Rolling(rolling)) => rolling.trouble.as_deref(),
            Phase::Doing(Doing::ReadingBack { lost: why, .. } | Doing::Conflicting { refused: why, .. }) => {
                Some(why)
            }
            _ => None,
        }
    }

    /// Fewest pods that were available at any time it was watched (`status.availableReplicas`).
    pub fn lowest_available(&self) -> i32 {
        self.body.lowest_available
    }

    /// The new pods, each with its containers.
    pub fn containers(&self) -> Vec<(String, Vec<String>)> {
        let new = self.seen().pods.iter().filter(|pod| self.seen().is_new(pod));
        new.map(|pod| (workload::name(pod).to_owned(), workload::container_names(pod))).collect()
    }

    /// The report of what happened so far.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        self.told(self.plan.report(Outcome::Unknown, now), &self.seen().pods)
    }
}

impl Body for Restart {
    type Doing = Doing;
    type Target = Target;
    const STEP: &'static str = "patch";

    fn request(&self) -> &Request {
        &self.plan.request
    }

    fn object(&self) -> String {
        self.plan.request.target.object()
    }

    fn place(&self) -> Place<'_> {
        self.plan.request.target.place()
    }

    fn command(&self) -> String {
        self.plan.request.command()
    }

    fn deployment(&self) -> &str {
        &self.plan.request.target.deployment
    }

    fn service(&self) -> Option<&Service> {
        self.plan.request.target.service.as_ref()
    }

    fn how_to_go_on(&self) -> Vec<String> {
        let selector = quoted(&self.plan.before().deployment.selector());
        vec![format!("rollout status {}", self.object()), format!("get pods -l {selector}")]
    }

    fn see(&mut self, observation: &Observation) {
        if let Observation::Workload(workload) = observation {
            let available = workload.deployment.available();
            self.body.lowest_available = self.body.lowest_available.min(available);
            self.saw((**workload).clone());
        }
    }

    fn begin(&mut self, now: Timestamp) -> Action {
        self.enter(Doing::Rechecking);
        if self.is_stale(now) { Action::Read } else { Action::Watch { until: now } }
    }

    fn go_on(&mut self, doing: Doing, observation: Observation, now: Timestamp) -> Action {
        match (doing, observation) {
            (Doing::Rechecking, Observation::Begin) if self.is_stale(now) => Action::Read,
            (Doing::Rechecking, observation) => self.recheck(observation, now),
            (Doing::Superseded(found), Observation::Lease(answer)) => self.superseded_by(&found, answer, now),
            (Doing::Superseded(found), _) => self.changed_by_somebody(&found, now),
            (_, Observation::Lease(answer)) => self.renewed(answer, now),
            (Doing::Patching { attempt }, Observation::Patched(write)) => self.answered(attempt, write, now),
            (Doing::Patching { .. }, _) => self.patch(),
            (Doing::ReadingBack { attempt, lost }, Observation::Read(read)) => {
                self.read_back(attempt, &lost, read, now)
            }
            (Doing::ReadingBack { .. }, Observation::Workload(workload))
                if self.plan.change.is_in(&workload.deployment) =>
            {
                self.applied(&workload.deployment, now)
            }
            (Doing::Conflicting { attempt, refused }, Observation::Read(read)) => {
                self.conflicted(attempt, &refused, read, now)
            }
            (Doing::ReadingBack { .. } | Doing::Conflicting { .. }, _) => Action::Read,
            (Doing::Rolling(_), Observation::Gone) => self.gone(now),
            (Doing::Rolling(rolling), observation) => self.rolling(rolling, observation, now),
            (Doing::Inspecting { left, seen }, Observation::Inspected(inspected)) => {
                self.inspected(left, seen, inspected, now)
            }
            (Doing::Inspecting { left, .. }, _) => self.look_into(&left),
            (Doing::Released, _) => self.soak_begins(now),
            (Doing::Soaking(soak), observation) => self.soaking(soak, observation, now),
        }
    }

    fn interrupted_at(&self) -> (String, bool) {
        let name = self.plan.change.name();
        match &self.phase {
            Phase::Locking
            | Phase::Doing(
                Doing::Rechecking | Doing::Patching { attempt: 1 } | Doing::Conflicting { attempt: 1, .. },
            ) => ("interrupted before anything was changed".to_owned(), false),
            Phase::Doing(Doing::Patching { .. } | Doing::ReadingBack { .. } | Doing::Conflicting { .. }) => {
                (format!("interrupted; it is not known whether the {name} was begun"), true)
            }
            Phase::Doing(Doing::Rolling(_)) | Phase::Explaining => {
                (format!("interrupted; Kubernetes goes on with the {name} by itself"), true)
            }
            _ => ("interrupted after the rollout".to_owned(), true),
        }
    }

    fn found(&self, fetched: &Fetched, now: Timestamp) -> Vec<Found> {
        let mut found = causes::of_rollout(self.seen(), fetched, self.place(), now);
        if self.had_given_up() {
            found.retain(|found| found.cause.code != causes::PROGRESS_DEADLINE);
        }
        found
    }

    fn needs(&self) -> Vec<Need> {
        if !self.plan.change.keeps_containers() {
            return Vec::new();
        }
        let references = references::of_template(self.plan.before().deployment.template());
        references.into_iter().map(Need::LastWrite).collect()
    }

    fn changed_outside(&self, fetched: &Fetched, now: Timestamp) -> Vec<Finding> {
        // What a quota or an admission refuses has nothing to do with what a pod reads.
        let of_pods = self.causes().any(|finding| finding.object.starts_with("pod/"));
        if of_pods { self.written_since(fetched, now) } else { Vec::new() }
    }

    fn unread(&self) -> Option<Finding> {
        verify::events(&self.seen().events, &self.object())
    }

    fn waits_for(&self) -> (String, Option<Finding>) {
        let waits = match rollout::judge(self.seen()) {
            rollout::Verdict::Waiting(what) => what,
            _ => "a container that came back from a crash has to run longer than before".to_owned(),
        };
        (waits, None)
    }

    fn noted(&self, now: Timestamp) -> Noted {
        // Ours, whatever somebody else has put there since.
        let template = self.body.made.as_ref().unwrap_or(&self.seen().deployment).template();
        let took = duration::short(now.duration_since(self.changed.unwrap_or(now)));
        let deployment = self.deployment();
        let change = &self.plan.change;
        Noted {
            about: ["apps/v1", "Deployment", deployment, self.seen().deployment.uid()].map(str::to_owned),
            action: change.action(),
            reasons: change.events(),
            done: change.done(),
            result: format!(" after {took}"),
            pod: None,
            deployment: Some(deployment.to_owned()),
            left: Some(Left {
                template: revision::hash(template),
                verified: self.ending.as_ref().is_some_and(Ending::is_verified),
            }),
        }
    }
}
