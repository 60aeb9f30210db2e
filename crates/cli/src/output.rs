//! What is printed: text for people, JSON for programs.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use crate::session::{CommandError, variable};

/// How to print.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    coloured: bool,
}

/// A colour of text.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Green,
    Red,
    Yellow,
    Dim,
}

impl Output {
    pub(crate) fn new(json: bool) -> Output {
        let wants_none = variable("NO_COLOR").is_some();
        Output { json, coloured: !json && !wants_none && std::io::stdout().is_terminal() }
    }

    /// A result, as JSON; with `--json` alone on its line.
    pub(crate) fn value(&self, value: &Value) {
        let text = if self.json { value.to_string() } else { format!("{value:#}") };
        self.line(&text);
    }

    /// A line, printed at once. A reader that is gone is no reason to stop what is under way.
    #[expect(clippy::unused_self, reason = "who prints goes through the one that knows how")]
    pub(crate) fn line(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// A line for people alone, beside the result.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    pub(crate) fn painted(&self, text: &str, colour: Colour) -> String {
        let code = match colour {
            Colour::Green => "32",
            Colour::Red => "31",
            Colour::Yellow => "33",
            Colour::Dim => "2",
        };
        if self.coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(crate) fn failure(&self, failure: &CommandError) {
        let mut out = std::io::stderr().lock();
        let _ = if self.json {
            writeln!(out, "{}", json!({"error": failure.message, "code": failure.service_code, "hint": failure.hint}))
        } else {
            let hint = failure.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            writeln!(out, "chimeline: {}{hint}", failure.message)
        };
    }

    /// Rows below a heading, in columns; the last column is not padded.
    pub(crate) fn table(&self, heading: &[&str], rows: &[Vec<String>]) {
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain(heading.get(column).map(|cell| cell.len())).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..heading.len()).map(width).collect();
        let line = |cells: &[String]| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
        self.line(&self.painted(&line(&heading), Colour::Dim));
        for row in rows {
            self.line(&line(row));
        }
    }
}
