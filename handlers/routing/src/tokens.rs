//! The admin tokens, one of which each request carries. No I/O.

use std::fmt;

use micro_api::Request;
use subtle::{Choice, ConstantTimeEq};

use crate::malformed::Malformed;
use crate::verdict::Verdict;

/// How many characters a token has. 16 are what 64 bits take in hexadecimal digits: with fewer, it
/// could be found by trying.
const TOKEN_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

/// The tokens that open the door, several at once so that one can be exchanged for another.
pub(crate) struct Tokens(Vec<String>);

impl Tokens {
    /// Reads tokens that stand between blanks, commas or line ends; each has 16 to 256 visible ASCII
    /// characters.
    ///
    /// # Errors
    ///
    /// If there is none, or one is anything else: named by its position, as it is a secret.
    pub(crate) fn read(text: &str) -> Result<Tokens, Malformed> {
        let is_between = |c: char| c == ',' || c.is_ascii_whitespace();
        let tokens = text.split(is_between).filter(|token| !token.is_empty());
        let tokens: Vec<String> = tokens.map(str::to_owned).collect();
        if tokens.is_empty() {
            let (least, most) = TOKEN_BYTES.into_inner();
            let why = format!("there is no admin token: expected {least} to {most} characters");
            return Err(Malformed::new(why));
        }
        for (at, token) in tokens.iter().enumerate() {
            let position = format!("admin token {} of {}", at + 1, tokens.len());
            check(token).map_err(|malformed| malformed.within(position))?;
        }
        Ok(Tokens(tokens))
    }

    /// Whether a request carries one of the tokens, as `X-Auth-Token: …` or as `Authorization:
    /// Bearer …` (RFC 6750 section 2.1). If it carries several, each must be right.
    ///
    /// Comparing takes the same time whatever the tokens are, and whichever is meant; how long they
    /// are may show.
    pub(crate) fn judge(&self, request: &Request) -> Verdict {
        let carried = request
            .headers()
            .filter_map(|(name, value)| find_token(name, value));
        let (mut is_given, mut is_right) = (false, Choice::from(1));
        for token in carried {
            is_given = true;
            is_right &= self.has(token);
        }
        match (is_given, bool::from(is_right)) {
            (false, _) => Verdict::Missing,
            (true, true) => Verdict::Granted,
            (true, false) => Verdict::Wrong,
        }
    }

    fn has(&self, token: &[u8]) -> Choice {
        let same = |ours: &String| ours.as_bytes().ct_eq(token);
        self.0
            .iter()
            .map(same)
            .fold(Choice::from(0), |found, same| found | same)
    }
}

// Tokens are secrets.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}

fn check(token: &str) -> Result<(), Malformed> {
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        let why = "has a character that a header field cannot carry: expected visible ASCII";
        return Err(Malformed::new(why));
    }
    if !TOKEN_BYTES.contains(&token.len()) {
        let (length, (least, most)) = (token.len(), TOKEN_BYTES.into_inner());
        let why = format!("has {length} characters: expected {least} to {most}");
        return Err(Malformed::new(why));
    }
    Ok(())
}

/// The token in a header field; an empty one is none, and neither is that of another scheme.
fn find_token<'v>(name: &str, value: &'v [u8]) -> Option<&'v [u8]> {
    let token = if name.eq_ignore_ascii_case("x-auth-token") {
        value
    } else if name.eq_ignore_ascii_case("authorization") {
        let end = value.iter().position(|b| *b == b' ')?;
        let (scheme, rest) = value.split_at(end);
        scheme.eq_ignore_ascii_case(b"bearer").then_some(rest)?
    } else {
        return None;
    };
    Some(token.trim_ascii()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests;
