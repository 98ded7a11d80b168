//! Commands for Redis, packed as they go over the wire, so that thousands of them are one write.
//! No I/O.

use std::io::Write;

/// Commands, packed.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    bytes: Vec<u8>,
    count: usize,
}

impl Commands {
    /// No commands.
    pub(crate) fn new() -> Commands {
        Commands::default()
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// What goes over the wire.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds a command of these words.
    pub(crate) fn add(&mut self, words: &[&[u8]]) {
        self.begin(words.len());
        words.iter().for_each(|word| self.word(&[word]));
    }

    /// Adds one whose keys are of a prefix and a name each.
    pub(crate) fn add_keys<'a>(
        &mut self,
        command: &[u8],
        prefix: &[u8],
        names: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        self.begin(1 + names.len());
        self.word(&[command]);
        names.for_each(|name| self.word(&[prefix, name]));
    }

    /// Adds one of a key, which is a prefix and a name, and more words.
    pub(crate) fn add_key<'a>(
        &mut self,
        command: &[u8],
        (prefix, name): (&[u8], &[u8]),
        words: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        self.begin(2 + words.len());
        self.word(&[command]);
        self.word(&[prefix, name]);
        words.for_each(|word| self.word(&[word]));
    }

    /// Adds those of others.
    pub(crate) fn append(&mut self, others: &Commands) {
        self.bytes.extend_from_slice(&others.bytes);
        self.count += others.count;
    }

    fn begin(&mut self, words: usize) {
        self.count += 1;
        write!(self.bytes, "*{words}\r\n").expect("memory takes it");
    }

    fn word(&mut self, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        write!(self.bytes, "${length}\r\n").expect("memory takes it");
        parts
            .iter()
            .for_each(|part| self.bytes.extend_from_slice(part));
        self.bytes.extend_from_slice(b"\r\n");
    }
}

/// The pattern that matches the keys that begin like this, and no others.
pub(crate) fn pattern(prefix: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(prefix.len() + 1);
    for &byte in prefix {
        if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\') {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
    pattern.push(b'*');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_commands() {
        let mut commands = Commands::new();
        commands.add(&[b"GET", b"mark"]);
        let names = [&b"a"[..], b"", b"\r\n"];
        commands.add_keys(b"DEL", b"f:", names.into_iter());
        commands.add_key(b"SADD", (b"f:", b"a"), [&b"http://b:1"[..]].into_iter());
        let mut all = Commands::new();
        all.add(&[b"MULTI"]);
        all.append(&commands);
        assert_eq!(all.count(), 4);
        let packed = "*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nGET\r\n$4\r\nmark\r\n\
                      *4\r\n$3\r\nDEL\r\n$3\r\nf:a\r\n$2\r\nf:\r\n$4\r\nf:\r\n\r\n\
                      *3\r\n$4\r\nSADD\r\n$3\r\nf:a\r\n$10\r\nhttp://b:1\r\n";
        assert_eq!(std::str::from_utf8(all.bytes()), Ok(packed));
    }

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(pattern(b"frontend:"), b"frontend:*");
        assert_eq!(pattern(b"a*?[b]\\^-"), b"a\\*\\?\\[b\\]\\\\^-*");
    }
}
