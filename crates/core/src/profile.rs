//! The shared config and credentials files, for the settings and keys of the chosen profile.

use std::future::Future as _;
use std::pin::pin;
use std::slice;
use std::task::{Context, Poll, Waker};

use aws_runtime::env_config::file::{Builder, EnvConfigFileKind, EnvConfigFiles};
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

    fn kind(self) -> EnvConfigFileKind {
        match self {
            File::Config => EnvConfigFileKind::Config,
            File::Credentials => EnvConfigFileKind::Credentials,
        }
    }

    fn path(self, world: &World) -> String {
        let (variable, default) = match self {
            File::Config => ("AWS_CONFIG_FILE", "~/.aws/config"),
            File::Credentials => ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        };
        let path = world.variable(variable).unwrap_or_else(|| default.to_owned());
        let home = || ["HOME", "USERPROFILE"].iter().find_map(|name| world.variable(name));
        match path.strip_prefix('~').and_then(|rest| Some(home()? + rest)) {
            Some(path) => path,
            None => path,
        }
    }
}

impl Profile {
    /// Reads the files. A profile that was asked for by name must be there.
    pub(crate) fn load(world: &World, asked: Option<&str>) -> Result<Profile, Error> {
        let profile = Profile::read(world, asked, &[File::Config, File::Credentials])?;
        if asked.is_some() && !profile.has(&profile.name) {
            let message = format!("The config profile ({}) could not be found", profile.name);
            return Err(Error::new(ErrorKind::ProfileNotFound, message));
        }
        Ok(profile)
    }

    /// What one of the files alone says of a profile.
    pub(crate) fn of_file(world: &World, name: &str, file: File) -> Result<Profile, Error> {
        Profile::read(world, Some(name), &[file])
    }

    fn read(world: &World, asked: Option<&str>, files: &[File]) -> Result<Profile, Error> {
        let mut texts = Vec::new();
        for file in files {
            let path = file.path(world);
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
                Err(e) => return Err(unreadable(&path, &e)),
            };
            texts.push((file.kind(), path, without_margin(&text)));
        }
        let sections = sections(&texts).or_else(|e| {
            // Each by itself, to say which one it is.
            texts
                .iter()
                .try_for_each(|text| sections(slice::from_ref(text)).map(drop).map_err(|e| unreadable(&text.1, &e)))?;
            Err(unreadable("", &e))
        })?;
        Ok(Profile { name: asked.unwrap_or("default").to_owned(), sections })
    }

    /// Another profile of the same files.
    pub(crate) fn at(&self, name: &str) -> Profile {
        Profile { name: name.to_owned(), ..self.clone() }
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

type Text = (EnvConfigFileKind, String, String);

fn of_texts(texts: &[Text]) -> EnvConfigFiles {
    let add = |files: Builder, (kind, _, text): &Text| files.with_contents(*kind, text);
    texts.iter().fold(EnvConfigFiles::builder(), add).build()
}

/// The sections of the files' texts, by AWS's reader.
fn sections(texts: &[Text]) -> Result<EnvConfigSections, String> {
    let files = of_texts(texts);
    let (env, fs) = (Env::from_slice(&[]), Fs::real());
    // The loader is asynchronous in name only: it has the texts, and is ready at once.
    let mut loading = pin!(source::load(&env, &fs, &files));
    let Poll::Ready(source) = loading.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        return Err("the reading was put off".to_owned());
    };
    let source = source.map_err(|e| e.to_string())?;
    EnvConfigSections::parse(source).map_err(|e| e.to_string())
}

/// The text without the indentation of settings that continue no other one, which AWS's reader does not bear.
fn without_margin(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // How far the setting is indented that the next line may continue.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let plain = line.trim_start();
        let level = line.len() - plain.len();
        let is_blank = plain.is_empty() || plain.starts_with(['#', ';']);
        let continues = !is_blank && open.is_some_and(|open| level > open);
        if !is_blank && !continues {
            open = (!plain.starts_with('[')).then_some(level);
        }
        out.push_str(if continues { line } else { plain });
        out.push('\n');
    }
    out
}

/// Whether the config file has the section. One without a setting is none.
fn has_section(world: &World, kind: &str, name: &str) -> bool {
    let text = std::fs::read_to_string(File::Config.path(world)).unwrap_or_default();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let is_header = |line: &str| {
        let header = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        header.is_some_and(|(header, _)| header.split_whitespace().eq([kind, name]))
    };
    lines.any(is_header) && lines.next().is_some_and(|next| !next.starts_with('['))
}

fn unreadable(path: &str, error: &dyn std::fmt::Display) -> Error {
    let cause = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    // AWS's reader knows no path of a text.
    let cause = cause.split_once(" on line ").map_or(cause.clone(), |(_, line)| format!("line {line}"));
    Error::new(ErrorKind::InvalidConfig, format!("the shared config file {path:?} cannot be read: {cause}"))
}
