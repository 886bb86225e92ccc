//! Reads the profile of the files `~/.aws/credentials` and `~/.aws/config`.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::limits;
use crate::regular_file;
use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::object_store::environment::StoreEnvironment;

/// A profile.
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its credentials.
    pub keys: Option<ProfileKeys>,
    /// Its region.
    pub region: Option<String>,
    /// The setting that names an origin of credentials that is not supported.
    pub unsupported: Option<&'static str>,
}

/// The credentials of a profile.
pub struct ProfileKeys {
    /// The ID of the access key.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token of temporary credentials.
    pub token: Option<String>,
}

/// The origins of credentials that are not supported.
const UNSUPPORTED: [&str; 4] = [
    "credential_process",
    "role_arn",
    "sso_session",
    "sso_start_url",
];

/// Reads a profile: `name`, or else that of `AWS_PROFILE`, or else `default`. Files that do not exist count as empty.
///
/// # Errors
/// If a file cannot be read.
pub fn load(
    name: Option<&str>,
    environment: &StoreEnvironment,
) -> Result<Profile, ObjectStoreError> {
    let name = name.or_else(|| environment.get("AWS_PROFILE"));
    let name = name.unwrap_or("default");
    let path = |variable, file| {
        let home = || Some(Path::new(environment.get("HOME")?).join(file));
        environment.get(variable).map(PathBuf::from).or_else(home)
    };
    let credentials = path("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
    let config = path("AWS_CONFIG_FILE", ".aws/config");
    let mut settings = read_section(credentials.as_deref(), name)?;
    let section = if name == "default" {
        name.to_owned()
    } else {
        format!("profile {name}")
    };
    settings.extend(read_section(config.as_deref(), &section)?);
    let get = |key| {
        let mut all = settings.iter();
        all.find(|(name, _)| name == key)
            .map(|(_, value)| value.clone())
    };
    let keys = match (get("aws_access_key_id"), get("aws_secret_access_key")) {
        (Some(id), Some(secret)) => Some(ProfileKeys {
            id,
            secret,
            token: get("aws_session_token"),
        }),
        _ => None,
    };
    let region = get("region");
    Ok(Profile {
        unsupported: UNSUPPORTED.into_iter().find(|key| get(key).is_some()),
        name: name.to_owned(),
        keys,
        region,
    })
}

/// Reads the settings of a section; those in nested, indented lines belong to another setting.
fn read_section(
    path: Option<&Path>,
    section: &str,
) -> Result<Vec<(String, String)>, ObjectStoreError> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let text = match regular_file::read_text(path, limits::TOKEN_RESPONSE) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ObjectStoreError::Unreadable(path.to_owned(), error)),
    };
    Ok(settings(&text, section))
}

fn settings(text: &str, section: &str) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut is_wanted = false;
    for line in text.lines() {
        if let Some(title) = line.trim().strip_prefix('[') {
            let title = title.split(']').next().unwrap_or_default();
            let words: Vec<&str> = title.split_whitespace().collect();
            is_wanted = words.join(" ") == section;
            continue;
        }
        let is_setting = is_wanted && !line.starts_with([' ', '\t', '#', ';']);
        if let Some((key, value)) = line.split_once('=').filter(|_| is_setting) {
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim().to_owned());
            settings.push((key, value));
        }
    }
    settings
}
