//! Lint rules on lifecycle metadata.

use crate::support::lint::findings;
use crate::support::lint::lint_policy;

#[test]
fn lifecycle_metadata_is_validated() {
    let metadata = "owner: payments, createdAt: 2026-01-01, expectedCleanupDate: 2026-11-20, status: active, jiraTicket: PAY-1";
    let text = format!("flags:\n  f: {{ metadata: {{ {metadata} }} }}\n  g: {{}}\n");
    let all = lint_policy("lifecycle: { require: [owner, created, expires, status, ticket] }");
    let found = findings(&text, &all);
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(found[0], "2:81 F111 flag `f` expired on 2026-11-20");
    for (line, field) in found[1..]
        .iter()
        .zip(["created", "expires", "owner", "status", "ticket"])
    {
        assert_eq!(*line, format!("3:3 F110 flag `g` has no `{field}`"));
    }
    let text =
        "flags:\n  f: { metadata: { status: done, createdAt: soon, expires: 2026-11-21 } }\n";
    let want = [
        "2:28 F112 `status` of flag `f` is none that is known",
        "2:45 F112 `created` of flag `f` is no date",
    ];
    assert_eq!(findings(text, &lint_policy("{}")), want);
    let text = "metadata: { owner: all }\nflags:\n  f: {}\n";
    assert_eq!(
        findings(text, &lint_policy("lifecycle: { require: [owner] }")),
        [""; 0]
    );
}

#[test]
fn invalid_lifecycle_fields_are_reported() {
    let lifecycle = "{ owner: 5, onwer: a, kind: realease, ticket: null, status: done }";
    let text = format!(
        "flags:\n  f: {{ lifecycle: {lifecycle} }}\n  g: {{ lifecycle: a, metadata: {{ owner: a }} }}\n"
    );
    let want = [
        "2:3 F110 flag `f` has no `owner`",
        "2:28 F112 `owner` of flag `f` cannot be understood",
        "2:31 F008 `lifecycle` of flag `f` has no member `onwer`",
        "2:47 F112 `kind` of flag `f` cannot be understood",
        "2:79 F112 `status` of flag `f` is none that is known",
        "3:19 F112 `lifecycle` of flag `g` is a string",
    ];
    assert_eq!(findings(&text, &lint_policy("{}")), want);
}
