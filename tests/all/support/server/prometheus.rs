//! Scrapes of `/metrics`, parsed.

use std::collections::BTreeMap;

use crate::support::server::Server;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;

/// Series with their labels, sorted by name, and their values.
pub struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    pub fn parse(text: &str) -> Scrape {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Scrape(lines.map(series).collect())
    }

    /// The sum of all series of this name with these labels.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let named = |key: &str| key == name || key.starts_with(&format!("{name}{{"));
        let held = |key: &str| labels.iter().all(|label| key.contains(label));
        let found = self.0.iter().filter(|(key, _)| named(key) && held(key));
        found.map(|(_, value)| value).sum()
    }

    pub fn count(&self, name: &str) -> usize {
        let prefix = format!("{name}{{");
        self.0.keys().filter(|key| key.starts_with(&prefix)).count()
    }
}

fn series(line: &str) -> (String, f64) {
    let (name, value) = line.rsplit_once(' ').expect("a value");
    (name.to_owned(), value.parse().expect("a number"))
}

pub async fn scrape(server: &Server) -> Scrape {
    scrape_port(server.management).await
}

pub async fn scrape_port(port: u16) -> Scrape {
    let mut client = HttpClient::connect(port, HttpVersion::Http1).await;
    let request = http::Request::get("http://localhost/metrics").header("host", "localhost");
    let request = request.body(http_body_util::Full::default());
    let answer = client.send(request.expect("a request")).await;
    assert_eq!(answer.status, 200);
    let format = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(answer.header("content-type"), format);
    Scrape::parse(answer.text())
}
