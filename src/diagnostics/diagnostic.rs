//! One mistake in a definition, or one thing that is probably a mistake.

use super::{Span, mask_secrets};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The definition cannot be used.
    Error,
    /// The definition can be used, and probably does not do what was meant.
    Warning,
}

impl Severity {
    /// The word that messages begin with.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A place that a diagnostic points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say about it, if the message does not say it.
    pub text: Option<String>,
}

/// A mistake in a definition, with everything that is said about it. The passwords of URLs in it
/// are not said.
///
/// ```
/// use micro::diagnostics::{Diagnostic, Sources, render};
///
/// let mut sources = Sources::default();
/// let file = sources.add("hello.micro", "GET hello.greet\n".to_owned(), None);
/// let diagnostic = Diagnostic::error("`GET` must stand inside a `ROUTE`")
///     .at(file.span(0..3))
///     .help("put a line such as `ROUTE /hello` above it");
/// assert_eq!(
///     render(&diagnostic, &sources),
///     "error: `GET` must stand inside a `ROUTE`
///   --> hello.micro:1:1
///    |
///  1 | GET hello.greet
///    | ^^^
///    = help: put a line such as `ROUTE /hello` above it
/// ",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: one sentence, lower case, no full stop.
    pub message: String,
    /// Where; the first label is the place itself, others belong to it.
    pub labels: Vec<Label>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// What would help.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error with this message.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, message.into())
    }

    /// A warning with this message.
    #[must_use]
    pub fn warning(message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, message.into())
    }

    fn new(severity: Severity, message: String) -> Diagnostic {
        Diagnostic {
            severity,
            message: mask_secrets(&message),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Points at a place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.labels.push(Label { span, text: None });
        self
    }

    /// Points at a place, and says something about it.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label {
            span,
            text: Some(mask_secrets(&text.into())),
        });
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(mask_secrets(&note.into()));
        self
    }

    /// Adds a note, if there is one.
    #[must_use]
    pub fn note_if(self, note: Option<String>) -> Diagnostic {
        match note {
            Some(note) => self.note(note),
            None => self,
        }
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(mask_secrets(&help.into()));
        self
    }

    /// Adds a line of help, if there is one.
    #[must_use]
    pub fn help_if(self, help: Option<String>) -> Diagnostic {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The place itself, if there is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Whether one of these is an error.
#[must_use]
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}
