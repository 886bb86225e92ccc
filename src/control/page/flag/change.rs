//! The page that confirms a change of a flag, with a reason and with who would flip; and the change itself.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::Markup;
use maud::html;

use crate::control::environment::ChangeRequest;
use crate::control::environment::Changed;
use crate::control::environment::Environment;
use crate::control::page::context::PageContext;
use crate::control::page::flag::action::FlagAction;
use crate::control::page::flag::flips;
use crate::control::page::flag::view::ShownFlag;
use crate::control::page::html::frame::Frame;
use crate::control::page::html::frame::PageSection;
use crate::control::page::html::response::PageError;
use crate::control::page::html::response::redirect;
use crate::control::page::html::text;
use crate::control::page::session::form::Form;
use crate::control::page::session::form::FormFields;
use crate::control::page::session::signed_in::SignedIn;

/// The longest reason, in bytes.
const MAX_REASON: usize = 1000;

/// `GET …/flags/{key}/{action}`: asks for a reason, and shows who would get another answer.
pub async fn confirm(
    State(context): State<PageContext>,
    Path((environment, key, action)): Path<(String, String, String)>,
    Extension(signed_in): Extension<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = FormFields::parse(query.unwrap_or_default().as_bytes());
    let action = FlagAction::parse(&action, &query)?;
    let page = ConfirmPage {
        context: &context,
        signed_in: &signed_in,
        environment: &environment,
        key: &key,
        action,
    };
    page.show(&query, None).await
}

/// `POST …/flags/{key}/{action}`: carries the change out.
pub async fn carry_out(
    State(context): State<PageContext>,
    Path((environment, key, action)): Path<(String, String, String)>,
    Extension(signed_in): Extension<SignedIn>,
    Form(fields): Form,
) -> Result<Response, PageError> {
    let action = FlagAction::parse(&action, &fields)?;
    let page = ConfirmPage {
        context: &context,
        signed_in: &signed_in,
        environment: &environment,
        key: &key,
        action,
    };
    let reason = fields.text("reason");
    if reason.is_empty() || reason.len() > MAX_REASON {
        let why =
            format!("Give a reason of 1 to {MAX_REASON} bytes. It is in the log for everybody.");
        return page.show(&fields, Some(why)).await;
    }
    let request = page.request(Some(reason.to_owned()), false);
    match page.environment()?.change(request).await {
        Ok(changed) => {
            let path = text::flag_path(&environment, &key);
            Ok(redirect(&format!(
                "{path}?revision={}",
                changed.after.number
            )))
        }
        Err(error) => {
            page.show(&fields, Some(format!("Not done: {error}.")))
                .await
        }
    }
}

/// A change that waits to be confirmed.
struct ConfirmPage<'p> {
    context: &'p PageContext,
    signed_in: &'p SignedIn,
    environment: &'p str,
    key: &'p str,
    action: FlagAction,
}

impl ConfirmPage<'_> {
    fn request(&self, reason: Option<String>, dry_run: bool) -> ChangeRequest {
        let (command, actor) = (self.action.command(self.key), &self.signed_in.caller.actor);
        ChangeRequest {
            dry_run,
            ..ChangeRequest::new(command, actor.clone(), reason)
        }
    }

    /// The environment, if the person has the grant of the action.
    fn environment(&self) -> Result<&Arc<Environment>, PageError> {
        let flag = (self.environment, self.key);
        let needs = self.action.needs();
        self.context
            .environment_of_flag(self.signed_in, needs, flag)
    }

    async fn show(
        &self,
        fields: &FormFields,
        error: Option<String>,
    ) -> Result<Response, PageError> {
        let environment = self.environment()?;
        let status = environment.status();
        let view = ShownFlag::new(environment, &status, self.key)?;
        let preview = match environment.change(self.request(None, true)).await {
            Ok(changed) => self.preview(changed).await,
            Err(refusal) => html! { p { "It cannot be previewed: " (refusal) "." } },
        };
        let frame = Frame {
            context: self.context,
            signed_in: self.signed_in,
            environment: &environment.name,
            status: &status,
            section: PageSection::Flags,
        };
        let content = self.content(
            &frame,
            &view,
            fields.text("reason"),
            error.as_deref(),
            &preview,
        );
        let mut page = frame.page(self.action.title(), &content);
        if error.is_some() {
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Ok(page)
    }

    /// Who would get another answer.
    async fn preview(&self, changed: Changed) -> Markup {
        let key = self.key.to_owned();
        let flips = tokio::task::spawn_blocking(move || {
            let [before, after] =
                [&changed.before, &changed.after].map(|r| r.definitions.get(&*key));
            flips::flips(&key, before, after)
        });
        flips.await.unwrap_or_default()
    }

    fn content(
        &self,
        frame: &Frame<'_>,
        view: &ShownFlag<'_>,
        reason: &str,
        error: Option<&str>,
        preview: &Markup,
    ) -> Markup {
        html! {
            h1 { (self.action.title()) " " (self.key) "?" }
            @if let Some(error) = error { p.error role="alert" { (error) } }
            p { (self.action.effect()) }
            form method="post" {
                (frame.csrf())
                (self.action.hidden_fields())
                label for="reason" { "Reason, for the log" }
                input #reason name="reason" required maxlength=(MAX_REASON) value=(reason) autofocus autocomplete="off";
                p {
                    button.primary.danger[self.action == FlagAction::Kill] { (self.action.button()) }
                    " " a.button href=(view.path) { "Cancel" }
                }
            }
            section aria-labelledby="flips" {
                h2 #flips { "Who gets another answer" }
                (preview)
            }
        }
    }
}
