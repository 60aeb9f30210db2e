//! The shared config and credentials files, for the settings of the chosen profile.

use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};

use crate::error::{Error, ErrorKind};
use crate::world::World;

/// The settings of one profile.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    sections: EnvConfigSections,
}

impl Profile {
    /// Reads the files. A profile that was asked for by name must be there.
    pub(crate) fn load(world: &World, asked: Option<&str>) -> Result<Profile, Error> {
        let fail = |e: &dyn std::fmt::Display| {
            Error::new(ErrorKind::InvalidConfig, format!("the shared config files cannot be read: {e}"))
        };
        let known = ["HOME", "USERPROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
        let values: Vec<(&str, String)> =
            known.iter().filter_map(|name| Some((*name, (world.variable)(name)?))).collect();
        let pairs: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (env, fs, files) = (Env::from_slice(&pairs), Fs::real(), EnvConfigFiles::default());
        // The loader is asynchronous in name only: it reads files, and is ready at once.
        let mut loading = std::pin::pin!(source::load(&env, &fs, &files));
        let source = match loading.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
            std::task::Poll::Ready(source) => source.map_err(|e| fail(&e))?,
            std::task::Poll::Pending => return Err(fail(&"the reading was put off")),
        };
        let sections = EnvConfigSections::parse(source).map_err(|e| fail(&e))?;
        let name = asked.unwrap_or("default").to_owned();
        if asked.is_some() && sections.get_profile(&name).is_none() {
            let message = format!("The config profile ({name}) could not be found");
            return Err(Error::new(ErrorKind::ProfileNotFound, message));
        }
        Ok(Profile { name, sections })
    }

    /// A setting of the profile.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.sections.get_profile(&self.name)?.get(key).map(str::to_owned)
    }

    /// A setting of one service, in the `services` section that the profile names.
    pub(crate) fn service(&self, service: &str, key: &str) -> Option<String> {
        let path = PropertiesKey::builder()
            .section_key("services")
            .section_name(self.get("services")?)
            .property_name(service)
            .sub_property_name(key)
            .build()
            .ok()?;
        self.sections.other_sections().get(&path).cloned()
    }
}

use std::future::Future as _;
