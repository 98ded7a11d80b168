//! The text of a definition, as lines of words. Knows no word of the language; the only room that
//! knows nom.
//!
//! A line is words separated by blanks; `#` starts a comment. A word is plain or an option
//! `name=value`, in quotes or not, and has variables such as `${NAME}` in it, which are replaced
//! after the line was split, so that a value cannot become structure.

mod decode;
mod line;
mod split;
#[cfg(test)]
mod tests;
mod variable;

pub use decode::{Decoded, decode};
pub use line::{Line, OptionName, Piece, Word};
pub use variable::{Fallback, Unset, Variable};

use crate::diagnostics::{Diagnostic, FileId};

/// How many bytes a line may have.
pub const LINE_BYTES_MAX: usize = 64 << 10;

/// The lines of a text, without the empty ones, and what is wrong in it. Of a line that cannot be
/// read there is the first word.
///
/// The words behind a first word for which `is_raw` holds are taken as they stand: neither `\`
/// nor `=` means anything in them.
pub fn parse(
    file: FileId,
    text: &str,
    is_raw: impl Fn(&str) -> bool,
) -> (Vec<Line>, Vec<Diagnostic>) {
    let (mut lines, mut diagnostics) = (Vec::new(), Vec::new());
    let mut start = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    while start < text.len() {
        let end =
            memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |n| start + n);
        let line = text[start..end]
            .strip_suffix('\r')
            .unwrap_or(&text[start..end]);
        match check(line).and_then(|()| split::split(line, &is_raw)) {
            Ok(words) if words.is_empty() => {}
            Ok(words) => lines.push(Line::new(file, start, line.len(), words)),
            Err(mistake) => {
                diagnostics.push(mistake.into_diagnostic(file, start));
                lines.extend(Line::broken(file, start, line));
            }
        }
        start = end + 1;
    }
    (lines, diagnostics)
}

/// What is wrong in a line; the range is in the line.
#[derive(Debug)]
struct Mistake {
    range: std::ops::Range<usize>,
    message: String,
    help: Option<&'static str>,
}

impl Mistake {
    fn into_diagnostic(self, file: FileId, line_start: usize) -> Diagnostic {
        let range = self.range.start + line_start..self.range.end + line_start;
        Diagnostic::error(self.message)
            .at(file.span(range))
            .help_if(self.help.map(str::to_owned))
    }
}

fn check(line: &str) -> Result<(), Mistake> {
    if line.len() > LINE_BYTES_MAX {
        return Err(Mistake {
            range: 0..0,
            message: format!(
                "a line has at most {LINE_BYTES_MAX} bytes, this one has {}",
                line.len()
            ),
            help: None,
        });
    }
    let control = line
        .char_indices()
        .find(|(_, c)| c.is_control() && *c != '\t');
    match control {
        None => Ok(()),
        Some((at, character)) => Err(Mistake {
            range: at..at + character.len_utf8(),
            message: format!("control character U+{:04X} in a line", u32::from(character)),
            help: Some("blanks and tabs separate words; lines end with a line feed"),
        }),
    }
}
