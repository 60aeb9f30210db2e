//! Where in an input a value is, for the errors about it.

use std::fmt;

use crate::codec::report::{Reason, Violation};

/// A step of the path to a value; the text is made only when something is wrong there.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: PathSegment<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum PathSegment<'a> {
    Root,
    Member(&'a str),
    Item(usize),
    MapKey(&'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            PathSegment::Root => Ok(()),
            PathSegment::Member(name) if self.parent.is_none_or(|p| matches!(p.step, PathSegment::Root)) => {
                f.write_str(name)
            }
            PathSegment::Member(name) => write!(f, ".{name}"),
            PathSegment::Item(index) => write!(f, "[{index}]"),
            PathSegment::MapKey(key) => write!(f, " (key: {key})"),
        }
    }
}

impl<'a> Path<'a> {
    pub(crate) const ROOT: Path<'static> = Path { parent: None, step: PathSegment::Root };

    pub(crate) fn then(&'a self, step: PathSegment<'a>) -> Path<'a> {
        Path { parent: Some(self), step }
    }

    pub(crate) fn fault(&self, reason: Reason) -> Violation {
        Violation { path: self.to_string(), reason }
    }
}
