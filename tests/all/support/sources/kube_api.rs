//! A scripted Kubernetes API: answers lists with a reply, and sends the bytes of a test to the open watches.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fanion::source::SourceConfig;
use fanion::source::spec::SourceKind;
use fanion::source::spec::SourceSpec;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::broadcast;

use crate::support::sources::RunningSources;
use crate::support::sources::document;
use crate::support::sources::http_upstream;
use crate::support::sources::http_upstream::ReceivedRequest;
use crate::support::sources::http_upstream::Reply;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::wait::wait_until;

/// A step of all open watches.
#[derive(Debug, Clone)]
pub enum WatchStep {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Ends the response.
    End,
    /// Resets the connection.
    Reset,
}

type Handler = Box<dyn Fn(&ReceivedRequest) -> Option<Reply> + Send>;

/// What the connections share.
struct ApiState {
    handler: Mutex<Handler>,
    seen: Mutex<Vec<ReceivedRequest>>,
    steps: broadcast::Sender<WatchStep>,
    open_watches: AtomicUsize,
}

/// The API. Stops when dropped.
pub struct KubeApi {
    pub port: u16,
    state: Arc<ApiState>,
    task: tokio::task::JoinHandle<()>,
}

impl KubeApi {
    /// Starts the API; its list has an object, or none.
    pub async fn start(listed: Option<&str>) -> KubeApi {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let state = Arc::new(ApiState {
            handler: Mutex::new(Box::new(|_| None)),
            seen: Mutex::default(),
            steps: broadcast::Sender::new(16),
            open_watches: AtomicUsize::new(0),
        });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(converse(socket, shared.clone()));
            }
        });
        let api = KubeApi { port, state, task };
        api.set_list(list(listed));
        api
    }

    /// Answers lists with a reply, and opens watches.
    pub fn set_list(&self, reply: Reply) {
        self.set_handler(move |request| (!is_watch(request)).then(|| reply.clone()));
    }

    /// Replaces the handler of requests; a watch for which it returns `None` is opened.
    pub fn set_handler(
        &self,
        handler: impl Fn(&ReceivedRequest) -> Option<Reply> + Send + 'static,
    ) {
        *self.state.handler.lock().unwrap() = Box::new(handler);
    }

    /// Sends events, one a line, to the open watches.
    pub fn send(&self, events: &[String]) {
        let text: String = events.iter().map(|event| format!("{event}\n")).collect();
        self.step(WatchStep::Send(text.into_bytes()));
    }

    pub fn step(&self, step: WatchStep) {
        self.state.steps.send(step).expect("an open watch");
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The number of lists so far.
    pub fn list_count(&self) -> usize {
        self.requests()
            .iter()
            .filter(|seen| !is_watch(seen))
            .count()
    }

    /// Waits for the watch with this number, and returns its request.
    pub async fn wait_for_watch(&self, number: usize) -> ReceivedRequest {
        let watches = || {
            let all = self.requests().into_iter();
            all.filter(is_watch).collect::<Vec<_>>()
        };
        let is_open =
            || watches().len() >= number && self.state.open_watches.load(Ordering::SeqCst) > 0;
        wait_until(is_open, || format!("{:?}", self.requests())).await;
        watches().swap_remove(number - 1)
    }

    /// Starts a source for the resource `ns/flags` of this API.
    pub fn follow(&self, directory: &Path) -> RunningSources {
        let url = format!("http://127.0.0.1:{}", self.port);
        let path = write_kubeconfig(directory, &url, "", "token: hush-1");
        follow_kubeconfig(path, &settings())
    }
}

impl Drop for KubeApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a source for the resource `ns/flags` with a kubeconfig.
pub fn follow_kubeconfig(path: PathBuf, settings: &SourceConfig) -> RunningSources {
    let uri = "core.openfeature.dev/ns/flags";
    let mut spec = SourceSpec::from_uri(uri).expect("a source");
    if let SourceKind::Kubernetes(kubernetes) = &mut spec.kind {
        kubernetes.kubeconfig = Some(path);
    }
    start_sources(&[spec], settings)
}

/// Settings whose backoff is so long that a source asks a second time only after a success.
pub fn patient_settings() -> SourceConfig {
    let mut patient = settings();
    patient.timing.initial_backoff = Duration::from_secs(60);
    patient.timing.max_backoff = Duration::from_secs(60);
    patient
}

/// Writes a kubeconfig with additional lines for its cluster and user.
pub fn write_kubeconfig(directory: &Path, server: &str, cluster: &str, user: &str) -> PathBuf {
    let text = format!(
        "current-context: a\ncontexts:\n- name: a\n  context: {{cluster: b, user: c}}\n\
         clusters:\n- name: b\n  cluster:\n    server: {server}\n    {cluster}\n\
         users:\n- name: c\n  user:\n    {user}\n"
    );
    let path = directory.join("kubeconfig");
    std::fs::write(&path, text).expect("written");
    path
}

/// A resource whose flag `f` resolves to `variant`.
pub fn object(version: u32, variant: &str) -> String {
    object_with(version, &format!(r#"{{"flagSpec":{}}}"#, document(variant)))
}

/// A resource with this `spec`.
pub fn object_with(version: u32, spec: &str) -> String {
    format!(
        r#"{{"apiVersion":"core.openfeature.dev/v1beta1","kind":"FeatureFlag","metadata":{{"name":"flags","namespace":"ns","resourceVersion":"{version}"}},"spec":{spec}}}"#
    )
}

/// An event of a watch.
pub fn event(kind: &str, object: &str) -> String {
    format!(r#"{{"type":"{kind}","object":{object}}}"#)
}

/// A list at version 10 with an object, or none.
pub fn list(object: Option<&str>) -> Reply {
    let items = object.unwrap_or_default();
    let body = format!(
        r#"{{"kind":"FeatureFlagList","metadata":{{"resourceVersion":"10"}},"items":[{items}]}}"#
    );
    http_response("200 OK", &["content-type: application/json"], &body)
}

/// A `Status` with a status line such as `403 Forbidden`.
pub fn status(line: &str, message: &str) -> Reply {
    let body = format!(r#"{{"kind":"Status","message":"{message}"}}"#);
    http_response(line, &["content-type: application/json"], &body)
}

pub fn is_watch(request: &ReceivedRequest) -> bool {
    request.path.contains("watch=true")
}

async fn converse(mut socket: TcpStream, state: Arc<ApiState>) {
    let Some(request) = http_upstream::request(&mut socket).await else {
        return;
    };
    let reply = state.handler.lock().unwrap()(&request);
    let mut steps = state.steps.subscribe();
    if let Some(reply) = reply {
        state.seen.lock().unwrap().push(request);
        let _ = socket.write_all(&reply.bytes).await;
        let _ = socket.shutdown().await;
        return;
    }
    let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n";
    if socket.write_all(head).await.is_err() {
        return;
    }
    state.open_watches.fetch_add(1, Ordering::SeqCst);
    state.seen.lock().unwrap().push(request);
    loop {
        match steps.recv().await {
            Ok(WatchStep::Send(bytes)) if socket.write_all(&bytes).await.is_ok() => {}
            Ok(WatchStep::Reset) => {
                let reset = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
                reset.expect("a socket option");
                break;
            }
            _ => break,
        }
    }
    state.open_watches.fetch_sub(1, Ordering::SeqCst);
}
