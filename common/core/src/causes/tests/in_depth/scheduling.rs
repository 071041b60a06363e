//! Pods that no node takes, with the nodes; and those that wait for a volume, with their claims.

use serde_json::{Value, json};

use super::{Make, Row, answer, bound, claim, node, nodes, read, unscheduled, web, with};
use crate::causes::{Answer, Need};
use crate::fact::Fact;

fn tainted(name: &str, key: &str) -> Value {
    node(name, &json!({"spec": {"taints": [{"key": key, "value": "gpu", "effect": "NoSchedule"}]}}))
}

fn system(name: &str, key: &str, conditions: &Value) -> Value {
    node(
        name,
        &json!({"spec": {"taints": [{"key": key, "effect": "NoSchedule"}]}, "status": {"conditions": conditions}}),
    )
}

fn cordon() -> Value {
    json!({"spec": {"unschedulable": true, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}})
}

/// Pods that no node wants, with the nodes.
pub(super) fn barred() -> Vec<Row> {
    let selects = json!({"spec": {"nodeSelector": {"disk": "ssd"}}});
    let affine = json!({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]}}}}});
    let taints = || unscheduled(&nodes("2 node(s) had untolerated taint(s)"));
    vec![
        (
            "a taint, by name and node",
            web().pod(&taints()).nodes(&[tainted("node-1", "dedicated"), tainted("node-2", "dedicated")]),
            &[("pending/untolerated-taint", "pod/web-", &["dedicated=gpu:NoSchedule (node-1, node-2)"])],
        ),
        (
            "a cordon behind the control plane's taint",
            web()
                .pod(&unscheduled(&nodes("1 node(s) had untolerated taint(s), 1 node(s) were unschedulable")))
                .nodes(&[
                    system("cp", "node-role.kubernetes.io/control-plane", &json!([])),
                    node("node-1", &cordon()),
                ]),
            &[("pending/cordoned", "pod/web-", &["cordoned", "node-1"])],
        ),
        (
            "an affinity beside labels that the nodes have",
            web()
                .pod(&with(
                    with(
                        unscheduled(&nodes("1 node(s) didn't match Pod's node affinity/selector")),
                        &selects,
                    ),
                    &affine,
                ))
                .nodes(&[node("node-1", &json!({"metadata": {"labels": {"disk": "ssd", "zone": "b"}}}))]),
            &[("pending/node-affinity", "pod/web-", &["zone In (a)", "zone is b on node-1"])],
        ),
        (
            "nodes under pressure",
            web().pod(&taints()).nodes(&[
                system(
                    "node-1",
                    "node.kubernetes.io/disk-pressure",
                    &json!([{"type": "DiskPressure", "status": "True"}]),
                ),
                tainted("node-2", "dedicated"),
            ]),
            &[
                ("pending/node-pressure", "pod/web-", &["short of resources (node-1)"]),
                ("pending/untolerated-taint", "pod/web-", &["dedicated=gpu:NoSchedule (node-2)"]),
            ],
        ),
        (
            "pressure by the scheduler's words alone",
            web().pod(&unscheduled(&nodes(
                "5 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }",
            ))),
            &[("pending/node-pressure", "pod/web-", &["none of 5 nodes"])],
        ),
        (
            "nodes that do not answer",
            web().pod(&taints()).nodes(&[system(
                "node-1",
                "node.kubernetes.io/unreachable",
                &json!([{"type": "Ready", "status": "Unknown"}]),
            )]),
            &[("pending/node-not-ready", "pod/web-", &["not ready (node-1)"])],
        ),
        (
            "labels, by node",
            web()
                .pod(&with(
                    unscheduled(&nodes("5 node(s) didn't match Pod's node affinity/selector")),
                    &selects,
                ))
                .nodes(&[
                    node("node-1", &json!({"metadata": {"labels": {"disk": "hdd"}}})),
                    node("node-2", &json!({})),
                ]),
            &[("pending/node-selector", "pod/web-", &["wants disk=ssd; disk is hdd on node-1"])],
        ),
        (
            "a label that no node has",
            web()
                .pod(&with(
                    unscheduled(&nodes("5 node(s) didn't match Pod's node affinity/selector")),
                    &affine,
                ))
                .nodes(&[node("node-1", &json!({}))]),
            &[("pending/node-affinity", "pod/web-", &["zone In (a)", "no node has the label zone"])],
        ),
    ]
}

/// Pods that no node has room for.
pub(super) fn full() -> Vec<Row> {
    let asks = json!({"spec": {"containers": [{"name": "app", "image": "web:7", "resources": {"requests": {"cpu": "2"}},
        "ports": [{"containerPort": 80, "hostPort": 8080}]}]}});
    let busy = json!([{"metadata": {"name": "big", "namespace": "ops"}, "spec": {"containers": [
        {"name": "a", "resources": {"requests": {"cpu": "3200m"}}, "ports": [{"containerPort": 80, "hostPort": 8080}]}]}}]);
    let pods = || Answer::Pods(read(&busy));
    vec![
        (
            "a cordon that the pod tolerates, as pods of a DaemonSet do",
            web()
                .pod(&with(
                    unscheduled(&nodes("1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]")),
                    &json!({"spec": {"tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]}}),
                ))
                .nodes(&[with(node("node-1", &cordon()), &json!({"status": {"allocatable": {"cpu": "4"}}}))]),
            &[("pending/insufficient-cpu", "pod/web-", &["the largest node, node-1, has 4 in all"])],
        ),
        (
            "a cordon, and nodes that were not looked at",
            web()
                .pod(&unscheduled(&nodes("1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [VolumeBinding]")))
                .nodes(&[node("node-1", &cordon())]),
            &[("pending/cordoned", "pod/web-", &["node-1"])],
        ),
        (
            "no room, and a cordoned node that may have some",
            web()
                .pod(&unscheduled(&nodes("1 Insufficient cpu, 1 node(s) were unschedulable")))
                .nodes(&[
                    with(node("node-1", &json!({})), &json!({"status": {"allocatable": {"cpu": "4"}}})),
                    node("node-2", &cordon()),
                ]),
            &[("pending/insufficient-cpu", "pod/web-", &["the largest node, node-1, has 4 in all; cordoned: node-2"])],
        ),
        (
            "room, allocated against allocatable",
            web()
                .pod(&with(unscheduled(&nodes("5 Insufficient cpu")), &asks))
                .nodes(&[node("node-1", &json!({})), tainted("node-2", "dedicated")])
                .answer(Need::PodsOn("node-1".to_owned()), pods()),
            &[(
                "pending/insufficient-cpu",
                "pod/web-",
                &["asks for 2", "the most that is free is 800m of 4, on node-1"],
            )],
        ),
        (
            "room, its pods unread",
            web()
                .pod(&with(unscheduled(&nodes("5 Insufficient cpu")), &asks))
                .nodes(&[node("node-1", &json!({}))]),
            &[("pending/insufficient-cpu", "pod/web-", &["the largest node, node-1, has 4 in all"])],
        ),
        (
            "a host port, by its owner",
            web()
                .pod(&with(
                    unscheduled(&nodes("5 node(s) didn't have free ports for the requested pod ports")),
                    &asks,
                ))
                .nodes(&[node("node-1", &json!({}))])
                .answer(Need::PodsOn("node-1".to_owned()), pods()),
            &[("pending/host-port", "pod/web-", &["host port 8080 is taken by pod ops/big on node-1"])],
        ),
        (
            "the autoscaler does not help",
            web().pod(&unscheduled(&nodes("5 Insufficient memory"))).event(
                "",
                "NotTriggerScaleUp",
                "pod didn't trigger scale-up: 1 max node group size reached, 2 Insufficient memory",
                3,
                [5, 90],
            ),
            &[
                ("pending/insufficient-memory", "pod/web-", &["free memory"]),
                ("pending/no-autoscaler-help", "pod/web-", &["max node group size reached"]),
            ],
        ),
    ]
}

/// Pods that wait for a volume, with their claim.
pub(super) fn claims() -> Vec<Row> {
    let unbound = || with(unscheduled(&nodes("pod has unbound immediate PersistentVolumeClaims")), &claim());
    let orders = |patch: &Value| {
        with(json!({"metadata": {"name": "orders"}, "spec": {}, "status": {"phase": "Pending"}}), patch)
    };
    let said = json!([{"metadata": {}, "involvedObject": {}, "reason": "ProvisioningFailed",
        "message": "storageclass.storage.k8s.io \"fast\" not found"}]);
    let of = |answer: Answer| unbound_with(&unbound(), answer);
    let lost = json!({"spec": {"volumeName": "pv-1"}, "status": {"phase": "Lost"}});
    let zone = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}]}}}});
    vec![
        (
            "no such class",
            of(answer(
                &orders(&json!({"spec": {"storageClassName": "fast"}})),
                &said,
                Fact::Known(None),
                Fact::Known(None),
            )),
            &[(
                "pending/pvc-unbound",
                "pod/web-",
                &["PersistentVolumeClaim orders", "StorageClass fast does not exist"],
            )],
        ),
        (
            "what the provisioner says, classes not read",
            of(answer(
                &orders(&json!({"spec": {"storageClassName": "fast"}})),
                &said,
                Fact::Known(None),
                Fact::Unavailable("forbidden".to_owned()),
            )),
            &[("pending/pvc-unbound", "pod/web-", &["storageclass.storage.k8s.io \"fast\" not found"])],
        ),
        (
            "no class, no default",
            of(answer(&orders(&json!({})), &json!([]), Fact::Known(None), Fact::Known(None))),
            &[("pending/pvc-unbound", "pod/web-", &["no default"])],
        ),
        (
            "a claim that lost its volume",
            of(answer(&orders(&lost), &json!([]), Fact::Known(None), Fact::Known(None))),
            &[("pending/claim-lost", "pod/web-", &["orders is Lost", "pv-1"])],
        ),
        (
            "a lost claim by the scheduler's words",
            web().pod(&with(
                unscheduled(&nodes(
                    "persistentvolumeclaim \"orders\" bound to non-existent persistentvolume \"pv-1\"",
                )),
                &claim(),
            )),
            &[("pending/claim-lost", "pod/web-", &["orders is Lost", "pv-1"])],
        ),
        (
            "a volume of another zone",
            unbound_with(
                &with(unscheduled(&nodes("5 node(s) had volume node affinity conflict")), &claim()),
                bound(&zone),
            ),
            &[("pending/pv-zone", "pod/web-", &["where zone In (b)"])],
        ),
    ]
}

fn unbound_with(pod: &Value, answer: Answer) -> Make {
    web().pod(pod).answer(Need::Claim("orders".to_owned()), answer)
}
