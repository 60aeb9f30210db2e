//! What is printed: text for people, JSON for programs.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use crate::session::{CommandError, variable};

/// How to print.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    coloured: bool,
    /// Whether notes, which go to standard error, have colours.
    notes_coloured: bool,
    /// Whether a line of progress stands on the terminal, which the next line takes the place of.
    in_progress: Cell<bool>,
}

/// How wide text is where nobody says.
const WIDTH: usize = 80;

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
        let has_colours = !json && !wants_none;
        Output {
            json,
            coloured: has_colours && std::io::stdout().is_terminal(),
            notes_coloured: has_colours && std::io::stderr().is_terminal(),
            in_progress: Cell::new(false),
        }
    }

    /// A result, as JSON; with `--json` alone on its line.
    pub(crate) fn value(&self, value: &Value) {
        let text = if self.json { value.to_string() } else { format!("{value:#}") };
        self.line(&text);
    }

    /// A line, printed at once. A reader that is gone is no reason to stop what is under way.
    pub(crate) fn line(&self, text: &str) {
        self.clear();
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// A line for people alone, beside the result.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            self.clear();
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// A note in a colour. What may cost something is said with `--json`, too: standard output is the program's.
    pub(crate) fn alarm(&self, text: &str, colour: Colour) {
        self.clear();
        if !self.json || matches!(colour, Colour::Red) {
            let _ = writeln!(std::io::stderr().lock(), "{}", painted(self.notes_coloured, text, colour));
        }
    }

    /// What goes on, on a terminal; the next line takes its place.
    pub(crate) fn progress(&self, text: &str) {
        if !self.json && std::io::stderr().is_terminal() {
            self.in_progress.set(true);
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K{text}");
        }
    }

    fn clear(&self) {
        if self.in_progress.take() {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }

    /// Text of words below a margin, broken at the width of a terminal; elsewhere it stays one line.
    pub(crate) fn paragraph(&self, margin: &str, first: &str, text: &str) {
        let width = if std::io::stdout().is_terminal() { width() } else { usize::MAX };
        let mut line = first.to_owned();
        let mut used = margin.len();
        let mut is_empty = true;
        for word in text.split(' ') {
            let length = word.chars().count();
            if !is_empty && used + 1 + length > width {
                self.line(&line);
                margin.clone_into(&mut line);
                used = margin.len();
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
            is_empty = false;
        }
        self.line(&line);
    }

    pub(crate) fn painted(&self, text: &str, colour: Colour) -> String {
        painted(self.coloured, text, colour)
    }
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0)).max(40)
}

fn painted(is_coloured: bool, text: &str, colour: Colour) -> String {
    let code = match colour {
        Colour::Green => "32",
        Colour::Red => "31",
        Colour::Yellow => "33",
        Colour::Dim => "2",
    };
    if is_coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

impl Output {
    pub(crate) fn failure(&self, failure: &CommandError) {
        self.clear();
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
