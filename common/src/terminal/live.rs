//! A rollout while it runs: one screen that is redrawn, or a line for each change where nobody looks.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::SignedDuration;
use owo_colors::OwoColorize;
use sk_core::duration;
use sk_core::rollout::{PodLine, PodState};
use sk_core::sanitize::visible;
use sk_core::words::counted;

use super::keys::Mode;
use super::text::{WIDTH, lines, sign};

/// Pods shown one by one; more are counted.
const SHOWN: usize = 12;

/// Where a rollout stands.
#[derive(Clone, Debug)]
pub struct RolloutView {
    /// What runs, as `Rolling restart  api-gateway`.
    pub title: String,
    /// Time since it began.
    pub elapsed: SignedDuration,
    /// New pods that are ready.
    pub ready: usize,
    /// Pods wanted.
    pub wanted: usize,
    /// Its pods, new ones first.
    pub pods: Vec<PodLine>,
    /// The causes that are seen: code, object and sentence.
    pub causes: Vec<String>,
    /// Where the watch is broken: why.
    pub trouble: Option<String>,
}

/// Where a soak stands.
#[derive(Clone, Debug)]
pub struct SoakView {
    /// Its whole length.
    pub length: SignedDuration,
    /// Time since it began.
    pub elapsed: SignedDuration,
    /// What happened so far.
    pub summary: String,
}

/// A view of a rollout.
pub struct Live(Form);

enum Form {
    Redrawn { bar: ProgressBar, coloured: bool, unechoed: Option<Mode> },
    Lines(Told),
    Silent,
}

/// What has been told in lines, so that only changes are.
#[derive(Default)]
struct Told {
    pods: Option<BTreeMap<String, PodState>>,
    causes: BTreeSet<String>,
    trouble: Option<String>,
    minutes: i64,
}

impl Live {
    pub(super) fn redrawn(coloured: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let drawn = if coloured { "{bar:17.green}" } else { "{bar:17}" };
        // The template is a constant that the tests draw; without it the default bar would serve.
        if let Ok(style) =
            ProgressStyle::with_template(&format!("{{prefix}}  {drawn}  {{pos}}/{{len}} ready\n{{msg}}"))
        {
            bar.set_style(style.progress_chars(sign("█░░", "#--")));
        }
        Self(Form::Redrawn { bar, coloured, unechoed: Mode::unechoed() })
    }

    pub(super) fn lines() -> Self {
        Self(Form::Lines(Told::default()))
    }

    pub(super) fn silent() -> Self {
        Self(Form::Silent)
    }

    /// Shows where it stands now.
    pub fn show(&mut self, view: &RolloutView) {
        match &mut self.0 {
            Form::Redrawn { bar, coloured, .. } => redraw(bar, view, *coloured),
            Form::Lines(told) => told.tell(view),
            Form::Silent => {}
        }
    }

    /// Shows where the soak stands: off a terminal, a line a minute.
    pub fn show_soak(&mut self, view: &SoakView) {
        let left = duration::clock(view.length.saturating_sub(view.elapsed));
        match &mut self.0 {
            Form::Redrawn { bar, .. } => {
                if let Ok(style) = ProgressStyle::with_template("{msg}") {
                    bar.set_style(style);
                }
                let length = duration::short(view.length);
                bar.set_message(format!(
                    "Soak {length}  {left} left  {}      q ends the watching",
                    view.summary
                ));
            }
            Form::Lines(told) if view.elapsed.as_mins() > told.minutes => {
                told.minutes = view.elapsed.as_mins();
                let _ = writeln!(anstream::stderr(), "soak  {left} left  {}", view.summary);
            }
            Form::Lines(_) | Form::Silent => {}
        }
    }

    /// Clears what was redrawn; the result follows.
    pub fn finish(&mut self) {
        if let Form::Redrawn { bar, unechoed, .. } = &mut self.0 {
            bar.finish_and_clear();
            *unechoed = None;
        }
    }
}

fn redraw(bar: &ProgressBar, view: &RolloutView, coloured: bool) {
    bar.set_length(view.wanted as u64);
    bar.set_position(view.ready.min(view.wanted) as u64);
    bar.set_prefix(format!("{:<36} {}", view.title, duration::clock(view.elapsed)));
    let states = view.pods.iter().map(|pod| pod.state.to_string().chars().count());
    let width = states.max().unwrap_or_default().clamp(8, 24);
    let mut rows: Vec<String> = view.pods.iter().take(SHOWN).map(|pod| row(pod, width)).collect();
    if view.pods.len() > SHOWN {
        rows.push(format!("  and {} more pods", view.pods.len() - SHOWN));
    }
    rows.extend(view.causes.iter().map(|cause| lines(&format!("  {} ", "!".yellow()), 4, cause)));
    if let Some(trouble) = &view.trouble {
        rows.push(lines(&format!("  {} ", "!".yellow()), 4, trouble));
    }
    let message = rows.join("\n");
    bar.set_message(if coloured { message } else { anstream::adapter::strip_str(&message).to_string() });
    bar.tick();
}

fn row(pod: &PodLine, width: usize) -> String {
    let role = if pod.new { "new" } else { "old" };
    let state = format!("{:<width$}", visible(&pod.state.to_string()));
    let state = match pod.state {
        PodState::Ready => state.green().to_string(),
        PodState::Waiting(_) | PodState::Ended(_) => state.yellow().to_string(),
        PodState::Starting | PodState::Ending => state,
    };
    let node = pod.node.as_deref().map(visible).unwrap_or_default();
    let restarts =
        if pod.restarts > 0 { format!("  {}", counted(pod.restarts, "restart")) } else { String::new() };
    let waits = pod.waits_for.as_deref().map(|waits| format!("  {}", visible(waits))).unwrap_or_default();
    let (name, age) = (visible(&pod.name), duration::short(pod.age));
    let tail = format!("  {node}{restarts}{waits}");
    // A line that the terminal wraps by itself is not cleared with the others.
    let taken = format!("  {role}  {name}  {:<width$} {age:>6}", "").chars().count();
    let broken = taken + tail.chars().count() > WIDTH && tail.trim() != "";
    let tail = if broken { format!("\n{}", lines("       ", 7, tail.trim())) } else { tail };
    format!("  {role}  {name}  {state} {age:>6}{tail}")
}

impl Told {
    /// Tells what is new; how it was at the start is no news.
    fn tell(&mut self, view: &RolloutView) {
        let Some(pods) = &mut self.pods else {
            self.pods = Some(view.pods.iter().map(|pod| (pod.name.clone(), pod.state.clone())).collect());
            return;
        };
        let mut err = anstream::stderr();
        let head = format!("{}  {}/{} ready", duration::clock(view.elapsed), view.ready, view.wanted);
        for pod in &view.pods {
            if pods.get(&pod.name) != Some(&pod.state) {
                pods.insert(pod.name.clone(), pod.state.clone());
                let _ = writeln!(err, "{head}  {}", visible(&pod.sentence()));
            }
        }
        pods.retain(|name, _| {
            let there = view.pods.iter().any(|pod| pod.name == *name);
            if !there {
                let _ = writeln!(err, "{head}  pod {} is gone", visible(name));
            }
            there
        });
        for cause in &view.causes {
            if self.causes.insert(cause.clone()) {
                let _ = writeln!(err, "{head}  ! {}", visible(cause));
            }
        }
        if view.trouble != self.trouble {
            self.trouble.clone_from(&view.trouble);
            if let Some(reason) = &view.trouble {
                let _ = writeln!(err, "{head}  ! {}", visible(reason));
            }
        }
    }
}
