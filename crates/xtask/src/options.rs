//! The options of clients: `model/options.toml`, checked. What its columns mean stands there.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::paths::{Result, read_toml};

/// One option; what a language or a source lacks is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientOption {
    pub id: Option<String>,
    field: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    pub rust: Option<String>,
    #[serde(default)]
    pub argument: bool,
    #[serde(default)]
    pub keeps_empty: bool,
    pub text: String,
    pub python: Option<String>,
    python_type: Option<String>,
    pub python_default: Option<String>,
    pub python_note: Option<String>,
    pub node: Option<String>,
    node_type: Option<String>,
    node_given: Option<Vec<String>>,
    node_key: Option<String>,
    node_called: Option<String>,
    pub node_note: Option<String>,
    #[serde(default)]
    provided: bool,
    pub setting: Option<Setting>,
    #[serde(default)]
    pub environment: Vec<String>,
    #[serde(default)]
    pub profile: Vec<String>,
    pub default: Option<String>,
}

/// What the value of an option is, where nothing but its type matters.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Flag,
    Seconds,
    Offset,
    Count,
    Bytes,
}

/// Whether an option always has a value once it is resolved.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    Always,
    Sometimes,
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
    internal: Vec<ClientOption>,
}

impl Options {
    /// Reads the file; an option has a name in some place, a text of one line, and an id of its own if it has one.
    pub fn load(file: &Path) -> Result<Options> {
        let options: Options = read_toml(file)?;
        let mut ids = BTreeSet::new();
        for option in options.all() {
            let fail = |problem: &str| Err(format!("{}: {:?}: {problem}", file.display(), option.text));
            let named = [&option.id, &option.python, &option.node].iter().any(|name| name.is_some());
            if option.text.contains('\n') || !(named || !option.environment.is_empty() || !option.profile.is_empty()) {
                return fail("it needs a name somewhere, and one line of text");
            }
            if option.id.as_ref().is_some_and(|id| !ids.insert(id)) {
                return fail("the id occurs twice");
            }
            if option.id.is_none() && (option.kind.is_some() || option.rust.is_some() || option.setting.is_some()) {
                return fail("what the core knows needs an id");
            }
        }
        Ok(options)
    }

    /// The options that users name.
    pub fn public(&self) -> impl Iterator<Item = &ClientOption> {
        self.group.iter().flat_map(|group| &group.option)
    }

    /// These, and what the bindings add.
    pub fn all(&self) -> impl Iterator<Item = &ClientOption> {
        self.public().chain(&self.internal)
    }
}

impl ClientOption {
    /// The field of `Options`, if it has one.
    pub fn field(&self) -> Option<&str> {
        let has_one = self.kind.is_some() || self.rust.is_some();
        self.field.as_deref().or(self.id.as_deref()).filter(|_| has_one)
    }

    /// How `Config` declares it; nothing for what is no option of it.
    pub fn python_type(&self) -> Option<&str> {
        self.python.as_ref().filter(|name| !name.contains('.') && !self.argument)?;
        if let Some(given) = &self.python_type {
            return Some(given);
        }
        Some(match self.kind? {
            Kind::Text => "str | None",
            Kind::Flag => "bool | None",
            Kind::Seconds | Kind::Offset => "float | None",
            Kind::Count | Kind::Bytes => "int | None",
        })
    }

    /// How declarations for Node have it; nothing for what is no option there.
    pub fn node_type(&self) -> Option<String> {
        self.node.as_ref()?;
        if let Some(given) = &self.node_type {
            return Some(given.clone());
        }
        let name = self.node_word()?;
        Some(if self.provided { format!("Provided<{name}>") } else { name.to_owned() })
    }

    /// What its type is in Node.
    pub fn node_word(&self) -> Option<&'static str> {
        Some(match self.kind? {
            Kind::Text => "string",
            Kind::Flag => "boolean",
            Kind::Seconds | Kind::Offset | Kind::Count | Kind::Bytes => "number",
        })
    }

    /// What it may be in Node, by `typeof`.
    pub fn node_given(&self) -> Option<Vec<String>> {
        self.node.as_ref()?;
        self.node_given.clone().or_else(|| {
            let provided = if self.provided { &["function", "promise"][..] } else { &[] };
            Some([self.node_word()?].into_iter().chain(provided.iter().copied()).map(str::to_owned).collect())
        })
    }

    /// Whether the value in Node is what the core reads, or is at least checked and converted by its type alone.
    pub fn is_plain_in_node(&self) -> bool {
        self.node_given.is_none()
    }

    /// What errors and hints of Node call it.
    pub fn node_called(&self) -> Option<&str> {
        self.node_called.as_deref().or(self.node.as_deref())
    }

    /// Its key in Node, among settings and in what the core reads there.
    pub fn node_key(&self) -> Option<String> {
        let last = self.node.as_deref().and_then(|name| name.rsplit('.').next());
        self.node_key.as_deref().or(last).map(str::to_owned).or_else(|| Some(camel_case(self.id.as_deref()?)))
    }
}

/// A name of words with underscores, as JavaScript writes it.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |out, word| out + &capitalized(word))
}

/// A name of words with underscores, as Rust writes a type.
pub fn pascal_case(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
