//! The pages of the reference that are one table: the options of clients, and the errors.

use std::fmt::Write as _;

use super::{FOLDER, cell};
use crate::emit::exceptions::exceptions;
use crate::emit::text::{Files, NOTICE};
use crate::errors::{ErrorClasses, Language};
use crate::options::{ClientOption, Options};
use crate::services::Service;

/// Both pages.
pub fn emit(services: &[Service], errors: &ErrorClasses, options: &Options, files: &mut Files) {
    files.insert(format!("{FOLDER}/options.md"), option_page(options));
    files.insert(format!("{FOLDER}/errors.md"), error_page(services, errors));
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

fn codes(names: &[String]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

fn option_page(options: &Options) -> String {
    let mut out = format!(
        "<!-- {NOTICE} -->\n\n# Options\n\nWhat is given in code counts before the environment, the environment before the profile, and the profile before the \
         default. An empty value is as none. Times are in seconds in Python and in milliseconds in Node; the defaults here are in the \
         unit that they name. Names with a dot are members of an object, such as `retries={{\"mode\": \"adaptive\"}}`.\n"
    );
    for group in &options.group {
        let _ = write!(
            out,
            "\n## {}\n\n| Python | Node | environment | profile | default | |\n| --- | --- | --- | --- | --- | --- |\n",
            group.title
        );
        for option in &group.option {
            let name = |name: &Option<String>| name.as_deref().map_or_else(String::new, code);
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                name(&option.python),
                name(&option.node),
                codes(&option.environment),
                codes(&option.profile),
                cell(option.default.as_deref().unwrap_or_default()),
                cell(&described(option))
            );
        }
    }
    out
}

/// The text, with what holds in one language.
fn described(option: &ClientOption) -> String {
    let mut out = option.text.clone();
    for (language, note) in [("Python", &option.python_note), ("Node", &option.node_note)] {
        out.extend(note.iter().map(|note| format!(" {language}: {note}")));
    }
    out
}

fn error_page(services: &[Service], errors: &ErrorClasses) -> String {
    let mut out = format!(
        "<!-- {NOTICE} -->\n\n# Errors\n\nEvery error derives from `ChimelineError`. In Python the classes are in `chimeline.exceptions`, and those of a service in \
         `client.exceptions` too; in Node `chimeline` exports them. What to do about an error is in \
         [Errors and their cures](../guides/errors.md).\n\n## What services return\n\nThey derive from `ClientError` (Node: \
         `ServiceException`), with `response` (Node: members and `$metadata`).\n"
    );
    for (name, exception) in exceptions(services) {
        let _ = write!(out, "\n### {name}\n\n{}\n", exception.doc().replace("``", "`"));
    }
    out.push_str("\n## What the client raises\n\n| Python | Node | derives from | |\n| --- | --- | --- | --- |\n");
    for class in errors.of(Language::Python) {
        let in_node = errors.of(Language::Javascript).any(|other| other.name == class.name);
        let node = if in_node { code(class.name_in(Language::Javascript)) } else { String::new() };
        let base = errors.base(class, Language::Python).map_or_else(String::new, code);
        let text = class.text_in(Some(Language::Python));
        let _ = writeln!(out, "| `{}` | {node} | {base} | {} |", class.name_in(Language::Python), cell(&text));
    }
    for class in errors
        .of(Language::Javascript)
        .filter(|class| errors.of(Language::Python).all(|other| other.name != class.name))
    {
        let base = errors.base(class, Language::Javascript).map_or_else(String::new, code);
        let text = class.text_in(Some(Language::Javascript));
        let _ = writeln!(out, "| | `{}` | {base} | {} |", class.name_in(Language::Javascript), cell(&text));
    }
    out
}
