//! Each `tests/answers/NAME.answer` is what a peer sends to `client`, and what is made of it. It is
//! read whole, cut at every byte, and byte by byte. `tests/answers/README.md` describes the files;
//! `UPDATE_EXPECT=1` writes what is made of an answer into them.

use std::fmt::Write;
use std::path::PathBuf;

use micro::client::{Close, Event, Exchange, Limits};
use micro_api::Method;

/// What stands before the expected lines.
const MARK: &str = "=\n";

struct Case {
    method: Method,
    limits: Limits,
    bytes: Vec<u8>,
    close: Option<Close>,
}

impl Case {
    fn parse(text: &str) -> Result<Case, String> {
        let mut case = Case {
            method: Method::Get,
            limits: Limits::default(),
            bytes: Vec::new(),
            close: None,
        };
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "#" => {}
                "method" => case.method = Method::find(rest).ok_or("no such method")?,
                "content_max" if rest == "none" => case.limits.content_bytes_max = None,
                "content_max" => case.limits.content_bytes_max = rest.parse().ok(),
                "<" => case.bytes.extend(unescape(rest)?),
                "close" if rest == "clean" => case.close = Some(Close::Clean),
                "close" if rest == "abrupt" => case.close = Some(Close::Abrupt),
                _ => return Err(format!("unknown line `{line}`")),
            }
        }
        Ok(case)
    }

    fn read(&self, pieces: &[&[u8]]) -> String {
        let mut exchange = Exchange::new(self.method, self.limits);
        let mut made = Made::default();
        for piece in pieces {
            exchange.receive(piece);
            made.take_events(&mut exchange);
        }
        made.is_reusable = exchange.is_reusable();
        if let Some(close) = self.close {
            exchange.receive_end(close);
            made.take_events(&mut exchange);
        }
        made.show()
    }

    fn pieces_of_all_cuts(&self) -> Vec<Vec<&[u8]>> {
        let cuts = (0..=self.bytes.len()).map(|cut| {
            let (first, second) = self.bytes.split_at(cut);
            vec![first, second]
        });
        cuts.chain([self.bytes.chunks(1).collect()]).collect()
    }
}

/// What was made of an answer.
#[derive(Default)]
struct Made {
    head: String,
    content: Vec<u8>,
    fault: Option<String>,
    is_ended: bool,
    is_reusable: bool,
}

impl Made {
    fn take_events(&mut self, exchange: &mut Exchange) {
        while self.fault.is_none() {
            match exchange.next() {
                Ok(Event::More) => return,
                Ok(Event::Head(head)) => {
                    let _ = writeln!(self.head, "{}", head.status);
                    for (name, value) in &head.headers {
                        let _ = writeln!(self.head, "{name}: {value}");
                    }
                }
                Ok(Event::Content(content)) => self.content.extend(content),
                Ok(Event::End { .. }) => self.is_ended = true,
                Err(fault) => self.fault = Some(format!("{:?}: {fault}\n", fault.kind)),
            }
        }
    }

    // How much of a refused answer was handed on before depends on how it was cut.
    fn show(self) -> String {
        if let Some(fault) = self.fault {
            return fault
                .to_lowercase()
                .replacen("head:", "wrong head:", 1)
                .replacen("body:", "wrong body:", 1);
        }
        let content = String::from_utf8_lossy(&self.content)
            .escape_debug()
            .to_string();
        let end = match (self.is_ended, self.is_reusable) {
            (false, _) => "more is expected",
            (true, true) => "the connection goes on",
            (true, false) => "the connection ends",
        };
        let content = if content.is_empty() {
            content
        } else {
            format!("> {content}\n")
        };
        format!("{}{content}{end}\n", self.head)
    }
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((before, behind)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let hex =
            |digits: Option<&str>| digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, length) = match behind.as_bytes().first() {
            Some(b'r') => (b'\r', 1),
            Some(b'n') => (b'\n', 1),
            Some(b'\\') => (b'\\', 1),
            Some(b'x') => (hex(behind.get(1..3)).ok_or("`\\x` without two digits")?, 3),
            _ => return Err(format!("unknown escape in `{text}`")),
        };
        bytes.push(byte);
        rest = &behind[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

fn cases() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/answers");
    let entries = std::fs::read_dir(folder).expect("the folder of cases is there");
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let is_case = |path: &PathBuf| path.extension().is_some_and(|e| e == "answer");
    let mut cases: Vec<PathBuf> = paths.filter(is_case).collect();
    cases.sort();
    cases
}

#[test]
fn every_answer_is_read_as_its_file_says() {
    let mut differences = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 60);
    for path in cases {
        let text = std::fs::read_to_string(&path).expect("a case can be read");
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let (input, expected) = text.split_once(MARK).unwrap_or((&text, ""));
        let case = Case::parse(input).unwrap_or_else(|mistake| panic!("{name}: {mistake}"));
        let whole = case.read(&[&case.bytes]);
        for pieces in case.pieces_of_all_cuts() {
            assert_eq!(
                case.read(&pieces),
                whole,
                "{name}, first piece of {} bytes",
                pieces.first().map_or(0, |p| p.len())
            );
        }
        if whole == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, format!("{input}{MARK}{whole}")).expect("a case can be written");
        }
        differences.push(format!("{name}:\n{input}{MARK}{whole}"));
    }
    assert!(
        differences.is_empty(),
        "made otherwise:\n\n{}",
        differences.join("\n")
    );
}
