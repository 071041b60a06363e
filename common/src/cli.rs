//! The flags that every plugin has: kubectl's connection flags, the output flags, and those of commands that change.
#![expect(clippy::doc_markdown, reason = "help texts are plain text")]

mod flags;

use std::ffi::OsString;
use std::num::IntErrorKind;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Args, Parser, ValueEnum};
use jiff::SignedDuration;
use secrecy::SecretString;
use sk_core::checks;
use sk_core::sanitize::quoted;

use crate::error::Error;
use flags::Flags;

/// Heading of the connection flags.
const CONNECTION: &str = "Connection";

/// kubectl's connection flags, with its names and short forms (`genericclioptions.ConfigFlags`).
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = CONNECTION)]
pub struct ConnectionFlags {
    /// Kubeconfig file to use, instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig to use
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Cluster of the kubeconfig to use, instead of the context's
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub cluster: Option<String>,
    /// User of the kubeconfig to use, instead of the context's
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub user: Option<String>,
    /// Namespace of the target
    #[arg(short, long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Address of the API server: a URL, or host:port
    #[arg(short, long, global = true, value_name = "URL", hide_short_help = true)]
    pub server: Option<String>,
    /// Bearer token to log in with
    #[arg(long, global = true, value_name = "TOKEN", hide_short_help = true)]
    pub token: Option<SecretString>,
    /// User to act as
    #[arg(long = "as", global = true, value_name = "USER", hide_short_help = true)]
    pub impersonate: Option<String>,
    /// Group to act as; may be repeated
    #[arg(long = "as-group", global = true, value_name = "GROUP", hide_short_help = true)]
    pub impersonate_groups: Vec<String>,
    /// UID to act as
    #[arg(long = "as-uid", global = true, value_name = "UID", hide_short_help = true)]
    pub impersonate_uid: Option<String>,
    /// File with the certificate authority that signed the server's certificate
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub certificate_authority: Option<String>,
    /// File with the client certificate to log in with
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub client_certificate: Option<String>,
    /// File with the key of the client certificate
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub client_key: Option<String>,
    /// Accept any certificate of the server: the connection is then not secure
    #[arg(long, global = true, hide_short_help = true, num_args = 0..=1, require_equals = true,
          action = ArgAction::Set, value_name = "BOOL", default_value_t = false, default_missing_value = "true",
          hide_default_value = true, hide_possible_values = true)]
    pub insecure_skip_tls_verify: bool,
    /// Name to expect in the server's certificate, instead of its host name
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub tls_server_name: Option<String>,
    /// Longest time for one request, such as 30s; 0 is no limit [default: 10s]
    #[arg(long, global = true, value_name = "DURATION", hide_short_help = true, value_parser = request_timeout,
          allow_hyphen_values = true)]
    pub request_timeout: Option<SignedDuration>,
}

impl ConnectionFlags {
    /// The flags with which kubectl reaches the same cluster as the same user, for commands to paste.
    ///
    /// `context`, where given, is named even if it is the current one: an error may be read much later.
    /// A token is left out, it is a secret.
    pub fn to_paste(&self, context: Option<&str>) -> String {
        let kubeconfig = self.kubeconfig.as_ref().map(|path| path.to_string_lossy());
        let single = [
            ("--kubeconfig", kubeconfig.as_deref()),
            ("--context", context.or(self.context.as_deref())),
            ("--cluster", self.cluster.as_deref()),
            ("--user", self.user.as_deref()),
            ("--server", self.server.as_deref()),
            ("--as", self.impersonate.as_deref()),
            ("--as-uid", self.impersonate_uid.as_deref()),
            ("--certificate-authority", self.certificate_authority.as_deref()),
            ("--client-certificate", self.client_certificate.as_deref()),
            ("--client-key", self.client_key.as_deref()),
            ("--tls-server-name", self.tls_server_name.as_deref()),
        ];
        let groups = self.impersonate_groups.iter().map(|group| ("--as-group", Some(group.as_str())));
        let mut words: Vec<String> = single
            .into_iter()
            .chain(groups)
            .filter_map(|(flag, value)| value.map(|value| format!("{flag} {}", quoted(value))))
            .collect();
        if self.insecure_skip_tls_verify {
            words.push("--insecure-skip-tls-verify".to_owned());
        }
        words.join(" ")
    }
}

impl From<DryRun> for sk_core::operation::DryRun {
    fn from(flag: DryRun) -> Self {
        match flag {
            DryRun::None => Self::None,
            DryRun::Client => Self::Client,
            DryRun::Server => Self::Server,
        }
    }
}

/// What every plugin has besides: output, catalogue, verbosity.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct GlobalFlags {
    /// Form of the result
    #[arg(short, long, global = true, value_name = "FORM", value_enum, default_value_t)]
    pub output: Output,
    /// Catalogue of services, instead of $SK_SERVICES and ~/.config/kubectl-sk/services.yaml
    #[arg(long, global = true, value_name = "FILE")]
    pub services: Option<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,
    /// Say only the result and what went wrong
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Verbosity of the log, as kubectl's: 6 shows the requests
    #[arg(
        short = 'v',
        long = "v",
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        value_parser = verbosity
    )]
    pub verbosity: u8,
    /// List the catalogue's services and where it came from
    #[arg(long)]
    pub list_services: bool,
}

/// Form of the result on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// One YAML document
    Yaml,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Whether a change is really made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    /// Make the change
    #[default]
    None,
    /// Show the plan, send no change
    Client,
    /// Let the server check the change without keeping it
    Server,
}

/// The flags of commands that change something.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Change")]
pub struct ChangeFlags {
    /// Answer yes to the prompt; a refusal stays a refusal
    #[arg(short, long)]
    pub yes: bool,
    /// Change nothing: plan only (client), or let the server check it too (server)
    #[arg(long, value_name = "WHERE", value_enum, num_args = 0..=1, require_equals = true,
          default_value_t, default_missing_value = "client", hide_default_value = true)]
    pub dry_run: DryRun,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Longest time without progress; a pod becoming ready is progress
    #[arg(long, value_name = "DURATION", value_parser = sk_core::duration::parse_positive, default_value = "5m",
          allow_hyphen_values = true)]
    pub timeout: SignedDuration,
    /// Refusals to override, by the name of their check
    #[arg(long, value_name = "CHECK", value_delimiter = ',', value_parser = forcible_check)]
    pub force: Vec<String>,
    /// How long a cause may stand, with no pod making progress, until the rollout has failed
    #[arg(long, value_name = "DURATION", value_parser = sk_core::duration::parse, default_value = "30s",
          allow_hyphen_values = true)]
    pub fail_after: SignedDuration,
    /// How long to watch it afterwards; 0 does not [default: the catalogue's for a restart, else 0]
    #[arg(long, value_name = "DURATION", value_parser = sk_core::duration::parse, allow_hyphen_values = true)]
    pub soak: Option<SignedDuration>,
    /// Displace whoever holds this target, also a live operation; needs --reason
    #[arg(long, requires = "reason", conflicts_with = "no_lock")]
    pub take_over: bool,
    /// Go on without the lock that keeps two operations apart
    #[arg(long)]
    pub no_lock: bool,
    /// Field manager of the change [default: kubectl-rollout]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub field_manager: Option<String>,
}

/// A check whose refusal may be overridden.
fn forcible_check(name: &str) -> Result<String, String> {
    if checks::is_forcible(name) {
        return Ok(name.to_owned());
    }
    if let Some(why) = checks::why_not_forcible(name) {
        return Err(why.to_owned());
    }
    let mut forcible = checks::forcible();
    let last = forcible.next_back().unwrap_or_default();
    Err(format!("must be one of {}, {last}", forcible.collect::<Vec<_>>().join(", ")))
}

/// `--request-timeout`: as every duration, and a bare number is seconds (client-go's `clientcmd.ParseTimeout`).
fn request_timeout(text: &str) -> Result<SignedDuration, sk_core::duration::Invalid> {
    match text.parse::<u32>() {
        Ok(seconds) => Ok(SignedDuration::from_secs(seconds.into())),
        Err(_) => sk_core::duration::parse(text),
    }
}

/// `-v`, in the words of Go's `strconv` where it is no number.
fn verbosity(text: &str) -> Result<u8, String> {
    let level = text.parse::<i32>().map_err(|error| {
        let reason = match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.ParseInt: parsing {text:?}: {reason}")
    })?;
    Ok(u8::try_from(level.max(0)).unwrap_or(u8::MAX))
}

/// A command line that does not lead to a command.
#[derive(Debug)]
pub enum Unparsed {
    /// `--help` or `--version` was asked: this goes to stdout, and the exit code is 0.
    Text(clap::builder::StyledStr),
    /// It is wrong.
    Wrong(Error),
}

/// The form of output that a command line asks for, also when the rest of it is wrong.
pub fn output_of(arguments: &[OsString]) -> Output {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let joined =
        words.iter().filter_map(|word| word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o")));
    let apart = words.windows(2).filter(|pair| matches!(&*pair[0], "-o" | "--output")).map(|pair| &*pair[1]);
    let asked: Vec<_> = joined.map(|form| form.trim_start_matches('=')).chain(apart).collect();
    match asked.iter().rev().find(|form| matches!(**form, "json" | "yaml")) {
        Some(&"json") => Output::Json,
        Some(_) => Output::Yaml,
        None => Output::Text,
    }
}

/// Parses a command line; of a repeated flag the last one counts, as in kubectl.
///
/// `name` is how users call the command (`kubectl sk-restart`).
pub fn parse<A: Parser>(
    name: &'static str,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<A, Unparsed> {
    let command = A::command().name(name).bin_name(name).args_override_self(true);
    let flags = Flags::of(&command);
    let wrong = |message| Unparsed::Wrong(Error::Usage { message, see: name.to_owned() });
    let unparsed = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Unparsed::Text(error.render()),
        _ => wrong(wording(&error, &flags)),
    };
    let arguments = flags.settled(arguments.into_iter().collect()).map_err(wrong)?;
    let matches = command.clone().try_get_matches_from(arguments).map_err(unparsed)?;
    A::from_arg_matches(&matches).map_err(unparsed)
}

/// kubectl's words for what clap refuses (`spf13/pflag`).
fn wording(error: &clap::Error, flags: &Flags) -> String {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let flag = argument.split([' ', '=', '[']).next().unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("unknown flag: {argument}{}", similar(error))
        }
        // kubectl's words (`spf13/cobra`).
        ErrorKind::InvalidSubcommand => {
            format!(
                "unknown command {:?}{}",
                text(ContextKind::InvalidSubcommand).unwrap_or_default(),
                similar(error)
            )
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("flag needs an argument: {flag}"),
        ErrorKind::InvalidValue => {
            invalid(value, &flags.named(flag), &format!("must be one of {}", valid_values(error)))
        }
        ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            invalid(value, &flags.named(flag), &reason)
        }
        _ => first_line(error),
    }
}

fn invalid(value: &str, flag: &str, reason: &str) -> String {
    format!("invalid argument {value:?} for {flag:?} flag: {reason}")
}

fn similar(error: &clap::Error) -> String {
    let suggested =
        error.get(ContextKind::SuggestedArg).or_else(|| error.get(ContextKind::SuggestedSubcommand));
    match suggested {
        Some(ContextValue::String(one)) => format!(" (did you mean {one}?)"),
        Some(ContextValue::Strings(some)) => format!(" (did you mean {}?)", some.join(" or ")),
        _ => String::new(),
    }
}

fn valid_values(error: &clap::Error) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.join(", "),
        _ => String::new(),
    }
}

/// clap's own words, without its prefix and its usage block.
fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = message.trim_start_matches("error: ").split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
