//! Addresses in the values of variants: where code and pages are loaded from.

use crate::analysis::flag_file::FlagView;
use crate::analysis::flag_file::find_member_ignore_case;
use crate::analysis::lint::policy::LintPolicy;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The member of a variant that says where a remote module is loaded from.
const REMOTE_ENTRY: &str = "remoteEntry";

/// Reports addresses that are not safe to load from, and remote modules that would be mistaken for each other.
pub fn check(subject: &FlagView<'_>, policy: &LintPolicy, report: &mut DiagnosticSink) {
    let variants = subject
        .node
        .and_then(|flag| find_member_ignore_case(flag, "variants")?.as_map());
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
        let message = format!("flag `{}` has a `canary` and no `stable`", subject.flag.key);
        let help = "add the version that everyone else loads, and that a rollback goes back to";
        report.error(Code::MissingStableVersion, canary.position, message, help);
    }
}

/// Visits every string that is an address.
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
    let origin = origin(url);
    if !(origin.starts_with("https://") || origin.starts_with("wss://")) {
        let message = format!("`{}` is not https", redact_query(url));
        let help = "whoever is on the way could put something else in its place";
        report.error(Code::InsecureUrl, node.position, message, help);
    } else if !policy.allowed_origins.is_empty() && !policy.allowed_origins.contains(&origin) {
        let message = format!("`{origin}` is not among the allowed origins");
        let origins: Vec<&str> = policy.allowed_origins.iter().map(AsRef::as_ref).collect();
        let help = format!("allowed are {}", origins.join(", "));
        report.error(Code::DisallowedOrigin, node.position, message, help);
    }
}

/// Scheme, host and port of an address, in lower case, as browsers compare them.
pub fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or("");
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let scheme = scheme.to_ascii_lowercase();
    let usual = match &*scheme {
        "https" | "wss" => ":443",
        _ => ":80",
    };
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host);
    format!("{scheme}://{host}")
}

/// An address without its query, which may hold a secret, or a password.
fn redact_query(url: &str) -> String {
    let origin = origin(url);
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest
        .find(['/', '?', '#'])
        .and_then(|at| rest.get(at..))
        .unwrap_or("");
    format!("{origin}{}", path.split(['?', '#']).next().unwrap_or(""))
}

/// Where a variant loads its module from.
fn remote_entry(variant: &Node) -> Option<&Node> {
    let members = variant.as_map()?;
    let found = members.iter().find(|member| &*member.key == REMOTE_ENTRY)?;
    matches!(found.value.kind, NodeKind::Text(_)).then_some(&found.value)
}

/// Two versions at one address cannot be told apart by a cache.
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
                "`{}` loads the same address as `{}`",
                variant.key, other.key
            );
            let help = "give each version an address of its own: caches cannot tell them apart";
            report.error(Code::DuplicateModuleUrl, own.position, message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::origin;
    use super::redact_query;

    #[test]
    fn url_origins_equal_those_of_browsers() {
        for (url, want) in [
            ("https://CDN.example.com/a.js", "https://cdn.example.com"),
            ("https://cdn.example.com:443/a", "https://cdn.example.com"),
            (
                "https://cdn.example.com:8443?x",
                "https://cdn.example.com:8443",
            ),
            (
                "https://good.example@evil.example/a",
                "https://evil.example",
            ),
            (
                "https://evil.example\\@good.example/",
                "https://evil.example",
            ),
        ] {
            assert_eq!(origin(url), want);
        }
        let url = "http://u:secret@cdn.example.com/a.js?token=secret";
        assert_eq!(redact_query(url), "http://cdn.example.com/a.js");
    }
}
