//! The template of an earlier revision, driven by the same machine: a conditional patch, and whoever writes first.

use serde_json::{Value, json};

use super::*;
use crate::restart::patching::CONFLICTS;
use crate::workload::Deployment;

/// What `old` of the fixtures has.
fn earlier() -> Earlier {
    let old = Make { restarted_at: Some("earlier".to_owned()), ..Make::default() };
    Earlier { revision: 3, uid: "old".to_owned(), template: old.deployment().template().clone() }
}

/// A plan to go back to it.
pub(super) fn planned() -> Plan {
    let request = Request { plugin: "sk-rollback", ..request() };
    crate::restart::plan::decide(Make::default().facts(), request, Vec::new(), Change::Template(earlier()))
        .unwrap()
}

/// The Deployment with the earlier template, in another generation.
fn back(generation: i64) -> Make {
    Make { generation, observed: generation, restarted_at: Some("earlier".to_owned()), ..Make::default() }
}

/// A rollback whose patch was sent.
fn patching() -> Restart {
    let mut rollback = Restart::new(planned(), at(1));
    assert!(matches!(rollback.next(Observation::Begin, at(1)), Action::Patch { dry_run: false, .. }));
    rollback
}

fn conflict() -> Observation {
    Observation::Patched(Write::Conflict("the server rejected our request due to an error".to_owned()))
}

/// The operations of a conditional patch.
fn operations(action: Action) -> Value {
    match action {
        Action::Patch { patch: Patch::Json(operations), .. } => operations,
        other => panic!("no JSON patch: {other:?}"),
    }
}

fn ended(rollback: &Restart) -> (Outcome, &str) {
    let ending = rollback.ending().unwrap();
    (ending.outcome, &ending.findings[0].code)
}

#[test]
fn the_patch_is_bound_to_what_was_looked_at() {
    let Patch::Json(patch) = planned().patch() else { panic!() };
    assert_eq!(
        patch,
        json!([
            {"op": "test", "path": "/metadata/uid", "value": "d1"},
            {"op": "test", "path": "/metadata/generation", "value": 1},
            {"op": "replace", "path": "/spec/template", "value": earlier().template},
        ])
    );
    let mut plan = planned();
    assert_eq!(
        plan.steps[0].kubectl,
        "kubectl rollout undo deployment/api-gateway --to-revision=3 -n skillancer-production"
    );
    plan.request.reason = Some("errors since 2.41".to_owned());
    let Patch::Json(patch) = plan.patch() else { panic!() };
    let cause = json!({"kubernetes.io/change-cause": "errors since 2.41"});
    assert_eq!(
        patch[3],
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": ""}),
        "a whole map"
    );
    assert_eq!(patch[4], json!({"op": "add", "path": "/metadata/annotations", "value": cause}));
    let mut raw = json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "4"}}});
    raw["spec"] = json!({"selector": {}, "template": {}});
    plan.facts.workload.deployment = Deployment::read(raw).unwrap();
    let Patch::Json(patch) = plan.patch() else { panic!() };
    let annotation = "/metadata/annotations/kubernetes.io~1change-cause";
    assert_eq!(patch[3], json!({"op": "add", "path": annotation, "value": "errors since 2.41"}));
}

#[test]
fn that_the_last_rollout_failed_is_no_cause_of_this_one() {
    let exceeded = |when: &str| {
        json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
            "message": "timed out progressing", "lastUpdateTime": when})
    };
    for (when, fails) in [("2026-11-22T00:00:00Z", false), ("2026-11-22T01:00:00Z", true)] {
        let before = Make { progressing: exceeded("2026-11-22T00:00:00Z"), ..Make::default() };
        let request = Request { plugin: "sk-rollback", ..request() };
        let change = Change::Template(earlier());
        let plan = crate::restart::plan::decide(before.facts(), request, Vec::new(), change).unwrap();
        let mut rollback = Restart::new(plan, at(1));
        rollback.next(Observation::Begin, at(1));
        let after = Make { progressing: exceeded(when), old: vec![false], new: Vec::new(), ..back(2) };
        assert!(watches(&rollback.next(applied(&after), at(2))));
        rollback.next(sees(&after), at(3));
        let gave_up = rollback.causes().any(|cause| cause.code == "rollout/progress-deadline");
        assert_eq!(gave_up, fails, "{when}");
    }
}

#[test]
fn it_rolls_out_and_is_written_down_as_what_it_is() {
    let mut rollback = patching();
    assert!(watches(&rollback.next(applied(&back(2)), at(2))));
    // The `ReplicaSet` of the earlier template is the current one now.
    let done = Make { old: vec![true; 3], new: Vec::new(), ..back(2) };
    let mut workload = done.workload();
    workload.deployment = back(2).deployment();
    let workload = crate::workload::Workload::of(
        workload.deployment,
        workload.replica_sets[..1].to_vec(),
        workload.pods,
        Fact::Known(Vec::new()),
    );
    let action = rollback.next(Observation::Workload(Box::new(workload)), at(9));
    assert!(matches!(action, Action::Inspect(_)), "{action:?}");
    let Action::Record(record) = rollback.next(Observation::Inspected(inspected(200)), at(9)) else {
        panic!()
    };
    assert_eq!(record.reason, "RolledBack");
    assert!(
        record.message.starts_with("anna rolled it back to revision 3 with sk-rollback: Succeeded"),
        "{}",
        record.message
    );
    assert_eq!(
        record.history.1.written(),
        r#"{"command":"sk-rollback","deployment":"api-gateway","user":"anna","host":"laptop","reason":null,"#
            .to_owned()
            + r#""outcome":"Succeeded","template":"d393bfcb89dd92af","verified":true,"#
            + r#""startedAt":"2026-11-21T22:26:40Z","finishedAt":"2026-11-21T22:26:49Z"}"#
    );
    assert_eq!(read_back(&record, "api-gateway"), [*record.history.1]);
}

#[test]
fn replicas_that_somebody_moved_are_planned_anew() {
    let mut rollback = patching();
    assert_eq!(rollback.next(conflict(), at(2)), Action::Read);
    let scaled = Make { generation: 2, replicas: 5, ..Make::default() };
    let patch = operations(rollback.next(reads(&scaled), at(2)));
    assert_eq!(patch[1], json!({"op": "test", "path": "/metadata/generation", "value": 2}));
    assert!(watches(&rollback.next(applied(&back(3)), at(3))));
}

#[test]
fn somebody_who_never_stops_writing_is_not_fought() {
    let mut rollback = patching();
    for generation in 2..2 + i64::from(CONFLICTS) {
        assert_eq!(rollback.next(conflict(), at(2)), Action::Read);
        operations(rollback.next(reads(&Make { generation, ..Make::default() }), at(2)));
    }
    rollback.next(conflict(), at(3));
    assert_eq!(rollback.next(reads(&Make { generation: 99, ..Make::default() }), at(3)), Action::Finish);
    assert_eq!(ended(&rollback), (Outcome::Refused, "api/rejected"));
}

#[test]
fn a_template_that_somebody_applied_is_not_overwritten() {
    let applied_by_others =
        Make { generation: 2, restarted_at: Some("theirs".to_owned()), ..Make::default() };
    let mut rollback = patching();
    rollback.next(conflict(), at(2));
    assert_eq!(rollback.next(reads(&applied_by_others), at(2)), Action::Finish);
    assert_eq!(ended(&rollback), (Outcome::Refused, "target/changed"));
    let mut seen_before = Restart::new(planned(), at(1));
    assert_eq!(seen_before.next(sees(&applied_by_others), at(2)), Action::Finish);
    assert_eq!(ended(&seen_before), (Outcome::Refused, "target/changed"));
}

#[test]
fn what_the_api_server_refuses_is_no_conflict() {
    let mut rollback = patching();
    rollback.next(conflict(), at(2));
    assert_eq!(rollback.next(reads(&Make::default()), at(2)), Action::Finish);
    assert_eq!(ended(&rollback), (Outcome::Refused, "api/rejected"));
}

#[test]
fn a_conflict_after_a_lost_answer_is_told_by_the_template() {
    let lost = || Observation::Patched(Write::Ambiguous("reset".to_owned()));
    for (read, outcome) in [
        (reads(&back(2)), None),
        (reads(&Make { generation: 7, ..Make::default() }), Some((Outcome::Unknown, "api/rejected"))),
        (Observation::Read(Ok(None)), Some((Outcome::Failed, "rollout/deleted"))),
    ] {
        let mut rollback = patching();
        assert_eq!(rollback.next(lost(), at(2)), Action::Read);
        rollback.next(reads(&Make::default()), at(3));
        operations(rollback.next(Observation::Quiet, at(4)));
        assert_eq!(rollback.next(conflict(), at(5)), Action::Read);
        rollback.next(read, at(5));
        match outcome {
            None => assert_eq!(rollback.patched(), Some(at(5))),
            Some(outcome) => assert_eq!(ended(&rollback), outcome),
        }
    }
}

#[test]
fn a_deployment_that_went_before_the_change_is_not_started() {
    for read in [Observation::Read(Ok(None)), reads(&Make { uid: "d2", ..Make::default() })] {
        let mut rollback = patching();
        rollback.next(conflict(), at(2));
        assert_eq!(rollback.next(read, at(2)), Action::Finish);
        assert_eq!(ended(&rollback), (Outcome::Refused, "target/changed"));
    }
}
