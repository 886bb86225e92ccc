//! Random flag documents whose content is known, and thus their effect.

use std::collections::BTreeMap;

use fanion::document::DocumentFormat;
use serde_json::Value;
use serde_json::json;

use crate::support::random_flags::SeededRng;

/// The keys of flags.
pub const KEYS: [&str; 5] = ["k0", "k1", "k2", "k3", "k4"];
/// The id of the flag set of some flags.
pub const FLAG_SET: &str = "s";

const VARIANTS: u64 = 3;
/// Texts that are no flag documents.
const INVALID: [&str; 4] = ["{\"flags\":", "[1]", "{\"flags\": 7}", "no document"];

/// The plan by which a flag is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    Static,
    Targeted,
    Disabled,
    Faulty,
}

/// The content of a flag. Different contents have different fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content {
    pub plan: Plan,
    pub variant: u64,
    pub in_set: bool,
}

/// The flags of a document.
pub type Flags = BTreeMap<&'static str, Content>;

/// A text for a source. The padding makes texts with the same flags differ.
#[derive(Debug, Clone)]
pub struct Document {
    /// `None` if the text is invalid in both formats.
    flags: Option<Flags>,
    invalid: usize,
    padding: usize,
    /// True if the text has a comment, with which it is no JSON.
    has_comment: bool,
    pub format: DocumentFormat,
}

impl Content {
    fn random(rng: &mut SeededRng) -> Content {
        let plans = [
            Plan::Static,
            Plan::Static,
            Plan::Targeted,
            Plan::Disabled,
            Plan::Faulty,
        ];
        Content {
            plan: *rng.of(&plans),
            variant: rng.below(VARIANTS),
            in_set: rng.below(4) == 0,
        }
    }

    fn definition(self) -> Value {
        let variants: BTreeMap<_, _> = (0..VARIANTS).map(|n| (name(n), name(n))).collect();
        let mut flag = json!({"variants": variants, "defaultVariant": name(self.variant)});
        match self.plan {
            Plan::Static => {}
            Plan::Targeted => {
                let rule = json!({"if": [{"==": [{"var": "c"}, "x"]}, self.matched(), null]});
                flag["targeting"] = rule;
            }
            Plan::Disabled => flag["state"] = json!("DISABLED"),
            Plan::Faulty => flag["defaultVariant"] = json!(format!("no{}", self.variant)),
        }
        if self.in_set {
            flag["metadata"] = json!({"flagSetId": FLAG_SET});
        }
        flag
    }

    /// The variant that the rule of a targeted flag selects.
    fn matched(self) -> String {
        name((self.variant + 1) % VARIANTS)
    }

    /// The reason and the variant in a response; `None` if the flag is left out of a response with all flags.
    pub fn answer(self) -> Option<(&'static str, String)> {
        match self.plan {
            Plan::Static => Some(("STATIC", name(self.variant))),
            Plan::Targeted => Some(("TARGETING_MATCH", self.matched())),
            Plan::Disabled => Some(("DISABLED", String::new())),
            Plan::Faulty => None,
        }
    }

    /// The content of a definition in a message of flag sync.
    pub fn from_definition(flag: &Value) -> Content {
        let default = flag["defaultVariant"].as_str().expect("a default variant");
        let plan = match (flag["state"].as_str(), &flag["targeting"]) {
            (Some("DISABLED"), _) => Plan::Disabled,
            (_, Value::Null) => Plan::Static,
            _ => Plan::Targeted,
        };
        Content {
            plan,
            variant: default[1..].parse().expect("a number"),
            in_set: flag["metadata"]["flagSetId"] == FLAG_SET,
        }
    }
}

fn name(variant: u64) -> String {
    format!("v{variant}")
}

impl Document {
    /// An edit of the flags of an earlier document, which the new flags replace; or an invalid text.
    pub fn random(rng: &mut SeededRng, earlier: &mut Flags) -> Document {
        let is_invalid = rng.below(6) == 0;
        if !is_invalid {
            edit(rng, earlier);
        }
        Document {
            flags: (!is_invalid).then(|| earlier.clone()),
            invalid: usize::try_from(rng.below(INVALID.len() as u64)).expect("an index"),
            padding: usize::try_from(rng.below(2)).expect("a length"),
            has_comment: rng.below(4) == 0,
            format: *rng.of(&[DocumentFormat::Json, DocumentFormat::Yaml]),
        }
    }

    /// The same text, perhaps in the other format.
    pub fn again(&self, rng: &mut SeededRng) -> Document {
        Document {
            format: *rng.of(&[DocumentFormat::Json, DocumentFormat::Yaml]),
            ..self.clone()
        }
    }

    /// The document in a file whose name ends in `.json`, without a comment: an invalid file takes long to read.
    pub fn in_json_file(self) -> Document {
        Document {
            has_comment: false,
            format: DocumentFormat::Json,
            ..self
        }
    }

    /// The flags; `None` if the text is invalid.
    pub fn flags(&self) -> Option<&Flags> {
        let is_valid = !self.has_comment || self.format == DocumentFormat::Yaml;
        self.flags.as_ref().filter(|_| is_valid)
    }

    /// A valid document with one flag.
    pub fn first() -> Document {
        let content = Content {
            plan: Plan::Static,
            variant: 0,
            in_set: false,
        };
        Document {
            flags: Some(Flags::from([("k0", content)])),
            invalid: 0,
            padding: 0,
            has_comment: false,
            format: DocumentFormat::Json,
        }
    }

    /// A document whose flags all have the same variant. Documents with different numbers differ.
    pub fn uniform(number: usize) -> Document {
        let content = Content {
            plan: Plan::Static,
            variant: number as u64 % VARIANTS,
            in_set: false,
        };
        Document {
            flags: Some(KEYS.into_iter().map(|key| (key, content)).collect()),
            padding: number,
            ..Document::first()
        }
    }

    pub fn text(&self) -> String {
        let text = match &self.flags {
            Some(flags) => {
                let flags = flags.iter().map(|(key, flag)| (*key, flag.definition()));
                json!({"flags": flags.collect::<BTreeMap<_, _>>()}).to_string()
            }
            None => INVALID[self.invalid].to_owned(),
        };
        let comment = if self.has_comment { "# comment\n" } else { "" };
        format!("{comment}{text}{}", " ".repeat(self.padding))
    }
}

/// Adds, changes or removes up to two flags, or removes all.
fn edit(rng: &mut SeededRng, flags: &mut Flags) {
    if rng.below(8) == 0 {
        flags.clear();
    }
    for _ in 0..rng.below(3) {
        let key = *rng.of(&KEYS);
        if rng.below(3) == 0 {
            flags.remove(key);
        } else {
            flags.insert(key, Content::random(rng));
        }
    }
}
