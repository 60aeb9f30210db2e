//! Where a setting comes from: the code, then the environment, then the profile. Each answer is noted with its source.

use std::cell::RefCell;
use std::time::Duration;

use crate::config::profile::Profile;
use crate::error::kinds::{Error, ErrorKind};
use crate::runtime::environment::Environment;
use crate::schema::generated::options::{OptionId, OptionNames, OptionRow};

/// The places where settings are looked up, and what was found where.
pub(crate) struct SettingResolver<'w> {
    env: &'w Environment,
    pub(crate) profile: Profile,
    names: OptionNames,
    sources: RefCell<Vec<(OptionId, String)>>,
}

/// A setting's value, and what it is called where it stands.
pub(crate) struct ResolvedSetting {
    pub(crate) value: String,
    label: String,
    option: OptionId,
}

impl ResolvedSetting {
    /// The error for a value that is not understood.
    pub(crate) fn invalid(&self, expected: &str) -> Error {
        self.invalid_as(ErrorKind::InvalidConfig, expected)
    }

    /// The same, where the error has a kind of its own.
    pub(crate) fn invalid_as(&self, kind: ErrorKind, expected: &str) -> Error {
        invalid_setting_as(kind, &self.label, &self.value, expected).with_option(self.option, &self.value)
    }
}

impl<'w> SettingResolver<'w> {
    pub(crate) fn new(env: &'w Environment, profile: Profile, names: OptionNames) -> SettingResolver<'w> {
        SettingResolver { env, profile, names, sources: RefCell::default() }
    }

    /// The settings that were asked for, and the source of each.
    pub(crate) fn into_sources(self) -> Vec<(OptionId, String)> {
        self.sources.into_inner()
    }

    /// A setting that the code, a variable or the profile may give.
    pub(crate) fn text(&self, option: OptionId, given: Option<&str>) -> Option<ResolvedSetting> {
        let OptionRow { environment: variables, profile: key, .. } = option.row();
        if let Some(value) = given {
            return Some(self.found(option, value.to_owned(), self.names.name(option).to_owned(), CODE.to_owned()));
        }
        for variable in *variables {
            if let Some(value) = self.env.variable(variable) {
                return Some(self.found(option, value, (*variable).to_owned(), environment(variable)));
            }
        }
        if let Some(key) = key
            && let Some(value) = self.profile.get(key)
        {
            let profile = format!("profile {:?}", self.profile.name);
            return Some(self.found(option, value, format!("{key} of the {profile}"), profile));
        }
        self.note(option, DEFAULT.to_owned());
        None
    }

    /// The same for a flag; only the word `true`, in any case, is true.
    pub(crate) fn flag(&self, option: OptionId, given: Option<bool>) -> bool {
        let given = given.map(|boolean| boolean.to_string());
        self.text(option, given.as_deref()).is_some_and(|found| found.value.eq_ignore_ascii_case("true"))
    }

    /// A number that only the code gives, and that must be at least 1.
    pub(crate) fn count(&self, option: OptionId, given: Option<u32>) -> Result<Option<u32>, Error> {
        match self.code(option, given) {
            Some(0) => Err(invalid_option(self.names.name(option), option, "0", AT_LEAST_ONE)),
            count => Ok(count),
        }
    }

    /// A time limit that only the code gives.
    pub(crate) fn duration(&self, option: OptionId, given: Option<f64>) -> Result<Option<Duration>, Error> {
        let name = self.names.name(option);
        self.code(option, given).map(|seconds| duration(name, option, seconds, &self.names)).transpose()
    }

    /// Notes a setting that only the code can give.
    pub(crate) fn code<T>(&self, option: OptionId, given: Option<T>) -> Option<T> {
        self.note(option, if given.is_some() { CODE } else { DEFAULT }.to_owned());
        given
    }

    /// Notes where a setting was found by other rules than these, in place of what was noted before.
    pub(crate) fn note(&self, option: OptionId, source: String) {
        let mut sources = self.sources.borrow_mut();
        sources.retain(|(known, _)| *known != option);
        sources.push((option, source));
    }

    /// An environment variable; an empty one is as unset.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.env.variable(name)
    }

    /// A setting of one service in the profile's `services` section.
    pub(crate) fn service(&self, service: &str, key: &str) -> Result<Option<String>, Error> {
        self.profile.service(service, key)
    }

    fn found(&self, option: OptionId, value: String, label: String, source: String) -> ResolvedSetting {
        self.note(option, source);
        ResolvedSetting { value, label, option }
    }
}

/// What a count of attempts or connections must be.
pub(crate) const AT_LEAST_ONE: &str = "an integer of at least 1";

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

/// The same for an option that the code gives, by the name that it has there.
pub(crate) fn invalid_option(name: &str, option: OptionId, value: &str, expected: &str) -> Error {
    invalid_setting(name, value, expected).with_option(option, value)
}

/// A time limit of so many seconds; an error has it in the unit of the host.
pub(crate) fn duration(name: &str, option: OptionId, seconds: f64, names: &OptionNames) -> Result<Duration, Error> {
    let positive = Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero());
    positive.ok_or_else(|| {
        let value = (seconds * names.units_in_a_second).to_string();
        invalid_option(name, option, &value, &format!("a positive number of {}", names.unit))
    })
}
