//! Label selectors as kubectl's `-l` takes them, held to the grammar before any server is asked (`labels.Parse` of
//! `k8s.io/apimachinery`). The clients that we use have no parser of their own.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::target::is_object_name;

/// Why a text is no label selector.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Invalid {
    /// Something stands where something else has to.
    #[error("unable to parse requirement: found '{found}', expected: {expected}")]
    Unexpected {
        /// What was found; empty at the end.
        found: String,
        /// What has to stand there.
        expected: &'static str,
    },
    /// Not the key of a label.
    #[error("{0:?} cannot be the key of a label")]
    Key(String),
    /// Not the value of a label.
    #[error("{0:?} cannot be the value of a label")]
    Value(String),
    /// `in ()`.
    #[error("for 'in', 'notin' operators, values set can't be empty")]
    NoValues,
    /// `>` or `<` beside something else than a number.
    #[error("for 'Gt', 'Lt' operators, the value must be an integer, not {0:?}")]
    Number(String),
}

/// The selector as it was typed, where it is one.
///
/// # Errors
/// It is none: the API server would refuse it.
pub fn parse(text: &str) -> Result<String, Invalid> {
    Parser { tokens: tokens(text).into_iter().peekable() }.selector()?;
    Ok(text.to_owned())
}

/// Characters that are tokens, alone or two together; all others make words.
const SYMBOLS: &[char] = &['=', '!', '(', ')', ',', '>', '<'];

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(&'a str),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        let is_symbol = SYMBOLS.contains(&first);
        let length = match first {
            _ if rest.starts_with("==") || rest.starts_with("!=") => 2,
            _ if is_symbol => 1,
            _ => rest.find(|c| is_space(c) || SYMBOLS.contains(&c)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(if is_symbol { Token::Symbol(token) } else { Token::Word(token) });
        rest = after.trim_start_matches(is_space);
    }
    tokens
}

struct Parser<'a> {
    tokens: Peekable<IntoIter<Token<'a>>>,
}

fn unexpected<T>(found: Option<Token<'_>>, expected: &'static str) -> Result<T, Invalid> {
    let found = match found {
        Some(Token::Word(text) | Token::Symbol(text)) => text.to_owned(),
        None => String::new(),
    };
    Err(Invalid::Unexpected { found, expected })
}

impl Parser<'_> {
    /// Requirements with commas between them; none is every object.
    fn selector(mut self) -> Result<(), Invalid> {
        if self.tokens.peek().is_none() {
            return Ok(());
        }
        loop {
            self.requirement()?;
            match self.tokens.next() {
                None => return Ok(()),
                Some(Token::Symbol(",")) => {}
                found => return unexpected(found, "',' or 'end of string'"),
            }
        }
    }

    fn requirement(&mut self) -> Result<(), Invalid> {
        let absent = self.tokens.next_if_eq(&Token::Symbol("!")).is_some();
        match self.tokens.next() {
            Some(Token::Word(key)) if is_key(key) => {}
            Some(Token::Word(key)) => return Err(Invalid::Key(key.to_owned())),
            found => return unexpected(found, "identifier"),
        }
        if absent || self.is_at_end() {
            return Ok(());
        }
        match self.tokens.next() {
            Some(Token::Word("in" | "notin")) => self.values(),
            Some(Token::Symbol("=" | "==" | "!=")) => self.value().map(|_| ()),
            Some(Token::Symbol(">" | "<")) => self.number(),
            found => unexpected(found, "in, notin, =, ==, !=, gt, lt"),
        }
    }

    /// Whether a requirement ends here.
    fn is_at_end(&mut self) -> bool {
        matches!(self.tokens.peek(), None | Some(Token::Symbol(",")))
    }

    /// One value; none is the empty one.
    fn value(&mut self) -> Result<String, Invalid> {
        if self.is_at_end() {
            return Ok(String::new());
        }
        match self.tokens.next() {
            Some(Token::Word(value)) if is_value(value) => Ok(value.to_owned()),
            Some(Token::Word(value)) => Err(Invalid::Value(value.to_owned())),
            found => unexpected(found, "identifier"),
        }
    }

    fn number(&mut self) -> Result<(), Invalid> {
        let value = self.value()?;
        value.parse::<i64>().map(|_| ()).map_err(|_| Invalid::Number(value))
    }

    /// `(a,b)`; between two commas stands the empty value.
    fn values(&mut self) -> Result<(), Invalid> {
        match self.tokens.next() {
            Some(Token::Symbol("(")) => {}
            found => return unexpected(found, "'('"),
        }
        if self.tokens.next_if_eq(&Token::Symbol(")")).is_some() {
            return Err(Invalid::NoValues);
        }
        loop {
            if self.tokens.peek() != Some(&Token::Symbol(")")) {
                self.value()?;
            }
            match self.tokens.next() {
                Some(Token::Symbol(",")) => {}
                Some(Token::Symbol(")")) => return Ok(()),
                found => return unexpected(found, "',' or ')'"),
            }
        }
    }
}

/// `NAME`, or `PREFIX/NAME` with a DNS name before it.
fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_object_name(prefix) && is_name(name),
        None => is_name(text),
    }
}

fn is_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

/// Letters, digits, `-`, `_` and `.`, at both ends a letter or digit, 63 of them at most.
fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63 && text.chars().all(inner) && outer(text.chars().next()) && outer(text.chars().last())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_api_server_takes_is_taken_as_typed() {
        for text in [
            "",
            " ",
            "app",
            "!app",
            "! app",
            "app=web",
            "app==web",
            "app = web",
            "app!=web",
            "app=",
            "app=,tier=front",
            "app in (web)",
            "app in (web, cart)",
            "app notin (web,)",
            "app in (,web)",
            "app in (a,,b)",
            "app in (,)",
            "in in (in, notin)",
            "notin=in",
            "generation>3,generation<9",
            "app.kubernetes.io/name=web,!canary,tier in (a,b),x notin (y)",
            "\tapp\n=\rweb ",
            "A_b.c-D=E_f.g-H",
        ] {
            assert_eq!(parse(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_the_api_server_refuses_is_told() {
        for (text, words) in [
            ("app in (a", "found '', expected: ',' or ')'"),
            ("a=b=c", "found '=', expected: ',' or 'end of string'"),
            ("app=web,", "found '', expected: identifier"),
            (",app=web", "found ',', expected: identifier"),
            ("app web", "found 'web', expected: in, notin, =, ==, !=, gt, lt"),
            ("app in web", "found 'web', expected: '('"),
            ("app in ()", "values set can't be empty"),
            ("app in (a b)", "found 'b', expected: ',' or ')'"),
            ("app in (a=b)", "found '=', expected: ',' or ')'"),
            ("!app=web", "found '=', expected: ',' or 'end of string'"),
            ("!!app", "found '!', expected: identifier"),
            ("app===web", "found '=', expected: identifier"),
            ("app>web", "must be an integer, not \"web\""),
            ("app>", "must be an integer, not \"\""),
            ("-app=web", "\"-app\" cannot be the key of a label"),
            ("a/b/c=web", "\"a/b/c\" cannot be the key"),
            ("/app=web", "\"/app\" cannot be the key"),
            ("app=-web", "\"-web\" cannot be the value of a label"),
            ("app=é", "\"é\" cannot be the value"),
            ("(app)", "found '(', expected: identifier"),
        ] {
            let told = parse(text).unwrap_err().to_string();
            assert!(told.contains(words), "{text:?}: {told}");
        }
        assert!(parse(&format!("app={}", "a".repeat(64))).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-c=!(),<> in\u{e9}/.-]{0,24}") {
            let _ = parse(&text);
        }
    }
}
