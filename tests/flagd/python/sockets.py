"""TLS and Unix sockets: the protocols of each listener."""

import functools
import socket
import ssl
import subprocess

import errors
import http1
import rpc
from case import add

PORTS = ("port", "management-port", "sync-port", "ofrep-port")
REQUEST = http1.request("POST", errors.V1, (errors.JSON,), errors.GOOD)


def certificate(directory):
    """A key and its self-signed certificate."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-keyout", str(directory / "tls.key"), "-out", str(directory / "tls.crt")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)


def shake(daemon, port, offers, version=None):
    """The protocol and version that a TLS handshake negotiates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if offers:
        context.set_alpn_protocols(offers)
    if version:
        context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(("127.0.0.1", daemon.port(port)), 5) as plain, context.wrap_socket(plain) as wrapped:
            return {"chosen": wrapped.selected_alpn_protocol(), "version": wrapped.version()}
    except (OSError, ssl.SSLError) as fault:
        return {"refused": isinstance(fault, ssl.SSLError) or "reset"}


def plain(daemon, port):
    return rpc.normal(http1.Stream(daemon.port(port), REQUEST, 3).whole())


def over_socket(daemon, suffix, text):
    """An HTTP/1.1 request over a Unix socket."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(3)
            connection.connect(str(daemon.scratch / f"{daemon.name}{suffix}"))
            connection.sendall(text)
            return {"status": connection.recv(65536)[:12].decode("latin-1")}
    except OSError as fault:
        return {"refused": type(fault).__name__}


def listens(daemon, port):
    with socket.socket() as probe:
        return {"listens": probe.connect_ex(("127.0.0.1", daemon.port(port))) == 0}


for port in PORTS:
    for offers in (["h2"], ["http/1.1"], ["h2", "http/1.1"], ["x"], []):
        add("tls", f"TLS on {port} offering {offers}", functools.partial(shake, port=port, offers=offers))
    add("tls", f"TLS 1.2 on {port}", functools.partial(shake, port=port, offers=["h2"], version=ssl.TLSVersion.TLSv1_2))
    add("tls", f"plain text on {port}", functools.partial(plain, port=port))
    add("sockets", f"{port} beside sockets", functools.partial(listens, port=port))
for suffix in ("", ".sync"):
    add("sockets", f"the socket {suffix!r}", functools.partial(over_socket, suffix=suffix, text=REQUEST))
