//! A domain name, in the one form in which it is stored and compared. No I/O.

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use micro_api::quoted;

use crate::malformed::Malformed;

/// How long a name may be (RFC 1035 section 2.3.4, as it is written: without the final dot).
pub(crate) const NAME_BYTES_MAX: usize = 253;

/// How long a label of a name may be (RFC 1035 section 2.3.4).
pub(crate) const LABEL_BYTES_MAX: usize = 63;

/// Longer than any text that makes a name: no label gets shorter than a byte for four.
const TEXT_BYTES_MAX: usize = 4096;

/// The domain of a mapping: lower case, ASCII (IDNA A-labels), without a final dot. With a leading
/// `*.`, it stands for whatever is below the name behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Domain(String);

impl Domain {
    /// Reads a domain as people write it: in any case, in any script, perhaps with a final dot.
    ///
    /// # Errors
    ///
    /// If it is no name of hosts (RFC 1123 section 2.1, UTS 46 with the rules of STD 3), or a `*`
    /// stands anywhere but in a leading `*.` with two labels behind it.
    pub(crate) fn parse(text: &str) -> Result<Domain, Malformed> {
        check_text(text)?;
        let (wildcard, name) = match text.strip_prefix("*.") {
            Some(name) => ("*.", name),
            None => ("", text),
        };
        check_characters(text, name)?;
        let ascii = to_ascii(text, name)?;
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        check_labels(text, name)?;
        if !wildcard.is_empty() && !name.contains('.') {
            return Err(about(
                text,
                "has one label behind `*.`: expected at least two, as in `*.example.org`",
            ));
        }
        let domain = format!("{wildcard}{name}");
        check_length(text, &domain)?;
        Ok(Domain(domain))
    }

    /// The name, as it is stored.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn about(text: &str, what: impl fmt::Display) -> Malformed {
    Malformed::new(format!("the domain {} {what}", quoted(text)))
}

/// Likely slips: what is no name at all, but has one in it.
fn check_text(text: &str) -> Result<(), Malformed> {
    if text.is_empty() {
        let why = "the domain is empty: expected a name such as `example.org`";
        return Err(Malformed::new(why));
    }
    if text.len() > TEXT_BYTES_MAX {
        return check_length(text, text);
    }
    if text.contains("://") {
        let why = "has a scheme: expected the name alone, such as `example.org`";
        return Err(about(text, why));
    }
    if text.starts_with('[') || text.parse::<std::net::IpAddr>().is_ok() {
        return Err(is_address(text));
    }
    match text.split_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
            let why = format!("has a port: expected it without the port, {}", quoted(name));
            Err(about(text, why))
        }
        _ => Ok(()),
    }
}

fn is_address(text: &str) -> Malformed {
    let why = "is an address: expected a name whose last label is not a number";
    about(text, why)
}

fn check_characters(text: &str, name: &str) -> Result<(), Malformed> {
    if name.contains('*') {
        let why = "has a `*` where none can be: expected it in a leading `*.` only";
        return Err(about(text, why));
    }
    let is_bordered = |label: &str| label.starts_with('-') || label.ends_with('-');
    if name.split('.').any(is_bordered) {
        let why = "has a hyphen at the border of a label: expected a letter or digit there";
        return Err(about(text, why));
    }
    // Those of other scripts are told apart by IDNA.
    let is_fit = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    match name.chars().find(|c| !is_fit(*c)) {
        Some(found) => {
            let found = quoted(found.encode_utf8(&mut [0; 4]));
            let expected = "letters, digits and hyphens between dots";
            Err(about(text, format!("has a {found}: expected {expected}")))
        }
        None => Ok(()),
    }
}

fn to_ascii(text: &str, name: &str) -> Result<String, Malformed> {
    // Lengths are checked afterwards, where it can be said what is wrong with them.
    let (hyphens, length) = (Hyphens::CheckFirstLast, DnsLength::Ignore);
    let ascii = Uts46::new().to_ascii(name.as_bytes(), AsciiDenyList::STD3, hyphens, length);
    let why = "is no internationalized name: expected labels that IDNA (UTS 46) allows";
    ascii
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| about(text, why))
}

fn check_labels(text: &str, name: &str) -> Result<(), Malformed> {
    for label in name.split('.') {
        check_label(text, label)?;
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(is_address(text));
    }
    Ok(())
}

fn check_label(text: &str, label: &str) -> Result<(), Malformed> {
    let length = label.len();
    if label.is_empty() {
        let why = "has an empty label: expected something before each dot";
        return Err(about(text, why));
    }
    if length > LABEL_BYTES_MAX {
        let why = format!("has a label of {length} bytes: expected at most {LABEL_BYTES_MAX}");
        return Err(about(text, why));
    }
    Ok(())
}

fn check_length(text: &str, name: &str) -> Result<(), Malformed> {
    let length = name.len();
    if length > NAME_BYTES_MAX {
        let why = format!("is {length} bytes long: expected at most {NAME_BYTES_MAX}");
        return Err(about(text, why));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
