"""A client of the launcher, which starts and restarts the daemon."""

import os
import pathlib
import urllib.request

DIRECTORY = pathlib.Path(os.environ["LAUNCHED"])
ENVOY, REFUSING, NOBODY = 9211, 9212, 9999


def call(what):
    with urllib.request.urlopen(f"http://localhost:8080/{what}", data=b"", timeout=20) as answer:
        assert answer.status == 200, answer.read()


def start(kind):
    """Starts the daemon with the configuration for a kind of connection."""
    call(f"start?config={ {'ssl': 'ssl', 'metadata': 'metadata', 'syncpayload': 'sync-payload', 'socket': 'socket'}.get(kind, 'default') }")
