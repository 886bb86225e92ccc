//! Flag documents in Kubernetes manifests: `FeatureFlag` resources and `ConfigMap`s, alone, in lists, and between the other
//! resources that Helm prints. Positions are those of the file.

use crate::analysis::flag_file::embedded_text::EmbeddedText;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document;
use crate::document::DocumentFormat;
use crate::document::number_token::TextCursor;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The group of `FeatureFlag`, with the slash before its version.
const GROUP: &str = "core.openfeature.dev/";
/// The version of `FeatureFlag`.
const VERSION: &str = "v1beta1";

/// A search for flag documents.
struct ManifestReader<'t, 'r> {
    text: TextCursor<'t>,
    file: std::sync::Arc<str>,
    report: &'r mut DiagnosticSink,
    /// The flag documents.
    found: Vec<Node>,
    /// True if a manifest is meant to hold flags.
    is_flag_manifest: bool,
}

/// Returns the flag documents in a file, in the order of the file; `None` if the file has no manifest that holds flags.
/// Documents without `kind` count if another one is a manifest.
pub fn find_flag_documents(
    text: &str,
    format: DocumentFormat,
    file: &std::sync::Arc<str>,
    report: &mut DiagnosticSink,
) -> Option<Vec<Node>> {
    if !text.contains("apiVersion") || !text.contains("kind") {
        return None;
    }
    let documents = document::parse_syntax_trees(text, format, report);
    if !documents.iter().any(is_manifest) {
        return None;
    }
    let mut reader = ManifestReader {
        text: TextCursor::new(text),
        file: file.clone(),
        report,
        found: Vec::new(),
        is_flag_manifest: false,
    };
    for document in documents {
        reader.visit(document);
    }
    reader.is_flag_manifest.then_some(reader.found)
}

fn member_text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    node.member(name).and_then(Node::as_text)
}

fn is_manifest(node: &Node) -> bool {
    member_text(node, "apiVersion").is_some() && member_text(node, "kind").is_some()
}

impl ManifestReader<'_, '_> {
    fn visit(&mut self, node: Node) {
        if !is_manifest(&node) {
            if node.member_ignore_case("flags").is_some() {
                self.found.push(node);
            }
            return;
        }
        let kind = member_text(&node, "kind").unwrap_or_default();
        let version = member_text(&node, "apiVersion").and_then(|text| text.strip_prefix(GROUP));
        match (kind, version) {
            ("FeatureFlag", Some(VERSION)) => self.visit_feature_flag(&node),
            ("FeatureFlag" | "FeatureFlagConfiguration", Some(version)) => {
                self.is_flag_manifest = true;
                let message = format!("`{kind}` of version `{GROUP}{version}` is not supported");
                let help = format!("write it as `FeatureFlag` of version `{GROUP}{VERSION}`");
                self.report
                    .error(Code::DocumentShape, node.position, message, help);
            }
            ("ConfigMap", None) => self.visit_config_map(&node),
            _ if kind.ends_with("List") => self.visit_items(node),
            _ => {}
        }
    }

    fn visit_items(&mut self, list: Node) {
        let NodeKind::Map(members) = list.kind else {
            return;
        };
        let items = members.into_iter().find(|member| *member.key == *"items");
        if let Some(NodeKind::List(items)) = items.map(|items| items.value.kind) {
            for item in items {
                self.visit(item);
            }
        }
    }

    fn visit_feature_flag(&mut self, resource: &Node) {
        self.is_flag_manifest = true;
        let spec = resource.member("spec");
        let flags = spec.and_then(|spec| spec.member("flagSpec"));
        if let Some(flags) = flags.filter(|flags| !matches!(flags.kind, NodeKind::Null)) {
            self.found.push(flags.clone());
            return;
        }
        let position = spec.map_or(resource.position, |spec| spec.position);
        let message = "the FeatureFlag has no `spec.flagSpec`";
        let help = "write the flags in `spec.flagSpec.flags`";
        self.report
            .error(Code::DocumentShape, position, message, help);
    }

    fn visit_config_map(&mut self, resource: &Node) {
        let data = resource.member("data").and_then(Node::as_map);
        for member in data.unwrap_or_default() {
            let text = member.value.as_text().unwrap_or_default();
            if !is_flag_text(text) {
                continue;
            }
            let format = DocumentFormat::from_path((*member.key).as_ref());
            let format = format.unwrap_or_else(|| DocumentFormat::from_content(text.as_bytes()));
            let place = EmbeddedText::find(text, member.value.position, &mut self.text);
            let mut inner = DiagnosticSink::new(self.file.clone());
            let root = document::parse_syntax_tree(text, format, &mut inner);
            let has_flags = |root: &Node| root.member_ignore_case("flags").is_some();
            if root.as_ref().is_some_and(|root| !has_flags(root)) {
                // The configuration of something else, which has flags of its own.
                continue;
            }
            self.is_flag_manifest = true;
            self.report.absorb(inner, |position| place.map(position));
            if let Some(mut root) = root {
                root.map_positions(&|position| place.map(position));
                self.found.push(root);
            }
        }
    }
}

/// Returns true if a text looks like a flag document.
fn is_flag_text(text: &str) -> bool {
    let is_key = |line: &str| {
        line.strip_prefix("flags")
            .is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    text.contains("\"flags\"") || text.lines().any(is_key)
}
