//! Makes or replaces a flag from a document.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Verb;
use crate::control::api::dialects::call::Call;
use crate::control::api::dialects::call::conflict;
use crate::control::api::dialects::shown_flag::FormatFamily;
use crate::control::api::dialects::shown_flag::ServiceFlag;
use crate::control::api::problem::Problem;
use crate::control::dialect::document_reader::DocumentFault;
use crate::control::dialect::json_edit;
use crate::control::dialect::typed_document::TypedDocument;
use crate::control::environment::error::ChangeError;
use crate::control::environment::now_ms;
use crate::control::model::command::Command;
use crate::control::model::service_document::MAX_DOCUMENT;
use crate::control::model::service_document::ServiceDocument;
use crate::control::model::service_document::ServiceFormat;
use crate::control::model::written_document::WrittenDocument;
use crate::document::rollout::timestamp;

/// How often a write is tried again because another flag has changed meanwhile.
const ATTEMPTS: usize = 8;

/// A document that was sent, and how.
pub struct SentDocument {
    format: ServiceFormat,
    text: String,
    typed: TypedDocument,
    family: FormatFamily,
    /// True if the flag must not exist yet.
    is_new: bool,
}

impl SentDocument {
    /// Parses the document of a request. `key` is that of the path, if there is one.
    ///
    /// # Errors
    /// If it has faults: all of them, with JSON Pointers.
    pub fn parse(
        call: &Call,
        family: FormatFamily,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<SentDocument, Problem> {
        let body = body.trim_ascii();
        if body.len() > MAX_DOCUMENT {
            let why = format!("the document is longer than {MAX_DOCUMENT} bytes");
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                why,
            ));
        }
        let invalid = |why: String| Problem::bad_request(format!("the body is invalid: {why}"));
        let value: Value =
            serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
        let format = match family {
            FormatFamily::Definition => ServiceFormat::DefinitionService,
            FormatFamily::Service if value.get("versions").is_some() => {
                ServiceFormat::RemoteRollout
            }
            FormatFamily::Service => ServiceFormat::FlagService,
        };
        let origins = &call.context.remote_origins;
        let typed = TypedDocument::parse(format, &value, origins, &call.environment.name);
        let typed = typed.map_err(|faults| invalid_document(&faults))?;
        if let Some(key) = key.filter(|key| *key != typed.key()) {
            let why = format!("must be `{key}`, as in the path");
            let pointer = "/key".to_owned();
            return Err(invalid_document(&[DocumentFault { pointer, why }]));
        }
        let text = String::from_utf8(body.to_vec()).map_err(|error| invalid(error.to_string()))?;
        let mut sent = SentDocument {
            format,
            text,
            typed,
            family,
            is_new: key.is_none(),
        };
        if format == ServiceFormat::DefinitionService && value.get("createdAt").is_none() {
            sent.add_creation_time();
        }
        Ok(sent)
    }

    fn add_creation_time(&mut self) {
        let seconds = i64::try_from(now_ms() / 1000).unwrap_or(0);
        let created = json!(timestamp::format_rfc3339(seconds));
        if let Some(text) = json_edit::set(&self.text, &["createdAt"], &created) {
            self.text = text;
        }
    }

    /// Writes the document, and returns the flag as it now reads.
    ///
    /// # Errors
    /// If the flag exists already, the sender has not seen its latest version, or the change is refused.
    pub async fn write(&self, call: &Call) -> Result<Response, Problem> {
        let key = self.typed.key();
        call.require(Verb::Write, key)?;
        call.wait_for_files().await;
        let environment = &call.environment;
        for _ in 0..ATTEMPTS {
            let status = environment.status();
            let exists = status.revision.snapshot.ruleset.flag(key).is_some();
            let shown =
                exists.then(|| ServiceFlag::find(&status, &environment.name, key, self.family));
            let shown = shown.transpose()?;
            let has_seen = self.check_precondition(call, shown.as_ref())?;
            let killed = match (self.typed.is_off(), has_seen || !exists) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                // An author who may not know of a kill does not end it.
                (false, false) => None,
            };
            let command = self.command(killed);
            let expected = Some(status.revision.number);
            match call.change(command, None, expected).await? {
                Err(ChangeError::RevisionConflict { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    let status = environment.status();
                    let shown = ServiceFlag::find(&status, &environment.name, key, self.family)?;
                    let code = if exists {
                        StatusCode::OK
                    } else {
                        StatusCode::CREATED
                    };
                    return Ok(shown.response(code));
                }
            }
        }
        Err(ChangeError::Busy.into())
    }

    fn command(&self, killed: Option<bool>) -> Command {
        let document = ServiceDocument {
            format: self.format,
            text: self.text.clone(),
        };
        Command::Define {
            key: self.typed.key().to_owned(),
            definition: self.typed.to_definition(),
            document: Some(WrittenDocument { document, killed }),
        }
    }

    /// Checks the flag that is there against what the sender has seen. Returns true if the sender has proved that it has
    /// seen the flag as it now reads.
    fn check_precondition(
        &self,
        call: &Call,
        shown: Option<&ServiceFlag>,
    ) -> Result<bool, Problem> {
        let if_match = call.if_match();
        let Some(shown) = shown else {
            if if_match.is_none() {
                return Ok(false);
            }
            let why = "the flag does not exist, so that no `If-Match` can hold";
            let code = StatusCode::PRECONDITION_FAILED;
            return Err(Problem::new(code, "not-matched", why));
        };
        if self.is_new {
            let why = format!(
                "there is a flag `{}` already: change it with PUT",
                self.typed.key()
            );
            let problem = Problem::new(StatusCode::CONFLICT, "flag-exists", why);
            return Err(conflict(problem, &shown.text));
        }
        if let Some(wanted) = if_match {
            check_if_match(&wanted, shown)?;
            return Ok(wanted != "*");
        }
        let TypedDocument::DefinitionService(typed) = &self.typed else {
            return Ok(false);
        };
        let seen = typed.version.unwrap_or(0);
        if seen == shown.version {
            return Ok(true);
        }
        let why = format!(
            "the flag is at version {}, and the document was made from version {seen}: read it again, then repeat the change",
            shown.version
        );
        let problem = Problem::new(StatusCode::CONFLICT, "version-conflict", why);
        Err(conflict(problem, &shown.text))
    }
}

/// Checks that the flag as it now reads has one of the entity tags.
///
/// # Errors
/// If it has not, with the document as it now reads.
pub fn check_if_match(wanted: &str, shown: &ServiceFlag) -> Result<(), Problem> {
    let tag = shown.etag();
    if wanted == "*" || wanted.split(',').any(|wanted| wanted.trim() == tag) {
        return Ok(());
    }
    let why = format!("the flag has the entity tag {tag}: read it again, then repeat the change");
    let problem = Problem::new(StatusCode::PRECONDITION_FAILED, "not-matched", why);
    Err(conflict(problem, &shown.text))
}

fn invalid_document(faults: &[DocumentFault]) -> Problem {
    let sentences: Vec<String> = faults
        .iter()
        .map(|fault| format!("{} {}", fault.pointer, fault.why))
        .collect();
    let errors: Vec<Value> = faults
        .iter()
        .map(|fault| json!({ "pointer": fault.pointer, "detail": fault.why }))
        .collect();
    let code = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(code, "invalid-document", sentences.join("; ")).with(json!({ "errors": errors }))
}
