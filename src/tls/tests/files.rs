//! Files that can be used, and those that cannot, each with its sentence.

use std::path::Path;

use super::*;
use crate::tls::roots::Roots;

/// What is said of a client certificate and key, with the folder's name left out.
fn pair_refusal(folder: &Folder, certificate: Option<&str>, key: Option<&str>) -> String {
    let path = |name: &str| folder.0.path().join(name);
    refusal_of(
        folder,
        &TlsFiles {
            ca_file: Some(folder.file("authority.pem", AUTHORITY.pem())),
            cert_file: certificate.map(path),
            key_file: key.map(path),
        },
    )
}

fn refusal_of(folder: &Folder, files: &TlsFiles) -> String {
    let error = Client::new(files, &SystemRoots::default()).expect_err("the files cannot be used");
    let root = format!("{}/", folder.0.path().display());
    error.to_string().replace(&root, "")
}

#[test]
fn files_of_authorities_that_cannot_be_used() {
    let folder = Folder::new();
    let key = AUTHORITY.certify(&[HOST]).key.serialize_pem();
    let whole = AUTHORITY.pem();
    let (half, _) = whole.split_at(whole.len() / 2);
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let no_base64 = nonsense.replace("AAAA", "!!!!");
    let no_start = nonsense.replace("CERTIFICATE-----\nA", "CERTIFICATE\nA");
    for (text, expected) in [
        (
            "",
            "`f` is not PEM: it has no line such as `-----BEGIN CERTIFICATE-----`",
        ),
        (
            "\u{30}\u{82}\u{1}",
            "`f` is not PEM: it has no line such as `-----BEGIN CERTIFICATE-----`",
        ),
        (&key, "`f` has no `CERTIFICATE`, but `PRIVATE KEY`"),
        (half, "`f` is broken PEM: a section of it does not end"),
        (
            &no_base64,
            "`f` is broken PEM: a section of it is not base64",
        ),
        (
            &no_start,
            "`f` is broken PEM: the first line of a section does not end",
        ),
        (
            nonsense,
            "certificate 1 in `f` is broken: one of X.509 was expected",
        ),
        (
            &(whole.clone() + nonsense),
            "certificate 2 in `f` is broken: one of X.509 was expected",
        ),
    ] {
        let ca_file = Some(folder.file("f", text));
        let files = TlsFiles {
            ca_file,
            ..TlsFiles::default()
        };
        assert_eq!(refusal_of(&folder, &files), expected, "{text}");
    }
}

#[test]
fn files_that_are_not_there_or_are_folders() {
    let folder = Folder::new();
    for (name, expected) in [
        ("nothing.pem", "there is no file `nothing.pem`"),
        ("", "`` cannot be read: Is a directory (os error 21)"),
    ] {
        let files = TlsFiles {
            ca_file: Some(folder.0.path().join(name)),
            ..TlsFiles::default()
        };
        assert_eq!(refusal_of(&folder, &files), expected);
    }
    folder.file("c.pem", AUTHORITY.certify(&[HOST]).certificate_pem);
    assert_eq!(
        pair_refusal(&folder, Some("c.pem"), Some("k.pem")),
        "there is no file `k.pem`"
    );
}

#[test]
fn a_certificate_and_its_key_come_together() {
    let folder = Folder::new();
    assert_eq!(
        pair_refusal(&folder, Some("c.pem"), None),
        "the client certificate `c.pem` is given without a key, and needs one"
    );
    assert_eq!(
        pair_refusal(&folder, None, Some("k.pem")),
        "the key `k.pem` is given without a client certificate, and needs one"
    );
}

#[test]
fn keys_that_cannot_be_used() {
    let folder = Folder::new();
    let certified = AUTHORITY.certify(&[HOST]);
    folder.file("c.pem", &certified.certificate_pem);
    let key = certified.key.serialize_pem();
    let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let encrypted_once = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\
        DEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let nonsense = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let foreign = AUTHORITY.certify(&[HOST]).key.serialize_pem();
    for (text, expected) in [
        (
            encrypted.as_str(),
            "the key in `k.pem` is encrypted: one that is not was expected",
        ),
        (
            encrypted_once,
            "the key in `k.pem` is encrypted: one that is not was expected",
        ),
        (
            &certified.certificate_pem,
            "`k.pem` has no `PRIVATE KEY`, but `CERTIFICATE`",
        ),
        (
            nonsense,
            "the key in `k.pem` cannot be used: one for RSA, ECDSA or Ed25519 was expected",
        ),
        (
            &foreign,
            "the key in `k.pem` does not belong to the certificate in `c.pem`",
        ),
    ] {
        folder.file("k.pem", text);
        let refusal = pair_refusal(&folder, Some("c.pem"), Some("k.pem"));
        assert_eq!(refusal, expected, "{text}");
    }
    folder.file("k.pem", &key);
    folder.file("c.pem", nonsense.replace("PRIVATE KEY", "CERTIFICATE"));
    assert_eq!(
        pair_refusal(&folder, Some("c.pem"), Some("k.pem")),
        "certificate 1 in `c.pem` is broken: one of X.509 was expected"
    );
}

#[test]
fn a_certificate_and_its_key_may_be_in_one_file_among_other_things() {
    let folder = Folder::new();
    let certified = AUTHORITY.certify(&[HOST]);
    let parameters = "-----BEGIN EC PARAMETERS-----\r\nAAAA\r\n-----END EC PARAMETERS-----\r\n";
    let (certificate, key) = (&certified.certificate_pem, certified.key.serialize_pem());
    let text = format!("a note\n{parameters}{key}{certificate}");
    let both = folder.file("both.pem", text);
    let files = TlsFiles {
        ca_file: Some(folder.file("ca.pem", AUTHORITY.pem())),
        cert_file: Some(both.clone()),
        key_file: Some(both),
    };
    Client::new(&files, &SystemRoots::default()).expect("the files can be used");
}

#[test]
fn a_system_without_authorities() {
    let found = |path: &Path| rustls_native_certs::load_certs_from_paths(Some(path), None);
    let refusal = |path: &Path| {
        let roots = Roots::of_system(found(path)).map(|_| ());
        roots.expect_err("there are none").to_string()
    };
    let folder = Folder::new();
    assert_eq!(
        refusal(&folder.file("empty.pem", "")),
        "this system has no certificates of authorities to trust, and some are needed, or a file \
         of them"
    );
    let missing = folder.0.path().join("missing.pem");
    assert_eq!(
        refusal(&missing),
        format!(
            "this system has no certificates of authorities to trust: failed to read PEM from \
             file: No such file or directory (os error 2) at '{}'",
            missing.display()
        )
    );
    // One that is broken does not take the others along.
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let path = folder.file("some.pem", broken.to_owned() + &AUTHORITY.pem());
    let roots = Roots::of_system(found(&path)).expect("there is one");
    assert_eq!(
        (roots.store.len(), roots.name.as_str()),
        (1, "the system's authorities")
    );
}

#[test]
fn only_names_and_addresses_are_begun_with() {
    let client = client();
    for host in [
        "shop.test",
        "shop.test.",
        "a_b.test",
        "192.0.2.1",
        "2001:db8::1",
        "localhost",
    ] {
        assert!(client.begin(host).is_ok(), "{host}");
    }
    for host in [
        "",
        ".",
        "a b",
        "[::1]",
        "shop.test:443",
        "fe80::1%eth0",
        "ä.test",
        "1.2.3",
    ] {
        let error = client.begin(host).expect_err("it is no host");
        let expected = format!("`{host}` is neither the name of a host nor an IP address");
        assert_eq!(error.to_string(), expected);
    }
}
