//! The `PodDisruptionBudget`s: what keeps node drains from taking pods while others restart.

use std::convert::Infallible;

use super::{Check, Surroundings, Verdict, few};
use crate::budget;
use crate::workload::Workload;

const NAME: &str = "no-pdb";

pub(super) fn no_budget(surroundings: &Surroundings, workload: &Workload) -> Check {
    Check::of(NAME, &surroundings.budgets, |budgets| {
        let labels = workload.deployment.pod_labels();
        let own: Vec<String> = budget::selecting(budgets, &labels).map(budget::words).collect();
        Ok::<_, Infallible>(if own.is_empty() {
            let detail = "no PodDisruptionBudget selects the pods: node drains may take any number of them";
            Check::new(NAME, Verdict::Warn, detail)
        } else {
            Check::new(NAME, Verdict::Pass, few(own))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::fixtures::Make;
    use serde_json::{Value, json};

    fn check(selectors: &[Value]) -> (Verdict, String) {
        let budget = |selector: &Value| {
            let status =
                json!({"currentHealthy": 3, "expectedPods": 3, "desiredHealthy": 2, "disruptionsAllowed": 1});
            let spec = json!({"minAvailable": 2, "selector": selector});
            serde_json::from_value(json!({"metadata": {"name": "pdb"}, "spec": spec, "status": status}))
                .unwrap()
        };
        let mut facts = Make::default().facts();
        facts.surroundings.budgets = Fact::Known(selectors.iter().map(budget).collect());
        let check = no_budget(&facts.surroundings, &facts.workload);
        (check.verdict, check.detail)
    }

    #[test]
    fn tells_the_arithmetic_or_warns() {
        let own = json!({"matchLabels": {"app": "api-gateway"}});
        let words = "PDB pdb: 3 of 3 pods healthy, 2 must stay, 1 may be evicted";
        assert_eq!(check(std::slice::from_ref(&own)), (Verdict::Pass, words.to_owned()));
        assert_eq!(check(&[own.clone(), own]).1, format!("{words}; {words}"));
        let detail = "no PodDisruptionBudget selects the pods: node drains may take any number of them";
        for none in [vec![], vec![json!({"matchLabels": {"app": "auth-svc"}})], vec![Value::Null]] {
            assert_eq!(check(&none), (Verdict::Warn, detail.to_owned()), "{none:?}");
        }
    }

    #[test]
    fn selectors_select_as_kubernetes_does() {
        let expression = |key: &str, operator: &str, values: Value| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        for (selector, selects) in [
            (json!({}), true),
            (expression("app", "In", json!(["api-gateway", "web"])), true),
            (expression("app", "In", json!(["web"])), false),
            (expression("tier", "In", json!(["web"])), false),
            (expression("app", "NotIn", json!(["api-gateway"])), false),
            (expression("tier", "NotIn", json!(["web"])), true),
            (expression("app", "Exists", Value::Null), true),
            (expression("tier", "Exists", Value::Null), false),
            (expression("app", "DoesNotExist", Value::Null), false),
            (expression("tier", "DoesNotExist", Value::Null), true),
            (expression("app", "Like", json!(["api-gateway"])), false),
        ] {
            assert_eq!(check(std::slice::from_ref(&selector)).0 == Verdict::Pass, selects, "{selector}");
        }
    }
}
