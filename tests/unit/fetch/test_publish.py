"""The final name: given to right bytes only, and never taken from another file."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from faults.bench import MIB, Bench, safetensors, sha256
from faults.server import Fault

from modelget.errors import DigestMismatch, FetchFailed, UnsafeFile
from modelget.types import Digest

BODY = safetensors(2 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}


@pytest.fixture(params=["hard links", "no hard links", "Windows"])
def system(request, monkeypatch):
    """The three ways to give a name; the last two refuse by other means than the kernel's link()."""
    if request.param == "no hard links":
        no_hard_links(monkeypatch)
    if request.param == "Windows":
        module = sys.modules["modelget.fetch.publish"]
        monkeypatch.setattr(module, "sys", SimpleNamespace(platform="win32"))
        rename = Path.rename

        def rename_as_windows_does(source: Path, target: Path) -> Path:
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "exists", str(target))
            return rename(source, target)

        monkeypatch.setattr(Path, "rename", rename_as_windows_does)
    return request.param


def no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)


def placed(bench: Bench, content: bytes) -> os.stat_result:
    bench.destination.parent.mkdir(parents=True, exist_ok=True)
    bench.destination.write_bytes(content)
    return bench.destination.stat()


def appears_meanwhile(bench: Bench, content: bytes) -> Fault:
    return Fault(then=lambda _server: placed(bench, content))


def test_a_file_is_placed_with_its_folders(system, bench, serve):
    fetched = bench.fetch(serve(BODY), **FACTS)
    assert fetched.file.path == bench.destination
    assert (fetched.file.size, fetched.file.digest) == (len(BODY), sha256(BODY))
    assert bench.destination.read_bytes() == BODY
    assert bench.destination.stat().st_nlink == 1
    assert bench.leftovers == []


def test_the_right_file_that_is_there_costs_nothing(bench, serve):
    before, server = placed(bench, BODY), serve(BODY)
    fetched = bench.fetch(server, **FACTS)
    assert (fetched.transferred, server.requests) == (0, [])
    assert fetched.file.digest == sha256(BODY)
    assert os.path.samestat(before, bench.destination.stat())


OTHERS = {"text": b"mine", "empty": b"", "other": safetensors(MIB), "cut": BODY[:-1], "long": BODY + b"x"}
KNOWN = {"all": FACTS, "digest": {"digest": FACTS["digest"]}, "size": {"size": len(BODY)}, "nothing": {}}
TOLD_APART = [(mine, known) for mine in OTHERS for known in KNOWN if (mine, known) != ("other", "nothing")]


@pytest.mark.parametrize(("mine", "known"), TOLD_APART)
def test_another_file_that_is_there_stays_as_it_is(mine, known, bench, serve):
    mine, facts = OTHERS[mine], KNOWN[known]
    server = serve(BODY)
    before = placed(bench, mine)
    with pytest.raises(FetchFailed, match="left as it is"):
        bench.fetch(server, **facts)
    assert server.requests == []
    assert bench.destination.read_bytes() == mine
    after = bench.destination.stat()
    assert os.path.samestat(before, after)
    assert before.st_mtime_ns == after.st_mtime_ns


def test_another_file_that_appears_meanwhile_stays_and_the_bytes_are_kept(system, bench, serve):
    server = serve(BODY, [appears_meanwhile(bench, b"mine")])
    with pytest.raises(FetchFailed, match="left as it is"):
        bench.fetch(server, **FACTS)
    assert bench.destination.read_bytes() == b"mine"
    bench.destination.unlink()
    assert bench.fetch(server, **FACTS).transferred == 0
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_the_same_file_that_appears_meanwhile_is_used(system, bench, serve):
    server = serve(BODY, [appears_meanwhile(bench, BODY)])
    assert bench.fetch(server, **FACTS).transferred == len(BODY)
    assert bench.leftovers == []


@pytest.mark.parametrize("what", ["link to nothing", "link to a folder", "folder", "pipe"])
def test_what_is_no_file_is_neither_replaced_nor_written_through(what, bench, serve):
    place = bench.destination
    place.parent.mkdir(parents=True)
    elsewhere = bench.folder / "elsewhere"
    if what == "link to nothing":
        place.symlink_to(elsewhere)
    elif what == "link to a folder":
        elsewhere.mkdir()
        place.symlink_to(elsewhere)
    elif what == "folder":
        place.mkdir()
    else:
        os.mkfifo(place)
    before = place.lstat()
    with pytest.raises(FetchFailed, match="left as it is"):
        bench.fetch(serve(BODY), **FACTS)
    assert os.path.samestat(before, place.lstat())
    assert not elsewhere.is_file()


def test_a_link_that_appears_meanwhile_is_not_written_through(system, bench, serve):
    elsewhere = bench.folder / "elsewhere"

    def plant(_server: object) -> None:
        bench.destination.parent.mkdir(parents=True)
        bench.destination.symlink_to(elsewhere)

    with pytest.raises(FetchFailed, match="left as it is"):
        bench.fetch(serve(BODY, [Fault(then=plant)]), **FACTS)
    assert bench.destination.is_symlink()
    assert not elsewhere.exists()


def test_a_link_to_the_users_file_is_used_when_right_and_never_written(bench, serve):
    elsewhere = bench.folder / "elsewhere.safetensors"
    elsewhere.write_bytes(b"mine")
    bench.destination.parent.mkdir(parents=True)
    bench.destination.symlink_to(elsewhere)
    with pytest.raises(FetchFailed):
        bench.fetch(serve(BODY), **FACTS)
    assert elsewhere.read_bytes() == b"mine"
    elsewhere.write_bytes(BODY)
    assert bench.fetch(serve(BODY), **FACTS).transferred == 0


def test_the_bytes_are_on_the_disk_before_they_have_the_name_and_the_name_after(bench, serve, monkeypatch):
    acts: list[str] = []
    sync, link = os.fsync, os.link

    def fsync(descriptor: int) -> None:
        acts.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().suffix)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", lambda *paths: (acts.append("link"), link(*paths)))
    bench.fetch(serve(BODY), **FACTS)
    at = acts.index("link")
    assert "sync .part" in acts[:at]
    assert acts[at + 1 :] == ["sync "]


@pytest.fixture
def twin(bench: Bench) -> Path:
    path = bench.folder / "twin.safetensors"
    path.write_bytes(BODY)
    return path


def test_a_twin_is_linked_without_the_network(bench, serve, twin):
    server = serve(BODY)
    fetched = bench.fetch(server, local=twin, **FACTS)
    assert (fetched.transferred, server.requests) == (0, [])
    assert os.path.samestat(twin.stat(), bench.destination.stat())
    assert fetched.file.digest == sha256(BODY)


def test_a_twin_is_copied_where_links_are_impossible(bench, serve, twin, monkeypatch):
    no_hard_links(monkeypatch)
    fetched = bench.fetch(serve(BODY), local=twin, **FACTS)
    assert fetched.file.digest == sha256(BODY)
    assert bench.destination.read_bytes() == BODY
    assert not os.path.samestat(twin.stat(), bench.destination.stat())
    assert bench.leftovers == []


def test_a_copy_of_a_twin_that_changed_is_not_placed(bench, serve, twin, monkeypatch):
    no_hard_links(monkeypatch)
    twin.write_bytes(safetensors(2 * MIB, seed=2))
    with pytest.raises(DigestMismatch):
        bench.fetch(serve(BODY), local=twin, **FACTS)
    assert not bench.destination.exists()
    assert bench.leftovers == []


@pytest.mark.parametrize("links", [True, False])
def test_a_twin_behind_a_relative_link_is_found(links, bench, serve, twin, monkeypatch):
    if not links:
        no_hard_links(monkeypatch)
    behind = bench.folder / "behind.safetensors"
    behind.symlink_to(twin.name)
    bench.fetch(serve(BODY), local=behind, **FACTS)
    assert not bench.destination.is_symlink()
    assert bench.destination.read_bytes() == BODY


@pytest.mark.parametrize("wanted", [None, Digest("autov2", FACTS["digest"].hex[:10])])
def test_a_twin_is_always_known_by_its_sha256(wanted, bench, serve, twin):
    assert bench.fetch(serve(BODY), local=twin, digest=wanted).file.digest == sha256(BODY)


def test_a_twin_that_is_gone_is_an_error_a_person_can_read(bench, serve, tmp_path):
    with pytest.raises(FetchFailed, match="No such file"):
        bench.fetch(serve(BODY), local=tmp_path / "gone.safetensors", **FACTS)
    assert not bench.destination.exists()
    assert bench.leftovers == []


def test_linking_and_finding_clear_away_an_interrupted_fetch(bench, serve, twin):
    server = serve(BODY, [Fault(cut_after=MIB)], always=Fault(status=404))
    for facts in ({"local": twin}, {}):
        with pytest.raises(Exception, match="404"):
            bench.fetch(server, **FACTS)
        server.faults.append(Fault(cut_after=MIB))
        assert len(bench.leftovers) == 2
        if not facts:
            placed(bench, BODY)
        bench.fetch(server, **facts, **FACTS)
        assert bench.leftovers == []
        bench.destination.unlink()


def test_a_broken_file_without_digest_leaves_nothing(bench, serve):
    server = serve(BODY + b"x")
    with pytest.raises(UnsafeFile):
        bench.fetch(server)
    assert not bench.destination.exists()
    assert bench.leftovers == []
