//! Causes that stand while a rollout runs: since when, and when they make it fail.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::causes::{Fatal, Found};
use crate::finding::{Finding, Severity};

/// Observations that a cause needs before it makes a rollout fail: a second failed pull, a third restart.
const OBSERVATIONS: u32 = 3;

/// A cause that is away for less than this has not gone: a container that crashes is ready for a moment each time.
const LAPSE: SignedDuration = SignedDuration::from_secs(20);

/// The causes that are there now, each with the time since when it has been there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// When it was seen first, and last.
    since: BTreeMap<&'static str, (Timestamp, Timestamp)>,
    found: Vec<Found>,
}

/// How an operation that waits goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// It waits, until this time if nothing happens.
    Until(Timestamp),
    /// It has failed.
    Failed,
    /// Nothing has progressed for too long, and nothing is known that explains it.
    Stalled,
}

/// What the causes mean for the rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Judgement {
    /// Waiting cannot help any more.
    Failed,
    /// A cause will be fatal at this time, if nothing changes.
    FailsAt(Timestamp),
    /// Nothing that waiting could not mend.
    Open,
}

impl Standing {
    /// Takes over what is seen now.
    pub(crate) fn observe(&mut self, found: Vec<Found>, now: Timestamp) {
        // What was there at the last look has been there until now.
        for found in &self.found {
            self.since.entry(found.cause.code).or_insert((now, now)).1 = now;
        }
        self.since.retain(|_, (_, last)| now.duration_since(*last) < LAPSE);
        for found in &found {
            self.since.entry(found.cause.code).or_insert((now, now)).1 = now;
        }
        self.found = found;
    }

    /// What is seen now.
    pub(crate) fn found(&self) -> &[Found] {
        &self.found
    }

    /// Whether to wait on, by the causes and by the longest time without progress. What was seen before the watch broke
    /// may be over by now: while it is not `fresh`, there is no verdict on it.
    pub(crate) fn course(
        &self,
        progress: Timestamp,
        fail_after: SignedDuration,
        timeout: SignedDuration,
        fresh: bool,
        now: Timestamp,
    ) -> Course {
        let end = progress + timeout;
        match self.judge(progress, fail_after, now) {
            Judgement::Failed if fresh => Course::Failed,
            _ if now >= end && fresh && self.explains() => Course::Failed,
            _ if now >= end => Course::Stalled,
            Judgement::FailsAt(at) => Course::Until(end.min(at)),
            Judgement::Failed | Judgement::Open => Course::Until(end),
        }
    }

    /// Judges by the contract's "Failing early": at once, or when the same cause has stood for `fail_after` with no
    /// progress, observed often enough.
    fn judge(&self, progress: Timestamp, fail_after: SignedDuration, now: Timestamp) -> Judgement {
        let mut verdict = Judgement::Open;
        for found in &self.found {
            match found.cause.fatal {
                Fatal::AtOnce => return Judgement::Failed,
                Fatal::WhenItStands if found.observations >= OBSERVATIONS => {
                    let at = self.since(found, now).max(progress) + fail_after;
                    if at <= now {
                        return Judgement::Failed;
                    }
                    verdict = match verdict {
                        Judgement::FailsAt(earlier) if earlier < at => verdict,
                        _ => Judgement::FailsAt(at),
                    };
                }
                _ => {}
            }
        }
        verdict
    }

    fn since(&self, found: &Found, now: Timestamp) -> Timestamp {
        self.since.get(found.cause.code).map_or(now, |(first, _)| *first)
    }

    /// Whether something is wrong that explains why nothing progresses.
    fn explains(&self) -> bool {
        self.found
            .iter()
            .any(|found| found.finding.severity == Severity::Error && found.cause.fatal != Fatal::Never)
    }

    /// The findings, one for each cause, with the number of objects it was seen on.
    pub(crate) fn findings(&self, now: Timestamp) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for found in &self.found {
            if findings.iter().any(|finding| finding.code == found.cause.code) {
                continue;
            }
            let same = self.found.iter().filter(|other| other.cause.code == found.cause.code).count();
            let stood = crate::duration::short(now.duration_since(self.since(found, now)));
            let place = if same > 1 {
                format!("on {same} pods, unchanged for {stood}")
            } else {
                format!("unchanged for {stood}")
            };
            findings.push(found.finding.clone().seen(place));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::{Cause, Rule, STATE};
    use crate::fixtures::at;

    fn found(fatal: Fatal, observations: u32) -> Found {
        let rule = Rule::Workload(|_| None);
        let cause = Cause { code: "family/cause", about: "", severity: Severity::Error, fatal, rule };
        let cause: &'static Cause = Box::leak(Box::new(cause));
        let finding = Finding::error(cause.code, "pod/new-0", "it is broken");
        Found { cause, finding, container: None, observations, needs: Vec::new() }
    }

    #[test]
    fn fails_when_the_contract_says_so() {
        let half_minute = SignedDuration::from_secs(30);
        for (fatal, observations, progress, now, expected) in [
            (Fatal::AtOnce, 1, 0, 1, Judgement::Failed),
            (Fatal::WhenItStands, STATE, 0, 29, Judgement::FailsAt(at(30))),
            (Fatal::WhenItStands, STATE, 0, 30, Judgement::Failed),
            (Fatal::WhenItStands, 2, 0, 300, Judgement::Open),
            (Fatal::WhenItStands, 3, 0, 30, Judgement::Failed),
            (Fatal::WhenItStands, STATE, 20, 30, Judgement::FailsAt(at(50))),
            (Fatal::AtTimeout, STATE, 0, 300, Judgement::Open),
        ] {
            let mut standing = Standing::default();
            standing.observe(vec![found(fatal, observations)], at(0));
            assert_eq!(
                standing.judge(at(progress), half_minute, at(now)),
                expected,
                "{fatal:?} {observations} {now}"
            );
        }
    }

    #[test]
    fn a_cause_that_went_away_begins_anew_and_one_that_lapsed_goes_on() {
        for (back, fails_at) in [(10, 30), (25, 55)] {
            let mut standing = Standing::default();
            standing.observe(vec![found(Fatal::WhenItStands, STATE)], at(0));
            standing.observe(Vec::new(), at(5));
            assert_eq!(standing.judge(at(0), SignedDuration::from_secs(30), at(5)), Judgement::Open);
            standing.observe(vec![found(Fatal::WhenItStands, STATE)], at(back));
            let judgement = standing.judge(at(0), SignedDuration::from_secs(30), at(back));
            assert_eq!(judgement, Judgement::FailsAt(at(fails_at)));
        }
    }

    #[test]
    fn one_cause_is_one_finding() {
        let mut standing = Standing::default();
        standing.observe(vec![found(Fatal::WhenItStands, 1), found(Fatal::WhenItStands, 1)], at(0));
        let findings = standing.findings(at(12));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].evidence, ["on 2 pods, unchanged for 12s"]);
    }
}
