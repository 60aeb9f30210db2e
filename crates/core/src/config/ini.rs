//! The text of a shared config file as sections of settings, by the rules of Python's `configparser`, with which botocore reads
//! it: `=` or `:` between name and value, whole-line comments, further lines of a value indented, nothing twice, and in
//! `[DEFAULT]` what holds for all sections.

use std::collections::HashMap;

/// One section, in the order of the file. Its header is as written between the brackets.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) header: String,
    pub(crate) settings: Settings,
}

/// Settings by their names, which are lower-case.
pub(crate) type Settings = HashMap<String, Value>;

/// The value of a setting.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    /// Settings in the indented lines below a name without a value; their names are as written.
    Nested(HashMap<String, String>),
}

/// Why a text cannot be parsed.
#[derive(Debug)]
pub(crate) struct Unparsed {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) cause: String,
}

/// A setting whose value may go on in the next line.
struct Open {
    name: String,
    /// The lines of the value with their numbers; blank ones are kept, for they say whether settings are nested.
    lines: Vec<(usize, String)>,
}

/// Reads the bytes of a file.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Section>, Unparsed> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line = 1 + lines(&String::from_utf8_lossy(before)).count().saturating_sub(1);
        unparsed(line, "it is not UTF-8")
    })?;
    // Editors of Windows write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Option<Open> = None;
    let mut indentation = 0;
    for (number, line) in (1..).zip(lines(text)) {
        let content = line.trim_matches(is_blank);
        if content.starts_with(['#', ';']) {
            continue;
        }
        if content.is_empty() {
            if let Some(open) = &mut open {
                open.lines.push((number, String::new()));
            }
            continue;
        }
        let own_indentation = line.chars().take_while(|&c| is_blank(c)).count();
        if let Some(open) = &mut open
            && own_indentation > indentation
        {
            open.lines.push((number, content.to_owned()));
            continue;
        }
        indentation = own_indentation;
        if let Some(header) = header(content) {
            close(&mut sections, open.take())?;
            let earlier = sections.iter().position(|section| section.header == header);
            let section = match earlier {
                None => Section { header: header.to_owned(), settings: Settings::new() },
                // This one may go on.
                Some(at) if header == FOR_ALL => sections.remove(at),
                Some(_) => return Err(unparsed(number, &format!("the section [{header}] is there twice"))),
            };
            sections.push(section);
            continue;
        }
        if sections.is_empty() {
            return Err(unparsed(number, "there is no section header before it"));
        }
        close(&mut sections, open.take())?;
        open = Some(setting(&sections, number, content)?);
    }
    close(&mut sections, open)?;
    if let Some(at) = sections.iter().position(|section| section.header == FOR_ALL) {
        let for_all = sections.remove(at).settings;
        for section in &mut sections {
            for (name, value) in &for_all {
                section.settings.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    Ok(sections)
}

/// The section whose settings all others have, unless they have their own.
const FOR_ALL: &str = "DEFAULT";

/// Lines end as Python's universal newlines do.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let (line, end) = text.split_at(end);
        rest = end.strip_prefix("\r\n").or_else(|| end.get(1..));
        Some(line)
    })
}

/// What Python calls a blank.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// The text between the first bracket and the last one; what is behind that does not count.
fn header(line: &str) -> Option<&str> {
    let (header, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    Some(header).filter(|header| !header.is_empty())
}

/// A line with a name, and perhaps the first line of its value.
fn setting(sections: &[Section], number: usize, line: &str) -> Result<Open, Unparsed> {
    // The line itself may hold a secret.
    let Some((name, value)) = line.split_once(['=', ':']) else {
        return Err(unparsed(number, "it is neither [a section] nor name = value"));
    };
    let name = name.trim_end_matches(is_blank).to_lowercase();
    if name.is_empty() {
        return Err(unparsed(number, "there is no name before the value"));
    }
    if sections.last().is_some_and(|section| section.settings.contains_key(&name)) {
        return Err(unparsed(number, &format!("the setting {name:?} is there twice in its section")));
    }
    Ok(Open { name, lines: vec![(number, value.trim_matches(is_blank).to_owned())] })
}

/// Adds a setting that has all of its lines.
fn close(sections: &mut [Section], open: Option<Open>) -> Result<(), Unparsed> {
    let (Some(Open { name, mut lines }), Some(section)) = (open, sections.last_mut()) else { return Ok(()) };
    while lines.len() > 1 && lines.last().is_some_and(|(_, line)| line.is_empty()) {
        lines.pop();
    }
    let is_nested = lines.len() > 1 && lines.first().is_some_and(|(_, line)| line.is_empty());
    let value = if is_nested {
        Value::Nested(nested(&lines)?)
    } else {
        Value::Text(lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n"))
    };
    section.settings.insert(name, value);
    Ok(())
}

fn nested(lines: &[(usize, String)]) -> Result<HashMap<String, String>, Unparsed> {
    let lines = lines.iter().filter(|(_, line)| !line.is_empty());
    lines
        .map(|(number, line)| {
            let pair =
                line.split_once('=').ok_or_else(|| unparsed(*number, "it is not name = value, as nested settings are"));
            pair.map(|(name, value)| (name.trim_matches(is_blank).to_owned(), value.trim_matches(is_blank).to_owned()))
        })
        .collect()
}

fn unparsed(line: usize, cause: &str) -> Unparsed {
    Unparsed { line, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Value, parse};

    fn text(file: &str, section: usize, name: &str) -> Option<String> {
        match parse(file.as_bytes()).expect("a good file").get(section)?.settings.get(name)? {
            Value::Text(text) => Some(text.clone()),
            Value::Nested(_) => None,
        }
    }

    #[test]
    fn a_setting_has_its_name_in_lower_case_and_its_value_without_blanks_around() {
        let file = "\u{feff}# c\n[a]\n  ; c\n  Region : eu-west-1 \r\nx==y:z\rlong = one\n  two\n\n  three\n\n[ b ] ; c\nempty =\n";
        assert_eq!(text(file, 0, "region").as_deref(), Some("eu-west-1"));
        assert_eq!(text(file, 0, "x").as_deref(), Some("=y:z"));
        assert_eq!(text(file, 0, "long").as_deref(), Some("one\ntwo\n\nthree"));
        assert_eq!(text(file, 1, "empty").as_deref(), Some(""));
        assert_eq!(parse(file.as_bytes()).expect("a good file")[1].header, " b ");
    }

    #[test]
    fn indented_lines_below_a_name_without_a_value_are_nested_settings() {
        let sections = parse(b"[a]\ns3 =\n\n  X = 1\n\ty = a = b\nz = 1\n").expect("a good file");
        let Some(Value::Nested(nested)) = sections[0].settings.get("s3") else { panic!("{sections:?}") };
        assert_eq!((nested["X"].as_str(), nested["y"].as_str()), ("1", "a = b"));
        assert!(sections[0].settings.contains_key("z"));
    }

    #[test]
    fn settings_for_all_are_those_of_each_section_that_has_no_own() {
        let file = "[a]\nx = 1\n[DEFAULT]\nx = 2\ny = 3\n[b]\n[DEFAULT]\nz = 4\n";
        let found = |section, name| text(file, section, name);
        assert_eq!(found(0, "x").as_deref(), Some("1"));
        assert_eq!(found(0, "z").as_deref(), Some("4"));
        assert_eq!(found(1, "x").as_deref(), Some("2"));
        assert_eq!(found(1, "y").as_deref(), Some("3"));
        assert!(parse(b"[DEFAULT]\nx = 1\n[DEFAULT]\nx = 2\n").is_err());
    }

    #[test]
    fn what_cannot_be_parsed_is_an_error_of_its_line() {
        let cases: [(&[u8], usize); 11] = [
            (b"region = x\n[a]\n", 1),
            (b"\n\n  x\n[a]\n", 3),
            (b"[a]\nx = 1\nnonsense\n", 3),
            (b"[a]\n[open\n", 2),
            (b"[a]\n[]\n", 2),
            (b"[a]\n= 1\n", 2),
            (b"[a]\r\nx = 1\r\nX = 2\r\n", 3),
            (b"[a]\n[b]\n[a]\n", 3),
            (b"[a]\nx =\n  y = 1\n  z: 1\n[b]\n", 4),
            (b"[a]\nx = 1\ny = caf\xe9\n", 3),
            (b"\xff\xfe[\0", 1),
        ];
        for (file, line) in cases {
            let found = parse(file).expect_err("a file that cannot be parsed");
            assert_eq!(found.line, line, "{}: {}", String::from_utf8_lossy(file), found.cause);
        }
    }
}
