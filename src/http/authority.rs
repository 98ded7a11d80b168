//! The grammar of `host` and `host:port` (RFC 3986 section 3.2, RFC 9110 section 7.2).

/// Whether this can be the value of Host: empty, `host` or `host:port` (RFC 9110 section 7.2).
#[must_use]
pub fn is_host_value(value: &[u8]) -> bool {
    value.is_empty() || is_authority(value)
}

/// Whether this is `host` or `host:port`, without user information.
pub(super) fn is_authority(text: &[u8]) -> bool {
    if let Some(literal) = text.strip_prefix(b"[") {
        let Some(close) = literal.iter().position(|&byte| byte == b']') else {
            return false;
        };
        return is_ip_literal(&literal[..close]) && is_port_part(&literal[close + 1..]);
    }
    let end = text
        .iter()
        .position(|&byte| byte == b':')
        .unwrap_or(text.len());
    is_name(&text[..end]) && is_port_part(&text[end..])
}

/// Whether this is `host:port`, as CONNECT has it.
pub(super) fn is_authority_with_port(text: &[u8]) -> bool {
    is_authority(text) && text.last().is_some_and(u8::is_ascii_digit) && has_port(text)
}

fn has_port(text: &[u8]) -> bool {
    let colon = text.iter().rposition(|&byte| byte == b':');
    colon.is_some_and(|colon| text[colon + 1..].iter().all(u8::is_ascii_digit))
}

// Nothing, or a colon and perhaps a number.
fn is_port_part(text: &[u8]) -> bool {
    let Some((colon, digits)) = text.split_first() else {
        return true;
    };
    let is_number = digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit);
    let number = || {
        digits
            .iter()
            .fold(0, |n, digit| n * 10 + u32::from(digit - b'0'))
    };
    *colon == b':' && is_number && number() <= 65_535
}

// A reg-name. The comma of the grammar is left out: a list of hosts is no host.
fn is_name(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| NAME_BYTES[usize::from(*byte)];
    !text.is_empty() && (text.iter().all(is_plain) || is_encoded_name(text))
}

fn is_encoded_name(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = match byte {
            b'%' if behind.len() >= 2 && behind[..2].iter().all(u8::is_ascii_hexdigit) => {
                &behind[2..]
            }
            byte if NAME_BYTES[usize::from(*byte)] => behind,
            _ => return false,
        };
    }
    true
}

// RFC 3986 section 2.3, unreserved, and section 2.2, sub-delims.
const NAME_BYTES: [bool; 256] = {
    let mut bytes = [false; 256];
    let allowed = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;=";
    let mut at = 0;
    while at < allowed.len() {
        bytes[allowed[at] as usize] = true;
        at += 1;
    }
    bytes
};

// IPv6, or the `vX.…` that is kept for its successors.
fn is_ip_literal(text: &[u8]) -> bool {
    if let Some((b'v' | b'V', future)) = text.split_first() {
        let Some(dot) = future.iter().position(|&byte| byte == b'.') else {
            return false;
        };
        let (version, address) = (&future[..dot], &future[dot + 1..]);
        return !version.is_empty()
            && version.iter().all(u8::is_ascii_hexdigit)
            && (is_name(address) || address.contains(&b':'))
            && address
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:".contains(byte));
    }
    let text = std::str::from_utf8(text).unwrap_or_default();
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in [
            "",
            "a",
            "example.org",
            "example.org:80",
            "example.org:",
            "127.0.0.1:65535",
            "a_b",
            "[::1]",
            "[::1]:80",
            "[fe80::1.2.3.4]",
            "%C3%A9.example",
            "[v1.a:b]",
            "EXAMPLE.",
        ] {
            assert!(is_host_value(host.as_bytes()), "{host}");
        }
        for host in [
            ":80", "a b", "a/b", "a@b", "a:b", "a:80:80", "a:65536", "a:123456", "[::1", "::1",
            "[::g]", "[::1]x", "a,b", "a?b", "a#b", "a\\b", "%zz", "%c", "\"a\"", "\u{e9}", "[]",
            "[v.a]", "a:-1", "a:+1",
        ] {
            assert!(!is_host_value(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn connect_needs_a_port() {
        assert!(is_authority_with_port(b"example.org:443"));
        assert!(is_authority_with_port(b"[::1]:443"));
        for target in ["example.org", "example.org:", "[::1]", "/", ""] {
            assert!(!is_authority_with_port(target.as_bytes()), "{target}");
        }
    }
}
