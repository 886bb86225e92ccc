//! Turns a rule as written into a tree, and says what is wrong with it.

mod control_flow;
mod list_op;
mod fractional;
mod var;
mod slots;

use bumpalo::Bump;
use ecow::EcoString;

use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;
use crate::rule::ArgumentRules;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::compile::slots::SlotAllocator;
use crate::rule::decision_tree;
use crate::rule::decision_tree::DecisionTree;
use crate::rule::decision_tree::Leaf;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::operator;
use crate::rule::operator::Operator;
use crate::rule::operator::in_set::ConstantSet;
use crate::rule::operator::in_set::InSet;
use crate::rule::operator::list_op::ListOpKind;
use crate::rule::operator::semver::VersionTest;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// The tree for the rule of the flag called `key`, and what it reads. `names` are the flag's variants, sorted.
pub fn compile_targeting(
    node: &Node,
    key: &str,
    names: &[EcoString],
    fractional: FractionalVersion,
    report: &mut DiagnosticSink,
) -> (DecisionTree, ReadSet) {
    let mut compiler = Compiler {
        flag_key: key,
        variant_names: names,
        fractional_version: fractional,
        slot_allocator: SlotAllocator::default(),
        in_list_op: false,
        depth: 0,
        report,
    };
    let tree = compiler.compile_tree(node);
    let reads = compiler.slot_allocator.finish(key);
    (tree, reads)
}

/// The rule for an expression of the flag called `key` on its own, and what it reads. What is wrong with it is told when
/// the whole is compiled.
pub fn compile_expression(
    node: &Node,
    key: &str,
    fractional: FractionalVersion,
) -> (Rule, ReadSet) {
    let mut compiler = Compiler {
        flag_key: key,
        variant_names: &[],
        fractional_version: fractional,
        slot_allocator: SlotAllocator::default(),
        in_list_op: false,
        depth: 0,
        report: &mut DiagnosticSink::new("".into()),
    };
    let rule = compiler.compile_rule(node);
    let reads = compiler.slot_allocator.finish(key);
    (rule, reads)
}

struct Compiler<'c> {
    flag_key: &'c str,
    variant_names: &'c [EcoString],
    /// How units are hashed.
    fractional_version: FractionalVersion,
    slot_allocator: SlotAllocator,
    /// Whether the rule at hand runs over the items of a list.
    in_list_op: bool,
    depth: usize,
    report: &'c mut DiagnosticSink,
}

impl Compiler<'_> {
    fn compile_tree(&mut self, node: &Node) -> DecisionTree {
        if self.depth < 2 * limits::NESTING_DEPTH
            && let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(node)
        {
            match (&*member.key, &member.value.kind) {
                ("if" | "?:", NodeKind::List(clauses)) => {
                    self.depth += 1;
                    let tree = self.if_tree(clauses);
                    self.depth -= 1;
                    return tree;
                }
                ("fractional", NodeKind::List(arguments)) => {
                    if let Some(tree) = self.fractional_tree(arguments) {
                        return tree;
                    }
                }
                _ => {}
            }
        }
        let rule = self.compile_rule(node);
        match rule.into_constant() {
            Ok(constant) => DecisionTree::Leaf(self.leaf_for_constant(&constant, node.position)),
            Err(rule) => DecisionTree::Computed(Box::new(rule)),
        }
    }

    /// The leaf for a constant result, with a warning if no variant is called so.
    fn leaf_for_constant(&mut self, constant: &OwnedValue, place: Position) -> Leaf {
        let arena = Bump::new();
        let leaf = decision_tree::leaf_for_value(Ok(constant.to_value(&arena)), self.variant_names);
        if leaf == Leaf::UnknownVariant {
            let names = || self.variant_names.iter().map(AsRef::as_ref);
            let (spelled, near) = match constant {
                OwnedValue::Text(name) => (format!("`{name}`"), diag::closest_match(name, names())),
                _ => ("this value".to_owned(), None),
            };
            let help = match near {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("variants are: {}", names().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("{spelled} is not a variant of flag `{}`", self.flag_key);
            self.report.warn(Code::UnknownVariant, place, message, help);
        }
        leaf
    }

    fn compile_rule(&mut self, node: &Node) -> Rule {
        if self.depth >= 2 * limits::NESTING_DEPTH {
            self.report_invalid_rule(node.position, "the rule is nested too deeply", "split it");
            return Rule::Invalid(EvalError::StepLimitExceeded);
        }
        self.depth += 1;
        let rule = match JsonLogicNode::from_node(node) {
            JsonLogicNode::Value(node) => Rule::from_literal(node.to_owned_value()),
            JsonLogicNode::List(items) => list_rule(self.compile_rules(items)),
            JsonLogicNode::Operation(member) => self.compile_operation(member),
        };
        self.depth -= 1;
        rule
    }

    fn compile_rules(&mut self, nodes: &[Node]) -> Vec<Rule> {
        nodes.iter().map(|node| self.compile_rule(node)).collect()
    }

    fn compile_operation(&mut self, member: &Member) -> Rule {
        let arguments = &member.value;
        let items = match &arguments.kind {
            NodeKind::List(items) => Some(&**items),
            _ => None,
        };
        let each = |kind| (kind, items.unwrap_or(&[]));
        let (kind, items) = match (&*member.key, items) {
            ("and", Some(items)) => return self.short_circuit(items, false),
            ("or", Some(items)) => return self.short_circuit(items, true),
            ("if" | "?:", Some(items)) => return self.if_rule(items),
            ("var", _) => return self.var(arguments),
            ("fractional", _) => return self.fractional(arguments),
            ("fractionalEvaluation", _) => return self.legacy_fractional(member),
            ("$ref", _) => return self.unresolved_reference(member),
            ("map", Some(_)) => each(ListOpKind::Map),
            ("filter", Some(_)) => each(ListOpKind::Filter),
            ("reduce", Some(_)) => each(ListOpKind::Reduce),
            ("all", Some(_)) => each(ListOpKind::All),
            ("some", Some(_)) => each(ListOpKind::Some),
            ("none", Some(_)) => each(ListOpKind::None),
            (name, None) if operator::LAZY_LIST_OPERATORS.contains(&name) => {
                let message = format!("`{}` wants its arguments as a list", member.key);
                self.report_invalid_rule(member.position, message, "put `[` and `]` around them");
                return Rule::Invalid(EvalError::InvalidArguments);
            }
            (name, _) => return self.eager_operation(name, member),
        };
        self.list_op(kind, items)
    }

    /// A reference that is still there. One that has a name was told of when the document was read.
    fn unresolved_reference(&mut self, member: &Member) -> Rule {
        if member.value.as_text().is_none() {
            let kind = member.value.type_name();
            let message = format!("`$ref` is {kind}, not the name of an evaluator");
            let help = "write `{ $ref: NAME }` with a name from `$evaluators`";
            self.report
                .error(Code::Reference, member.position, message, help);
        }
        Rule::Invalid(EvalError::UnresolvedName)
    }

    /// Operators that evaluate all their arguments.
    fn eager_operation(&mut self, name: &str, member: &Member) -> Rule {
        let Some(operator) = Operator::from_name(name) else {
            let help = match diag::closest_match(name, Operator::names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "what reaches it answers PARSE_ERROR".to_owned(),
            };
            let message = format!("there is no operator `{name}`");
            self.report
                .error(Code::Operator, member.position, message, help);
            return Rule::Invalid(EvalError::UnresolvedName);
        };
        if !operator.is_pure() && !self.in_list_op {
            self.slot_allocator.needs_full_context = true;
        }
        let NodeKind::List(items) = &member.value.kind else {
            let argument = self.compile_rule(&member.value);
            let constant = argument.is_constant();
            let rule = Rule::Apply(Box::new((operator, ArgumentRules::Single(argument))));
            return fold_constant(rule, constant && operator.is_pure());
        };
        let rules = self.compile_rules(items);
        let constant = rules.iter().all(Rule::is_constant);
        let rule = specialize(operator, rules);
        fold_constant(rule, constant && operator.is_pure())
    }

    /// Notes a rule that cannot work for any context.
    fn report_invalid_rule(
        &mut self,
        place: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report.error(Code::Rule, place, message, help);
    }
}

/// The constant that a rule over constants yields.
fn fold_constant(rule: Rule, constant: bool) -> Rule {
    if !constant {
        return rule;
    }
    let arena = Bump::new();
    let context = EvaluationContext::new(&ReadSet::default(), &arena, 0.0);
    match eval(&rule, &Scope::root(&context)) {
        Ok(value) => Rule::from_literal(value.to_owned_value()),
        Err(fault) => Rule::Invalid(fault),
    }
}

/// The fastest form of an operator over a list of arguments.
fn specialize(operator: Operator, rules: Vec<Rule>) -> Rule {
    let general =
        |rules: Vec<Rule>| Rule::Apply(Box::new((operator, ArgumentRules::List(rules.into()))));
    match (operator, &*rules) {
        (Operator::Compare(how), [_, _]) => match <[Rule; 2]>::try_from(rules) {
            Ok([left, right]) => Rule::Compare(Box::new((how, left, right))),
            Err(rules) => general(rules),
        },
        (Operator::In, [needle, Rule::Literal(OwnedValue::List(items))]) => {
            match ConstantSet::from_literals(items) {
                Some(set) => {
                    let needle = needle.clone();
                    Rule::InSet(Box::new(InSet { needle, set }))
                }
                None => general(rules),
            }
        }
        (Operator::SemVer, [value, Rule::Text(order), Rule::Text(version)]) => {
            match VersionTest::new(value.clone(), order, version) {
                Some(test) => Rule::VersionTest(Box::new(test)),
                None if value.is_infallible() => Rule::Null,
                None => general(rules),
            }
        }
        _ => general(rules),
    }
}

fn list_rule(rules: Vec<Rule>) -> Rule {
    if !rules.iter().all(Rule::is_constant) {
        return Rule::List(rules.into());
    }
    let constants = rules.into_iter().flat_map(Rule::into_constant);
    Rule::Literal(OwnedValue::List(constants.collect()))
}
