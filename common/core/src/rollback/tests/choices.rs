//! Which revision is chosen, by what the cluster tells of each.

use jiff::SignedDuration;

use super::*;

fn served(history: &History) -> Vec<(i64, String)> {
    history.revisions.iter().map(|revision| (revision.number, revision.served.to_string())).collect()
}

fn chosen(history: &History) -> (i64, String) {
    let choice = choose(history).unwrap();
    (choice.number, choice.why)
}

/// Why newer ones were not taken.
fn passed_over(history: &History) -> Vec<(i64, String)> {
    let passed = choose(history).unwrap().passed_over;
    passed.into_iter().map(|passed| (passed.revision, passed.why)).collect()
}

fn refused(choice: Result<Choice, NoChoice>) -> String {
    choice.unwrap_err().why
}

#[test]
fn what_was_verified_and_crashes_now_is_passed_over() {
    let web = Web::default().rolled(1, "web:1", 0).operation("web:1", "Succeeded", true, 60);
    let web = web.rolled(2, "web:2", HOUR).operation("web:2", "Succeeded", true, HOUR + 60);
    let web = web.rolled(3, "web:3", 2 * HOUR);
    assert_eq!(choose(&web.history(2 * HOUR + 60)).unwrap().number, 2);
    let choice = choose(&web.restarting(2, HOUR).history(2 * HOUR + 60)).unwrap();
    assert_eq!(choice.number, 1);
    assert!(
        choice
            .passed_over
            .iter()
            .any(|passed| passed.why.contains("none of its pods is ready now (2 restarts)")),
        "{choice:?}"
    );
}

#[test]
fn restarts_are_folded_into_what_they_restart() {
    let web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", HOUR);
    let web = web.restarted(3, "web:2", 2 * HOUR).restarted(4, "web:2", 3 * HOUR);
    let history = web.history(4 * HOUR);
    let revisions: Vec<_> =
        history.revisions.iter().map(|r| (r.number, r.folded.clone(), r.current)).collect();
    assert_eq!(revisions, [(4, vec![3, 2], true), (1, Vec::new(), false)]);
    assert_eq!(served(&history), [(4, "3h".to_owned()), (1, "1h".to_owned())]);
    let (number, why) = chosen(&history);
    assert_eq!((number, why.as_str()), (1, "the newest that differs and served 10m or longer (1h)"));
    let why = "the same template as now, which revision 4 is a restart of";
    assert_eq!(passed_over(&history), [(3, why.to_owned()), (2, why.to_owned())]);
}

#[test]
fn what_never_took_over_did_not_serve() {
    let history = hanging().history(2 * HOUR);
    assert_eq!(served(&history), [(3, "never".to_owned()), (2, "never".to_owned()), (1, "2h".to_owned())]);
    assert_eq!(chosen(&history).0, 1);
    let why = "no rollout to it was ever completed: older pods have outlived it";
    assert_eq!(passed_over(&history), [(2, why.to_owned())]);
}

#[test]
fn a_pod_that_is_ready_serves_also_while_the_rollout_hangs() {
    let history = hanging().pod(3, HOUR + 1_300, true).history(2 * HOUR);
    assert_eq!(served(&history)[0], (3, "at least 38m15s".to_owned()));
}

#[test]
fn what_was_verified_goes_before_what_served_longer() {
    let web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", HOUR).rolled(3, "web:3", 5 * HOUR);
    let history = web.operation("web:1", "Succeeded", true, HOUR / 2).history(6 * HOUR);
    let (number, why) = chosen(&history);
    let expected = format!(
        "the newest that differs and was verified (sk-restart by anna at {:.0}); it served: 1h",
        at(HOUR / 2)
    );
    assert_eq!((number, why), (1, expected));
    assert_eq!(passed_over(&history), [(2, "not verified, served: 4h".to_owned())]);
}

#[test]
fn what_was_verified_and_failed_since_is_not_preferred() {
    let web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", HOUR).rolled(3, "web:3", 5 * HOUR);
    let web =
        web.operation("web:1", "Succeeded", true, HOUR / 2).operation("web:2", "Succeeded", true, 2 * HOUR);
    assert_eq!(chosen(&web.clone().history(6 * HOUR)).0, 2);
    assert_eq!(chosen(&web.operation("web:2", "Failed", false, 3 * HOUR).history(6 * HOUR)).0, 1);
}

#[test]
fn without_proof_it_is_the_newest_that_is_not_known_to_be_broken() {
    let web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", 60).rolled(3, "web:3", 120);
    let history = web.clone().history(180);
    let why = "the newest that differs; none was verified or is known to have served 10m (this one: 1m)";
    assert_eq!(chosen(&history), (2, why.to_owned()));
    let history = web.operation("web:2", "Failed", false, 110).history(180);
    assert_eq!(chosen(&history).0, 1);
    assert!(passed_over(&history)[0].1.starts_with("its last operation failed (sk-restart by anna at "));
}

#[test]
fn long_service_does_not_mend_a_failure() {
    let web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", HOUR).rolled(3, "web:3", 2 * HOUR);
    assert_eq!(chosen(&web.clone().history(3 * HOUR)).0, 2);
    assert_eq!(chosen(&web.operation("web:2", "Failed", false, HOUR + 60).history(3 * HOUR)).0, 1);
}

#[test]
fn history_that_cannot_be_read_verifies_nothing() {
    let mut web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", 60).rolled(3, "web:3", 2 * HOUR);
    web = web.operation("web:1", "Succeeded", true, 30);
    assert_eq!(chosen(&web.history(3 * HOUR)).0, 1);
    web.unread = true;
    assert_eq!(chosen(&web.history(3 * HOUR)).0, 2);
}

#[test]
fn a_revision_that_was_rolled_back_to_has_a_new_number() {
    let web = Web::default().rolled(2, "web:2", HOUR).rolled(3, "web:1", 0);
    let web = web.noted("deployment.kubernetes.io/revision-history", "1").pod(3, 2 * HOUR, true);
    let history = web.history(3 * HOUR);
    assert_eq!(history.missing, Vec::<i64>::new());
    // The second time began when nobody knows: what is certain is the first, and since when its pod is ready.
    assert_eq!(served(&history), [(3, "at least 1h".to_owned()), (2, "not known".to_owned())]);
    assert_eq!(
        refused(named(&history, 1)),
        "revision 1 was rolled back to, and is revision 3 now; there are 3, 2"
    );
}

#[test]
fn nothing_that_differs_is_said() {
    let web = Web::default().rolled(3, "web:1", 0);
    assert_eq!(
        refused(choose(&web.clone().history(9))),
        "revision 3 is the only one; revisions 1 to 2 are not kept any more (revisionHistoryLimit 10)"
    );
    let mut restarts = Web::default().rolled(1, "web:1", 0);
    for number in 2..=10 {
        restarts = restarts.restarted(number, "web:1", number * 60);
    }
    assert_eq!(
        refused(choose(&restarts.history(HOUR))),
        "the last 10 revisions are restarts of the same template"
    );
    assert_eq!(refused(choose(&Web::default().history(0))), "the Deployment has no revision yet");
}

#[test]
fn what_is_known_to_be_broken_is_not_chosen_and_can_be_named() {
    let web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", HOUR);
    let history = web.operation("web:1", "Failed", false, 60).history(2 * HOUR);
    let refusal = choose(&history).unwrap_err();
    assert!(
        refusal.why.starts_with("no other revision is known to have served (1: its last operation failed (")
    );
    assert_eq!(refusal.might_do, Some(1));
    assert_eq!(named(&history, 1).unwrap().number, 1);
}

#[test]
fn every_number_is_taken_or_refused_with_its_reason() {
    let mut web = Web::default();
    for number in 3..=11 {
        web = web.rolled(number, &format!("web:{number}"), number * 60);
    }
    let history = web.restarted(12, "web:11", 900).history(HOUR);
    for number in 3..=10 {
        assert_eq!(named(&history, number).unwrap().set.revision(), Some(number));
    }
    let all = "there are 12, 11, 10, 9, 8, 7, 6, 5, 4, 3";
    for (number, why) in [
        (1, "revision 1 is not kept any more (revisionHistoryLimit 10)"),
        (11, "revision 11 is the same template as now: revision 12 is a restart of it"),
        (12, "revision 12 is what the Deployment has now"),
        (13, "revision 13 does not exist yet"),
    ] {
        assert_eq!(refused(named(&history, number)), format!("{why}; {all}"));
    }
}

#[test]
fn who_and_why_are_told_where_they_are_known() {
    let web = Web::default().rolled(1, "web:1", 0).noted("kubernetes.io/change-cause", "release 1");
    let web = web.restarted(2, "web:1", 595).operation("web:1", "Succeeded", true, 600);
    let history = web.history(HOUR);
    let revision = &history.revisions[0];
    assert_eq!((revision.by.as_deref(), revision.cause.as_deref()), (Some("anna"), Some("release 1")));
    assert_eq!((revision.created_at, revision.restarts()), (Some(at(0)), 1));
    assert_eq!(revision.verified.known().and_then(Option::as_ref).map(|op| op.finished_at), Some(at(600)));
    assert_eq!(revision.served.at_least(), SignedDuration::from_secs(HOUR));
}

#[test]
fn entries_that_cannot_be_read_say_nothing() {
    let data = serde_json::json!({"a": "no json", "b": "{}", "c": 5});
    assert_eq!(Entry::read(&data, "web"), Vec::new());
    assert_eq!(Entry::read(&serde_json::Value::Null, "web"), Vec::new());
}

#[test]
fn an_eviction_tells_nothing_of_templates() {
    let web = Web::default().rolled(1, "web:1", 0).operation("web:1", "Succeeded", true, 60);
    let mut evicted = web.clone().operation("web:1", "Failed", false, HOUR);
    assert_ne!(evicted.history(2 * HOUR), web.history(2 * HOUR));
    evicted.operations[1].left = None;
    assert_eq!(evicted.history(2 * HOUR), web.history(2 * HOUR));
}

#[test]
fn a_revision_that_was_rolled_back_from_is_known_as_that() {
    let mut web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", HOUR).rolled(3, "web:1", 2 * HOUR);
    web =
        web.operation("web:2", "Succeeded", true, HOUR + 60).operation("web:1", "Succeeded", true, 3 * HOUR);
    assert_eq!(web.history(3 * HOUR).left_by(2), None, "a restart leaves nothing");
    web.operations[1].command = PLUGIN.to_owned();
    let history = web.history(3 * HOUR);
    assert_eq!(history.left_by(2).map(|rollback| rollback.finished_at), Some(at(3 * HOUR)));
    assert_eq!(history.left_by(3), None);
}
