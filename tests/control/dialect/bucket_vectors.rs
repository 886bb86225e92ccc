//! Buckets against a second implementation, `tests/dialects/oracle.py`, written from the formulas alone.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::process::Stdio;

use fanion::document::rollout::bucketing::BucketingDialect;
use fanion::rule::bucketing::vendor_hash;

const DIALECTS: [BucketingDialect; 3] = [
    BucketingDialect::Fnv1a,
    BucketingDialect::Md5,
    BucketingDialect::Java31,
];

#[test]
fn x_04_buckets_equal_those_of_a_second_implementation() {
    let units = (0..2000).map(|number| match number % 4 {
        0 => format!("user-{number}"),
        1 => format!(
            "{:032x}",
            u128::from(u64::MAX - number).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ),
        2 => format!("ünïcødé-😀-{number}"),
        _ => "x".repeat(usize::try_from(number % 97).expect("small")),
    });
    let mut asked = String::new();
    let mut expected = Vec::new();
    for unit in units {
        for dialect in DIALECTS {
            writeln!(asked, "{}\tnew-checkout-flow\t{unit}", dialect.name()).expect("a text");
            let bucket = vendor_hash::bucket(dialect, "new-checkout-flow", &unit);
            expected.push(bucket.expect("a bucket").to_string());
        }
    }
    let mut oracle = Command::new("python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/dialects/oracle.py"
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut input = oracle.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = oracle.wait_with_output().expect("an end");
    writer.join().expect("no panic").expect("written");
    let answered = String::from_utf8(output.stdout).expect("text");
    assert_eq!(answered.lines().collect::<Vec<_>>(), expected);
}
