//! A TCP proxy that can stop forwarding, with or without TLS.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::support::wait::wait_until;

/// Forwards connections to a port until `silent` is set or the proxy is dropped.
pub struct TcpProxy {
    pub port: u16,
    pub silent: Arc<AtomicBool>,
    pub connections: Arc<AtomicUsize>,
    pub task: tokio::task::JoinHandle<()>,
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TcpProxy {
    pub async fn start_on_port(port: u16, to: u16) -> TcpProxy {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let silent = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicUsize::new(0));
        let (quiet, count) = (silent.clone(), connections.clone());
        let task = tokio::spawn(async move {
            let mut all = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                all.spawn(pass(socket, to, quiet.clone()));
            }
        });
        TcpProxy {
            port,
            silent,
            connections,
            task,
        }
    }

    pub fn target(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// Forwards bytes until `silent` is set. After that, both connections stay open, but no bytes are forwarded.
pub async fn pass(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    to: u16,
    silent: Arc<AtomicBool>,
) {
    let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", to)).await else {
        return;
    };
    let quiet = wait_until(
        || silent.load(Ordering::SeqCst),
        || "never silent".to_owned(),
    );
    let copied = tokio::io::copy_bidirectional(&mut socket, &mut upstream);
    tokio::select! {
        _ = copied => {}
        () = quiet => std::future::pending().await,
    }
}

/// Terminates TLS in front of a port.
pub async fn tls_proxy(to: u16, acceptor: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let never = Arc::new(AtomicBool::new(false));
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, never) = (acceptor.clone(), never.clone());
            tokio::spawn(async move {
                if let Ok(socket) = acceptor.accept(socket).await {
                    pass(socket, to, never).await;
                }
            });
        }
    });
    port
}
