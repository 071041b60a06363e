//! The checks before a change: each a verdict with the numbers it was judged by.

use serde::Serialize;

use crate::access::Access;
use crate::fact::Fact;
use crate::rollout::{self, Verdict as Rollout};
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
pub const NAMES: [&str; 5] = ["access", "paused", "not-ready", "floor", "rollout-in-progress"];

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
    fn new(name: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { name, verdict, detail: detail.into(), next: Vec::new() }
    }

    fn next(mut self, command: impl Into<String>) -> Self {
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
}

/// Makes every check of a restart.
pub fn of_restart(facts: &Facts, target: &Target) -> Vec<Check> {
    vec![
        access(&facts.access, target),
        paused(&facts.workload, target),
        not_ready(&facts.workload, target),
        floor(&facts.workload, target),
        in_progress(&facts.workload),
    ]
}

fn access(reviewed: &[(Access, Fact<bool>)], target: &Target) -> Check {
    let names = |wanted: &dyn Fn(&Fact<bool>) -> bool| {
        let verbs = reviewed.iter().filter(|(_, fact)| wanted(fact)).map(|(access, _)| access.to_string());
        verbs.collect::<Vec<_>>().join(", ")
    };
    let missing = names(&|fact| fact.known() == Some(&false));
    if !missing.is_empty() {
        let detail = format!("you may not {missing} in namespace {}", target.namespace);
        let denied = reviewed.iter().filter(|(_, fact)| fact.known() == Some(&false));
        return denied.fold(Check::new("access", Verdict::Refuse, detail), |check, (access, _)| {
            check.next(target.kubectl(&format!("auth can-i {access}")))
        });
    }
    let reason = reviewed.iter().find_map(|(_, fact)| fact.reason());
    match reason {
        Some(reason) => {
            let unread = names(&|fact| fact.reason().is_some());
            Check::new("access", Verdict::Unknown, format!("could not be asked for {unread}: {reason}"))
        }
        None => {
            Check::new("access", Verdict::Pass, format!("you have all {} verbs this needs", reviewed.len()))
        }
    }
}

fn paused(workload: &Workload, target: &Target) -> Check {
    if !workload.deployment.is_paused() {
        return Check::new("paused", Verdict::Pass, "rollouts are not paused");
    }
    let detail = "the Deployment is paused: a restart would wait until somebody resumes it";
    Check::new("paused", Verdict::Refuse, detail)
        .next(target.kubectl(&format!("rollout resume {}", target.object())))
}

fn not_ready(workload: &Workload, target: &Target) -> Check {
    let (ready, replicas) = (workload.deployment.ready(), workload.deployment.replicas());
    if replicas == 0 {
        let number = target.service.as_ref().and_then(|service| service.min_replicas).unwrap_or(1);
        return Check::new("not-ready", Verdict::Refuse, "scaled to 0 replicas: there is no pod to restart")
            .next(target.kubectl(&format!("scale {} --replicas={number}", target.object())));
    }
    let minimum = target.service.as_ref().and_then(|service| service.min_replicas);
    let (needed, words) = match minimum {
        Some(minimum) => (i32::try_from(minimum).unwrap_or(i32::MAX), format!(" (minimum {minimum})")),
        None => (replicas, String::new()),
    };
    let verdict = if ready < needed { Verdict::Warn } else { Verdict::Pass };
    Check::new("not-ready", verdict, format!("{ready}/{replicas} pods ready{words}"))
}

/// Judges how few pods the strategy lets be available, against the service's `minAvailable`.
///
/// The controller never takes an available pod below `replicas - maxUnavailable`, so what is lost already is not
/// the restart's doing: a broken service may be restarted.
fn floor(workload: &Workload, target: &Target) -> Check {
    let Some(floor) = target.service.as_ref().and_then(|service| service.min_available) else {
        return Check::new("floor", Verdict::Skipped, "no minAvailable is configured");
    };
    let deployment = &workload.deployment;
    let (available, replicas) = (deployment.available(), deployment.replicas());
    let (kept, arithmetic) = if deployment.recreates() {
        (0, "strategy Recreate stops every pod first".to_owned())
    } else {
        let (_, unavailable) = deployment.fenceposts();
        ((replicas - unavailable).max(0), format!("maxUnavailable {unavailable} of {replicas}"))
    };
    let lowest = kept.min(available);
    if lowest >= i32::try_from(floor).unwrap_or(i32::MAX) {
        return Check::new(
            "floor",
            Verdict::Pass,
            format!("at least {lowest} pods stay available ({arithmetic}, floor {floor})"),
        );
    }
    if lowest == available {
        let detail = format!(
            "{available} available now, under the floor {floor}; a restart takes none of them ({arithmetic})"
        );
        return Check::new("floor", Verdict::Warn, detail);
    }
    let detail =
        format!("only {lowest} of {available} available pods would stay ({arithmetic}, floor {floor})");
    Check::new("floor", Verdict::Refuse, detail)
        .next(target.kubectl(&format!("rollout restart {}", target.object())))
}

fn in_progress(workload: &Workload) -> Check {
    match rollout::judge(workload) {
        Rollout::Complete => Check::new("rollout-in-progress", Verdict::Pass, "no other rollout is running"),
        Rollout::Waiting(what) => Check::new(
            "rollout-in-progress",
            Verdict::Warn,
            format!("another rollout is not finished: {what}"),
        ),
        Rollout::DeadlineExceeded(message) => Check::new(
            "rollout-in-progress",
            Verdict::Warn,
            format!("the last rollout has failed: {message}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Make, target};
    use serde_json::json;

    /// Verdict and detail of one check.
    fn check(name: &str, make: &Make) -> (Verdict, String) {
        let checks = of_restart(&make.facts(), &target());
        let check = checks.into_iter().find(|check| check.name == name).unwrap();
        (check.verdict, check.detail)
    }

    #[test]
    fn every_name_is_a_check() {
        let made: Vec<_> =
            of_restart(&Make::default().facts(), &target()).iter().map(|check| check.name).collect();
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        let mut sorted = made.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, names);
    }

    #[test]
    fn a_quiet_service_passes_all() {
        for check in of_restart(&Make::default().facts(), &target()) {
            assert_eq!(check.verdict, Verdict::Pass, "{}: {}", check.name, check.detail);
        }
    }

    #[test]
    fn a_missing_verb_is_named() {
        let mut facts = Make::default().facts();
        facts.access[1].1 = Fact::Known(false);
        let check = &of_restart(&facts, &target())[0];
        assert_eq!((check.name, check.verdict), ("access", Verdict::Refuse));
        assert!(check.detail.contains("patch deployments.apps"), "{}", check.detail);
        assert_eq!(check.next, ["kubectl auth can-i patch deployments.apps -n skillancer-production"]);
    }

    #[test]
    fn a_verb_that_could_not_be_asked_for_is_no_pass() {
        let mut facts = Make::default().facts();
        facts.access[0].1 = Fact::Unavailable("the reviews are withheld".to_owned());
        let check = &of_restart(&facts, &target())[0];
        assert_eq!(check.verdict, Verdict::Unknown);
        assert!(check.detail.contains("the reviews are withheld"), "{}", check.detail);
    }

    #[test]
    fn paused_refuses_and_says_how_to_resume() {
        let make = Make { paused: true, ..Make::default() };
        assert_eq!(check("paused", &make).0, Verdict::Refuse);
    }

    #[test]
    fn readiness_is_judged_by_the_catalogues_minimum() {
        for (ready, replicas, verdict, detail) in [
            (3, 3, Verdict::Pass, "3/3 pods ready (minimum 3)"),
            (2, 3, Verdict::Warn, "2/3 pods ready (minimum 3)"),
            (0, 0, Verdict::Refuse, "scaled to 0 replicas: there is no pod to restart"),
        ] {
            let make = Make { replicas, new: vec![true; ready], ..Make::default() };
            assert_eq!(check("not-ready", &make), (verdict, detail.to_owned()));
        }
    }

    #[test]
    fn the_floor_is_judged_by_what_the_restart_would_take() {
        let rolling =
            |unavailable: i32| json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": unavailable}});
        for (available, strategy, verdict) in [
            (3, rolling(0), Verdict::Pass),
            (3, rolling(1), Verdict::Pass),
            (3, rolling(2), Verdict::Refuse),
            (3, json!({"type": "Recreate"}), Verdict::Refuse),
            // Two are available and may not be fewer; the strategy keeps two.
            (2, rolling(1), Verdict::Pass),
            // One is left already: a restart takes nothing away, and may be what helps.
            (1, rolling(1), Verdict::Warn),
            (1, rolling(3), Verdict::Refuse),
            (0, json!({"type": "Recreate"}), Verdict::Warn),
        ] {
            let new = (0..3).map(|index| index < available).collect();
            let make = Make { new, strategy: strategy.clone(), ..Make::default() };
            let (found, detail) = check("floor", &make);
            assert_eq!(found, verdict, "{available} available, {strategy}: {detail}");
        }
    }

    #[test]
    fn no_floor_is_skipped_and_not_passed() {
        let mut target = target();
        target.service = None;
        let checks = of_restart(&Make::default().facts(), &target);
        assert_eq!(checks.iter().find(|check| check.name == "floor").unwrap().verdict, Verdict::Skipped);
    }

    #[test]
    fn another_rollout_is_a_warning() {
        let make = Make { old: vec![true], new: vec![true; 2], ..Make::default() };
        let (verdict, detail) = check("rollout-in-progress", &make);
        assert_eq!(verdict, Verdict::Warn);
        assert!(detail.contains("2 of 3 new pods have been created"), "{detail}");
    }
}
