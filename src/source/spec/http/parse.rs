//! Parses the fields of an HTTP source.

use std::time::Duration;

use reqwest::Url;

use crate::source::spec::field_reader::SpecFieldReader;
use crate::source::spec::http::HttpSpec;
use crate::source::spec::http::OAuthCredentials;
use crate::source::spec::http::OAuthSpec;
use crate::source::spec::poll_fields;
use crate::source::spec::redact_url::redact_parsed_url;
use crate::source::spec::source_spec::SourceKind;
use crate::source::spec::source_spec::SourceSpec;

const OAUTH_FIELDS: [&str; 5] = [
    "clientID",
    "clientSecret",
    "tokenUrl",
    "folder",
    "reloadDelayS",
];

/// Parses a source at `uri`.
pub fn parse(uri: &str, fields: &mut SpecFieldReader<'_>) -> Option<SourceSpec> {
    let url = parse_url(uri, "uri", fields);
    let authorization = fields.authorization();
    let spec = HttpSpec {
        authorization,
        headers: fields.header_map("headers"),
        interval: poll_fields::interval(fields),
        interval_seed: fields.string("intervalSeed").into(),
        timeout: poll_fields::timeout(fields),
        oauth: parse_oauth(fields),
        url: url?,
    };
    Some(SourceSpec {
        name: uri.into(),
        redacted_name: redact_parsed_url(&spec.url).into(),
        kind: SourceKind::Http(Box::new(spec)),
    })
}

fn parse_url(text: &str, field: &str, fields: &mut SpecFieldReader<'_>) -> Option<Url> {
    if text.is_empty() {
        return None;
    }
    // The error never quotes the URL: it may contain a password.
    let url = Url::parse(text).map_err(|error| error.to_string());
    let why = match url {
        Ok(url) if matches!(url.scheme(), "http" | "https") => return Some(url),
        Ok(url) => format!("expected http:// or https://, found {}:", url.scheme()),
        Err(error) => format!("not a URL: {error}"),
    };
    fields.add_mistake(field, &why);
    None
}

fn parse_oauth(fields: &mut SpecFieldReader<'_>) -> Option<OAuthSpec> {
    let node = fields.get("oauth")?;
    let mut inner = SpecFieldReader::new(fields.nested_path("oauth"), node, &OAUTH_FIELDS);
    let token_url = inner.string("tokenUrl");
    if token_url.is_empty() {
        inner.add_mistake("tokenUrl", "tokenUrl is a required field");
    }
    let token_url = parse_url(token_url, "tokenUrl", &mut inner);
    let (id, secret) = (inner.string("clientID"), inner.string("clientSecret"));
    let (folder, reload) = (
        inner.string("folder"),
        inner.positive_integer("reloadDelayS", u32::MAX),
    );
    let credentials = if folder.is_empty() {
        if id.is_empty() || secret.is_empty() {
            inner.add_mistake("", "set clientID and clientSecret, or a folder with both");
        }
        let (id, secret) = (id.into(), secret.into());
        OAuthCredentials::Inline { id, secret }
    } else {
        OAuthCredentials::Directory {
            path: folder.into(),
            reload_interval: Duration::from_secs(reload.unwrap_or(0).into()),
        }
    };
    fields.merge_mistakes(inner);
    Some(OAuthSpec {
        token_url: token_url?,
        credentials,
    })
}
