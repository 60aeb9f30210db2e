//! A text as words, as Python's `shlex.split` reads one: quotes and backslashes as in a shell, and nothing else of it.

/// The words; nothing where a quote is left open or a backslash is the last character.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(rest.next()?),
            '\'' | '"' => quoted(c, &mut rest, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Reads up to the closing quote. A backslash counts between double quotes, before another one and before a quote.
fn quoted(quote: char, rest: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match rest.next()? {
            c if c == quote => return Some(()),
            '\\' if quote == '"' => {
                let next = rest.next()?;
                if next != '\\' && next != quote {
                    word.push('\\');
                }
                word.push(next);
            }
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_those_of_shlex() {
        let cases = [
            ("profile \"my team\"", Some(vec!["profile", "my team"])),
            ("a\\ b  'c d'\te\"f\"", Some(vec!["a b", "c d", "ef"])),
            ("\"a\\\"b\\c\\\\\" '\\'", Some(vec!["a\"b\\c\\", "\\"])),
            ("'' x #y", Some(vec!["", "x", "#y"])),
            (" ", Some(vec![])),
            ("o'neil", None),
            ("x\\", None),
            ("\"x\\", None),
        ];
        for (text, due) in cases {
            let due = due.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(split(text), due, "{text}");
        }
    }
}
