//! Letters and digits that nobody can guess.

use micro_api::Error;
use ring::rand::{SecureRandom, SystemRandom};

/// Small letters and digits: what every server takes for a name.
pub(crate) const OF_NAMES: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// Letters and digits.
pub(crate) const OF_SECRETS: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// So many characters of an alphabet, each as likely as any other.
///
/// # Errors
///
/// If the system has no random numbers.
pub(crate) fn random(alphabet: &[u8], length: usize) -> Result<String, Error> {
    // Bytes from here on would make the first characters likelier than the others.
    let even = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 64];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| Error::internal("the system has no random numbers"))?;
        let characters = bytes
            .iter()
            .map(|&byte| usize::from(byte))
            .filter(|&byte| byte < even)
            .map(|byte| char::from(alphabet[byte % alphabet.len()]));
        text.extend(characters.take(length - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{OF_NAMES, OF_SECRETS, random};

    #[test]
    fn as_many_characters_as_wanted_of_the_alphabet() {
        for (alphabet, length) in [(OF_NAMES, 16), (OF_SECRETS, 32), (OF_SECRETS, 1000)] {
            let text = random(alphabet, length).expect("there are random numbers");
            assert_eq!(text.len(), length);
            assert!(text.bytes().all(|byte| alphabet.contains(&byte)));
        }
    }

    #[test]
    fn every_character_comes_up_and_no_text_twice() {
        let text = random(OF_NAMES, 4000).expect("there are random numbers");
        assert!(OF_NAMES.iter().all(|byte| text.as_bytes().contains(byte)));
        assert_ne!(text, random(OF_NAMES, 4000).expect("there are"));
    }
}
