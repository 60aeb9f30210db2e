//! Patterns of the models. Most are rows of character classes, which are matched in one pass; a general engine takes ten times
//! as long for them.

use std::ops::RangeInclusive;

use regex_lite::Regex;

/// A pattern, which holds for the whole of a text.
#[derive(Debug)]
pub(crate) enum Pattern {
    Row(Row),
    Regex(Regex),
}

/// Steps one after another, and at the end others that may follow.
#[derive(Debug, Default)]
pub(crate) struct Row {
    steps: Vec<Step>,
    tail: Option<Vec<Step>>,
}

/// So many characters of a class, as many as there are.
#[derive(Clone, Debug)]
struct Step {
    class: Class,
    min: usize,
    max: usize,
}

/// A set of characters: a bit for each of ASCII, and whether it has all others.
#[derive(Clone, Copy, Debug)]
struct Class {
    ascii: u128,
    others: bool,
}

const ANY: Class = Class { ascii: u128::MAX, others: true };

impl Pattern {
    /// `None` for a pattern that cannot be compiled.
    pub(crate) fn new(pattern: &str) -> Option<Pattern> {
        // A dot stands for line breaks too, where the two readings of a pattern differ in what they refuse.
        let regex = || Regex::new(&format!("^(?s:{pattern})$")).ok().map(Pattern::Regex);
        Row::parse(pattern).map(Pattern::Row).or_else(regex)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Row(row) => row.matches(text),
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Class {
    fn of(range: RangeInclusive<char>) -> Option<Class> {
        let is_ascii = range.start().is_ascii() && range.end().is_ascii();
        is_ascii.then(|| Class { ascii: range.fold(0, |bits, c| bits | 1 << u32::from(c)), others: false })
    }

    fn has(self, c: char) -> bool {
        if c.is_ascii() { self.ascii & (1 << u32::from(c)) != 0 } else { self.others }
    }

    fn meets(self, other: Class) -> bool {
        self.ascii & other.ascii != 0 || (self.others && other.others)
    }
}

impl Row {
    /// `None` for a pattern that is no such row, or that could match in more than one way.
    fn parse(pattern: &str) -> Option<Row> {
        let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
        let pattern = pattern.strip_suffix('$').filter(|rest| !rest.ends_with('\\')).unwrap_or(pattern);
        let (head, tail) = match pattern.strip_suffix(")?").and_then(|pattern| pattern.rsplit_once("(?:")) {
            Some((head, tail)) => (head, Some(steps(tail)?)),
            None => (pattern, None),
        };
        let row = Row { steps: steps(head)?, tail };
        let all: Vec<&Step> = row.steps.iter().chain(row.tail.iter().flatten()).collect();
        row.is_unambiguous(&all).then_some(row)
    }

    /// Whether each step ends where one that follows it begins: then as many characters as there are is the only way.
    fn is_unambiguous(&self, all: &[&Step]) -> bool {
        all.iter().enumerate().filter(|(_, step)| step.min != step.max).all(|(at, step)| {
            let following = all.iter().skip(at + 1);
            let mut met = false;
            for next in following {
                met |= step.class.meets(next.class);
                if next.min > 0 {
                    break;
                }
            }
            !met
        }) && self.tail.as_ref().is_none_or(|tail| tail.first().is_some_and(|first| first.min > 0))
    }

    fn matches(&self, text: &str) -> bool {
        let rest = after(&self.steps, text);
        rest.is_some_and(|rest| {
            let tail = self.tail.as_ref().and_then(|tail| after(tail, rest));
            rest.is_empty() || tail.is_some_and(str::is_empty)
        })
    }
}

/// What follows the steps in a text that begins with them.
fn after<'t>(steps: &[Step], mut text: &'t str) -> Option<&'t str> {
    for step in steps {
        let mut count = 0;
        let end = text.char_indices().find(|(_, c)| {
            let goes_on = count < step.max && step.class.has(*c);
            count += usize::from(goes_on);
            !goes_on
        });
        if count < step.min {
            return None;
        }
        text = end.map_or("", |(at, _)| text.get(at..).unwrap_or_default());
    }
    Some(text)
}

fn steps(pattern: &str) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let (group, behind) = atom(rest)?;
        let ((min, max), behind) = quantifier(behind)?;
        match group.as_slice() {
            [Step { class, min: 1, max: 1 }] => steps.push(Step { class: *class, min, max }),
            // A group is so many times the same steps.
            _ if min == max => (0..min).for_each(|_| steps.extend(group.iter().cloned())),
            _ => return None,
        }
        rest = behind;
    }
    Some(steps)
}

/// A character, a class or a group, and what follows it.
fn atom(pattern: &str) -> Option<(Vec<Step>, &str)> {
    let one = |class| vec![Step { class, min: 1, max: 1 }];
    if let Some(rest) = pattern.strip_prefix("(?:") {
        let (inside, rest) = rest.split_once(')')?;
        return (!inside.contains('(')).then(|| Some((steps(inside)?, rest))).flatten();
    }
    if let Some(rest) = pattern.strip_prefix('[') {
        return class(rest).map(|(class, rest)| (one(class), rest));
    }
    let (c, rest) = character(pattern)?;
    match c {
        (false, '.') => Some((one(ANY), rest)),
        (false, '^' | '$' | '*' | '+' | '?' | '(' | ')' | ']' | '{' | '}' | '|') => None,
        (_, c) => Some((one(Class::of(c..=c)?), rest)),
    }
}

/// A character and whether it is escaped. An escaped letter or digit stands for something else.
fn character(pattern: &str) -> Option<((bool, char), &str)> {
    let mut chars = pattern.chars();
    let c = match chars.next()? {
        '\\' => (true, chars.next().filter(|c| !c.is_alphanumeric())?),
        c => (false, c),
    };
    Some((c, chars.as_str()))
}

/// The characters behind a bracket, and what follows them.
fn class(pattern: &str) -> Option<(Class, &str)> {
    let mut class = Class { ascii: 0, others: false };
    let mut rest = pattern;
    let mut is_first = true;
    loop {
        let ((is_escaped, start), behind) = character(rest)?;
        match start {
            ']' if !is_escaped && !is_first => return Some((class, behind)),
            '^' | '[' | ']' | '&' if !is_escaped => return None,
            _ => {}
        }
        rest = behind;
        let range = rest.strip_prefix('-').filter(|behind| !behind.starts_with(']'));
        let end = match range {
            Some(behind) => {
                let ((_, end), behind) = character(behind)?;
                rest = behind;
                end
            }
            None => start,
        };
        if start > end {
            return None;
        }
        class.ascii |= Class::of(start..=end)?.ascii;
        is_first = false;
    }
}

/// How often what is in front of it may be there, and what follows.
fn quantifier(pattern: &str) -> Option<((usize, usize), &str)> {
    let (count, rest) = match pattern.chars().next() {
        Some('*') => ((0, usize::MAX), pattern.get(1..)?),
        Some('+') => ((1, usize::MAX), pattern.get(1..)?),
        Some('?') => ((0, 1), pattern.get(1..)?),
        Some('{') => {
            let (inside, rest) = pattern.get(1..)?.split_once('}')?;
            let (min, max) = inside.split_once(',').unwrap_or((inside, inside));
            let max = if max.is_empty() { usize::MAX } else { max.parse().ok()? };
            ((min.parse().ok()?, max), rest)
        }
        _ => ((1, 1), pattern),
    };
    // A mark behind it makes it another.
    (!rest.starts_with(['?', '+', '*', '{'])).then_some((count, rest))
}

#[cfg(test)]
mod tests {
    use regex_lite::Regex;

    use super::{Pattern, Row};

    const ROWS: &[&str] = &[
        "[-_a-zA-Z0-9]*",
        r"^arn[\/\:\-\_\.a-zA-Z0-9]+$",
        "[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}",
        "arn:[a-z0-9-]+:s3:::[a-zA-Z0-9][a-zA-Z0-9._-]*(?:/.*)?",
        ".*",
        "ab?c{2,3}",
        "x{2,}y",
    ];

    #[test]
    fn a_row_matches_what_the_expression_matches() {
        let texts = [
            "",
            "a",
            "ab",
            "abc",
            "abcc",
            "acc",
            "abccc",
            "abcccc",
            "xy",
            "xxy",
            "xxxxy",
            "xxyx",
            "arn",
            "arn:",
            "arn:aws:s3:::b",
            "arn:aws:s3:::b/",
            "arn:aws:s3:::b/é\n",
            "arn:aws:s3:::",
            "arn:aws:s3:::b c",
            "arn-_/.9",
            "a_b-c",
            "é",
            "a\n",
            "\n",
            "3f1b2c4d-0000-4000-8000-1234567890ab",
            "3f1b2c4d-0000-4000-8000-1234567890abc",
            "3f1b2c4d-0000-4000-8000",
            "3f1b2c4g-0000-4000-8000-1234567890ab",
        ];
        for pattern in ROWS {
            let row = Row::parse(pattern).expect(pattern);
            let regex = Regex::new(&format!("^(?s:{pattern})$")).expect(pattern);
            for text in texts {
                assert_eq!(row.matches(text), regex.is_match(text), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn what_is_no_row_is_left_to_the_engine() {
        for pattern in [
            "a|b",
            "(a)",
            "a*a",
            "[^a]",
            r"\d+",
            "[a-é]",
            "(?i:a)",
            "a*?",
            "(?:ab)*",
            "a+b?a",
            "é",
            "[[:alpha:]]",
            "a$b",
            "a.*b",
        ] {
            assert!(Row::parse(pattern).is_none(), "{pattern}");
        }
        assert!(Pattern::new(r"\d+").expect("a pattern").matches("12"));
        assert!(Pattern::new("(").is_none());
    }
}
