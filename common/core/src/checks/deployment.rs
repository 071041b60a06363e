//! The state of the Deployment: paused, its pods, its strategy, its last rollout.

use super::{Check, Kind, Verdict};
use crate::rollout::{self, Verdict as Rollout};
use crate::target::Target;
use crate::workload::Workload;

pub(super) fn paused(workload: &Workload, target: &Target) -> Check {
    if !workload.deployment.is_paused() {
        return Check::new("paused", Verdict::Pass, "rollouts are not paused");
    }
    let detail = "the Deployment is paused: a rollout would wait until somebody resumes it";
    Check::new("paused", Verdict::Refuse, detail)
        .next(target.kubectl(&format!("rollout resume {}", target.object())))
}

pub(super) fn not_ready(workload: &Workload, target: &Target, kind: Kind) -> Check {
    let (ready, replicas) = (workload.deployment.ready(), workload.deployment.replicas());
    if replicas == 0 {
        let detail = match kind {
            Kind::Restart => "scaled to 0 replicas: there is no pod to restart, and none starts",
            Kind::Rollback(_) => "scaled to 0 replicas: the template goes back, and no pod starts",
        };
        return Check::new("not-ready", Verdict::Warn, detail);
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
pub(super) fn floor(workload: &Workload, target: &Target, kind: Kind) -> Check {
    let Some(floor) = target.service.as_ref().and_then(|service| service.min_available) else {
        return Check::new("floor", Verdict::Skipped, "no minAvailable is configured");
    };
    let deployment = &workload.deployment;
    let (available, replicas) = (deployment.available(), deployment.replicas());
    let arithmetic = if deployment.recreates() {
        "strategy Recreate stops every pod first".to_owned()
    } else {
        format!("maxUnavailable {} of {replicas}", deployment.fenceposts().1)
    };
    let lowest = deployment.kept().min(available);
    if lowest >= i32::try_from(floor).unwrap_or(i32::MAX) {
        return Check::new(
            "floor",
            Verdict::Pass,
            format!("at least {lowest} pods stay available ({arithmetic}, floor {floor})"),
        );
    }
    if lowest == available {
        let detail = format!(
            "{available} available now, under the floor {floor}; a rollout takes none of them ({arithmetic})"
        );
        return Check::new("floor", Verdict::Warn, detail);
    }
    let detail =
        format!("only {lowest} of {available} available pods would stay ({arithmetic}, floor {floor})");
    Check::new("floor", Verdict::Refuse, detail).next(target.kubectl(&kind.kubectl(&target.object())))
}

pub(super) fn in_progress(workload: &Workload) -> Check {
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

    type Judge = fn(&Workload, &Target, Kind) -> Check;

    /// Verdict and detail of one check.
    fn check(judge: Judge, make: &Make) -> (Verdict, String) {
        let check = judge(&make.workload(), &target(), Kind::Restart);
        (check.verdict, check.detail)
    }

    #[test]
    fn paused_refuses_and_says_how_to_resume() {
        let running = Make::default();
        assert_eq!(paused(&running.workload(), &target()).verdict, Verdict::Pass);
        let check = paused(&Make { paused: true, ..running }.workload(), &target());
        let detail = "the Deployment is paused: a rollout would wait until somebody resumes it";
        assert_eq!((check.verdict, check.detail.as_str()), (Verdict::Refuse, detail));
        let resume = "kubectl rollout resume deployment/api-gateway -n skillancer-production";
        assert_eq!(check.next, [resume]);
    }

    #[test]
    fn readiness_is_judged_by_the_catalogues_minimum() {
        for (ready, replicas, verdict, detail) in [
            (3, 3, Verdict::Pass, "3/3 pods ready (minimum 3)"),
            (2, 3, Verdict::Warn, "2/3 pods ready (minimum 3)"),
            (0, 0, Verdict::Warn, "scaled to 0 replicas: there is no pod to restart, and none starts"),
        ] {
            let make = Make { replicas, new: vec![true; ready], ..Make::default() };
            assert_eq!(check(not_ready, &make), (verdict, detail.to_owned()));
        }
    }

    #[test]
    fn the_floor_is_judged_by_what_the_restart_would_take() {
        let rolling =
            |unavailable: i32| json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": unavailable}});
        for (available, strategy, verdict, detail) in [
            (3, rolling(0), Verdict::Pass, "at least 3 pods stay available (maxUnavailable 0 of 3, floor 2)"),
            (3, rolling(1), Verdict::Pass, "at least 2 pods stay available (maxUnavailable 1 of 3, floor 2)"),
            (
                3,
                rolling(2),
                Verdict::Refuse,
                "only 1 of 3 available pods would stay (maxUnavailable 2 of 3, floor 2)",
            ),
            (
                3,
                json!({"type": "Recreate"}),
                Verdict::Refuse,
                "only 0 of 3 available pods would stay (strategy Recreate stops every pod first, floor 2)",
            ),
            // Two are available and may not be fewer; the strategy keeps two.
            (2, rolling(1), Verdict::Pass, "at least 2 pods stay available (maxUnavailable 1 of 3, floor 2)"),
            // One is left already: a restart takes nothing away, and may be what helps.
            (
                1,
                rolling(1),
                Verdict::Warn,
                "1 available now, under the floor 2; a rollout takes none of them (maxUnavailable 1 of 3)",
            ),
            (
                1,
                rolling(3),
                Verdict::Refuse,
                "only 0 of 1 available pods would stay (maxUnavailable 3 of 3, floor 2)",
            ),
            (
                0,
                json!({"type": "Recreate"}),
                Verdict::Warn,
                "0 available now, under the floor 2; a rollout takes none of them \
                 (strategy Recreate stops every pod first)",
            ),
        ] {
            let new = (0..3).map(|index| index < available).collect();
            let make = Make { strategy, new, ..Make::default() };
            assert_eq!(check(floor, &make), (verdict, detail.to_owned()));
        }
    }

    #[test]
    fn no_floor_is_skipped_and_not_passed() {
        let mut target = target();
        target.service = None;
        let check = floor(&Make::default().workload(), &target, Kind::Restart);
        let detail = "no minAvailable is configured";
        assert_eq!((check.verdict, check.detail.as_str()), (Verdict::Skipped, detail));
    }

    #[test]
    fn another_rollout_is_a_warning() {
        let stuck = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
            "message": "ReplicaSet \"new\" has timed out progressing."});
        let half = Make { old: vec![true], new: vec![true; 2], ..Make::default() };
        for (make, verdict, detail) in [
            (Make::default(), Verdict::Pass, "no other rollout is running"),
            (
                half.clone(),
                Verdict::Warn,
                "another rollout is not finished: 2 of 3 new pods have been created",
            ),
            (
                Make { progressing: stuck, ..half },
                Verdict::Warn,
                "the last rollout has failed: ReplicaSet \"new\" has timed out progressing.",
            ),
        ] {
            let check = in_progress(&make.workload());
            assert_eq!((check.verdict, check.detail.as_str()), (verdict, detail));
        }
    }
}
