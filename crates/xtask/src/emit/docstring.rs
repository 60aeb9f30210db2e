//! How Python writes documentation.

use super::text::wrap;

const WIDTH: usize = 120;

/// A docstring at that indentation: wrapped, with its quotes, without a line end. A line that starts with spaces keeps them.
pub fn docstring(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines = Vec::new();
    for paragraph in text.trim().lines() {
        let inner = paragraph.len() - paragraph.trim_start().len();
        if paragraph.trim().is_empty() {
            lines.push(String::new());
        } else {
            let hanging = format!("{margin}{}", " ".repeat(inner));
            lines.push(wrap(paragraph, WIDTH - 3, &hanging));
        }
    }
    let body = lines.join("\n");
    // A docstring has no backslashes to escape: the docs files hold plain text.
    let first = body.trim_start();
    if first.contains('\n') {
        format!("{margin}\"\"\"{first}\n{margin}\"\"\"")
    } else {
        format!("{margin}\"\"\"{first}\"\"\"")
    }
}
