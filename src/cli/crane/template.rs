//! The manifest to begin with.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
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
const OWNER_ALONE: u32 = 0o600;
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
    options.write(true).mode(OWNER_ALONE);
    match is_forced {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let text = text()?;
    let written = options.open(path).and_then(|file| write_text(file, &text));
    match written {
        Ok(()) => Ok(answer(&format!("wrote `{shown}`; it holds a password\n"))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(format!(
            "there is a file `{shown}` already: `--force` writes over it, `--output FILE` elsewhere"
        )),
        Err(error) => Err(format!("`{shown}` cannot be written: {error}")),
    }
}

fn write_text(mut file: File, text: &str) -> io::Result<()> {
    if !file.metadata()?.is_file() {
        return file.write_all(text.as_bytes());
    }
    // One that was there has kept its permissions.
    file.set_permissions(Permissions::from_mode(OWNER_ALONE))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
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
