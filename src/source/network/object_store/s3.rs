//! A bucket of S3 with the credentials that the AWS libraries would find.

use object_store::aws::AmazonS3;
use object_store::aws::AmazonS3Builder;
use object_store::aws::AmazonS3ConfigKey;

use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::object_store::environment::StoreEnvironment;
use crate::source::network::object_store::s3_endpoint;
use crate::source::network::object_store::s3_profile;
use crate::source::network::object_store::s3_profile::Profile;
use crate::source::network::object_store::store_http::StoreConnector;
use crate::source::network::object_store::store_http::config_error;
use crate::source::network::object_store::store_http::no_retries;
use crate::source::spec::S3Options;

/// The variables for credentials from services: web identity, containers, and the metadata of an instance.
const SERVICE_VARIABLES: [(&str, AmazonS3ConfigKey); 8] = [
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        AmazonS3ConfigKey::WebIdentityTokenFile,
    ),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
    ),
    (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        AmazonS3ConfigKey::ContainerAuthorizationTokenFile,
    ),
    (
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        AmazonS3ConfigKey::MetadataEndpoint,
    ),
];
/// The region if nothing names one.
const DEFAULT_REGION: &str = "us-east-1";

/// Returns the bucket.
///
/// # Errors
/// If the configuration is not valid, or a file cannot be read.
pub fn load(
    bucket: &str,
    options: &S3Options,
    environment: &StoreEnvironment,
    connector: StoreConnector,
) -> Result<AmazonS3, ObjectStoreError> {
    let profile = s3_profile::load(options.profile.as_deref(), environment)?;
    let region = options
        .region
        .as_deref()
        .or_else(|| environment.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]))
        .or(profile.region.as_deref())
        .unwrap_or(DEFAULT_REGION);
    let endpoint = s3_endpoint::of_bucket(bucket, region, options, environment)?;
    let builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_endpoint(endpoint.url)
        .with_virtual_hosted_style_request(endpoint.is_virtual_hosted)
        .with_retry(no_retries())
        .with_http_connector(connector);
    let builder = if options.anonymous {
        builder.with_skip_signature(true)
    } else {
        with_credentials(builder, options, &profile, environment)?
    };
    builder.build().map_err(|error| config_error(&error))
}

/// Adds the first credentials of the chain: a profile that the URI names, variables, a web identity, the profile of the
/// environment, and services.
fn with_credentials(
    builder: AmazonS3Builder,
    options: &S3Options,
    profile: &Profile,
    environment: &StoreEnvironment,
) -> Result<AmazonS3Builder, ObjectStoreError> {
    let of_variables =
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| environment.get(name));
    let has_web_identity = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some();
    if options.profile.is_none() {
        if let [Some(id), Some(secret)] = of_variables {
            let token = environment.get("AWS_SESSION_TOKEN");
            return Ok(with_keys(builder, id, secret, token));
        }
        if has_web_identity {
            return Ok(with_services(builder, environment));
        }
    }
    if let Some(keys) = &profile.keys {
        return Ok(with_keys(
            builder,
            &keys.id,
            &keys.secret,
            keys.token.as_deref(),
        ));
    }
    if let Some(setting) = profile.unsupported {
        let why = format!(
            "the profile `{}` has `{setting}`, which is not supported: use an access key, a web identity or the role of the instance",
            profile.name
        );
        return Err(ObjectStoreError::Config(why));
    }
    if options.profile.is_some() {
        let why = format!(
            "the profile `{}` has no aws_access_key_id with aws_secret_access_key",
            profile.name
        );
        return Err(ObjectStoreError::Config(why));
    }
    let containers = [
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    if environment.is_true("AWS_EC2_METADATA_DISABLED") && environment.first(&containers).is_none()
    {
        let why = "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        return Err(ObjectStoreError::Config(why.to_owned()));
    }
    Ok(with_services(builder, environment))
}

fn with_keys(
    builder: AmazonS3Builder,
    id: &str,
    secret: &str,
    token: Option<&str>,
) -> AmazonS3Builder {
    let builder = builder
        .with_access_key_id(id)
        .with_secret_access_key(secret);
    match token {
        Some(token) => builder.with_token(token),
        None => builder,
    }
}

fn with_services(mut builder: AmazonS3Builder, environment: &StoreEnvironment) -> AmazonS3Builder {
    for (name, key) in SERVICE_VARIABLES {
        if let Some(value) = environment.get(name) {
            builder = builder.with_config(key, value);
        }
    }
    builder
}
