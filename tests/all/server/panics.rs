//! Panics of tasks: the stream ends with an error, other requests succeed, and a metric counts them.

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn panic_in_a_stream_ends_it_with_an_error_and_is_counted() {
    let directory = TempDir::new();
    let faults = directory.path().join("faults");
    std::fs::write(&faults, "panic stream\n").expect("a file");
    std::fs::write(directory.path().join("flags.yaml"), "flags: {a: {}}").expect("a file");
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.yaml"]);
    command.env("FANION_FAULTS", &faults);
    let daemon = Daemon::spawn(command);
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = HttpClient::connect(daemon.port, version).await;
        let connect = ["content-type: application/connect+json"];
        let path = "/flagd.evaluation.v1.Service/EventStream";
        let stream = client.post(path, &connect, &b"\0\0\0\0\x02{}"[..]).await;
        let end = String::from_utf8_lossy(&stream.body).into_owned();
        assert!(end.contains("\"code\":\"internal\""), "{end}");
        let json = ["content-type: application/json"];
        let path = "/flagd.evaluation.v1.Service/ResolveAll";
        assert_eq!(client.post(path, &json, "{}").await.status, 200);
    }
    let scrape = prometheus::scrape_port(daemon.management).await;
    let panics = |task: &str| scrape.sum("fanion_task_panics_total", &[task]);
    assert_eq!(panics("task=\"stream\""), 2.0);
    assert_eq!(panics("task=\"connection\""), 0.0);
    let line = daemon.wait_for_log(|line| line["message"] == "a task panicked");
    assert_eq!(line["task"], "stream");
    assert_eq!(line["panic"], "injected fault at stream");
}
