"""An archive is fetched as any file is, and its part goes when the file in it has its name."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import replace

import pytest
from faults.bench import MIB, NAME, Bench, StopsAt, safetensors, sha256

from modelget.errors import Cancelled, DigestMismatch, FetchFailed, NotEnoughSpace, UnsafeFile
from modelget.fetch import fetch, give_up, packed, staged_bytes
from modelget.fetch.packed import packed_in
from modelget.types import Archive, Digest, Download

BODY = safetensors(2 * MIB)


def tar_gz(body: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo(f"model/{NAME}")
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    return file.getvalue()


PACKED = tar_gz(BODY)


@pytest.fixture
def server(serve):
    return serve(PACKED)


@pytest.fixture
def brought(bench: Bench, server):
    def brought(**facts: object):
        with bench.http(server) as http:
            return fetch(download(bench, server, **facts), http, bench.reporter, bench.stop)

    return brought


def download(bench: Bench, server, of_file: Digest | None = None, **facts) -> Download:
    archive = Archive(server.url, "tar.gz", **({"size": len(PACKED), "digest": sha256(PACKED)} | facts))
    return bench.download(server, archive=archive, digest=of_file)


@pytest.mark.parametrize("facts", [{}, {"size": None, "digest": None}], ids=["digest known", "nothing known"])
def test_the_file_arrives_and_its_archive_goes(brought, bench, facts) -> None:
    fetched = brought(**facts)
    assert bench.destination.read_bytes() == BODY
    assert (fetched.transferred, fetched.file.size, fetched.file.digest) == (
        len(PACKED),
        len(BODY),
        sha256(BODY),
    )
    assert bench.leftovers == []
    assert bench.reporter.phases == ["fetching", "verifying", "placing", "present"]


def test_an_interrupted_archive_continues_where_it_stopped(brought, bench, server) -> None:
    archive = packed_in(download(bench, server))
    assert archive
    bench.stage(archive, PACKED, (0, MIB))
    assert staged_bytes(download(bench, server)) >= MIB
    assert brought().transferred == len(PACKED) - MIB
    assert bench.destination.read_bytes() == BODY


def test_a_person_may_stop_it_while_it_is_unpacked_and_the_archive_stays(brought, bench) -> None:
    bench.reporter = StopsAt(bench, 0, "placing")
    with pytest.raises(Cancelled):
        brought()
    assert not bench.destination.exists()
    assert sorted(name.rpartition(".")[2] for name in bench.leftovers) == ["json", "part"]
    bench.stop.clear()
    bench.reporter = type(bench.reporter).__bases__[0]()
    assert brought().transferred == 0


def test_giving_it_up_removes_the_archive(brought, bench, server) -> None:
    bench.reporter = StopsAt(bench, 0, "placing")
    with pytest.raises(Cancelled):
        brought()
    with bench.http(server) as http:
        give_up(download(bench, server), http.clock)
    assert bench.leftovers == []


def test_a_file_with_another_digest_than_promised_is_not_kept(brought, bench) -> None:
    with pytest.raises(DigestMismatch):
        brought(of_file=Digest("sha256", "0" * 64))
    assert (bench.destination.exists(), bench.leftovers) == (False, [])


def test_a_file_that_is_no_model_is_not_kept(bench, serve) -> None:
    server = serve(tar_gz(BODY[:-1]))
    with bench.http(server) as http, pytest.raises(UnsafeFile):
        fetch(download(bench, server, size=None, digest=None), http, bench.reporter, bench.stop)
    assert (bench.destination.exists(), bench.leftovers) == (False, [])


def test_a_file_that_took_the_name_while_it_was_unpacked_stays(brought, bench, monkeypatch) -> None:
    real = packed.choose

    def taken_meanwhile(*question):
        bench.destination.parent.mkdir(parents=True, exist_ok=True)
        bench.destination.write_bytes(b"the user's own")
        return real(*question)

    monkeypatch.setattr(packed, "choose", taken_meanwhile)
    with pytest.raises(FetchFailed, match="something else has this name"):
        brought()
    assert bench.destination.read_bytes() == b"the user's own"


def test_a_file_that_the_disk_cannot_hold_is_not_unpacked(brought, bench, monkeypatch) -> None:
    usage = shutil.disk_usage(bench.folder)
    real = packed.choose

    def full_meanwhile(*question):
        monkeypatch.setattr(
            shutil, "disk_usage", lambda _folder: usage._replace(free=packed._LEFT_FREE + MIB)
        )
        return real(*question)

    monkeypatch.setattr(packed, "choose", full_meanwhile)
    with pytest.raises(NotEnoughSpace):
        brought()
    assert not bench.destination.exists()


def test_every_file_of_an_archive_shares_what_is_here_of_it(bench, server) -> None:
    one = download(bench, server)
    other = replace(one, candidate=replace(one.candidate, archive=Archive(server.url, "tar.gz", "b.pt")))
    first, second = packed_in(one), packed_in(other)
    assert first and second  # noqa: PT018
    assert first.destination == second.destination
    assert first.destination.parent == bench.staging
