//! The shared config and credentials files, for the settings and keys of the chosen profile.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};

use crate::error::{Error, ErrorKind};
use crate::world::World;

/// The settings of one profile.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    sections: EnvConfigSections,
}

/// One of the two files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum File {
    Config,
    Credentials,
}

impl File {
    /// The name that botocore gives to the provider of its keys.
    pub(crate) fn provider(self) -> &'static str {
        match self {
            File::Config => "config-file",
            File::Credentials => "shared-credentials-file",
        }
    }
}

impl Profile {
    /// Reads the files. A profile that was asked for by name must be there.
    pub(crate) fn load(world: &World, asked: Option<&str>) -> Result<Profile, Error> {
        let profile = Profile::read(world, asked, &EnvConfigFiles::default())?;
        if asked.is_some() && !profile.has(&profile.name) {
            let message = format!("The config profile ({}) could not be found", profile.name);
            return Err(Error::new(ErrorKind::ProfileNotFound, message));
        }
        Ok(profile)
    }

    /// What one of the files alone says of a profile.
    pub(crate) fn of_file(world: &World, name: &str, file: File) -> Result<Profile, Error> {
        let files = match file {
            File::Config => EnvConfigFiles::builder().include_default_config_file(true),
            File::Credentials => EnvConfigFiles::builder().include_default_credentials_file(true),
        };
        Profile::read(world, Some(name), &files.build())
    }

    fn read(world: &World, asked: Option<&str>, files: &EnvConfigFiles) -> Result<Profile, Error> {
        let fail = |e: &dyn std::fmt::Display| {
            let cause = e.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            Error::new(ErrorKind::InvalidConfig, format!("the shared config files cannot be read: {cause}"))
        };
        let known = ["HOME", "USERPROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
        let values: Vec<(&str, String)> =
            known.iter().filter_map(|name| Some((*name, (world.variable)(name)?))).collect();
        let pairs: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (env, fs) = (Env::from_slice(&pairs), Fs::real());
        // The loader is asynchronous in name only: it reads files, and is ready at once.
        let mut loading = pin!(source::load(&env, &fs, files));
        let source = match loading.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(source) => source.map_err(|e| fail(&e))?,
            Poll::Pending => return Err(fail(&"the reading was put off")),
        };
        let sections = EnvConfigSections::parse(source).map_err(|e| fail(&e))?;
        Ok(Profile { name: asked.unwrap_or("default").to_owned(), sections })
    }

    /// Another profile of the same files.
    pub(crate) fn at(&self, name: &str) -> Profile {
        Profile { name: name.to_owned(), sections: self.sections.clone() }
    }

    /// Whether the files have a profile of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.sections.get_profile(name).is_some()
    }

    /// Whether the files have an `sso-session` of that name.
    pub(crate) fn has_session(&self, name: &str) -> bool {
        self.sections.sso_session(name).is_some()
    }

    /// A setting of an `sso-session`.
    pub(crate) fn of_session(&self, name: &str, key: &str) -> Option<String> {
        self.sections.sso_session(name)?.get(key).map(str::to_owned)
    }

    /// A setting of the profile.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.of(&self.name, key)
    }

    /// A setting of any profile.
    pub(crate) fn of(&self, name: &str, key: &str) -> Option<String> {
        self.sections.get_profile(name)?.get(key).map(str::to_owned)
    }

    /// A setting of one service, in the `services` section that the profile names, which must be there.
    pub(crate) fn service(&self, world: &World, service: &str, key: &str) -> Result<Option<String>, Error> {
        let Some(section) = self.get("services") else { return Ok(None) };
        let path = PropertiesKey::builder()
            .section_key("services")
            .section_name(&section)
            .property_name(service)
            .sub_property_name(key)
            .build();
        let found = path.ok().and_then(|path| self.sections.other_sections().get(&path).cloned());
        if found.is_none() && !has_section(world, "services", &section) {
            let message = format!(
                "The profile is configured to use the services section but the \"{section}\" services configuration does not exist."
            );
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        Ok(found)
    }
}

/// Whether the config file has the section, be it empty.
fn has_section(world: &World, kind: &str, name: &str) -> bool {
    let path = (world.variable)("AWS_CONFIG_FILE").unwrap_or_else(|| "~/.aws/config".to_owned());
    let home = || ["HOME", "USERPROFILE"].iter().find_map(|name| (world.variable)(name)).unwrap_or_default();
    let path = path.strip_prefix('~').map(|rest| home() + rest).unwrap_or(path);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().any(|line| {
        let header = line.trim().strip_prefix('[').and_then(|rest| rest.split_once(']'));
        header.is_some_and(|(header, _)| header.split_whitespace().eq([kind, name]))
    })
}
