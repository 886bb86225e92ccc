//! The evaluation context of `--context`: its JSON text, and the parsed context.

use bumpalo::Bump;

use crate::analysis::model::owned_context::OwnedContext;
use crate::json;
use crate::resolve::system_clock;
use crate::wire::context::encoded::EncodedContext;

/// The text of `--context`: a JSON object, or `@` and the name of a file that contains one.
///
/// # Errors
/// If the file cannot be read, or the text is not a JSON object.
pub fn parse_context_arg(argument: &str) -> anyhow::Result<String> {
    let text = match argument.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("--context: {path}: {error}"))?,
        None => argument.to_owned(),
    };
    let mut reader = json::Reader::new(&text);
    let kind = reader.peek_kind();
    let read = kind.and_then(|kind| {
        reader.skip_value()?;
        reader.expect_end()?;
        Ok(kind)
    });
    match read {
        Ok(json::ValueKind::Map) => Ok(text),
        Ok(_) => anyhow::bail!("--context is not a JSON object"),
        Err(error) => anyhow::bail!("--context is not JSON: {}", error.describe(&text)),
    }
}

/// Parses the text of a context. Its time is the current time.
///
/// # Errors
/// If an attribute is malformed.
pub fn owned_context(text: &str) -> anyhow::Result<OwnedContext> {
    let arena = Bump::new();
    let attributes = EncodedContext::Json(Some(text));
    let members = attributes.decode_attributes(&[], &arena);
    let members = members.map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let owned = members.into_iter();
    let owned = owned.map(|(name, value)| (name.into(), value.to_owned_value()));
    Ok(OwnedContext {
        attributes: owned.collect(),
        seconds: Some(system_clock()),
        ..OwnedContext::default()
    })
}
