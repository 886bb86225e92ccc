//! Reads kubeconfig files. Settings that change who is trusted or who asks, and are not supported, are errors.

use std::path::Path;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document;
use crate::document::DocumentFormat;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::http_client::tls;
use crate::limits;
use crate::regular_file;
use crate::source::error::kubernetes::KubernetesError;
use crate::source::network::kubernetes::cluster_config::BearerCredential;
use crate::source::network::kubernetes::cluster_config::ClusterConfig;
use crate::source::network::kubernetes::cluster_config::authorization;
use crate::tls::private_key;
use crate::tls::trust_store::TrustStore;

/// Settings of a cluster that are not supported, and the remedy.
const REFUSED_OF_CLUSTER: [(&str, &str); 3] = [
    (
        "insecure-skip-tls-verify",
        "set `certificate-authority` in its place",
    ),
    (
        "tls-server-name",
        "the certificate must name the host of `server`",
    ),
    ("proxy-url", "set HTTPS_PROXY in its place"),
];
/// Settings of a user that are not supported, and the remedy.
const REFUSED_OF_USER: [(&str, &str); 4] = [
    ("exec", "use `tokenFile` or a client certificate"),
    ("auth-provider", "use `tokenFile` or a client certificate"),
    ("username", "use a token or a client certificate"),
    ("as", "use credentials of that user"),
];

/// Reads the current context of a file.
///
/// # Errors
/// If a file cannot be read, has a mistake, or uses what is not supported. Messages never contain credentials.
pub fn load(path: &Path) -> Result<ClusterConfig, KubernetesError> {
    let text = regular_file::read_text(path, limits::CONFIG_FILE);
    let text = text.map_err(|error| KubernetesError::Unreadable(path.to_owned(), error))?;
    let mut report = DiagnosticSink::new("".into());
    let format = DocumentFormat::from_content(text.as_bytes());
    let root = document::parse_syntax_tree(&text, format, &mut report);
    let Some(root) = root else {
        // The diagnostic may quote credentials.
        let at = report.finish().first().map(|found| found.position);
        return Err(mistake(path, at, "not valid YAML or JSON"));
    };
    let current = root.member("current-context").and_then(Node::as_text);
    let current = current.filter(|name| !name.is_empty());
    let current = current.ok_or_else(|| mistake(path, None, "`current-context` is not set"))?;
    let context = Section::find(path, &root, "contexts", "context", current)?;
    let cluster = context.required("cluster")?;
    let cluster = Section::find(path, &root, "clusters", "cluster", cluster)?;
    cluster.refuse(&REFUSED_OF_CLUSTER)?;
    let user = match context.text("user")? {
        Some(user) => Some(Section::find(path, &root, "users", "user", user)?),
        None => None,
    };
    let (identity, token) = match &user {
        Some(user) => (user.identity()?, user.token()?),
        None => (None, BearerCredential::Absent),
    };
    Ok(ClusterConfig {
        path: path.to_owned(),
        server: cluster.server()?,
        trust: cluster.trust()?,
        identity,
        token,
    })
}

/// A context, cluster or user of a file.
struct Section<'n> {
    path: &'n Path,
    node: &'n Node,
}

impl<'n> Section<'n> {
    /// The section called `name`: the member `kind` of an entry of `list`.
    fn find(
        path: &'n Path,
        root: &'n Node,
        list: &str,
        kind: &str,
        name: &str,
    ) -> Result<Section<'n>, KubernetesError> {
        let entries = root.member(list).map_or(&[][..], Node::items_or_self);
        let is_named = |entry: &&Node| entry.member("name").and_then(Node::as_text) == Some(name);
        let Some(entry) = entries.iter().find(is_named) else {
            let at = root.member(list).map(|list| list.position);
            return Err(mistake(path, at, &format!("`{list}` has no `{name}`")));
        };
        let node = entry.member(kind).filter(|node| node.as_map().is_some());
        let node = node.ok_or_else(|| {
            let why = format!("`{name}` has no `{kind}`");
            mistake(path, Some(entry.position), &why)
        })?;
        Ok(Section { path, node })
    }

    fn refuse(&self, settings: &[(&str, &str)]) -> Result<(), KubernetesError> {
        for (name, remedy) in settings {
            let set = self.node.member(name).filter(|node| {
                let is_empty = node.as_text().is_some_and(str::is_empty);
                !is_empty && !matches!(node.kind, NodeKind::Null | NodeKind::Bool(false))
            });
            if let Some(node) = set {
                let why = format!("`{name}` is not supported: {remedy}");
                return Err(mistake(self.path, Some(node.position), &why));
            }
        }
        Ok(())
    }

    /// A text; `None` if it is absent or empty.
    fn text(&self, name: &str) -> Result<Option<&'n str>, KubernetesError> {
        let Some(node) = self.node.member(name) else {
            return Ok(None);
        };
        match (&node.kind, node.as_text()) {
            (NodeKind::Null, _) | (_, Some("")) => Ok(None),
            (_, Some(text)) => Ok(Some(text)),
            (_, None) => {
                let why = format!("`{name}` is {}, expected a string", node.type_name());
                Err(mistake(self.path, Some(node.position), &why))
            }
        }
    }

    fn required(&self, name: &str) -> Result<&'n str, KubernetesError> {
        let text = self.text(name)?;
        text.ok_or_else(|| self.mistake(&format!("`{name}` is not set")))
    }

    fn mistake(&self, why: &str) -> KubernetesError {
        mistake(self.path, Some(self.node.position), why)
    }

    fn server(&self) -> Result<Url, KubernetesError> {
        let url = Url::parse(self.required("server")?);
        let url = url.map_err(|error| self.mistake(&format!("`server` is not a URL: {error}")))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            scheme => {
                let why = format!("`server` has the scheme {scheme}:, expected https://");
                Err(self.mistake(&why))
            }
        }
    }

    fn trust(&self) -> Result<Option<TrustStore>, KubernetesError> {
        let Some(pem) = self.pem("certificate-authority")? else {
            return Ok(None);
        };
        let trust = tls::parse_ca_pem(&pem);
        let none = || self.mistake("`certificate-authority` contains no certificate");
        trust.map(Some).ok_or_else(none)
    }

    fn identity(
        &self,
    ) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>, KubernetesError>
    {
        self.refuse(&REFUSED_OF_USER)?;
        let (chain, key) = match (self.pem("client-certificate")?, self.pem("client-key")?) {
            (None, None) => return Ok(None),
            (Some(chain), Some(key)) => (chain, key),
            (None, Some(_)) => return Err(self.mistake("`client-key` has no `client-certificate`")),
            (Some(_), None) => return Err(self.mistake("`client-certificate` has no `client-key`")),
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| {
            self.mistake("`client-certificate` contains no certificate, or a malformed one")
        })?;
        let key = private_key::parse(&key);
        let key = key.map_err(|why| self.mistake(&format!("`client-key`: {why}")))?;
        Ok(Some((chain, key)))
    }

    fn token(&self) -> Result<BearerCredential, KubernetesError> {
        if let Some(file) = self.text("tokenFile")? {
            return Ok(BearerCredential::File(self.resolve(file)));
        }
        let Some(token) = self.text("token")? else {
            return Ok(BearerCredential::Absent);
        };
        let token = authorization(token);
        let invalid = || self.mistake("`token` contains control characters");
        token.map(BearerCredential::Fixed).ok_or_else(invalid)
    }

    /// The bytes of `NAME-data`, or else of the file that `NAME` gives.
    fn pem(&self, name: &str) -> Result<Option<Vec<u8>>, KubernetesError> {
        let data_name = format!("{name}-data");
        if let Some(data) = self.text(&data_name)? {
            let compact: String = data.split_ascii_whitespace().collect();
            let bytes = BASE64_STANDARD.decode(compact).ok();
            let invalid = || self.mistake(&format!("`{data_name}` is not valid base64"));
            return bytes.map(Some).ok_or_else(invalid);
        }
        let Some(file) = self.text(name)? else {
            return Ok(None);
        };
        let path = self.resolve(file);
        let bytes = regular_file::read(&path, limits::PEM_FILE);
        let bytes = bytes.map_err(|error| KubernetesError::Unreadable(path, error))?;
        Ok(Some(bytes))
    }

    /// A path, relative to the directory of the file.
    fn resolve(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

fn mistake(path: &Path, at: Option<Position>, why: &str) -> KubernetesError {
    let why = match at {
        Some(Position { line, column }) => format!("line {line}, column {column}: {why}"),
        None => why.to_owned(),
    };
    KubernetesError::Config(path.to_owned(), why)
}
