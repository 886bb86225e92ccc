"""HTTP/2 with prior knowledge, one connection per request, everything that comes back kept."""

import dataclasses
import functools
import socket
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions


GOAWAY = 7
NO_ERROR = bytes(4)


@dataclasses.dataclass
class Answer:
    """What came back on a stream so far."""

    headers: list = dataclasses.field(default_factory=list)
    data: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    ended: str = ""


class Stream:
    """A connection with one request on it."""

    def __init__(self, port, method, path, headers=(), body=b"", timeout=10, end=True):
        self.deadline = time.monotonic() + timeout
        self.answer = Answer()
        self.arrivals = []
        self.raw = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.state = h2.connection.H2Connection(
            h2.config.H2Configuration(header_encoding="utf-8", validate_outbound_headers=False, validate_inbound_headers=False)
        )
        # The library takes minutes over the Huffman code of a megabyte.
        self.state.encoder.encode = functools.partial(self.state.encoder.encode, huffman=False)
        self.state.initiate_connection()
        self.flush()
        try:
            self.ask(port, method, path, headers, body, end)
        except (OSError, h2.exceptions.ProtocolError) as fault:
            self.gone(fault)

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

    def gone(self, fault):
        self.answer.ended = self.answer.ended or "closed"
        self.fault = fault

    def flush(self):
        self.socket.sendall(self.state.data_to_send())

    def pump(self):
        """Takes in what arrives next; false when nothing can or the deadline has passed."""
        left = self.deadline - time.monotonic()
        if self.answer.ended or left <= 0:
            return False
        try:
            self.socket.settimeout(left)
            data = self.socket.recv(65536)
            if not data:
                self.answer.ended = "closed"
                return False
            for event in self.state.receive_data(self.without_farewells(data)):
                self.take(event)
            self.flush()
        except TimeoutError:
            return False
        except (OSError, h2.exceptions.ProtocolError) as fault:
            self.gone(fault)
        return not self.answer.ended

    def without_farewells(self, data):
        """What has arrived, without polite GOAWAYs: the library would refuse what streams still get after them."""
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
                self.arrivals.append((time.monotonic(), len(answer.data)))
                self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.TrailersReceived():
                answer.trailers = list(event.headers)
            case h2.events.StreamEnded():
                answer.ended = "end"
            case h2.events.StreamReset():
                answer.ended = f"reset {h2.errors.ErrorCodes(event.error_code).name}"
            case h2.events.ConnectionTerminated():
                answer.ended = f"goaway {h2.errors.ErrorCodes(event.error_code).name}"

    def whole(self):
        """The answer once it has ended, or as far as it is at the deadline."""
        while self.pump():
            pass
        self.close()
        return self.answer

    def until(self, enough, timeout):
        """Reads until `enough(answer)` or the time has passed."""
        self.deadline = time.monotonic() + timeout
        while not enough(self.answer) and self.pump():
            pass
        return self.answer

    def close(self):
        self.socket.close()


def ask(port, method, path, headers=(), body=b"", timeout=10):
    return Stream(port, method, path, headers, body, timeout).whole()
