"""HTTP/2 with prior knowledge, with one connection per request."""

import functools

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from connection import Connection

GOAWAY = 7
NO_ERROR = bytes(4)


class Stream(Connection):
    """A connection with one request on it."""

    def __init__(self, port, method, path, headers=(), body=b"", timeout=10, end=True):
        super().__init__(port, timeout)
        self.state = h2.connection.H2Connection(
            h2.config.H2Configuration(header_encoding="utf-8", validate_outbound_headers=False, validate_inbound_headers=False)
        )
        # Huffman coding of a megabyte takes minutes in this library.
        self.state.encoder.encode = functools.partial(self.state.encoder.encode, huffman=False)
        self.state.initiate_connection()
        self.flush()
        try:
            self.ask(port, method, path, headers, body, end)
        except (OSError, h2.exceptions.ProtocolError):
            self.gone()

    def ask(self, port, method, path, headers, body, end):
        start = [(":method", method), (":scheme", "http"), (":path", path), (":authority", f"127.0.0.1:{port}")]
        self.id = self.state.get_next_available_stream_id()
        self.state.send_headers(self.id, [*start, *headers], end_stream=end and not body)
        self.flush()
        while body and not self.answer.ended:
            room = min(self.state.local_flow_control_window(self.id), self.state.max_outbound_frame_size, len(body))
            if room == 0:
                if not self.pump():
                    return
                continue
            piece, body = body[:room], body[room:]
            self.state.send_data(self.id, piece, end_stream=end and not body)
            self.flush()

    def gone(self):
        self.answer.ended = self.answer.ended or "closed"

    def flush(self):
        self.socket.sendall(self.state.data_to_send())

    def take_in(self, data):
        if not data:
            self.answer.ended = "closed"
            return
        try:
            for event in self.state.receive_data(self.without_farewells(data)):
                self.take(event)
            self.flush()
        except (OSError, h2.exceptions.ProtocolError):
            self.gone()

    def without_farewells(self, data):
        """The received frames without GOAWAYs with NO_ERROR: the library would reject later frames of open streams."""
        self.raw += data
        kept = b""
        while len(self.raw) >= 9 and len(self.raw) >= (size := 9 + int.from_bytes(self.raw[:3], "big")):
            frame, self.raw = self.raw[:size], self.raw[size:]
            if frame[3] != GOAWAY or frame[13:17] != NO_ERROR:
                kept += frame
        return kept

    def take(self, event):
        answer = self.answer
        match event:
            case h2.events.ResponseReceived():
                answer.headers = list(event.headers)
            case h2.events.DataReceived():
                answer.data += event.data
                self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.TrailersReceived():
                answer.trailers = list(event.headers)
            case h2.events.StreamEnded():
                answer.ended = "end"
            case h2.events.StreamReset():
                answer.ended = f"reset {h2.errors.ErrorCodes(event.error_code).name}"
            case h2.events.ConnectionTerminated():
                answer.ended = f"goaway {h2.errors.ErrorCodes(event.error_code).name}"


def ask(port, method, path, headers=(), body=b"", timeout=10):
    return Stream(port, method, path, headers, body, timeout).whole()
