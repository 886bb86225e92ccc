//! A document with its compiled flags, for comparisons.

use fanion::analysis::diff::DiffSide;
use fanion::analysis::diff::flag_comparison::DiffFlag;
use fanion::document::Document;
use fanion::document::DocumentFormat;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;

use crate::support::evaluate;

/// A document and its compiled flags.
pub struct CompiledDocument {
    pub document: Document,
    pub ruleset: Ruleset,
}

impl CompiledDocument {
    pub fn new(text: &str) -> CompiledDocument {
        let format = if text.starts_with('{') {
            DocumentFormat::Json
        } else {
            DocumentFormat::Yaml
        };
        let parsed = fanion::document::parse(text, format, &evaluate::origin());
        let document = merge_documents([&parsed.document.expect("a document")]);
        let (ruleset, _) = ruleset::compile(&document, FractionalVersion::V2);
        let document =
            fanion::document::rollout::expand::expand_document::expand_rollouts(&document);
        CompiledDocument { document, ruleset }
    }

    pub fn side(&self) -> DiffSide<'_> {
        DiffSide {
            document: &self.document,
            ruleset: &self.ruleset,
        }
    }

    pub fn first_flag(&self) -> DiffFlag<'_> {
        DiffFlag {
            definition: &self.document.flags[0],
            compiled: &self.ruleset.flags[0],
        }
    }
}
