//! Parsing of source URIs.

use fanion::source::spec::DialAddress;
use fanion::source::spec::GrpcTarget;
use fanion::source::spec::SourceSpec;

/// The name of a source, and its JSON without secrets.
fn name_and_redacted(spec: &SourceSpec) -> (String, String) {
    (spec.name.to_string(), spec.to_redacted_json())
}

fn parse_uri(text: &str) -> (String, String) {
    name_and_redacted(&SourceSpec::from_uri(text).expect("a source"))
}

#[test]
fn uri_is_parsed_as_flagd_parses_it() {
    assert_eq!(parse_uri("file:a/b.yaml").0, "a/b.yaml");
    let http = r#"{"uri":"https://h/x.json","provider":"http","interval":5,"timeoutS":30}"#;
    assert_eq!(
        parse_uri("https://h/x.json"),
        ("https://h/x.json".into(), http.into())
    );
    let (name, grpc) = parse_uri("grpc://h:8015");
    assert_eq!(name, "h:8015");
    assert!(grpc.contains(r#""tls":false"#), "{grpc}");
    let (name, grpc) = parse_uri("grpcs://h:8015");
    assert_eq!(name, "h:8015");
    assert!(grpc.contains(r#""tls":true"#), "{grpc}");
    for verbatim in ["envoy://h:1/s", "dns:///h:1", "unix:/run/x", "uds:/run/x"] {
        assert_eq!(parse_uri(verbatim).0, verbatim);
    }
}

#[test]
fn invalid_uri_is_rejected_with_a_reason() {
    for (text, want) in [
        ("ftp://x", "must start with 'file:'"),
        ("dnsfoo", "must start with 'file:'"),
        ("file:", "the path is missing"),
        ("http://", "not a URL"),
        ("xds:///service", "xDS is not supported"),
        ("grpc://h:port", "invalid port"),
        ("grpc://user@h:1", "is not HOST:PORT"),
        ("dns://8.8.8.8/h:1", "three slashes"),
        ("envoy://h/s", "the port is missing"),
        ("envoy://h:1", "envoy://HOST:PORT/SERVICE"),
        ("envoy://h:1/s/t", "envoy://HOST:PORT/SERVICE"),
        ("unix://relative", "unix:PATH"),
    ] {
        let why = SourceSpec::from_uri(text).expect_err(text);
        assert!(why.contains(want), "{text}: {why}");
    }
}

#[test]
fn grpc_target_gives_address_and_authority() {
    let tcp = |host: &str, port| DialAddress::Tcp {
        host: host.into(),
        port,
    };
    for (text, dial, authority) in [
        ("h:1", tcp("h", 1), "h:1"),
        ("h", tcp("h", 443), "h"),
        ("[::1]:8015", tcp("::1", 8015), "[::1]:8015"),
        ("dns:///h:1", tcp("h", 1), "h:1"),
        ("dns:h:1", tcp("h", 1), "h:1"),
        ("envoy://h:1/flags.example", tcp("h", 1), "flags.example"),
        (
            "unix:/run/x",
            DialAddress::Unix("/run/x".into()),
            "localhost",
        ),
        (
            "unix:///run/x",
            DialAddress::Unix("/run/x".into()),
            "localhost",
        ),
        ("unix:x", DialAddress::Unix("x".into()), "localhost"),
        (
            "uds:///run/x",
            DialAddress::Unix("/run/x".into()),
            "localhost",
        ),
    ] {
        let target = GrpcTarget::parse(text).expect(text);
        assert_eq!(
            (target.address, target.authority.as_str()),
            (dial, authority),
            "{text}"
        );
    }
}

#[cfg(feature = "kubernetes")]
#[test]
fn kubernetes_resource_is_named_with_or_without_the_group() {
    let want = r#"{"uri":"ns/my.flags","provider":"kubernetes"}"#;
    let parsed = parse_uri("core.openfeature.dev/ns/my.flags");
    assert_eq!(parsed, ("ns/my.flags".into(), want.into()));
    for uri in ["ns/my.flags", "core.openfeature.dev/ns/my.flags"] {
        let list = format!(r#"[{{"uri":"{uri}","provider":"kubernetes"}}]"#);
        let specs = fanion::source::spec::parse_list(&list).expect("a source");
        assert_eq!(name_and_redacted(&specs[0]), parsed);
    }
    for (path, why) in [
        ("", "the namespace is missing"),
        ("/", "the namespace is missing"),
        ("/flags", "the name is missing"),
        ("/ns", "the name is missing"),
        ("/ns/", "the name is missing"),
        ("//flags", "the namespace is missing"),
        ("/ns/a/b", "there are more than two parts"),
        ("/Ns/flags", "`Ns` is not the name of a namespace"),
        ("/n.s/flags", "`n.s` is not the name of a namespace"),
        ("/ns/a..b", "`a..b` is not the name of a resource"),
        ("/ns/-a", "`-a` is not the name of a resource"),
        ("/ns/a?b", "`a?b` is not the name of a resource"),
    ] {
        let uri = format!("core.openfeature.dev{path}");
        let told = SourceSpec::from_uri(&uri).expect_err(&uri);
        assert!(
            told.contains(why) && told.contains("expected core.openfeature.dev/NAMESPACE/NAME"),
            "{uri}: {told}"
        );
    }
}
