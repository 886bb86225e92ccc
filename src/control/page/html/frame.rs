//! The frame of each page about an environment: navigation and notices.

use axum::response::Response;
use http::StatusCode;
use maud::Markup;
use maud::html;

use crate::control::environment::EnvironmentStatus;
use crate::control::page::context::PageContext;
use crate::control::page::html::response::document;
use crate::control::page::html::response::html_response;
use crate::control::page::html::text;
use crate::control::page::html::text::environment_path;
use crate::control::page::session::form::CSRF;
use crate::control::page::session::signed_in::SignedIn;

/// A section of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSection {
    /// The flags.
    Flags,
    /// The log.
    Log,
    /// The replicas.
    Replicas,
    /// The tokens.
    Tokens,
    /// The webhooks.
    Webhooks,
}

impl PageSection {
    /// All sections with their titles and paths below an environment.
    const ALL: [(PageSection, &'static str, &'static str); 5] = [
        (PageSection::Flags, "Flags", ""),
        (PageSection::Log, "Log", "/log"),
        (PageSection::Replicas, "Replicas", "/replicas"),
        (PageSection::Tokens, "Tokens", "/tokens"),
        (PageSection::Webhooks, "Webhooks", "/webhooks"),
    ];
}

/// The frame of a page about an environment.
pub struct Frame<'f> {
    /// The context of all pages.
    pub context: &'f PageContext,
    /// The person who reads the page.
    pub signed_in: &'f SignedIn,
    /// The name of the environment.
    pub environment: &'f str,
    /// The status of the environment.
    pub status: &'f EnvironmentStatus,
    /// The section of the page.
    pub section: PageSection,
}

impl Frame<'_> {
    /// Returns the page with this title and content.
    pub fn page(&self, title: &str, content: &Markup) -> Response {
        let several = self.context.api.environments.len() > 1;
        let title = if several {
            format!("{title} – {}", self.environment)
        } else {
            title.to_owned()
        };
        let body = html! {
            header {
                p.brand { "fanion" }
                nav aria-label="Pages" { ul { @for (section, name, path) in PageSection::ALL {
                    li { a href={ (environment_path(self.environment)) (path) } aria-current=[(section == self.section).then_some("page")] { (name) } }
                } } }
                @if several { (self.environments()) }
                form.sign-out method="post" action="/sign-out" {
                    (self.csrf())
                    button { "Sign out " (self.signed_in.caller.actor.name) }
                }
            }
            main #content { (self.notices()) (content) }
        };
        html_response(StatusCode::OK, &document(&title, &body))
    }

    /// The hidden field of each form.
    pub fn csrf(&self) -> Markup {
        html! { input type="hidden" name=(CSRF) value=(self.signed_in.session.csrf); }
    }

    fn environments(&self) -> Markup {
        html! {
            nav aria-label="Environments" { ul { @for name in self.context.api.environments.keys() {
                li { a href=(environment_path(name)) aria-current=[(**name == *self.environment).then_some("true")] { (name) } }
            } } }
        }
    }

    /// What concerns every flag of the environment.
    fn notices(&self) -> Markup {
        let (state, backlog) = (&self.status.state, &self.status.backlog);
        html! {
            @if let Some(mark) = &state.frozen {
                p.notice { strong { "Frozen by " (mark.by) "." } " No flag can reach more users until the freeze ends. Killing still works."
                    @if let Some(reason) = &mark.reason { " Reason: " (reason) } }
            }
            @if backlog.kills > 0 {
                p.notice { strong { (text::counted(backlog.kills as u64, "kill")) " not in the log yet." }
                    " Sidecars have it. No other change is made until the log takes it." }
            }
        }
    }
}
