//! Crashes: whether a container does not stay, how it last ended, and which one rule explains it.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Event, Pod};

use crate::causes::container::{Role, Seen, clip, word};
use crate::causes::{Need, PodFacts, Sighting, event};
use crate::redact::redact;
use crate::{duration, workload};

/// What explains a crash. Exactly one does, so that a consequence is not named beside its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) enum Kind {
    OomKilled,
    OomNodePressure,
    LivenessKilled,
    StartupProbe,
    StartError,
    PostStartHook,
    InitCrash,
    ExitsZero,
    AppExit,
}

/// A container that does not stay.
#[derive(Clone, Copy, Debug)]
pub(in crate::causes) struct Crash<'a> {
    pub(in crate::causes) container: Seen<'a>,
    /// How it last ended; not every runtime says.
    pub(in crate::causes) ended: Option<&'a ContainerStateTerminated>,
    /// Where that stands in the status.
    field: &'static str,
}

/// Reasons to wait that follow from a start that failed or a run that ended.
const AFTER_A_RUN: &[&str] = &["CrashLoopBackOff", "PostStartHookError"];

/// Reasons to wait that say that the runtime could not start the container.
pub(in crate::causes) const CANNOT_START: &[&str] =
    &["RunContainerError", "CreateContainerError", "StartError", "ContainerCannotRun"];

/// A container that runs longer than its last run did, and this much more, has stopped crashing.
const OUTLIVED: SignedDuration = SignedDuration::from_secs(30);

/// A run longer than this tells nothing about the next; the kubelet forgets its back-off then, too.
const LONG_RUN: SignedDuration = SignedDuration::from_mins(10);

/// Whether the container crashes. One that is ready does not, whatever it did before; one that runs again but is
/// not ready still does, until it has outlived its last run.
pub(in crate::causes) fn of<'a>(pod: &'a Pod, container: Seen<'a>, now: Timestamp) -> Option<Crash<'a>> {
    if workload::is_ready(pod) { None } else { unsteady(pod, container, now) }
}

/// The same for a diagnosis: a container without a readiness probe is ready between two crashes, too.
pub(in crate::causes) fn in_depth<'a>(
    pod: &'a Pod,
    container: Seen<'a>,
    now: Timestamp,
) -> Option<Crash<'a>> {
    let relapses = || {
        let often = container.status.restart_count >= workload::RELAPSE;
        let short = container.last().and_then(ran).is_some_and(|ran| ran <= LONG_RUN);
        container.role != Role::Init && (often && short || workload::is_lately_back(container.status, now))
    };
    if workload::is_ready(pod) && !relapses() { None } else { unsteady(pod, container, now) }
}

fn unsteady<'a>(pod: &'a Pod, container: Seen<'a>, now: Timestamp) -> Option<Crash<'a>> {
    if is_over(pod) {
        return None;
    }
    let crash = |ended, field| Some(Crash { container, ended, field });
    if let Some(ended) = container.terminated() {
        return if is_done(pod, &container, ended) { None } else { crash(Some(ended), "state.terminated") };
    }
    if container.waits_for(AFTER_A_RUN).or_else(|| container.waits_for(CANNOT_START)).is_some() {
        return crash(container.last(), "lastState.terminated");
    }
    let since = container.running_since(pod)?;
    let ended = container.last()?;
    let outlived = now.duration_since(since) > ran(ended).unwrap_or_default().min(LONG_RUN) + OUTLIVED;
    let ready = container.status.ready && !workload::is_ready(pod);
    if ready || outlived || is_done(pod, &container, ended) {
        return None;
    }
    crash(Some(ended), "lastState.terminated")
}

/// Whether the pod is being deleted, or has ended by another hand than its containers' (eviction, admission).
fn is_over(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref());
    let by_other_hand = status.is_some_and(|status| status.reason.is_some());
    pod.metadata.deletion_timestamp.is_some()
        || phase == Some("Succeeded")
        || (workload::has_failed(pod) && by_other_hand)
}

/// Whether the container has ended as it should: exit 0 where that is the aim. A container's own policy counts before
/// the pod's.
fn is_done(pod: &Pod, container: &Seen<'_>, ended: &ContainerStateTerminated) -> bool {
    let of_pod = pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref());
    let policy = container.spec.and_then(|spec| spec.restart_policy.as_deref()).or(of_pod);
    let stays = match container.role {
        Role::Init => false,
        // Those of a pod whose own containers have ended are told to end, too.
        Role::Sidecar if workload::has_ended(pod) => return true,
        Role::Sidecar => true,
        Role::App => policy.is_none_or(|policy| policy == "Always"),
    };
    ended.exit_code == 0 && !stays
}

/// How long a run was. A start that failed says 1970.
pub(in crate::causes) fn ran(ended: &ContainerStateTerminated) -> Option<SignedDuration> {
    let (started, finished) = (ended.started_at.as_ref()?.0, ended.finished_at.as_ref()?.0);
    (started > Timestamp::UNIX_EPOCH).then(|| finished.duration_since(started).max(SignedDuration::ZERO))
}

/// The first container that crashes for this reason, those beside it last.
pub(in crate::causes) fn seen<'a>(facts: &PodFacts<'a>, kind: Kind) -> Option<Crash<'a>> {
    let of_role = |beside: bool| {
        let all = crate::causes::container::all(facts.pod);
        all.filter(move |container| facts.looks_at(container) && (container.role == Role::Sidecar) == beside)
    };
    of_role(false)
        .chain(of_role(true))
        .filter_map(|container| Crash::of(facts, container))
        .find(|crash| crash.kind(facts) == kind)
}

impl<'a> Crash<'a> {
    /// Whether the container crashes, for whoever asks.
    pub(in crate::causes) fn of(facts: &PodFacts<'a>, container: Seen<'a>) -> Option<Self> {
        let look = if facts.in_depth { in_depth } else { of };
        look(facts.pod, container, facts.now)
    }
}

impl Crash<'_> {
    /// What explains it.
    pub(in crate::causes) fn kind(&self, facts: &PodFacts<'_>) -> Kind {
        let reason = self.ended.and_then(|ended| ended.reason.as_deref()).unwrap_or_default();
        if reason == "OOMKilled" || self.died_at_start() || self.was_silently_killed(facts) {
            return if memory_limit(facts.pod, &self.container).is_some() {
                Kind::OomKilled
            } else {
                Kind::OomNodePressure
            };
        }
        if self.container.waits_for(CANNOT_START).is_some() || CANNOT_START.contains(&reason) {
            Kind::StartError
        } else if self.killed_for(facts, "failed startup probe").is_some() {
            Kind::StartupProbe
        } else if self.killed_for(facts, "failed liveness probe").is_some() {
            Kind::LivenessKilled
        } else if self.hook(facts).is_some() {
            Kind::PostStartHook
        } else if self.has_no_command() {
            Kind::StartError
        } else if self.container.role == Role::Init {
            Kind::InitCrash
        } else if self.ended.is_some_and(|ended| ended.exit_code == 0) {
            Kind::ExitsZero
        } else {
            Kind::AppExit
        }
    }

    /// Whether the limit does not even hold what the runtime starts the container with.
    fn died_at_start(&self) -> bool {
        self.start_failure().is_some_and(|said| said.contains("container init was OOM-killed"))
    }

    /// What the runtime says of a start that failed.
    pub(in crate::causes) fn start_failure(&self) -> Option<&str> {
        let waiting = self.container.waits_for(CANNOT_START).and_then(|waiting| waiting.message.as_deref());
        waiting.or_else(|| self.ended.and_then(|ended| ended.message.as_deref()))
    }

    /// Whether a shell, which the runtime could start, could not start the command in its turn: 126 and 127 are its words
    /// for that.
    pub(in crate::causes) fn has_no_command(&self) -> bool {
        let by_a_shell = |ended: &ContainerStateTerminated| {
            matches!(ended.exit_code, 126 | 127) && ended.reason.as_deref() == Some("Error")
        };
        self.ended.is_some_and(by_a_shell)
    }

    /// Whether it was killed at a memory limit by nobody that left word. Under load the runtime misses now and then
    /// that it was the kernel, and the kubelet says Error where it said `OOMKilled` the time before.
    pub(in crate::causes) fn was_silently_killed(&self, facts: &PodFacts<'_>) -> bool {
        let probes =
            self.container.spec.is_some_and(|c| c.liveness_probe.is_some() || c.startup_probe.is_some());
        let would_be_told = !probes || !facts.events.is_empty();
        let killed = |ended: &ContainerStateTerminated| {
            ended.exit_code == 137 && ended.reason.as_deref() == Some("Error")
        };
        self.ended.is_some_and(killed)
            && would_be_told
            && memory_limit(facts.pod, &self.container).is_some()
            && self.killed_for(facts, "").is_none()
            && self.hook(facts).is_none()
    }

    /// The kubelet's *Normal* event that it killed the container for this; the status only has an exit code.
    pub(in crate::causes) fn killed_for<'b>(&self, facts: &PodFacts<'b>, why: &str) -> Option<&'b Event> {
        let mut kills = facts.container_events(&self.container, "Killing");
        kills.find(|kill| event::message(kill).contains(why) && self.fits(kill))
    }

    /// The event of a failed postStart hook, after which the kubelet kills the container.
    pub(in crate::causes) fn hook<'b>(&self, facts: &PodFacts<'b>) -> Option<&'b Event> {
        let own_doing = self.ended.is_some_and(|ended| !of_a_kill(ended));
        facts.container_events(&self.container, "FailedPostStartHook").last().filter(|_| !own_doing)
    }

    /// Whether the kill lies in the last run. The kubelet drops events once an object has had 25, so an older one
    /// counts too where the exit code is that of a kill.
    fn fits(&self, kill: &Event) -> bool {
        let Some(ended) = self.ended else { return true };
        let started = ended.started_at.as_ref().map(|time| time.0);
        let in_last_run = workload::last_seen(kill) >= started && started.is_some();
        in_last_run || of_a_kill(ended)
    }

    /// How often it crashed: restarts, or the one crash that no restart has followed yet.
    pub(in crate::causes) fn times(&self) -> u32 {
        u32::try_from(self.container.status.restart_count).unwrap_or_default().max(1)
    }

    /// The sighting, with what every crash shows: how it ended, how often, the end of its log.
    pub(in crate::causes) fn sighting(&self, facts: &PodFacts<'_>, summary: String) -> Sighting {
        let mut evidence = vec![self.ending()];
        let restarts = self.container.status.restart_count;
        if restarts > 0 {
            evidence.push(format!("{}: {restarts}", self.container.status_path("restartCount")));
        }
        Sighting {
            summary,
            evidence,
            next: Vec::new(),
            observations: self.times(),
            needs: self.needs(facts).into_iter().collect(),
        }
    }

    /// Evidence: how it ended.
    fn ending(&self) -> String {
        let path = self.container.status_path(self.field);
        let Some(ended) = self.ended else {
            let waiting = self.container.waiting();
            return waiting.map(|waiting| self.container.waiting_evidence(waiting)).unwrap_or_default();
        };
        let reason = ended.reason.as_deref().unwrap_or("ended");
        let ran = ran(ended).map(|ran| format!(", ran {}", duration::short(ran))).unwrap_or_default();
        let message = ended.message.as_deref().filter(|message| !message.trim().is_empty());
        let message = message.map(|message| format!(": {}", clip(&redact(message)))).unwrap_or_default();
        format!("{path}: {reason}, {}{ran}{message}", exit(ended))
    }

    /// The log of the run that ended, once it was fetched.
    pub(in crate::causes) fn log<'b>(&self, facts: &PodFacts<'b>) -> Option<&'b str> {
        facts.fetched.text(&self.log_need(facts))
    }

    /// What evidence calls that log: as kubectl shows it.
    pub(in crate::causes) fn which_log(&self) -> &'static str {
        if self.container.terminated().is_some() { "log" } else { "previous log" }
    }

    /// The kubelet has a log once the container ran.
    fn needs(&self, facts: &PodFacts<'_>) -> Option<Need> {
        let need = self.log_need(facts);
        let ran = self.container.last().is_some() || self.container.terminated().is_some();
        (ran && !facts.fetched.knows(&need)).then_some(need)
    }

    /// Until the container is started again its present log is that of the run that ended; its previous one, of the run
    /// before, may be gone.
    fn log_need(&self, facts: &PodFacts<'_>) -> Need {
        let (pod, container) = (facts.name().to_owned(), self.container.name().to_owned());
        match self.container.terminated() {
            Some(_) => Need::Log { pod, container },
            None => Need::PreviousLog { pod, container },
        }
    }

    /// The command that shows the log of the run that ended.
    pub(in crate::causes) fn logs(&self, facts: &PodFacts<'_>) -> String {
        if self.container.last().is_some() {
            return facts.previous_logs(&self.container);
        }
        let (pod, container) = (word(facts.name()), word(self.container.name()));
        facts.place.kubectl(&format!("logs {pod} -c {container} --tail=50"))
    }

    /// `for the third time`: how often, for a summary.
    pub(in crate::causes) fn so_often(&self) -> String {
        match self.container.status.restart_count {
            i32::MIN..=0 => String::new(),
            1 => ", restarted once".to_owned(),
            restarts => format!(", restarted {restarts} times"),
        }
    }
}

/// Whether an exit code is what a container leaves that was told to stop: by SIGTERM, by SIGKILL, or in order.
fn of_a_kill(ended: &ContainerStateTerminated) -> bool {
    matches!(ended.exit_code, 0 | 137 | 143)
}

/// The limit that a container was killed at: where it stands, and its value.
pub(in crate::causes) fn memory_limit(pod: &Pod, container: &Seen<'_>) -> Option<(String, String)> {
    let own = container.spec.and_then(|spec| spec.resources.as_ref());
    let own = own.and_then(|resources| resources.limits.as_ref()?.get("memory"));
    let shared = pod.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    let shared = shared.and_then(|resources| resources.limits.as_ref()?.get("memory"));
    own.map(|limit| (container.spec_path("resources.limits.memory"), limit.0.clone()))
        .or_else(|| shared.map(|limit| ("spec.resources.limits.memory".to_owned(), limit.0.clone())))
}

/// `exit 137 (SIGKILL)`.
pub(in crate::causes) fn exit(ended: &ContainerStateTerminated) -> String {
    let code = ended.exit_code;
    match meaning(code) {
        Some(meaning) => format!("exit {code} ({meaning})"),
        None => format!("exit {code}"),
    }
}

fn meaning(code: i32) -> Option<&'static str> {
    Some(match code {
        126 => "found, but cannot be executed",
        127 => "command not found",
        129 => "SIGHUP",
        130 => "SIGINT",
        131 => "SIGQUIT",
        132 => "SIGILL",
        133 => "SIGTRAP",
        134 => "SIGABRT",
        135 => "SIGBUS",
        136 => "SIGFPE",
        137 => "SIGKILL",
        139 => "SIGSEGV",
        141 => "SIGPIPE",
        143 => "SIGTERM",
        _ => return None,
    })
}
