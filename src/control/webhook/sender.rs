//! `WebhookSender`: sends one message to an endpoint.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use http::header;

use crate::control::webhook::endpoint::Endpoint;
use crate::control::webhook::message::WebhookMessage;
use crate::http_client::HttpClients;
use crate::http_client::proxy::ProxySettings;

/// The time limit of a request. Receivers are told to answer at once and to work afterwards.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Sends messages.
#[derive(Debug)]
pub struct WebhookSender {
    clients: Mutex<HttpClients>,
}

impl WebhookSender {
    /// A sender that uses the proxies of the environment variables.
    pub fn new() -> WebhookSender {
        WebhookSender {
            clients: Mutex::new(HttpClients::new(ProxySettings::from_env())),
        }
    }

    /// Sends a message at a time in milliseconds since 1970. The body of the response is not read.
    ///
    /// # Errors
    /// If the receiver does not answer with a status from 200 to 299. The text does not contain the URL, which may have a
    /// secret.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        message: WebhookMessage,
        now_ms: u64,
    ) -> Result<(), String> {
        let client = {
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.client(&endpoint.url)
        };
        let client = client.map_err(|error| error.to_string())?;
        let timestamp = now_ms / 1000;
        let signature = endpoint.keys.sign(&message.id, timestamp, &message.body);
        let request = client
            .post(endpoint.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .timeout(TIMEOUT)
            .body(message.body);
        let response = request.send().await.map_err(|error| describe(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let code = status.as_u16();
        Err(format!("the receiver answered with status {code}"))
    }
}

impl Default for WebhookSender {
    fn default() -> WebhookSender {
        WebhookSender::new()
    }
}

fn describe(error: &reqwest::Error) -> String {
    let seconds = TIMEOUT.as_secs();
    if error.is_timeout() {
        format!("the receiver did not answer within {seconds} s")
    } else if error.is_connect() {
        "the receiver cannot be reached".to_owned()
    } else {
        "the connection ended without an answer".to_owned()
    }
}
