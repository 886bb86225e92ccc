//! `ServiceFlag`: the document of a flag as it now reads, with its entity tag.

use axum::body::Body;
use axum::response::Response;
use http::HeaderName;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use serde_json::Value;

use crate::control::api::problem::Problem;
use crate::control::dialect::foreign::ForeignFlag;
use crate::control::dialect::view;
use crate::control::environment::EnvironmentStatus;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::find_flag;
use crate::control::model::owned_flags;
use crate::control::model::service_document::ServiceFormat;
use crate::ruleset::CompiledFlag;
use crate::wire::content_hash::ContentHash;

/// The revision that a response shows.
pub const REVISION_HEADER: HeaderName = HeaderName::from_static("x-revision");
/// What was decided about a flag and has no place in the format of the response.
const NOT_EXPRESSED_HEADER: HeaderName = HeaderName::from_static("x-not-expressed");

/// The formats that share a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatFamily {
    /// `/api/flags`: remote modules, and lists with a percentage.
    Service,
    /// `/api/v1/flags`: rules by priority.
    Definition,
}

/// The document of a flag.
#[derive(Debug)]
pub struct ServiceFlag {
    /// The text.
    pub text: String,
    /// The number of changes.
    pub version: u64,
    not_expressed: Vec<String>,
    revision: u64,
}

impl FormatFamily {
    /// Returns true if a format belongs to the path.
    pub fn has(self, format: ServiceFormat) -> bool {
        let is_definition = format == ServiceFormat::DefinitionService;
        is_definition == (self == FormatFamily::Definition)
    }
}

impl ServiceFlag {
    /// Returns the flag of this key.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(
        status: &EnvironmentStatus,
        environment: &str,
        key: &str,
        family: FormatFamily,
    ) -> Result<ServiceFlag, Problem> {
        let named = find_flag(&status.base, key).map_err(ChangeError::from)?;
        let effective = status.effective_flag(key);
        let flag = effective.as_deref().unwrap_or(named);
        Ok(ServiceFlag::of(status, environment, flag, family))
    }

    /// Returns an effective flag: its own document if it was made in a format of the family, otherwise what the format can express.
    pub fn of(
        status: &EnvironmentStatus,
        environment: &str,
        flag: &CompiledFlag,
        family: FormatFamily,
    ) -> ServiceFlag {
        let key: &str = &flag.key;
        let decided = status.state.flag(key);
        let version = status.state.versions.get(key);
        let version = version.copied().unwrap_or_default();
        let revision = status.revision.number;
        let document = status.state.documents.get(key);
        let is_of_file = owned_flags::is_of_file(key, &status.base);
        let document = document.filter(|document| family.has(document.format) && !is_of_file);
        if let Some(document) = document {
            let current = view::current_document(document, &decided, version, environment);
            return ServiceFlag {
                text: current.text,
                version: version.number,
                not_expressed: current.not_expressed,
                revision,
            };
        }
        let definition = status.revision.definitions.get(key);
        let definition: Option<Value> = definition.and_then(|text| serde_json::from_str(text).ok());
        let foreign = ForeignFlag {
            flag,
            definition: &definition.unwrap_or_default(),
            is_killed: decided.killed.is_some(),
        };
        let shown = match family {
            FormatFamily::Service => foreign.service_view(),
            FormatFamily::Definition => foreign.definition_view(version.number),
        };
        ServiceFlag {
            text: shown.to_string(),
            version: version.number,
            not_expressed: Vec::new(),
            revision,
        }
    }

    /// The entity tag.
    pub fn etag(&self) -> String {
        etag(&self.text)
    }

    /// The response with the document, which no cache may store.
    pub fn response(&self, status: StatusCode) -> Response {
        let mut response = document_response(&self.text, self.revision);
        *response.status_mut() = status;
        let names = self.not_expressed.join(", ");
        if let Some(names) = HeaderValue::from_str(&names)
            .ok()
            .filter(|_| !names.is_empty())
        {
            response.headers_mut().insert(NOT_EXPRESSED_HEADER, names);
        }
        response
    }
}

/// The entity tag of a text.
pub fn etag(text: &str) -> String {
    format!("\"{}\"", ContentHash::of_definitions([("", text)]))
}

/// The response with a text in JSON, its entity tag and the revision.
pub fn document_response(text: &str, revision: u64) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REVISION_HEADER, HeaderValue::from(revision));
    if let Ok(tag) = HeaderValue::from_str(&etag(text)) {
        headers.insert(header::ETAG, tag);
    }
    response
}
