//! Reads the members of a document.

use serde_json::Value;

use crate::control::dialect::condition::Condition;
use crate::control::dialect::definition_service::FlagDocument;
use crate::control::dialect::definition_service::TargetingRule;
use crate::control::dialect::document_reader::Faults;
use crate::control::dialect::document_reader::ObjectReader;

/// The version of the schema that is read: major and minor.
const SCHEMA: (u64, u64) = (1, 0);
const MEMBERS: [&str; 11] = [
    "key",
    "name",
    "description",
    "defaultValue",
    "targeting",
    "rolloutPercentage",
    "environments",
    "createdAt",
    "updatedAt",
    "version",
    "schemaVersion",
];
/// The members that `environments` may override.
const OVERRIDES: [&str; 4] = ["enabled", "defaultValue", "targeting", "rolloutPercentage"];

/// Reads a document, with the overrides of an environment.
pub fn read_document(
    value: &Value,
    environment: &str,
    faults: &mut Faults,
) -> Option<FlagDocument> {
    check_schema_version(value, faults);
    let reader = ObjectReader::new(value, String::new(), &MEMBERS, faults)?;
    let key = reader.require_text("key", faults);
    let name = reader.text("name", faults);
    let description = reader.text("description", faults).or(name);
    reader.text("createdAt", faults);
    reader.text("updatedAt", faults);
    let version = reader.get("version").map(Value::as_u64);
    if version == Some(None) {
        faults.add("/version", "must be a whole number");
    }
    let base = read_part(&reader, faults);
    let of_environment = read_environments(&reader, environment, faults).unwrap_or_default();
    let document = FlagDocument {
        key: key?,
        description,
        enabled: of_environment.enabled.unwrap_or(true),
        default_value: of_environment
            .default_value
            .or(base.default_value)
            .unwrap_or(Value::Bool(true)),
        rules: of_environment.rules.or(base.rules).unwrap_or_default(),
        percentage: of_environment.percentage.or(base.percentage).unwrap_or(0.0),
        version: version.flatten(),
    };
    document.check_types(faults);
    Some(document)
}

/// The members that an environment may override.
#[derive(Debug, Default)]
struct Part {
    enabled: Option<bool>,
    default_value: Option<Value>,
    rules: Option<Vec<TargetingRule>>,
    percentage: Option<f64>,
}

fn read_part(reader: &ObjectReader<'_>, faults: &mut Faults) -> Part {
    Part {
        enabled: reader.boolean("enabled", faults),
        default_value: reader.get("defaultValue").cloned(),
        rules: reader.get("targeting").map(|_| read_rules(reader, faults)),
        percentage: reader.percentage("rolloutPercentage", faults),
    }
}

/// Reads the overrides of all environments, and returns those of one.
fn read_environments(
    reader: &ObjectReader<'_>,
    environment: &str,
    faults: &mut Faults,
) -> Option<Part> {
    let environments = reader.get("environments")?;
    let Some(members) = environments.as_object() else {
        faults.add("/environments", "must be an object of environments");
        return None;
    };
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    let environments = ObjectReader::new(environments, "/environments".to_owned(), &names, faults)?;
    let mut wanted = None;
    for (name, value) in members {
        let pointer = environments.pointer_to(name);
        let Some(reader) = ObjectReader::new(value, pointer, &OVERRIDES, faults) else {
            continue;
        };
        let part = read_part(&reader, faults);
        if name == environment {
            wanted = Some(part);
        }
    }
    wanted
}

fn read_rules(reader: &ObjectReader<'_>, faults: &mut Faults) -> Vec<TargetingRule> {
    let mut rules: Vec<TargetingRule> = Vec::new();
    for (index, (value, pointer)) in reader.items("targeting", faults).into_iter().enumerate() {
        let Some(rule) = read_rule(value, pointer.clone(), index, faults) else {
            continue;
        };
        if rules.iter().any(|known| known.id == rule.id) {
            faults.add(
                format!("{pointer}/id"),
                format!("repeats the id `{}`", rule.id),
            );
        }
        rules.push(rule);
    }
    // Rules of equal priority keep their order.
    rules.sort_by(|a, b| a.priority.total_cmp(&b.priority));
    rules
}

fn read_rule(
    value: &Value,
    pointer: String,
    index: usize,
    faults: &mut Faults,
) -> Option<TargetingRule> {
    let known = [
        "id",
        "priority",
        "conditions",
        "rolloutPercentage",
        "variation",
    ];
    let reader = ObjectReader::new(value, pointer, &known, faults)?;
    let id = reader.require_text("id", faults);
    let priority = reader.require("priority", faults).map(Value::as_f64);
    if priority == Some(None) {
        faults.add(reader.pointer_to("priority"), "must be a number");
    }
    let conditions = reader.items("conditions", faults).into_iter();
    let conditions = conditions
        .filter_map(|(condition, pointer)| Condition::parse(condition, pointer, faults))
        .collect();
    Some(TargetingRule {
        id: id?,
        priority: priority??,
        conditions,
        percentage: reader
            .percentage("rolloutPercentage", faults)
            .unwrap_or(100.0),
        variation: reader
            .get("variation")
            .cloned()
            .unwrap_or(Value::Bool(true)),
        index,
    })
}

/// A newer minor version is read, without the members that it adds.
fn check_schema_version(value: &Value, faults: &mut Faults) {
    let Some(version) = value
        .get("schemaVersion")
        .filter(|version| !version.is_null())
    else {
        return;
    };
    let text = version.as_str().unwrap_or_default();
    let mut numbers = text.split('.').map(|number| number.parse::<u64>().ok());
    let (major, minor) = (numbers.next().flatten(), numbers.next().flatten());
    let why = match major {
        Some(major) if major == SCHEMA.0 => {
            faults.ignores_unknown = minor.is_some_and(|minor| minor > SCHEMA.1);
            return;
        }
        Some(_) => format!("is {text}: this program reads major version {}", SCHEMA.0),
        None => format!(
            "must be a semantic version such as {}.{}.0",
            SCHEMA.0, SCHEMA.1
        ),
    };
    faults.add("/schemaVersion", why);
}
