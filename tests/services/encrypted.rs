//! TLS with nginx and with the server of `openssl`: whom we trust, who we are, and what we say when
//! a server and we do not agree.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use micro_api::CallErrorKind;

use super::caller::Caller;
use super::certificates::{Authority, Certified};
use super::nginx::Nginx;
use super::program::{Lines, Process};
use super::tools;

const WHICH: [&str; 1] = ["RESOURCE which /which"];

/// An nginx that speaks TLS at `@port`, and plain HTTP at `@other`, as it is certified.
#[track_caller]
fn nginx(certified: &Certified, options: &str, files: &[(&str, &[u8])]) -> Option<Nginx> {
    let which = "location = /which { return 200 '$connection $connection_requests'; }";
    let server = format!(
        "server {{
          listen @host:@port ssl;
          ssl_certificate @folder/cert;
          ssl_certificate_key @folder/key;
          add_header X-Version $ssl_protocol;
          add_header X-Session $ssl_session_reused;
          add_header X-Client '$ssl_client_verify $ssl_client_s_dn';
          {options}
          {which}
        }}
        server {{ listen @host:@other; {which} }}"
    );
    let ours: [(&str, &[u8]); 2] = [
        ("cert", certified.certificate.as_bytes()),
        ("key", certified.key.as_bytes()),
    ];
    let files: Vec<(&str, &[u8])> = ours.into_iter().chain(files.iter().copied()).collect();
    Nginx::with(&server, &files)
}

/// Where nginx speaks TLS.
fn url(nginx: &Nginx, host: &str) -> String {
    format!("https://{host}:{}", nginx.port())
}

/// A file with the certificate of an authority.
fn trust(folder: &Path, authority: &Authority) -> PathBuf {
    let path = folder.join("trusted");
    std::fs::write(&path, authority.pem()).expect("a file can be written");
    path
}

/// A caller that trusts this authority.
#[track_caller]
fn caller(url: &str, folder: &Path, authority: &Authority) -> Caller {
    let trusted = trust(folder, authority);
    Caller::with(url, &WHICH, &[("ssl.cafile", text(&trusted))])
}

fn text(path: &Path) -> &str {
    path.to_str().expect("its name is text")
}

#[test]
fn a_name_and_an_address_that_are_certified() {
    let ours = Authority::new("ours");
    for host in ["localhost", "127.0.0.1"] {
        let Some(nginx) = nginx(&ours.certify(host), "", &[]) else {
            return;
        };
        let mut caller = caller(&url(&nginx, host), nginx.folder(), &ours);
        let first = caller.text("which");
        let (connection, _) = first.split_once(' ').expect("two numbers");
        assert_eq!(caller.text("which"), format!("{connection} 2"));
    }
}

#[test]
fn a_certificate_for_another_name() {
    let ours = Authority::new("ours");
    for (certified, host, sentence) in [
        (
            "shop.test",
            "localhost",
            "the peer's certificate is for `shop.test`, and one for `localhost` was expected",
        ),
        (
            "localhost",
            "127.0.0.1",
            "the peer's certificate is for `localhost`, and one for `127.0.0.1` was expected",
        ),
        (
            "127.0.0.2",
            "127.0.0.1",
            "the peer's certificate is for `127.0.0.2`, and one for `127.0.0.1` was expected",
        ),
    ] {
        let Some(nginx) = nginx(&ours.certify(certified), "", &[]) else {
            return;
        };
        let mut caller = caller(&url(&nginx, host), nginx.folder(), &ours);
        assert_eq!(caller.failure("which", CallErrorKind::Tls), sentence);
    }
}

#[test]
fn an_authority_that_nobody_knows() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let Some(nginx) = nginx(&theirs.certify("localhost"), "", &[]) else {
        return;
    };
    let mut trusting = caller(&url(&nginx, "localhost"), nginx.folder(), &ours);
    let trusted = nginx.folder().join("trusted");
    let sentence = trusting.failure("which", CallErrorKind::Tls);
    assert_eq!(
        sentence,
        format!(
            "the peer's certificate is issued by none of the authorities in `{}`",
            trusted.display()
        )
    );
    // It is asked anew each time, and each time refused.
    assert_eq!(trusting.failure("which", CallErrorKind::Tls), sentence);
    let mut trusting = caller(&url(&nginx, "localhost"), nginx.folder(), &theirs);
    trusting.answer("which", ());
}

#[test]
fn a_certificate_that_has_expired() {
    let ours = Authority::new("ours");
    let Some(nginx) = nginx(&ours.certify_expired("localhost"), "", &[]) else {
        return;
    };
    let mut caller = caller(&url(&nginx, "localhost"), nginx.folder(), &ours);
    assert_eq!(
        caller.failure("which", CallErrorKind::Tls),
        "the peer's certificate has expired on Fri, 01 Jan 2021 00:00:00 GMT"
    );
}

#[test]
fn each_version_of_tls() {
    let ours = Authority::new("ours");
    for version in ["TLSv1.2", "TLSv1.3"] {
        let options = format!("ssl_protocols {version};");
        let Some(nginx) = nginx(&ours.certify("localhost"), &options, &[]) else {
            return;
        };
        let mut caller = caller(&url(&nginx, "localhost"), nginx.folder(), &ours);
        let answer = caller.answer("which", ());
        assert_eq!(answer.header("X-Version"), Some(version));
    }
}

#[test]
fn a_version_of_tls_that_is_too_old() {
    let ours = Authority::new("ours");
    let options = "ssl_protocols TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;";
    let Some(nginx) = nginx(&ours.certify("localhost"), options, &[]) else {
        return;
    };
    let mut caller = caller(&url(&nginx, "localhost"), nginx.folder(), &ours);
    assert_eq!(
        caller.failure("which", CallErrorKind::Tls),
        "the peer offers none of the versions of TLS that we speak, 1.2 and 1.3 \
         (alert `protocol_version`)"
    );
}

#[test]
fn a_session_is_taken_up_again_on_another_connection() {
    let ours = Authority::new("ours");
    for version in ["TLSv1.2", "TLSv1.3"] {
        let options = format!("ssl_protocols {version}; keepalive_timeout 0;");
        let Some(nginx) = nginx(&ours.certify("localhost"), &options, &[]) else {
            return;
        };
        let mut caller = caller(&url(&nginx, "localhost"), nginx.folder(), &ours);
        let sessions = [(); 3].map(|()| {
            let answer = caller.answer("which", ());
            answer.header("X-Session").expect("nginx tells").to_owned()
        });
        assert_eq!(sessions, [".", "r", "r"], "{version}");
    }
}

#[test]
fn a_server_that_speaks_no_tls_and_one_that_speaks_nothing_else() {
    let ours = Authority::new("ours");
    let Some(nginx) = nginx(&ours.certify("localhost"), "", &[]) else {
        return;
    };
    let [_, plain, _] = nginx.ports();
    let mut at_plain = caller(&format!("https://localhost:{plain}"), nginx.folder(), &ours);
    assert_eq!(
        at_plain.failure("which", CallErrorKind::Tls),
        "the peer does not speak TLS: it answers in plain HTTP"
    );
    let mut at_tls = Caller::new(&nginx.url(), &WHICH);
    let refused = at_tls.refusal("which", ());
    assert_eq!(refused.status(), 400);
    let told = refused.text().expect("it is text");
    assert!(
        told.contains("The plain HTTP request was sent to HTTPS port"),
        "{told}"
    );
}

#[test]
fn big_content_both_ways() {
    let ours = Authority::new("ours");
    let options = "location /files/ { root @folder; dav_methods PUT; create_full_put_path on; }
                   location = /small { client_max_body_size 1k; }
                   client_max_body_size 16m;";
    for version in ["TLSv1.2", "TLSv1.3"] {
        let options = format!("{options} ssl_protocols {version};");
        let Some(nginx) = nginx(&ours.certify("localhost"), &options, &[]) else {
            return;
        };
        let trusted = trust(nginx.folder(), &ours);
        let lines = [
            "RESOURCE get /files/big",
            "RESOURCE small /small POST",
            "REQUIRED content",
            "RESOURCE put /files/big PUT",
            "REQUIRED content",
        ];
        let settings = [("ssl.cafile", text(&trusted))];
        let mut caller = Caller::with(&url(&nginx, "localhost"), &lines, &settings);
        let content = "0123456789abcdef".repeat(512 << 10);
        assert_eq!(caller.answer("put", (&content,)).status(), 201);
        let got = caller.answer("get", ()).value().expect("it is JSON");
        assert!(got["content"] == *content, "{version}");
        nginx.wait_for_connections(1);
        assert_eq!(caller.refusal("small", (&content,)).status(), 413);
        assert_eq!(caller.answer("get", ()).status(), 200);
    }
}

/// nginx asks clients for a certificate with TLS, and refuses with HTTP those that have none.
#[test]
fn nginx_wants_a_certificate_of_us() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let pem = ours.pem();
    let options = "ssl_verify_client on; ssl_client_certificate @folder/clients;";
    for version in ["TLSv1.2", "TLSv1.3"] {
        let options = format!("{options} ssl_protocols {version};");
        let files = [("clients", pem.as_bytes())];
        let Some(nginx) = nginx(&ours.certify("localhost"), &options, &files) else {
            return;
        };
        let trusted = trust(nginx.folder(), &ours);
        let call = |certified: Option<&Certified>| {
            let files = certified.map(|certified| certified.write(nginx.folder(), "client"));
            let files = files
                .as_ref()
                .map(|files| files.each_ref().map(|path| text(path)));
            let mut settings = vec![("ssl.cafile", text(&trusted))];
            if let Some([certificate, key]) = files {
                settings.extend([("ssl.certfile", certificate), ("ssl.keyfile", key)]);
            }
            Caller::with(&url(&nginx, "localhost"), &WHICH, &settings)
        };
        let mut known = call(Some(&ours.certify_client("us")));
        for _ in 0..2 {
            let answer = known.answer("which", ());
            assert_eq!(answer.header("X-Client"), Some("SUCCESS CN=us"));
        }
        for (mut caller, told) in [
            (call(None), "No required SSL certificate was sent"),
            (
                call(Some(&theirs.certify_client("us"))),
                "The SSL certificate error",
            ),
        ] {
            let refused = caller.refusal("which", ());
            assert_eq!(refused.status(), 400);
            let text = refused.text().expect("it is text");
            assert!(text.contains(told), "{text}");
        }
    }
}

/// A server of `openssl` that asks clients for a certificate, and refuses with TLS those that have
/// none. It answers with what it knows of the session.
struct Strict {
    url: String,
    _process: Process,
    _lines: Lines,
}

fn strict(folder: &Path, authority: &Authority, version: &str) -> Option<Strict> {
    if !tools::has("openssl", &["version"]) {
        return None;
    }
    let [certificate, key] = authority.certify("localhost").write(folder, "server");
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", "127.0.0.1:0", "-www", version]);
    command
        .args(["-Verify", "1", "-verify_return_error", "-cert"])
        .arg(certificate);
    command
        .arg("-key")
        .arg(key)
        .arg("-CAfile")
        .arg(folder.join("trusted"));
    let silent = command.stdin(Stdio::null()).stderr(Stdio::null());
    let mut process = Process::start(silent.stdout(Stdio::piped()));
    let lines = process.lines();
    let line = lines.find("ACCEPT ");
    let port = line.rsplit(':').next().expect("it ends with the port");
    Some(Strict {
        url: format!("https://localhost:{port}"),
        _process: process,
        _lines: lines,
    })
}

#[test]
fn openssl_wants_a_certificate_of_us() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    for (version, none, other) in [
        (
            "-tls1_2",
            "the peer has no cipher in common with us, or wants a certificate of us \
             (alert `handshake_failure`)",
            "the peer refuses our certificate (alert `unknown_ca`)",
        ),
        (
            "-tls1_3",
            "the peer wants a certificate of us, and we gave none (alert `certificate_required`)",
            "the peer refuses our certificate (alert `unknown_ca`)",
        ),
    ] {
        let folder = super::program::folder(&[]);
        let trusted = trust(folder.path(), &ours);
        let Some(server) = strict(folder.path(), &ours, version) else {
            return;
        };
        let call = |certified: &Certified| {
            let files = certified.write(folder.path(), "client");
            let [certificate, key] = files.each_ref().map(|path| text(path));
            let settings = [
                ("ssl.cafile", text(&trusted)),
                ("ssl.certfile", certificate),
                ("ssl.keyfile", key),
            ];
            Caller::with(&server.url, &WHICH, &settings)
        };
        let mut known = call(&ours.certify_client("us"));
        let told = known.text("which");
        assert!(told.contains("CN=us"), "{told}");
        let mut unknown = call(&theirs.certify_client("us"));
        assert_eq!(
            unknown.failure("which", CallErrorKind::Tls),
            other,
            "{version}"
        );
        let mut nobody = caller(&server.url, folder.path(), &ours);
        assert_eq!(
            nobody.failure("which", CallErrorKind::Tls),
            none,
            "{version}"
        );
    }
}
