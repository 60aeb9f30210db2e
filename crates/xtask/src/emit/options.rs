//! The options of clients: the core's fields and names, Python's `Config`, and what JavaScript checks and declares.

use minijinja::{Value, context};

use super::javascript_types::comment;
use super::text::{Files, render, wrap};
use crate::options::{ClientOption, Kind, Options, pascal_case};
use crate::paths::Result;

/// A file or two in each language.
pub fn emit(options: &Options, files: &mut Files) -> Result<()> {
    let rows: Vec<Value> = options.all().filter(|option| option.id.is_some()).map(core).collect();
    files.insert("crates/core/src/schema/generated/options.rs".to_owned(), render("option_ids.rs", context! { rows })?);
    files.insert("crates/core/src/config/options.rs".to_owned(), render("options.rs", context! { rows })?);
    let rows: Vec<Value> = options.public().filter_map(python).collect();
    let path = "python/chimeline/_generated/config_options.py";
    files.insert(path.to_owned(), render("config_options.py", context! { rows })?);
    let rows: Vec<Value> = options.all().filter_map(node).collect();
    files.insert("node/generated/client_options.cjs".to_owned(), render("client_options.cjs", context! { rows })?);
    files.insert("node/generated/client_config.d.cts".to_owned(), render("client_config.d.cts", context! { rows })?);
    Ok(())
}

fn core(option: &ClientOption) -> Value {
    let id = option.id.as_deref().unwrap_or_default();
    let (rust, read) = match option.kind {
        None => (option.rust.as_deref(), None),
        Some(kind) => {
            let (rust, read) = match kind {
                Kind::Text => ("String", "text"),
                Kind::Flag => ("bool", "flag"),
                Kind::Seconds | Kind::Offset => ("f64", "seconds"),
                Kind::Count => ("u32", "count"),
                Kind::Bytes => ("usize", "bytes"),
            };
            (Some(rust), Some(read))
        }
    };
    context! {
        id, rust, read,
        variant => pascal_case(id),
        field => option.field(),
        clears => option.kind == Some(Kind::Text) && !option.keeps_empty,
        text => wrap(&option.text, 115, "    /// "),
        environment => option.environment.iter().filter(|name| !name.contains('<')).collect::<Vec<_>>(),
        profile => option.profile.first(),
        python => option.python.as_deref().unwrap_or(id),
        node => option.node_called().map(str::to_owned).or_else(|| option.node_key()),
        node_key => option.node_key(),
    }
}

fn python(option: &ClientOption) -> Option<Value> {
    let name = option.python.as_deref()?;
    let annotation = option.python_type()?;
    let text = format!("{name}: {}", documented(option, option.python_note.as_deref())).replace('`', "``");
    let mut doc = wrap(&text, 122, "        ").replacen("        ", "    ", 1);
    for (word, literal) in [("true", "True"), ("false", "False"), ("strict", "\"strict\"")] {
        let (code, literal) = (format!("``{word}``"), format!("``{literal}``"));
        doc = doc.replace(&code, &literal).replace(&format!("By default {word}."), &format!("By default {literal}."));
    }
    let default = option.python_default.as_deref().unwrap_or("None");
    // Those that the core reads as they are.
    let is_native = option.kind.is_some() || option.rust.is_some();
    Some(context! { name, annotation, doc, default, is_native })
}

fn node(option: &ClientOption) -> Option<Value> {
    let name = option.node.as_deref().or(option.setting.map(|_| ""))?;
    // Members of other objects than the handler are read by hand, as is what has no type.
    let (limit, top) = (name.strip_prefix("requestHandler."), !name.contains('.') && !name.is_empty());
    let reader = match option.kind {
        Some(Kind::Text | Kind::Flag | Kind::Offset) => "asGiven",
        Some(Kind::Seconds) => "milliseconds",
        Some(Kind::Count | Kind::Bytes) => "count",
        None => "",
    };
    Some(context! {
        name => limit.unwrap_or(name),
        is_option => top,
        is_limit => limit.is_some_and(|rest| !rest.contains('.')) && option.kind.is_some(),
        is_plain => top && option.is_plain_in_node() && option.kind.is_some(),
        reader,
        key => option.node_key(),
        given => option.node_given(),
        annotation => option.node_type(),
        word => option.node_word(),
        setting => option.setting.map(|setting| setting == crate::options::Setting::Sometimes),
        comment => comment(&documented(option, option.node_note.as_deref()), "  "),
    })
}

/// The text with the sources and the default.
fn documented(option: &ClientOption, note: Option<&str>) -> String {
    let mut out = option.text.clone();
    for more in [note.map(str::to_owned), option.default.as_ref().map(|default| format!("By default {default}."))] {
        out.extend(more.map(|more| format!(" {more}")));
    }
    out
}
