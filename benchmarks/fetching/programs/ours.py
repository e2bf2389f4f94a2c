"""Fetch one verified file with Modelget: ``ours.py URL TARGET SIZE SHA256 CONNECTIONS``."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

from modelget.fetch import fetch
from modelget.hosts import HostPolicy, origin_of
from modelget.http import Http
from modelget.progress import Silent
from modelget.types import Candidate, Digest, Download, Evidence


def client_for(url: str, connections: int) -> Http:
    return Http(HostPolicy.of((), (origin_of(url),)), connections_per_host=connections)


def fetch_one(http: Http, url: str, target: str, size: str, sha256: str) -> None:
    place, digest = Path(target), Digest("sha256", sha256)
    wanted = Candidate("bench", url, url, place.name, Evidence.DECLARED_URL, int(size), digest)
    fetch(Download(wanted, place, place.parent / ".staging", "bench"), http, Silent(), Event())


if __name__ == "__main__":
    fetch_one(client_for(sys.argv[1], int(sys.argv[5])), *sys.argv[1:5])
