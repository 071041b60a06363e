//! Our side of the Lease: what to ask, what an answer means, when to ask again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{COMMAND, Holder, LeaseAnswer, LeaseRequest, OPERATION, REASON, holder, name, time};

/// `spec.leaseDurationSeconds`.
const DURATION: SignedDuration = SignedDuration::from_secs(15);

/// Time between two renewals: one that gets no answer leaves time for another before the Lease runs out.
const RENEW_EVERY: SignedDuration = SignedDuration::from_secs(7);

/// Time from a renewal that failed to the next.
const RENEW_AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// Time between two looks while it is waited for.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
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
pub(crate) struct Lock {
    namespace: String,
    name: String,
    pub(super) own: Holder,
    take_over: bool,
    lease: Option<Value>,
    /// When it has to be renewed.
    due: Timestamp,
    /// `resourceVersion` of a foreign Lease that looks abandoned, and when it was seen first.
    suspect: Option<(String, Timestamp)>,
    began: Timestamp,
}

impl Lock {
    /// A lock that is not held yet.
    pub(crate) fn new(
        namespace: &str,
        deployment: &str,
        own: Holder,
        take_over: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name(deployment),
            own,
            take_over,
            lease: None,
            due: now,
            suspect: None,
            began: now,
        }
    }

    /// `metadata.name` of the Lease.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The first question. Most targets are free, so it is made without a look; where it is expected to be there, or
    /// to be taken from somebody, it is read.
    pub(crate) fn acquire(&self, now: Timestamp) -> LeaseRequest {
        if self.take_over || self.suspect.is_some() {
            return LeaseRequest::Read;
        }
        LeaseRequest::Create(self.body(None, now))
    }

    /// Whether it is ours, as far as we know.
    pub(crate) fn is_held(&self) -> bool {
        self.lease.is_some()
    }

    /// When it has to be renewed.
    pub(crate) fn renewal(&self) -> Timestamp {
        self.due
    }

    /// The renewal.
    pub(crate) fn renew(&self, now: Timestamp) -> LeaseRequest {
        match &self.lease {
            Some(lease) => LeaseRequest::Replace(self.body(Some(lease), now)),
            None => LeaseRequest::Read,
        }
    }

    /// Gives it back; nothing to do when it is not ours.
    pub(crate) fn release(&self) -> Option<LeaseRequest> {
        let lease = self.lease.as_ref()?;
        let text = |pointer| lease.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(LeaseRequest::Delete {
            uid: text("/metadata/uid"),
            resource_version: text("/metadata/resourceVersion"),
        })
    }

    /// Takes an answer and says what comes next.
    pub(crate) fn next(&mut self, answer: LeaseAnswer, now: Timestamp) -> Step {
        match answer {
            LeaseAnswer::Is(None) => {
                self.lease = None;
                Step::Ask(LeaseRequest::Create(self.body(None, now)))
            }
            LeaseAnswer::Is(Some(lease)) if holder(&lease).operation == self.own.operation => {
                self.lease = Some(lease);
                self.due = now + RENEW_EVERY;
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
            LeaseAnswer::Failed(_) => {
                self.due = now + RENEW_AGAIN;
                Step::Wait(now + LOOK_AGAIN)
            }
            LeaseAnswer::Denied(_) => {
                self.due = now + RENEW_EVERY;
                Step::Wait(now + LOOK_AGAIN)
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
            Some((seen, since)) if seen == version => Step::Wait((now + LOOK_AGAIN).min(*since + lasts)),
            Some(_) => Step::HeldBy(other),
            None if time(lease, "renewTime")
                .is_some_and(|renewed| now.duration_since(renewed).abs() < lasts) =>
            {
                Step::HeldBy(other)
            }
            None => {
                self.suspect = Some((version.to_owned(), now));
                Step::Wait(now + LOOK_AGAIN)
            }
        }
    }

    pub(super) fn body(&self, found: Option<&Value>, now: Timestamp) -> Value {
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

fn duration(lease: &Value) -> SignedDuration {
    let seconds = lease.pointer("/spec/leaseDurationSeconds").and_then(Value::as_i64);
    seconds.map_or(DURATION, |seconds| SignedDuration::from_secs(seconds.clamp(1, 3_600)))
}
