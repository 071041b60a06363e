//! The lock of a target: the Lease `sk-DEPLOYMENT`. Expiry is judged by non-renewal that was observed here.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::finding::Finding;
use crate::target::Place;

/// `spec.leaseDurationSeconds`.
const DURATION: SignedDuration = SignedDuration::from_secs(15);

/// Time between two renewals.
const RENEW_EVERY: SignedDuration = SignedDuration::from_secs(5);

const OPERATION: &str = "sk.skillancer.io/operation";
const REASON: &str = "sk.skillancer.io/reason";
const COMMAND: &str = "sk.skillancer.io/command";

/// Who holds a target, since when, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// `user@host`.
    pub identity: String,
    /// ULID of the operation.
    pub operation: String,
    /// The plugin, as `sk-restart`.
    pub command: String,
    /// `--reason`, empty without one.
    pub reason: String,
    /// When it was taken; none while it is not yet.
    pub since: Option<Timestamp>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { identity, operation, command, reason, since } = self;
        let since = since.map(|since| format!(" since {since:.0}")).unwrap_or_default();
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        write!(f, "{identity}{since}: {command}{reason}, operation {operation}")
    }
}

/// That another operation holds the Deployment; `again` is the command that was typed.
pub(crate) fn held(holder: &Holder, deployment: &str, place: Place<'_>, again: &str) -> Finding {
    let lease = name(deployment);
    let summary = format!("another operation holds deployment/{deployment}: {holder}");
    Finding::error("lock/held", format!("lease/{lease}"), summary)
        .next(place.kubectl(&format!("get lease {lease} -o yaml")))
        .next(format!("{again} --take-over --reason WHY"))
}

/// What to ask of the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum LeaseRequest {
    /// Read it.
    Read,
    /// Create it with this body.
    Create(Value),
    /// Replace it by this body, which carries the `resourceVersion` that was read.
    Replace(Value),
    /// Delete it, if it still is this one.
    Delete {
        /// `metadata.uid`.
        uid: String,
        /// `metadata.resourceVersion`.
        resource_version: String,
    },
}

/// What the API server answered.
#[derive(Clone, Debug, PartialEq)]
pub enum LeaseAnswer {
    /// The Lease as it is; none when there is none.
    Is(Option<Value>),
    /// Somebody else wrote first.
    Conflict,
    /// Not known: the answer was lost, or the server does not answer.
    Failed(String),
    /// The server refuses it for good.
    Denied(String),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask this.
    Ask(LeaseRequest),
    /// Look again at this time.
    Wait(Timestamp),
    /// It is ours.
    Held,
    /// A live holder has it.
    HeldBy(Holder),
    /// It was ours, and somebody took it over.
    Displaced(Holder),
    /// It cannot be had: why.
    Unavailable(String),
}

/// Our side of the lock.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    namespace: String,
    name: String,
    own: Holder,
    take_over: bool,
    lease: Option<Value>,
    renewed: Timestamp,
    /// `resourceVersion` of a foreign Lease that looks abandoned, and when it was seen first.
    suspect: Option<(String, Timestamp)>,
    began: Timestamp,
}

impl Lock {
    /// A lock that is not held yet.
    pub fn new(namespace: &str, deployment: &str, own: Holder, take_over: bool, now: Timestamp) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name(deployment),
            own,
            take_over,
            lease: None,
            renewed: now,
            suspect: None,
            began: now,
        }
    }

    /// `metadata.name` of the Lease.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first question.
    pub fn acquire(&self) -> Step {
        Step::Ask(LeaseRequest::Read)
    }

    /// Whether it is ours, as far as we know.
    pub fn is_held(&self) -> bool {
        self.lease.is_some()
    }

    /// When it has to be renewed.
    pub fn renewal(&self) -> Timestamp {
        self.renewed + RENEW_EVERY
    }

    /// The renewal.
    pub fn renew(&self, now: Timestamp) -> LeaseRequest {
        match &self.lease {
            Some(lease) => LeaseRequest::Replace(self.body(Some(lease), now)),
            None => LeaseRequest::Read,
        }
    }

    /// Gives it back; nothing to do when it is not ours.
    pub fn release(&self) -> Option<LeaseRequest> {
        let lease = self.lease.as_ref()?;
        let text = |pointer| lease.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(LeaseRequest::Delete {
            uid: text("/metadata/uid"),
            resource_version: text("/metadata/resourceVersion"),
        })
    }

    /// Takes an answer and says what comes next.
    pub fn next(&mut self, answer: LeaseAnswer, now: Timestamp) -> Step {
        match answer {
            LeaseAnswer::Is(None) => {
                self.lease = None;
                Step::Ask(LeaseRequest::Create(self.body(None, now)))
            }
            LeaseAnswer::Is(Some(lease)) if holder(&lease).operation == self.own.operation => {
                self.lease = Some(lease);
                self.renewed = now;
                Step::Held
            }
            LeaseAnswer::Is(Some(lease)) if self.is_held() => {
                self.lease = None;
                Step::Displaced(holder(&lease))
            }
            LeaseAnswer::Is(Some(lease)) => self.foreign(&lease, now),
            LeaseAnswer::Conflict => Step::Ask(LeaseRequest::Read),
            LeaseAnswer::Denied(why) if !self.is_held() => Step::Unavailable(why),
            LeaseAnswer::Failed(why) if !self.is_held() && now >= self.began + DURATION => {
                Step::Unavailable(why)
            }
            LeaseAnswer::Failed(_) | LeaseAnswer::Denied(_) => {
                self.renewed = now;
                Step::Wait(now + SignedDuration::from_secs(1))
            }
        }
    }

    /// Somebody else's Lease: alive when it was renewed lately by its own account, which costs nothing to believe.
    /// Otherwise it is watched, and taken when nobody renews it for as long as it lasts.
    fn foreign(&mut self, lease: &Value, now: Timestamp) -> Step {
        let other = holder(lease);
        if self.take_over || other.identity.is_empty() {
            return Step::Ask(LeaseRequest::Replace(self.body(Some(lease), now)));
        }
        let version = lease.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
        let lasts = duration(lease);
        match &self.suspect {
            Some((seen, since)) if seen == version && now >= *since + lasts => {
                Step::Ask(LeaseRequest::Replace(self.body(Some(lease), now)))
            }
            Some((seen, since)) if seen == version => {
                Step::Wait((now + SignedDuration::from_secs(1)).min(*since + lasts))
            }
            Some(_) => Step::HeldBy(other),
            None if time(lease, "renewTime")
                .is_some_and(|renewed| now.duration_since(renewed).abs() < lasts) =>
            {
                Step::HeldBy(other)
            }
            None => {
                self.suspect = Some((version.to_owned(), now));
                Step::Wait(now + SignedDuration::from_secs(1))
            }
        }
    }

    fn body(&self, found: Option<&Value>, now: Timestamp) -> Value {
        let mut lease = found.cloned().unwrap_or_else(|| {
            json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"name": self.name, "namespace": self.namespace}})
        });
        let ours = found.is_some_and(|lease| holder(lease).operation == self.own.operation);
        let micro = format!("{now:.6}");
        let acquired = match found.filter(|_| ours).and_then(|lease| lease.pointer("/spec/acquireTime")) {
            Some(acquired) => acquired.clone(),
            None => json!(micro),
        };
        let transitions =
            found.and_then(|lease| lease.pointer("/spec/leaseTransitions")?.as_i64()).unwrap_or_default();
        lease["metadata"]["annotations"][OPERATION] = json!(self.own.operation);
        lease["metadata"]["annotations"][COMMAND] = json!(self.own.command);
        lease["metadata"]["annotations"][REASON] = json!(self.own.reason);
        lease["spec"] = json!({
            "holderIdentity": self.own.identity,
            "leaseDurationSeconds": DURATION.as_secs(),
            "acquireTime": acquired,
            "renewTime": micro,
            "leaseTransitions": transitions + i64::from(found.is_some() && !ours),
        });
        lease
    }
}

/// Name of the Lease of a Deployment.
pub fn name(deployment: &str) -> String {
    format!("sk-{deployment}")
}

/// Who holds a Lease, by its own account.
pub fn holder(lease: &Value) -> Holder {
    let annotation = |key: &str| {
        let annotations = lease.pointer("/metadata/annotations");
        annotations.and_then(|all| all.get(key)?.as_str()).unwrap_or_default().to_owned()
    };
    Holder {
        identity: lease
            .pointer("/spec/holderIdentity")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        operation: annotation(OPERATION),
        command: annotation(COMMAND),
        reason: annotation(REASON),
        since: time(lease, "acquireTime"),
    }
}

fn time(lease: &Value, field: &str) -> Option<Timestamp> {
    lease.get("spec")?.get(field)?.as_str()?.parse().ok()
}

fn duration(lease: &Value) -> SignedDuration {
    let seconds = lease.pointer("/spec/leaseDurationSeconds").and_then(Value::as_i64);
    seconds.map_or(DURATION, |seconds| SignedDuration::from_secs(seconds.clamp(1, 3_600)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    fn own(operation: &str) -> Holder {
        Holder {
            identity: "anna@laptop".to_owned(),
            operation: operation.to_owned(),
            command: "sk-restart".to_owned(),
            ..Holder::default()
        }
    }

    fn lock(take_over: bool, now: Timestamp) -> Lock {
        Lock::new("shop", "web", own("ours"), take_over, now)
    }

    /// A Lease of another operation, last renewed at `renewed`.
    fn foreign(version: &str, renewed: Timestamp) -> Value {
        let mut other = Lock::new("shop", "web", own("theirs"), false, renewed);
        other.own.reason = "certificates".to_owned();
        let mut lease = other.body(None, renewed);
        lease["metadata"]["resourceVersion"] = json!(version);
        lease["metadata"]["uid"] = json!("l-1");
        lease
    }

    fn is(lease: Value) -> LeaseAnswer {
        LeaseAnswer::Is(Some(lease))
    }

    #[test]
    fn a_free_target_is_taken_and_given_back() {
        let mut lock = lock(false, at(0));
        assert_eq!(lock.acquire(), Step::Ask(LeaseRequest::Read));
        let Step::Ask(LeaseRequest::Create(mut lease)) = lock.next(LeaseAnswer::Is(None), at(0)) else {
            panic!()
        };
        assert_eq!(
            (&lease["metadata"]["name"], &lease["spec"]["leaseDurationSeconds"]),
            (&json!("sk-web"), &json!(15))
        );
        lease["metadata"]["uid"] = json!("l-1");
        lease["metadata"]["resourceVersion"] = json!("8");
        assert_eq!(lock.next(is(lease), at(0)), Step::Held);
        assert_eq!(lock.renewal(), at(5));
        let LeaseRequest::Replace(renewed) = lock.renew(at(5)) else { panic!() };
        assert_eq!(renewed["metadata"]["resourceVersion"], "8");
        assert!(time(&renewed, "renewTime") > time(&renewed, "acquireTime"));
        let gone = LeaseRequest::Delete { uid: "l-1".to_owned(), resource_version: "8".to_owned() };
        assert_eq!(lock.release(), Some(gone));
    }

    #[test]
    fn a_live_holder_is_named_at_once() {
        let Step::HeldBy(other) = lock(false, at(100)).next(is(foreign("7", at(95))), at(100)) else {
            panic!()
        };
        assert_eq!((other.operation.as_str(), other.reason.as_str()), ("theirs", "certificates"));
        assert!(other.to_string().starts_with("anna@laptop since 2026-"), "{other}");
    }

    #[test]
    fn a_dead_holders_lease_is_watched_before_it_is_taken() {
        let mut lock = lock(false, at(100));
        assert_eq!(lock.next(is(foreign("7", at(10))), at(100)), Step::Wait(at(101)));
        assert_eq!(lock.next(is(foreign("7", at(10))), at(114)), Step::Wait(at(115)));
        let taken = lock.next(is(foreign("7", at(10))), at(115));
        assert!(
            matches!(&taken, Step::Ask(LeaseRequest::Replace(lease)) if holder(lease).operation == "ours"),
            "{taken:?}"
        );
    }

    #[test]
    fn a_holder_with_a_slow_clock_is_alive_when_it_renews() {
        let mut lock = lock(false, at(100));
        assert_eq!(lock.next(is(foreign("7", at(10))), at(100)), Step::Wait(at(101)));
        assert!(matches!(lock.next(is(foreign("8", at(14))), at(104)), Step::HeldBy(_)));
    }

    #[test]
    fn a_dead_holder_with_a_fast_clock_is_watched_too() {
        assert_eq!(lock(false, at(100)).next(is(foreign("7", at(9_000))), at(100)), Step::Wait(at(101)));
    }

    #[test]
    fn a_renewal_that_is_denied_is_tried_again_in_its_time() {
        let mut lock = lock(false, at(0));
        let Step::Ask(LeaseRequest::Create(lease)) = lock.next(LeaseAnswer::Is(None), at(0)) else {
            panic!()
        };
        lock.next(is(lease), at(0));
        assert!(matches!(lock.next(LeaseAnswer::Denied("forbidden".to_owned()), at(5)), Step::Wait(_)));
        assert_eq!(lock.renewal(), at(10));
    }

    #[test]
    fn a_take_over_waits_for_nobody() {
        let taken = lock(true, at(100)).next(is(foreign("7", at(99))), at(100));
        let Step::Ask(LeaseRequest::Replace(lease)) = taken else { panic!() };
        assert_eq!(
            (holder(&lease).operation.as_str(), &lease["spec"]["leaseTransitions"]),
            ("ours", &json!(1))
        );
        assert_eq!(lease["metadata"]["resourceVersion"], "7");
    }

    #[test]
    fn the_displaced_notice_it() {
        let mut lock = lock(false, at(0));
        let Step::Ask(LeaseRequest::Create(lease)) = lock.next(LeaseAnswer::Is(None), at(0)) else {
            panic!()
        };
        lock.next(is(lease), at(0));
        assert_eq!(lock.next(LeaseAnswer::Conflict, at(5)), Step::Ask(LeaseRequest::Read));
        assert!(matches!(lock.next(is(foreign("9", at(4))), at(5)), Step::Displaced(_)));
        assert_eq!(lock.release(), None, "what is not ours is not deleted");
    }

    #[test]
    fn a_lost_answer_is_recognised_as_our_own() {
        let mut lock = lock(false, at(0));
        let Step::Ask(LeaseRequest::Create(lease)) = lock.next(LeaseAnswer::Is(None), at(0)) else {
            panic!()
        };
        assert_eq!(lock.next(LeaseAnswer::Failed("reset".to_owned()), at(1)), Step::Wait(at(2)));
        assert_eq!(lock.next(is(lease), at(2)), Step::Held);
    }

    #[test]
    fn a_server_that_stays_away_ends_the_waiting() {
        let mut lock = lock(false, at(0));
        let why = || LeaseAnswer::Failed("refused".to_owned());
        assert_eq!(lock.next(why(), at(1)), Step::Wait(at(2)));
        assert_eq!(lock.next(why(), at(15)), Step::Unavailable("refused".to_owned()));
    }
}
