//! URIs of objects, and the mistakes in them.

use fanion::source::spec::SourceKind;
use fanion::source::spec::SourceSpec;

/// The bucket and the key of a URI.
fn parse(uri: &str) -> (String, String) {
    let spec = SourceSpec::from_uri(uri).expect(uri);
    assert_eq!(&*spec.name, uri);
    let SourceKind::ObjectStore(store) = spec.kind else {
        panic!("{uri}");
    };
    (store.bucket.into(), store.key.into())
}

#[test]
fn bucket_and_key_are_split_as_in_flagd() {
    for (uri, bucket, key) in [
        ("s3://b/a/f.json", "b", "a/f.json"),
        ("gs://my.bucket_1/f", "my.bucket_1", "f"),
        ("azblob://$root/f.yaml?localemu=true", "$root", "f.yaml"),
        ("s3://b/a%20b #c.json?region=x", "b", "a%20b #c.json"),
        ("s3://b/f@1.json?prefix=team/", "b", "team/f@1.json"),
    ] {
        assert_eq!(parse(uri), (bucket.to_owned(), key.to_owned()), "{uri}");
    }
    let spec = SourceSpec::from_uri("s3://b/f@1.json?endpoint=https://u:hush@h").expect("a source");
    assert_eq!(&*spec.redacted_name, "s3://b/f@1.json?[redacted]");
}

#[test]
fn parameters_of_the_openers_of_gocloud_are_accepted() {
    for uri in [
        "s3://b/f.json?region=eu-west-1&endpoint=h:1&s3ForcePathStyle=true&use_path_style=1&disable_https=t",
        "s3://b/f.json?anonymous=true&profile=p&hostname_immutable=true&dualstack=false&fips=0&accelerate=False",
        "s3://b/f.json?awssdk=v2&rate_limiter_capacity=5&ssetype=aws:kms&kmskeyid=1&request_checksum_calculation=when_required&response_checksum_validation=when_required",
        "gs://b/f.json?access_id=-&private_key_path=/x&anonymous=true&universe_domain=example.com",
        "azblob://c/f.json?storage_account=a&protocol=http&domain=localhost:10000&cdn=false&localemu=true",
    ] {
        parse(uri);
    }
}

#[test]
fn mistake_in_a_uri_is_one_located_sentence() {
    for (uri, want) in [
        (
            "s3://",
            "expected s3://BUCKET/OBJECT, found `s3://`: the bucket is missing",
        ),
        ("s3:///b/f.json", "the bucket is missing"),
        ("gs://b", "the object is missing"),
        ("gs://b/", "the object is missing"),
        ("azblob://c/f/", "the object is missing after the last `/`"),
        ("s3://b//f.json", "the key of the object has an empty part"),
        (
            "s3://b/../f.json",
            "the key of the object has the part `..`",
        ),
        ("s3://a%2Fb/f.json", "`a%2Fb` is not the name of a bucket"),
        (
            "s3://u:hush@b/f.json",
            "a user or password does not belong here",
        ),
        (
            "s3://b/f.json?regoin=x",
            "unknown query parameter `regoin`; did you mean `region`?",
        ),
        (
            "s3://b/f.json?domain=x",
            "unknown query parameter `domain`; write one of: region, ",
        ),
        (
            "gs://b/f.json?region=hush",
            "unknown query parameter `region`",
        ),
        (
            "azblob://b/f.json?region=hush",
            "unknown query parameter `region`",
        ),
        (
            "s3://b/f.json?anonymous=hush",
            "the query parameter `anonymous` must be true or false",
        ),
        (
            "azblob://b/f.json?protocol=hush",
            "the query parameter `protocol` must be http or https",
        ),
        (
            "s3://b/f.json?role=arn:x",
            "the query parameter `role` is not supported",
        ),
        ("S3://b/f.json", "must start with 'file:'"),
    ] {
        let why = SourceSpec::from_uri(uri).expect_err(uri);
        assert!(why.contains(want) && !why.contains("hush"), "{uri}: {why}");
    }
}

#[test]
fn provider_and_scheme_must_agree() {
    let text =
        r#"[{"uri": "gs://b/f.json?x=hush", "provider": "s3"}, {"uri": "", "provider": "gcs"}]"#;
    let why = fanion::source::spec::parse_list(text).expect_err("mistakes");
    let want = [
        "sources[0].uri: expected s3://BUCKET/OBJECT, found `gs://b/f.json?[redacted]`: the scheme is another one",
        "sources[1].uri: uri is a required field",
    ];
    assert_eq!(why, want);
}
