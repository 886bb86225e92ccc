//! Nothing that arrives, over a socket or in a file, stops the server or makes it grow.

use fanion::document::DocumentFormat;
use prost::Message as _;
use serde_json::json;

use crate::evaluation::allocations;
use crate::support::daemon::Daemon;
use crate::support::evaluate;
use crate::support::server;
use crate::support::server::Client;
use crate::support::server::Http;
use crate::support::server::pb::evaluation1::ResolveStringRequest;

/// A small generator of numbers, so that a failure comes again with its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).expect("small")
    }

    /// One to four edits: a byte changed, removed, doubled, or a piece cut, repeated or put elsewhere.
    fn mutate(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.roll(4) {
            let at = self.roll(bytes.len());
            match self.roll(6) {
                _ if bytes.is_empty() => bytes.push(0),
                0 => bytes[at] = u8::try_from(self.roll(256)).expect("a byte"),
                1 => bytes[at] ^= 1 << self.roll(8),
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                4 => {
                    let piece = bytes[at..(at + self.roll(40)).min(bytes.len())].to_vec();
                    let to = self.roll(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let token = [
                        &b"{"[..],
                        b"[",
                        b"\"",
                        b"\\u",
                        b"- ",
                        b"&a ",
                        b"*a",
                        b": ",
                        b"\t",
                        b"\xff",
                        b"1e999",
                        b"!!x ",
                        b"|\n",
                    ];
                    bytes.splice(at..at, token[self.roll(token.len())].iter().copied());
                }
            }
        }
        bytes
    }
}

/// The resident memory of a process, in KiB.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("a size");
    line.split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number")
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("short");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

async fn sweep(kind: &str, version: Http, original: Vec<u8>, seed: u64) {
    let flag = json!({"flags": {"f": {"variants": {"a": "a"}, "defaultVariant": "a", "targeting":
        {"if": [{"some": [{"var": "list"}, {"==": [{"var": "x.y"}, 1]}]}, {"var": ""}, {"var": "name"}]}}}});
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("flags.json"), flag.to_string()).expect("a file");
    // A process of its own: what it keeps is not mixed up with what other tests keep.
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    let mut client = Client::connect(daemon.port, version).await;
    let content = format!("content-type: {kind}");
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let mut dice = Dice(seed);
    let mut sizes = Vec::new();
    for round in 0..100_000 {
        let body = dice.mutate(&original);
        let answer = client.post(path, &[&content], body).await;
        assert!(answer.status.as_u16() < 600);
        if round % 25_000 == 24_999 {
            sizes.push(resident(daemon.child.id()));
        }
    }
    let sound = client.post(path, &[&content], original).await;
    assert_eq!(sound.status, 200);
    let (early, late) = (sizes[0], sizes[sizes.len() - 1]);
    assert!(late < early + 32 * 1024, "memory grows: {sizes:?} KiB");
}

fn context() -> serde_json::Value {
    json!({"name": "a", "list": [{"x": {"y": 2}}, 1.5, null, true], "ünï": "\u{1F600}"})
}

fn json_request() -> Vec<u8> {
    json!({"flagKey": "f", "context": context()})
        .to_string()
        .into_bytes()
}

fn proto_request() -> Vec<u8> {
    let context = Some(server::proto_struct(&context()));
    ResolveStringRequest {
        flag_key: "f".to_owned(),
        context,
    }
    .encode_to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_connect_json() {
    sweep("application/json", Http::One, json_request(), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_connect_protobuf() {
    sweep("application/proto", Http::Two, proto_request(), 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_grpc() {
    sweep("application/grpc", Http::Two, framed(&proto_request()), 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_grpc_web() {
    sweep(
        "application/grpc-web+json",
        Http::One,
        framed(&json_request()),
        4,
    )
    .await;
}

#[test]
fn mutated_flag_files_do_not_panic_or_leak() {
    let yaml: Vec<Vec<u8>> = ["rings", "remote", "shared", "static", "version"]
        .iter()
        .map(|name| format!("{}/flags/{name}.yaml", env!("CARGO_MANIFEST_DIR")))
        .map(|path| std::fs::read(path).expect("an example"))
        .collect();
    let document = json!({"flags": {"f": {"variants": {"a": 1}, "defaultVariant": "a", "targeting": {"fractional":
        [{"cat": [{"var": "x"}, "y"]}, ["a", 1], [{"if": [true, "a"]}, 2]]}}}, "$evaluators": {"e": {"var": "e"}}});
    let document = document.to_string().into_bytes();
    let mut dice = Dice(5);
    let mut read = |round: usize| {
        let (original, format) = match round % 4 {
            0 => (&document, DocumentFormat::Json),
            _ => (&yaml[dice.roll(yaml.len())], DocumentFormat::Yaml),
        };
        let bytes = dice.mutate(original);
        let text = String::from_utf8_lossy(&bytes);
        let (ruleset, _) = evaluate::load(&text, format);
        for flag in &ruleset.flags {
            evaluate::ask(&ruleset, &flag.key, &json!({"x": "u", "targetingKey": "u"}));
        }
    };
    let mut sizes = [0; 4];
    for (quarter, size) in sizes.iter_mut().enumerate() {
        (0..5_000).for_each(|round| read(5_000 * quarter + round));
        *size = allocations::live();
    }
    assert_eq!(sizes, [sizes[0]; 4], "memory is kept");
}
