//! `Route`: a path and a method of the API, with the grant and the parameters that it has. The routes are a table, so that
//! authorization, the checks of parameters and `docs/openapi.json` cannot disagree.

use axum::routing::MethodRouter;
use http::Method;

use crate::control::access::Verb;
use crate::control::api::ApiContext;

/// A path and a method of the API.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below `/fanion/v1`.
    pub path: &'static str,
    /// The grant that a caller needs.
    pub needs: Needs,
    /// The parameters of the query.
    pub parameters: &'static [&'static str],
    /// Returns the handler.
    pub handler: fn() -> MethodRouter<ApiContext>,
}

impl Route {
    /// Its parameters, and those that every route of its kind has.
    pub fn all_parameters(&self) -> Vec<&'static str> {
        let is_read = self.method == Method::GET && self.path.contains("{environment}");
        let common = is_read.then_some("minRevision");
        self.parameters.iter().copied().chain(common).collect()
    }
}

/// The grant that a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A valid token.
    Token,
    /// Some grant in the environment.
    AnyGrant,
    /// A verb on all flags of the environment.
    Environment(Verb),
    /// A verb on the flag.
    Flag(Verb),
    /// `read` on the flag. Pages may call it with a publishable key.
    Evaluation,
    /// Some grant in the environment. Pages may call it with a publishable key.
    Events,
    /// `write` on the flag as it is; the handler checks the flag as it becomes.
    Definition,
}

impl Needs {
    /// Returns true if the route takes exposure away: it is never refused because there are too many requests.
    pub fn is_protective(self) -> bool {
        matches!(
            self,
            Needs::Flag(Verb::Kill) | Needs::Environment(Verb::Kill)
        )
    }

    /// Returns true if a page may call the route with a publishable key.
    pub fn is_open_to_pages(self) -> bool {
        match self {
            Needs::Evaluation | Needs::Events => true,
            Needs::Token
            | Needs::AnyGrant
            | Needs::Environment(_)
            | Needs::Flag(_)
            | Needs::Definition => false,
        }
    }
}
