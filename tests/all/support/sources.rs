//! Sources that are followed in this process, and servers for them to follow.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use fanion::live::Live;
use fanion::source::SourceConfig;
use fanion::source::Timing;
use fanion::source::spec;
use fanion::source::spec::SourceKind;
use fanion::source::spec::SourceSpec;
use fanion::source::status::SourceHealth;
use fanion::source::updater;
use fanion::source::updater::Updater;
use fanion::source::updater::loader::Loader;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::support::daemon::DEADLINE;
use crate::support::evaluate;

/// Followed sources. Everything ends when this is dropped.
pub struct Followed {
    pub live: Arc<Live>,
    pub watch: Updater,
}

/// Settings in which what fails is tried again soon. Time limits are generous: the machine may be busy.
pub fn settings() -> SourceConfig {
    SourceConfig {
        timing: Timing {
            initial_backoff: Duration::from_millis(10),
            max_backoff: Duration::from_millis(40),
            connect_timeout: Duration::from_secs(5),
            first_message_timeout: Duration::from_secs(5),
            keepalive_interval: Duration::from_millis(100),
            keepalive_timeout: Duration::from_millis(1500),
            stale_reminder_interval: Duration::from_millis(500),
        },
        ..SourceConfig::default()
    }
}

pub fn follow(specs: &[SourceSpec], settings: &SourceConfig) -> Followed {
    let live = Arc::new(Live::default());
    let loader = Loader::new(specs, settings, live.clone());
    let watch = updater::start(loader).expect("the sources can be followed");
    Followed { live, watch }
}

impl Followed {
    /// What a flag answers; empty if it is not there.
    pub fn answer(&self, flag: &str) -> String {
        let snapshot = self.live.load();
        match snapshot.ruleset.flag(flag) {
            Some(_) => evaluate::ask(&snapshot.ruleset, flag, &json!({}))["variant"]
                .as_str()
                .unwrap_or("error")
                .to_owned(),
            None => String::new(),
        }
    }

    /// Waits until flag `f` answers `want`.
    pub async fn answers(&self, want: &str) {
        let told = || {
            format!(
                "{want:?} never came, it is {:?}: {:?}",
                self.answer("f"),
                self.state(0)
            )
        };
        until(|| self.answer("f") == want, told).await;
    }

    /// How a source is doing.
    pub fn state(&self, source: usize) -> SourceHealth {
        self.watch.statuses[source].health()
    }

    /// Waits until a source does so.
    pub async fn does(&self, source: usize, so: impl Fn(&SourceHealth) -> bool) -> SourceHealth {
        until(
            || so(&self.state(source)),
            || format!("{:?}", self.state(source)),
        )
        .await;
        self.state(source)
    }

    /// Waits until a source fails for this reason.
    pub async fn fails(&self, source: usize, why: &str) {
        let so = |state: &SourceHealth| {
            let last = state.last_error.as_ref();
            state.failing_since.is_some() && last.is_some_and(|(_, last)| last.contains(why))
        };
        self.does(source, so).await;
    }
}

/// Waits until something is true.
pub async fn until(is: impl Fn() -> bool, told: impl Fn() -> String) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < DEADLINE, "{}", told());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A document whose flag `f` answers `variant`.
pub fn document(variant: &str) -> String {
    flag("f", variant)
}

pub fn flag(key: &str, variant: &str) -> String {
    json!({"flags": {key: {"state": "ENABLED", "variants": {variant: variant}, "defaultVariant": variant}}}).to_string()
}

/// A source that is asked every 20 ms, with more fields of an entry of `--sources`.
pub fn http(url: &str, more: &serde_json::Value) -> SourceSpec {
    let mut entry = json!({"uri": url, "provider": "http"});
    for (key, value) in more.as_object().expect("an object") {
        entry[key] = value.clone();
    }
    let mut spec = spec::parse_list(&json!([entry]).to_string())
        .expect("a source")
        .remove(0);
    if let SourceKind::Http(http) = &mut spec.kind {
        http.interval = Duration::from_millis(20);
        http.timeout = Duration::from_secs(5);
    }
    spec
}

/// A request as it arrived.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }
}

/// What is written back, and whether silence follows instead of the end of the connection.
#[derive(Debug, Clone)]
pub struct Reply {
    pub bytes: Vec<u8>,
    pub hang: bool,
}

/// An answer with a status line such as `200 OK`, headers written `name: value`, and a body.
pub fn reply(status: &str, headers: &[&str], body: &str) -> Reply {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for header in headers {
        text += &format!("{header}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n{body}", body.len());
    let bytes = text.into_bytes();
    Reply { bytes, hang: false }
}

/// A JSON document that flag `f` answers with `variant`.
pub fn good(variant: &str) -> Reply {
    reply(
        "200 OK",
        &["content-type: application/json"],
        &document(variant),
    )
}

type Handler = Box<dyn Fn(&Seen) -> Reply + Send>;

/// A small HTTP/1.1 server. Stops when it is dropped.
pub struct Upstream {
    pub port: u16,
    handler: Arc<Mutex<Handler>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Upstream {
    pub async fn start(handler: impl Fn(&Seen) -> Reply + Send + 'static) -> Upstream {
        Upstream::at(0, handler).await
    }

    pub async fn at(port: u16, handler: impl Fn(&Seen) -> Reply + Send + 'static) -> Upstream {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let handler: Arc<Mutex<Handler>> = Arc::new(Mutex::new(Box::new(handler)));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, noted) = (handler.clone(), seen.clone());
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(converse(socket, answer.clone(), noted.clone()));
            }
        });
        Upstream {
            port,
            handler,
            seen,
            task,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Answers differently from now on.
    pub fn now(&self, handler: impl Fn(&Seen) -> Reply + Send + 'static) {
        *self.handler.lock().unwrap() = Box::new(handler);
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until there were `count` requests more than now.
    pub async fn asked(&self, count: usize) {
        let want = self.seen().len() + count;
        until(|| self.seen().len() >= want, || "nobody asks".to_owned()).await;
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut socket: TcpStream,
    handler: Arc<Mutex<Handler>>,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let Some(request) = request(&mut socket).await else {
        return;
    };
    let reply = handler.lock().unwrap()(&request);
    seen.lock().unwrap().push(request);
    let _ = socket.write_all(&reply.bytes).await;
    if reply.hang {
        std::future::pending::<()>().await;
    }
    let _ = socket.shutdown().await;
}

async fn request(socket: &mut TcpStream) -> Option<Seen> {
    let mut text = Vec::new();
    let head = loop {
        let mut buffer = [0; 4096];
        let count = socket
            .read(&mut buffer)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        text.extend_from_slice(&buffer[..count]);
        if let Some(end) = text.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
    };
    let mut body = text.split_off(head + 4);
    let text = String::from_utf8(text).ok()?;
    let mut lines = text.trim_end().split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let split = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let headers = lines.filter_map(split).collect();
    let mut seen = Seen {
        path,
        headers,
        body: String::new(),
    };
    let length: usize = seen.header("content-length").parse().unwrap_or(0);
    while body.len() < length {
        let mut buffer = [0; 4096];
        let count = socket
            .read(&mut buffer)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        body.extend_from_slice(&buffer[..count]);
    }
    seen.body = String::from_utf8(body).ok()?;
    Some(seen)
}
