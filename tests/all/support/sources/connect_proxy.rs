//! An HTTP proxy that opens tunnels, always to the same port, whatever the host is.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::support::sources::tcp_proxy::pass;

/// A proxy. Stops when dropped.
pub struct ConnectProxy {
    pub port: u16,
    /// The heads of the requests.
    heads: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl ConnectProxy {
    /// A proxy to a port of this host, which answers with this status.
    pub async fn start(to: u16, status: &'static str) -> ConnectProxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        let task = tokio::spawn(async move {
            let mut tunnels = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                tunnels.spawn(tunnel(socket, to, status, seen.clone()));
            }
        });
        ConnectProxy { port, heads, task }
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn tunnel(mut socket: TcpStream, to: u16, status: &str, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    heads
        .lock()
        .unwrap()
        .push(String::from_utf8(head).expect("text"));
    let answer = format!("HTTP/1.1 {status}\r\n\r\n");
    if socket.write_all(answer.as_bytes()).await.is_ok() && status.starts_with("200") {
        pass(socket, to, Arc::new(AtomicBool::new(false))).await;
    }
}
