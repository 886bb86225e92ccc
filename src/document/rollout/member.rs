//! Reading the members of words, with every mistake told.

use ecow::EcoString;

use crate::diag;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::field::Object;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::value::Literal;

/// Reads the words of one flag.
#[derive(Debug)]
pub struct Reader<'r> {
    /// The flag's key.
    pub flag: &'r str,
    /// The flag's variants.
    pub variants: &'r [(EcoString, Literal)],
    /// Where mistakes are told.
    pub report: &'r mut Report,
    /// Whether some word cannot be understood.
    pub faulty: bool,
}

impl Reader<'_> {
    /// Tells of a word that cannot be understood; `what` goes on after its name.
    pub fn wrong(&mut self, place: Place, word: &str, what: impl AsRef<str>, help: &str) {
        let message = format!("`{word}` of flag `{}` {}", self.flag, what.as_ref());
        self.report.error(Code::Rollout, place, message, help);
        self.faulty = true;
    }

    /// Tells of a word that has no effect.
    pub fn idle(&mut self, place: Place, word: &str, what: &str, help: &str) {
        let message = format!("`{word}` of flag `{}` {what}", self.flag);
        self.report.warn(Code::Idle, place, message, help);
    }

    /// A string that is not empty.
    pub fn text(&mut self, node: &Node, word: &str) -> Option<EcoString> {
        match &node.kind {
            Kind::Text(text) if !text.is_empty() => Some(text.clone()),
            Kind::Text(_) => {
                self.wrong(node.place, word, "is empty", "write a name or leave it out");
                None
            }
            Kind::Number(_) | Kind::Bool(_) => {
                let what = format!("is {}", node.type_name());
                self.wrong(node.place, word, what, "put quotes around it");
                None
            }
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                let what = format!("is {}", node.type_name());
                self.wrong(node.place, word, what, "write a string");
                None
            }
        }
    }

    /// A list of strings; one string is a list of one.
    pub fn texts(&mut self, node: &Node, word: &str) -> Vec<EcoString> {
        let Kind::List(items) = &node.kind else {
            return self.text(node, word).into_iter().collect();
        };
        if items.is_empty() {
            self.idle(node.place, word, "is empty", "remove it or name somebody");
        }
        let texts = items.iter().filter_map(|item| self.text(item, word));
        texts.collect()
    }

    /// `true` or `false`.
    pub fn switch(&mut self, node: &Node, word: &str) -> bool {
        match node.kind {
            Kind::Bool(b) => b,
            Kind::Null => false,
            Kind::Number(_) | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => {
                let what = format!("is {}", node.type_name());
                self.wrong(node.place, word, what, "write true or false");
                false
            }
        }
    }

    /// The name of a variant that the flag has.
    pub fn variant(&mut self, node: &Node, word: &str) -> Option<EcoString> {
        let name = self.text(node, word)?;
        self.has_variant(&name, node.place, word).then_some(name)
    }

    /// Whether the flag has a variant, with a complaint if not.
    pub fn has_variant(&mut self, name: &str, place: Place, word: &str) -> bool {
        let names = || self.variants.iter().map(|(name, _)| &**name);
        if names().any(|known| known == name) {
            return true;
        }
        let flag = self.flag;
        let message =
            format!("`{word}` of flag `{flag}` names `{name}`, which is no variant of it");
        let help = match diag::nearest(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("variants are: {}", names().collect::<Vec<_>>().join(", ")),
        };
        self.report
            .error(Code::UnknownVariant, place, message, help);
        self.faulty = true;
        false
    }

    /// The members of an object that are known; others are told of.
    pub fn members<'n>(
        &mut self,
        node: &'n Node,
        word: &str,
        object: &Object,
        help: &str,
    ) -> Vec<&'n Member> {
        let mut known = Vec::new();
        for member in self.entries(node, word, help) {
            match object.field(&member.key) {
                Some(_) => known.push(member),
                None => self.unknown(member, word, object),
            }
        }
        known
    }

    /// The members of an object that may have any.
    pub fn entries<'n>(&mut self, node: &'n Node, word: &str, help: &str) -> &'n [Member] {
        if let Some(members) = node.as_map() {
            return members;
        }
        let what = format!("is {}", node.type_name());
        self.wrong(node.place, word, what, help);
        &[]
    }

    fn unknown(&mut self, member: &Member, word: &str, object: &Object) {
        let help = match diag::nearest(&member.key, object.names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "its members are: {}",
                object.names().collect::<Vec<_>>().join(", ")
            ),
        };
        let what = format!(
            "`{word}` of flag `{}` has no member `{}`",
            self.flag, member.key
        );
        self.report.error(Code::Rollout, member.place, what, help);
        self.faulty = true;
    }
}
