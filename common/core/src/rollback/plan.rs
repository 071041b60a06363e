//! From facts to the plan of a rollback, or to a refusal that says what to type instead.

use jiff::Timestamp;

use super::ahead::Ahead;
use super::choice::{Choice, PassedOver};
use super::diff::diff;
use super::evidence::Evidence;
use crate::checks::{self, Facts};
use crate::operation::Request;
use crate::restart::{self, Change, Earlier};
use crate::revision;

/// What will be done, and why that.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The change, its checks and its steps.
    pub plan: restart::Plan,
    /// What is told about it.
    pub outlook: Outlook,
}

/// Why nothing will be done.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The checks and findings.
    pub refusal: restart::Refusal,
    /// What is told about it.
    pub outlook: Outlook,
}

/// Where a rollback comes from and goes to, and what speaks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// Number of the present revision; none while it has none.
    pub from: Option<i64>,
    /// Number of the revision to go back to; none where there is none.
    pub to: Option<i64>,
    /// Why that one.
    pub why: Option<String>,
    /// Newer ones, and why not those.
    pub passed_over: Vec<PassedOver>,
    /// What is wrong now, and how the pods of each revision do.
    pub evidence: Evidence,
    /// What changes in the template.
    pub diff: String,
}

/// Decides whether the rollback may start.
///
/// # Errors
/// A [`Refusal`] when a check refuses that `--force` does not name, as always where there is nothing to go back to.
pub fn plan(facts: Facts, ahead: &Ahead, request: Request, now: Timestamp) -> Result<Plan, Box<Refusal>> {
    let outlook = outlook(&facts, ahead, &request, now);
    let checks = checks::of_rollback(&facts, ahead, &request.target, now);
    let planned = match &ahead.choice {
        Ok(choice) => {
            let change = Change::Template(earlier(choice));
            restart::decide(facts, request, checks, change)
        }
        Err(_) => Err(restart::refuse(facts, request, checks)),
    };
    match planned {
        Ok(plan) => Ok(Plan { plan, outlook }),
        Err(refusal) => Err(Box::new(Refusal { refusal: *refusal, outlook })),
    }
}

fn earlier(choice: &Choice) -> Earlier {
    Earlier {
        revision: choice.number,
        uid: choice.set.uid().to_owned(),
        template: revision::without_hash(choice.set.template()),
    }
}

fn outlook(facts: &Facts, ahead: &Ahead, request: &Request, now: Timestamp) -> Outlook {
    let workload = &facts.workload;
    let from = ahead.history.current().map(|revision| revision.number);
    let evidence = Evidence::of(&ahead.history, facts, request.target.place(), now);
    let Ok(choice) = &ahead.choice else { return Outlook { from, evidence, ..Outlook::default() } };
    let now_is = from.map_or_else(|| "now".to_owned(), |from| format!("revision {from} (now)"));
    let goes_to = format!("revision {}", choice.number);
    let deployment = &workload.deployment;
    let diff = diff((&now_is, deployment.template()), (&goes_to, choice.set.template()), deployment.uid());
    Outlook {
        from,
        to: Some(choice.number),
        why: Some(choice.why.clone()),
        passed_over: choice.passed_over.clone(),
        evidence,
        diff,
    }
}
