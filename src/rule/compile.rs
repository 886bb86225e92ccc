//! Turns a rule as written into a tree, and says what is wrong with it.

mod branch;
mod each;
mod fraction;
mod read;
mod reads;

use bumpalo::Bump;
use ecow::EcoString;

use crate::context::Context;
use crate::context::Reads;
use crate::diag;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::limits;
use crate::rule::Arguments;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::among::Among;
use crate::rule::among::Set;
use crate::rule::compile::reads::Builder;
use crate::rule::each::EachKind;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::expr::Expr;
use crate::rule::operator;
use crate::rule::operator::Operator;
use crate::rule::semver::VersionTest;
use crate::rule::tree;
use crate::rule::tree::Leaf;
use crate::rule::tree::Tree;
use crate::rule::unit::Version;
use crate::value::Literal;

/// The tree for the rule of the flag called `key`, and what it reads. `names` are the flag's variants, sorted.
pub fn compile(
    node: &Node,
    key: &str,
    names: &[EcoString],
    fractional: Version,
    report: &mut Report,
) -> (Tree, Reads) {
    let mut compiler = Compiler {
        key,
        names,
        fractional,
        reads: Builder::default(),
        in_list: false,
        depth: 0,
        report,
    };
    let tree = compiler.tree(node);
    let reads = compiler.reads.finish(key);
    (tree, reads)
}

/// The rule for an expression of the flag called `key` on its own, and what it reads. What is wrong with it is told when
/// the whole is compiled.
pub fn expression(node: &Node, key: &str, fractional: Version) -> (Rule, Reads) {
    let mut compiler = Compiler {
        key,
        names: &[],
        fractional,
        reads: Builder::default(),
        in_list: false,
        depth: 0,
        report: &mut Report::new("".into()),
    };
    let rule = compiler.rule(node);
    let reads = compiler.reads.finish(key);
    (rule, reads)
}

struct Compiler<'c> {
    key: &'c str,
    names: &'c [EcoString],
    /// How units are hashed.
    fractional: Version,
    reads: Builder,
    /// Whether the rule at hand runs over the items of a list.
    in_list: bool,
    depth: usize,
    report: &'c mut Report,
}

impl Compiler<'_> {
    fn tree(&mut self, node: &Node) -> Tree {
        if self.depth < 2 * limits::DEPTH
            && let Expr::Operation(member) = Expr::of(node)
        {
            match (&*member.key, &member.value.kind) {
                ("if" | "?:", Kind::List(clauses)) => {
                    self.depth += 1;
                    let tree = self.branches(clauses);
                    self.depth -= 1;
                    return tree;
                }
                ("fractional", Kind::List(arguments)) => {
                    if let Some(tree) = self.split_tree(arguments) {
                        return tree;
                    }
                }
                _ => {}
            }
        }
        let rule = self.rule(node);
        match rule.into_constant() {
            Ok(constant) => Tree::Leaf(self.leaf(&constant, node.place)),
            Err(rule) => Tree::Rule(Box::new(rule)),
        }
    }

    /// The leaf for a constant result, with a warning if no variant is called so.
    fn leaf(&mut self, constant: &Literal, place: Place) -> Leaf {
        let arena = Bump::new();
        let leaf = tree::leaf(Ok(constant.to_value(&arena)), self.names);
        if leaf == Leaf::Unknown {
            let names = || self.names.iter().map(AsRef::as_ref);
            let (spelled, near) = match constant {
                Literal::Text(name) => (format!("`{name}`"), diag::nearest(name, names())),
                _ => ("this value".to_owned(), None),
            };
            let help = match near {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("variants are: {}", names().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("{spelled} is not a variant of flag `{}`", self.key);
            self.report.warn(Code::UnknownVariant, place, message, help);
        }
        leaf
    }

    fn rule(&mut self, node: &Node) -> Rule {
        if self.depth >= 2 * limits::DEPTH {
            self.never(node.place, "the rule is nested too deeply", "split it");
            return Rule::Fault(Fault::Steps);
        }
        self.depth += 1;
        let rule = match Expr::of(node) {
            Expr::Value(node) => Rule::constant(node.to_literal()),
            Expr::List(items) => list(self.rules(items)),
            Expr::Operation(member) => self.operation(member),
        };
        self.depth -= 1;
        rule
    }

    fn rules(&mut self, nodes: &[Node]) -> Vec<Rule> {
        nodes.iter().map(|node| self.rule(node)).collect()
    }

    fn operation(&mut self, member: &Member) -> Rule {
        let arguments = &member.value;
        let items = match &arguments.kind {
            Kind::List(items) => Some(&**items),
            _ => None,
        };
        let each = |kind| (kind, items.unwrap_or(&[]));
        let (kind, items) = match (&*member.key, items) {
            ("and", Some(items)) => return self.chain(items, false),
            ("or", Some(items)) => return self.chain(items, true),
            ("if" | "?:", Some(items)) => return self.conditional(items),
            ("var", _) => return self.var(arguments),
            ("fractional", _) => return self.fractional(arguments),
            ("fractionalEvaluation", _) => return self.legacy_fractional(member),
            ("$ref", _) => return self.reference(member),
            ("map", Some(_)) => each(EachKind::Map),
            ("filter", Some(_)) => each(EachKind::Filter),
            ("reduce", Some(_)) => each(EachKind::Reduce),
            ("all", Some(_)) => each(EachKind::All),
            ("some", Some(_)) => each(EachKind::Some),
            ("none", Some(_)) => each(EachKind::None),
            (name, None) if operator::LISTS.contains(&name) => {
                let message = format!("`{}` wants its arguments as a list", member.key);
                self.never(member.place, message, "put `[` and `]` around them");
                return Rule::Fault(Fault::Arguments);
            }
            (name, _) => return self.eager(name, member),
        };
        self.each(kind, items)
    }

    /// A reference that is still there. One that has a name was told of when the document was read.
    fn reference(&mut self, member: &Member) -> Rule {
        if member.value.as_text().is_none() {
            let kind = member.value.type_name();
            let message = format!("`$ref` is {kind}, not the name of an evaluator");
            let help = "write `{ $ref: NAME }` with a name from `$evaluators`";
            self.report
                .error(Code::Reference, member.place, message, help);
        }
        Rule::Fault(Fault::Unknown)
    }

    /// Operators that evaluate all their arguments.
    fn eager(&mut self, name: &str, member: &Member) -> Rule {
        let Some(operator) = Operator::named(name) else {
            let help = match diag::nearest(name, Operator::names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "what reaches it answers PARSE_ERROR".to_owned(),
            };
            let message = format!("there is no operator `{name}`");
            self.report
                .error(Code::Operator, member.place, message, help);
            return Rule::Fault(Fault::Unknown);
        };
        if !operator.is_pure() && !self.in_list {
            self.reads.whole = true;
        }
        let Kind::List(items) = &member.value.kind else {
            let argument = self.rule(&member.value);
            let constant = argument.is_constant();
            let rule = Rule::Apply(Box::new((operator, Arguments::Single(argument))));
            return fold(rule, constant && operator.is_pure());
        };
        let rules = self.rules(items);
        let constant = rules.iter().all(Rule::is_constant);
        let rule = specialise(operator, rules);
        fold(rule, constant && operator.is_pure())
    }

    /// Notes a rule that cannot work for any context.
    fn never(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.report.error(Code::Rule, place, message, help);
    }
}

/// The constant that a rule over constants yields.
fn fold(rule: Rule, constant: bool) -> Rule {
    if !constant {
        return rule;
    }
    let arena = Bump::new();
    let context = Context::new(&Reads::default(), &arena, 0.0);
    match eval(&rule, &Scope::root(&context)) {
        Ok(value) => Rule::constant(value.to_literal()),
        Err(fault) => Rule::Fault(fault),
    }
}

/// The fastest form of an operator over a list of arguments.
fn specialise(operator: Operator, rules: Vec<Rule>) -> Rule {
    let general =
        |rules: Vec<Rule>| Rule::Apply(Box::new((operator, Arguments::List(rules.into()))));
    match (operator, &*rules) {
        (Operator::Compare(how), [_, _]) => match <[Rule; 2]>::try_from(rules) {
            Ok([left, right]) => Rule::Compare(Box::new((how, left, right))),
            Err(rules) => general(rules),
        },
        (Operator::In, [needle, Rule::Literal(Literal::List(items))]) => match Set::of(items) {
            Some(set) => {
                let needle = needle.clone();
                Rule::Among(Box::new(Among { needle, set }))
            }
            None => general(rules),
        },
        (Operator::SemVer, [value, Rule::Text(order), Rule::Text(version)]) => {
            match VersionTest::new(value.clone(), order, version) {
                Some(test) => Rule::Version(Box::new(test)),
                None if value.is_safe() => Rule::Null,
                None => general(rules),
            }
        }
        _ => general(rules),
    }
}

fn list(rules: Vec<Rule>) -> Rule {
    if !rules.iter().all(Rule::is_constant) {
        return Rule::List(rules.into());
    }
    let constants = rules.into_iter().flat_map(Rule::into_constant);
    Rule::Literal(Literal::List(constants.collect()))
}
