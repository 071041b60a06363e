//! What kubectl's flags take that clap's do not: `--yes=false`, and the short form in an error (`spf13/pflag`).

use std::ffi::OsString;

use clap::{ArgAction, Command};

use super::{CONNECTION, invalid};

/// The flags of a command.
pub(super) struct Flags(Vec<Flag>);

struct Flag {
    long: String,
    short: Option<char>,
    /// Whether it takes no value of its own.
    switch: bool,
    /// Whether it is one of kubectl's, for which no text is no value: `-n "$NS"`.
    connects: bool,
}

impl Flags {
    pub(super) fn of(command: &Command) -> Self {
        let flag = |arg: &clap::Arg| {
            let switch = matches!(arg.get_action(), ArgAction::SetTrue);
            let connects = arg.get_help_heading() == Some(CONNECTION) && arg.get_action().takes_values();
            Some(Flag { long: arg.get_long()?.to_owned(), short: arg.get_short(), switch, connects })
        };
        Self(command.get_arguments().filter_map(flag).collect())
    }

    /// `-o, --output` for `--output`.
    pub(super) fn named(&self, long: &str) -> String {
        let flag = self.0.iter().find(|flag| long.strip_prefix("--") == Some(&flag.long));
        flag.map_or_else(|| long.to_owned(), Flag::name)
    }

    /// The command line with each `--switch=BOOL` said as clap takes it (the last one counts), and without connection
    /// flags of which nothing is said.
    ///
    /// # Errors
    /// The value is no boolean.
    pub(super) fn settled(&self, arguments: Vec<OsString>) -> Result<Vec<OsString>, String> {
        let mut settled: Vec<OsString> = Vec::new();
        let mut arguments = arguments.into_iter().peekable();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy();
            if self.connects(text.strip_suffix('=').unwrap_or_default()) {
                continue;
            }
            if self.connects(&text) && arguments.next_if(|value| value.is_empty()).is_some() {
                continue;
            }
            let Some((flag, value)) = self.switch(&text) else {
                let ends = argument == "--";
                settled.push(argument);
                if ends {
                    break;
                }
                continue;
            };
            match boolean(value) {
                Some(true) => settled.push(format!("--{}", flag.long).into()),
                Some(false) => {
                    settled = settled.into_iter().filter_map(|word| self.without(word, flag)).collect();
                }
                None => {
                    let reason = format!("strconv.ParseBool: parsing {value:?}: invalid syntax");
                    return Err(invalid(value, &flag.name(), &reason));
                }
            }
        }
        settled.extend(arguments);
        Ok(settled)
    }

    fn connects(&self, word: &str) -> bool {
        self.0.iter().any(|flag| flag.connects && flag.is(word))
    }

    /// The switch that this word gives a value to.
    fn switch<'a>(&self, word: &'a str) -> Option<(&Flag, &'a str)> {
        let (name, value) = word.split_once('=')?;
        let flag = self.0.iter().filter(|flag| flag.switch).find(|flag| flag.is(name))?;
        Some((flag, value))
    }

    /// The word without this switch, which may be one of several in it (`-yq`); none where nothing is left.
    fn without(&self, word: OsString, flag: &Flag) -> Option<OsString> {
        let Some(text) = word.to_str() else { return Some(word) };
        if flag.is(text) {
            return None;
        }
        let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else {
            return Some(word);
        };
        let switches = self.0.iter().filter(|flag| flag.switch);
        let shorts: Vec<char> = switches.filter_map(|flag| flag.short).collect();
        if !letters.chars().all(|letter| shorts.contains(&letter)) {
            return Some(word);
        }
        let left: String = letters.chars().filter(|letter| Some(*letter) != flag.short).collect();
        (!left.is_empty()).then(|| format!("-{left}").into())
    }
}

impl Flag {
    fn name(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.long),
            None => format!("--{}", self.long),
        }
    }

    fn is(&self, word: &str) -> bool {
        let short = || self.short.is_some_and(|short| word == format!("-{short}"));
        word.strip_prefix("--").map_or_else(short, |long| long == self.long)
    }
}

/// A boolean as Go's `strconv.ParseBool` takes it.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
