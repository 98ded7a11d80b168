//! The manifest to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

use super::super::output::answer;

/// What stands in a template where its user has something else.
pub(super) const ID: &str = "servicename";
pub(super) const TEAM: &str = "team-of-the-service";
pub(super) const PRODUCTION: &str = "https://production-endpoint.example.com";
const TEST: &str = "http://127.0.0.1:8100";
/// How many bytes of chance a password has.
const PASSWORD_BYTES: usize = 24;

/// Writes a template for its owner alone to read.
///
/// # Errors
///
/// If it cannot be written, or there is a file already.
pub(super) fn write(path: &Path, is_forced: bool) -> Result<ExitCode, String> {
    let shown = path.display();
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    match is_forced {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let text = text()?;
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
    });
    match written {
        Ok(()) => Ok(answer(&format!("wrote `{shown}`; it holds a password\n"))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(format!(
            "there is a file `{shown}` already: `--force` writes over it, `--output FILE` elsewhere"
        )),
        Err(error) => Err(format!("`{shown}` cannot be written: {error}")),
    }
}

fn text() -> Result<String, String> {
    let mut bytes = [0; PASSWORD_BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| "the system has no random numbers".to_owned())?;
    let password = URL_SAFE_NO_PAD.encode(bytes);
    Ok(format!(
        "# What tsuru is told of a service, see `micro crane --help`.
id: {ID}                          # its name: small letters, digits and `-`
username: tsuru                          # what tsuru logs in with, as in BROKER_USERNAME
password: {password}
team: {TEAM}                # who is responsible for it
endpoint:
  production: {PRODUCTION}
  test: {TEST}
encoding: form                           # what tsuru sends: form or json
multi-cluster: false
"
    ))
}
