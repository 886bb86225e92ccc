//! Mistakes in flags and documents: variants, defaults, unknown members, and documents that are no flag files.

use fanion::diag::Severity;
use fanion::document::DocumentFormat;

use crate::support::evaluate;

/// Asserts one diagnostic, with its position, of a document.
fn assert_found(text: &str, severity: Severity, want: &str) {
    let (_, found) = evaluate::load(text, DocumentFormat::Yaml);
    let fits =
        |d: &fanion::diag::Diagnostic| d.severity == severity && d.to_string().contains(want);
    assert!(found.iter().any(fits), "{text}: no `{want}` in {found:#?}");
}

fn assert_silent(text: &str) {
    assert_eq!(evaluate::load(text, DocumentFormat::Yaml).1, [], "{text}");
}

#[test]
fn null_and_mixed_variants_are_errors() {
    let flag = |variants: &str| {
        format!("flags:\n  f: {{ variants: {{ {variants} }}, defaultVariant: \"off\" }}\n")
    };
    for (variants, want) in [
        (
            "\"on\": true, \"off\": null",
            "flags.yaml:2:39: F029: variant `off` of flag `f` is null",
        ),
        (
            "\"on\": true, \"off\": ~",
            "variant `off` of flag `f` is null",
        ),
        (
            "\"on\": true, \"off\":",
            "variant `off` of flag `f` is null",
        ),
        (
            "\"on\": true, \"off\": no",
            "F029: variants of flag `f` differ in type: `on` is a boolean, but `off` is a string (help: write false: `no` is a string here)",
        ),
        (
            "\"on\": 1, \"off\": \"0\"",
            "`off` is a string (help: write 0 without quotes)",
        ),
        (
            "\"on\": yes, \"off\": false, maybe: maybe",
            "`on` is a string, but `off` is a boolean (help: put quotes around it)",
        ),
        (
            "\"on\": {}, \"off\": []",
            "`on` is an object, but `off` is an array",
        ),
    ] {
        assert_found(&flag(variants), Severity::Error, want);
    }
    assert_found(
        &flag("\"off\": [1, 2]"),
        Severity::Warning,
        "which no typed call returns",
    );
    for variants in [
        "\"on\": 1, \"off\": 0.5",
        "\"on\": {}, \"off\": { a: 1 }",
        "\"on\": a, \"off\": b",
    ] {
        assert_silent(&flag(variants));
    }
}

#[test]
fn unknown_default_variant_is_located_at_its_value() {
    for (text, want) in [
        (
            "flags:\n  f:\n    variants: { a: 1 }\n    defaultVariant: wrong\n",
            "flags.yaml:4:21: F007: `defaultVariant` of flag `f` is `wrong`, which is not a variant (help: write one of: a)",
        ),
        (
            "flags:\n  f: { variants: { \"on\": 1 }, defaultVariant: On }\n",
            "(help: did you mean `on`?)",
        ),
        (
            "flags:\n  f: { defaultVariant: b }\n",
            "(help: add `variants` with `b` among them)",
        ),
    ] {
        assert_found(text, Severity::Error, want);
    }
}

/// Members of a flag that change nothing although they say so, and a part of the error.
const MISSPELLED: &[(&str, &str)] = &[
    (
        "default: a",
        "F008: unknown member `default` of flag `f`, ignored (help: did you mean `defaultVariant`?)",
    ),
    (
        "enabled: false",
        "unknown member `enabled` of flag `f`, ignored (help: write `state: DISABLED`)",
    ),
    ("disabled: yes", "write `state: DISABLED`"),
    ("stat: DISABLED", "did you mean `state`?"),
    ("rules: {}", "did you mean `targeting`?"),
    ("variations: {}", "did you mean `variants`?"),
    ("killSwitch: true", "did you mean `kill`?"),
    (
        "percentage: 5",
        "it is a field of a rollout: write `rollout: { variant: …, percentage: … }`",
    ),
    ("dependsOn: x", "did you mean `requires`?"),
];

#[test]
fn annotations_are_silent_and_misspelled_members_are_errors() {
    let flag = |member: &str| {
        format!("flags:\n  f: {{ variants: {{ a: 1 }}, defaultVariant: a, {member} }}\n")
    };
    for member in [
        "description: text",
        "$comment: text",
        "x-note: 1",
        "_base: 1",
        "tags: [a]",
        "name: n",
        "owner: me",
    ] {
        assert_silent(&flag(member));
    }
    assert_silent(
        "description: text\n$comment: x\nx-base: &base { state: ENABLED }\nflags:\n  f: { <<: *base, variants: { a: 1 } }\n",
    );
    for (member, want) in MISSPELLED {
        let text = format!("flags:\n  f: {{ metadata: {{ a: 1 }}, {member} }}\n");
        assert_found(&text, Severity::Error, want);
    }
    for (member, want) in [
        ("enabled: true", "write `state: ENABLED`"),
        ("default: a", "remove it: the flag has `defaultVariant`"),
        ("expires: 2030-01-01", "it is a field of `lifecycle`"),
        (
            "priority: 5",
            "unknown member `priority` of flag `f`, ignored (help: remove it, or begin its name with `x-`)",
        ),
    ] {
        assert_found(&flag(member), Severity::Warning, want);
    }
    assert_found(
        "flagSetId: a\nflags: {}\n",
        Severity::Error,
        "write it in `metadata`",
    );
    assert_found(
        "evaluators: {}\nflags: {}\n",
        Severity::Error,
        "did you mean `$evaluators`?",
    );
    assert_found(
        "base: {}\nflags: {}\n",
        Severity::Warning,
        "begin its name with `x-`",
    );
    for text in [
        "base: &b {}\nflags: {}\n",
        "base: { on: &b true }\nflags: {}\n",
        "flags: {}\n---\n",
    ] {
        assert_silent(text);
    }
}

#[test]
fn documents_that_are_no_flag_files_are_described() {
    for (text, want) in [
        (
            "apiVersion: core.openfeature.dev/v1beta1\nkind: FeatureFlag\nmetadata: { name: x }\nspec:\n  flagSpec:\n    flags:\n      f: { variants: { a: 1 } }\n",
            "F002: the document is a Kubernetes manifest of kind `FeatureFlag`, not a flag file (help: in a cluster, use the source `core.openfeature.dev/NAMESPACE/x`; elsewhere, write the members of `spec.flagSpec` at line 6 into a file of their own, as `flagctl compile` prints them)",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  flags.json: |\n    {\"flags\": {\"f\": {\"variants\": {}}}}\n",
            "kind `ConfigMap`, not a flag file (help: the text of `data[\"flags.json\"]` at line 4 holds flags: write it into a file of its own, as `flagctl compile` prints them)",
        ),
        (
            "replicaCount: 1\nflagd:\n  config:\n    flags:\n      f: { variants: { a: 1 } }\n",
            "the document has no `flags` (help: the flags are in `flagd.config` at line 4",
        ),
        (
            "apiVersion: v1\nkind: Service\nspec: {}\n",
            "it holds no flags; a flag file begins with `flags:`",
        ),
        (
            "kind: Namespace\n---\nkind: Service\n---\nspec:\n  flagSpec:\n    flags: { f: { variants: { a: 1 } } }\n",
            "F002: the flags are not in the first document of the file, which alone is read (help: the flags are in `spec.flagSpec` at line 7",
        ),
        ("flag: {}\n", "did you mean `flags` in place of `flag`?"),
        (
            "f:\n  variants: { a: 1 }\n",
            "`f` looks like a flag: write `flags:` above",
        ),
        ("image: x\n", "this is not a flag file"),
    ] {
        assert_found(text, Severity::Error, want);
        let (_, found) = evaluate::load(text, DocumentFormat::Yaml);
        assert!(!found[0].help.contains("flags: {}"), "{found:?}");
    }
}
