//! Options of the provider.

use cucumber::given;
use cucumber::then;
use cucumber::when;
use open_feature_flagd::CacheSettings;
use open_feature_flagd::CacheType;
use open_feature_flagd::FlagdOptions;
use open_feature_flagd::FlagdProvider;
use open_feature_flagd::ResolverType;

use crate::World;

/// An option of the suite.
#[derive(Clone, Debug)]
pub struct Option {
    pub name: String,
    pub text: String,
}

/// The result of a configuration.
#[derive(Debug)]
pub struct Outcome {
    options: Result<FlagdOptions, String>,
    refused: bool,
}

#[given(regex = r#"^an option "([^"]+)" of type "([^"]+)" with value "([^"]*)"$"#)]
fn option(world: &mut World, name: String, _kind: String, text: String) {
    world.options.push(Option { name, text });
}

#[given(regex = r#"^an environment variable "([^"]+)" with value "([^"]*)"$"#)]
fn environment_variable(world: &mut World, name: String, text: String) {
    // SAFETY: scenarios run one after the other, and nothing else of this process sets variables.
    unsafe { std::env::set_var(&name, text) };
    world.environment.push(name);
}

#[when("a config was initialized")]
async fn initialized(world: &mut World) {
    let options = applied(FlagdOptions::default(), &world.options);
    let refused = match &options {
        // `FlagdProvider::new` connects in the other modes, so only file mode is tested with a provider.
        Ok(options) if options.resolver_type == ResolverType::File => {
            FlagdProvider::new(options.clone()).await.is_err()
        }
        Ok(_) => false,
        Err(_) => true,
    };
    world.config = Some(Outcome { options, refused });
}

#[then("we should have an error")]
fn refused(world: &mut World) {
    assert!(
        world.config.as_ref().expect("a configuration").refused,
        "no error"
    );
}

#[then(regex = r#"^the option "([^"]+)" of type "([^"]+)" should have the value "([^"]*)"$"#)]
fn has(world: &mut World, name: String, kind: String, text: String) {
    let options = world
        .config
        .as_ref()
        .expect("a configuration")
        .options
        .as_ref()
        .expect("options");
    let wanted = if kind == "String" || text == "null" {
        text
    } else {
        text.to_lowercase()
    };
    assert_eq!(shown(options, &name), wanted);
}

/// Sets options. An option that the provider does not have is an error.
pub fn applied(mut options: FlagdOptions, given: &[Option]) -> Result<FlagdOptions, String> {
    for Option { name, text, .. } in given {
        let number = || {
            text.parse::<u32>()
                .map_err(|error| format!("{name}: {error}"))
        };
        match name.as_str() {
            "resolver" => options.resolver_type = resolver(text)?,
            "host" => options.host = text.clone(),
            "port" => options.port = text.parse().map_err(|error| format!("{name}: {error}"))?,
            "targetUri" => options.target_uri = Some(text.clone()),
            "tls" => options.tls = text.to_lowercase() == "true",
            "certPath" => options.cert_path = Some(text.clone()),
            "deadlineMs" => options.deadline_ms = number()?,
            "retryBackoffMs" => options.retry_backoff_ms = number()?,
            "retryBackoffMaxMs" => options.retry_backoff_max_ms = number()?,
            "retryGracePeriod" => options.retry_grace_period = number()?,
            "selector" => options.selector = Some(text.clone()),
            "socketPath" => options.socket_path = Some(text.clone()),
            "offlineFlagSourcePath" => options.source_configuration = Some(text.clone()),
            "streamDeadlineMs" => options.stream_deadline_ms = number()?,
            "keepAliveTime" => options.keep_alive_time_ms = number()?.into(),
            "offlinePollIntervalMs" => options.offline_poll_interval_ms = Some(number()?),
            "providerId" => options.provider_id = Some(text.clone()),
            "cache" => cache(&mut options).cache_type = CacheType::from(text.as_str()),
            "maxCacheSize" => cache(&mut options).max_size = number()? as usize,
            _ => return Err(format!("the provider has no option {name}")),
        }
    }
    Ok(options)
}

fn cache(options: &mut FlagdOptions) -> &mut CacheSettings {
    options.cache_settings.get_or_insert_default()
}

fn resolver(text: &str) -> Result<ResolverType, String> {
    match text.to_lowercase().as_str() {
        "rpc" => Ok(ResolverType::Rpc),
        "in-process" => Ok(ResolverType::InProcess),
        "file" => Ok(ResolverType::File),
        _ => Err(format!("unknown resolver {text}")),
    }
}

/// The value of a provider's option in the suite's form.
fn shown(options: &FlagdOptions, name: &str) -> String {
    let or_null =
        |value: &std::option::Option<String>| value.clone().unwrap_or_else(|| "null".to_owned());
    let settings = options.cache_settings.clone().unwrap_or_default();
    match name {
        "resolver" => match options.resolver_type {
            ResolverType::Rpc => "rpc".to_owned(),
            ResolverType::InProcess => "in-process".to_owned(),
            ResolverType::File => "file".to_owned(),
        },
        "host" => options.host.clone(),
        "port" => options.port.to_string(),
        "targetUri" => or_null(&options.target_uri),
        "tls" => options.tls.to_string(),
        "certPath" => or_null(&options.cert_path),
        "deadlineMs" => options.deadline_ms.to_string(),
        "retryBackoffMs" => options.retry_backoff_ms.to_string(),
        "retryBackoffMaxMs" => options.retry_backoff_max_ms.to_string(),
        "retryGracePeriod" => options.retry_grace_period.to_string(),
        "selector" => or_null(&options.selector),
        "socketPath" => or_null(&options.socket_path),
        "offlineFlagSourcePath" => or_null(&options.source_configuration),
        "streamDeadlineMs" => options.stream_deadline_ms.to_string(),
        "keepAliveTime" => options.keep_alive_time_ms.to_string(),
        "offlinePollIntervalMs" => or_null(
            &options
                .offline_poll_interval_ms
                .map(|number| number.to_string()),
        ),
        "providerId" => or_null(&options.provider_id),
        "cache" => match settings.cache_type {
            CacheType::Lru => "lru".to_owned(),
            CacheType::InMemory => "mem".to_owned(),
            CacheType::Disabled => "disabled".to_owned(),
        },
        "maxCacheSize" => settings.max_size.to_string(),
        _ => panic!("the provider has no option {name}"),
    }
}
