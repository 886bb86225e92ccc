//! Resolves the options of OTLP export.

use crate::config::option::resolver::OptionResolver;
use crate::config::option::table;
use crate::config::option::text_conversion;
use crate::source::spec;
use crate::telemetry;

/// Returns the configuration of OTLP export.
pub fn telemetry_config<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> telemetry::config::TelemetryConfig {
    let typed = telemetry::config::OtelOptions {
        metrics_exporter: options.optional_string(&table::telemetry::METRICS_EXPORTER),
        collector_uri: options.optional_string(&table::telemetry::OTEL_COLLECTOR_URI),
        cert_path: options
            .optional_string(&table::telemetry::OTEL_CERT_PATH)
            .map(Into::into),
        key_path: options
            .optional_string(&table::telemetry::OTEL_KEY_PATH)
            .map(Into::into),
        ca_path: options
            .optional_string(&table::telemetry::OTEL_CA_PATH)
            .map(Into::into),
        reload_interval: Some(options.duration(&table::telemetry::OTEL_RELOAD_INTERVAL))
            .filter(|every| !every.is_zero()),
    };
    if let Some(uri) = &typed.collector_uri {
        let shown = text_conversion::json_string(&spec::redact_address(uri));
        options.redact(&table::telemetry::OTEL_COLLECTOR_URI, shown);
    }
    let settings = telemetry::config::from_env::resolve(&typed, &options.env);
    settings.unwrap_or_else(|mistakes| {
        let mistakes = mistakes.iter();
        options
            .errors
            .extend(mistakes.map(|mistake| spec::redact_user_info(mistake)));
        telemetry::config::TelemetryConfig::default()
    })
}
