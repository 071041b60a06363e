//! `--history`: the revisions as people and scripts read them.

use serde_json::{Value, json};
use testkit::{Reply, Run, writes};

use crate::scene::{CANARY, Scene};
use crate::support::report;

/// What people read, with `TIME` for each time; no line is too long that need not be pasted.
#[track_caller]
pub(crate) fn text(run: &Run) -> String {
    let long = run.stdout.lines().find(|line| line.chars().count() > 80 && !line.contains("kubectl "));
    assert_eq!(long, None, "{run}");
    let is_time =
        |word: &str| word.len() == "2026-11-22T00:00:00Z".len() && word.ends_with('Z') && word.contains('T');
    let words = run.stdout.split_inclusive([' ', '\n', ')']);
    let told = words.map(|word| {
        let bare = word.trim_end_matches([' ', '\n', ')']);
        if is_time(bare) { word.replace(bare, "TIME") } else { word.to_owned() }
    });
    told.collect()
}

#[test]
fn the_revisions_fold_and_tell_what_is_known() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["--history"]).run().code(0);
    insta::assert_snapshot!(text(&run));
    assert_eq!(writes(&api), Vec::<String>::new());
    assert!(api.requests().len() <= 7, "{} requests", api.requests().len());
}

#[test]
fn scripts_read_the_same() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["--history", "-o", "json"]).run().code(0);
    let report = report(&run);
    let revisions: Vec<Value> = report["revisions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|r| {
            json!([
                r["revision"],
                r["folded"],
                r["restarts"],
                r["current"],
                r["verified"],
                r["pods"]["ready"]
            ])
        })
        .collect();
    assert_eq!(
        revisions,
        [
            json!([12, [], 0, true, false, 3]),
            json!([11, [10], 1, false, true, 0]),
            json!([8, [], 0, false, false, 0])
        ]
    );
    assert_eq!((&report["goesTo"], &report["pruned"]), (&json!(11), &json!([1, 2, 3, 4, 5, 6, 7, 9])));
    Scene::run(&api, &["--history", "-o", "yaml"]).run().code(0).stdout_has("kind: HistoryReport");
}

#[test]
fn one_revision_shows_what_a_rollback_to_it_changes() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["--history", "--revision", "8"]).run().code(0);
    insta::assert_snapshot!(text(&run));
    let run = Scene::run(&api, &["--history", "--revision", "8", "-o", "json"]).run().code(0);
    let report = report(&run);
    assert_eq!(report["revisions"][0]["revision"], 8);
    let folded = Scene::run(&api, &["--history", "--revision", "10", "-o", "json"]).run().code(0);
    let folded = &self::report(&folded)["revisions"][0];
    assert_eq!((&folded["revision"], &folded["folded"]), (&json!(10), &json!([11])));
    assert!(
        report["diff"]
            .as_str()
            .is_some_and(|diff| diff.starts_with("--- revision 12 (now)\n+++ revision 8\n"))
    );
}

#[test]
fn the_present_revision_has_no_diff() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["--history", "--revision", "12"]).run().code(0);
    run.stdout_has("the same template as the Deployment has now");
}

#[test]
fn a_diff_is_coloured_where_colour_is_wanted() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["--history", "--revision", "8", "--color", "always"]).run().code(0);
    run.stdout_has("\u{1b}[31m-").stdout_has("\u{1b}[32m+");
}

#[test]
fn a_revision_that_is_not_there_is_exit_3() {
    let api = Scene::new().serve();
    for (number, words) in [
        ("9", "revision 9 is not kept any more (revisionHistoryLimit 10); there are 12, 11, 10, 8"),
        ("13", "revision 13 does not exist yet; there are 12, 11, 10, 8"),
    ] {
        let run = Scene::run(&api, &["--history", "--revision", number, "-o", "json"]).run().code(3);
        let report = report(&run);
        assert_eq!(
            (&report["kind"], &report["findings"][0]["summary"]),
            (&json!("HistoryReport"), &json!(words))
        );
    }
}

#[test]
fn secrets_are_seen_nowhere() {
    let api = Scene::new().serve();
    for arguments in [
        vec!["--history"],
        vec!["--history", "--revision", "8"],
        vec!["--history", "--revision", "8", "-o", "json"],
        vec!["--dry-run"],
        vec!["--dry-run", "-o", "json", "-v", "6"],
    ] {
        let run = Scene::run(&api, &arguments).run().code(0);
        run.never_says(CANARY).never_says("secret-canary").never_says("c2VjcmV0LWNhbmFyeQ");
    }
}

#[test]
fn what_came_from_the_cluster_drives_no_terminal() {
    let mut scene = Scene::new();
    let evil = "\u{1b}[31mred\u{202e}";
    scene.service.earlier[0]["metadata"]["annotations"]["kubernetes.io/change-cause"] = json!(evil);
    scene.service.earlier[2]["spec"]["template"]["spec"]["containers"][0]["image"] =
        json!(format!("web:{evil}"));
    let api = scene.serve();
    for arguments in [vec!["--history"], vec!["--history", "--revision", "8"], vec!["--dry-run"]] {
        Scene::run(&api, &arguments).run().code(0).never_says("\u{1b}").never_says("\u{202e}");
    }
}

#[test]
fn history_that_cannot_be_read_is_not_called_unverified() {
    let scene = Scene::new();
    let api = scene.serve();
    let forbidden = Reply::refusal(403, "Forbidden", "configmaps \"sk-history\" is forbidden");
    api.on("GET", "/api/v1/namespaces/skillancer-production/configmaps/sk-history", [forbidden]);
    let run = Scene::run(&api, &["--history", "-o", "json"]).run().code(0);
    assert!(
        report(&run)["revisions"].as_array().is_some_and(|all| all.iter().all(|r| r["verified"].is_null()))
    );
    let finding = &report(&run)["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&json!("history/unread"), &json!("info")));
    Scene::run(&api, &["--history"]).run().code(0).stdout_has("not known which were verified: ");
}
