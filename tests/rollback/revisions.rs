//! `--to-revision` on the real cluster, for every revision of a long history, and for those that are no target.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
#[expect(dead_code, reason = "these releases are all good")]
mod service;

use serde_json::{Value, json};
use service::Service;
use support::report;
use testkit::{Run, TestCluster};

/// The template of a `ReplicaSet`, without the controller's label.
fn template(cluster: &TestCluster, service: &Service, number: i64) -> Value {
    let sets = cluster.get_json(["replicasets", "-n", service.deployed.namespace()]);
    let mut sets = sets["items"].as_array().into_iter().flatten();
    let annotation = "deployment.kubernetes.io/revision";
    let set = sets.find(|set| set["metadata"]["annotations"][annotation] == number.to_string().as_str());
    let mut template = set.map(|set| set["spec"]["template"].clone()).unwrap_or_default();
    let labels = template["metadata"]["labels"].as_object_mut();
    assert!(labels.is_some_and(|labels| labels.remove("pod-template-hash").is_some()), "revision {number}");
    template
}

fn code_and_summary(run: &Run) -> (Value, Value) {
    let report = report(run);
    (report["findings"][0]["code"].clone(), report["findings"][0]["summary"].clone())
}

#[test]
fn each_of_a_pruned_history_can_be_gone_to_and_no_other() {
    let cluster = TestCluster::get();
    let service = Service::start_with(&cluster, |deployment| deployment["spec"]["replicas"] = json!(1));
    for number in 2..=12 {
        service.release(&format!("v{number}"));
    }
    service.restart();
    service.wait();
    let numbers: Vec<i64> = (3..=13).rev().collect();
    let history = report(&service.rollback(&["--history", "-o", "json"]).run().code(0));
    assert_eq!(history["pruned"], json!([1, 2]), "revisionHistoryLimit is 10 beside the present one");

    let generation = service.deployment()["metadata"]["generation"].clone();
    let there_are: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    for (number, why) in [
        (2, "revision 2 is not kept any more (revisionHistoryLimit 10)"),
        (12, "revision 12 is the same template as now: revision 13 is a restart of it"),
        (13, "revision 13 is what the Deployment has now"),
        (14, "revision 14 does not exist yet"),
    ] {
        let run =
            service.rollback(&["--yes", "-o", "json", "--to-revision", &number.to_string()]).run().code(3);
        let summary = format!("{why}; there are {}", there_are.join(", "));
        assert_eq!(code_and_summary(&run), (json!("check/revision"), json!(summary)), "{run}");
    }
    service.rollback(&["--yes", "--to-revision", "twelve"]).run().code(2);
    assert_eq!(service.deployment()["metadata"]["generation"], generation, "a refusal changes nothing");

    for number in 3..=11 {
        let expected = template(&cluster, &service, number);
        let number_text = number.to_string();
        let run = service.rollback(&["--yes", "-o", "json", "--to-revision", &number_text]).run().code(0);
        assert_eq!(report(&run)["toRevision"], json!(number), "{run}");
        assert_eq!(service.runs(), format!("v{number}"), "{run}");
        assert_eq!(service.deployment()["spec"]["template"], expected, "field for field\n{run}");
    }
}
