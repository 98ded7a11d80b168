//! Peers that we agree with, and those that we do not, each with its sentence.

use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use rustls::HandshakeKind;

use super::*;

const TOO_OLD: &str = "the peer offers none of the versions of TLS that we speak, 1.2 and 1.3";

/// Why a session fails with a server whose certificate was asked for like this.
#[track_caller]
fn certificate_refusal(names: &[&str], ask: impl FnOnce(&mut CertificateParams)) -> String {
    let certified = AUTHORITY.certify_as(names, ask);
    refusal(session(), &Server::new(&certified))
}

/// Why a session fails that receives these bytes, and then the end.
#[track_caller]
fn answer_refusal(bytes: &[u8]) -> String {
    let mut session = session();
    let received = session.receive(bytes).and_then(|()| session.receive_end());
    assert!(session.is_handshaking());
    received.expect_err("the session fails").to_string()
}

#[test]
fn agrees_on_the_newest_version_and_on_http() {
    let certified = AUTHORITY.certify(&[HOST]);
    let session = client().begin("shop.test.").expect("this is a name");
    assert_eq!(session.negotiated(), None);
    let mut pair = Pair::new(session, Server::new(&certified).start());
    pair.talk().expect("they agree");
    let negotiated = pair.session.negotiated();
    assert_eq!(negotiated, Some(("TLS 1.3", "TLS13_AES_256_GCM_SHA384")));
    assert_eq!(pair.server.server_name(), Some(HOST));
    assert_eq!(pair.server.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[test]
fn agrees_on_the_older_version() {
    let certified = AUTHORITY.certify(&[HOST]);
    let mut server = Server::new(&certified);
    server.version = Some(&TLS12);
    server.protocols = &[];
    let mut pair = Pair::new(session(), server.start());
    pair.talk().expect("they agree");
    let cipher = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    assert_eq!(pair.session.negotiated(), Some(("TLS 1.2", cipher)));
}

#[test]
fn a_second_session_goes_on_where_the_first_was() {
    let certified = AUTHORITY.certify(&[HOST]);
    let (client, config) = (client(), Server::new(&certified).config());
    let mut kinds = Vec::new();
    for client in [&client, &client.clone()] {
        let session = client.begin(HOST).expect("this is a name");
        let server = ServerConnection::new(Arc::clone(&config)).expect("it can be started");
        let mut pair = Pair::new(session, server);
        pair.talk().expect("they agree");
        kinds.push(pair.server.handshake_kind());
    }
    assert_eq!(
        kinds,
        [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)]
    );
}

#[test]
fn names_and_addresses_that_a_certificate_is_for() {
    let certified = AUTHORITY.certify(&[HOST, "*.shop.test", "192.0.2.1", "2001:db8::1"]);
    let server = Server::new(&certified);
    for host in ["SHOP.test", "a.shop.test", "192.0.2.1", "2001:db8:0::1"] {
        let session = client().begin(host).expect("this is a host");
        let talked = Pair::new(session, server.start()).talk();
        assert_eq!(talked, Ok(()), "{host}");
    }
    let names = "`shop.test`, `*.shop.test`, `192.0.2.1`, `2001:db8::1`";
    for host in ["a.b.shop.test", "test", "192.0.2.2", "2001:db8::2"] {
        let session = client().begin(host).expect("this is a host");
        let expected =
            format!("the peer's certificate is for {names}, and one for `{host}` was expected");
        assert_eq!(refusal(session, &server), expected);
    }
}

#[test]
fn certificates_for_many_names_and_for_none() {
    let many: Vec<String> = (1..=7).map(|number| format!("{number}.test")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        certificate_refusal(&many, |_| {}),
        "the peer's certificate is for `1.test`, `2.test`, `3.test`, `4.test`, `5.test` and 2 \
         more, and one for `shop.test` was expected"
    );
    assert_eq!(
        certificate_refusal(&[], |asked| {
            asked.distinguished_name.push(DnType::CommonName, HOST);
        }),
        "the peer's certificate is for no name at all, and one for `shop.test` was expected"
    );
}

#[test]
fn certificates_of_another_time_or_purpose() {
    assert_eq!(
        certificate_refusal(&[HOST], |asked| asked.not_after = date_time_ymd(2001, 2, 3)),
        "the peer's certificate has expired on Sat, 03 Feb 2001 00:00:00 GMT"
    );
    assert_eq!(
        certificate_refusal(&[HOST], |asked| asked.not_before =
            date_time_ymd(3001, 2, 3)),
        "the peer's certificate is not valid before Tue, 03 Feb 3001 00:00:00 GMT"
    );
    assert_eq!(
        certificate_refusal(&[HOST], |asked| {
            asked.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }),
        "the peer's certificate is not meant for servers"
    );
    assert_eq!(
        certificate_refusal(&[HOST], |asked| {
            asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }),
        "the peer's certificate is one of an authority, and one of a server was expected"
    );
}

#[test]
fn certificates_of_others() {
    let stranger = Authority::new("another").certify(&[HOST]);
    let alone = Certified::self_signed(&[HOST], |_| {});
    for certified in [&stranger, &alone] {
        let refusal = refusal(session(), &Server::new(certified));
        let (before, after) = refusal.split_once('`').expect("a file is named");
        assert_eq!(
            before,
            "the peer's certificate is issued by none of the authorities in "
        );
        assert!(after.ends_with("/ca.pem`"), "{after}");
    }
    // The name does not make an authority.
    let impostor = Authority::new("ours").certify(&[HOST]);
    let refusal = refusal(session(), &Server::new(&impostor));
    assert!(refusal.starts_with("the peer's certificate"), "{refusal}");
}

#[test]
fn a_certificate_signed_by_itself_may_be_trusted() {
    let alone = Certified::self_signed(&[HOST], |_| {});
    let session = client_of(&alone.certificate_pem, None).begin(HOST);
    let session = session.expect("this is a name");
    let mut pair = Pair::new(session, Server::new(&alone).start());
    assert_eq!(pair.talk(), Ok(()));
}

#[test]
fn peers_that_want_a_certificate() {
    let theirs = Authority::new("theirs");
    let certified = AUTHORITY.certify(&[HOST]);
    let (known, unknown) = (
        theirs.certify(&["us.test"]),
        AUTHORITY.certify(&["us.test"]),
    );
    let mut server = Server::new(&certified);
    server.clients = Some(&theirs);
    for version in [&TLS13, &TLS12] {
        server.version = Some(version);
        let begin = |ours| client_of(&AUTHORITY.pem(), ours).begin(HOST);
        let session = begin(Some(&known)).expect("this is a name");
        let mut pair = Pair::new(session, server.start());
        assert_eq!(pair.talk(), Ok(()));
        let shown = pair.server.peer_certificates().expect("it was shown");
        assert_eq!(shown, std::slice::from_ref(&known.certificate));
        assert_eq!(
            refusal(begin(None).expect("this is a name"), &server),
            "the peer wants a certificate of us, and we gave none (alert `certificate_required`)"
        );
        assert_eq!(
            refusal(begin(Some(&unknown)).expect("this is a name"), &server),
            "the peer refuses our certificate (alert `unknown_ca`)"
        );
    }
}

#[test]
fn a_peer_that_speaks_another_protocol_inside() {
    let certified = AUTHORITY.certify(&[HOST]);
    let mut server = Server::new(&certified);
    server.protocols = &["h2"];
    assert_eq!(
        refusal(session(), &server),
        "the peer does not offer HTTP/1.1 (alert `no_application_protocol`)"
    );
}

#[test]
fn peers_that_do_not_speak_tls() {
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"HTTP/",
        b"HTTP/1.0 200 OK\r\n",
    ] {
        let refusal = answer_refusal(answer);
        assert_eq!(
            refusal,
            "the peer does not speak TLS: it answers in plain HTTP"
        );
    }
    for answer in [
        &b"220 mail.test ESMTP\r\n"[..],
        b"SSH-2.0-OpenSSH\r\n",
        b"\0\0\0\0\0\0\0\0",
        b"\x16\x16\x03\x01\x02",
        b"HTTP",
        b"<",
    ] {
        assert_eq!(answer_refusal(answer), "the peer does not speak TLS");
    }
}

#[test]
fn peers_that_speak_it_badly() {
    let early = "the peer closed the connection during the TLS handshake";
    let broken = "the peer sent a broken message of TLS";
    for (answer, expected) in [
        (&b""[..], early),
        (b"\x16", early),
        (b"\x16\x03\x03\x40\x00\x02", early),
        (b"\x16\x03\x03\xff\xff\x02", broken),
        (b"\x16\x03\x03\x00\x00", broken),
        (b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00", broken),
        (
            b"\x17\x03\x03\x00\x05hello",
            "the peer sent a message of TLS out of turn",
        ),
        // A message that is said to be of 16 MiB.
        (b"\x16\x03\x03\x00\x05\x02\xff\xff\xff\x03", broken),
    ] {
        assert_eq!(answer_refusal(answer), expected, "{answer:?}");
    }
}

#[test]
fn a_message_that_would_fill_our_memory() {
    let mut answer = b"\x16\x03\x03\x40\x00\x02\x00\xff\xff".to_vec();
    answer.resize(5 + (16 << 10), 0);
    for _ in 0..4 {
        answer.extend(b"\x16\x03\x03\x40\x00");
        answer.resize(answer.len() + (16 << 10), 0);
    }
    assert_eq!(
        answer_refusal(&answer),
        "the peer's handshake has a message of more than 64 KiB"
    );
}

#[test]
fn peers_of_an_older_version() {
    assert_eq!(
        answer_refusal(b"\x15\x03\x01\x00\x02\x02\x46"),
        format!("{TOO_OLD} (alert `protocol_version`)")
    );
    // The hello of a server that speaks 1.1.
    let mut hello = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02".to_vec();
    hello.extend([7; 32]);
    hello.extend(b"\x00\xc0\x13\x00");
    assert_eq!(answer_refusal(&hello), TOO_OLD);
}

#[test]
fn alerts_of_peers() {
    for (number, expected) in [
        (
            40,
            "the peer has no cipher in common with us, or wants a certificate of us (alert \
             `handshake_failure`)",
        ),
        (
            42,
            "the peer refuses us, who have no certificate (alert `bad_certificate`)",
        ),
        (
            48,
            "the peer refuses us, who have no certificate (alert `unknown_ca`)",
        ),
        (80, "the peer gave up the session (alert `internal_error`)"),
        (
            112,
            "the peer has nothing by the name that we called it (alert `unrecognized_name`)",
        ),
        (
            115,
            "the peer gave up the session (alert `unknown_psk_identity`)",
        ),
        (200, "the peer gave up the session (alert `200`)"),
    ] {
        assert_eq!(answer_refusal(&[21, 3, 3, 0, 2, 2, number]), expected);
    }
}

#[test]
fn a_peer_is_told_why_it_is_refused() {
    let certified = AUTHORITY.certify(&["other.test"]);
    let mut pair = Pair::new(session(), Server::new(&certified).start());
    pair.talk().expect_err("the session fails");
    assert!(pair.session.has_output());
    let mut output = pair.session.output();
    pair.server.read_tls(&mut output).expect("it can be read");
    let error = pair
        .server
        .process_new_packets()
        .expect_err("it is refused");
    assert_eq!(error.to_string(), "received fatal alert: BadCertificate");
}
