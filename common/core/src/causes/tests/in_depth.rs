//! Objects that are made here, and what only a diagnosis sees in them: with what it fetches besides.

mod deployments;
mod leaving;
mod running;
mod scheduling;

use serde_json::{Value, json};

use super::check;
use super::made::{Row, claim, nodes};
use super::make::{
    Make, container, crashed, creating, ended, node, probed, read, ready, running, unscheduled, waiting, web,
    with,
};
use crate::causes::{Answer, Claim};
use crate::fact::Fact;

/// All of them.
pub(super) fn in_depth() -> Vec<Row> {
    let pods = [leaving::terminating(), leaving::held(), running::pending(), running::readiness()];
    let waiting = [scheduling::barred(), scheduling::full(), scheduling::claims()];
    let workloads = [deployments::services(), deployments::rollout(), deployments::revisions()];
    [pods.concat(), waiting.concat(), workloads.concat()].concat()
}

#[test]
fn each_object_yields_its_cause_and_no_other() {
    for (name, make, expected) in in_depth() {
        check(name, &make.case().looked().found, expected);
    }
}

fn lost() -> Value {
    node(
        "node-1",
        &json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown",
        "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}]}}),
    )
}

fn answer(claim: &Value, events: &Value, volume: Fact<Option<Value>>, class: Fact<Option<Value>>) -> Answer {
    Answer::Claim(Box::new(Claim {
        claim: Some(read(claim)),
        events: Fact::Known(read(events)),
        volume: volume.map(|volume| volume.as_ref().map(read)),
        class: class.map(|class| class.as_ref().map(read)),
    }))
}

/// The claim `orders`, bound to this volume.
fn bound(volume: &Value) -> Answer {
    let claim =
        json!({"metadata": {"name": "orders"}, "spec": {"volumeName": "pv-1"}, "status": {"phase": "Bound"}});
    let volume = with(volume.clone(), &json!({"metadata": {"name": "pv-1"}}));
    answer(&claim, &json!([]), Fact::Known(Some(volume)), Fact::Known(None))
}
