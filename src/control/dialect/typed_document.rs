//! A document of any format.

use serde_json::Value;

use crate::control::dialect::definition_service::FlagDocument;
use crate::control::dialect::document_reader::DocumentFault;
use crate::control::dialect::flag_service::FlagServiceDocument;
use crate::control::dialect::remote_rollout::RemoteRollout;
use crate::control::model::service_document::ServiceDocument;
use crate::control::model::service_document::ServiceFormat;

/// A typed document of any format.
#[derive(Debug, Clone)]
pub enum TypedDocument {
    /// Two versions of a remote module.
    RemoteRollout(RemoteRollout),
    /// Lists, rules and a percentage.
    FlagService(FlagServiceDocument),
    /// Rules by priority.
    DefinitionService(FlagDocument),
}

impl TypedDocument {
    /// Parses a document. Modules may be loaded from `origins`; from any https origin, if there are none.
    ///
    /// # Errors
    /// All faults.
    pub fn parse(
        format: ServiceFormat,
        value: &Value,
        origins: &[String],
        environment: &str,
    ) -> Result<TypedDocument, Vec<DocumentFault>> {
        match format {
            ServiceFormat::RemoteRollout => {
                RemoteRollout::parse(value, origins).map(TypedDocument::RemoteRollout)
            }
            ServiceFormat::FlagService => {
                FlagServiceDocument::parse(value).map(TypedDocument::FlagService)
            }
            ServiceFormat::DefinitionService => {
                FlagDocument::parse(value, environment).map(TypedDocument::DefinitionService)
            }
        }
    }

    /// Parses a stored document, which was valid when it was stored.
    pub fn parse_stored(document: &ServiceDocument, environment: &str) -> Option<TypedDocument> {
        let value: Value = serde_json::from_str(&document.text).ok()?;
        TypedDocument::parse(document.format, &value, &[], environment).ok()
    }

    /// The key of the flag.
    pub fn key(&self) -> &str {
        match self {
            TypedDocument::RemoteRollout(document) => &document.key,
            TypedDocument::FlagService(document) => &document.key,
            TypedDocument::DefinitionService(document) => &document.key,
        }
    }

    /// Returns true if everybody gets the safe variant.
    pub fn is_off(&self) -> bool {
        match self {
            TypedDocument::RemoteRollout(document) => !document.enabled,
            TypedDocument::FlagService(document) => document.is_off(),
            TypedDocument::DefinitionService(document) => !document.enabled,
        }
    }

    /// The definition in the format of flag files.
    pub fn to_definition(&self) -> Value {
        match self {
            TypedDocument::RemoteRollout(document) => document.to_definition(),
            TypedDocument::FlagService(document) => document.to_definition(),
            TypedDocument::DefinitionService(document) => document.to_definition(),
        }
    }
}
