//! The definition's lines: read, imports in their place.

use std::path::{Path, PathBuf};

use super::arguments::Given;
use super::bind::Binder;
use super::directive::Directive;
use super::draft::Draft;
use super::header::HEADER;
use super::import::IMPORT;
use super::place::find_directive;
use super::scope::Scope;
use crate::config::{names_secret, names_secret_field};
use crate::diagnostics::{Diagnostic, FileId, Span};
use crate::files::Accept;
use crate::syntax::{Line, decode, parse};

/// How many files a definition may be made of, repeated imports counted each time.
const FILES_MAX: usize = 1000;

/// Where a definition comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A text, and how messages call it. Imports are relative to the working directory.
    Text {
        /// The name.
        name: String,
        /// The text.
        text: String,
    },
    /// Lines, as programs that embed the framework give them.
    Lines(Vec<String>),
}

impl Source {
    /// The bytes and the name of the source, and the file if it is one.
    pub(super) fn read(
        &self,
        accept: Accept,
    ) -> std::io::Result<(Vec<u8>, String, Option<PathBuf>)> {
        match self {
            Source::File(path) => Ok((
                accept.read(path)?,
                path.display().to_string(),
                Some(path.clone()),
            )),
            Source::Text { name, text } => Ok((text.clone().into_bytes(), name.clone(), None)),
            Source::Lines(lines) => Ok((lines.join("\n").into_bytes(), "lines".to_owned(), None)),
        }
    }
}

/// Reads a definition: its lines and those of its imports, in order.
pub(super) fn read(draft: &mut Draft, source: &Source) -> Vec<Line> {
    depend_on(draft, source);
    match source.read(draft.options.accept) {
        Ok((bytes, name, path)) => {
            let mut reader = Reader {
                draft,
                chain: Vec::new(),
                lines: Vec::new(),
            };
            reader.add(&bytes, &name, path.as_deref(), None);
            reader.lines
        }
        Err(error) => {
            if let Source::File(path) = source {
                let message = format!("cannot read `{}`: {error}", path.display());
                draft.report(Diagnostic::error(message));
            }
            Vec::new()
        }
    }
}

fn depend_on(draft: &mut Draft, source: &Source) {
    if let Source::File(path) = source {
        draft.depend_on(path);
    }
}

struct Reader<'r, 'o> {
    draft: &'r mut Draft<'o>,
    chain: Vec<Link>,
    lines: Vec<Line>,
}

/// A file that is being read.
struct Link {
    name: String,
    identity: Option<PathBuf>,
}

impl Reader<'_, '_> {
    fn add(&mut self, bytes: &[u8], name: &str, path: Option<&Path>, from: Option<Span>) {
        let decoded = decode(bytes);
        let text = decoded.text.clone();
        let file = self.draft.sources.add(name, text.clone(), from);
        let is_raw = |word: &str| find_directive(word).is_some_and(Directive::is_raw);
        let (lines, mistakes) = parse(file, &text, is_raw);
        match decoded.into_diagnostic(file) {
            Some(mistake) => self.draft.report(mistake),
            // In another encoding, everything would look like a mistake.
            None => self.draft.diagnostics.extend(mistakes),
        }
        let identity = path.and_then(|path| path.canonicalize().ok());
        self.chain.push(Link {
            name: name.to_owned(),
            identity,
        });
        let folder = path
            .and_then(Path::parent)
            .unwrap_or(Path::new(""))
            .to_owned();
        for line in lines {
            if line.is_broken {
                self.hide_secrets(&line);
            }
            if !line.is_broken && self.is_import(&line) {
                self.import(&line, &folder);
            } else {
                self.lines.push(line);
            }
        }
        self.chain.pop();
    }

    // In a line that cannot be read, anything may be the secret.
    fn hide_secrets(&mut self, line: &Line) {
        let sources = &mut self.draft.sources;
        let word = line.words[0].span;
        let has_secrets = find_directive(sources.slice(word)).is_some_and(|directive| {
            let mut parameters = directive.parameters.iter();
            let mut settings = directive.settings.iter();
            parameters.any(|known| known.is_secret || known.name == "secret")
                || settings.any(|setting| !setting.secret_by.is_empty())
        });
        let behind = Span {
            start: word.end,
            ..line.span
        };
        let text = sources.slice(behind);
        let mut words = text.split_whitespace();
        let is_named = names_secret(text)
            || HEADER.is_written(sources.slice(word)) && words.any(names_secret_field);
        if has_secrets && (is_named || text.contains("://")) {
            let blanks = text.len() - text.trim_start().len();
            sources.hide(Span {
                start: word.end + blanks,
                ..behind
            });
        }
    }

    fn is_import(&self, line: &Line) -> bool {
        IMPORT.is_written(self.draft.sources.slice(line.words[0].span))
    }

    fn import(&mut self, line: &Line, folder: &Path) {
        let mut binder = Binder {
            environment: &self.draft.options.environment,
            sources: &mut self.draft.sources,
            diagnostics: &mut self.draft.diagnostics,
        };
        let arguments = binder.bind(&IMPORT, line, Scope::Top);
        let Some(given) = arguments.find("path") else {
            return;
        };
        match self
            .find_import(folder, given)
            .and_then(|path| self.open_import(&path, given.span))
        {
            Ok((bytes, path)) => {
                let name = path.display().to_string();
                self.add(&bytes, &name, Some(&path), Some(line.span));
            }
            Err(diagnostic) => self.draft.report(*diagnostic),
        }
    }

    fn find_import(&mut self, folder: &Path, given: &Given) -> Result<PathBuf, Box<Diagnostic>> {
        let tried = candidates(folder, &given.text);
        for path in &tried {
            self.draft.depend_on(path);
            if path.is_file() {
                return Ok(path.clone());
            }
        }
        let folder = tried.iter().find(|path| path.is_dir());
        let message = match folder {
            Some(_) if given.text.is_empty() => {
                "expected a file to import, found nothing".to_owned()
            }
            Some(_) => format!("`{}` is a folder, expected a file to import", given.text),
            None => format!("no file `{}` to import", given.text),
        };
        let tried = tried.iter().map(|path| format!("`{}`", path.display()));
        let tried = tried.collect::<Vec<_>>().join(", ");
        let help = folder.is_none().then(|| format!("tried {tried}"));
        let diagnostic = Diagnostic::error(message).at(given.span);
        Err(Box::new(diagnostic.help_if(help)))
    }

    fn open_import(&self, path: &Path, span: Span) -> Result<(Vec<u8>, PathBuf), Box<Diagnostic>> {
        self.check_import(path, span)?;
        match self.draft.options.accept.read(path) {
            Ok(bytes) => Ok((bytes, path.to_owned())),
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", path.display());
                Err(Box::new(Diagnostic::error(message).at(span)))
            }
        }
    }

    fn check_import(&self, path: &Path, span: Span) -> Result<(), Box<Diagnostic>> {
        let identity = path.canonicalize().ok();
        let open = self
            .chain
            .iter()
            .position(|link| link.identity.is_some() && link.identity == identity);
        if let Some(first) = open {
            let names = self.chain[first..].iter().map(|link| link.name.as_str());
            let mut names: Vec<&str> = names.collect();
            names.push(names[0]);
            let message = format!("files import each other: {}", names.join(" -> "));
            return Err(Box::new(Diagnostic::error(message).at(span)));
        }
        if self.draft.sources.count() >= FILES_MAX {
            let message = format!("a definition is made of at most {FILES_MAX} files");
            return Err(Box::new(Diagnostic::error(message).at(span)));
        }
        Ok(())
    }
}

/// The files that an IMPORT may mean: as it is written, with the extension, and with dots for
/// folders.
fn candidates(folder: &Path, written: &str) -> Vec<PathBuf> {
    const EXTENSION: &str = ".micro";
    let mut candidates = vec![folder.join(written)];
    let bare = written.strip_suffix(EXTENSION).unwrap_or(written);
    if bare == written {
        candidates.push(folder.join(format!("{written}{EXTENSION}")));
    }
    if bare.contains('.') && !bare.contains('/') && !bare.starts_with('.') {
        candidates.push(folder.join(format!("{}{EXTENSION}", bare.replace('.', "/"))));
    }
    candidates
}

/// Reads the configuration file as a source of its own.
pub(super) fn read_config(draft: &mut Draft, source: &Source) -> Option<FileId> {
    depend_on(draft, source);
    match source.read(draft.options.accept) {
        Ok((bytes, name, _)) => {
            let decoded = decode(&bytes);
            let file = draft.sources.add(name, decoded.text.clone(), None);
            draft.diagnostics.extend(decoded.into_diagnostic(file));
            Some(file)
        }
        Err(error) => {
            if let Source::File(path) = source {
                let message = format!(
                    "cannot read the configuration file `{}`: {error}",
                    path.display()
                );
                draft.report(Diagnostic::error(message));
            }
            None
        }
    }
}
