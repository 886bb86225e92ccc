//! A condition of a rule: an attribute, one of six operators, and a value.
//!
//! The coercions are those of JavaScript: `equals` and `in` compare without any, `greaterThan` and `lessThan` compare
//! numbers, `matches` tests text. An absent attribute meets no condition.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::dialect::bucket::TARGETING_KEY;
use crate::control::dialect::document_reader::Faults;
use crate::control::dialect::document_reader::ObjectReader;
use crate::control::dialect::portable_pattern;
use crate::number;
use crate::rule::operator::pattern::PATTERN_OPERATOR;
use crate::rule::operator::pattern::Pattern;

/// The name of the attribute that identifies a user in these documents.
const USER_ID: &str = "userId";
const OPERATORS: [&str; 6] = [
    "equals",
    "contains",
    "greaterThan",
    "lessThan",
    "matches",
    "in",
];

/// A condition.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The path of the attribute in an evaluation context.
    attribute: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Equals(Value),
    Contains(String),
    GreaterThan(f64),
    LessThan(f64),
    Matches(String, Pattern),
    In(Vec<Value>),
}

impl Condition {
    /// Parses a condition.
    pub fn parse(value: &Value, pointer: String, faults: &mut Faults) -> Option<Condition> {
        let known = ["attribute", "operator", "value"];
        let reader = ObjectReader::new(value, pointer, &known, faults)?;
        let attribute = reader.require_text("attribute", faults);
        let operator = reader.require_text("operator", faults);
        let value = reader.require("value", faults);
        let (attribute, operator, value) = (attribute?, operator?, value?);
        if attribute.starts_with('$') || attribute.split('.').any(str::is_empty) {
            let why = "must be the name of an attribute, or names joined by dots";
            faults.add(reader.pointer_to("attribute"), why);
            return None;
        }
        let Some(test) = Test::parse(&operator, value) else {
            faults.add(reader.pointer_to("operator"), unknown_operator(&operator));
            return None;
        };
        let attribute = match attribute.as_str() {
            USER_ID => TARGETING_KEY.to_owned(),
            _ => attribute,
        };
        match test {
            Ok(test) => Some(Condition { attribute, test }),
            Err(why) => {
                faults.add(reader.pointer_to("value"), why);
                None
            }
        }
    }

    /// Returns true if a context meets the condition.
    pub fn holds(&self, context: &Map<String, Value>) -> bool {
        let Some(actual) = look_up(context, &self.attribute) else {
            return false;
        };
        match &self.test {
            Test::Equals(wanted) => equals(actual, wanted),
            Test::Contains(part) => match actual {
                Value::String(text) => text.contains(part.as_str()),
                Value::Array(items) => items.iter().any(|item| item.as_str() == Some(part)),
                _ => false,
            },
            Test::GreaterThan(limit) => to_number(actual) > *limit,
            Test::LessThan(limit) => to_number(actual) < *limit,
            Test::Matches(_, pattern) => {
                to_text(actual).is_some_and(|text| pattern.is_match(&text))
            }
            Test::In(wanted) => wanted.iter().any(|wanted| equals(actual, wanted)),
        }
    }

    /// The rule that tests the same.
    pub fn to_rule(&self) -> Value {
        let attribute = json!({ "var": self.attribute });
        // An absent attribute compares like 0.
        let compared = |operator: &str, limit: f64| {
            let comparison = json!({ operator: [attribute, limit] });
            json!({ "and": [{ "!==": [attribute, null] }, comparison] })
        };
        match &self.test {
            Test::Equals(wanted) => json!({ "===": [attribute, wanted] }),
            Test::Contains(part) => json!({ "in": [part, attribute] }),
            Test::GreaterThan(limit) => compared(">", *limit),
            Test::LessThan(limit) => compared("<", *limit),
            Test::Matches(text, _) => portable_pattern::rule(&attribute, text)
                .unwrap_or_else(|| json!({ PATTERN_OPERATOR: [attribute, text] })),
            // Not `in`, for which Go finds the number 0 in any list of texts.
            Test::In(wanted) => {
                let each = wanted.iter();
                let each: Vec<Value> = each
                    .map(|wanted| json!({ "===": [attribute, wanted] }))
                    .collect();
                json!({ "or": each })
            }
        }
    }
}

impl Test {
    /// The test of an operator; `None` if the operator is unknown, and an error if the value is invalid.
    fn parse(operator: &str, value: &Value) -> Option<Result<Test, String>> {
        let is_scalar =
            |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        Some(match operator {
            "equals" if is_scalar(value) => Ok(Test::Equals(value.clone())),
            "equals" => Err("must be a text, a number or a boolean".to_owned()),
            "contains" => match value.as_str() {
                Some(part) if !part.is_empty() => Ok(Test::Contains(part.to_owned())),
                _ => Err("must be a text that is not empty".to_owned()),
            },
            "greaterThan" => limit(value).map(Test::GreaterThan),
            "lessThan" => limit(value).map(Test::LessThan),
            "matches" => match value.as_str() {
                Some(text) => Pattern::parse(text)
                    .map(|pattern| Test::Matches(text.to_owned(), pattern))
                    .map_err(|why| format!("is no regular expression: {why}")),
                None => Err("must be a regular expression".to_owned()),
            },
            "in" => match value.as_array() {
                Some(items) if !items.is_empty() && items.iter().all(is_scalar) => {
                    Ok(Test::In(items.clone()))
                }
                _ => Err("must be a list of texts, numbers and booleans".to_owned()),
            },
            _ => return None,
        })
    }
}

fn unknown_operator(operator: &str) -> String {
    format!(
        "`{operator}` is unknown; there are {}",
        OPERATORS.join(", ")
    )
}

fn limit(value: &Value) -> Result<f64, String> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if !text.trim().is_empty() => number::parse(text).ok(),
        _ => None,
    };
    number
        .filter(|number| number.is_finite())
        .ok_or_else(|| "must be a number".to_owned())
}

/// The value at a path of member names and indices; null counts as absent.
fn look_up<'c>(context: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    let mut steps = path.split('.');
    let mut found = context.get(steps.next()?)?;
    for step in steps {
        found = match found {
            Value::Object(members) => members.get(step)?,
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(found).filter(|found| !found.is_null())
}

/// Strict equality of scalars; numbers are equal however they are written.
fn equals(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        _ => false,
    }
}

fn to_number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::String(text) if text.trim().is_empty() => 0.0,
        Value::String(text) => number::parse(text).unwrap_or(f64::NAN),
        Value::Null | Value::Array(_) | Value::Object(_) => f64::NAN,
    }
}

fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => {
            let mut text = String::new();
            number::write_decimal(&mut text, number.as_f64()?);
            Some(text)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
