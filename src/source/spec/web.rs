//! The fields of a document behind a URL.

use std::time::Duration;

use reqwest::Url;

use crate::limits;
use crate::source::spec::Credentials;
use crate::source::spec::Http;
use crate::source::spec::Kind;
use crate::source::spec::OAuth;
use crate::source::spec::Spec;
use crate::source::spec::field::Fields;
use crate::source::spec::render;

const OAUTH_FIELDS: [&str; 5] = [
    "clientID",
    "clientSecret",
    "tokenUrl",
    "folder",
    "reloadDelayS",
];
/// The longest interval, in seconds, as in flagd.
const LONGEST: u32 = 86_400;
/// The interval of a source that names none, in seconds, as in flagd.
const INTERVAL: u32 = 5;

/// Reads a source behind `uri`.
pub fn read(uri: &str, fields: &mut Fields<'_>) -> Option<Spec> {
    let url = address(uri, "uri", fields);
    let authorization = match fields.text("authHeader") {
        "" => None,
        value => fields.header("authHeader", value),
    };
    let interval = fields.whole("interval", u32::MAX).unwrap_or(INTERVAL);
    if interval > LONGEST {
        let why = format!("polling interval {interval}s exceeds maximum {LONGEST}s");
        fields.wrong("interval", &why);
    }
    let seconds = |whole: u32| Duration::from_secs(whole.into());
    let settings = Http {
        authorization,
        headers: fields.headers("headers"),
        interval: seconds(interval),
        seed: fields.text("intervalSeed").into(),
        timeout: fields
            .whole("timeoutS", LONGEST)
            .map_or(limits::FETCH_TIMEOUT, seconds),
        oauth: oauth(fields),
        url: url?,
    };
    Some(Spec {
        name: uri.into(),
        label: render::url(&settings.url).into(),
        kind: Kind::Http(Box::new(settings)),
    })
}

fn address(text: &str, field: &str, fields: &mut Fields<'_>) -> Option<Url> {
    if text.is_empty() {
        return None;
    }
    // What is wrong is not repeated word for word: it may hold a password.
    let url = Url::parse(text).map_err(|error| error.to_string());
    let why = match url {
        Ok(url) if matches!(url.scheme(), "http" | "https") => return Some(url),
        Ok(url) => format!("expected http:// or https://, found {}:", url.scheme()),
        Err(error) => format!("not a URL: {error}"),
    };
    fields.wrong(field, &why);
    None
}

fn oauth(fields: &mut Fields<'_>) -> Option<OAuth> {
    let node = fields.node("oauth")?;
    let mut inner = Fields::of(fields.inside("oauth"), node, &OAUTH_FIELDS);
    let token_url = inner.text("tokenUrl");
    if token_url.is_empty() {
        inner.wrong("tokenUrl", "tokenUrl is a required field");
    }
    let token_url = address(token_url, "tokenUrl", &mut inner);
    let (id, secret) = (inner.text("clientID"), inner.text("clientSecret"));
    let (folder, reload) = (inner.text("folder"), inner.whole("reloadDelayS", u32::MAX));
    let credentials = if folder.is_empty() {
        if id.is_empty() || secret.is_empty() {
            inner.wrong(
                "",
                "give clientID and clientSecret, or a folder that has them",
            );
        }
        let (id, secret) = (id.into(), secret.into());
        Credentials::Given { id, secret }
    } else {
        Credentials::Folder {
            path: folder.into(),
            reload: Duration::from_secs(reload.unwrap_or(0).into()),
        }
    };
    fields.absorb(inner);
    Some(OAuth {
        token_url: token_url?,
        credentials,
    })
}
