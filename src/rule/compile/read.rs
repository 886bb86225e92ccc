//! Compiles `var`.

use smallvec::SmallVec;

use crate::document::node::Kind;
use crate::document::node::Node;
use crate::limits;
use crate::number;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::compile::Compiler;
use crate::rule::expr::Expr;
use crate::rule::var::Name;
use crate::rule::var::Root;
use crate::rule::var::Var;

impl Compiler<'_> {
    pub(super) fn var(&mut self, arguments: &Node) -> Rule {
        match &arguments.kind {
            Kind::Text(name) => {
                let local = name.is_empty() || name.starts_with('.');
                self.by_name(name, None, local)
            }
            Kind::Number(n) => {
                let mut name = String::new();
                number::write_plain(&mut name, *n);
                self.by_name(&name, None, false)
            }
            Kind::Null => self.read(Name::Plain, None, false),
            Kind::List(items) => self.by_list(arguments, items),
            Kind::Map(_) if arguments.only_member().is_some() => self.computed(arguments),
            Kind::Bool(_) | Kind::Map(_) => self.nameless(arguments),
        }
    }

    /// `{"var": [name, default]}`. A default counts only when there are just these two.
    fn by_list(&mut self, arguments: &Node, items: &[Node]) -> Rule {
        let Some((name, rest)) = items.split_first() else {
            return self.read(Name::Whole, None, false);
        };
        match (Expr::of(name), rest) {
            (Expr::Operation(_), _) | (_, [_, _, ..]) => self.computed(arguments),
            (Expr::Value(node), _) => match node.as_text() {
                Some(name) => {
                    let default = rest.first().map(|node| self.rule(node));
                    self.by_name(name, default, false)
                }
                None => self.nameless(arguments),
            },
            (Expr::List(_), _) => self.nameless(arguments),
        }
    }

    fn nameless(&mut self, arguments: &Node) -> Rule {
        let help = "write the name of an attribute, as in `{\"var\": \"country\"}`";
        self.never(arguments.place, "`var` is given no name", help);
        Rule::Fault(Fault::Arguments)
    }

    fn computed(&mut self, arguments: &Node) -> Rule {
        let name = Box::new(self.rule(arguments));
        self.read(Name::Computed(name), None, false)
    }

    fn by_name(&mut self, name: &str, default: Option<Rule>, local: bool) -> Rule {
        let parts = name.split('.').filter(|part| !part.is_empty());
        let path: SmallVec<[&str; 4]> = parts.collect();
        if path.is_empty() {
            return self.read(Name::Whole, default, local);
        }
        let root = match self.root(&path) {
            Some(root) => root,
            None if *path == ["$flagd"] => {
                let name = Box::new(Rule::Text("$flagd".into()));
                return self.read(Name::Computed(name), default, local);
            }
            None => return Rule::Fault(Fault::Arguments),
        };
        // Outside of list operations most are a slot or a constant.
        if default.is_none() && !self.in_list {
            return match root {
                Root::Slot(slot) => Rule::Slot(slot),
                Root::Constant(constant) => *constant,
            };
        }
        let path = path.into_iter().map(Into::into).collect();
        self.read(Name::Path(path, root), default, local)
    }

    /// What a path finds in the evaluation context; `$flagd` is ours, whatever the caller sends under that name.
    fn root(&mut self, path: &[&str]) -> Option<Root> {
        let constant = match *path {
            ["$flagd"] => return None,
            ["$flagd", "flagKey"] => Rule::Text(self.key.into()),
            ["$flagd", "timestamp"] => {
                self.reads.clock = true;
                Rule::Clock
            }
            ["$flagd", ..] => Rule::Null,
            _ if path.len() > limits::DEPTH => return None,
            _ => return self.reads.slot(path).map(Root::Slot),
        };
        Some(Root::Constant(Box::new(constant)))
    }

    /// The rule for a read.
    fn read(&mut self, name: Name, default: Option<Rule>, local: bool) -> Rule {
        if matches!(name, Name::Whole | Name::Computed(_)) {
            self.reads.whole = true;
        }
        if !self.in_list && default.is_none() && matches!(name, Name::Plain) {
            return Rule::Null;
        }
        Rule::Var(Box::new(Var {
            name,
            default,
            local,
        }))
    }
}
