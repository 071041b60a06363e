//! A diagnosis in words for people: the verdict, then evidence, then what to type next.

use std::collections::BTreeSet;

use sk_common::cluster::Question;
use sk_common::operations::Judgement;
use sk_common::terminal::rollout::{self, verdict};
use sk_common::terminal::{self, Text};
use sk_core::checks::Verdict;
use sk_core::diagnose::{self, Group, State};
use sk_core::finding::Severity;
use sk_core::report::{DiagnosisReport, ObjectView};
use sk_core::sanitize::visible;

use crate::args::Asked;
use crate::evidence;

/// Lines that one cause may take.
const LINES: usize = 12;

/// Consequences and unread things that are shown one by one; more are counted.
const SHOWN: usize = 5;

/// What there is to tell.
pub(crate) struct Told<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) question: &'a Question,
    pub(crate) judgements: &'a [Judgement],
    pub(crate) report: &'a DiagnosisReport,
    /// Lines of each log to show.
    pub(crate) logs: usize,
}

/// All of it.
pub(crate) fn told(told: &Told<'_>) -> Text {
    let mut text = Text::default();
    let headline = told.headline(&mut text);
    for judgement in told.judgements {
        told.namespace(judgement, headline, &mut text);
    }
    told.unexplained(&mut text);
    told.unseen(&mut text);
    told.contacts(&mut text);
    text
}

impl Told<'_> {
    /// The verdict. Says in how many lines it told the first finding's summary, where it did.
    fn headline(&self, text: &mut Text) -> Option<usize> {
        match (self.asked, self.question) {
            (Asked::Catalogue, Question::Services(targets)) => {
                let width = targets.iter().map(|target| target.name().chars().count()).max();
                for target in targets {
                    let of = |view: &&ObjectView| {
                        view.object == target.object() && view.namespace == target.namespace
                    };
                    let Some(view) = self.report.objects.iter().find(of) else { continue };
                    let name =
                        format!("{:<width$}", visible(target.name()), width = width.unwrap_or_default());
                    let first = format!("{} {name}  ", terminal::mark(view.verdict));
                    text.line(terminal::lines(&first, name.chars().count() + 4, &view.detail));
                }
                if targets.is_empty() {
                    text.line("the catalogue has no services");
                }
                None
            }
            (_, Question::Stuck { state, namespace, labels }) => {
                text.line(self.counted(*state, namespace.as_deref(), labels));
                None
            }
            (_, Question::Services(_)) => {
                let view = self.report.objects.first()?;
                text.line(verdict(view.verdict, &format!("{}: {}", self.report.service, view.detail)));
                None
            }
            (asked, Question::Pod { name, .. }) => self.of_pod(asked, name, text),
        }
    }

    /// The verdict on one pod: its first cause where there is one.
    fn of_pod(&self, asked: &Asked, name: &str, text: &mut Text) -> Option<usize> {
        let view = self.report.objects.first()?;
        let first = self.groups().next().filter(|group| group.finding.severity != Severity::Info);
        let state = match asked {
            Asked::Pod(_, Some(state)) if !self.is_in(*state) => format!(" {}", is_not(*state)),
            _ => String::new(),
        };
        let sentence = match first {
            Some(group) => format!("{name}{state}: {}", group.finding.summary),
            None => format!("{name}{state}: {}", view.detail),
        };
        let sentence = verdict(view.verdict, &sentence);
        let lines = sentence.lines().count();
        text.line(sentence);
        first.map(|_| lines)
    }

    /// How many pods are in a state.
    fn counted(&self, state: State, namespace: Option<&str>, labels: &str) -> String {
        let place = namespace.map_or_else(|| "all namespaces".to_owned(), str::to_owned);
        let matching = |pods: usize| match labels {
            "" => String::new(),
            labels => format!(" that {} {labels}", if pods == 1 { "matches" } else { "match" }),
        };
        if self.judgements.iter().any(|judgement| judgement.scene.empty) {
            return verdict(Verdict::Unknown, &format!("{place}: {}", nothing_there(labels)));
        }
        let looked_at: usize = self.judgements.iter().map(|judgement| judgement.scene.pods).sum();
        let objects = &self.report.objects;
        let sentence = match objects.len() {
            // The API server leaves out the pods of other phases, and does not say how many they are.
            0 if looked_at == 0 => format!("{place}: no pod{} {}", matching(1), is_in(state, 1)),
            0 => format!("{place}: no pod{} {}; {looked_at} looked at", matching(1), is_in(state, 1)),
            1 => format!("{place}: 1 pod{} {}", matching(1), is_in(state, 1)),
            count => format!("{place}: {count} pods{} {}", matching(count), is_in(state, count)),
        };
        let worst = objects.iter().map(|view| view.verdict).max_by_key(|verdict| weight(*verdict));
        verdict(worst.unwrap_or(Verdict::Pass), &sentence)
    }

    fn is_in(&self, state: State) -> bool {
        let now = self.report.finished_at;
        let scenes = self.judgements.iter().map(|judgement| &judgement.scene.subjects);
        let asked = |name: &str| self.report.object.strip_prefix("pod/") == Some(name);
        scenes
            .flat_map(|subjects| subjects.workloads.iter().flat_map(|one| &one.pods).chain(&subjects.pods))
            .any(|pod| asked(sk_core::workload::name(pod)) && state.is_of(pod, now))
    }

    fn groups(&self) -> impl Iterator<Item = &Group> {
        self.judgements.iter().flat_map(|judgement| &judgement.diagnosis.groups)
    }

    /// What was found in one namespace.
    fn namespace(&self, judgement: &Judgement, headline: Option<usize>, text: &mut Text) {
        let titled = self.judgements.len() > 1 && !judgement.diagnosis.groups.is_empty();
        if titled {
            text.gap().line(terminal::strong(&visible(&judgement.scene.namespace)));
        }
        for (index, group) in judgement.diagnosis.groups.iter().enumerate() {
            if index > 0 || !(headline.is_some() || titled) {
                text.gap();
            }
            self.cause(judgement, group, headline.filter(|_| index == 0), text);
        }
    }

    /// One cause in at most a dozen lines: where, what, how it is known, what to type. Only evidence is ever cut, and
    /// what the application said not even then.
    fn cause(&self, judgement: &Judgement, group: &Group, told: Option<usize>, text: &mut Text) {
        let finding = diagnose::with_log(group.finding.clone(), &judgement.fetched, self.logs);
        let mut before = vec![where_seen(group, told.is_some())];
        if told.is_none() {
            before.push(terminal::lines("    ", 4, &finding.summary));
        }
        before.extend(others(group));
        let mut after: Vec<String> = Vec::new();
        for (index, consequence) in group.consequences.iter().take(SHOWN).enumerate() {
            let first = if index == 0 { "    hence " } else { "          " };
            let summary = diagnose::without_asides(&consequence.summary, &finding.summary);
            after.push(terminal::lines(first, 10, &summary));
        }
        for (index, command) in finding.next.iter().enumerate() {
            let first = if index == 0 { format!("    {}  ", terminal::dim("next")) } else { " ".repeat(10) };
            after.push(terminal::command(&first, 10, command));
        }
        let taken: usize = before.iter().chain(&after).map(|part| part.lines().count()).sum();
        let room = LINES.saturating_sub(taken + told.unwrap_or_default()).max(2);
        for part in
            before.into_iter().chain(evidence::marked(&finding.evidence, room + self.logs)).chain(after)
        {
            text.line(part);
        }
    }

    /// Objects that are not as they should be, and of which no cause tells.
    fn unexplained(&self, text: &mut Text) {
        let Question::Stuck { .. } = self.question else { return };
        let told: BTreeSet<&str> =
            self.groups().flat_map(|group| &group.objects).map(String::as_str).collect();
        let left: Vec<&ObjectView> =
            self.report.objects.iter().filter(|view| !told.contains(view.object.as_str())).collect();
        if !left.is_empty() {
            text.gap();
        }
        for view in left.iter().take(2 * SHOWN) {
            text.line(verdict(view.verdict, &format!("{}: {}", view.object, view.detail)));
        }
        if left.len() > 2 * SHOWN {
            text.line(format_args!("  and {} more pods; -o json tells of each", left.len() - 2 * SHOWN));
        }
    }

    /// What could not be read: without it nothing is called well.
    fn unseen(&self, text: &mut Text) {
        let unseen: BTreeSet<&str> = self.report.unseen.iter().map(String::as_str).collect();
        if !unseen.is_empty() {
            text.gap();
        }
        for reason in unseen.iter().take(SHOWN) {
            text.line(verdict(Verdict::Unknown, &format!("not seen: {reason}")));
        }
        if unseen.len() > SHOWN {
            text.line(format_args!("  and {} more; -o json has all", unseen.len() - SHOWN));
        }
    }

    /// Whom to ask and what to read, where a service of the catalogue does not work.
    fn contacts(&self, text: &mut Text) {
        let Question::Services(targets) = self.question else { return };
        let failed = |target: &&sk_core::target::Target| {
            let of =
                |view: &&ObjectView| view.object == target.object() && view.namespace == target.namespace;
            self.report.objects.iter().find(of).is_some_and(|view| view.verdict == Verdict::Fail)
        };
        let mut help = Text::default();
        rollout::help(targets.iter().filter(failed).filter_map(|target| target.service.as_ref()), &mut help);
        if !help.is_empty() {
            text.gap().line(help);
        }
    }
}

/// The code, and where it was seen unless the headline says it.
fn where_seen(group: &Group, told: bool) -> String {
    let code = terminal::code(group.finding.severity, group.cause.code);
    let object = match group.objects.len() {
        _ if told => return format!("  {code}"),
        0 | 1 => group.finding.object.clone(),
        count => format!("{}: {count} pods", group.owner),
    };
    format!("  {code}  {}", terminal::dim(&visible(&object)))
}

/// The other objects that a cause was seen on.
fn others(group: &Group) -> Option<String> {
    let names: Vec<String> = group.objects.iter().map(|object| object.replacen("pod/", "", 1)).collect();
    (names.len() > 1).then(|| terminal::lines("    pods  ", 10, &terminal::some(&names)))
}

fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skipped | Verdict::Pass => 0,
        Verdict::Unknown => 1,
        Verdict::Warn => 2,
        Verdict::Refuse | Verdict::Fail => 3,
    }
}

/// That there was nothing to look at.
fn nothing_there(labels: &str) -> String {
    match labels {
        "" => "there is no pod".to_owned(),
        labels => format!("no pod matches {labels}"),
    }
}

fn is_in(state: State, pods: usize) -> &'static str {
    match (state, pods) {
        (State::Terminating, 1) => "is being deleted",
        (State::Terminating, _) => "are being deleted",
        (State::Pending, 1) => "is pending",
        (State::Pending, _) => "are pending",
        (State::CrashLoop, 1) => "crashes",
        (State::CrashLoop, _) => "crash",
        (State::Readiness, 1) => "runs and is not ready",
        (State::Readiness, _) => "run and are not ready",
    }
}

fn is_not(state: State) -> &'static str {
    match state {
        State::Terminating => "is not being deleted",
        State::Pending => "is not pending",
        State::CrashLoop => "does not crash",
        State::Readiness => "is not waiting to be ready",
    }
}
