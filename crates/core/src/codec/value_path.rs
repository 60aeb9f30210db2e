//! Where in an input a value is, for the errors about it.

use std::fmt;

use crate::codec::report::{Fault, Reason};

/// A step of the path to a value; the text is made only when something is wrong there.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    Root,
    Member(&'a str),
    Item(usize),
    MapKey(&'a str),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) if self.parent.is_none_or(|p| matches!(p.step, Step::Root)) => f.write_str(name),
            Step::Member(name) => write!(f, ".{name}"),
            Step::Item(index) => write!(f, "[{index}]"),
            Step::MapKey(key) => write!(f, " (key: {key})"),
        }
    }
}

impl<'a> Place<'a> {
    pub(crate) const ROOT: Place<'static> = Place { parent: None, step: Step::Root };

    pub(crate) fn then(&'a self, step: Step<'a>) -> Place<'a> {
        Place { parent: Some(self), step }
    }

    pub(crate) fn fault(&self, reason: Reason) -> Fault {
        Fault { path: self.to_string(), reason }
    }
}
