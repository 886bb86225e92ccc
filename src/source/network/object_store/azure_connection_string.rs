//! `ConnectionString`: the parts of an Azure connection string.

/// The account of the local emulator, which is public.
const EMULATOR_ACCOUNT: &str = "devstoreaccount1";
/// The key of that account, which is public too.
const EMULATOR_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// The URL of the local emulator.
const EMULATOR_URL: &str = "http://127.0.0.1:10000/devstoreaccount1";

/// The parts of a connection string that concern blobs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ConnectionString {
    /// The storage account.
    pub account: Option<String>,
    /// The key of the account.
    pub key: Option<String>,
    /// A shared access signature.
    pub sas: Option<String>,
    /// `http` or `https`.
    pub protocol: Option<String>,
    /// The domain of the cloud, without `blob.`.
    pub suffix: Option<String>,
    /// The URL of the account.
    pub endpoint: Option<String>,
}

impl ConnectionString {
    /// Parses `NAME=VALUE;…`. Other names concern other services.
    pub fn parse(text: &str) -> ConnectionString {
        let mut parts = ConnectionString::default();
        for part in text.split(';') {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let slot = match name.trim() {
                "AccountName" => &mut parts.account,
                "AccountKey" => &mut parts.key,
                "SharedAccessSignature" => &mut parts.sas,
                "DefaultEndpointsProtocol" => &mut parts.protocol,
                "EndpointSuffix" => &mut parts.suffix,
                "BlobEndpoint" => &mut parts.endpoint,
                "UseDevelopmentStorage" if value.trim() == "true" => {
                    return ConnectionString::emulator();
                }
                _ => continue,
            };
            *slot = Some(value.trim().to_owned());
        }
        parts
    }

    fn emulator() -> ConnectionString {
        ConnectionString {
            account: Some(EMULATOR_ACCOUNT.to_owned()),
            key: Some(EMULATOR_KEY.to_owned()),
            endpoint: Some(EMULATOR_URL.to_owned()),
            ..ConnectionString::default()
        }
    }
}
