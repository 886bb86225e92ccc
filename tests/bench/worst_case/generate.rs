//! Random rules and contexts that are likely to be expensive.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::json;

/// A xorshift generator.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A rule and the attributes of a context.
#[derive(Clone)]
pub struct Case {
    pub rule: Value,
    /// Name, kind of value, and bytes of each attribute.
    pub attributes: Vec<(&'static str, Kind, usize)>,
}

/// The kinds of attributes; each is filled up to a number of bytes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Digits,
    Spaces,
    Letters,
    Version,
    Path,
    Escapes,
    TinyNumbers,
    ManyDigits,
    Zeros,
    ShortTexts,
    LongTexts,
    EmptyMaps,
    EmptyLists,
    Ranges,
    NestedLists,
    WideMap,
    RepeatedKeys,
    MapOfMaps,
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "targetingKey"];
const KINDS: [Kind; 18] = [
    Kind::Digits,
    Kind::Spaces,
    Kind::Letters,
    Kind::Version,
    Kind::Path,
    Kind::Escapes,
    Kind::TinyNumbers,
    Kind::ManyDigits,
    Kind::Zeros,
    Kind::ShortTexts,
    Kind::LongTexts,
    Kind::EmptyMaps,
    Kind::EmptyLists,
    Kind::Ranges,
    Kind::NestedLists,
    Kind::WideMap,
    Kind::RepeatedKeys,
    Kind::MapOfMaps,
];
const SIZES: [usize; 6] = [10, 1_000, 20_000, 100_000, 400_000, 980_000];
const VARS: [&str; 14] = [
    "a",
    "b",
    "c",
    "d",
    "targetingKey",
    "",
    "",
    "current",
    "accumulator",
    "a.k1",
    "b.x.y",
    "k9",
    "1",
    "c.0.0",
];
const BINARY: [&str; 26] = [
    "==",
    "!=",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "starts_with",
    "ends_with",
    "+",
    "-",
    "*",
    "/",
    "%",
    "max",
    "min",
    "cat",
    "merge",
    "contains_any",
    "contains_all",
    "contains_none",
    "missing_some",
    "and",
    "or",
];
const LISTS: [&str; 6] = ["map", "filter", "all", "some", "none", "reduce"];

impl Case {
    pub fn random(random: &mut Random) -> Case {
        let mut attributes = Vec::new();
        for name in NAMES {
            if random.below(3) > 0 {
                attributes.push((name, random.pick(&KINDS), random.pick(&SIZES)));
            }
        }
        Case {
            rule: repeated(random),
            attributes,
        }
    }

    /// The case with another attribute, or with another part of the rule.
    pub fn mutated(&self, random: &mut Random) -> Case {
        let mut case = self.clone();
        if random.below(3) == 0 && !case.attributes.is_empty() {
            let at = random.below(case.attributes.len());
            case.attributes[at].1 = random.pick(&KINDS);
            case.attributes[at].2 = random.pick(&SIZES);
        } else if random.below(6) == 0 {
            let count = random.pick(&[2, 10, 100, 1000]);
            let operator = random.pick(&["and", "or", "cat", "merge", "+", "==", "max"]);
            case.rule = json!({operator: copies(case.rule, count)});
        } else {
            let expression = expression(random, 4);
            replace(&mut case.rule, random, expression);
        }
        case
    }

    /// The request in JSON, of at most 1 MB.
    pub fn request(&self) -> String {
        let mut out = String::from(r#"{"flagKey":"f","context":{"#);
        let mut left = 990_000;
        for (i, (name, kind, size)) in self.attributes.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(out, "{comma}\"{name}\":");
            let before = out.len();
            kind.write(&mut out, (*size).min(left));
            left = left.saturating_sub(out.len() - before + 20);
        }
        out.push_str("}}");
        out
    }
}

fn replace(rule: &mut Value, random: &mut Random, by: Value) {
    let inner = match rule {
        Value::Array(items) if !items.is_empty() && random.below(8) > 0 => {
            let at = random.below(items.len().min(4));
            items.get_mut(at)
        }
        Value::Object(members) if random.below(4) > 0 => members.values_mut().next(),
        _ => None,
    };
    match inner {
        Some(inner) => replace(inner, random, by),
        None => *rule = by,
    }
}

/// An expression, often many times in one rule.
fn repeated(random: &mut Random) -> Value {
    let one = expression(random, 5);
    let operator = random.pick(&["and", "or", "cat", "merge", "+", "max", "!=="]);
    let count = random.pick(&[0, 0, 1, 10, 100, 1000, 4000]);
    if count == 0 {
        return one;
    }
    if random.below(4) == 0 {
        let names = (0..count).map(|i| json!({"var": format!("a.k{i}")}));
        return json!({operator: names.collect::<Vec<_>>()});
    }
    json!({operator: copies(one, count)})
}

/// Up to `count` copies, so that the rule does not get much longer than allowed.
fn copies(one: Value, count: usize) -> Vec<Value> {
    let fitting = 100_000 / (one.to_string().len() + 1);
    vec![one; count.min(fitting.max(1))]
}

fn expression(random: &mut Random, depth: usize) -> Value {
    if depth == 0 {
        return leaf(random);
    }
    match random.below(16) {
        0..=1 => leaf(random),
        2..=7 => {
            let operator = random.pick(&BINARY);
            let count = random.pick(&[1, 2, 2, 2, 3, 3, 20]);
            let one = expression(random, depth - 1);
            let mut arguments = copies(one, count);
            if let Some(last) = arguments.last_mut() {
                *last = expression(random, depth - 1);
            }
            json!({operator: arguments})
        }
        8..=11 => {
            let list = expression(random, depth - 1);
            let body = expression(random, depth - 1);
            json!({random.pick(&LISTS): [list, body, random.pick(&["", "x"])]})
        }
        12 => {
            let order = random.pick(&["=", "<", ">=", "^", "~"]);
            let (a, b) = (expression(random, depth - 1), expression(random, depth - 1));
            json!({"sem_ver": [a, order, b]})
        }
        13 => {
            let shares = random.pick(&[2, 2, 1000]);
            let mut arguments = vec![expression(random, depth - 1)];
            arguments.extend(vec![json!(["on", 1]); shares]);
            json!({"fractional": arguments})
        }
        14 => {
            let text = expression(random, depth - 1);
            json!({"substr": [text, random.pick(&[0, 1, -1, 400_000]), random.pick(&[-1, 5, 400_000])]})
        }
        _ => {
            let argument = expression(random, depth - 1);
            let operator = random.pick(&["var", "missing", "!", "!!", "abs", "merge", "cat", "+"]);
            json!({operator: argument})
        }
    }
}

fn leaf(random: &mut Random) -> Value {
    match random.below(10) {
        0 => json!(random.pick(&["1", "x", " ", "1.0.0", "k1"])),
        1 => json!(random.pick(&[0, 1, -1, 100_000])),
        2 => {
            let count = random.pick(&[3, 100, 5000]);
            json!(vec![random.pick(&["x", "0", "11111111111"]); count])
        }
        3 => json!({"var": [random.pick(&VARS), {"var": random.pick(&VARS)}]}),
        _ => json!({"var": random.pick(&VARS)}),
    }
}

impl Kind {
    fn write(self, out: &mut String, size: usize) {
        let text = |out: &mut String, unit: &str| {
            out.push('"');
            out.push_str(&unit.repeat(size / unit.len().max(1)));
            out.push('"');
        };
        match self {
            Kind::Digits => text(out, "1"),
            Kind::Spaces => text(out, " "),
            Kind::Letters => text(out, "x"),
            Kind::Version => text(out, "1.0.0-0.0.0"),
            Kind::Path => text(out, "0.a."),
            Kind::Escapes => text(out, "\\n"),
            Kind::TinyNumbers => list(out, size, |_| "5e-324".to_owned()),
            Kind::ManyDigits => list(out, size, |_| "1234567890.12345678901234567890".to_owned()),
            Kind::Zeros => list(out, size, |_| "0".to_owned()),
            Kind::ShortTexts => list(out, size, |i| format!("\"u{i}\"")),
            Kind::LongTexts => list(out, size, |i| format!("\"{}{i}\"", "y".repeat(1000))),
            Kind::EmptyMaps => list(out, size, |_| "{}".to_owned()),
            Kind::EmptyLists => list(out, size, |_| "[]".to_owned()),
            Kind::Ranges => list(out, size, |_| "[\"1\",\"2\"]".to_owned()),
            Kind::NestedLists => list(out, size, |_| {
                format!("{}{}", "[".repeat(60), "]".repeat(60))
            }),
            Kind::WideMap => map(out, size, |i| format!("\"k{i}\":1")),
            Kind::RepeatedKeys => map(out, size, |_| "\"k1\":{}".to_owned()),
            Kind::MapOfMaps => map(out, size, |i| format!("\"x\":{{\"y\":{{\"k{i}\":[]}}}}")),
        }
    }
}

fn list(out: &mut String, size: usize, item: impl Fn(usize) -> String) {
    fill(out, size, ('[', ']'), item);
}

fn map(out: &mut String, size: usize, member: impl Fn(usize) -> String) {
    fill(out, size, ('{', '}'), member);
}

fn fill(out: &mut String, size: usize, brackets: (char, char), part: impl Fn(usize) -> String) {
    let end = out.len() + size;
    out.push(brackets.0);
    for i in 0.. {
        let next = part(i);
        if out.len() + next.len() + 2 > end {
            break;
        }
        if i > 0 {
            out.push(',');
        }
        out.push_str(&next);
    }
    out.push(brackets.1);
}
