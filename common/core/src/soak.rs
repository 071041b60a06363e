//! The soak: what happens to the pods while they are watched after a change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::checks::Verdict;
use crate::duration;
use crate::finding::Finding;
use crate::redact::redact;
use crate::words::{counted, times};
use crate::workload::{self, Workload};
use k8s_openapi::api::core::v1::Pod;

/// Time between two looks at the logs.
const LOGS_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Signatures that are shown; the rest is counted.
const SHOWN: usize = 5;

/// A soak as it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Soak {
    began: Timestamp,
    until: Timestamp,
    logs_due: Timestamp,
    logs_asked: Timestamp,
    restarts: BTreeMap<String, i32>,
    restarted: BTreeMap<String, i32>,
    unready: BTreeMap<String, Timestamp>,
    blips: usize,
    /// Events that were there at the start, with their counts: they belong to the rollout.
    earlier: BTreeMap<String, u32>,
    warnings: BTreeMap<String, u32>,
    log_warnings: BTreeMap<String, (u32, String)>,
    log_trouble: Option<String>,
    trouble: Option<String>,
    quit: bool,
    superseded: Option<String>,
}

impl Soak {
    /// Begins with the pods as they are.
    pub fn new(workload: &Workload, length: SignedDuration, now: Timestamp) -> Self {
        let living = workload.pods.iter().filter(|pod| !workload::has_ended(pod));
        let restarts = living.map(|pod| (workload::name(pod).to_owned(), workload::restarts(pod)));
        Self {
            began: now,
            until: now + length,
            logs_due: now + LOGS_EVERY,
            logs_asked: now,
            restarts: restarts.collect(),
            restarted: BTreeMap::new(),
            unready: BTreeMap::new(),
            blips: 0,
            earlier: warning_events(workload).map(|(event, _, count)| (event, count)).collect(),
            warnings: BTreeMap::new(),
            log_warnings: BTreeMap::new(),
            log_trouble: None,
            trouble: None,
            quit: false,
            superseded: None,
        }
    }

    /// When it began.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// When it is over.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Somebody has seen enough: it ends now, once the last lines have been read.
    pub fn quit(&mut self, now: Timestamp) {
        self.until = self.until.min(now);
        self.quit = true;
    }

    /// Somebody else changed the template: what happens from now on is not ours to judge.
    pub fn was_superseded(&mut self, how: String) {
        self.superseded = Some(how);
    }

    /// How the template was changed meanwhile.
    pub fn superseded(&self) -> Option<&str> {
        self.superseded.as_deref()
    }

    /// Whether somebody ended it.
    pub fn was_quit(&self) -> bool {
        self.quit
    }

    /// When the logs are to be read next.
    pub fn logs_due(&self) -> Timestamp {
        self.logs_due.min(self.until)
    }

    /// Takes over what the pods and events say now.
    pub fn observe(&mut self, workload: &Workload, now: Timestamp) {
        // What had ended before, such as a pod that was evicted, belongs to the past.
        let known = |pod: &&Pod| !workload::has_ended(pod) || self.restarts.contains_key(workload::name(pod));
        let stays = |pod: &&Pod| pod.metadata.deletion_timestamp.is_none();
        for pod in workload.pods.iter().filter(known).filter(stays).collect::<Vec<_>>() {
            let (name, restarts) = (workload::name(pod), workload::restarts(pod));
            let before = *self.restarts.entry(name.to_owned()).or_insert(restarts);
            if restarts > before {
                self.restarted.insert(name.to_owned(), restarts.saturating_sub(before));
            }
            if workload::is_ready(pod) {
                self.blips += usize::from(self.unready.remove(name).is_some());
            } else {
                self.unready.entry(name.to_owned()).or_insert(now);
            }
        }
        self.unready.retain(|name, _| workload.pods.iter().any(|pod| workload::name(pod) == name));
        for (event, words, count) in warning_events(workload) {
            let earlier = self.earlier.get(&event).copied().unwrap_or_default();
            if count > earlier {
                self.warnings.insert(words, count - earlier);
            }
        }
        self.trouble = None;
    }

    /// Takes over log lines of one pod, grouped by what is left when numbers are taken out.
    pub fn read(&mut self, log: &str) {
        for line in log.lines() {
            let lower = line.to_ascii_lowercase();
            if lower.contains("warn") || lower.contains("error") {
                let entry = self.log_warnings.entry(signature(line)).or_insert_with(|| (0, redact(line)));
                entry.0 += 1;
            }
        }
    }

    /// The logs could not be read.
    pub fn could_not_read(&mut self, reason: String) {
        self.log_trouble = Some(reason);
    }

    /// The watch broke: what happens now is not seen.
    pub fn could_not_watch(&mut self, reason: String) {
        self.trouble = Some(reason);
    }

    /// The logs were asked for up to now; the next look is due in a minute, and once more at the end.
    pub fn has_asked(&mut self, now: Timestamp) {
        self.logs_asked = now;
        self.logs_due = now + LOGS_EVERY;
    }

    /// Up to when the logs have been asked for.
    pub fn logs_asked(&self) -> Timestamp {
        self.logs_asked
    }

    /// Whether it is over and the last lines have been read.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until && self.logs_asked >= self.until
    }

    /// One line: what happened so far.
    pub fn summary(&self) -> String {
        let restarts = self.restarted.values().copied().fold(0, i32::saturating_add);
        let warnings = counted(self.warnings.len() + self.log_warnings.len(), "warning");
        let unready = match self.unready.len() {
            0 => String::new(),
            number => format!(", {} not ready", counted(number, "pod")),
        };
        format!("{}, {warnings}{unready}", counted(restarts, "restart"))
    }

    /// What it came to: a restart, or a pod that is not ready at the end, fails; what could not be watched to the end
    /// or read is unknown; warnings and short lapses warn.
    pub fn verdict(&self) -> Verdict {
        if !self.restarted.is_empty() || !self.unready.is_empty() {
            Verdict::Fail
        } else if self.unseen().is_some() {
            Verdict::Unknown
        } else if self.blips > 0 || !self.warnings.is_empty() || !self.log_warnings.is_empty() {
            Verdict::Warn
        } else {
            Verdict::Pass
        }
    }

    /// The findings.
    pub fn findings(&self, object: &str, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(reason) = self.unseen() {
            findings
                .push(Finding::error("soak/unseen", object, format!("not seen whole: {reason}")).warning());
        }
        for (pod, number) in &self.restarted {
            let summary = format!("its containers restarted {} during the soak", times(*number));
            findings.push(Finding::error("soak/restarted", format!("pod/{pod}"), summary));
        }
        for (pod, since) in &self.unready {
            let summary = format!(
                "not ready for {} at the end of the soak",
                duration::short(now.duration_since(*since))
            );
            findings.push(Finding::error("soak/not-ready", format!("pod/{pod}"), summary));
        }
        if self.blips > 0 {
            let summary = format!("pods lost readiness {} and regained it", times(self.blips));
            findings.push(Finding::error("soak/lapses", object, summary).warning());
        }
        findings.extend(self.grouped(
            "soak/events",
            object,
            "Warning events",
            self.warnings.iter().map(|(k, n)| (*n, k)),
        ));
        let lines = self.log_warnings.values().map(|(count, line)| (*count, line));
        findings.extend(self.grouped("soak/log-warnings", object, "kinds of warnings in the logs", lines));
        findings
    }

    fn grouped<'a>(
        &self,
        code: &str,
        object: &str,
        words: &str,
        groups: impl Iterator<Item = (u32, &'a String)>,
    ) -> Option<Finding> {
        let mut groups: Vec<_> = groups.collect();
        groups.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let finding =
            Finding::error(code, object, format!("{} {words} since {:.0}", groups.len(), self.began))
                .warning();
        let shown = groups.iter().take(SHOWN);
        let finding = shown.fold(finding, |finding, (count, line)| finding.seen(format!("{count}× {line}")));
        (!groups.is_empty()).then_some(finding)
    }

    /// Why it was not seen whole: somebody else changed the template, the watch is broken at the end, or the logs could
    /// not be read.
    fn unseen(&self) -> Option<&str> {
        self.superseded().or(self.trouble.as_deref()).or(self.log_trouble.as_deref())
    }
}

/// Each Warning event of the pods of the present template: what tells it apart, its words, how often it was seen.
fn warning_events(workload: &Workload) -> impl Iterator<Item = (String, String, u32)> {
    let new: BTreeSet<_> =
        workload.pods.iter().filter(|pod| workload.is_new(pod)).map(workload::name).collect();
    let events = workload.events.known().into_iter().flatten();
    events.filter(|event| event.type_.as_deref() == Some("Warning")).filter_map(move |event| {
        let object = event.involved_object.name.as_deref().filter(|name| new.contains(name))?;
        let words =
            [event.reason.as_deref(), event.message.as_deref()].map(Option::unwrap_or_default).join(": ");
        let key = event.metadata.name.clone().unwrap_or_default();
        Some((key, format!("pod/{object}: {words}"), workload::times_seen(event)))
    })
}

/// A line without what differs from one time to the next: numbers, and words that hold any.
fn signature(line: &str) -> String {
    line.split_whitespace()
        .filter(|word| !word.contains(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Make, at};

    fn soak() -> Soak {
        Soak::new(&Make::default().workload(), SignedDuration::from_mins(10), at(0))
    }

    #[test]
    fn quiet_pods_pass() {
        let mut soak = soak();
        soak.observe(&Make::default().workload(), at(60));
        assert_eq!((soak.verdict(), soak.summary().as_str()), (Verdict::Pass, "0 restarts, 0 warnings"));
        assert!(soak.findings("deployment/web", at(60)).is_empty());
    }

    #[test]
    fn a_restart_fails_it() {
        let mut soak = soak();
        let mut workload = Make::default().workload();
        workload.pods[0].status.as_mut().unwrap().container_statuses.as_mut().unwrap()[0].restart_count = 2;
        soak.observe(&workload, at(60));
        assert_eq!(soak.verdict(), Verdict::Fail);
        assert_eq!(soak.findings("deployment/web", at(60))[0].code, "soak/restarted");
    }

    #[test]
    fn a_short_lapse_warns_and_a_lasting_one_fails() {
        let mut soak = soak();
        soak.observe(&Make { new: vec![true, true, false], ..Make::default() }.workload(), at(10));
        assert_eq!(soak.verdict(), Verdict::Fail);
        soak.observe(&Make::default().workload(), at(20));
        assert_eq!(
            (soak.verdict(), soak.findings("d", at(20))[0].code.as_str()),
            (Verdict::Warn, "soak/lapses")
        );
    }

    #[test]
    fn what_was_not_seen_is_no_pass() {
        let mut soak = soak();
        soak.could_not_watch("connection refused".to_owned());
        assert_eq!(soak.verdict(), Verdict::Unknown);
        soak.observe(&Make::default().workload(), at(60));
        assert_eq!(soak.verdict(), Verdict::Pass);
        soak.could_not_read("pods/log is forbidden".to_owned());
        assert_eq!(
            (soak.verdict(), soak.findings("d", at(60))[0].code.as_str()),
            (Verdict::Unknown, "soak/unseen")
        );
    }

    #[test]
    fn warnings_of_one_kind_are_one_line() {
        let mut soak = soak();
        soak.read("12:00 WARN slow query 17 ms\n12:01 WARN slow query 21 ms\nfine\nWARN other\n");
        let findings = soak.findings("d", at(60));
        assert_eq!(findings[0].evidence, ["2× 12:00 WARN slow query 17 ms", "1× WARN other"]);
        assert_eq!(soak.verdict(), Verdict::Warn);
    }
}
