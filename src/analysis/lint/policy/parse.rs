//! Parses the lint policy from a configuration's syntax tree.

use std::path::PathBuf;

use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::lint::policy::CodeRefsPolicy;
use crate::analysis::lint::policy::FailOn;
use crate::analysis::lint::policy::FlagServiceLocation;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::policy::NamingPolicy;
use crate::analysis::lint::policy::SeverityOverride;
use crate::analysis::lint::policy::lifecycle_field::LifecycleField;
use crate::analysis::lint::policy::naming_convention::NamingConvention;
use crate::analysis::lint::policy::setting_parser::for_each_known_member;
use crate::analysis::lint::policy::setting_parser::parse_choice;
use crate::analysis::lint::policy::setting_parser::parse_paths;
use crate::analysis::lint::policy::setting_parser::parse_string;
use crate::analysis::lint::policy::setting_parser::parse_strings;
use crate::analysis::lint::policy::setting_parser::parse_strings_with_positions;
use crate::analysis::lint::policy::setting_parser::report_wrong_type;
use crate::analysis::lint::url_origin;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Severity;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number::truncate_to_i64;

impl LintPolicy {
    /// Parses a configuration. An invalid setting is reported with its position, and ignored.
    pub fn from_node(root: &Node, report: &mut DiagnosticSink) -> LintPolicy {
        let mut policy = LintPolicy::default();
        let known = [
            "$schema",
            "attributes",
            "baseline",
            "failOn",
            "flags",
            "lifecycle",
            "naming",
            "refs",
            "rings",
            "rules",
            "service",
            "urls",
        ];
        for_each_known_member(root, "", &known, report, |name, node, report| match name {
            "attributes" => policy.known_attributes = parse_strings(node, name, report),
            "baseline" => policy.baseline = parse_string(node, name, report).map(PathBuf::from),
            "failOn" => {
                policy.fail_on =
                    parse_choice(node, name, &FailOn::NAMES, report).unwrap_or_default();
            }
            "flags" => policy.flag_paths = parse_paths(node, name, report),
            "lifecycle" => policy.required_lifecycle_fields = parse_lifecycle(node, report),
            "naming" => policy.naming = parse_naming(node, report),
            "refs" => policy.code_refs = parse_code_refs(node, report),
            "rings" => policy.rings = parse_strings(node, name, report),
            "rules" => policy.severity_overrides = parse_severity_overrides(node, report),
            "service" => policy.service = parse_service(node, report),
            "urls" => policy.allowed_origins = parse_origins(node, report),
            _ => {}
        });
        policy
    }
}

fn parse_naming(node: &Node, report: &mut DiagnosticSink) -> Option<NamingPolicy> {
    let (mut convention, mut separator, mut parts) = (None, None, None);
    if node.as_text().is_some() {
        convention = parse_choice(node, "naming", &NamingConvention::NAMES, report);
    } else {
        let known = ["convention", "parts", "separator"];
        for_each_known_member(node, "naming", &known, report, |name, node, report| {
            if name == "convention" {
                convention = parse_choice(node, "naming", &NamingConvention::NAMES, report);
                return;
            }
            if name == "parts" {
                parts = parse_parts(node, report);
                return;
            }
            let mut letters = node.as_text().unwrap_or("").chars();
            separator = letters.next().filter(|_| letters.next().is_none());
            if separator.is_none() {
                report_wrong_type(node, "naming.separator", "one character", report);
            }
        });
    }
    convention.map(|convention| NamingPolicy {
        convention,
        separator,
        parts,
    })
}

fn parse_parts(node: &Node, report: &mut DiagnosticSink) -> Option<u32> {
    match node.kind {
        NodeKind::Number(parts) if parts.fract() == 0.0 && (1.0..=20.0).contains(&parts) => {
            u32::try_from(truncate_to_i64(parts)).ok()
        }
        _ => {
            report_wrong_type(node, "naming.parts", "a whole number from 1 to 20", report);
            None
        }
    }
}

/// Parses the address of a flag service: a URL, or an object with the environment.
fn parse_service(node: &Node, report: &mut DiagnosticSink) -> Option<FlagServiceLocation> {
    let (mut url, mut environment) = (None, None);
    if node.as_text().is_some() {
        url = parse_string(node, "service", report);
    } else {
        let known = ["environment", "url"];
        for_each_known_member(
            node,
            "service",
            &known,
            report,
            |name, node, report| match name {
                "url" => url = parse_string(node, "service.url", report),
                _ => environment = parse_string(node, "service.environment", report),
            },
        );
    }
    url.map(|url| FlagServiceLocation { url, environment })
}

fn parse_lifecycle(node: &Node, report: &mut DiagnosticSink) -> Vec<LifecycleField> {
    let mut required = Vec::new();
    for_each_known_member(
        node,
        "lifecycle",
        &["require"],
        report,
        |_, node, report| {
            let known = LifecycleField::NAMES.map(|(field, _)| (field.name(), field));
            let items = match &node.kind {
                NodeKind::List(items) => items,
                _ => std::slice::from_ref(node),
            };
            required = items
                .iter()
                .filter_map(|item| parse_choice(item, "lifecycle.require", &known, report))
                .collect();
        },
    );
    required
}

fn parse_origins(node: &Node, report: &mut DiagnosticSink) -> Vec<String> {
    let mut origins = Vec::new();
    for_each_known_member(node, "urls", &["origins"], report, |_, node, report| {
        for (text, place) in parse_strings_with_positions(node, "urls.origins", report) {
            let origin = url_origin::origin(&text);
            if text.trim_end_matches('/').eq_ignore_ascii_case(&origin) && text.contains("://") {
                origins.push(origin);
            } else {
                let message = format!("invalid origin `{text}`");
                let help = "write only scheme and host: `https://cdn.example.com`";
                report.error(Code::Configuration, place, message, help);
            }
        }
    });
    origins
}

fn parse_severity_overrides(
    node: &Node,
    report: &mut DiagnosticSink,
) -> Vec<(Code, SeverityOverride)> {
    let known = [
        ("off", SeverityOverride::Off),
        ("warning", SeverityOverride::As(Severity::Warning)),
        ("error", SeverityOverride::As(Severity::Error)),
    ];
    let mut levels = Vec::new();
    let Some(members) = node.as_map() else {
        report_wrong_type(node, "rules", "an object of codes and severities", report);
        return levels;
    };
    for member in members {
        let Some(code) = Code::from_id(&member.key) else {
            let message = format!("unknown diagnostic code `{}`", member.key);
            let help = "`flagctl lint --explain all` lists the codes";
            report.error(Code::Configuration, member.position, message, help);
            continue;
        };
        let setting = format!("rules.{}", member.key);
        let level = parse_choice(&member.value, &setting, &known, report);
        levels.extend(level.map(|level| (code, level)));
    }
    levels
}

fn parse_code_refs(node: &Node, report: &mut DiagnosticSink) -> CodeRefsPolicy {
    let mut refs = CodeRefsPolicy::default();
    for_each_known_member(
        node,
        "refs",
        &["ignore", "paths", "patterns"],
        report,
        |name, node, report| match name {
            "ignore" => refs.ignore = parse_strings(node, "refs.ignore", report),
            "paths" => refs.paths = parse_paths(node, "refs.paths", report),
            _ => refs.patterns = parse_patterns(node, report),
        },
    );
    refs
}

fn parse_patterns(node: &Node, report: &mut DiagnosticSink) -> Vec<CallPattern> {
    let mut patterns = Vec::new();
    for (text, place) in parse_strings_with_positions(node, "refs.patterns", report) {
        if let Some(pattern) = CallPattern::parse(&text) {
            patterns.push(pattern);
        } else {
            let message = format!("invalid call pattern `{text}`");
            let help = "write a call with KEY as the flag key: `flags.isOn(KEY)`, `isOn(_, KEY)`";
            report.error(Code::Configuration, place, message, help);
        }
    }
    patterns
}
