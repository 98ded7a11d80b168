//! A line of a text, made fit to be shown, with a place in it underlined.

use unicode_width::UnicodeWidthChar;

use super::{Sources, Span};

/// How wide a tab is shown.
const TAB_WIDTH: usize = 4;
/// How much of a line is shown.
const WIDTH_MAX: usize = 160;
/// How much of a cut line is shown before the place.
const WIDTH_BEFORE: usize = 60;

/// A line as it is shown.
pub(super) struct Snippet {
    /// Its text: tabs are blanks, secrets and control characters are gone.
    pub(super) text: String,
    /// The columns before the place.
    pub(super) before: usize,
    /// The columns of the place, at least 1.
    pub(super) width: usize,
}

impl Snippet {
    /// The line of this place.
    pub(super) fn new(sources: &Sources, span: Span) -> Snippet {
        let cells = cells(sources, span);
        let width_of = |cells: &[Cell]| cells.iter().map(|cell| cell.width).sum::<usize>();
        let first = cells.iter().position(|cell| cell.end > span.start);
        let first = first.unwrap_or(cells.len());
        let behind = cells.iter().position(|cell| cell.offset >= span.end);
        let behind = behind.unwrap_or(cells.len()).max(first);

        let (mut start, mut end) = (0, cells.len());
        if width_of(&cells) > WIDTH_MAX {
            start = cut_before(&cells, first);
            end = cut_behind(&cells, start);
        }
        let mut text = String::new();
        text.push_str(if start > 0 { "…" } else { "" });
        text.extend(cells[start..end].iter().map(|cell| cell.text.as_str()));
        text.push_str(if end < cells.len() { "…" } else { "" });
        Snippet {
            text,
            before: width_of(&cells[start..first.min(end)]) + usize::from(start > 0),
            width: width_of(&cells[first.min(end)..behind.min(end)]).max(1),
        }
    }
}

/// The line of this place as it stands in the text, without secrets.
pub(super) fn plain_line(sources: &Sources, span: Span) -> String {
    let line_start = sources.line_start(span);
    let mut text = String::new();
    for (at, character) in sources.line(span).char_indices() {
        match sources.hidden(span.file, line_start + at) {
            Some(true) => text.push_str("***"),
            Some(false) => {}
            None => text.push(character),
        }
    }
    text
}

struct Cell {
    offset: usize,
    end: usize,
    text: String,
    width: usize,
}

fn cells(sources: &Sources, span: Span) -> Vec<Cell> {
    let line_start = sources.line_start(span);
    let mut column = 0;
    let mut cells: Vec<Cell> = Vec::new();
    for (at, character) in sources.line(span).char_indices() {
        let offset = line_start + at;
        let end = offset + character.len_utf8();
        let (text, width) = match sources.hidden(span.file, offset) {
            Some(true) => ("***".to_owned(), 3),
            Some(false) => {
                if let Some(hidden) = cells.last_mut() {
                    hidden.end = end;
                }
                continue;
            }
            None => shown(character, column),
        };
        column += width;
        cells.push(Cell {
            offset,
            end,
            text,
            width,
        });
    }
    cells
}

fn shown(character: char, column: usize) -> (String, usize) {
    if character == '\t' {
        let width = TAB_WIDTH - column % TAB_WIDTH;
        return (" ".repeat(width), width);
    }
    match (is_hazard(character), character.width()) {
        (false, Some(width)) => (character.to_string(), width),
        _ => (char::REPLACEMENT_CHARACTER.to_string(), 1),
    }
}

/// Whether a character could turn what stands around it into something else.
pub(super) fn is_hazard(character: char) -> bool {
    // The second part turns the direction of writing: a line could look like another one.
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn cut_before(cells: &[Cell], first: usize) -> usize {
    let mut width = 0;
    let kept = cells[..first].iter().rev().take_while(|cell| {
        width += cell.width;
        width <= WIDTH_BEFORE
    });
    first - kept.count()
}

fn cut_behind(cells: &[Cell], start: usize) -> usize {
    let mut width = 0;
    let kept = cells[start..].iter().take_while(|cell| {
        width += cell.width;
        width <= WIDTH_MAX
    });
    start + kept.count()
}
