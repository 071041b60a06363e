//! `kubectl sk-rollback TARGET --history`: which revisions there are, and what one of them would change.

use jiff::Timestamp;
use sk_common::cluster::{Cluster, Past};
use sk_common::command::Stop;
use sk_common::exit;
use sk_common::terminal::{self, Text, rollout};
use sk_core::duration;
use sk_core::fact::Fact;
use sk_core::operation::Request;
use sk_core::rollback::{Ahead, HistoryReport, Revision, RevisionView, diff, use_of};
use sk_core::words::times;

use crate::command::Command;

impl Command<'_> {
    /// Shows the revisions.
    pub(crate) async fn history(&mut self, cluster: &Cluster, request: &Request) -> Result<u8, Stop> {
        let target = &request.target;
        let Some(past) = cluster.past(target).await? else {
            return Err(cluster.not_found(target).await.into());
        };
        let now = self.changing.now();
        let ahead = Ahead::of(&past.workload, &past.operations, None, now);
        let report = HistoryReport::of(request.header(), &ahead);
        let Some(number) = self.args.revision else {
            let mut text = rollout::header(request);
            text.gap().line(table(&ahead, &past, now));
            return Ok(self.tell(&text, &report));
        };
        let Some((revision, set)) = ahead.history.find(number) else {
            let report = report.of_none(&ahead.history, number, target);
            self.changing.terminal.complain(terminal::findings(&report.findings));
            self.changing.document(&report);
            return Ok(exit::NOT_STARTED);
        };
        let present = past.workload.deployment.template();
        let from = match ahead.history.current() {
            Some(current) => format!("revision {} (now)", current.number),
            None => "now".to_owned(),
        };
        let to = format!("revision {number}");
        let salt = past.workload.deployment.uid();
        let diff = diff((&from, present), (&to, set.template()), salt);
        let report = report.of_one(revision, set, number, diff);
        let mut text = rollout::header(request);
        for view in &report.revisions {
            text.gap().line(one(view, revision, report.diff.as_deref().unwrap_or_default(), now));
        }
        Ok(self.tell(&text, &report))
    }

    fn tell(&mut self, text: &Text, report: &HistoryReport) -> u8 {
        if self.changing.terminal.is_for_people() {
            self.changing.terminal.result(text);
        } else {
            self.changing.terminal.document(report);
        }
        exit::DONE
    }
}

/// A line or two for each revision.
fn table(ahead: &Ahead, past: &Past, now: Timestamp) -> Text {
    let mut text = Text::default();
    let revisions = &ahead.history.revisions;
    let shared = shared_repositories(revisions);
    for (container, repository) in &shared {
        text.line(terminal::lines("image ", 6, &format!("{container} {repository}")));
    }
    if !shared.is_empty() {
        text.gap();
    }
    text.line(terminal::strong(&row("REV", "AGE", "SERVED", "PODS", "IMAGE(S)")));
    for revision in revisions {
        let number =
            format!("{}{}", revision.number, if revision.current { terminal::sign(" ●", " *") } else { "" });
        let pods =
            if revision.pods == 0 { "-".to_owned() } else { format!("{}/{}", revision.ready, revision.pods) };
        let first = row(&number, &age(revision.created_at, now), &revision.served.to_string(), &pods, "");
        text.line(terminal::lines(&first, first.chars().count(), &images(revision, &shared)));
        let notes = notes(revision, past, now);
        if !notes.is_empty() {
            text.line(terminal::lines("        ", 8, &notes));
        }
    }
    text.gap();
    if let Some(reason) = &ahead.unread {
        text.line(terminal::lines("", 0, &format!("not known which were verified: {reason}")));
    }
    if let Some(pruned) = ahead.history.pruned() {
        text.line(terminal::lines("", 0, &pruned));
    }
    let goes = match &ahead.choice {
        Ok(choice) => format!("Rollback without --to-revision goes to {}: {}.", choice.number, choice.why),
        Err(none) => format!("Nothing to go back to: {}.", none.why),
    };
    text.line(terminal::lines("", 0, &goes));
    text
}

/// One revision in full, and what a rollback to it would change.
fn one(view: &RevisionView, revision: &Revision, diff: &str, now: Timestamp) -> Text {
    let mut text = Text::default();
    let mut what = format!("revision {}", view.revision);
    if !view.folded.is_empty() {
        let folded: Vec<String> = view.folded.iter().map(ToString::to_string).collect();
        what = format!("{what}, one template with {}", folded.join(", "));
    }
    text.line(terminal::strong(&what));
    let mut line = |name: &str, value: &str| {
        text.line(terminal::lines(&format!("  {name:<9} "), 12, value));
    };
    for image in &view.images {
        line("image", image);
    }
    line("age", &age(view.created_at, now));
    line("served", &view.served);
    if let Some(by) = &view.by {
        line("by", by);
    }
    if let Some(cause) = &view.cause {
        line("cause", cause);
    }
    line("verified", &verified(revision, now).unwrap_or_else(|| "not by a run of ours".to_owned()));
    if let Some(why) = &view.broken {
        line("broken", why);
    }
    text.gap();
    if diff.is_empty() {
        text.line("the same template as the Deployment has now");
    } else {
        text.line("what a rollback to it changes").line(terminal::diff(diff, "  "));
    }
    text
}

fn row(number: &str, age: &str, served: &str, pods: &str, images: &str) -> String {
    format!("{number:<7} {age:<6} {served:<15} {pods:<6} {images}")
}

fn age(created: Option<Timestamp>, now: Timestamp) -> String {
    let created = created.map(|created| duration::short(now.duration_since(created)));
    created.unwrap_or_else(|| "?".to_owned())
}

/// Why, by whom, restarts, verified, and how its pods do.
fn notes(revision: &Revision, past: &Past, now: Timestamp) -> String {
    let mut notes = Vec::new();
    match (&revision.cause, &revision.by) {
        (Some(cause), Some(by)) => notes.push(format!("{cause} (by {by})")),
        (Some(cause), None) => notes.push(cause.clone()),
        (None, Some(by)) => notes.push(format!("by {by}")),
        (None, None) => {}
    }
    match revision.restarts() {
        0 => {}
        number => notes.push(format!("restarted {}", times(number))),
    }
    notes.extend(verified(revision, now));
    notes.extend(revision.failed.iter().map(|operation| format!("failed ({operation})")));
    notes.extend(use_of(revision, &past.workload, &past.usage).map(|used| used.words));
    notes.join("; ")
}

fn verified(revision: &Revision, now: Timestamp) -> Option<String> {
    match &revision.verified {
        Fact::Known(operation) => operation.as_ref().map(|operation| {
            let ago = duration::short(now.duration_since(operation.finished_at));
            format!("verified {ago} ago ({} by {})", operation.command, operation.user)
        }),
        Fact::Unavailable(_) => None,
    }
}

/// The containers whose image comes from the same repository in every revision, with that repository.
fn shared_repositories(revisions: &[Revision]) -> Vec<(String, String)> {
    let Some(first) = revisions.first() else { return Vec::new() };
    let same = |container: &str, repository: &str| {
        revisions.iter().all(|revision| {
            let mut images = revision.images().into_iter().filter(|(name, _)| *name == container);
            images.all(|(_, image)| split(image).0 == repository)
        })
    };
    let repositories = first.images().into_iter().map(|(container, image)| (container, split(image).0));
    let shared = repositories.filter(|(container, repository)| same(container, repository));
    shared.map(|(container, repository)| (container.to_owned(), repository.to_owned())).collect()
}

/// The images of a revision, without a repository that stands above all of them.
fn images(revision: &Revision, shared: &[(String, String)]) -> String {
    let short = |(container, image): (&str, &str)| {
        let is_shared = shared.iter().any(|(name, _)| name == container);
        match split(image) {
            (_, tag) if is_shared && !tag.is_empty() => format!("{container} {tag}"),
            _ => format!("{container} {image}"),
        }
    };
    revision.images().into_iter().map(short).collect::<Vec<_>>().join(", ")
}

/// An image's repository, and its tag or the begin of its digest.
fn split(image: &str) -> (&str, &str) {
    const DIGEST: usize = "sha256:0123456789ab".len();
    if let Some((repository, digest)) = image.split_once('@') {
        return (repository, digest.get(..DIGEST).unwrap_or(digest));
    }
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, ""),
    }
}
