//! A case: the form of the files, read and written.

use micro::config::Limits;

/// A conversation and how it should go.
pub(crate) struct Case {
    /// What the listener allows.
    pub(crate) limits: Limits,
    /// Whether cutting the bytes would change the answer, as RFC 9110 section 10.1.1 allows.
    pub(crate) is_whole_only: bool,
    /// What is sent and what should be answered, in turns.
    pub(crate) turns: Vec<Turn>,
    /// How the connection should stand at the end.
    pub(crate) end: String,
    text: String,
}

/// Something sent, and the answer to it.
#[derive(Default)]
pub(crate) struct Turn {
    /// The bytes sent.
    pub(crate) sent: Vec<u8>,
    /// Whether the peer ends its side then.
    pub(crate) is_end: bool,
    /// The bytes that should come back.
    pub(crate) answer: Vec<u8>,
}

/// The answers of a conversation, and how the connection stood at the end.
pub(crate) type Answers = (Vec<Vec<u8>>, String);

impl Case {
    /// Reads a case.
    pub(crate) fn parse(text: &str) -> Result<Case, String> {
        let mut case = Case {
            limits: Limits::default(),
            is_whole_only: false,
            turns: vec![Turn::default()],
            end: String::new(),
            text: text.to_owned(),
        };
        for (index, line) in text.lines().enumerate() {
            case.take_line(line)
                .map_err(|mistake| format!("line {}: {mistake}", index + 1))?;
        }
        Ok(case)
    }

    /// What should be answered.
    pub(crate) fn expected(&self) -> Answers {
        (
            self.turns.iter().map(|turn| turn.answer.clone()).collect(),
            self.end.clone(),
        )
    }

    /// The text of this case with other answers.
    pub(crate) fn with(&self, answers: &Answers) -> String {
        let mut text = String::new();
        let mut answers_left = answers.0.iter();
        let mut is_sending = false;
        for line in self
            .text
            .lines()
            .filter(|line| !line.starts_with(['<', '=']))
        {
            let is_sent = line.starts_with('>') || line == "end";
            if is_sending && !is_sent {
                text += &write_answer(answers_left.next());
            }
            is_sending = is_sent;
            if is_sent || !line.is_empty() {
                text += &format!("{line}\n");
            }
        }
        text += &write_answer(answers_left.next());
        text + &format!("= {}\n", answers.1)
    }

    fn take_line(&mut self, line: &str) -> Result<(), String> {
        let is_answered = self
            .turns
            .last()
            .is_some_and(|turn| !turn.answer.is_empty());
        if (line.starts_with('>') || line == "end") && (is_answered || self.has_ended()) {
            self.turns.push(Turn::default());
        }
        let turn = self.turns.last_mut().ok_or("no turn")?;
        match line.split_at_checked(2) {
            _ if line.is_empty() || line.starts_with('#') => {}
            _ if line == "end" => turn.is_end = true,
            _ if line == "whole only" => self.is_whole_only = true,
            // Parts two sendings between which nothing is answered.
            _ if line == "then" => self.turns.push(Turn::default()),
            Some((">|", text)) => decode(text, &mut turn.sent),
            Some(("<|", text)) => decode(text, &mut turn.answer),
            Some(("> ", text)) => decode(&format!("{text}\\r\\n"), &mut turn.sent),
            Some(("< ", text)) => decode(&format!("{text}\\r\\n"), &mut turn.answer),
            Some(("= ", end)) => end.clone_into(&mut self.end),
            _ if line == ">" => turn.sent.extend_from_slice(b"\r\n"),
            _ if line == "<" => turn.answer.extend_from_slice(b"\r\n"),
            _ => return self.take_limit(line),
        }
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.turns.last().is_some_and(|turn| turn.is_end)
    }

    fn take_limit(&mut self, line: &str) -> Result<(), String> {
        let (name, number) = line
            .split_once(" = ")
            .ok_or(format!("`{line}` means nothing"))?;
        let number = number
            .parse()
            .map_err(|_| format!("`{number}` is no number"))?;
        let limit = match name {
            "line" => &mut self.limits.line_bytes_max,
            "fields" => &mut self.limits.header_count_max,
            "head" => &mut self.limits.head_bytes_max,
            "content" => &mut self.limits.content_bytes_max,
            _ => return Err(format!("there is no limit `{name}`")),
        };
        *limit = number;
        Ok(())
    }
}

// Undoes escapes and repetitions.
fn decode(text: &str, bytes: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some((piece, count, behind)) = find_repetition(rest) {
            for _ in 0..count {
                decode(piece, bytes);
            }
            rest = behind;
            continue;
        }
        let (byte, length) = match rest.as_bytes() {
            [b'\\', b'r', ..] => (b'\r', 2),
            [b'\\', b'n', ..] => (b'\n', 2),
            [b'\\', b't', ..] => (b'\t', 2),
            [b'\\', b'x', high, low, ..] => (hex(*high) << 4 | hex(*low), 4),
            [b'\\', other, ..] => (*other, 2),
            _ => {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[letter.len_utf8()..];
                continue;
            }
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
}

fn hex(digit: u8) -> u8 {
    char::from(digit)
        .to_digit(16)
        .map_or(0, |digit| digit as u8)
}

// `{piece*count}`; any other brace stands for itself.
fn find_repetition(text: &str) -> Option<(&str, usize, &str)> {
    let (inside, behind) = text.strip_prefix('{')?.split_once('}')?;
    let (piece, count) = inside.rsplit_once('*')?;
    Some((piece, count.parse().ok()?, behind))
}

// One line for each line, and a new one where content without a line's end is followed by the next
// answer.
fn write_answer(bytes: Option<&Vec<u8>>) -> String {
    let mut text = String::new();
    for line in bytes
        .into_iter()
        .flat_map(|bytes| bytes.split_inclusive(|&byte| byte == b'\n'))
    {
        let status = line
            .windows(9)
            .position(|window| window == b"HTTP/1.1 ")
            .unwrap_or(0);
        let (content, line) = line.split_at(status);
        if !content.is_empty() {
            text += &format!("<|{}\n", encode(content));
        }
        match line.strip_suffix(b"\r\n") {
            Some(b"") => text += "<\n",
            Some(line) => text += &format!("< {}\n", encode(line)),
            None => text += &format!("<|{}\n", encode(line)),
        }
    }
    text
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for run in bytes.chunk_by(|a, b| a == b) {
        let piece = match run[0] {
            b'\r' => "\\r".to_owned(),
            b'\n' => "\\n".to_owned(),
            b'\\' => "\\\\".to_owned(),
            byte @ b' '..=b'~' => char::from(byte).to_string(),
            byte => format!("\\x{byte:02x}"),
        };
        match run.len() {
            count @ 20.. => text += &format!("{{{piece}*{count}}}"),
            count => text += &piece.repeat(count),
        }
    }
    text
}
