//! Moves rollout fields that are written in the wrong object to the object that they belong to, with an error.
//!
//! A flag with a misplaced field would return an error, for instance when somebody kills it in a hurry. Only flags with
//! rollout fields are changed: flagd ignores unknown members of all others, and so does fanion.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::schema;
use crate::document::schema::ObjectSchema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Moves the misplaced fields among the members of the flag called `flag`.
pub fn relocate_members(
    flag: &str,
    mut members: Vec<Member>,
    report: &mut DiagnosticSink,
) -> Vec<Member> {
    let mut relocation = Relocation {
        flag,
        hoisted: Vec::new(),
        report,
    };
    for member in &mut members {
        let value = &mut member.value;
        match schema::ROLLOUT_FIELDS
            .field_ignore_case(&member.key)
            .map_or("", |field| field.name)
        {
            "rollout" => relocation.clean_rollouts(value),
            "requires" => relocation.hoist_from_all(value, "requires", &schema::PREREQUISITE),
            "lifecycle" => relocation.hoist_from_all(value, "lifecycle", &schema::LIFECYCLE),
            _ => {}
        }
    }
    for (member, inside) in std::mem::take(&mut relocation.hoisted) {
        let (written, target) = (format!("in `{inside}`"), "beside `rollout`");
        let same = |known: &Member| known.key.eq_ignore_ascii_case(&member.key);
        let known = !is_true(&member) && members.iter().any(same);
        relocation.report_misplaced(&member, &written, target, known);
        add_to_flag(&mut members, member);
    }
    relocation.sink_into_rollout(members)
}

/// Adds a member, unless the flag has one of this name. `kill: true` always counts.
fn add_to_flag(members: &mut Vec<Member>, member: Member) {
    let same = |known: &&mut Member| known.key.eq_ignore_ascii_case(&member.key);
    match members.iter_mut().find(same) {
        Some(known) if is_true(&member) => *known = member,
        Some(_) => {}
        None => members.push(member),
    }
}

struct Relocation<'r> {
    flag: &'r str,
    /// Members that belong to the flag, and the object that they are written in.
    hoisted: Vec<(Member, &'static str)>,
    report: &'r mut DiagnosticSink,
}

impl Relocation<'_> {
    /// Reports a member; `known` is true if there is another one where it belongs.
    fn report_misplaced(&mut self, member: &Member, inside: &str, target: &str, known: bool) {
        let message = format!(
            "`{}` of flag `{}` is written {inside}, but belongs {target}",
            member.key, self.flag
        );
        let is_rule = &*member.key == "targeting" && inside == "in `rollout`";
        let help = if is_rule {
            format!(
                "to restrict the rollout, write it as `when` in `rollout`; as the rule of the flag, write it {target}, where it is \
                 applied until then"
            )
        } else if known {
            format!("remove it: there is another one {target}")
        } else {
            format!("write it {target}; it is applied as if it stood there")
        };
        self.report
            .error(Code::Rollout, member.position, message, help);
    }

    fn clean_rollouts(&mut self, node: &mut Node) {
        match &mut node.kind {
            NodeKind::List(items) => items.iter_mut().for_each(|item| self.clean_rollout(item)),
            _ => self.clean_rollout(node),
        }
    }

    fn clean_rollout(&mut self, rollout: &mut Node) {
        self.hoist_from_all(rollout, "rollout", &schema::ROLLOUT);
        let NodeKind::Map(members) = &mut rollout.kind else {
            return;
        };
        for member in &mut *members {
            match &*member.key {
                "ramp" => self.hoist_from_all(&mut member.value, "ramp", &schema::RAMP),
                "regions" => self.hoist_from_all(&mut member.value, "regions", &schema::REGION),
                _ => {}
            }
        }
        self.move_ramp_fields(members);
    }

    /// Takes the fields of a flag from an object or a list of objects.
    fn hoist_from_all(&mut self, node: &mut Node, inside: &'static str, own: &ObjectSchema) {
        match &mut node.kind {
            NodeKind::List(items) => {
                let items = items.iter_mut();
                items.for_each(|item| self.hoist_from_all(item, inside, own));
            }
            NodeKind::Map(members) => {
                let of_flag = |name: &str| {
                    own.field(name).is_none()
                        && (is_rollout_field(name) || inside == "rollout" && is_flag_field(name))
                };
                let taken = members.extract_if(.., |member| of_flag(&member.key));
                self.hoisted.extend(taken.map(|member| (member, inside)));
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {}
        }
    }

    /// Moves fields of a ramp that stand beside it into it, and fields of the rollout out of it.
    fn move_ramp_fields(&mut self, members: &mut Vec<Member>) {
        let is_ramp_field = |name: &str| {
            schema::RAMP.field(name).is_some() && schema::ROLLOUT.field(name).is_none()
        };
        let taken: Vec<Member> = members
            .extract_if(.., |member| is_ramp_field(&member.key))
            .collect();
        for member in taken {
            let ramp = members.iter_mut().find(|known| &*known.key == "ramp");
            let known = ramp
                .as_ref()
                .is_some_and(|ramp| ramp.value.member(&member.key).is_some());
            self.report_misplaced(&member, "in `rollout`", "in `rollout.ramp`", known);
            match ramp.map(|ramp| &mut ramp.value.kind) {
                Some(NodeKind::Map(fields)) => add_unless_known(fields, member),
                Some(_) => {}
                None => members.push(ramp_of(member)),
            }
        }
        let Some(ramp) = members.iter_mut().find(|known| &*known.key == "ramp") else {
            return;
        };
        let NodeKind::Map(fields) = &mut ramp.value.kind else {
            return;
        };
        let is_misplaced = |name: &str| {
            schema::ROLLOUT.field(name).is_some() && schema::RAMP.field(name).is_none()
        };
        let taken: Vec<Member> = fields
            .extract_if(.., |member| is_misplaced(&member.key))
            .collect();
        for member in taken {
            let known = members.iter().any(|m| m.key == member.key);
            self.report_misplaced(&member, "in `ramp`", "in `rollout`", known);
            add_unless_known(members, member);
        }
    }

    /// Moves fields of a rollout that stand beside it into it, if there is exactly one rollout.
    fn sink_into_rollout(&mut self, mut members: Vec<Member>) -> Vec<Member> {
        let is_rollout = |member: &Member| member.key.eq_ignore_ascii_case("rollout");
        if !members
            .iter()
            .any(|m| is_rollout(m) && single_rollout(&m.value))
        {
            return members;
        }
        let is_misplaced = |member: &mut Member| {
            // `rings` of a document are a mapping, and `variant` is then a misspelled `variants`.
            let is_other =
                matches!(&*member.key, "rings" | "variant") && member.value.as_map().is_some();
            schema::ROLLOUT.field(&member.key).is_some() && !is_other
        };
        let taken: Vec<Member> = members.extract_if(.., is_misplaced).collect();
        let rollout = members.iter_mut().find(|member| is_rollout(member));
        if let Some(rollout) = rollout {
            let node = match &mut rollout.value.kind {
                NodeKind::List(items) => items.first_mut(),
                _ => Some(&mut rollout.value),
            };
            if let Some(NodeKind::Map(fields)) = node.map(|node| &mut node.kind) {
                for member in taken {
                    let known = fields.iter().any(|m| m.key == member.key);
                    self.report_misplaced(&member, "beside `rollout`", "in `rollout`", known);
                    add_unless_known(fields, member);
                }
            }
        }
        members
    }
}

fn is_true(member: &Member) -> bool {
    matches!(member.value.kind, NodeKind::Bool(true))
}

/// Returns true if a value is one rollout, or a list of one.
fn single_rollout(node: &Node) -> bool {
    matches!(node.items_or_self(), [one] if one.as_map().is_some())
}

fn is_rollout_field(name: &str) -> bool {
    let field = schema::ROLLOUT_FIELDS.field_ignore_case(name);
    field.is_some_and(|field| field.name != "rollout")
}

fn is_flag_field(name: &str) -> bool {
    let field = schema::FLAG.field_ignore_case(name);
    field.is_some_and(|field| !matches!(field.name, "key" | "source"))
}

fn add_unless_known(members: &mut Vec<Member>, member: Member) {
    if !members.iter().any(|known| known.key == member.key) {
        members.push(member);
    }
}

/// A ramp with one field.
fn ramp_of(member: Member) -> Member {
    let position = member.position;
    Member {
        key: "ramp".into(),
        position,
        value: Node {
            position,
            kind: NodeKind::Map(vec![member]),
        },
    }
}
