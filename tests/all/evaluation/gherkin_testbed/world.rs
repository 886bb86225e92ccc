//! Steps of a scenario, applied to one evaluation.

use gherkin::Step;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::support::server::http_client::HttpClient;

/// An evaluation: its request and its response.
#[derive(Default)]
pub struct World {
    kind: String,
    key: String,
    fallback: String,
    context: Map<String, Value>,
    selector: String,
    answer: Value,
}

impl World {
    pub async fn step(&mut self, step: &Step, client: &mut HttpClient) -> Result<(), String> {
        let words = quoted(&step.value);
        if words.is_empty() && step.value.contains("was evaluated with details") {
            self.evaluate(client).await;
            return Ok(());
        }
        if self.set_up(&step.value, &words) {
            return Ok(());
        }
        self.expect(step, &words)
    }

    /// Applies a step that sets up the evaluation. Returns false for other steps.
    fn set_up(&mut self, text: &str, words: &[String]) -> bool {
        match words {
            [key, fallback] if text.contains("-flag with key") => {
                let before = text.split("-flag").next().unwrap_or("");
                before
                    .rsplit(' ')
                    .next()
                    .unwrap_or("")
                    .clone_into(&mut self.kind);
                (self.key, self.fallback) = (key.clone(), fallback.clone());
            }
            [name, _, value] if text.contains("an option") => {
                if name == "selector" {
                    self.selector.clone_from(value);
                }
            }
            [key, kind, value] if text.contains("a context containing a key") => {
                self.context.insert(key.clone(), typed(kind, value));
            }
            [outer, inner, value] if text.contains("a nested property") => {
                self.context.insert(outer.clone(), json!({ inner: value }));
            }
            [value] if text.contains("a targeting key") => {
                self.context.insert("targetingKey".to_owned(), json!(value));
            }
            [] if text.contains("flagd provider") => {}
            _ => return false,
        }
        true
    }

    /// Compares the response with a step that describes the response.
    fn expect(&self, step: &Step, words: &[String]) -> Result<(), String> {
        let text = step.value.as_str();
        match words {
            [want] if text.contains("the resolved details value") => {
                expect_equal(&self.value(), &typed(&self.kind, want), &self.answer)
            }
            [want] if text.contains("the reason should be") => {
                let got = if self.answer["code"].is_string() {
                    &json!("ERROR")
                } else {
                    &self.answer["reason"]
                };
                expect_equal(got, &json!(want), &self.answer)
            }
            [want] if text.contains("the error-code should be") => {
                expect_equal(&json!(self.error_code()), &json!(want), &self.answer)
            }
            [] if text.contains("the resolved metadata should contain") => {
                let tables = step.table.iter();
                let mut rows = tables.flat_map(|table| table.rows.iter().skip(1));
                rows.try_for_each(|row| {
                    let want = typed(&row[1], &row[2]);
                    expect_equal(&self.answer["metadata"][&row[0]], &want, &self.answer)
                })
            }
            [] if text.contains("the resolved metadata is empty") => {
                expect_equal(&self.answer["metadata"], &json!({}), &self.answer)
            }
            _ => Err(format!("unknown step: {text}")),
        }
    }

    /// The value of the response, or the caller's default.
    fn value(&self) -> Value {
        let got = if self.has_value() {
            &self.answer["value"]
        } else {
            &Value::Null
        };
        match got {
            Value::Null => typed(&self.kind, &self.fallback),
            // Protobuf's JSON mapping writes 64-bit integers as strings.
            Value::String(digits) if self.kind == "Integer" => typed("Integer", digits),
            other => other.clone(),
        }
    }

    fn error_code(&self) -> &'static str {
        match self.answer["code"].as_str() {
            Some("not_found") => "FLAG_NOT_FOUND",
            Some("invalid_argument") => "TYPE_MISMATCH",
            Some("data_loss") => "PARSE_ERROR",
            Some(_) => "GENERAL",
            None => "",
        }
    }

    fn has_value(&self) -> bool {
        !self.answer["code"].is_string() && self.answer.get("value").is_some()
    }

    async fn evaluate(&mut self, client: &mut HttpClient) {
        let method = match self.kind.as_str() {
            "Integer" => "Int",
            other => other,
        };
        let body = json!({"flagKey": self.key, "context": self.context}).to_string();
        let path = format!("/flagd.evaluation.v2.Service/Resolve{method}");
        let selector = format!("flagd-selector: {}", self.selector);
        let headers = ["content-type: application/json", &selector];
        self.answer = client.post(&path, &headers, body).await.json();
    }
}

fn typed(kind: &str, text: &str) -> Value {
    match kind {
        "Integer" => json!(text.parse::<i64>().expect("an integer")),
        "Long" | "Float" | "Double" => json!(text.parse::<f64>().expect("a number")),
        "Boolean" => json!(text.parse::<bool>().expect("a boolean")),
        "Object" => serde_json::from_str(&text.replace("\\\"", "\"")).expect("an object"),
        _ => json!(text),
    }
}

fn expect_equal(got: &Value, want: &Value, answer: &Value) -> Result<(), String> {
    let numbers = got.as_f64().zip(want.as_f64());
    if got == want || numbers.is_some_and(|(a, b)| a == b) {
        return Ok(());
    }
    Err(format!("wanted {want}, got {got} in {answer}"))
}

/// The texts between quotation marks. A value at the end of a step may contain quotation marks.
fn quoted(step: &str) -> Vec<String> {
    let value = step.split_once(", with type ");
    let value = value.and_then(|(_, rest)| rest.split_once("with value \"")?.1.strip_suffix('"'));
    let head = value.map_or(step, |value| &step[..step.len() - value.len() - 1]);
    let words = head.split('"').skip(1).step_by(2).map(str::to_owned);
    let mut words: Vec<String> = words.collect();
    if let Some(value) = value {
        words.pop();
        words.push(value.to_owned());
    }
    words
}
