//! The API of the real program, over TCP.

mod conditions;
mod dialects;
mod events;
mod flagctl;
mod lists;
mod openapi;
mod page;
mod permissions;
mod program;
mod repetition;
mod tokens;
mod webhooks;
