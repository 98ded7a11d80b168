//! Files for TLS that cannot be used: that is told at the start, with the setting's name.

use super::caller::Caller;
use super::certificates::Authority;
use super::program::folder;

const URL: &str = "https://localhost:1";

/// What is told of these settings, with `@` for the folder.
#[track_caller]
fn told(folder: &tempfile::TempDir, settings: &[(&str, &str)]) -> String {
    let path = folder.path().display().to_string();
    let settings: Vec<(&str, String)> = settings
        .iter()
        .map(|(name, file)| (*name, format!("{path}/{file}")))
        .collect();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, file)| (*name, &**file))
        .collect();
    match Caller::start(URL, &[], &settings) {
        Ok(_) => panic!("it starts"),
        Err(error) => error.replace(&path, "@"),
    }
}

#[test]
fn files_that_cannot_be_used() {
    let ours = Authority::new("ours");
    let folder = folder(&[("words", "no certificate\n"), ("ca", &ours.pem())]);
    ours.certify_client("one").write(folder.path(), "one");
    ours.certify_client("other").write(folder.path(), "other");
    for (settings, what) in [
        (
            &[("ssl.cafile", "words")][..],
            "`connection.backend.ssl.cafile`: `@/words` is not PEM: it has no line such as \
             `-----BEGIN CERTIFICATE-----`",
        ),
        (
            &[("ssl.cafile", "one.key")],
            "`connection.backend.ssl.cafile`: `@/one.key` has no `CERTIFICATE`, but `PRIVATE KEY`",
        ),
        (
            &[("ssl.cafile", "ca"), ("ssl.certfile", "one.cert")],
            "`connection.backend.ssl.keyfile` is missing: the client certificate `@/one.cert` is \
             given without a key, and needs one",
        ),
        (
            &[("ssl.cafile", "ca"), ("ssl.keyfile", "one.key")],
            "`connection.backend.ssl.certfile` is missing: the key `@/one.key` is given without a \
             client certificate, and needs one",
        ),
        (
            &[
                ("ssl.cafile", "ca"),
                ("ssl.certfile", "one.cert"),
                ("ssl.keyfile", "other.key"),
            ],
            "`connection.backend.ssl.keyfile`: the key in `@/other.key` does not belong to the \
             certificate in `@/one.cert`",
        ),
        (
            &[
                ("ssl.cafile", "ca"),
                ("ssl.certfile", "words"),
                ("ssl.keyfile", "other.key"),
            ],
            "`connection.backend.ssl.certfile`: `@/words` is not PEM: it has no line such as \
             `-----BEGIN CERTIFICATE-----`",
        ),
    ] {
        let expected = format!("error: connection `backend` cannot be called: {what}");
        assert_eq!(told(&folder, settings), expected);
    }
}
