//! Whether the user may do what the change needs.

use super::{Check, Verdict};
use crate::access::Access;
use crate::fact::Fact;
use crate::target::Place;

/// Every verb that the restart needs is granted.
pub(super) fn granted(reviewed: &[(Access, Fact<bool>)], place: Place<'_>) -> Check {
    let names = |wanted: &dyn Fn(&Fact<bool>) -> bool| {
        let verbs = reviewed.iter().filter(|(_, fact)| wanted(fact)).map(|(access, _)| access.to_string());
        verbs.collect::<Vec<_>>().join(", ")
    };
    let missing = names(&|fact| fact.known() == Some(&false));
    if !missing.is_empty() {
        let detail = format!("you may not {missing} in namespace {}", place.namespace);
        let denied = reviewed.iter().filter(|(_, fact)| fact.known() == Some(&false));
        return denied.fold(Check::new("access", Verdict::Refuse, detail), |check, (access, _)| {
            check.next(place.kubectl(&format!("auth can-i {access}")))
        });
    }
    let reason = reviewed.iter().find_map(|(_, fact)| fact.reason());
    match reason {
        Some(reason) => {
            let unread = names(&|fact| fact.reason().is_some());
            Check::new("access", Verdict::Unknown, format!("could not be asked for {unread}: {reason}"))
        }
        None => {
            Check::new("access", Verdict::Pass, format!("you have all {} verbs this needs", reviewed.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Make, target};

    #[test]
    fn every_verb_must_be_known_to_be_granted() {
        let facts = Make::default().facts();
        let check = granted(&facts.access, target().place());
        let detail = "you have all 10 verbs this needs";
        assert_eq!((check.verdict, check.detail.as_str()), (Verdict::Pass, detail));
    }

    #[test]
    fn a_missing_verb_is_named() {
        let mut facts = Make::default().facts();
        facts.access[1].1 = Fact::Known(false);
        facts.access[8].1 = Fact::Known(false);
        let check = granted(&facts.access, target().place());
        let detail = "you may not patch deployments.apps, update leases.coordination.k8s.io \
                      in namespace skillancer-production";
        assert_eq!((check.verdict, check.detail.as_str()), (Verdict::Refuse, detail));
        let ask = |verb: &str| format!("kubectl auth can-i {verb} -n skillancer-production");
        assert_eq!(check.next, [ask("patch deployments.apps"), ask("update leases.coordination.k8s.io")]);
    }

    #[test]
    fn a_verb_that_could_not_be_asked_for_is_no_pass() {
        let mut facts = Make::default().facts();
        facts.access[0].1 = Fact::Unavailable("the reviews are withheld".to_owned());
        let check = granted(&facts.access, target().place());
        let detail = "could not be asked for get deployments.apps: the reviews are withheld";
        assert_eq!((check.verdict, check.detail.as_str()), (Verdict::Unknown, detail));
    }
}
