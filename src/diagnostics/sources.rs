//! The texts that diagnostics point into, and how they came to be read.

use std::ops::Range;
use std::rc::Rc;

use super::mask::find_secrets;

/// One text among [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(usize);

impl FileId {
    /// A place in this text.
    #[must_use]
    pub fn span(self, range: Range<usize>) -> Span {
        Span {
            file: self,
            start: range.start,
            end: range.end,
        }
    }
}

/// A place: bytes of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text.
    pub file: FileId,
    /// The first byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

impl Span {
    /// The place from the beginning of this one to the end of the other.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span {
            end: other.end.max(self.start),
            ..self
        }
    }
}

/// A place as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'s> {
    /// The name of the text.
    pub name: &'s str,
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The character behind the last one, in the same line.
    pub end_column: usize,
}

/// Every text that was read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    name: Rc<str>,
    text: String,
    line_starts: Vec<usize>,
    imported_from: Option<Span>,
    secrets: Vec<Range<usize>>,
}

impl Sources {
    /// Adds a text: its name, and the place that asked for it. Secrets in URLs are hidden.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        text: String,
        imported_from: Option<Span>,
    ) -> FileId {
        let mut line_starts = vec![0];
        line_starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1));
        let name = Rc::from(name.into());
        let secrets = find_secrets(&text).collect();
        self.files.push(File {
            name,
            text,
            line_starts,
            imported_from,
            secrets,
        });
        FileId(self.files.len() - 1)
    }

    /// How many texts there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// A text's name.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        &self.files[file.0].name
    }

    /// The names of all texts, in the order in which they were read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &*file.name)
    }

    /// A text's name, shared.
    #[must_use]
    pub fn shared_name(&self, file: FileId) -> Rc<str> {
        Rc::clone(&self.files[file.0].name)
    }

    /// A whole text.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0].text
    }

    /// The text at a place.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file)
            .get(span.start..span.end)
            .unwrap_or_default()
    }

    /// A place as people name it. A place of several lines ends with its first.
    #[must_use]
    pub fn location(&self, span: Span) -> Location<'_> {
        let line = self.line_index(span);
        let range = self.line_range(span.file, line);
        let text = &self.text(span.file)[range.clone()];
        let column = |offset: usize| {
            let end = offset.clamp(range.start, range.end) - range.start;
            text.char_indices().take_while(|(at, _)| *at < end).count() + 1
        };
        Location {
            name: self.name(span.file),
            line: line + 1,
            column: column(span.start),
            end_column: column(span.end.max(span.start)),
        }
    }

    /// The line in which a place begins, without its end.
    #[must_use]
    pub fn line(&self, span: Span) -> &str {
        &self.text(span.file)[self.line_range(span.file, self.line_index(span))]
    }

    /// Where the line of a place begins.
    pub(super) fn line_start(&self, span: Span) -> usize {
        self.files[span.file.0].line_starts[self.line_index(span)]
    }

    /// The imports that led to this text, the nearest first.
    #[must_use]
    pub fn import_chain(&self, file: FileId) -> Vec<Span> {
        let mut chain = Vec::new();
        let mut next = self.files[file.0].imported_from;
        while let Some(span) = next {
            chain.push(span);
            next = self.files[span.file.0].imported_from;
        }
        chain
    }

    /// Never shows these bytes to anybody.
    pub fn hide(&mut self, span: Span) {
        if span.start < span.end {
            self.files[span.file.0].secrets.push(span.start..span.end);
        }
    }

    /// Whether the byte at this offset is hidden, and if so, whether it is the first of its kind.
    pub(super) fn hidden(&self, file: FileId, offset: usize) -> Option<bool> {
        let secrets = &self.files[file.0].secrets;
        let around = secrets.iter().filter(|secret| secret.contains(&offset));
        // One may be a part of another, which is then hidden as a whole.
        let secret = around.min_by_key(|secret| secret.start)?;
        Some(secret.start == offset)
    }

    /// What places are sorted by: the order in which one reads the files, imports in their place.
    // A text is told apart by the offsets of the imports that lead to it from the first text.
    #[must_use]
    pub fn reading_order(&self, span: Span) -> (FileId, Vec<usize>) {
        let chain = self.import_chain(span.file);
        let root = chain.last().map_or(span.file, |import| import.file);
        let offsets = chain.iter().rev().map(|import| import.start);
        (root, offsets.chain([span.start]).collect())
    }

    fn line_index(&self, span: Span) -> usize {
        let starts = &self.files[span.file.0].line_starts;
        starts.partition_point(|start| *start <= span.start) - 1
    }

    fn line_range(&self, file: FileId, line: usize) -> Range<usize> {
        let File {
            text, line_starts, ..
        } = &self.files[file.0];
        let start = line_starts[line];
        let end = line_starts.get(line + 1).copied().unwrap_or(text.len());
        start..start + text[start..end].trim_end_matches(['\n', '\r']).len()
    }
}
