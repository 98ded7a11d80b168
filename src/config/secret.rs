//! Which names are those of secrets.

/// Whether what has this name is probably a secret: a header field, a setting, an argument.
///
/// ```
/// use micro::config::names_secret;
///
/// assert!(names_secret("Proxy-Authorization") && names_secret("X_API_KEY"));
/// assert!(!names_secret("Accept") && !names_secret("key"));
/// ```
#[must_use]
pub fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    ["auth", "token", "secret", "passw", "apikey", "cookie"]
        .iter()
        .any(|sign| name.contains(sign))
}
