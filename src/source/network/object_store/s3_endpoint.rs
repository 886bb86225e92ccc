//! The URL of a bucket of S3, by the rules of the AWS libraries.

use reqwest::Url;

use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::object_store::environment::StoreEnvironment;
use crate::source::spec::S3Options;

/// The URL to which the crate `object_store` adds the key.
#[derive(Debug, PartialEq, Eq)]
pub struct BucketEndpoint {
    /// The URL; with the bucket only if that is part of the host.
    pub url: String,
    /// True if the bucket is part of the host.
    pub is_virtual_hosted: bool,
}

/// Returns the URL of a bucket.
///
/// # Errors
/// If an endpoint is not a URL.
pub fn of_bucket(
    bucket: &str,
    region: &str,
    options: &S3Options,
    environment: &StoreEnvironment,
) -> Result<BucketEndpoint, ObjectStoreError> {
    let scheme = if options.disable_https {
        "http"
    } else {
        "https"
    };
    let variables = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
    let named = options.endpoint.as_deref();
    let base = match named.or_else(|| environment.first(&variables)) {
        Some(endpoint) if endpoint.contains("://") => endpoint.to_owned(),
        Some(endpoint) => format!("{scheme}://{endpoint}"),
        None => format!("{scheme}://{}", aws_host(region, options)),
    };
    let mut url = Url::parse(&base).map_err(|error| not_a_url(&error))?;
    let host = url.domain().map(|domain| format!("{bucket}.{domain}"));
    let has_dots = bucket.contains('.') && url.scheme() == "https";
    let is_virtual_hosted = !options.path_style && !has_dots && is_host_label(bucket);
    match host {
        // The bucket cannot be part of an address.
        Some(host) if is_virtual_hosted => {
            url.set_host(Some(&host))
                .map_err(|error| not_a_url(&error))?;
            Ok(BucketEndpoint {
                url: url.as_str().trim_end_matches('/').to_owned(),
                is_virtual_hosted,
            })
        }
        Some(_) | None => Ok(BucketEndpoint {
            url: url.as_str().trim_end_matches('/').to_owned(),
            is_virtual_hosted: false,
        }),
    }
}

fn not_a_url(error: &impl std::fmt::Display) -> ObjectStoreError {
    ObjectStoreError::Config(format!("the endpoint is not a URL: {error}"))
}

fn aws_host(region: &str, options: &S3Options) -> String {
    let stack = if options.dual_stack { ".dualstack" } else { "" };
    if options.accelerate {
        return format!("s3-accelerate{stack}.amazonaws.com");
    }
    let fips = if options.fips { "-fips" } else { "" };
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("s3{fips}{stack}.{region}.amazonaws.com{end}")
}

/// Returns true if a host may begin with the bucket.
fn is_host_label(bucket: &str) -> bool {
    let is_inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    bucket.len() <= 63 && bucket.bytes().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::spec::StoreKind;
    use crate::source::spec::StoreOptions;

    /// The URL of a bucket with these parameters, and `host` if the bucket is part of the host.
    fn endpoint(bucket: &str, query: &str, environment: &StoreEnvironment) -> String {
        let (options, _) = StoreOptions::parse(StoreKind::S3, query).expect(query);
        let options = match options {
            StoreOptions::S3(options) => Some(options),
            StoreOptions::Gcs(_) | StoreOptions::Azblob(_) => None,
        };
        let options = options.expect("options of S3");
        let region = options.region.as_deref().unwrap_or("us-east-1");
        match of_bucket(bucket, region, &options, environment) {
            Ok(endpoint) if endpoint.is_virtual_hosted => format!("{} host", endpoint.url),
            Ok(endpoint) => format!("{} path", endpoint.url),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn bucket_of_amazon_is_part_of_the_host_if_it_can_be() {
        let environment = StoreEnvironment::default();
        for (bucket, query, want) in [
            ("b", "", "https://b.s3.us-east-1.amazonaws.com host"),
            (
                "b",
                "region=cn-north-1",
                "https://b.s3.cn-north-1.amazonaws.com.cn host",
            ),
            (
                "b",
                "fips=true&dualstack=true",
                "https://b.s3-fips.dualstack.us-east-1.amazonaws.com host",
            ),
            (
                "b",
                "accelerate=true",
                "https://b.s3-accelerate.amazonaws.com host",
            ),
            (
                "b",
                "use_path_style=true",
                "https://s3.us-east-1.amazonaws.com path",
            ),
            // No certificate covers several labels before `s3`.
            ("a.b", "", "https://s3.us-east-1.amazonaws.com path"),
            (
                "a.b",
                "disable_https=true",
                "http://a.b.s3.us-east-1.amazonaws.com host",
            ),
            ("A_b", "", "https://s3.us-east-1.amazonaws.com path"),
        ] {
            assert_eq!(
                endpoint(bucket, query, &environment),
                want,
                "{bucket} {query}"
            );
        }
    }

    #[test]
    fn endpoint_of_another_store_comes_from_uri_or_environment() {
        let environment = StoreEnvironment::new(&[
            ("AWS_ENDPOINT_URL", "https://other"),
            ("AWS_ENDPOINT_URL_S3", "https://minio:9000/"),
        ]);
        for (bucket, query, want) in [
            ("b", "", "https://b.minio:9000 host"),
            ("b", "endpoint=h:1", "https://b.h:1 host"),
            (
                "b",
                "endpoint=127.0.0.1:1&disable_https=true",
                "http://127.0.0.1:1 path",
            ),
            ("b", "endpoint=http://[::1]:1", "http://[::1]:1 path"),
            (
                "b",
                "endpoint=http://h/store&hostname_immutable=true",
                "http://h/store path",
            ),
            (
                "b",
                "endpoint=http://:1",
                "the endpoint is not a URL: empty host",
            ),
        ] {
            assert_eq!(
                endpoint(bucket, query, &environment),
                want,
                "{bucket} {query}"
            );
        }
    }
}
