//! Random rules and contexts. A source of choices decides: a seeded generator, or the bytes of a fuzzer.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Returns a number below the given bound.
pub type Choose<'c> = dyn FnMut(u64) -> u64 + 'c;

/// The names of variants that generated rules may yield.
pub const VARIANTS: [&str; 14] = [
    "", "a", "ab", "on", "off", "true", "false", "0", "1", "1.5", "-0", "1e+21", "[]", "[a]",
];

/// Texts that operators may treat specially: numbers in the notations of Go, versions, white space, paths.
const TEXTS: [&str; 34] = [
    "a",
    "",
    "ab",
    "b",
    "on",
    "off",
    "1",
    "1.5",
    " 1",
    "\u{a0}2\u{85}",
    "0x1p-2",
    "0x_1p1",
    "1_000",
    "1e999",
    "-1e-999",
    "inf",
    "NaN",
    "true",
    "1.2.3",
    "v1.2",
    "2.0.0-rc.1",
    "2.0.0-rc.10+b",
    "V2",
    "1.02.0",
    "é😀",
    "x",
    "s.t",
    "l",
    "o.x",
    "o..y.",
    ".",
    "id",
    "l.1",
    "$flagd.flagKey",
];

const NUMBERS: [f64; 20] = [
    0.0,
    1.0,
    2.0,
    3.0,
    -1.0,
    1.5,
    10.0,
    1e6,
    1e21,
    1e-7,
    -0.0,
    0.1,
    100.0,
    2_147_483_647.0,
    4_294_967_296.0,
    1e19,
    -1e300,
    1e308,
    5e-324,
    -2.0,
];

/// Paths of generated contexts.
const PATHS: [&str; 22] = [
    "x",
    "y",
    "s",
    "t",
    "l",
    "m",
    "o",
    "o.x",
    "l.0",
    "l.1.x",
    "o.l.1",
    "targetingKey",
    "$flagd.flagKey",
    "",
    "id",
    "current",
    "accumulator",
    "n",
    "none.x",
    "o.",
    ".x",
    "l.x",
];

const ATTRIBUTES: [&str; 10] = ["x", "y", "s", "t", "l", "m", "o", "targetingKey", "id", "n"];

/// Operators that evaluate their arguments first.
const PLAIN: [&str; 33] = [
    "==",
    "!=",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "max",
    "min",
    "abs",
    "cat",
    "substr",
    "in",
    "merge",
    "missing",
    "missing_some",
    "contains_all",
    "contains_any",
    "contains_none",
    "set",
    "!",
    "!!",
    "starts_with",
    "ends_with",
    "sem_ver",
    "fractional",
    "unknown",
];

const LIST_OPERATIONS: [&str; 6] = ["map", "filter", "reduce", "all", "some", "none"];

pub struct Generator<'c, 'f> {
    pub choose: &'c mut Choose<'f>,
}

impl Generator<'_, '_> {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from((self.choose)(bound as u64)).unwrap_or(0)
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A rule with at most `depth` levels of operators.
    pub fn rule(&mut self, depth: usize) -> Value {
        if depth == 0 {
            // A source of choices that is exhausted returns 0 for ever: the first choice must end the recursion.
            return match self.below(2) {
                0 => self.scalar(),
                _ => self.var(0),
            };
        }
        match self.below(12) {
            0 => self.scalar(),
            1 => self.literal(2),
            2 | 3 => self.var(depth - 1),
            4 | 5 => self.plain(depth - 1),
            6 => self.typical(depth - 1),
            7 => self.list_operation(depth - 1),
            8 => self.fractional(depth - 1),
            9 => {
                let operator = self.one_of(&["and", "or"]);
                json!({ operator: self.rules(depth - 1, 4) })
            }
            10 => {
                let operator = self.one_of(&["if", "if", "if", "?:"]);
                json!({ operator: self.rules(depth - 1, 6) })
            }
            _ => Value::Array(self.rules(depth - 1, 4)),
        }
    }

    fn rules(&mut self, depth: usize, bound: usize) -> Vec<Value> {
        let count = self.below(bound);
        (0..count).map(|_| self.rule(depth)).collect()
    }

    fn scalar(&mut self) -> Value {
        match self.below(10) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(false),
            3..6 => json!(self.one_of(&NUMBERS)),
            _ => json!(self.one_of(&TEXTS)),
        }
    }

    /// A value: a scalar, a list, or an object with several members or none, so that it is not an operator.
    pub fn literal(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 8 }) {
            0..4 => self.scalar(),
            4..6 => {
                let count = self.below(4);
                (0..count).map(|_| self.literal(depth - 1)).collect()
            }
            6 => json!({"x": self.literal(depth - 1), "id": self.scalar()}),
            _ => json!({}),
        }
    }

    fn var(&mut self, depth: usize) -> Value {
        let path = self.one_of(&PATHS);
        match self.below(10) {
            0..6 => json!({ "var": path }),
            6 => json!({"var": [path]}),
            7 => json!({"var": self.scalar()}),
            8 => json!({"var": [path, self.rule(depth)]}),
            _ => json!({"var": self.rule(depth)}),
        }
    }

    /// An operator with any arguments.
    fn plain(&mut self, depth: usize) -> Value {
        let operator = self.one_of(&PLAIN);
        if self.below(8) == 0 {
            return json!({ operator: self.rule(depth) });
        }
        json!({ operator: self.rules(depth, 5) })
    }

    /// An operator with arguments that it accepts.
    fn typical(&mut self, depth: usize) -> Value {
        let variable = self.var(0);
        match self.below(8) {
            0 => {
                let operator = self.one_of(&["=", "!=", "<", "<=", ">", ">=", "^", "~", "=="]);
                json!({"sem_ver": [variable, operator, self.scalar()]})
            }
            1 => json!({"in": [variable, self.literal(1)]}),
            2 => {
                json!({"in": [variable, [self.scalar(), [self.scalar(), self.scalar()], self.scalar()]]})
            }
            3 => {
                let operator = self.one_of(&["starts_with", "ends_with"]);
                json!({ operator: [variable, self.one_of(&TEXTS)] })
            }
            4 => {
                let operator = self.one_of(&PLAIN[..16]);
                json!({ operator: [variable, self.scalar()] })
            }
            5 => {
                let operator = self.one_of(&["<", "<=", ">", ">="]);
                json!({ operator: [self.scalar(), variable, self.rule(depth)] })
            }
            6 => {
                json!({"missing_some": [self.below(4), [self.one_of(&PATHS), self.one_of(&PATHS), variable]]})
            }
            _ => {
                let operator = self.one_of(&["contains_all", "contains_any", "contains_none"]);
                json!({ operator: [variable, [self.scalar(), self.scalar()]] })
            }
        }
    }

    fn list_operation(&mut self, depth: usize) -> Value {
        let operator = self.one_of(&LIST_OPERATIONS);
        let input = match self.below(4) {
            0 => json!({"var": "l"}),
            1 => json!({"var": "m"}),
            2 => self.literal(2),
            _ => self.rule(depth),
        };
        let mut arguments = vec![input, self.rule(depth)];
        if operator == "reduce" {
            arguments.push(if self.below(4) == 0 {
                self.rule(depth)
            } else {
                self.scalar()
            });
        }
        if self.below(12) == 0 {
            arguments.pop();
        }
        json!({ operator: arguments })
    }

    fn fractional(&mut self, depth: usize) -> Value {
        let mut arguments = match self.below(5) {
            0 => vec![],
            1 => vec![json!({"cat": [{"var": "$flagd.flagKey"}, self.var(0)]})],
            2 => vec![self.rule(depth)],
            _ => vec![self.var(0)],
        };
        for _ in 0..self.below(4) {
            let variant = if self.below(4) == 0 {
                self.rule(depth)
            } else {
                json!(self.one_of(&["a", "ab", "on"]))
            };
            arguments.push(match self.below(6) {
                0 => json!([variant]),
                1 => json!([variant, self.rule(depth)]),
                2 => json!([variant, self.scalar()]),
                _ => json!([variant, self.below(100)]),
            });
        }
        json!({ "fractional": arguments })
    }

    /// The attributes of a context.
    pub fn context(&mut self) -> Map<String, Value> {
        let mut attributes = Map::new();
        for name in ATTRIBUTES {
            let value = match (self.below(4), name) {
                (0, _) => continue,
                (1, _) => self.literal(2),
                (_, "l" | "m") => (0..self.below(4)).map(|_| self.literal(1)).collect(),
                (_, "o") => {
                    json!({"x": self.literal(1), "l": [self.scalar(), self.scalar()], "y": self.scalar()})
                }
                (_, "targetingKey") => json!(format!("user-{}", self.below(1000))),
                (_, "x" | "y" | "n") => json!(self.one_of(&NUMBERS)),
                _ => json!(self.one_of(&TEXTS)),
            };
            attributes.insert(name.to_owned(), value);
        }
        attributes
    }
}
