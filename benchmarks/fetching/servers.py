"""The two servers: one that imitates a line, one that is as fast as the machine."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
_CONFIG = """
daemon off;
user root;
worker_processes 2;
pid {own}/pid;
error_log {own}/errors;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    output_buffers 4 256k;
    tcp_nodelay on;
    default_type application/octet-stream;
    client_body_temp_path {own}/body;
    proxy_temp_path {own}/proxy;
    fastcgi_temp_path {own}/fastcgi;
    uwsgi_temp_path {own}/uwsgi;
    scgi_temp_path {own}/scgi;
    server {{
        listen 127.0.0.1:{port}{tls};
        root {folder};
        add_header X-Repo-Commit 0123456789abcdef0123456789abcdef01234567;
        rewrite ^/bench/mark/resolve/main/(.*)$ /$1 break;
    }}
}}
"""
_TLS = """ ssl;
        ssl_certificate {own}/server.pem;
        ssl_certificate_key {own}/server.key;
        ssl_protocols TLSv1.3"""


def nginx_there() -> bool:
    """Tell whether nginx and openssl, which makes its certificate, are installed."""
    return _NGINX is not None and shutil.which("openssl") is not None


@contextmanager
def line(folder: Path, speed: float = 0, delay: float = 0, most: int = 0) -> Iterator[str]:
    """Serve the folder as ``benchmarks.line_server`` does; yield its origin."""
    words = [str(folder), str(speed), str(delay), str(most)]
    command = [sys.executable, "-m", "benchmarks.line_server", *words]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


class Counter:
    """What a line server has sent so far."""

    def __init__(self, origin: str) -> None:
        self._connection = http.client.HTTPConnection(origin.removeprefix("http://"))

    def sent(self) -> int:
        """Bytes of bodies that left for a client."""
        return self._counts()["sent"]

    def busiest(self) -> int:
        """The most connections that carried a body at one time."""
        return self._counts()["busiest"]

    def settled(self) -> int:
        """Bytes sent, once no more are being sent."""
        before, now = -1, self.sent()
        while now != before:
            time.sleep(0.1)
            before, now = now, self.sent()
        return now

    def close(self) -> None:
        self._connection.close()

    def _counts(self) -> dict[str, int]:
        self._connection.request("GET", "/-/counts")
        return json.loads(self._connection.getresponse().read())


@contextmanager
def fast(folder: Path, own: Path) -> Iterator[str]:
    """Serve the folder without a limit, by nginx where it is installed; ``own`` is for its files."""
    if not nginx_there():
        with line(folder) as origin:
            yield origin
        return
    with _nginx(folder, own, "") as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def tls(folder: Path, own: Path) -> Iterator[tuple[str, Path]]:
    """Serve the folder by nginx over TLS 1.3; yield its origin and the authority that signed for it."""
    authority = _certify(own)
    with _nginx(folder, own, _TLS.format(own=own)) as port:
        yield f"https://127.0.0.1:{port}", authority


@contextmanager
def _nginx(folder: Path, own: Path, tls: str) -> Iterator[int]:
    port = _free_port()
    config = own / "nginx.conf"
    config.write_text(_CONFIG.format(own=own, port=port, tls=tls, folder=folder))
    server = subprocess.Popen([_NGINX, "-p", str(own), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen) -> None:
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError("nginx did not start")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise RuntimeError("nginx does not listen")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _certify(own: Path) -> Path:
    """Make an authority and let it sign a certificate for 127.0.0.1; return the authority's file."""
    make = ["openssl", "req", "-x509", "-nodes", "-days", "30", "-newkey", "ec"]
    make += ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names = ["-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=Benchmark authority"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    _openssl([*make, *names, *usage], own)
    names = ["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=127.0.0.1"]
    signed = ["-CA", "authority.pem", "-CAkey", "authority.key"]
    use = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    _openssl([*make, *names, *signed, *use], own)
    return own / "authority.pem"


def _openssl(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
