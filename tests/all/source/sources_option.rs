//! The `--sources` option: fields, errors and redacted secrets.

use fanion::source::spec;
use fanion::source::spec::SourceKind;
use fanion::source::spec::TlsMode;

fn source_errors(text: &str) -> Vec<String> {
    spec::parse_list(text).expect_err("there are mistakes")
}

#[test]
fn sources_fields_are_case_insensitive() {
    let text = r#"[
        {"URI": "x.json", "Provider": "fsnotify"},
        {"uri": "http://h/x", "provider": "http", "AuthHeader": "Bearer hush", "interval": 86400, "intervalseed": "pod",
         "TIMEOUTS": 7, "headers": {"X-Key": "hush"}, "oauth": {"clientid": "me", "ClientSecret": "hush",
         "tokenURL": "http://h/token", "ReloadDelayS": 0}},
        {"uri": "h:1", "provider": "grpc", "tls": true, "certPath": "ca.pem", "providerID": "p", "selector": "source=a",
         "maxMsgSize": 10, "incrementalUpdates": true, "headers": {"X-Key": "hush"}, "interval": null}
    ]"#;
    let specs = spec::parse_list(text).expect("sources");
    let SourceKind::Http(http) = &specs[1].kind else {
        panic!("{specs:?}");
    };
    assert_eq!(http.interval.as_secs(), 86_400);
    assert_eq!(http.timeout.as_secs(), 7);
    assert_eq!(&*http.interval_seed, "pod");
    assert_eq!(http.authorization.as_ref().expect("one"), "Bearer hush");
    assert_eq!(http.headers["x-key"], "hush");
    assert!(http.oauth.is_some());
    let SourceKind::Grpc(grpc) = &specs[2].kind else {
        panic!("{specs:?}");
    };
    assert_eq!(grpc.tls, TlsMode::CaFile("ca.pem".into()));
    assert_eq!(
        (grpc.provider_id.as_str(), grpc.selector.as_str()),
        ("p", "source=a")
    );
    assert_eq!(grpc.max_message_bytes, 10);
    assert_eq!(grpc.headers["x-key"], "hush");
    assert!(grpc.incremental);
}

#[test]
fn uri_prefix_matching_the_provider_is_removed() {
    let text = r#"[{"uri": "file:x.json", "provider": "file"}, {"uri": "grpc://h:1", "provider": "grpc"},
        {"uri": "grpcs://h:1", "provider": "grpc"}]"#;
    let specs = spec::parse_list(text).expect("sources");
    assert_eq!(
        specs.iter().map(|s| &*s.name).collect::<Vec<_>>(),
        ["x.json", "h:1", "h:1"]
    );
    assert!(specs[2].to_redacted_json().contains(r#""tls":true"#));
}

#[test]
fn all_errors_in_sources_are_reported() {
    let told = source_errors(
        r#"[{"provider": "file"}, {"uri": "x"}, {"uri": "x", "provider": "carrier-pigeon"},
        {"uri": "x", "provider": "s3"},
        {"uri": "http://h/", "provider": "http", "intervall": 3, "interval": 90000, "timeoutS": "7"},
        {"uri": "h:1", "provider": "grpc", "certPath": "ca.pem", "headers": {"bad name": "v", "x": 1}}, 7,
        {"uri": "http://h/", "provider": "http", "oauth": {"clientID": "me", "tokenUri": "http://h/"}},
        {"uri": "file:x", "provider": "http"}, {"uri": "http://h/x.json", "provider": "file"},
        {"uri": "http://h/", "provider": "http", "bearerToken": "t"}]"#,
    );
    let all = told.join("\n");
    for want in [
        "sources[0].uri: uri is a required field",
        "sources[1].provider: provider is a required field",
        "sources[2].provider: invalid sync provider: carrier-pigeon",
        "sources[3].uri: expected s3://BUCKET/OBJECT, found `x`: the scheme is another one",
        "sources[4].intervall: unknown field; did you mean `interval`?",
        "sources[4].interval: polling interval 90000s exceeds maximum 86400s",
        "sources[4].timeoutS: expected a number, found a string",
        "sources[5].certPath: provided a non empty certificate ca.pem",
        "sources[5].headers.bad name: not a valid header name",
        "sources[5].headers.x: expected a string, found a number",
        "sources[6]: expected an object, found a number",
        "sources[7].oauth.tokenUri: unknown field; did you mean `tokenUrl`?",
        "sources[7].oauth.tokenUrl: tokenUrl is a required field",
        "sources[7].oauth: set clientID and clientSecret",
        "sources[8].uri: expected http:// or https://, found file:",
        "sources[9].uri: http://h/x.json is not a file path",
        "sources[10].bearerToken: unknown field; use `authHeader` with the value `Bearer TOKEN`",
    ] {
        assert!(all.contains(want), "{want} is not in\n{all}");
    }
    assert_eq!(told.len(), 17, "{all}");
    assert!(
        source_errors("[{]")[0].contains("sources:1:3"),
        "{:?}",
        source_errors("[{]")
    );
    assert_eq!(
        source_errors("{}"),
        ["sources: expected an array of objects, found an object"]
    );
}

#[test]
fn secrets_are_redacted() {
    let text = r#"[
        {"uri": "https://user:hush1@h/x.json?token=hush2", "provider": "http", "authHeader": "hush3",
         "headers": {"X-Key": "hush4"}, "oauth": {"clientID": "me", "clientSecret": "hush5",
         "tokenUrl": "https://u:hush6@h/token?k=hush7"}},
        {"uri": "h:1", "provider": "grpc", "headers": {"authorization": "hush8"}}
    ]"#;
    let specs = spec::parse_list(text).expect("sources");
    let told = format!("{specs:?} {:#?} {:?}", specs[0].kind, specs[1].kind);
    assert!(!told.contains("hush"), "{told}");
    let SourceKind::Grpc(grpc) = &specs[1].kind else {
        panic!("{specs:?}");
    };
    assert!(!format!("{:?}", grpc.headers).contains("hush"));
    assert_eq!(
        &*specs[0].redacted_name,
        "https://[redacted]@h/x.json?[redacted]"
    );
    assert_eq!(
        specs[0].to_redacted_json(),
        r#"{"uri":"https://[redacted]@h/x.json?[redacted]","provider":"http","authHeader":"[redacted]","interval":5,"timeoutS":30,"headers":{"x-key":"[redacted]"},"oauth":{"clientID":"me","clientSecret":"[redacted]","tokenUrl":"https://[redacted]@h/token?[redacted]"}}"#
    );
    for (provider, uri) in [
        ("http", "http://user:hush@:x"),
        ("file", "ftp://user:hush@h/x?hush"),
        ("grpc", "grpc://user:hush@h:1"),
        ("grpc", "unix://user:hush@h"),
    ] {
        let bad = format!(r#"[{{"uri": "{uri}", "provider": "{provider}"}}]"#);
        let told = source_errors(&bad).join("");

        assert!(!told.contains("hush"), "{told}");
    }
}
