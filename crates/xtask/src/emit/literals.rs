//! The input of an example, as Python and JavaScript write it.

use serde_json::{Map, Value};

use crate::model::{Model, Shape};
use crate::paths::Result;

/// How wide a line may be before a value is broken into lines.
const WIDTH: usize = 88;

/// What a language writes for the same values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    JavaScript,
}

/// A call with the members of the input as arguments: of keywords in Python, of one object in JavaScript.
pub fn call(
    language: Language,
    function: &str,
    model: &Model,
    shape: &str,
    input: &Map<String, Value>,
) -> Result<String> {
    let writer = Writer { language, model };
    match language {
        Language::Python => {
            let arguments = members(&writer, shape, input, 1, |name| format!("{name}="))?;
            Ok(enclosed("", function, '(', ')', &arguments, 0))
        }
        Language::JavaScript if input.is_empty() => Ok(format!("{function}({{}})")),
        Language::JavaScript => {
            let text = writer.value(shape, &Value::Object(input.clone()), 0, function.len() + 3)?;
            Ok(format!("{function}({text})"))
        }
    }
}

struct Writer<'a> {
    language: Language,
    model: &'a Model,
}

impl Writer<'_> {
    /// A value of that shape; `column` is how much stands before it on its line.
    fn value(&self, shape: &str, value: &Value, depth: usize, column: usize) -> Result<String> {
        let wrong = || format!("the example's {value} is no {shape}");
        match (self.model.shape(shape)?, value) {
            (Shape::Structure { .. }, Value::Object(map)) => {
                let entries = members(self, shape, map, depth + 1, |name| self.key(name))?;
                Ok(self.object(&entries, depth, column))
            }
            (Shape::Map { value: item, .. }, Value::Object(map)) => {
                let entries = map
                    .iter()
                    .map(|(name, value)| Ok(self.key(name) + &self.value(&item.shape, value, depth + 1, 0)?))
                    .collect::<Result<Vec<_>>>()?;
                Ok(self.object(&entries, depth, column))
            }
            (Shape::List { member, .. }, Value::Array(items)) => {
                let one_line = items.len() == 1;
                let items = items
                    .iter()
                    .map(|item| self.value(&member.shape, item, if one_line { depth } else { depth + 1 }, column))
                    .collect::<Result<Vec<_>>>()?;
                // A list of one item has its brackets around the item's.
                if let [item] = items.as_slice() {
                    return Ok(format!("[{item}]"));
                }
                Ok(enclosed(&" ".repeat(column), "", '[', ']', &items, depth).trim_start().to_owned())
            }
            (Shape::String { values, .. }, Value::String(text)) => {
                if !values.is_empty() && !values.contains(text) {
                    return Err(wrong());
                }
                Ok(format!("{text:?}"))
            }
            (Shape::Timestamp { .. }, Value::String(text)) => Ok(match self.language {
                Language::Python => format!("{text:?}"),
                Language::JavaScript => format!("new Date({text:?})"),
            }),
            (Shape::Integer { .. }, Value::Number(number)) => Ok(number.to_string()),
            (Shape::Boolean, Value::Bool(value)) => Ok(match (self.language, value) {
                (Language::Python, true) => "True".to_owned(),
                (Language::Python, false) => "False".to_owned(),
                (Language::JavaScript, value) => value.to_string(),
            }),
            _ => Err(wrong()),
        }
    }

    fn key(&self, name: &str) -> String {
        match self.language {
            Language::Python => format!("{name:?}: "),
            Language::JavaScript => format!("{name}: "),
        }
    }

    fn object(&self, entries: &[String], depth: usize, column: usize) -> String {
        let text = enclosed(&" ".repeat(column), "", '{', '}', entries, depth).trim_start().to_owned();
        if self.language == Language::JavaScript && !text.contains('\n') && text.len() > 2 {
            return format!("{{ {} }}", &text[1..text.len() - 1]);
        }
        text
    }
}

/// Members with what stands before each value.
fn members(
    writer: &Writer<'_>,
    shape: &str,
    given: &Map<String, Value>,
    depth: usize,
    before: impl Fn(&str) -> String,
) -> Result<Vec<String>> {
    let known = writer.model.members(shape)?;
    given
        .iter()
        .map(|(name, value)| {
            let member = known.iter().find(|(known, _)| known == name);
            let (_, member) = member.ok_or_else(|| format!("an example has {name}, which {shape} has not"))?;
            let before = before(name);
            let text = writer.value(&member.shape, value, depth, depth * 4 + before.len() + 1)?;
            Ok(before + &text)
        })
        .collect()
}

/// The entries on one line where they fit, else each on a line of its own.
fn enclosed(margin: &str, before: &str, open: char, close: char, entries: &[String], depth: usize) -> String {
    let one_line = format!("{margin}{before}{open}{}{close}", entries.join(", "));
    if entries.is_empty() || one_line.len() <= WIDTH && !one_line.contains('\n') {
        return one_line;
    }
    let indent = "    ".repeat(depth + 1);
    let lines: Vec<String> = entries.iter().map(|entry| format!("{indent}{entry},\n")).collect();
    let lines = lines.concat();
    format!("{margin}{before}{open}\n{lines}{}{close}", "    ".repeat(depth))
}
