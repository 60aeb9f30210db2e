//! Reads the XML of S3, IAM and STS.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// A document as nested maps: each element is the list of what stands under its name, and one without elements is its text.
/// Null for what is not XML.
pub(super) fn read(text: &str) -> Value {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(true);
    let mut open: Vec<(String, Map<String, Value>, String)> = vec![(String::new(), Map::new(), String::new())];
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                open.push((name(start.local_name().as_ref()), Map::new(), String::new()));
            }
            Ok(Event::Empty(empty)) => add(&mut open, name(empty.local_name().as_ref()), Value::from("")),
            Ok(Event::Text(text)) => {
                if let (Some((_, _, held)), Ok(text)) = (open.last_mut(), text.decode()) {
                    held.push_str(&text);
                }
            }
            Ok(Event::GeneralRef(reference)) => {
                let text = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    _ => match reference.as_ref() {
                        b"amp" => "&",
                        b"lt" => "<",
                        b"gt" => ">",
                        b"quot" => "\"",
                        b"apos" => "'",
                        _ => "",
                    }
                    .to_owned(),
                };
                if let Some((_, _, held)) = open.last_mut() {
                    held.push_str(&text);
                }
            }
            Ok(Event::End(_)) => {
                let Some((name, members, text)) = open.pop() else { return Value::Null };
                let value = if members.is_empty() { Value::from(text) } else { Value::Object(members) };
                if open.is_empty() {
                    return Value::Null;
                }
                add(&mut open, name, value);
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(_) => return Value::Null,
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some((_, members, _)), true) if !members.is_empty() => members.into(),
        _ => Value::Null,
    }
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn add(open: &mut [(String, Map<String, Value>, String)], name: String, value: Value) {
    if let Some((_, members, _)) = open.last_mut() {
        let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(value);
        }
    }
}

/// The first text of an element of that name, wherever it stands.
pub(super) fn find<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    match value {
        Value::Object(members) => members.iter().find_map(|(key, inner)| {
            let own =
                inner.as_array().into_iter().flatten().find_map(|item| if key == name { item.as_str() } else { None });
            own.or_else(|| find(inner, name))
        }),
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}

/// All texts of elements of that name.
pub(super) fn all<'v>(value: &'v Value, name: &str, out: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                if key == name {
                    out.extend(inner.as_array().into_iter().flatten().filter_map(Value::as_str));
                }
                all(inner, name, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, name, out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{all, find, read};

    #[test]
    fn elements_are_found_wherever_they_stand() {
        let text = "<?xml version=\"1.0\"?><R xmlns=\"http://x\"><Owner><ID>o&amp;1</ID></Owner><B><N>a</N></B><B><N>b</N><E/></B></R>";
        let document = read(text);
        assert_eq!(find(&document, "ID"), Some("o&1"));
        assert_eq!(find(&document, "E"), Some(""));
        let mut names = Vec::new();
        all(&document, "N", &mut names);
        assert_eq!(names, ["a", "b"]);
        assert_eq!(find(&document, "X"), None);
    }

    #[test]
    fn what_is_no_xml_is_nothing() {
        for text in ["", "x", "<a>", "</a>", "<a></b>", "{}", "<a><b></a>"] {
            assert!(read(text).is_null(), "{text}");
        }
    }
}
