//! The catalogue: the runbook word for word, and what a file of one's own may not say.

use super::*;

#[test]
fn holds_the_runbooks_table() {
    let catalogue = Catalogue::built_in().unwrap();
    let table = [
        ("api-gateway", 3),
        ("auth-svc", 3),
        ("market-svc", 3),
        ("billing-svc", 2),
        ("notification-svc", 2),
        ("skillpod-svc", 4),
        ("cockpit-svc", 2),
    ];
    for (name, replicas) in table {
        let service = catalogue.service(name).unwrap();
        assert_eq!(service.min_replicas, Some(replicas), "{name}");
        assert_eq!(service.namespace.as_deref(), Some("skillancer-production"), "{name}");
        assert_eq!(service.selector.as_deref(), Some(format!("app={name}").as_str()));
        assert_eq!(service.hpa.as_deref(), Some(format!("{name}-hpa").as_str()));
        assert_eq!((service.port, service.health_path.as_deref()), (Some(8080), Some("/health/ready")));
        assert_eq!((service.contacts.len(), service.docs.len()), (3, 4), "{name}");
        let WhenToUse { restart, emergency, rollback, batch } = &service.when_to_use;
        assert_eq!([restart.len(), emergency.len(), rollback.len(), batch.len()], [4, 3, 3, 3], "{name}");
        assert_eq!(service.soak, Some(SignedDuration::from_mins(10)));
    }
}

#[test]
fn holds_the_runbooks_notes_word_for_word() {
    let catalogue = Catalogue::built_in().unwrap();
    for (name, notes) in [
        (
            "api-gateway",
            [
                "Critical service - affects all API traffic",
                "Ensure at least 2 pods running during restart",
                "Monitor ingress controller logs after restart",
                "Check rate limiting is functioning",
            ],
        ),
        (
            "auth-svc",
            [
                "Sessions may be affected - warn users if extended downtime",
                "Verify JWT validation working after restart",
                "Test OAuth flows after restart",
                "Check Redis session store connectivity",
            ],
        ),
        (
            "billing-svc",
            [
                "Payment-critical - coordinate with finance team",
                "Verify Stripe webhook endpoint after restart",
                "Check pending payment processing",
                "Monitor for failed payment alerts",
            ],
        ),
        (
            "skillpod-svc",
            [
                "Long-running sessions - avoid during peak hours",
                "Existing sessions may be interrupted",
                "Pre-notify active users if possible",
                "Scale up before restart to handle reconnections",
            ],
        ),
    ] {
        let service = catalogue.service(name).unwrap();
        let said: Vec<String> = service
            .criticality
            .iter()
            .chain(&service.warn_before)
            .cloned()
            .chain(service.checks_by_hand())
            .collect();
        for note in notes {
            assert!(said.iter().any(|said| said == note), "{name} does not say {note:?}");
        }
    }
}

#[test]
fn names_the_place_of_a_fault() {
    let faults = [
        ("services:\n- name: a\n  replicas: 3\n", 3, "unknown field `replicas`"),
        ("services:\n- name: a\n  minReplicas: -1\n", 3, ""),
        ("services:\n- name: a\n  soak: 5x\n", 3, "invalid duration \"5x\""),
        ("services:\n- name: a\n  port: 70000\n", 3, ""),
        (
            "services:\n- name: a\n  peakHours:\n  - {from: '08:00', to: '18:00', timezone: Mars/Base}\n",
            4,
            "Mars/Base",
        ),
        (
            "services:\n- name: a\n  peakHours:\n  - {days: [mo], from: '08:00', to: '18:00', timezone: UTC}\n",
            4,
            "mo",
        ),
        ("services:\n- name: a\n  whenToUse:\n    restrat: [x]\n", 4, "unknown field `restrat`"),
        ("services: 7\n", 1, ""),
        ("servces: []\n", 1, "unknown field `servces`"),
    ];
    for (yaml, line, words) in faults {
        let fault = Catalogue::parse(yaml).unwrap_err();
        assert_eq!(fault.line, line, "{yaml}{fault}");
        assert!(fault.message.contains(words), "{yaml}{fault}");
    }
}

#[test]
fn refuses_what_contradicts_itself() {
    for (yaml, words) in [
        ("services: [{name: a}, {name: a}]", "twice"),
        ("services: [{name: a, minReplicas: 1, minAvailable: 2}]", "above minReplicas"),
        ("services: [{name: a, dependsOn: [b]}]", "depends on"),
        ("services: [{name: ''}]", "empty name"),
    ] {
        let fault = Catalogue::parse(yaml).unwrap_err().to_string();
        assert!(fault.contains(words), "{yaml}: {fault}");
    }
}

#[test]
fn finds_the_name_that_was_meant() {
    let catalogue = Catalogue::built_in().unwrap();
    for (typed, meant) in [
        ("api-gatway", Some("api-gateway")),
        ("gateway", Some("api-gateway")),
        ("API-GATEWAY", Some("api-gateway")),
        ("billing", Some("billing-svc")),
        ("zzz", None),
        ("", None),
    ] {
        assert_eq!(catalogue.nearest(typed), meant, "{typed}");
    }
}

#[test]
fn each_kind_of_check_is_told_as_a_person_makes_it() {
    for (check, told) in [
        ("manual: look at Grafana", "look at Grafana"),
        ("http: /health/live", "GET /health/live on every pod answers 2xx"),
        ("exec: [redis-cli, -h, 'my redis', ping]", "redis-cli -h 'my redis' ping in a pod exits 0"),
        ("logs: panic", "no line of the new pods' logs contains panic"),
        ("promql: 'up == 0'", "this query returns nothing: up == 0"),
    ] {
        let catalogue =
            Catalogue::parse(&format!("services: [{{name: a, checksAfter: [{{{check}}}]}}]")).unwrap();
        assert_eq!(catalogue.services[0].checks_by_hand().collect::<Vec<_>>(), [told]);
    }
}

#[test]
fn survives_being_written_and_read() {
    let catalogue = Catalogue::built_in().unwrap();
    let again = Catalogue::parse(&serde_json::to_string(&catalogue).unwrap()).unwrap();
    assert_eq!(again, catalogue);
}
