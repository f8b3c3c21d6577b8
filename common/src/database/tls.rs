//! TLS to a database as libpq has it. No query is known here.

use std::{env, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::url_error::{SslMode, UrlError};

/// What makes TLS connections of a mode. The root certificates are those of `sslrootcert`, of libpq's
/// `~/.postgresql/root.crt`, or the system's.
pub(super) fn connector(
    mode: SslMode,
    roots: Option<&Path>,
) -> Result<MakeRustlsConnect, UrlError> {
    let provider = Arc::new(ring::default_provider());
    let default = env::home_dir().map(|home| home.join(".postgresql/root.crt"));
    let roots = match roots {
        Some(roots) if roots == Path::new("system") => None,
        Some(roots) => Some(roots),
        None => default.as_deref().filter(|file| file.is_file()),
    };
    let demand = match mode {
        SslMode::VerifyFull => Demand::Name,
        SslMode::VerifyCa => Demand::Authority,
        // libpq's, which takes a file of roots for the wish to have the certificate checked.
        SslMode::Require if roots.is_some() => Demand::Authority,
        SslMode::Disable | SslMode::Allow | SslMode::Prefer | SslMode::Require => Demand::Nothing,
    };
    let roots = match (demand, roots) {
        (Demand::Nothing, _) => Vec::new(),
        (_, Some(file)) => in_file(file)?,
        (_, None) => of_system()?,
    };
    let verifier = Verifier::new(demand, roots, provider.clone())?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn in_file(file: &Path) -> Result<Vec<CertificateDer<'static>>, UrlError> {
    let error = |reason: String| UrlError::Roots {
        file: file.to_owned(),
        reason,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file)
        .map_err(|why| error(why.to_string()))?
        .collect();
    let found = found.map_err(|why| error(why.to_string()))?;
    if found.is_empty() {
        return Err(error("has no certificate".to_owned()));
    }
    Ok(found)
}

fn of_system() -> Result<Vec<CertificateDer<'static>>, UrlError> {
    let found = rustls_native_certs::load_native_certs();
    match found.errors.first() {
        Some(error) if found.certs.is_empty() => Err(UrlError::SystemRoots(error.to_string())),
        None if found.certs.is_empty() => Err(UrlError::SystemRoots("there are none".to_owned())),
        _ => Ok(found.certs),
    }
}

/// What is asked of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    /// Nothing: the connection is only encrypted.
    Nothing,
    /// That it is of a root's.
    Authority,
    /// That it also names the server.
    Name,
}

#[derive(Debug)]
struct Verifier {
    demand: Demand,
    roots: Vec<CertificateDer<'static>>,
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(
        demand: Demand,
        roots: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, UrlError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());
        let chain = (!store.is_empty()).then(|| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build()
        });
        let chain = chain
            .transpose()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self {
            demand,
            roots,
            chain,
            provider,
        })
    }

    fn verify_authority(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        // A server's own certificate, given as the root, is most often an authority's as well. OpenSSL takes it,
        // and webpki does not. Unlike OpenSSL, this does not look at its dates.
        if self.roots.iter().any(|root| root == certificate) {
            return Ok(());
        }
        let Some(chain) = &self.chain else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // The name is looked at last.
            Ok(_)
            | Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.demand != Demand::Nothing {
            self.verify_authority(certificate, intermediates, name, ocsp, now)?;
        }
        if self.demand == Demand::Name {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
