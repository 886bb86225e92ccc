//! Who looks after a flag, why it is there, and until when. It reaches callers as metadata.

use ecow::EcoString;

use crate::diag;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::field;
use crate::document::field::Shape;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::document::rollout::instant;
use crate::value::Literal;

/// The lifecycle of a flag.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// Where it stands, if it is written.
    pub place: Option<Place>,
    /// Who answers for the flag.
    pub owner: Option<EcoString>,
    /// What it is for.
    pub kind: Option<Purpose>,
    /// When it was made, in days since 1970.
    pub created: Option<i64>,
    /// When it should be gone, in days since 1970.
    pub expires: Option<i64>,
    /// How far it has come.
    pub status: Option<Status>,
    /// Where the work on it is tracked.
    pub ticket: Option<EcoString>,
    /// The members as written, for the flag's metadata.
    pub metadata: Vec<(EcoString, Literal)>,
}

/// What a flag is for, and so how long it should live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Brings something new; goes when everybody has it.
    Release,
    /// Turns something off in need; stays.
    Ops,
    /// Compares variants; goes when there is a result.
    Experiment,
    /// Says who may do what; stays.
    Permission,
}

/// How far a flag has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its rollout goes on.
    Active,
    /// Everybody has the final variant; its uses should be removed from the code.
    FullyRolledOut,
    /// Nothing should ask for it any more.
    Archived,
}

const KINDS: [(&str, Purpose); 4] = [
    ("release", Purpose::Release),
    ("ops", Purpose::Ops),
    ("experiment", Purpose::Experiment),
    ("permission", Purpose::Permission),
];

const STATUSES: [(&str, Status); 3] = [
    ("active", Status::Active),
    ("fully-rolled-out", Status::FullyRolledOut),
    ("archived", Status::Archived),
];

/// Reads `lifecycle` of a flag. What cannot be understood is left out and told of, for it changes nobody's variant; dates
/// and the status are a matter of `study::lint`, which knows them in `metadata`, too.
pub fn read(flag: &str, node: &Node, report: &mut Report) -> Lifecycle {
    let mut lifecycle = Lifecycle {
        place: Some(node.place),
        ..Lifecycle::default()
    };
    if node.as_map().is_none() && !matches!(node.kind, Kind::Null) {
        let message = format!("`lifecycle` of flag `{flag}` is {}", node.type_name());
        let help = "write it as an object, for instance `{ owner: payments }`";
        report.warn(Code::Lifecycle, node.place, message, help);
    }
    for member in node.as_map().unwrap_or_default() {
        check(flag, member, report);
        lifecycle.take(member);
    }
    lifecycle
}

fn check(flag: &str, member: &Member, report: &mut Report) {
    let name = &*member.key;
    let Some(field) = field::LIFECYCLE.field(name) else {
        let names = || field::LIFECYCLE.names();
        let help = match diag::nearest(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "its members are: {}",
                names().collect::<Vec<_>>().join(", ")
            ),
        };
        let message = format!("`lifecycle` of flag `{flag}` has no member `{name}`");
        report.warn(Code::UnknownMember, member.place, message, help);
        return;
    };
    let help = match (&member.value.kind, &field.shape) {
        (Kind::Text(text), Shape::OptionalChoice(known)) if !known.contains(&&**text) => {
            format!("write one of {}", known.join(", "))
        }
        (Kind::Null | Kind::Text(_), _) => return,
        _ => "write a string".to_owned(),
    };
    if !matches!(
        name,
        "status" | "created" | "createdAt" | "expires" | "expectedCleanupDate"
    ) {
        let message = format!("`{name}` of flag `{flag}` cannot be understood");
        report.warn(Code::Lifecycle, member.value.place, message, help);
    }
}

impl Lifecycle {
    fn take(&mut self, member: &Member) {
        let Some(text) = member.value.as_text() else {
            return;
        };
        match &*member.key {
            "owner" => self.owner = Some(text.into()),
            "kind" => self.kind = one_of(text, &KINDS),
            "created" | "createdAt" => self.created = day(text),
            "expires" | "expectedCleanupDate" => self.expires = day(text),
            "status" => self.status = one_of(text, &STATUSES),
            "ticket" | "jiraTicket" => self.ticket = Some(text.into()),
            _ => return,
        }
        let value = Literal::Text(text.into());
        self.metadata.push((member.key.clone(), value));
    }
}

fn one_of<T: Copy>(text: &str, known: &[(&'static str, T)]) -> Option<T> {
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, found)| *found)
}

fn day(text: &str) -> Option<i64> {
    instant::parse(text).map(|seconds| seconds.div_euclid(86_400))
}
