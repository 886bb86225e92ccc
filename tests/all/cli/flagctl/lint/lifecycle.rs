//! Lint rules on lifecycle metadata.

use crate::support::lint::findings;
use crate::support::lint::lint_policy;

#[test]
fn lifecycle_metadata_is_validated() {
    let metadata = "owner: payments, createdAt: 2026-01-01, expectedCleanupDate: 2026-11-20, status: active, jiraTicket: PAY-1";
    let text = format!(
        "flags:\n  f: {{ metadata: {{ {metadata} }}, state: DISABLED }}\n  g: {{ state: DISABLED }}\n"
    );
    let all = lint_policy("lifecycle: { require: [owner, created, expires, status, ticket] }");
    let found = findings(&text, &all);
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(found[0], "2:81 F111 flag `f` expired on 2026-11-20");
    for (line, field) in found[1..]
        .iter()
        .zip(["created", "expires", "owner", "status", "ticket"])
    {
        assert_eq!(
            *line,
            format!("3:3 F110 required lifecycle field `{field}` of flag `g` is missing")
        );
    }
    let text = "flags:\n  f: { metadata: { status: done, createdAt: soon, expires: 2026-11-21 }, state: DISABLED }\n";
    let want = [
        "2:28 F112 invalid `status` of flag `f`: \"done\"",
        "2:45 F112 invalid date in `created` of flag `f`: \"soon\"",
    ];
    assert_eq!(findings(text, &lint_policy("{}")), want);
    let text = "metadata: { owner: all }\nflags:\n  f: { state: DISABLED }\n";
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
        "2:3 F110 required lifecycle field `owner` of flag `f` is missing",
        "2:28 F112 invalid `owner` of flag `f`: a number",
        "2:31 F008 unknown member `onwer` in `lifecycle` of flag `f`, ignored",
        "2:47 F112 invalid `kind` of flag `f`: \"realease\"",
        "2:79 F112 invalid `status` of flag `f`: \"done\"",
        "3:19 F112 `lifecycle` of flag `g` is a string",
    ];
    assert_eq!(findings(&text, &lint_policy("{}")), want);
}
