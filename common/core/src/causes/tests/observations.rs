//! How often a cause was observed: by what the cluster counts, and never three times for what has just begun.

use serde_json::json;

use super::make::{Make, container, crashed, creating, ended, running, waiting, web};
use crate::causes::{Fatal, Need, STATE};

fn observed(make: &Make) -> (&'static str, u32) {
    let found = make.case().found();
    assert_eq!(found.len(), 1, "{found:#?}");
    (found[0].cause.code, found[0].observations)
}

const KEY: &str = "couldn't find key A in ConfigMap shop/web";

#[test]
fn failed_pulls_are_counted_over_all_their_wordings() {
    let pull = "Failed to pull image \"registry.example.com/web:7\": dial tcp: lookup registry.example.com: i/o timeout";
    let make = |reason| {
        web().pod(&waiting(
            reason,
            "Back-off pulling image \"registry.example.com/web:7\": ErrImagePull: x: not found",
        ))
    };
    assert_eq!(observed(&make("ErrImagePull")), ("image/not-found", 1));
    assert_eq!(observed(&make("ImagePullBackOff")), ("image/not-found", 2));
    let counted = make("ImagePullBackOff")
        .event("app", "Failed", pull, 1, [1, 1])
        .event("app", "Failed", &format!("(combined from similar events): {pull} again"), 2, [2, 30])
        .event("app", "Failed", "Error: ErrImagePull", 3, [1, 30])
        .event("other", "Failed", pull, 9, [1, 30]);
    assert_eq!(observed(&counted), ("image/not-found", 3));
}

#[test]
fn crashes_are_counted_by_restarts() {
    let running_again = container(false, 1, &running(110), &ended(7, "Error", [90, 100]));
    let first = container(false, 0, &ended(7, "Error", [90, 100]), &json!(null));
    assert_eq!(observed(&web().pod(&first)), ("crashloop/app-exit", 1));
    assert_eq!(observed(&web().pod(&running_again)), ("crashloop/app-exit", 1));
    assert_eq!(observed(&web().pod(&crashed(7, "Error", 1))), ("crashloop/app-exit", 1));
    assert_eq!(observed(&web().pod(&crashed(7, "Error", 3))), ("crashloop/app-exit", 3));
}

#[test]
fn a_missing_key_is_counted_by_the_kubelet_or_is_a_state() {
    let pod = waiting("CreateContainerConfigError", KEY);
    assert_eq!(observed(&web().pod(&pod)), ("crashloop/config-error", STATE));
    let failed =
        |count, last| web().pod(&pod).event("app", "Failed", &format!("Error: {KEY}"), count, [1, last]);
    // The kubelet tries twice at the start, and then every 10 to 15 seconds.
    assert_eq!(observed(&failed(3, 13)), ("crashloop/config-error", 2));
    assert_eq!(observed(&failed(4, 25)), ("crashloop/config-error", 4));
    let case = failed(3, 13).case().without_events();
    assert_eq!(case.found()[0].observations, STATE);
}

/// Mounts are tried at growing distances: what arrives after 15 s shows at the next try, perhaps at 31 s.
#[test]
fn a_missing_volume_stands_only_once_its_tries_span_more_than_it_may_be_late() {
    let mount = "MountVolume.SetUp failed for volume \"c\" : configmap \"c\" not found";
    for (last, count, expected) in [(1, 1, 1), (16, 6, 2), (19, 6, 2), (31, 7, 7), (64, 8, 8)] {
        let make = web().pod(&creating()).event("", "FailedMount", mount, count, [0, last]).at(last + 14);
        assert_eq!(observed(&make), ("pending/missing-config-map", expected), "after {last} s");
    }
}

#[test]
fn a_full_quota_does_not_stand_while_pods_make_room() {
    let quota = "pods \"web-6f9c7d5b8-a\" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3";
    // Refused last at 60 s. The controller's next try may be far away, and nobody knows whether it would be refused.
    assert_eq!(observed(&web().refused(quota).at(65)), ("pending/quota", STATE));
    assert_eq!(observed(&web().refused(quota).at(90)), ("pending/quota", 2));
    let old = web().refused(quota).older(&json!({"spec": {"containers": []}}));
    assert_eq!(observed(&old.at(90)), ("rollout/quota-surge", STATE));
    let leaving = json!({"metadata": {"deletionTimestamp": "2027-01-01T00:00:00Z"}});
    assert_eq!(observed(&web().refused(quota).pod(&leaving).at(65)), ("pending/quota", 1));
}

#[test]
fn only_what_waiting_cannot_help_is_fatal_at_once() {
    let at_once = crate::causes::CAUSES.iter().filter(|cause| cause.fatal == Fatal::AtOnce);
    let codes: Vec<&str> = at_once.map(|cause| cause.code).collect();
    assert_eq!(
        codes,
        [
            "pending/invalid",
            "pending/limit-range",
            "pending/pod-security",
            "pending/webhook",
            "pending/admission-policy",
            "image/invalid-name",
            "image/never-pull",
        ]
    );
}

#[test]
fn the_log_of_the_run_that_ended_is_asked_for_once() {
    let needs = |make: &Make| make.case().found()[0].needs.clone();
    let (pod, container_name) = ("web-6f9c7d5b8-p0".to_owned(), "app".to_owned());
    let need = Need::PreviousLog { pod: pod.clone(), container: container_name.clone() };
    let first = |code: i32| needs(&web().pod(&crashed(code, "Error", 1)));
    assert_eq!(first(7), [need]);
    assert_eq!(first(127), first(7));
    assert_eq!(needs(&web().pod(&crashed(7, "Error", 1)).log("ERROR x")), []);
    let not_again = container(false, 0, &ended(7, "Error", [90, 100]), &json!(null));
    assert_eq!(needs(&web().pod(&not_again)), [Need::Log { pod, container: container_name }]);
}

/// The code alone does not say which command a shell did not find.
#[test]
fn a_shell_that_finds_no_command_is_told_with_its_last_line() {
    let case = web().pod(&crashed(127, "Error", 2)).log("starting\nsh: nosuch: not found\n").case();
    let finding = &case.found()[0].finding;
    assert!(finding.evidence.contains(&"previous log: sh: nosuch: not found".to_owned()), "{finding:?}");
    assert!(finding.next[0].contains("logs") && finding.next[0].contains("--previous"), "{finding:?}");
}

#[test]
fn every_command_can_be_pasted() {
    let hostile =
        web().pod(&waiting("CreateContainerConfigError", "couldn't find key A in ConfigMap shop/x;reboot"));
    assert_eq!(
        hostile.case().found()[0].finding.next,
        ["kubectl edit configmap 'x;reboot' -n shop --context prod"]
    );
}
