//! Certificates of an authority that the test has made itself.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};

/// Somebody who certifies others.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub(crate) struct Certified {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let mut asked = CertificateParams::default();
        asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        asked.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key can be made");
        Authority(CertifiedIssuer::self_signed(asked, key).expect("it can be signed"))
    }

    /// Its own certificate, as PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a name or an address.
    pub(crate) fn certify(&self, name: &str) -> Certified {
        self.certify_as(name, |_| {})
    }

    /// One that has expired with the year 2020.
    pub(crate) fn certify_expired(&self, name: &str) -> Certified {
        self.certify_as(name, |asked| {
            asked.not_before = date_time_ymd(2019, 1, 1);
            asked.not_after = date_time_ymd(2021, 1, 1);
        })
    }

    /// One that a client shows.
    pub(crate) fn certify_client(&self, name: &str) -> Certified {
        self.certify_as(name, |asked| {
            asked.distinguished_name.push(DnType::CommonName, name);
            asked
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ClientAuth);
        })
    }

    fn certify_as(&self, name: &str, ask: impl FnOnce(&mut CertificateParams)) -> Certified {
        let mut asked = CertificateParams::new([name.to_owned()]).expect("this is a name");
        ask(&mut asked);
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = asked.signed_by(&key, &self.0).expect("it can be signed");
        Certified {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Certified {
    /// Writes both into a folder: where they are.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> [PathBuf; 2] {
        [("cert", &self.certificate), ("key", &self.key)].map(|(what, pem)| {
            let path = folder.join(format!("{name}.{what}"));
            std::fs::write(&path, pem).expect("a file can be written");
            path
        })
    }
}
