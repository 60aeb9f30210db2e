//! What is settled before any client is made: the profile, the region, and the profiles that there are.

use crate::config::options::Options;
use crate::config::profile::Profile;
use crate::config::resolve::profile_name;
use crate::config::setting_resolver::SettingResolver;
use crate::error::kinds::Error;
use crate::runtime::environment::Environment;
use crate::schema::generated::options::OptionId;

/// What a session knows of its settings.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// The region, if one is set.
    pub region: Option<String>,
    /// The profile.
    pub profile: String,
    /// The profiles of the shared config files, in the order in which they stand there.
    pub available_profiles: Vec<String>,
}

/// Reads the environment and the shared config files.
pub fn session_settings(options: &Options, env: &Environment) -> Result<SessionSettings, Error> {
    let options = &options.without_empty();
    let (named, _) = profile_name(options, env);
    let profile = Profile::load(env, named.as_deref())?;
    let (name, available_profiles) = (profile.name.clone(), profile.names().to_vec());
    let chain = SettingResolver::new(env, profile, options.names);
    let region = chain.text(OptionId::RegionName, options.region.as_deref());
    Ok(SessionSettings { region: region.map(|found| found.value), profile: name, available_profiles })
}
