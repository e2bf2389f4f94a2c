"""What a node that runs gets when it asks for a model: the file, or an error that says what to do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import environ_of

from modelget.desk import Desk, ModelMissing, get
from modelget.errors import ModelgetError
from modelget.hub import EmbeddedHub, HubRules
from modelget.library import open_library
from modelget.pipeline import open_workshop
from modelget.progress import Progress
from modelget.settings import load_settings
from modelget.types import Digest, Requirement, Workflow

MIB = 2**20
SLOW = HubRules(files={"o/slow/a.safetensors": 8 * MIB})


class Interrupted(Exception):
    pass


class Telling:
    """A reporter that hands everything to a function."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self.report = report


nothing = Telling(lambda _progress: None)


@pytest.fixture
def desk_of(hub: EmbeddedHub, models: Path) -> Callable[..., Desk]:
    """Make a desk under an owner's setting of autofetch."""

    def made(autofetch: str = "auto", hub: EmbeddedHub = hub) -> Desk:
        settings = replace(load_settings(environ_of(hub)), autofetch=autofetch)
        library = open_library(models_dir=models)
        return Desk(
            lambda: open_workshop(settings, library),
            lambda: library,
            changed=lambda: None,
            planned=lambda _id: None,
        )

    return made


def wanted(name: str = "a.safetensors", source: str = "hf:o/r/a.safetensors", **more: object) -> Workflow:
    urls = (source,) if source else ()
    return Workflow("a node", (Requirement(name, "vae", how="id", urls=urls, **more),))


def test_under_auto_a_missing_model_is_fetched_and_its_place_returned(desk_of, models: Path) -> None:
    plan = get(desk_of(), wanted(), nothing)
    present = plan.items[0].resolution.present
    assert present is not None
    assert present.path == models / "vae" / "a.safetensors"


def test_a_model_that_is_here_asks_nobody(desk_of, hub: EmbeddedHub) -> None:
    get(desk_of(), wanted(), nothing)
    asked = len(hub.requests)
    get(desk_of("off"), wanted(), nothing)
    assert len(hub.requests) == asked


@pytest.mark.parametrize("autofetch", ["ask", "off"])
def test_without_leave_the_error_tells_size_source_and_what_to_press(
    desk_of, models: Path, autofetch: str
) -> None:
    with pytest.raises(ModelMissing) as caught:
        get(desk_of(autofetch), wanted(), nothing)
    assert "vae/a.safetensors is missing" in str(caught.value)
    assert "hf:o/r/a.safetensors@" in str(caught.value)
    assert "is missing: 215 KB from" in str(caught.value)
    assert "press install in the modelget panel" in caught.value.hint.lower()
    assert not (models / "vae").exists()


def test_a_pickle_is_never_fetched_unasked(desk_of) -> None:
    with pytest.raises(ModelMissing) as caught:
        get(desk_of(), wanted("a.ckpt", "hf:o/r/a.ckpt"), nothing)
    assert "run code" in caught.value.hint


def test_a_model_that_no_place_has_is_said_to_be_missing(desk_of) -> None:
    with pytest.raises(ModelMissing, match="no place is known"):
        get(desk_of(), wanted(source=""), nothing)


def test_without_a_name_it_is_called_as_its_source_calls_it(desk_of, models: Path) -> None:
    plan = get(desk_of(), wanted("", "civitai:128713", renamable=True), nothing)
    present = plan.items[0].resolution.present
    assert present is not None
    assert present.path.parent == models / "vae"
    assert present.path.suffix == ".safetensors"


def test_an_interruption_pauses_the_fetch_and_the_next_run_continues_it(desk_of, models: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done:
            raise Interrupted

    with EmbeddedHub(SLOW, 6 * MIB) as slow:
        desk, workflow = desk_of(hub=slow), wanted(source="hf:o/slow/a.safetensors")
        with pytest.raises(Interrupted):
            get(desk, workflow, Telling(interrupt))
        state = desk.transfers.file("vae/a.safetensors")
        assert state is not None
        assert not state.is_over
        get(desk, workflow, nothing)
        assert (models / "vae" / "a.safetensors").stat().st_size == 8 * MIB
        assert slow.storage_bytes < 12 * MIB


@pytest.mark.parametrize("rules", [HubRules(corrupt=frozenset({"o/bad/a.safetensors"}))])
def test_wrong_bytes_are_an_error_and_nothing_is_placed(desk_of, models: Path) -> None:
    with pytest.raises(ModelgetError, match="expected sha256"):
        get(desk_of(), wanted(source="hf:o/bad/a.safetensors"), nothing)
    assert not (models / "vae" / "a.safetensors").exists()


def test_what_somebody_else_began_to_fetch_is_waited_for_even_when_the_owner_wants_to_be_asked(
    desk_of,
) -> None:
    desk, workflow = desk_of("ask"), wanted()
    desk.install(desk.open(workflow))
    plan = get(desk, workflow, nothing)
    assert plan.items[0].resolution.present is not None


def test_a_file_that_changed_since_it_was_fetched_is_not_handed_out(desk_of, models: Path) -> None:
    get(desk_of(), wanted(), nothing)
    file = models / "vae" / "a.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelgetError, match=r"vae/a\.safetensors: expected sha256"):
        get(desk_of(), wanted(source=""), nothing)


def test_a_file_that_was_never_read_is_compared_with_the_digest_that_the_node_names(
    desk_of, models: Path
) -> None:
    (models / "vae").mkdir()
    (models / "vae" / "mine.safetensors").write_bytes((8).to_bytes(8, "little") + b"{}      ")
    mine = wanted("mine.safetensors", "", digest=Digest("sha256", "0" * 64))
    seen: list[str] = []
    with pytest.raises(ModelgetError, match="expected sha256:0000"):
        get(desk_of(), mine, Telling(lambda progress: seen.append(progress.phase)))
    assert "verifying" in seen


def test_two_nodes_that_wait_for_the_same_model_share_one_fetch(desk_of, hub: EmbeddedHub) -> None:
    desk, plans = desk_of(), []
    threads = [threading.Thread(target=lambda: plans.append(get(desk, wanted(), nothing))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(plans) == 2
    assert hub.storage_bytes < 2 * hub.content("o/r/a.safetensors").size
