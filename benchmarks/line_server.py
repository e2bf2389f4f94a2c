"""Files over HTTP at the speed of a line: a cap on each connection, a delay for each connection and request.

Run as ``python -m benchmarks.line_server FOLDER [BYTES_PER_SECOND] [DELAY_SECONDS] [MOST_CONNECTIONS]``; prints its
URL. Bytes go from the page cache to the socket by sendfile and the kernel does the pacing, so that a client on
the same machine keeps the processor to itself. A request is answered in order and its delay counts from its
arrival, as on a long line: the delay of one that is sent while an earlier answer still runs costs nothing.

``/-/counts`` tells what was sent. To a Hub client, every path that ends in a file's name is that file.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import sys
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

_PACING = 47  # SO_MAX_PACING_RATE, absent from Python's socket module
_LINE_BUFFER = 2**18
_BLOCK = 2**20
_RANGE = re.compile(rb"\r\nRange: bytes=(\d+)-(\d*)", re.IGNORECASE)
_HEAD = """HTTP/1.1 {status}\r
Content-Length: {length}\r
Content-Type: application/octet-stream\r
Accept-Ranges: bytes\r
ETag: "{name}-{size}"\r
X-Repo-Commit: 0123456789abcdef0123456789abcdef01234567\r
"""

_Requests = SimpleQueue  # of (when it arrived, its lines); None when the client has gone


class LineServer:
    def __init__(self, folder: Path, speed: float = 0, delay: float = 0, most: int = 0) -> None:
        self._folder, self._speed, self._delay = folder, speed, delay
        self._slots = threading.Semaphore(most) if most else None
        self._counting = threading.Lock()
        self._sent = self._busy = self._busiest = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            connection, _address = self._listener.accept()
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection: socket.socket) -> None:
        if self._slots and not self._slots.acquire(blocking=False):
            connection.close()
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._speed:
            connection.setsockopt(socket.SOL_SOCKET, _PACING, int(self._speed))
            # A large buffer would count bytes as sent long before they are.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LINE_BUFFER)
        requests: _Requests = SimpleQueue()
        time.sleep(self._delay)
        threading.Thread(target=_listen, args=(connection, requests), daemon=True).start()
        try:
            while (request := requests.get()) is not None:
                self._answer(connection, *request)
        except OSError:
            pass
        finally:
            with suppress(OSError):  # close alone does not wake the listening thread
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
            if self._slots:
                self._slots.release()

    def _answer(self, connection: socket.socket, arrived: float, request: bytes) -> None:
        method, path, *_rest = request.decode("latin-1").split(maxsplit=2)
        if path == "/-/counts":
            body = json.dumps({"sent": self._sent, "busiest": self._busiest}).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            return
        time.sleep(max(0.0, arrived + self._delay - time.monotonic()))
        file = self._folder / Path(path).name
        if not file.is_file():
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        size = file.stat().st_size
        found = _RANGE.search(b"\r\n" + request)
        start = int(found[1]) if found else 0
        stop = min(int(found[2]) + 1, size) if found and found[2] else size
        connection.sendall(_head(file.name, size, start, stop, ranged=found is not None))
        if method != "HEAD":
            self._send(connection, file, start, stop)

    def _send(self, connection: socket.socket, file: Path, start: int, stop: int) -> None:
        with self._counting:
            self._busy += 1
            self._busiest = max(self._busiest, self._busy)
        try:
            with file.open("rb") as body:
                while start < stop:
                    count = os.sendfile(connection.fileno(), body.fileno(), start, min(stop - start, _BLOCK))
                    start += count
                    self._count(count)
        except OSError:
            self._count(-_unacknowledged(connection))
            raise
        finally:
            with self._counting:
                self._busy -= 1

    def _count(self, sent: int) -> None:
        with self._counting:
            self._sent += sent


def _listen(connection: socket.socket, requests: _Requests) -> None:
    """Note when each request arrives, also while an earlier one is being answered."""
    pending = b""
    try:
        while received := connection.recv(65536):
            *complete, pending = (pending + received).split(b"\r\n\r\n")
            for request in complete:
                requests.put((time.monotonic(), request))
    except OSError:
        pass
    finally:
        requests.put(None)


def _head(name: str, size: int, start: int, stop: int, *, ranged: bool) -> bytes:
    if ranged and start >= size:
        return f"HTTP/1.1 416 Nothing There\r\nContent-Length: 0\r\nContent-Range: bytes */{size}\r\n\r\n".encode()
    status = "206 Partial Content" if ranged else "200 OK"
    head = _HEAD.format(status=status, length=stop - start, name=name, size=size)
    head += f"Content-Range: bytes {start}-{stop - 1}/{size}\r\n" if ranged else ""
    return head.encode() + b"\r\n"


def _unacknowledged(connection: socket.socket) -> int:
    """Return how many bytes the kernel took from us that never reached the client."""
    count = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    return int.from_bytes(count, sys.byteorder)


def main() -> None:
    numbers = [float(word) for word in sys.argv[2:]]
    server = LineServer(Path(sys.argv[1]), *numbers[:2], *(int(number) for number in numbers[2:]))
    print(server.url, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
