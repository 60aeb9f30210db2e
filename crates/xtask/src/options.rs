//! The options of clients in our own words: `model/options.toml`, for the one table that the documentation has of them.

use std::path::Path;

use serde::Deserialize;

use crate::paths::{Result, read_toml};

/// One option; what a language or a source lacks is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientOption {
    pub text: String,
    pub python: Option<String>,
    pub node: Option<String>,
    #[serde(default)]
    pub environment: Vec<String>,
    #[serde(default)]
    pub profile: Vec<String>,
    pub default: Option<String>,
}

/// A group of them under a heading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub title: String,
    pub option: Vec<ClientOption>,
}

/// All groups, in the order of the page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    pub group: Vec<Group>,
}

impl Options {
    /// Reads the file; an option has a name in some place, and a text of one line.
    pub fn load(file: &Path) -> Result<Options> {
        let options: Options = read_toml(file)?;
        for option in options.group.iter().flat_map(|group| &group.option) {
            let named = option.python.is_some() || option.node.is_some();
            if option.text.contains('\n') || !(named || !option.environment.is_empty() || !option.profile.is_empty()) {
                return Err(format!("{}: {:?}: a name somewhere, and one line of text", file.display(), option.text));
            }
        }
        Ok(options)
    }
}
