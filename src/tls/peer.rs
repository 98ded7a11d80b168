//! What is wrong with a peer, as a sentence.

use std::fmt::Debug;
use std::time::{Duration, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::{
    AlertDescription, CertificateError, PeerIncompatible, PeerMisbehaved, ProtocolVersion,
};

use super::client::Us;

/// How much of a record tells that it is one (RFC 8446 section 5.1).
pub(super) const RECORD_HEAD_BYTES: usize = 5;
/// What is told of a handshake that would fill our memory.
pub(super) const TOO_LARGE: &str = "the peer's handshake has a message of more than 64 KiB";
/// The last second that a date can be written of.
const LAST_SECOND: u64 = 253_402_300_799;
/// How many of the names in a certificate are told.
const NAMES_MAX: usize = 5;
/// How much of each is told: a longer one is no name of a host.
const NAME_CHARS_MAX: usize = 253;
const TOO_OLD: &str = "the peer offers none of the versions of TLS that we speak, 1.2 and 1.3";
const OTHER_PROTOCOL: &str = "the peer does not offer HTTP/1.1";

/// What is wrong with a peer whose bytes began like this.
pub(super) fn sentence(error: &rustls::Error, start: &[u8], us: &Us) -> String {
    match error {
        _ if !is_record(start) => no_tls(start),
        rustls::Error::InvalidCertificate(error) => certificate(error, us),
        rustls::Error::AlertReceived(alert) => received_alert(*alert, us),
        rustls::Error::NoCertificatesPresented => "the peer has no certificate".to_owned(),
        rustls::Error::PeerIncompatible(why) => incompatible(why),
        rustls::Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol)
        | rustls::Error::NoApplicationProtocol => OTHER_PROTOCOL.to_owned(),
        rustls::Error::PeerMisbehaved(why) => {
            format!("the peer breaks the rules of TLS: {}", words(why))
        }
        rustls::Error::DecryptError => {
            "what the peer sent was changed on its way, or is not encrypted for us".to_owned()
        }
        rustls::Error::InappropriateMessage { .. }
        | rustls::Error::InappropriateHandshakeMessage { .. } => {
            "the peer sent a message of TLS out of turn".to_owned()
        }
        rustls::Error::InvalidMessage(_) | rustls::Error::PeerSentOversizedRecord => {
            "the peer sent a broken message of TLS".to_owned()
        }
        other => format!("TLS with the peer failed: {other}"),
    }
}

/// What is wrong with a peer that has gone during the handshake.
pub(super) fn early_end(start: &[u8]) -> String {
    match is_record(start) {
        true => "the peer closed the connection during the TLS handshake".to_owned(),
        false => no_tls(start),
    }
}

pub(super) fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_2 => "TLS 1.2",
        ProtocolVersion::TLSv1_3 => "TLS 1.3",
        other => other.as_str().unwrap_or("unknown"),
    }
}

/// Whether this is how a record of TLS begins, as far as there is something.
fn is_record(start: &[u8]) -> bool {
    let is_kind = |kind: &u8| (20..=24).contains(kind);
    start.first().is_none_or(is_kind) && start.get(1).is_none_or(|major| *major == 3)
}

fn no_tls(start: &[u8]) -> String {
    match start.starts_with(b"HTTP/") {
        true => "the peer does not speak TLS: it answers in plain HTTP".to_owned(),
        false => "the peer does not speak TLS".to_owned(),
    }
}

fn certificate(error: &CertificateError, us: &Us) -> String {
    let what = match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("has expired on {}", date(*not_after))
        }
        CertificateError::Expired => "has expired".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("is not valid before {}", date(*not_before))
        }
        CertificateError::NotValidYet => "is not valid yet".to_owned(),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => other_names(&expected.to_str(), presented),
        CertificateError::NotValidForName => "is for another name".to_owned(),
        CertificateError::UnknownIssuer => format!("is issued by none of {}", us.trusted),
        CertificateError::Revoked => "is revoked".to_owned(),
        CertificateError::BadEncoding => "is broken".to_owned(),
        CertificateError::BadSignature => "does not fit its signature".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not meant for servers".to_owned()
        }
        CertificateError::Other(why) if why.to_string() == "CaUsedAsEndEntity" => {
            "is one of an authority, and one of a server was expected".to_owned()
        }
        other => format!("cannot be accepted: {}", words(other)),
    };
    format!("the peer's certificate {what}")
}

fn other_names(expected: &str, presented: &[String]) -> String {
    let mut names = presented.iter().filter_map(|name| plain_name(name));
    let told: Vec<String> = names.by_ref().take(NAMES_MAX).collect();
    let is_for = match (told.is_empty(), names.count()) {
        (true, _) => "no name at all".to_owned(),
        (_, 0) => told.join(", "),
        (_, others) => format!("{} and {others} more", told.join(", ")),
    };
    format!("is for {is_for}, and one for `{expected}` was expected")
}

/// A name of a certificate, which the library gives as `DnsName("example.com")`, if connections
/// are made by this kind of name. The peer chose it: it may be anything.
fn plain_name(presented: &str) -> Option<String> {
    let name = match presented.split_once('(') {
        Some(("DnsName" | "IpAddress", rest)) => rest.trim_end_matches(')').trim_matches('"'),
        Some(_) => return None,
        None => presented,
    };
    let name = name.chars().take(NAME_CHARS_MAX);
    let name = name.flat_map(char::escape_debug);
    Some(format!("`{}`", name.collect::<String>()))
}

fn incompatible(why: &PeerIncompatible) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => TOO_OLD.to_owned(),
        _ => format!("the peer and we have no TLS in common: {}", words(why)),
    }
}

fn received_alert(alert: AlertDescription, us: &Us) -> String {
    let name = alert_name(alert);
    let what = match alert {
        AlertDescription::CertificateRequired => "wants a certificate of us, and we gave none",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => match us.has_certificate {
            true => "refuses our certificate",
            false => "refuses us, who have no certificate",
        },
        // OpenSSL tells so, with TLS 1.2, that it wants a certificate.
        AlertDescription::HandshakeFailure if !us.has_certificate => {
            "has no cipher in common with us, or wants a certificate of us"
        }
        AlertDescription::HandshakeFailure => {
            "has no cipher in common with us, or refuses our certificate"
        }
        AlertDescription::ProtocolVersion => return format!("{TOO_OLD} (alert `{name}`)"),
        AlertDescription::NoApplicationProtocol => {
            return format!("{OTHER_PROTOCOL} (alert `{name}`)");
        }
        AlertDescription::UnrecognisedName => "has nothing by the name that we called it",
        _ => "gave up the session",
    };
    format!("the peer {what} (alert `{name}`)")
}

/// The name that RFC 8446 section 6 has for an alert.
fn alert_name(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        AlertDescription::UnknownPSKIdentity => "unknown_psk_identity".to_owned(),
        AlertDescription::Unknown(number) => number.to_string(),
        known => words(&known).replace(' ', "_"),
    }
}

/// A name of the library's, such as `NoCipherSuitesInCommon`, in words. What is behind a bracket
/// is left out: it is not for people.
fn words(name: &dyn Debug) -> String {
    let name = format!("{name:?}");
    let name = name.split(['(', ' ', '{']).next().unwrap_or_default();
    let (mut words, mut was_lower) = (String::new(), false);
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_lower {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
        was_lower = !c.is_ascii_uppercase();
    }
    words
}

fn date(time: UnixTime) -> String {
    let seconds = Duration::from_secs(time.as_secs().min(LAST_SECOND));
    httpdate::fmt_http_date(UNIX_EPOCH + seconds)
}
