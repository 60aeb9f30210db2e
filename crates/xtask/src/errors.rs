//! The package's own error classes: `model/errors.toml`, checked.

use std::path::Path;

use serde::Deserialize;

use crate::paths::{self, Result};

/// One error class.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorClass {
    pub name: String,
    javascript: Option<String>,
    #[serde(default)]
    shown: Vec<String>,
    base: Option<String>,
    pub python_base: Option<String>,
    only: Option<Language>,
    pub kind: Option<String>,
    #[serde(default)]
    pub by_hand: bool,
    text: String,
    pub fmt: Option<String>,
    option: Option<OptionNames>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Python,
    Javascript,
}

/// What an option is called in each language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionNames {
    python: String,
    javascript: String,
}

/// All classes, bases first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorClasses {
    #[serde(rename = "error")]
    rows: Vec<ErrorClass>,
}

impl ErrorClasses {
    /// Reads the file and checks it.
    pub fn load(file: &Path) -> Result<ErrorClasses> {
        let classes: ErrorClasses = paths::read_toml(file)?;
        classes.check().map_err(|problem| format!("{}: {problem}", file.display()))?;
        Ok(classes)
    }

    /// Those that the core raises, with the name of their kind.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &ErrorClass)> {
        self.rows.iter().filter_map(|row| Some((row.kind.as_deref()?, row)))
    }

    /// Those that the language has.
    pub fn of(&self, language: Language) -> impl Iterator<Item = &ErrorClass> {
        self.rows.iter().filter(move |row| row.is_in(language))
    }

    /// The name of the class that it derives from in that language.
    pub fn base(&self, class: &ErrorClass, language: Language) -> Option<&str> {
        let base = self.find(class.base.as_deref()?)?;
        if base.is_in(language) { Some(base.name_in(language)) } else { self.base(base, language) }
    }

    /// The names that errors of this class can have in that language: its own, and those of classes that derive from it.
    pub fn names(&self, class: &ErrorClass, language: Language) -> Vec<&str> {
        let derives = |other: &&ErrorClass| {
            let mut name = Some(other.name.as_str());
            while let Some(row) = name.and_then(|name| self.find(name)) {
                if row.name == class.name {
                    return true;
                }
                name = row.base.as_deref();
            }
            false
        };
        self.of(language).filter(derives).flat_map(|other| other.shown_in(language)).collect()
    }

    fn find(&self, name: &str) -> Option<&ErrorClass> {
        self.rows.iter().find(|row| row.name == name)
    }

    fn check(&self) -> Result<()> {
        for (number, row) in self.rows.iter().enumerate() {
            let before = &self.rows[..number];
            let fail = |problem: &str| Err(format!("{}: {problem}", row.name));
            if row.text.trim().is_empty() || row.text.contains('\n') {
                return fail("its text must be one line");
            }
            if row.text.contains("{option}") != row.option.is_some() {
                return fail("`{option}` in the text and `option` go together");
            }
            if before.iter().any(|other| other.name == row.name || row.kind.is_some() && other.kind == row.kind) {
                return fail("the name or the kind occurs twice");
            }
            match &row.base {
                Some(base) if before.iter().any(|other| other.name == *base) => {}
                None if number == 0 => {}
                _ => return fail("its base must come before it"),
            }
        }
        Ok(())
    }
}

impl ErrorClass {
    /// Its name in that language.
    pub fn name_in(&self, language: Language) -> &str {
        match (&self.javascript, language) {
            (Some(name), Language::Javascript) => name,
            _ => &self.name,
        }
    }

    fn shown_in(&self, language: Language) -> Vec<&str> {
        match language {
            Language::Javascript if !self.shown.is_empty() => self.shown.iter().map(String::as_str).collect(),
            _ => vec![self.name_in(language)],
        }
    }

    /// Its documentation in that language; for Rust, without the names of options.
    pub fn text_in(&self, language: Option<Language>) -> String {
        let option = match (&self.option, language) {
            (Some(names), Some(Language::Python)) => &names.python,
            (Some(names), Some(Language::Javascript)) => &names.javascript,
            _ => "the time limit",
        };
        self.text.replace("{option}", option)
    }

    fn is_in(&self, language: Language) -> bool {
        self.only.is_none_or(|only| only == language)
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorClasses, Language};

    fn parsed(text: &str) -> ErrorClasses {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_base_that_a_language_lacks_gives_way_to_its_own_base() {
        let classes = parsed(
            "error = [{ name = 'Top', text = 't' }, { name = 'Middle', base = 'Top', only = 'python', text = 't' },
            { name = 'Leaf', base = 'Middle', text = 't' }]",
        );
        let leaf = classes.find("Leaf").unwrap();
        assert_eq!(classes.base(leaf, Language::Python), Some("Middle"));
        assert_eq!(classes.base(leaf, Language::Javascript), Some("Top"));
        assert_eq!(classes.names(classes.find("Top").unwrap(), Language::Javascript), ["Top", "Leaf"]);
        assert_eq!(classes.names(leaf, Language::Python), ["Leaf"]);
    }

    #[test]
    fn errors_may_show_another_name_than_their_class_in_javascript() {
        let classes = parsed("error = [{ name = 'Top', shown = ['A', 'B'], text = 't' }]");
        let top = classes.find("Top").unwrap();
        assert_eq!(classes.names(top, Language::Javascript), ["A", "B"]);
        assert_eq!(classes.names(top, Language::Python), ["Top"]);
    }

    #[test]
    fn rows_that_contradict_each_other_are_refused() {
        let top = "{ name = 'Top', text = 't' }";
        for row in [
            "{ name = 'Top', base = 'Top', text = 't' }",
            "{ name = 'Leaf', base = 'Absent', text = 't' }",
            "{ name = 'Leaf', text = 't' }",
            "{ name = 'Leaf', base = 'Top', text = '' }",
            "{ name = 'Leaf', base = 'Top', text = 'within {option}' }",
        ] {
            assert!(parsed(&format!("error = [{top}, {row}]")).check().is_err(), "{row}");
        }
    }
}
