//! A container of Azure Blob Storage with the credentials that gocloud.dev would find.

use object_store::azure::AzureConfigKey;
use object_store::azure::MicrosoftAzure;
use object_store::azure::MicrosoftAzureBuilder;

use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::object_store::azure_connection_string::ConnectionString;
use crate::source::network::object_store::environment::StoreEnvironment;
use crate::source::network::object_store::store_http::StoreConnector;
use crate::source::network::object_store::store_http::config_error;
use crate::source::network::object_store::store_http::no_retries;
use crate::source::spec::AzblobOptions;

/// The variables for credentials from Entra ID: a client secret, a workload identity or a managed identity.
const ENTRA_VARIABLES: [(&str, AzureConfigKey); 6] = [
    ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
    ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
    ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
    ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
    (
        "AZURE_FEDERATED_TOKEN_FILE",
        AzureConfigKey::FederatedTokenFile,
    ),
    ("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
];
/// The domain of the public cloud.
const PUBLIC_DOMAIN: &str = "blob.core.windows.net";

/// Returns the container.
///
/// # Errors
/// If there is no storage account, or the credentials are not valid.
pub fn load(
    container: &str,
    options: &AzblobOptions,
    environment: &StoreEnvironment,
    connector: StoreConnector,
) -> Result<MicrosoftAzure, ObjectStoreError> {
    let names = [
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGEBLOB_CONNECTIONSTRING",
    ];
    let connection = environment.first(&names).map(ConnectionString::parse);
    let connection = connection.unwrap_or_default();
    let account = options
        .account
        .as_deref()
        .or_else(|| environment.get("AZURE_STORAGE_ACCOUNT"))
        .or(connection.account.as_deref());
    let account = account.ok_or_else(|| {
        let why = "the storage account is missing: set AZURE_STORAGE_ACCOUNT, or add `storage_account` to the URI";
        ObjectStoreError::Config(why.to_owned())
    })?;
    let builder = MicrosoftAzureBuilder::new()
        .with_account(account)
        .with_container_name(container)
        .with_endpoint(account_url(account, options, environment, &connection))
        .with_retry(no_retries())
        .with_http_connector(connector);
    let builder = with_credentials(builder, environment, &connection);
    builder.build().map_err(|error| config_error(&error))
}

/// Adds the first credentials of the chain of gocloud.dev.
fn with_credentials(
    mut builder: MicrosoftAzureBuilder,
    environment: &StoreEnvironment,
    connection: &ConnectionString,
) -> MicrosoftAzureBuilder {
    let sas = |builder: MicrosoftAzureBuilder, sas: &str| {
        let sas = sas.trim_start_matches('?');
        builder.with_config(AzureConfigKey::SasKey, sas)
    };
    if let Some(key) = environment.get("AZURE_STORAGE_KEY") {
        return builder.with_access_key(key);
    }
    if let Some(token) = environment.get("AZURE_STORAGE_SAS_TOKEN") {
        return sas(builder, token);
    }
    if let Some(key) = &connection.key {
        return builder.with_access_key(key);
    }
    if let Some(token) = &connection.sas {
        return sas(builder, token);
    }
    for (name, key) in ENTRA_VARIABLES {
        if let Some(value) = environment.get(name) {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

/// Returns the URL of the account, as gocloud.dev composes it.
fn account_url(
    account: &str,
    options: &AzblobOptions,
    environment: &StoreEnvironment,
    connection: &ConnectionString,
) -> String {
    let domain = options
        .domain
        .as_deref()
        .or_else(|| environment.get("AZURE_STORAGE_DOMAIN"));
    if let (Some(endpoint), None) = (&connection.endpoint, domain) {
        return endpoint.trim_end_matches('/').to_owned();
    }
    let suffix = connection.suffix.as_ref().map(|end| format!("blob.{end}"));
    let domain = domain.or(suffix.as_deref()).unwrap_or(PUBLIC_DOMAIN);
    let protocol = options
        .protocol
        .as_deref()
        .or_else(|| environment.get("AZURE_STORAGE_PROTOCOL"))
        .or(connection.protocol.as_deref())
        .unwrap_or("https");
    let is_local = domain.starts_with("127.0.0.1") || domain.starts_with("localhost");
    let is_emulator = environment.is_true("AZURE_STORAGE_IS_LOCAL_EMULATOR");
    let is_cdn = environment.is_true("AZURE_STORAGE_IS_CDN");
    if is_local || options.is_emulator.unwrap_or(is_emulator) {
        format!("{protocol}://{domain}/{account}")
    } else if options.is_cdn.unwrap_or(is_cdn) {
        format!("{protocol}://{domain}")
    } else {
        format!("{protocol}://{account}.{domain}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::spec::StoreKind;
    use crate::source::spec::StoreOptions;

    fn url(query: &str, variables: &[(&str, &str)]) -> String {
        let (options, _) = StoreOptions::parse(StoreKind::Azblob, query).expect(query);
        let options = match options {
            StoreOptions::Azblob(options) => Some(options),
            StoreOptions::S3(_) | StoreOptions::Gcs(_) => None,
        };
        let environment = StoreEnvironment::new(variables);
        let text = environment.get("AZURE_STORAGE_CONNECTION_STRING");
        let connection = text.map(ConnectionString::parse).unwrap_or_default();
        let options = options.expect("options of Azure");
        account_url("a", &options, &environment, &connection)
    }

    #[test]
    fn account_url_is_that_of_gocloud() {
        let connection = "AZURE_STORAGE_CONNECTION_STRING";
        for (query, variables, want) in [
            ("", &[][..], "https://a.blob.core.windows.net"),
            (
                "domain=blob.core.usgovcloudapi.net&protocol=http",
                &[],
                "http://a.blob.core.usgovcloudapi.net",
            ),
            ("domain=h&cdn=true", &[], "https://h"),
            ("domain=h&localemu=true", &[], "https://h/a"),
            ("domain=localhost:1", &[], "https://localhost:1/a"),
            (
                "localemu=false",
                &[
                    ("AZURE_STORAGE_DOMAIN", "h"),
                    ("AZURE_STORAGE_IS_LOCAL_EMULATOR", "true"),
                ],
                "https://a.h",
            ),
            (
                "",
                &[
                    ("AZURE_STORAGE_DOMAIN", "h"),
                    ("AZURE_STORAGE_IS_CDN", "1"),
                    ("AZURE_STORAGE_PROTOCOL", "http"),
                ],
                "http://h",
            ),
            (
                "",
                &[(
                    connection,
                    "EndpointSuffix=core.chinacloudapi.cn;AccountName=a",
                )],
                "https://a.blob.core.chinacloudapi.cn",
            ),
            (
                "",
                &[(connection, "UseDevelopmentStorage=true")],
                "http://127.0.0.1:10000/devstoreaccount1",
            ),
            (
                "domain=h",
                &[(connection, "BlobEndpoint=https://b/")],
                "https://a.h",
            ),
        ] {
            assert_eq!(url(query, variables), want, "{query} {variables:?}");
        }
    }
}
