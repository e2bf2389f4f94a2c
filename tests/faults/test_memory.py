from __future__ import annotations

from mmap import mmap

from faults import fetcher
from faults.bench import MIB, safetensors

SIZE = 256 * MIB


def test_a_large_body_passes_through_little_memory(bench, serve):
    with mmap(-1, SIZE) as body:
        start = safetensors(256)[:136].replace(b"120", str(SIZE - 136).encode())
        body[:136] = start[:8] + start[8:].rstrip().ljust(128)
        server = serve(body)
        result = fetcher.result_of(fetcher.start(bench, server, size=SIZE))
        server.body = b""
    assert result["transferred"] == SIZE
    assert result["grown_kib"] < 64 * 1024
    bench.destination.unlink()
