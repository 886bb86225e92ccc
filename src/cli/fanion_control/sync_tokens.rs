//! The tokens of replicas, each of which selects an environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::control::fleet::environment::FleetTokens;
use crate::limits;
use crate::regular_file;
use crate::serve::http::auth::bearer_token::BearerTokens;
use crate::wire::content_hash::ContentHash;

/// Reads the files of tokens.
///
/// # Errors
/// If a file names no environment, has no valid token, or a token of another file.
pub fn load(
    files: &[(String, PathBuf)],
    environments: &BTreeMap<String, PathBuf>,
) -> Result<FleetTokens, String> {
    let mut tokens: Vec<(ContentHash, String)> = Vec::new();
    for (name, path) in files {
        let unusable = |why: &dyn std::fmt::Display| {
            format!("cannot use {} for --sync-token-path: {why}", path.display())
        };
        if !environments.contains_key(name) {
            return Err(unusable(&format_args!("there is no environment `{name}`")));
        }
        let bytes = regular_file::read(path, limits::TOKEN_FILE).map_err(|e| unusable(&e))?;
        BearerTokens::parse(&bytes).map_err(|error| unusable(&error))?;
        let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        for token in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
            let hash = ContentHash::of(token);
            if let Some((_, other)) = tokens.iter().find(|(known, _)| *known == hash) {
                return Err(unusable(&format_args!(
                    "one of its tokens is also for `{other}`"
                )));
            }
            tokens.push((hash, name.clone()));
        }
    }
    let needs_tokens = environments.len() > 1 || !tokens.is_empty();
    let lacking = environments
        .keys()
        .find(|name| !tokens.iter().any(|(_, of)| of == *name));
    if let Some(name) = lacking.filter(|_| needs_tokens) {
        return Err(format!(
            "the environment `{name}` has no tokens: pass --sync-token-path {name}=FILE; the token of a replica selects its environment"
        ));
    }
    Ok(FleetTokens(tokens))
}
