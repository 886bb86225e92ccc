//! The real components, driven on the thread of the test: the update thread, the active flags and the services.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use bytes::Bytes;
use fanion::live::Live;
use fanion::metric::authentication::AuthenticatedPort;
use fanion::metric::http_server::request_labels::Scheme;
use fanion::resolve;
use fanion::resolve::RequestScope;
use fanion::resolve::ResponseMessage;
use fanion::resolve::RpcOptions;
use fanion::selector::Selector;
use fanion::serve::ServeConfig;
use fanion::serve::context::ServerContext;
use fanion::serve::http::auth::PortAuthentication;
use fanion::serve::http::body::Body;
use fanion::serve::http::instrumentation::Instrumentation;
use fanion::serve::ofrep::change_stream::change_stream_response;
use fanion::serve::rpc::builtin_services::BuiltinServices;
use fanion::serve::rpc::deadline::Deadline;
use fanion::serve::rpc::route::RpcRoute;
use fanion::serve::rpc::service::EvaluationService;
use fanion::serve::sync::request::SyncRequest;
use fanion::serve::sync::service::FlagSyncService;
use fanion::snapshot::Snapshot;
use fanion::source::SourceConfig;
use fanion::source::spec;
use fanion::source::spec::SourceSpec;
use fanion::source::status::SourceStatuses;
use fanion::source::update_channel::Wakeup;
use fanion::source::update_channel::WakeupSender;
use fanion::source::updater::loader::Loader;
use fanion::source::updater::thread::UpdateThread;
use fanion::wire::Codec;
use fanion::wire::EvaluationApi;
use serde_json::Value;
use serde_json::json;
use tokio::sync::watch;

use crate::change_model::document::Document;
use crate::change_model::schedule::FILES;
use crate::change_model::schedule::Feed;
use crate::change_model::schedule::SourceChoice;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

/// Longer than any test: no timer fires.
const NEVER: Duration = Duration::from_secs(1_000_000);
/// The context of all requests.
const REQUEST: &str = r#"{"context":{"c":"x"}}"#;

/// The reason and the variant of each flag in a response.
pub type Answers = BTreeMap<String, (String, String)>;

pub struct Pipeline {
    pub live: Arc<Live>,
    pub context: ServerContext,
    pub statuses: SourceStatuses,
    pub names: Vec<String>,
    pub shutdown: watch::Sender<bool>,
    pub initial_result: watch::Receiver<Option<Result<(), String>>>,
    thread: UpdateThread,
    wakeups: WakeupSender,
    received: mpsc::Receiver<Wakeup>,
    pub evaluation: Arc<EvaluationService>,
    sync: Arc<FlagSyncService>,
    directory: TempDir,
}

impl Pipeline {
    /// The components with these sources, before they are loaded. A directory has one file with the first document.
    pub fn new(sources: &[SourceChoice]) -> Pipeline {
        let directory = TempDir::new();
        let specs: Vec<SourceSpec> = sources
            .iter()
            .enumerate()
            .map(|(at, kind)| source_spec(&directory, at, *kind))
            .collect();
        let live = Arc::new(Live::default());
        let loader = Loader::new(&specs, &SourceConfig::default(), live.clone());
        let (wakeups, received) = WakeupSender::channel();
        let (initial_sender, initial_result) = watch::channel(None);
        let (shutdown, down) = watch::channel(false);
        let config = ServeConfig {
            keep_alive_interval: NEVER,
            write_timeout: NEVER,
            grace: NEVER,
            ..ServeConfig::default()
        };
        let context = ServerContext::new(live.clone(), config, down);
        let builtin_services = || BuiltinServices::new(context.clone(), &[], None);
        let authentication = |port| PortAuthentication {
            tokens: None,
            port,
            metrics: context.config.metrics.clone(),
        };
        Pipeline {
            statuses: loader.statuses(),
            names: specs.iter().map(|spec| spec.name.to_string()).collect(),
            // Without a runtime no network source is started: the test sends their updates.
            thread: UpdateThread::new(loader, wakeups.clone(), initial_sender, None),
            evaluation: Arc::new(EvaluationService {
                context: context.clone(),
                builtin_services: builtin_services(),
                instrumentation: Instrumentation {
                    metrics: context.config.metrics.clone(),
                    traces: None,
                    scheme: Scheme::Http,
                },
                authentication: authentication(AuthenticatedPort::Evaluation),
            }),
            sync: Arc::new(FlagSyncService {
                builtin_services: builtin_services(),
                authentication: authentication(AuthenticatedPort::Sync),
                context: context.clone(),
            }),
            live,
            context,
            shutdown,
            initial_result,
            wakeups,
            received,
            directory,
        }
    }

    /// Loads the sources for the first time.
    pub fn begin(&mut self) {
        self.thread.begin();
    }

    pub fn send(&self, wakeup: Wakeup) {
        self.wakeups.send(wakeup);
    }

    /// Sends the stop message to the update thread.
    pub fn stop_updates(&self) {
        self.wakeups.stop();
    }

    /// The update thread applies a batch. Returns false if it ends.
    pub fn run_batch(&mut self) -> bool {
        self.thread.run_batch(&self.received)
    }

    /// The path of a file of a source.
    pub fn path(&self, source: usize, file: &str) -> PathBuf {
        path(&self.directory, source, file)
    }

    /// Opens a stream.
    pub fn open(&self, feed: Feed, selector: &str) -> Body {
        let path = "/flagd.evaluation.v1.Service/EventStream";
        match feed {
            Feed::Events(Codec::Proto) => call(
                &self.evaluation,
                path,
                "application/grpc",
                selector,
                &[0; 5],
            ),
            Feed::Events(Codec::Json) => {
                let message = b"\0\0\0\0\x02{}".as_slice();
                call(
                    &self.evaluation,
                    path,
                    "application/connect+json",
                    selector,
                    message,
                )
            }
            Feed::Refetches => {
                let headers = http::HeaderMap::new();
                change_stream_response(&self.context, selector, &headers).into_body()
            }
            Feed::Documents => {
                let request = SyncRequest {
                    selector_text: selector.to_owned(),
                    provider: "model".to_owned(),
                };
                let opened = self.sync.open_stream(&request, Deadline::after(None));
                opened.expect("a stream")
            }
        }
    }

    /// Ends the update thread, and waits until all threads that it has started have ended: each can wake it.
    pub fn join(self) {
        let Pipeline {
            thread,
            wakeups,
            received,
            ..
        } = self;
        drop(thread);
        drop(wakeups);
        loop {
            match received.recv_timeout(DEADLINE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("a thread is left"),
            }
        }
    }
}

/// The answers of the service to a request for all flags.
pub fn answers(service: &EvaluationService, selector: &str) -> Answers {
    let path = "/flagd.evaluation.v1.Service/ResolveAll";
    match call(
        service,
        path,
        "application/json",
        selector,
        REQUEST.as_ref(),
    ) {
        Body::Full(bytes) => parse_answers(&bytes),
        other => panic!("not a response: {other:?}"),
    }
}

fn call(
    service: &EvaluationService,
    path: &str,
    content_type: &str,
    selector: &str,
    body: &[u8],
) -> Body {
    let mut request = http::Request::post(path).header("content-type", content_type);
    if !selector.is_empty() {
        request = request.header("flagd-selector", selector);
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let route = RpcRoute::parse(path).expect("a route");
    let response = service.handle_buffered(route, &parts, &Bytes::copy_from_slice(body));
    assert_eq!(response.status(), http::StatusCode::OK);
    response.into_body()
}

/// The answers from a snapshot that a request has loaded: to a request for all flags, and for each of them.
pub fn answers_from(snapshot: &Snapshot, selector: &str) -> Answers {
    let selector = Selector::parse(selector).expect("a selector");
    let options = RpcOptions {
        contract: EvaluationApi::EvaluationV1,
        codec: Codec::Json,
        scope: RequestScope {
            selector: &selector,
            overlay: &[],
            clock: || 0.0,
            observer: None,
        },
    };
    match resolve::resolve_all(snapshot, options, REQUEST.as_bytes()) {
        Ok(ResponseMessage::Unframed(bytes)) => parse_answers(&bytes),
        other => panic!("not a response: {other:?}"),
    }
}

fn parse_answers(body: &[u8]) -> Answers {
    let body: Value = serde_json::from_slice(body).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let flags = body["flags"].as_object().expect("flags").iter();
    flags
        .map(|(key, flag)| (key.clone(), (text(&flag["reason"]), text(&flag["variant"]))))
        .collect()
}

fn path(directory: &TempDir, source: usize, file: &str) -> PathBuf {
    let name = format!("source-{source}");
    directory.path().join(name).join(file)
}

fn source_spec(directory: &TempDir, at: usize, kind: SourceChoice) -> SourceSpec {
    if kind == SourceChoice::Network {
        let uri = format!("http://source-{at}/flags.json");
        let list = json!([{"uri": uri, "provider": "http"}]).to_string();
        return spec::parse_list(&list).expect("a source").remove(0);
    }
    let first = path(directory, at, FILES[0]);
    let parent = first.parent().expect("a parent");
    std::fs::create_dir_all(parent).expect("a directory");
    if kind == SourceChoice::File {
        return SourceSpec::from_path(first);
    }
    std::fs::write(&first, Document::first().text()).expect("a file");
    SourceSpec::from_path(parent)
}
