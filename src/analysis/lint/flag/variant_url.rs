//! Lints of URLs in variant values: insecure or disallowed origins, and remote modules that share a URL.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::url_origin;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The member of a variant that holds the URL of a remote module.
const REMOTE_ENTRY: &str = "remoteEntry";

/// Reports insecure or disallowed URLs, and remote modules that share a URL.
pub fn check(subject: &FlagView<'_>, policy: &LintPolicy, report: &mut DiagnosticSink) {
    let variants = subject
        .node
        .and_then(|flag| flag.member_ignore_case("variants")?.as_map());
    let variants = variants.unwrap_or_default();
    for variant in variants {
        visit_urls(&variant.value, &mut |node, url| {
            check_url(node, url, policy, report);
        });
    }
    check_duplicate_urls(variants, report);
    let remote = |name: &str| {
        let found = variants.iter().find(|variant| &*variant.key == name);
        found.filter(|variant| remote_entry(&variant.value).is_some())
    };
    if let Some(canary) = remote("canary")
        && !variants.iter().any(|variant| &*variant.key == "stable")
    {
        let message = format!(
            "flag `{}` has a variant `canary` but no variant `stable`",
            subject.flag.key
        );
        let help = "add a variant `stable`: all other users load it, and a rollback returns to it";
        report.error(Code::MissingStableVersion, canary.position, message, help);
    }
}

/// Visits every string that is a URL.
fn visit_urls<'n>(node: &'n Node, then: &mut impl FnMut(&'n Node, &'n str)) {
    if let Some(text) = node.as_text()
        && let Some((scheme, _)) = text.split_once("://")
        && matches!(
            &*scheme.to_ascii_lowercase(),
            "http" | "https" | "ws" | "wss" | "ftp"
        )
    {
        then(node, text);
    }
    for child in node.children() {
        visit_urls(child, then);
    }
}

fn check_url(node: &Node, url: &str, policy: &LintPolicy, report: &mut DiagnosticSink) {
    let origin = url_origin::origin(url);
    if !(origin.starts_with("https://") || origin.starts_with("wss://")) {
        let message = format!("URL `{}` does not use https", url_origin::redact_query(url));
        let help = "use https: without it, anyone on the network path can replace the content";
        report.error(Code::InsecureUrl, node.position, message, help);
    } else if !policy.allowed_origins.is_empty() && !policy.allowed_origins.contains(&origin) {
        let message = format!("origin `{origin}` is not allowed");
        let origins: Vec<&str> = policy.allowed_origins.iter().map(AsRef::as_ref).collect();
        let help = format!("allowed origins: {}", origins.join(", "));
        report.error(Code::DisallowedOrigin, node.position, message, help);
    }
}

/// The URL of a variant's remote module.
fn remote_entry(variant: &Node) -> Option<&Node> {
    let entry = variant.member(REMOTE_ENTRY);
    entry.filter(|entry| matches!(entry.kind, NodeKind::Text(_)))
}

/// Reports variants whose remote modules have the same URL: a cache cannot distinguish them.
fn check_duplicate_urls(variants: &[Member], report: &mut DiagnosticSink) {
    for (at, variant) in variants.iter().enumerate() {
        let Some(own) = remote_entry(&variant.value) else {
            continue;
        };
        let earlier = variants.iter().take(at);
        let same =
            |other: &&Member| remote_entry(&other.value).and_then(Node::as_text) == own.as_text();
        if let Some(other) = earlier.clone().find(same) {
            let message = format!(
                "variant `{}` has the same `remoteEntry` URL as variant `{}`",
                variant.key, other.key
            );
            let help = "give each version its own URL: a cache cannot distinguish versions with the same URL";
            report.error(Code::DuplicateModuleUrl, own.position, message, help);
        }
    }
}
