"""A small load client in a process of its own, so that its work is not counted with the server's.

    python bench/load.py PORT COUNT < requests

Each line of the input is a JSON list: method, path, headers and body. They are asked in turn, COUNT altogether, over
four connections that stay open. Any answer but 200 ends it.
"""

from __future__ import annotations

import json
import socket
import sys
from itertools import cycle, islice

CONNECTIONS = 4
SECONDS = 60


class Connection:
    """One connection to the server, opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.rest = b""

    def send(self, request: bytes) -> None:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)

    def receive(self) -> int:
        """Read one answer and return how many bytes it had; ends the client when it is no good one."""
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _end, self.rest = self.rest.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        if b" 200 " not in status + b" ":
            sys.exit(f"the server answers {status.decode()}")
        headers = dict(line.lower().split(b":", 1) for line in lines)
        if headers.get(b"transfer-encoding", b"").strip() == b"chunked":
            length = self._chunks()
        else:
            length = int(headers[b"content-length"])
            self._take(length)
        if status.startswith(b"HTTP/1.0") or headers.get(b"connection", b"").strip() == b"close":
            self.close()
        return length

    def _chunks(self) -> int:
        """Read a body in chunks (RFC 9112, 7.1) and return how many bytes it had."""
        total, size = 0, 1
        while size:
            while b"\r\n" not in self.rest:
                self._more()
            line, _end, self.rest = self.rest.partition(b"\r\n")
            size = int(line, 16)
            self._take(size + 2)
            total += size
        return total

    def _take(self, length: int) -> None:
        while len(self.rest) < length:
            self._more()
        self.rest = self.rest[length:]

    def _more(self) -> None:
        assert self.socket is not None
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            sys.exit("the server closes the connection in the middle of an answer")
        self.rest += chunk

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket, self.rest = None, b""


def written(method: str, path: str, headers: dict[str, str], body: str) -> bytes:
    """The request as it goes over the line."""
    content = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    if content:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def main() -> None:
    port, count = int(sys.argv[1]), int(sys.argv[2])
    requests = [written(*json.loads(line)) for line in sys.stdin]
    connections = [Connection(port) for _number in range(CONNECTIONS)]
    received = 0
    asked = islice(cycle(requests), count)
    while batch := list(zip(connections, asked, strict=False)):
        for connection, request in batch:
            connection.send(request)
        received += sum(connection.receive() for connection, _request in batch)
    print(received)


if __name__ == "__main__":
    main()
