//! `flagctl explain` tells the decision in the words of the flag file.

use serde_json::Value;

use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

fn explain(members: &str, context: &str, format: &str) -> String {
    let directory = TempDir::new();
    let text = format!(
        "rings:\n  internal: {{ in: [{{ var: group }}, [employee]] }}\n  beta: false\nflags:\n  f:\n    \
         variants: {{ \"on\": true, \"off\": false }}\n    defaultVariant: \"off\"\n    {members}\n  api:\n    \
         variants: {{ \"on\": true, \"off\": false }}\n    defaultVariant: \"off\"\n    \
         targeting: {{ if: [{{ var: api }}, \"on\"] }}\n"
    );
    directory.write("flags.yaml", text);
    let arguments = [
        "explain",
        "f",
        "--flags",
        "flags.yaml",
        "--context",
        context,
        "-o",
        format,
    ];
    let output = run_flagctl(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    printed(&output.stdout).to_owned()
}

/// The members of a flag, a context, and a part of the explanation.
const DECISIONS: &str = r#"
kill: true | {} | DECIDED BY flags.yaml:8:5: killed: `kill: true` serves the default variant `off` to all contexts
kill: true ;; safeVariant: "on" | {} | killed: `kill: true` serves the safe variant `on` to all contexts
rollout: { variant: "on", percentage: 25 } | {"targetingKey":"u1"} | `rollout.percentage` 25 %: bucket 39.218 % of targetingKey "u1" is outside
rollout: { variant: "on", percentage: 40 } | {"targetingKey":"u1"} | DECIDED BY flags.yaml:8:14: `rollout.percentage` 40 %: bucket 39.218 % of targetingKey "u1" is inside: variant `on`
rollout: { variant: "on", percentage: 40 } | {} | `rollout.percentage` 40 %: a context without `targetingKey` is outside
rollout: { variant: "on", percentage: 100 } | {} | DECIDED BY flags.yaml:8:14: `rollout.percentage` 100 %: every unit is included: variant `on`
rollout: { variant: "on", rings: [beta] } | {"ring":"beta"} | DECIDED BY flags.yaml:8:14: `rollout.rings` contains ring "beta": variant `on`
rollout: { variant: "on", rings: [internal] } | {"group":"employee"} | `rollout.rings` contains ring "internal", whose condition holds: group in ["employee"]: variant `on`
rollout: { variant: "on", rings: [beta] } | {"ring":"ga"} | `rollout.rings` ["beta"] contains no ring of the context (ring = "ga")
rollout: { variant: "on", segments: [partner] } | {"segments":["partner"]} | DECIDED BY flags.yaml:8:14: `rollout.segments` contains segment "partner": variant `on`
rollout: { variant: "on", percentage: 100, deny: [x] } | {"targetingKey":"x"} | DECIDED BY flags.yaml:8:14: `rollout.deny` contains targetingKey "x"
rollout: { variant: "on", percentage: 0, allow: [x] } | {"targetingKey":"x"} | DECIDED BY flags.yaml:8:14: `rollout.allow` contains targetingKey "x"
rollout: { variant: "on", percentage: 100, when: { var: plan } } | {} | `rollout.when` does not hold: plan
rollout: { variant: "on", percentage: 50, bucketBy: tenant } | {} | `rollout.percentage` 50 %: a context without `tenant` is outside
rollout: { variant: "on", percentage: 50, dialect: md5-8hex-100 } | {"targetingKey":"u1"} | `rollout.percentage` 50 %: the bucket of targetingKey "u1" is
rollout: { variant: "on", ramp: { from: 2020-01-01, to: 2020-02-01 } } | {} | DECIDED BY flags.yaml:8:14: `rollout.ramp` 100 %
rollout: { variant: "on", regions: [{ region: eu, percentage: 100 }] } | {"region":"eu"} | DECIDED BY flags.yaml:8:14: `rollout.regions` 100 %
rollout: [{ variant: "on", rings: [beta] }, { variant: "off", percentage: 100 }] | {} | `rollout[1].percentage` 100 %: every unit is included: variant `off`
requires: [{ flag: api, variant: "on" }] ;; rollout: { variant: "on", percentage: 100 } | {} | `requires` `api: on` is not met, which serves the default variant `off`
requires: [{ flag: api, variant: "on" }] ;; rollout: { variant: "on", percentage: 100 } | {"api":true} | `requires` `api: on` is met
"#;

#[test]
fn decision_of_a_rollout_field_is_told_in_its_words() {
    for line in DECISIONS.trim().lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [members, context, want] = cells[..] else {
            panic!("three cells: {line}");
        };
        let told = explain(&members.replace(" ;; ", "\n    "), context, "table");
        assert!(told.contains(want), "{line}:\n{told}");
    }
}

#[test]
fn json_explanation_lists_the_tested_fields() {
    let members = "rollout: { variant: \"on\", rings: [beta], percentage: 25, deny: [x] }";
    let told = explain(members, r#"{"targetingKey":"u1","ring":"beta"}"#, "json");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let fields = told["fields"].as_array().expect("fields");
    let told_fields: Vec<(&str, bool)> = fields
        .iter()
        .map(|field| {
            (
                field["field"].as_str().expect("text"),
                field["decides"] == true,
            )
        })
        .collect();
    assert_eq!(
        told_fields,
        [("rollout.deny", false), ("rollout.rings", true)]
    );
    assert_eq!(told["decidedBy"]["field"]["field"], "rollout.rings");
    assert_eq!(told["decidedBy"]["what"], "\"on\"");
    let plain = explain("targeting: { var: a }", "{}", "json");
    let plain: Value = serde_json::from_str(&plain).expect("JSON");
    assert_eq!(plain["fields"], serde_json::json!([]));
    assert_eq!(plain["decidedBy"]["field"], Value::Null);
}

#[test]
fn other_result_names_the_attribute_of_the_bucketing_key() {
    for (members, want) in [
        (
            "targeting: { fractional: [[\"on\", 5], [\"off\", 95]] }",
            "on: if targetingKey is a text and not empty (now null; for example \"user-1\") and the hash of \"f\" + \
             targetingKey is between 0.000 % and 5.000 %\n",
        ),
        (
            "targeting: { fractional: [[\"on\", 100], [\"off\", 0]] }",
            "on: if targetingKey is a text and not empty (now null; for example \"user-1\")\n",
        ),
        (
            "rollout: { variant: \"on\", percentage: 5 }",
            "on: if targetingKey is a text and not empty (now null; for example \"user-1\") and the hash of",
        ),
    ] {
        let told = explain(members, "{}", "table");
        assert!(told.contains(want), "{members}:\n{told}");
    }
    let told = explain(
        "targeting: { fractional: [[\"on\", 5], [\"off\", 95]] }",
        "{\"targetingKey\":\"u1\"}",
        "table",
    );
    assert!(
        told.contains("is between 0.000 % and 5.000 % (now 39.218 %)"),
        "{told}"
    );
}
