//! Secrets as they lie in the database: encrypted with a key from the configuration.
//!
//! A sealed secret is a byte for the format, four that tell the key, twelve that are never used
//! twice, and what AES-256-GCM makes of the secret (NIST SP 800-38D), bound to the name of its owner.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use micro_api::Error;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::provisioner::Secret;

const FORMAT: u8 = 1;
const KEY_BYTES: usize = 32;
const MARK_BYTES: usize = 4;
const HEAD_BYTES: usize = 1 + MARK_BYTES;

/// The keys: the first one seals, all of them open, so that one can be exchanged for another.
pub(crate) struct Keys(Vec<Key>);

struct Key {
    mark: [u8; MARK_BYTES],
    key: LessSafeKey,
}

impl Keys {
    /// Reads keys that stand between blanks, commas or line ends, each 32 bytes in 64 hexadecimal
    /// digits or in base64.
    ///
    /// # Errors
    ///
    /// If there is none, or one is anything else: named by its position, as it is a secret.
    pub(crate) fn read(text: &str) -> Result<Keys, String> {
        let is_between = |c: char| c == ',' || c.is_ascii_whitespace();
        let texts = text.split(is_between).filter(|text| !text.is_empty());
        let texts: Vec<&str> = texts.collect();
        if texts.is_empty() {
            return Err("there is no key: expected 64 hexadecimal digits".to_owned());
        }
        let keys = texts.iter().enumerate().map(|(at, text)| {
            let position = format!("key {} of {}", at + 1, texts.len());
            Key::read(text).map_err(|why| format!("{position} {why}"))
        });
        keys.collect::<Result<_, _>>().map(Keys)
    }

    /// Seals a secret for its owner.
    ///
    /// # Errors
    ///
    /// If the system has no random numbers.
    pub(crate) fn seal(&self, secret: &Secret, owner: &str) -> Result<Vec<u8>, Error> {
        let key = self.0.first().expect("there is at least one");
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| Error::internal("the system has no random numbers"))?;
        let mut content = secret.reveal().as_bytes().to_vec();
        key.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner.as_bytes()),
                &mut content,
            )
            .map_err(|_| Error::internal("a secret could not be sealed"))?;
        let mut sealed = self.head();
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&content);
        Ok(sealed)
    }

    /// With what begins whatever the first key seals.
    pub(crate) fn head(&self) -> Vec<u8> {
        let key = self.0.first().expect("there is at least one");
        let mut head = vec![FORMAT];
        head.extend_from_slice(&key.mark);
        head
    }

    /// Opens what was sealed for this owner.
    ///
    /// # Errors
    ///
    /// If it was sealed for another one or with another key, or was changed.
    pub(crate) fn open(&self, sealed: &[u8], owner: &str) -> Result<Secret, Error> {
        let refused = |why: &str| Error::internal(format!("the secret of {owner} {why}"));
        if sealed.len() < HEAD_BYTES + NONCE_LEN || sealed[0] != FORMAT {
            return Err(refused("has a format that is not known"));
        }
        let (head, rest) = sealed.split_at(HEAD_BYTES);
        let (nonce, content) = rest.split_at(NONCE_LEN);
        let key = self.0.iter().find(|key| key.mark == head[1..]);
        let key =
            key.ok_or_else(|| refused("was sealed with a key that is not in `broker.key`"))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("it has its length");
        let mut content = content.to_vec();
        let opened = key
            .key
            .open_in_place(nonce, Aad::from(owner.as_bytes()), &mut content);
        let text = opened.ok().and_then(|bytes| str::from_utf8(bytes).ok());
        match text {
            Some(text) => Ok(Secret(text.to_owned())),
            None => Err(refused("was changed in the database")),
        }
    }
}

// Keys are secrets.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl Key {
    fn read(text: &str) -> Result<Key, String> {
        let bytes = from_hex(text).or_else(|| STANDARD.decode(text).ok());
        let Some(bytes) = bytes else {
            return Err("is neither hexadecimal nor base64: expected 64 hexadecimal digits".into());
        };
        if bytes.len() != KEY_BYTES {
            let length = bytes.len();
            return Err(format!("has {length} bytes: expected {KEY_BYTES}"));
        }
        let mut mark = [0; MARK_BYTES];
        mark.copy_from_slice(&digest(&SHA256, &bytes).as_ref()[..MARK_BYTES]);
        let key = UnboundKey::new(&AES_256_GCM, &bytes).expect("it has its length");
        Ok(Key {
            mark,
            key: LessSafeKey::new(key),
        })
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| {
        let [high, low] = pair else { return None };
        u8::try_from(digit(high)? << 4 | digit(low)?).ok()
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::{Keys, Secret};

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const OTHER: &str = "//////////////////////////////////////////8=";

    fn keys(text: &str) -> Keys {
        Keys::read(text).expect("they are keys")
    }

    fn secret() -> Secret {
        Secret("xyzzy".to_owned())
    }

    #[test]
    fn what_is_sealed_is_opened_for_its_owner_alone() {
        let keys = keys(KEY);
        let sealed = keys.seal(&secret(), "a").expect("it is sealed");
        assert_eq!(keys.open(&sealed, "a").ok(), Some(secret()));
        let error = keys.open(&sealed, "b").expect_err("it is another's");
        let why = "the secret of b was changed in the database";
        assert_eq!(error.detail(), Some(why));
    }

    #[test]
    fn the_secret_does_not_show_and_no_two_seals_are_alike() {
        let keys = keys(KEY);
        let [one, two] = [(), ()].map(|()| keys.seal(&secret(), "a").expect("it is sealed"));
        assert_ne!(one, two);
        assert!(!one.windows(5).any(|bytes| bytes == b"xyzzy"));
        let shown = format!("{keys:?} {:?}", secret());
        assert_eq!(shown, "Keys(1) ***");
    }

    #[test]
    fn keys_are_exchanged_one_for_another() {
        let old = keys(KEY).seal(&secret(), "a").expect("it is sealed");
        let both = keys(&format!("{OTHER}, {KEY}"));
        assert_eq!(both.open(&old, "a").ok(), Some(secret()));
        let new = both.seal(&secret(), "a").expect("it is sealed");
        assert_eq!(keys(OTHER).open(&new, "a").ok(), Some(secret()));
        let error = keys(OTHER).open(&old, "a").expect_err("its key is gone");
        let why = "the secret of a was sealed with a key that is not in `broker.key`";
        assert_eq!(error.detail(), Some(why));
    }

    #[test]
    fn cut_or_changed_anywhere_it_stays_closed() {
        let keys = keys(KEY);
        let sealed = keys.seal(&secret(), "a").expect("it is sealed");
        for at in 0..sealed.len() {
            assert!(keys.open(&sealed[..at], "a").is_err());
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open(&changed, "a").is_err());
        }
    }

    #[test]
    fn what_is_no_key_is_named_by_its_position() {
        for (text, why) in [
            ("", "there is no key: expected 64 hexadecimal digits"),
            (" ,\n", "there is no key: expected 64 hexadecimal digits"),
            (&KEY[..62], "key 1 of 1 has 31 bytes: expected 32"),
            (&format!("{KEY}00"), "key 1 of 1 has 33 bytes: expected 32"),
            (
                &format!("{KEY} p@ss"),
                "key 2 of 2 is neither hexadecimal nor base64: expected 64 hexadecimal digits",
            ),
        ] {
            assert_eq!(Keys::read(text).expect_err(text), why);
        }
    }
}
