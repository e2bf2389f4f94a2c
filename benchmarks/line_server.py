"""One file over HTTP at the speed of a line: a cap on each connection, a delay for each connection and request.

Run as ``python -m benchmarks.line_server FILE [BYTES_PER_SECOND] [DELAY_SECONDS] [MOST_CONNECTIONS]``; prints its URL.
Bytes go from the page cache to the socket by sendfile and the kernel does the pacing, so that a client on
the same machine keeps the processor to itself.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
import time
from pathlib import Path

_PACING = 47  # SO_MAX_PACING_RATE, absent from Python's socket module
_RANGE = re.compile(rb"\r\nRange: bytes=(\d+)-(\d*)", re.IGNORECASE)


class LineServer:
    def __init__(self, file: Path, speed: float = 0, delay: float = 0, most: int = 0) -> None:
        self._file, self._speed, self._delay = file.open("rb"), speed, delay
        self._size = file.stat().st_size
        self._slots = threading.Semaphore(most) if most else None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/{file.name}"

    def serve(self) -> None:
        while True:
            connection, _address = self._listener.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        if self._slots and not self._slots.acquire(blocking=False):
            connection.close()
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._speed:
            connection.setsockopt(socket.SOL_SOCKET, _PACING, int(self._speed))
        time.sleep(self._delay)
        pending = b""
        try:
            while True:
                while b"\r\n\r\n" not in pending:
                    received = connection.recv(65536)
                    if not received:
                        return
                    pending += received
                request, _, pending = pending.partition(b"\r\n\r\n")
                time.sleep(self._delay)
                self._answer(connection, b"\r\n" + request)
        except OSError:
            pass
        finally:
            connection.close()
            if self._slots:
                self._slots.release()

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        found = _RANGE.search(request)
        start = int(found[1]) if found else 0
        stop = int(found[2]) + 1 if found and found[2] else self._size
        stop = min(stop, self._size)
        status = "206 Partial Content" if found else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Length: {stop - start}\r\nAccept-Ranges: bytes\r\n"
        head += 'ETag: "bench"\r\nContent-Type: application/octet-stream\r\n'
        head += f"Content-Range: bytes {start}-{stop - 1}/{self._size}\r\n" if found else ""
        connection.sendall(head.encode() + b"\r\n")
        if request.startswith(b"\r\nHEAD"):
            return
        while start < stop:
            start += os.sendfile(connection.fileno(), self._file.fileno(), start, min(stop - start, 2**22))


def main() -> None:
    numbers = [float(word) for word in sys.argv[2:]]
    server = LineServer(Path(sys.argv[1]), *numbers[:2], *(int(number) for number in numbers[2:]))
    print(server.url, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
