//! Requires the token with full access.

use axum::extract::Request;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::control::api::ApiContext;
use crate::control::api::problem::Problem;
use crate::event_log::Actor;
use crate::event_log::ActorKind;
use crate::serve::http::auth::bearer_token;

/// The name of the actor who has the bootstrap token.
const BOOTSTRAP: &str = "bootstrap";

/// Accepts a request that has a valid token, and passes the owner of the token to the routes.
pub async fn require_token(
    State(context): State<ApiContext>,
    mut request: Request,
    next: Next,
) -> Response {
    match authenticate(&context, request.headers()) {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(problem) => {
            let mut response = problem.into_response();
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
            response
        }
    }
}

fn authenticate(context: &ApiContext, headers: &HeaderMap) -> Result<Actor, Problem> {
    let refused = |why: String| Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", why);
    let Some(file) = &context.bootstrap_token else {
        return Err(refused(
            "no token is configured: start with --bootstrap-token-path FILE".to_owned(),
        ));
    };
    let given = bearer_token::from_headers(headers).map_err(|why| refused(why.to_owned()))?;
    if !file.matches(given) {
        return Err(refused("the bearer token is not valid".to_owned()));
    }
    Ok(Actor {
        kind: ActorKind::Person,
        name: BOOTSTRAP.to_owned(),
    })
}
