//! Which names are those of secrets.

/// Words that say so, alone, in the plural, or at the end of a longer word such as `accesstoken`.
const SIGNS: [&str; 18] = [
    "accesskey",
    "apikey",
    "auth",
    "authentication",
    "authkey",
    "authorisation",
    "authorization",
    "cookie",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "signature",
    "token",
];
/// Words that say so only alone: others may well end so.
const WORDS: [&str; 2] = ["jwt", "sig"];
/// What makes a word `key` the one of a secret.
const KEYS: [&str; 4] = ["access", "api", "private", "subscription"];

/// Whether what has this name is probably a secret: a setting, an argument, a member of JSON.
///
/// Whole words are compared, so that an `author` is none.
///
/// ```
/// use micro::config::names_secret;
///
/// assert!(names_secret("Proxy-Authorization") && names_secret("X_API_KEY"));
/// assert!(names_secret("db.accesstoken") && names_secret("privateKey"));
/// assert!(!names_secret("Accept") && !names_secret("key") && !names_secret("author"));
/// ```
#[must_use]
pub fn names_secret(name: &str) -> bool {
    let words = words(name);
    let is_key = |pair: &[String]| {
        KEYS.contains(&pair[0].as_str()) && pair[1].trim_end_matches('s') == "key"
    };
    words.iter().any(|word| is_sign(word)) || words.windows(2).any(is_key)
}

/// Whether a header field of this name is probably a secret: as [`names_secret`] says, and what is
/// called a key, such as `X-Key`.
///
/// ```
/// use micro::config::names_secret_field;
///
/// assert!(names_secret_field("Ocp-Apim-Subscription-Key") && names_secret_field("Cookie"));
/// assert!(!names_secret_field("Keep-Alive"));
/// ```
#[must_use]
pub fn names_secret_field(name: &str) -> bool {
    names_secret(name) || words(name).last().is_some_and(|word| word == "key")
}

fn is_sign(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    WORDS.contains(&word) || SIGNS.iter().any(|sign| singular.ends_with(sign))
}

/// The words of a name, in lower case and without numbers at their ends, such as that of `password2`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && was_lower || !c.is_alphanumeric() {
            words.push(String::new());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        let word = words.last_mut().expect("there is one");
        word.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_make_a_secret_and_parts_of_them_do_not() {
        for name in [
            "auth",
            "X-Auth-User",
            "Authorization",
            "authentication-info",
            "token",
            "id_token",
            "accesstoken",
            "apitoken",
            "refreshToken",
            "tokens",
            "client.secret",
            "mypassword",
            "PASSWORD",
            "password2",
            "passwd",
            "passphrase",
            "DB_PWD",
            "apikey",
            "api-key",
            "apiKey",
            "API_KEYS",
            "Set-Cookie",
            "credentials",
            "credential",
            "private_key",
            "X-Signature",
            "sig",
            "oauth",
            "access_key",
            "AccessKey",
            "subscription-key",
            "X-JWT",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "",
            "-",
            "author",
            "authority",
            "authors",
            "tokenizer",
            "secretary",
            "key",
            "keys",
            "public_key",
            "signal",
            "design",
            "debugsig",
            "passage",
            "cookiecutter",
            "user",
            "api",
            "monkey",
            "a-pi-key",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn a_field_may_be_a_key() {
        for name in [
            "X-Key",
            "key",
            "ApiKey",
            "Ocp-Apim-Subscription-Key",
            "Cookie",
        ] {
            assert!(names_secret_field(name), "{name}");
        }
        for name in ["X-Key-Id", "X-Monkey", "Accept", ""] {
            assert!(!names_secret_field(name), "{name}");
        }
    }
}
