//! The style sheet, the script and the icon. Their names contain a hash of their content, so that browsers may keep them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::response::Response;
use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::wire::content_hash::ContentHash;

/// The bytes of the hash in a name.
const HASH_BYTES: usize = 8;

/// A file that pages refer to.
pub struct Asset {
    /// The name with the hash.
    name: String,
    content: &'static str,
    media_type: &'static str,
}

/// The style sheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("assets/page.css"), "css", "text/css"));
/// The script.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("assets/page.js"), "js", "text/javascript"));
/// The icon.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("assets/icon.svg"), "svg", "image/svg+xml"));

impl Asset {
    fn new(content: &'static str, extension: &str, media_type: &'static str) -> Asset {
        let hash = ContentHash::of(content.as_bytes()).0;
        let mut name = "page-".to_owned();
        for byte in hash.iter().take(HASH_BYTES) {
            let _ = write!(name, "{byte:02x}");
        }
        Asset {
            name: format!("{name}.{extension}"),
            content,
            media_type,
        }
    }

    /// The path.
    pub fn path(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

/// `GET /assets/{file}`
pub async fn serve(Path(file): Path<String>) -> Response {
    let assets = [&STYLE, &SCRIPT, &ICON];
    let Some(asset) = assets.into_iter().find(|asset| asset.name == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(asset.content));
    let headers = response.headers_mut();
    let forever = "public, max-age=31536000, immutable";
    for (name, value) in [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, forever),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
