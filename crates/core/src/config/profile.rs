//! The shared config and credentials files, for the settings and keys of the chosen profile.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::config::file_locations;
use crate::config::ini::{self, Section, Settings, Value};
use crate::config::shell_words;
use crate::error::kinds::{Error, ErrorKind};
use crate::error::panics;
use crate::error::resource_limits;
use crate::runtime::environment::Environment;

/// The settings of one profile. Those of the credentials file win over those of the config file; an empty one is as unset.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) name: String,
    files: Arc<Files>,
    /// The one file that counts, where it is not both.
    only: Option<File>,
}

/// What both files say.
#[derive(Default)]
struct Files {
    config: Config,
    /// The profiles of the credentials file.
    credentials: Sections,
    /// The profiles' names, in the order in which they stand there.
    names: Vec<String>,
    unreadable: Vec<String>,
}

/// The sections of the config file, by their kinds.
#[derive(Default)]
struct Config {
    names: Vec<String>,
    profiles: Sections,
    sessions: Sections,
    services: Sections,
}

type Sections = HashMap<String, Settings>;

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Reads the file. One that cannot be opened has no sections, and is noted.
    fn sections(self, env: &Environment, unreadable: &mut Vec<String>) -> Result<Vec<Section>, Error> {
        let (variable, default) = match self {
            File::Config => ("AWS_CONFIG_FILE", "~/.aws/config"),
            File::Credentials => ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        };
        let named = env.variable(variable);
        let path = file_locations::expanded(named.as_deref().unwrap_or(default), env);
        match std::fs::read(&path) {
            Ok(bytes) => ini::parse(&bytes).map_err(|unparsed| {
                let message =
                    format!("Unable to parse config file: {path} (line {}: {})", unparsed.line, unparsed.cause);
                Error::new(ErrorKind::ConfigParse, message)
            }),
            // What the process has run out of says nothing of the file, whose settings may be another account's.
            Err(e) if resource_limits::cure(&e).is_some() => {
                Err(resource_limits::refused(&format!("the config file {path} cannot be read"), &e))
            }
            Err(e) => {
                // Most machines have none where it is looked for by default.
                if named.is_some() || e.kind() != std::io::ErrorKind::NotFound {
                    unreadable.push(format!("{path}: {e}"));
                }
                Ok(Vec::new())
            }
        }
    }
}

impl Profile {
    /// Reads the files, on a thread that may wait for them.
    pub(crate) async fn load_apart(env: &Environment, asked: Option<&str>) -> Result<Profile, Error> {
        let (env, asked) = (env.clone(), asked.map(str::to_owned));
        let reading = tokio::task::spawn_blocking(move || Profile::load(&env, asked.as_deref()));
        reading.await.unwrap_or_else(|error| Err(panics::of_task(error)))
    }

    /// Reads the files. A profile that was asked for by name must be there.
    pub(crate) fn load(env: &Environment, asked: Option<&str>) -> Result<Profile, Error> {
        let mut unreadable = Vec::new();
        let config = Config::of(File::Config.sections(env, &mut unreadable)?);
        let credentials = File::Credentials.sections(env, &mut unreadable)?;
        let mut names = config.names.clone();
        for Section { header, .. } in &credentials {
            if !names.contains(header) {
                names.push(header.clone());
            }
        }
        let credentials = credentials.into_iter().map(|section| (section.header, section.settings)).collect();
        let files = Arc::new(Files { config, credentials, names, unreadable });
        let profile = Profile { name: asked.unwrap_or("default").to_owned(), files, only: None };
        if asked.is_some() && !profile.has(&profile.name) {
            let mut message = format!("The config profile ({}) could not be found", profile.name);
            if !profile.unreadable().is_empty() {
                message = format!("{message} ({})", profile.unreadable().join("; "));
            }
            return Err(Error::new(ErrorKind::ProfileNotFound, message));
        }
        Ok(profile)
    }

    /// The default profile where there are no files.
    pub(crate) fn without_files() -> Profile {
        Profile { name: "default".to_owned(), files: Arc::default(), only: None }
    }

    /// The files that are there, or were named, and could not be opened, each with the cause.
    pub(crate) fn unreadable(&self) -> &[String] {
        &self.files.unreadable
    }

    /// What one of the files alone says of a profile.
    pub(crate) fn of_file(&self, name: &str, file: File) -> Profile {
        Profile { name: name.to_owned(), files: self.files.clone(), only: Some(file) }
    }

    /// Another profile of the same files.
    pub(crate) fn at(&self, name: &str) -> Profile {
        Profile { name: name.to_owned(), ..self.clone() }
    }

    /// The names of all profiles, those of the config file first.
    pub(crate) fn names(&self) -> &[String] {
        &self.files.names
    }

    /// Whether the files have a profile of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.sections(name).next().is_some()
    }

    /// Whether the files have an `sso-session` of that name.
    pub(crate) fn has_session(&self, name: &str) -> bool {
        self.files.config.sessions.contains_key(name)
    }

    /// A setting of an `sso-session`.
    pub(crate) fn of_session(&self, name: &str, key: &str) -> Option<String> {
        text(self.files.config.sessions.get(name)?, key)
    }

    /// A setting of the profile.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.of(&self.name, key)
    }

    /// A setting of any profile.
    pub(crate) fn of(&self, name: &str, key: &str) -> Option<String> {
        self.sections(name).find_map(|section| text(section, key))
    }

    /// A setting of one service, in the `services` section that the profile names, which must be there and not be empty.
    pub(crate) fn service(&self, service: &str, key: &str) -> Result<Option<String>, Error> {
        let Some(section) = self.get("services") else { return Ok(None) };
        let invalid = |message: String| Error::new(ErrorKind::InvalidConfig, message);
        let settings = self.files.config.services.get(&section).filter(|settings| !settings.is_empty());
        let settings = settings.ok_or_else(|| {
            invalid(format!(
                "The profile is configured to use the services section but the \"{section}\" services configuration does not exist."
            ))
        })?;
        match settings.get(service) {
            Some(Value::Nested(nested)) => Ok(nested.get(key).filter(|value| !value.is_empty()).cloned()),
            Some(Value::Text(text)) if !text.is_empty() => Err(invalid(format!(
                "{service} of the services section \"{section}\" has a value, where its settings must follow in indented lines"
            ))),
            _ => Ok(None),
        }
    }

    /// The sections of a profile, the first of which wins.
    fn sections(&self, name: &str) -> impl Iterator<Item = &Settings> {
        let Files { config, credentials, .. } = &*self.files;
        let both = [(File::Credentials, credentials.get(name)), (File::Config, config.profiles.get(name))];
        both.into_iter()
            .filter(|(file, _)| self.only.is_none_or(|only| only == *file))
            .filter_map(|(_, section)| section)
    }
}

impl fmt::Debug for Profile {
    /// Without the settings, of which some are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Config {
    /// The sections by what their headers say: a kind, and a name as a shell reads it. Of two of one name the second counts.
    fn of(sections: Vec<Section>) -> Config {
        let mut config = Config::default();
        for Section { header, settings } in sections {
            if header == "default" {
                config.note(&header);
                config.profiles.insert(header, settings);
                continue;
            }
            let kinds = [
                ("profile", &mut config.profiles),
                ("sso-session", &mut config.sessions),
                ("services", &mut config.services),
            ];
            let Some((kind, sections)) = kinds.into_iter().find(|(kind, _)| header.starts_with(kind)) else { continue };
            if let Some([_, name]) = shell_words::split(&header).as_deref() {
                sections.insert(name.clone(), settings);
                if kind == "profile" {
                    config.note(name);
                }
            }
        }
        config
    }

    fn note(&mut self, profile: &str) {
        if !self.names.iter().any(|name| name == profile) {
            self.names.push(profile.to_owned());
        }
    }
}

/// The text of a setting; nothing for nested settings, and for an empty text.
fn text(settings: &Settings, key: &str) -> Option<String> {
    match settings.get(key)? {
        Value::Text(text) => meant(key, text),
        Value::Nested(_) => None,
    }
}

/// The value without a comment behind it. In a command `#` and `;` may mean something, and behind several words they may belong
/// to a name or a path.
fn meant(key: &str, value: &str) -> Option<String> {
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    let (word, rest) = value.split_at(end);
    let is_comment = rest.trim_start_matches([' ', '\t']).starts_with(['#', ';']);
    let meant = if is_comment && key != "credential_process" { word } else { value };
    Some(meant.to_owned()).filter(|meant| !meant.is_empty())
}
