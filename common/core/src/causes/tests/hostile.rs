//! Hostile input: everything that was recorded or made, taken apart and put together wrongly, a great many times.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Event, Pod};
use serde_json::{Value, json};

use super::in_depth::in_depth;
use super::made::made;
use super::make::{crashed, web};
use super::recorded::{RECORDED, read};
use super::{Case, PLACE};
use crate::causes::{Answer, Fetched, Need, Needed, WorkloadFacts, of_rollout, of_workload};
use crate::diagnose::{Subjects, diagnose};
use crate::fact::Fact;
use crate::fixtures::at;
use crate::rollback::History;
use crate::rollout;
use crate::soak::Soak;
use crate::workload::{self, Workload};

/// Runs in every test, and where all tests are run.
const RUNS: u32 = 3_000;
const ALL_RUNS: u32 = 1_000_000;

/// What stands in texts of those who mean ill, or are broken.
const NASTY: &[&str] = &[
    "",
    " ",
    ": ",
    "\"",
    "\u{1b}[2J\u{1b}]0;x\u{7}",
    "\u{202e}",
    "\u{0}",
    "é",
    "0/3 nodes are available: ",
    ", 2 Insufficient ",
    " with ",
    "statuscode: ",
    "volume \"",
    "{\"status\":\"DOWN\",\"checks\":[",
    "[-]",
    "\n",
    "couldn't find key ",
    "trigger scale-up: ",
    " bound to non-existent persistentvolume ",
    "9223372036854775808",
];

const EXTREME: &[i32] = &[i32::MAX, i32::MIN, -1, 0, 3];

/// Random numbers that are the same in every run (xorshift64*).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % sides.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }

    /// A text with something put in, cut off or both.
    fn spoil(&mut self, text: &mut String) {
        let place = (0..=self.roll(text.len() + 1)).rev().find(|place| text.is_char_boundary(*place));
        let place = place.unwrap_or_default();
        match self.roll(3) {
            0 => text.truncate(place),
            1 => text.insert_str(place, self.pick::<&str>(NASTY)),
            _ => *text = (*self.pick(NASTY)).to_owned(),
        }
    }
}

/// All cases, and what they are made of.
struct Corpus {
    cases: Vec<Case>,
    pods: Vec<Pod>,
    events: Vec<Event>,
    answers: Vec<(Need, Answer)>,
}

impl Corpus {
    fn new() -> Self {
        let recorded = RECORDED.iter().map(|(name, _)| read(name));
        let made = [made(), in_depth()].concat();
        let cases: Vec<Case> = recorded.chain(made.into_iter().map(|(_, make, _)| make.case())).collect();
        let pods = cases.iter().flat_map(|case| case.workload.pods.clone()).collect();
        let events = cases.iter().flat_map(|case| case.workload.events.known().cloned().unwrap_or_default());
        let answers = cases.iter().flat_map(|case| {
            let known =
                case.fetched.iter().filter_map(|(need, fact)| Some((need.clone(), fact.known()?.clone())));
            known.collect::<Vec<_>>()
        });
        Self { pods, events: events.collect(), answers: answers.collect(), cases }
    }

    /// One case, its parts taken from wherever.
    fn mix(&self, dice: &mut Dice) -> Case {
        let mut case = dice.pick(&self.cases).clone();
        for pod in &mut case.workload.pods {
            self.spoil_pod(pod, dice);
        }
        let uids: Vec<Option<String>> =
            case.workload.pods.iter().map(|pod| pod.metadata.uid.clone()).collect();
        let mut events: Vec<Event> = (0..dice.roll(4)).map(|_| dice.pick(&self.events).clone()).collect();
        for event in &mut events {
            event.involved_object.uid = uids.get(dice.roll(3)).cloned().flatten();
            dice.spoil(event.message.get_or_insert_default());
        }
        if dice.roll(3) > 0
            && let Fact::Known(known) = &mut case.workload.events
        {
            known.extend(events);
        }
        for _ in 0..dice.roll(6) {
            let ((need, _), (_, answer)) = (dice.pick(&self.answers), dice.pick(&self.answers));
            case.fetched.insert(need.clone(), Fact::Known(answer.clone()));
        }
        case.now = dice.pick(&self.cases).now;
        case
    }

    /// Counters that no cluster sends, and of which two do not fit into one.
    fn spoil_counters(pod: &mut Pod, dice: &mut Dice) {
        let Some(statuses) = pod.status.as_mut().and_then(|status| status.container_statuses.as_mut()) else {
            return;
        };
        statuses.extend_from_within(..);
        for status in statuses {
            status.restart_count = *dice.pick(EXTREME);
        }
    }

    fn spoil_pod(&self, pod: &mut Pod, dice: &mut Dice) {
        let other = dice.pick(&self.pods);
        match dice.roll(8) {
            0 => pod.status = None,
            1 => pod.spec.clone_from(&other.spec),
            2 => pod.status.clone_from(&other.status),
            3 => {
                pod.metadata.deletion_timestamp.clone_from(&other.metadata.deletion_timestamp);
                pod.metadata.finalizers.clone_from(&other.metadata.finalizers);
            }
            4 => Self::spoil_counters(pod, dice),
            _ => {}
        }
        let conditions = pod.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
        for condition in conditions {
            if dice.roll(3) == 0 {
                dice.spoil(condition.message.get_or_insert_default());
            }
        }
        let statuses =
            pod.status.iter_mut().flat_map(|status| status.container_statuses.iter_mut().flatten());
        let waiting = statuses.filter_map(|status| status.state.as_mut()?.waiting.as_mut());
        for waiting in waiting {
            if dice.roll(2) == 0 {
                dice.spoil(waiting.message.get_or_insert_default());
            }
        }
    }
}

/// A million of them with `SK_TEST_ALL=1`.
#[test]
fn nothing_that_is_put_together_wrongly_breaks_a_rule() {
    let corpus = Corpus::new();
    let all = std::env::var("SK_TEST_ALL").is_ok_and(|all| all == "1");
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut found = 0_usize;
    for _ in 0..if all { ALL_RUNS } else { RUNS } {
        let Case { workload, fetched, now, .. } = corpus.mix(&mut dice);
        of_rollout(&workload, &fetched, PLACE, now);
        let subjects = Subjects {
            workloads: vec![workload],
            pods: Vec::new(),
            events: Fact::Unavailable(String::new()),
            only: None,
            needed: BTreeMap::new(),
        };
        found += diagnose(&subjects, &fetched, PLACE, now).findings.len();
    }
    assert!(found > 1_000, "the fuzz hit only {found} causes: it no longer reaches the rules");
}

/// A Deployment whose status and two pods count so.
fn counting(status: [i32; 3], restarts: i32) -> Workload {
    let [ready, updated, running] = status;
    let statuses = json!([status_of("app", restarts), status_of("proxy", restarts)]);
    let pod = json!({"status": {"containerStatuses": statuses}});
    let deployment = json!({"spec": {"replicas": updated}, "status": {
        "readyReplicas": ready, "availableReplicas": updated, "updatedReplicas": updated, "replicas": running}});
    let revision = json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}});
    web().deployment(&deployment).current(&revision).pod(&pod).pod(&pod).case().workload
}

fn status_of(container: &str, restarts: i32) -> Value {
    json!({"name": container, "image": "", "imageID": "", "ready": true, "restartCount": restarts})
}

/// Numbers come from outside: sums of them neither panic nor turn negative.
#[test]
fn counters_at_their_ends_are_added_up() {
    for [first, second, third] in [[i32::MAX; 3], [i32::MIN; 3], [i32::MAX, i32::MIN, i32::MAX], [-1, 0, 1]] {
        let (before, after) = (counting([first, second, third], i32::MIN), counting([first; 3], i32::MAX));
        let now = at(120);
        let mut soak = Soak::new(&before, SignedDuration::from_secs(60), now);
        for workload in [before, after] {
            rollout::judge(&workload);
            soak.observe(&workload, now);
            History::of(&workload, &Fact::Known(Vec::new()), now);
            let facts = Fetched::new();
            let place = PLACE;
            of_workload(
                &WorkloadFacts {
                    workload: &workload,
                    fetched: &facts,
                    needed: Needed { replicas: Some(2), available: Some(1) },
                    place,
                    now,
                },
                true,
            );
        }
        assert!(soak.summary().starts_with(&format!("{} restarts", i32::MAX)), "{}", soak.summary());
    }
    assert_eq!(workload::restarts(&counting([0; 3], i32::MAX).pods[0]), i32::MAX);
}

/// What people and scripts are told stays short, whatever the cluster sends.
#[test]
fn long_lines_and_many_events_are_told_in_short() {
    let line = "\u{1b}[31mERROR ".to_owned() + &"é".repeat(512 * 1024);
    let mut make = web().pod(&crashed(7, "Error", 3)).log(&format!("{line}\n{line}"));
    let start: String = line.chars().take(1_000).collect();
    for count in 0..10_000 {
        make = make.event(
            "app",
            "Unhealthy",
            &format!("Liveness probe failed: {count}{start}"),
            1,
            [1, count % 100],
        );
    }
    let bare = json!({"status": null, "spec": null});
    let diagnosis = make.pod(&bare).case().diagnosis();
    assert!(
        diagnosis.findings.iter().any(|found| found.cause.code == "crashloop/app-exit"),
        "{:?}",
        diagnosis.findings
    );
    for found in &diagnosis.findings {
        let finding = &found.finding;
        for text in finding.evidence.iter().chain([&finding.summary]) {
            assert!(text.chars().count() < 1_500, "{} characters", text.chars().count());
        }
    }
}
