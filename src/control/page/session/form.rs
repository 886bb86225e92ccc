//! `Form`: the fields of a form that this site has sent in this session.

use std::collections::BTreeMap;

use axum::extract::FromRequest;
use axum::extract::Request;
use bytes::Bytes;
use http::StatusCode;

use crate::control::page::context::PageContext;
use crate::control::page::html::response::PageError;
use crate::control::page::session::access;
use crate::control::page::session::signed_in::SignedIn;

/// The field with the secret of the session.
pub const CSRF: &str = "csrf";

/// The fields of a form.
#[derive(Debug, Default)]
pub struct FormFields(BTreeMap<String, String>);

/// The fields of a form with the secret of the session.
#[derive(Debug)]
pub struct Form(pub FormFields);

impl FormFields {
    /// Parses a query or the body of a form. Of a field that is given twice, the last value counts.
    pub fn parse(text: &[u8]) -> FormFields {
        let pairs = form_urlencoded::parse(text);
        FormFields(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The value of a field without white space around it; empty if the form does not have it.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// The value of a field that is a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }
}

impl FromRequest<PageContext> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, context: &PageContext) -> Result<Form, PageError> {
        let is_same_origin = access::is_same_origin(request.headers());
        let signed_in = request.extensions().get::<SignedIn>().cloned();
        let body = Bytes::from_request(request, context).await;
        let fields = FormFields::parse(&body.unwrap_or_default());
        let has_secret =
            signed_in.is_some_and(|signed_in| signed_in.session.is_own_form(fields.text(CSRF)));
        if is_same_origin && has_secret {
            return Ok(Form(fields));
        }
        let text = "This form was not sent from this page, or it is too old. Go back, reload the page and try again.";
        Err(PageError::new(StatusCode::FORBIDDEN, text.to_owned()))
    }
}
