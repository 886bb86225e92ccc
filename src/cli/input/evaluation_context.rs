//! The evaluation context of `--context`: its JSON text, and the parsed context.

use std::path::Path;

use anyhow::Context as _;
use bumpalo::Bump;

use crate::analysis::model::owned_context::OwnedContext;
use crate::cli::input::flag_location::FlagLocation;
use crate::cli::input::stdin;
use crate::json;
use crate::resolve::system_clock;
use crate::wire::context::encoded::EncodedContext;

/// The text of `--context`: a JSON object, `@` and the name of a file that contains one, or `-` for standard input.
/// `location` is the location of the flags, which may be standard input instead. An unpaired surrogate is U+FFFD, as in a
/// request over OFREP.
///
/// # Errors
/// If the file cannot be read, or the text is not a JSON object.
pub fn parse_context_arg(argument: &str, location: &FlagLocation) -> anyhow::Result<String> {
    let file = argument.strip_prefix('@').map(Path::new);
    let file = file.or_else(|| Some(Path::new(argument)).filter(|path| stdin::is_stdin(path)));
    if let FlagLocation::Files(paths) = location {
        stdin::check_single_use(paths.iter().map(AsRef::as_ref).chain(file))?;
    }
    let text = match file {
        Some(path) if stdin::is_stdin(path) => read_stdin()?,
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("--context: {}: {error}", path.display()))?,
        None => argument.to_owned(),
    };
    let text = json::replace_unpaired_surrogates(&text, |_| {});
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

fn read_stdin() -> anyhow::Result<String> {
    let bytes = stdin::read_bytes().map_err(anyhow::Error::msg)?;
    String::from_utf8(bytes).context("--context: standard input is not valid UTF-8")
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
