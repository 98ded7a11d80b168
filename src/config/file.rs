//! The configuration file: `name=value` lines and `#` comments. No I/O.

use crate::diagnostics::{Diagnostic, FileId, Span};

/// A line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The setting's name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The value.
    pub value: String,
    /// Where the value stands.
    pub value_span: Span,
}

/// A line of a configuration file that is no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongEntry {
    /// What is wrong.
    pub diagnostic: Diagnostic,
    /// What may be a secret in it.
    pub secret: Span,
}

/// The entries of a configuration file. `\#` is a plain `#`.
pub fn parse_file(file: FileId, text: &str) -> Vec<Result<Entry, Box<WrongEntry>>> {
    let mut start = 0;
    let mut entries = Vec::new();
    for line in text.split('\n') {
        let uncommented = line[..comment(line)].trim_matches(is_margin);
        if !uncommented.is_empty() {
            let at = start + (uncommented.as_ptr().addr() - line.as_ptr().addr());
            entries.push(parse_entry(file, at, uncommented));
        }
        start += line.len() + 1;
    }
    entries
}

fn parse_entry(file: FileId, start: usize, line: &str) -> Result<Entry, Box<WrongEntry>> {
    let span = |part: &str| {
        let at = start + (part.as_ptr().addr() - line.as_ptr().addr());
        file.span(at..at + part.len())
    };
    match line.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            let (name, value) = (name.trim(), value.trim());
            Ok(Entry {
                name: name.to_owned(),
                span: span(name),
                value: value.replace("\\#", "#"),
                value_span: span(value),
            })
        }
        _ => {
            let word = line.find(|c: char| c.is_whitespace() || c == ':' || c == '=');
            let (word, rest) = line.split_at(word.unwrap_or(line.len()));
            let diagnostic = Diagnostic::error("expected a setting such as `name=value`").at(
                if word.is_empty() {
                    span(rest)
                } else {
                    span(word)
                },
            );
            Err(Box::new(WrongEntry {
                diagnostic,
                secret: span(rest),
            }))
        }
    }
}

fn comment(line: &str) -> usize {
    let mut hashes = line.match_indices('#');
    let comment = hashes.find(|(at, _)| !line[..*at].ends_with('\\'));
    comment.map_or(line.len(), |(at, _)| at)
}

fn is_margin(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Sources;

    #[test]
    fn lines_are_names_and_values() {
        let text = "\u{feff}# all\na.b = c=d # e\n\nx=\\#1\r\nlonely\n=y\n";
        let mut sources = Sources::default();
        let file = sources.add("test.conf", text.to_owned(), None);
        let entries = parse_file(file, text);
        let read: Vec<_> = entries
            .iter()
            .map(|entry| match entry {
                Ok(entry) => (
                    entry.name.as_str(),
                    entry.value.as_str(),
                    sources.slice(entry.value_span),
                ),
                Err(wrong) => ("", "", sources.slice(wrong.diagnostic.span().unwrap())),
            })
            .collect();
        let expected = [
            ("a.b", "c=d", "c=d"),
            ("x", "#1", "\\#1"),
            ("", "", "lonely"),
            ("", "", "=y"),
        ];
        assert_eq!(read, expected);
    }
}
