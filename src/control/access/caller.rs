//! `Caller`: who asks, and what its grants allow.

use std::sync::Arc;

use crate::control::access::denial::Denial;
use crate::control::access::grant::EnvironmentScope;
use crate::control::access::grant::FlagScope;
use crate::control::access::grant::Grant;
use crate::control::access::verb::Verb;
use crate::event_log::Actor;
use crate::event_log::ActorKind;

/// The kind of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// A person. Only persons count as approvers.
    Person,
    /// A pipeline or another program.
    Automation,
    /// A web page: its key is not secret, so it only reads, and sends beacons.
    Publishable,
}

impl CallerKind {
    /// All kinds.
    pub const ALL: [CallerKind; 3] = [
        CallerKind::Person,
        CallerKind::Automation,
        CallerKind::Publishable,
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            CallerKind::Person => "person",
            CallerKind::Automation => "automation",
            CallerKind::Publishable => "publishable",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<CallerKind> {
        CallerKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn actor_kind(self) -> ActorKind {
        match self {
            CallerKind::Person => ActorKind::Person,
            CallerKind::Automation | CallerKind::Publishable => ActorKind::Automation,
        }
    }
}

/// Who administers which environment: the names of those who hold every verb.
pub type Administrators = Vec<(String, EnvironmentScope)>;

/// Who asks, and what it may do. The authentication puts it into the extensions of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The name and the kind of actor in the log.
    pub actor: Actor,
    /// The kind.
    pub kind: CallerKind,
    /// The id of its token, by which requests are counted.
    pub token_id: Arc<str>,
    /// Its grants.
    pub grants: Arc<[Grant]>,
    /// Who could grant more.
    pub administrators: Arc<Administrators>,
}

impl Caller {
    /// A caller with these grants.
    pub fn new(
        name: &str,
        kind: CallerKind,
        token_id: Arc<str>,
        grants: Arc<[Grant]>,
        administrators: Arc<Administrators>,
    ) -> Caller {
        Caller {
            actor: Actor {
                kind: kind.actor_kind(),
                name: name.to_owned(),
            },
            kind,
            token_id,
            grants,
            administrators,
        }
    }

    /// Returns true if the caller may do what `verb` names to a flag, or to the environment as a whole if `key` is
    /// `None`.
    pub fn may(
        &self,
        verb: Verb,
        environment: &str,
        key: Option<&str>,
        owner: Option<&str>,
    ) -> bool {
        self.grants_in(environment)
            .any(|grant| grant.includes(verb) && grant.flags.has(key, owner))
    }

    /// Checks that the caller may do what `verb` names to a flag, or to the environment as a whole if `key` is `None`.
    ///
    /// # Errors
    /// If it lacks the grant: which one, and who could give it.
    pub fn require(
        &self,
        verb: Verb,
        environment: &str,
        key: Option<&str>,
        owner: Option<&str>,
    ) -> Result<(), Denial> {
        if self.may(verb, environment, key, owner) {
            return Ok(());
        }
        Err(self.denial(verb, environment, key))
    }

    /// Checks that the caller has some grant in an environment: it may see that the environment exists, its revision and
    /// its replicas.
    ///
    /// # Errors
    /// If it has none.
    pub fn require_any(&self, environment: &str) -> Result<(), Denial> {
        match self.grants_in(environment).next() {
            Some(_) => Ok(()),
            None => Err(self.denial(Verb::Read, environment, None)),
        }
    }

    /// Checks that the caller holds every verb on all flags of an environment, or of all environments.
    ///
    /// # Errors
    /// If it lacks one.
    pub fn require_administrator(&self, environment: &EnvironmentScope) -> Result<(), Denial> {
        let is_over = |grant: &Grant| match environment {
            EnvironmentScope::All => grant.environment == EnvironmentScope::All,
            EnvironmentScope::Named(name) => grant.environment.has(name),
        };
        let held = self
            .grants
            .iter()
            .filter(|grant| is_over(grant) && grant.flags == FlagScope::All);
        let held: Vec<&Grant> = held.collect();
        let missing = Verb::ALL.into_iter();
        let missing = missing
            .rev()
            .find(|verb| !held.iter().any(|grant| grant.includes(*verb)));
        match missing {
            None => Ok(()),
            Some(verb) => Err(self.denial(verb, environment.name(), None)),
        }
    }

    /// Returns true if an approval by this caller counts: it is a person.
    pub fn is_person(&self) -> bool {
        self.kind == CallerKind::Person
    }

    fn grants_in<'c>(&'c self, environment: &'c str) -> impl Iterator<Item = &'c Grant> {
        let grants = self.grants.iter();
        grants.filter(move |grant| grant.environment.has(environment))
    }

    fn denial(&self, verb: Verb, environment: &str, key: Option<&str>) -> Denial {
        let could = self
            .administrators
            .iter()
            .filter(|(_, scope)| scope.has(environment));
        Denial {
            caller: self.actor.name.clone(),
            verb,
            environment: environment.to_owned(),
            key: key.map(ToOwned::to_owned),
            grantable_by: could.map(|(name, _)| name.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(grants: Vec<Grant>) -> Caller {
        let administrators = vec![("bootstrap".to_owned(), EnvironmentScope::All)];
        Caller::new(
            "ann",
            CallerKind::Person,
            "t".into(),
            grants.into(),
            Arc::new(administrators),
        )
    }

    fn grant(verbs: &[Verb], environment: &str, flags: FlagScope) -> Grant {
        Grant {
            verbs: verbs.iter().copied().collect(),
            environment: EnvironmentScope::parse(environment),
            flags,
        }
    }

    #[test]
    fn verbs_include_exactly_these_others() {
        for held in Verb::ALL {
            let ann = caller(vec![grant(&[held], "prod", FlagScope::All)]);
            for asked in Verb::ALL {
                let is_included = asked == held
                    || asked == Verb::Read
                    || (held == Verb::Write && matches!(asked, Verb::Propose | Verb::Kill));
                let allowed = ann.require(asked, "prod", Some("pay"), None);
                assert_eq!(allowed.is_ok(), is_included, "{held:?} for {asked:?}");
                assert!(ann.require(asked, "staging", Some("pay"), None).is_err());
            }
        }
    }

    #[test]
    fn scope_has_keys_of_prefix_or_owner_only() {
        let prefix = FlagScope::Prefix("pay.".to_owned());
        let ann = caller(vec![grant(&[Verb::Write], "*", prefix)]);
        assert!(ann.may(Verb::Write, "prod", Some("pay.card"), None));
        for key in [Some("pay"), Some("search"), None] {
            assert!(!ann.may(Verb::Write, "prod", key, None), "{key:?}");
        }
        let owner = FlagScope::Owner("team-pay".to_owned());
        let bob = caller(vec![grant(&[Verb::Kill], "prod", owner)]);
        assert!(bob.may(Verb::Kill, "prod", Some("pay"), Some("team-pay")));
        assert!(!bob.may(Verb::Kill, "prod", Some("pay"), Some("team-search")));
        assert!(!bob.may(Verb::Kill, "prod", Some("pay"), None));
        assert!(!bob.may(Verb::Kill, "prod", None, Some("team-pay")));
    }

    #[test]
    fn denial_says_what_is_missing_and_who_could_grant_it() {
        let ann = caller(vec![grant(&[Verb::Kill], "prod", FlagScope::All)]);
        let denial = ann.require(Verb::Write, "prod", Some("pay"), None);
        let expected = "`ann` lacks the grant `write` for flag `pay` of environment `prod`; it can be granted by bootstrap";
        assert_eq!(denial.expect_err("denied").to_string(), expected);
    }

    #[test]
    fn administrator_holds_every_verb_on_all_flags() {
        let scope = EnvironmentScope::parse("prod");
        let all = [Verb::Write, Verb::Approve];
        let ann = caller(vec![grant(&all, "prod", FlagScope::All)]);
        assert!(ann.require_administrator(&scope).is_ok());
        assert!(ann.require_administrator(&EnvironmentScope::All).is_err());
        let writer = caller(vec![grant(&[Verb::Write], "prod", FlagScope::All)]);
        assert!(writer.require_administrator(&scope).is_err());
        let narrow = caller(vec![grant(&all, "prod", FlagScope::Prefix("a".to_owned()))]);
        assert!(narrow.require_administrator(&scope).is_err());
    }
}
