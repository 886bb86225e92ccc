//! The flags of a flag service, which source code is checked against: archived ones included.

use std::time::Duration;

use anyhow::Context as _;

use crate::analysis::flag_file;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::RawFlagFile;
use crate::analysis::lint::policy::LintPolicy;
use crate::cli::flagctl::control::client::Answer;
use crate::cli::flagctl::control::client::ControlClient;
use crate::document::serialize;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::source::spec::redact_url;

/// Reads the flags of the service that the configuration names; none, if it names no service. The token is that of
/// `flagctl`, or else `FLAG_TOKEN`.
///
/// # Errors
/// If the service does not answer, or refuses.
pub fn read(policy: &LintPolicy) -> anyhow::Result<Vec<FlagFile>> {
    let Some(service) = &policy.service else {
        return Ok(Vec::new());
    };
    let shown = redact_url(&service.url);
    let variable = |name: &str| std::env::var(name).ok();
    let token = |name: &str| match name {
        "FLAGCTL_TOKEN" => variable("FLAGCTL_TOKEN").or_else(|| variable("FLAG_TOKEN")),
        name => variable(name),
    };
    let environment = service.environment.as_deref();
    let client = ControlClient::connect(Some(&service.url), environment, token)
        .with_context(|| format!("cannot read the flags of {shown}"))?;
    let answer = client.get(&["document"], &[], Duration::ZERO);
    let document = match answer.with_context(|| format!("cannot read the flags of {shown}"))? {
        Answer::Ok(document) => document,
        Answer::Refused(why) => anyhow::bail!("cannot read the flags of {shown}: {why}"),
    };
    let text = serialize::to_pretty_json(&document);
    let file = RawFlagFile {
        name: format!("{shown}.json").into(),
        bytes: Ok(text.into_bytes()),
    };
    Ok(flag_file::parse_files(
        vec![file],
        FractionalVersion::default(),
    ))
}
