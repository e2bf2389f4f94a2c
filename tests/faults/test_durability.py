"""What a power cut can find: bytes on the disk before anything says that they are, and a right end from any ruin."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from faults import killed
from faults.bench import MIB, Bench, safetensors, sha256
from faults.disk import Act, Disk
from faults.server import FaultServer

from modelget.errors import FetchFailed
from modelget.fetch import part
from modelget.fetch.spans import Spans

BODY = safetensors(3 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}


@pytest.fixture(autouse=True)
def _frequent_checkpoints(small_parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "CHECKPOINT_BYTES", small_parts)


class SafeBytes:
    """Which bytes of the staged file would outlive a power cut, as its acts go by."""

    def __init__(self) -> None:
        self.written, self._covered, self.safe = Spans(), Spans(), Spans()

    def take(self, act: Act) -> None:
        if act.kind == "write":
            self.written.add(*act.span)
        elif act.kind == "cut":
            for spans in (self.written, self._covered, self.safe):
                spans.cut(act.span[1])
        elif act.kind == "syncing":  # what is written from here on may or may not be covered
            self._covered = Spans(self.written)
        elif act.kind == "synced":
            self.safe = Spans(self._covered)


def promises(acts: Iterable[Act]) -> list[tuple[list[tuple[int, int]], bool]]:
    """Return what each journal claimed when it got its name, and whether that was safe by then."""
    seen, bytes_of_part = [], SafeBytes()
    for act in acts:
        if act.path.suffix == ".part":
            bytes_of_part.take(act)
        elif act.target and act.target.suffix == ".json":
            safe = list(bytes_of_part.safe)
            kept = all(any(start <= a and b <= stop for start, stop in safe) for a, b in act.claims)
            seen.append((list(act.claims), kept))
    return seen


def is_published_safely(acts: list[Act], destination: Path) -> bool:
    """Tell whether the bytes were safe before they had the name, and the name was made safe after."""
    named = next(at for at, act in enumerate(acts) if act.target == destination)
    bytes_of_part = SafeBytes()
    for act in acts[:named]:
        if act.path.suffix == ".part":
            bytes_of_part.take(act)
    later = [act.kind for act in acts[named:] if act.path == destination.parent]
    changes = [act for act in acts[named:] if act.path.suffix == ".part" and act.kind in ("write", "cut")]
    whole = [(0, destination.stat().st_size)]
    return list(bytes_of_part.safe) == whole and "synced" in later and not changes


def test_each_journal_claims_what_is_on_the_disk_and_the_name_comes_between_two_syncs(
    bench: Bench, serve: Callable[..., FaultServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    bench.fetch(serve(BODY), **FACTS)
    seen = promises(disk.acts)
    assert len(seen) > 1
    assert all(kept for _, kept in seen), seen
    assert is_published_safely(disk.acts, bench.destination)


TRACED = (
    "trace=fsync,fdatasync,link,linkat,rename,renameat,renameat2,pwrite64,write,ftruncate,unlink,unlinkat"
)
LINE = re.compile(r"\d+ +(?:<\.\.\. )?(\w+)(?: resumed>|\()(.*)")
FILE = re.compile(r"\d+<([^>]*)>")
NAMES = re.compile(r'"([^"]*)"')


@pytest.fixture(scope="session")
def strace() -> str:
    found = shutil.which("strace")
    if not found:
        pytest.skip("strace is not installed")
    if subprocess.run(
        [found, "-f", "-e", "trace=fsync", "true"], capture_output=True, check=False
    ).returncode:
        pytest.skip("strace may not trace here: ptrace is not permitted")
    return found


def acts_of(log: str) -> Iterator[Act]:
    """Read what strace wrote: an act counts when it ended, only a sync also when it began."""
    begun: dict[tuple[str, str], str] = {}
    claims: tuple[tuple[int, int], ...] = ()
    for line in log.splitlines():
        found = LINE.match(line)
        if not found or " = -1 " in line:
            continue
        (call, rest), thread = found.groups(), line.split()[0]
        if "resumed>" in line:
            rest = begun.pop((thread, call)) + rest
        elif call == "fsync":
            yield Act("syncing", _file(rest))
        if "<unfinished ...>" in rest:
            begun[thread, call] = rest.partition(" <unfinished")[0]
            continue
        if call == "write" and _file(rest).suffix == ".new":
            spans = re.findall(r"\[(\d+), (\d+)\]", rest)
            claims = tuple((int(start), int(stop)) for start, stop in spans)
        elif act := _act(call, rest, claims):
            yield act


def _act(call: str, rest: str, claims: tuple[tuple[int, int], ...]) -> Act | None:
    if call == "pwrite64":
        count, at = map(int, re.findall(r", (\d+), (\d+)\) += \d+$", rest)[-1])
        return Act("write", _file(rest), (at, at + count))
    if call == "ftruncate":
        return Act("cut", _file(rest), (0, int(re.findall(r", (\d+)\)", rest)[-1])))
    if call in ("fsync", "fdatasync"):
        return Act("synced", _file(rest))
    if call.startswith(("link", "rename")):
        source, target = map(Path, NAMES.findall(rest))
        return Act("name", source, target=target, claims=claims if source.suffix == ".new" else ())
    return Act("remove", Path(NAMES.findall(rest)[0])) if call.startswith("unlink") else None


def _file(rest: str) -> Path:
    found = FILE.match(rest)
    return Path(found[1]) if found else Path()


@pytest.mark.seeds(3, 100)
def test_the_kernel_sees_the_same_order(
    seed: int, strace: str, bench: Bench, serve: Callable[..., FaultServer], tmp_path: Path
) -> None:
    log = tmp_path / "trace"
    body = safetensors(2 * MIB + seed, seed)
    order = {"parts": MIB // 8, "checkpoint": MIB // 4}
    process = killed.start(
        bench, serve(body), before=[strace, "-f", "-y", "-s", "4096", "-e", TRACED, "-o", str(log)], **order
    )
    process.communicate(timeout=60)
    assert bench.destination.read_bytes() == body
    acts = list(acts_of(log.read_text()))
    seen = promises(acts)
    assert len(seen) > 1
    assert all(kept for _, kept in seen), seen
    assert is_published_safely(acts, bench.destination)


def leave_in_the_middle(bench: Bench, server: FaultServer, disk: Disk, chance: random.Random) -> int:
    """Leave a staged file with holes, as a kill does; return the end of what its journal claims, 0 without one."""
    disk.goes_after(chance.randrange(10, 40))
    with suppress(FetchFailed):
        bench.fetch(server, **FACTS)
    disk.returns()
    bench.destination.unlink(missing_ok=True)
    journals = list(bench.staging.glob("*.json")) if list(bench.staging.glob("*.part")) else []
    return (
        max((stop for _, stop in json.loads(journals[0].read_text())["spans"]), default=0) if journals else 0
    )


def ruin(path: Path, claimed: int, chance: random.Random) -> None:
    """Cut it within what is claimed, or let zeros stand where bytes were."""
    content = path.read_bytes()
    end = chance.randrange(claimed)
    zeros = bytes(chance.choice([0, len(content) - end, 2 * MIB]))
    path.write_bytes(content[:end] + zeros)


@pytest.mark.seeds(4, 40)
def test_a_staged_file_that_holds_less_than_its_journal_claims_ends_right(
    seed: int,
    bench: Bench,
    serve: Callable[..., FaultServer],
    monkeypatch: pytest.MonkeyPatch,
    rounds: Callable[[int, int], int],
) -> None:
    server, disk, chance = serve(BODY), Disk(monkeypatch), random.Random(seed)  # noqa: S311
    ruined = 0
    while ruined < rounds(15, 25):
        if claimed := leave_in_the_middle(bench, server, disk, chance):
            ruin(bench.part, claimed, chance)
            ruined += 1
        bench.fetch(server, **FACTS)
        assert bench.destination.read_bytes() == BODY
        assert bench.leftovers == []
        bench.destination.unlink()
