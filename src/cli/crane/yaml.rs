//! YAML, as a tree of values that know where they stand. The only file that knows the parser.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::diagnostics::{Diagnostic, FileId, Span};

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Yaml,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Yaml {
    /// A text, a number, a word; whether it stands without quotes.
    Scalar(String, bool),
    List,
    Mapping(Vec<(Node, Node)>),
    /// A reference to another place.
    Alias,
}

/// How deep values are within one another: a manifest needs 2.
const DEPTH_MAX: usize = 16;

/// Reads one document.
///
/// # Errors
///
/// If it is no YAML, or several documents.
pub(super) fn read(text: &str, file: FileId) -> Result<Node, Diagnostic> {
    let mut reader = Reader {
        offsets: text.char_indices().map(|(at, _)| at).collect(),
        length: text.len(),
        file,
        events: Parser::new_from_str(text),
    };
    let mut document = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            _ if document.is_some() => {
                let message = "there is a second document, expected one manifest";
                return Err(Diagnostic::error(message).at(span));
            }
            event => document = Some(reader.node(&event, span, 0)?),
        }
    }
    document.ok_or_else(|| {
        let message = "there is nothing in it, expected a manifest";
        Diagnostic::error(message).at(file.span(0..0))
    })
}

struct Reader<'t> {
    /// Where the characters of the text begin: the parser counts those.
    offsets: Vec<usize>,
    length: usize,
    file: FileId,
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Diagnostic> {
        match self.events.next() {
            Some(Ok((event, span))) => {
                let place = self.place(span.start.index(), span.end.index());
                Ok((event, place))
            }
            Some(Err(error)) => {
                let at = error.marker().index();
                let message = format!("this is no YAML: {}", error.info());
                Err(Diagnostic::error(message).at(self.place(at, at + 1)))
            }
            None => Ok((Event::StreamEnd, self.place(usize::MAX, usize::MAX))),
        }
    }

    fn node(&mut self, event: &Event<'t>, span: Span, depth: usize) -> Result<Node, Diagnostic> {
        if depth > DEPTH_MAX {
            let message = format!("this is deeper than {DEPTH_MAX} values within one another");
            return Err(Diagnostic::error(message).at(span));
        }
        let value = match event {
            Event::Scalar(text, style, ..) => {
                Yaml::Scalar(text.to_string(), *style == ScalarStyle::Plain)
            }
            Event::SequenceStart(..) => {
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    self.node(&event, span, depth + 1)?;
                }
                Yaml::List
            }
            Event::MappingStart(..) => Yaml::Mapping(self.pairs(depth)?),
            _ => Yaml::Alias,
        };
        Ok(Node { span, value })
    }

    fn pairs(&mut self, depth: usize) -> Result<Vec<(Node, Node)>, Diagnostic> {
        let mut pairs = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(pairs);
            }
            let key = self.node(&event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(&event, span, depth + 1)?;
            pairs.push((key, value));
        }
    }

    fn place(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| self.offsets.get(at).copied().unwrap_or(self.length);
        self.file.span(offset(start)..offset(end.max(start)))
    }
}
