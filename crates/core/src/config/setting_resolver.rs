//! Where a setting comes from: the code, then the environment, then the profile. Each answer is noted with its source.

use std::cell::RefCell;

use crate::config::profile::Profile;
use crate::error::kinds::{Error, ErrorKind};
use crate::runtime::environment::Environment;

/// The places where settings are looked up, and what was found where.
pub(crate) struct SettingResolver<'w> {
    env: &'w Environment,
    pub(crate) profile: Profile,
    sources: RefCell<Vec<(&'static str, String)>>,
}

/// A setting's value, and what it is called where it stands.
pub(crate) struct ResolvedSetting {
    pub(crate) value: String,
    pub(crate) label: String,
}

impl<'w> SettingResolver<'w> {
    pub(crate) fn new(env: &'w Environment, profile: Profile) -> SettingResolver<'w> {
        SettingResolver { env, profile, sources: RefCell::default() }
    }

    /// The names of the settings that were asked for, and the source of each.
    pub(crate) fn into_sources(self) -> Vec<(&'static str, String)> {
        self.sources.into_inner()
    }

    /// A setting that the code, a variable or the profile may give.
    pub(crate) fn text(
        &self,
        name: &'static str,
        given: Option<&str>,
        variables: &[&str],
        key: &str,
    ) -> Option<ResolvedSetting> {
        if let Some(value) = given {
            return Some(self.found(name, value.to_owned(), name.to_owned(), CODE.to_owned()));
        }
        for variable in variables {
            if let Some(value) = self.env.variable(variable) {
                return Some(self.found(name, value, (*variable).to_owned(), environment(variable)));
            }
        }
        if let Some(value) = self.profile.get(key) {
            let profile = format!("profile {:?}", self.profile.name);
            return Some(self.found(name, value, format!("{key} of the {profile}"), profile));
        }
        self.note(name, DEFAULT.to_owned());
        None
    }

    /// The same for a flag; only the word `true`, in any case, is true.
    pub(crate) fn flag(&self, name: &'static str, given: Option<bool>, variable: &str, key: &str) -> bool {
        let given = given.map(|boolean| boolean.to_string());
        self.text(name, given.as_deref(), &[variable], key)
            .is_some_and(|found| found.value.eq_ignore_ascii_case("true"))
    }

    /// Notes a setting that only the code can give.
    pub(crate) fn code<T>(&self, name: &'static str, given: Option<T>) -> Option<T> {
        self.note(name, if given.is_some() { CODE } else { DEFAULT }.to_owned());
        given
    }

    /// Notes where a setting was found by other rules than these, in place of what was noted before.
    pub(crate) fn note(&self, name: &'static str, source: String) {
        let mut sources = self.sources.borrow_mut();
        sources.retain(|(known, _)| *known != name);
        sources.push((name, source));
    }

    /// An environment variable; an empty one is as unset.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.env.variable(name)
    }

    /// A setting of one service in the profile's `services` section.
    pub(crate) fn service(&self, service: &str, key: &str) -> Result<Option<String>, Error> {
        self.profile.service(service, key)
    }

    fn found(&self, name: &'static str, value: String, label: String, source: String) -> ResolvedSetting {
        self.note(name, source);
        ResolvedSetting { value, label }
    }
}

pub(crate) const CODE: &str = "code";
pub(crate) const DEFAULT: &str = "default";

/// The source of a setting that a variable gives.
pub(crate) fn environment(variable: &str) -> String {
    format!("environment variable {variable}")
}

/// The error for a value that is not understood.
pub(crate) fn invalid_setting(label: &str, value: &str, expected: &str) -> Error {
    invalid_setting_as(ErrorKind::InvalidConfig, label, value, expected)
}

/// The same, where the error has a kind of its own.
pub(crate) fn invalid_setting_as(kind: ErrorKind, label: &str, value: &str, expected: &str) -> Error {
    Error::new(kind, format!("{label} is {value:?}, which must be {expected}"))
}
