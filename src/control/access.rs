//! Access to the control plane: tokens, their grants, and what a caller may do.
//!
//! ```text
//! secret ──SHA-256──▶ TokenRegistry ──authenticate──▶ Caller ──require──▶ () or Denial
//! ```
//!
//! Only the hash of a secret is kept, and it is the key of the lookup: the time of a comparison says nothing about other
//! secrets.

pub mod caller;
pub mod denial;
pub mod grant;
pub mod secret;
pub mod token;
pub mod token_registry;
pub mod verb;

pub use crate::control::access::caller::Caller;
pub use crate::control::access::caller::CallerKind;
pub use crate::control::access::denial::Denial;
pub use crate::control::access::grant::EnvironmentScope;
pub use crate::control::access::grant::FlagScope;
pub use crate::control::access::grant::Grant;
pub use crate::control::access::token::Token;
pub use crate::control::access::token_registry::TokenRegistry;
pub use crate::control::access::verb::Verb;
