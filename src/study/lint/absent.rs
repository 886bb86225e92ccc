//! Conditions that a context meets because it lacks an attribute: `!=`, `<` and `not in` are true of nothing.

use bumpalo::Bump;
use ecow::EcoString;

use crate::context::Context;
use crate::diag::Code;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::compile;
use crate::rule::expr::Expr;
use crate::rule::tree::Leaf;
use crate::rule::unit::Version;
use crate::study::file::Subject;
use crate::study::lint::walk;

/// Reports them, wherever a rule branches.
pub fn check(subject: &Subject<'_>, report: &mut Report) {
    let Some(targeting) = &subject.flag.targeting else {
        return;
    };
    walk::operations(targeting, &mut |member| {
        let ("if" | "?:", Kind::List(clauses)) = (&*member.key, &member.value.kind) else {
            return;
        };
        for clause in clauses.chunks(2) {
            if let [condition, _] = clause {
                examine(condition, report);
            }
        }
    });
}

fn examine(condition: &Node, report: &mut Report) {
    let mut atoms = Vec::new();
    collect(condition, true, &mut atoms);
    for Atom {
        node,
        member,
        attribute,
        wanted,
    } in atoms
    {
        let met = truth(node) == Some(wanted);
        if !met || without(condition, attribute) == Some(false) {
            continue;
        }
        let message = format!("a context without `{attribute}` meets this condition");
        let help = format!(
            "if that is not meant, ask for it first: `{{\"and\": [{{\"var\": \"{attribute}\"}}, …]}}`"
        );
        report.warn(Code::Absent, member.place, message, help);
    }
}

/// A question about one attribute.
struct Atom<'n> {
    node: &'n Node,
    member: &'n Member,
    attribute: &'n str,
    /// Which answer to it lets the condition be met.
    wanted: bool,
}

/// The questions that `condition` is made of. That something is not there may be asked for openly.
fn collect<'n>(condition: &'n Node, wanted: bool, atoms: &mut Vec<Atom<'n>>) {
    let Expr::Operation(member) = Expr::of(condition) else {
        return;
    };
    match (&*member.key, inner(member)) {
        ("and" | "or", items) => items.iter().for_each(|item| collect(item, wanted, atoms)),
        ("!", [only]) => collect(only, !wanted, atoms),
        ("!!", [only]) => collect(only, wanted, atoms),
        ("==" | "!=" | "===" | "!==", items) if items.iter().any(is_empty) => {}
        (
            "==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=" | "in" | "sem_ver"
            | "starts_with" | "ends_with",
            _,
        ) => {
            if let Some(attribute) = only_attribute(condition) {
                atoms.push(Atom {
                    node: condition,
                    member,
                    attribute,
                    wanted,
                });
            }
        }
        _ => {}
    }
}

/// The arguments of an operation, with or without brackets.
fn inner(member: &Member) -> &[Node] {
    match &member.value.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(&member.value),
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Null => true,
        Kind::Text(text) => text.is_empty(),
        _ => false,
    }
}

/// The attribute that `node` reads, if it is one alone and nothing stands in for it.
fn only_attribute(node: &Node) -> Option<&str> {
    let mut ours = false;
    walk::operations(node, &mut |member| {
        ours |= walk::read(member).is_some_and(|read| walk::is_ours(read.name));
    });
    let reads = walk::attributes(node);
    let first = reads.first()?;
    let alone = reads
        .iter()
        .all(|read| read.name == first.name && !read.has_default);
    (alone && !ours).then_some(first.name)
}

/// Whether a condition holds when `attribute` is not there, whatever else is; `None` if that depends.
fn without(condition: &Node, attribute: &str) -> Option<bool> {
    let Expr::Operation(member) = Expr::of(condition) else {
        return None;
    };
    let items = inner(member);
    let mut each = items.iter().map(|item| without(item, attribute));
    match (&*member.key, items) {
        ("and", _) if each.any(|truth| truth == Some(false)) => Some(false),
        ("or", _) if each.any(|truth| truth == Some(true)) => Some(true),
        ("and", _) => items
            .iter()
            .all(|i| without(i, attribute) == Some(true))
            .then_some(true),
        ("or", _) => items
            .iter()
            .all(|i| without(i, attribute) == Some(false))
            .then_some(false),
        ("!", [only]) => without(only, attribute).map(|truth| !truth),
        ("!!", [only]) => without(only, attribute),
        _ if only_attribute(condition) == Some(attribute) => truth(condition),
        _ => None,
    }
}

/// Whether a condition holds in an empty context: as the rule engine sees it, not as it reads.
fn truth(condition: &Node) -> Option<bool> {
    let place = condition.place;
    let value = Node {
        place,
        kind: Kind::List(vec![condition.clone()]),
    };
    let key = "!!".into();
    let truth = Node {
        place,
        kind: Kind::Map(vec![Member { key, place, value }]),
    };
    let names: [EcoString; 2] = ["false".into(), "true".into()];
    let mut unheard = Report::new("".into());
    let (tree, reads) = compile::compile(&truth, "", &names, Version::default(), &mut unheard);
    let arena = Bump::new();
    let context = Context::new(&reads, &arena, 0.0);
    match tree.decide(&context, &names) {
        Leaf::Variant(0) => Some(false),
        Leaf::Variant(_) => Some(true),
        Leaf::Default | Leaf::Unknown | Leaf::Fault => None,
    }
}
