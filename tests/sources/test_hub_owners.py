"""Files of trusted owners by name: listed in pages, kept for a day, and never "has nothing" when it was no answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest

from modelget.errors import SourceUnavailable
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http
from modelget.hub import EmbeddedHub, HubRules, RateLimit
from modelget.library.notes import Notes
from modelget.search import hub_owners
from modelget.search.hub_owners import HubOwners
from modelget.types import Evidence, Listing, Requirement

NAME = "wan_vae.safetensors"
RULES = HubRules(
    files={
        f"Kijai/Wan/{NAME}": 1000,
        "Kijai/Wan/README.md": 10,
        "Kijai/Wan/model.safetensors": 10,
        f"Kijai/Other/split_files/vae/{NAME}": 1000,
        "Kijai/Third/unet/third.safetensors": 10,
        f"Comfy-Org/Wan/loras/{NAME}": 1000,
        f"stranger/Wan/{NAME}": 10,
    }
)


@dataclass
class Time:
    """The time that a test says it is."""

    now: float = 1e9

    @property
    def clock(self) -> Clock:
        return Clock(sleep=lambda seconds: None, wall=lambda: self.now, now=lambda: self.now)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(time: Time) -> Iterator[Callable[..., Http]]:
    """``client(origin, offline=False)``."""
    made = []

    def make(origin: str, offline: bool = False) -> Http:
        http = Http(HostPolicy.of((), (origin,)), offline=offline, clock=time.clock)
        made.append(http)
        return http

    yield make
    for http in made:
        http.close()


@pytest.fixture
def rules() -> HubRules:
    return RULES


@pytest.fixture
def owners(hub: EmbeddedHub, tmp_path: Path) -> Callable[..., HubOwners]:
    def make(endpoint: str = hub.endpoint, names=("Kijai", "Comfy-Org"), page_size: int = 500) -> HubOwners:
        return HubOwners(endpoint, names, {"vae", "loras"}, Notes(tmp_path / "notes"), page_size)

    return make


def ask(source: HubOwners, http: Http, name: str = NAME) -> list[Listing]:
    return list(source.listings(Requirement(name, "vae"), http))


def test_every_repository_of_a_trusted_owner_that_has_the_file_is_found_with_what_its_folder_says(
    hub, owners, client
) -> None:
    found = ask(owners(), client(hub.endpoint))
    assert [(one.url.removeprefix(hub.endpoint), one.folder, one.named_by) for one in found] == [
        (f"/Kijai/Other/resolve/main/split_files/vae/{NAME}", "vae", "Kijai's repositories"),
        (f"/Kijai/Wan/resolve/main/{NAME}", None, "Kijai's repositories"),
        (f"/Comfy-Org/Wan/resolve/main/loras/{NAME}", "loras", "Comfy-Org's repositories"),
    ]
    assert {one.trust for one in found} == {Evidence.TRUSTED_NAME}


@pytest.mark.parametrize("name", ["WAN_VAE.safetensors", "wan_vae.ckpt", "wan_vae", "vae", "x.safetensors"])
def test_only_exactly_that_name_counts(hub, owners, client, name) -> None:
    assert ask(owners(), client(hub.endpoint), name) == []


def test_a_sub_folder_in_the_workflow_is_its_own_affair(hub, owners, client) -> None:
    assert len(ask(owners(), client(hub.endpoint), f"wan/{NAME}")) == 3


@pytest.mark.parametrize(
    "name", ["model.safetensors", "diffusion_pytorch_model.safetensors", "dreamshaper_8"]
)
def test_a_name_that_says_nothing_asks_nobody(hub, owners, client, name) -> None:
    assert ask(owners(), client(hub.endpoint), name) == []
    assert hub.requests == []


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_all_pages_are_read(hub, owners, client, page_size) -> None:
    assert len(ask(owners(page_size=page_size), client(hub.endpoint))) == 3


def test_a_list_that_is_too_long_to_read_is_not_believed_to_be_all(hub, owners, client, monkeypatch) -> None:
    monkeypatch.setattr(hub_owners, "_MOST_PAGES", 1)
    found = ask(owners(page_size=2, names=("Kijai",)), client(hub.endpoint))
    assert {one.trust for one in found} == {Evidence.SAME_NAME}
    assert len(hub.requests) == 2


def test_several_needs_share_one_list_however_many_ask_at_once(hub, owners, client) -> None:
    source, http = owners(), client(hub.endpoint)
    threads = [Thread(target=ask, args=(source, http)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ask(source, http, "third.safetensors")
    assert len(hub.requests) == 2


def test_the_list_is_kept_for_a_day_across_runs(hub, owners, client, time) -> None:
    first = ask(owners(), client(hub.endpoint))
    time.now += 23 * 3600
    assert ask(owners(), client(hub.endpoint)) == first
    assert len(hub.requests) == 2
    time.now += 2 * 3600
    ask(owners(), client(hub.endpoint))
    assert len(hub.requests) == 4


def test_a_list_from_the_future_is_made_anew(hub, owners, client, time) -> None:
    ask(owners(), client(hub.endpoint))
    time.now -= 3600
    ask(owners(), client(hub.endpoint))
    assert len(hub.requests) == 4


def test_the_list_of_one_endpoint_says_nothing_about_another(hub, owners, client) -> None:
    ask(owners(), client(hub.endpoint))
    with EmbeddedHub(HubRules()) as mirror:
        assert ask(owners(mirror.endpoint), client(mirror.endpoint)) == []


def test_offline_asks_nobody_and_takes_a_list_of_any_age(hub, owners, client, time) -> None:
    first = ask(owners(), client(hub.endpoint))
    before = len(hub.requests)
    time.now += 400 * 24 * 3600
    assert ask(owners(), client(hub.endpoint, offline=True)) == first
    assert len(hub.requests) == before


def test_offline_without_a_list_is_no_answer(hub, owners, client) -> None:
    with pytest.raises(SourceUnavailable) as told:
        ask(owners(), client(hub.endpoint, offline=True))
    assert told.value.kind == "offline"
    assert hub.requests == []


@pytest.mark.parametrize("broken", [b"", b"{", b"null", b"[]", b'{"format": 1}', b"[" * 100_000, b"\xff"])
def test_a_broken_note_is_made_anew(hub, owners, client, tmp_path, broken) -> None:
    first = ask(owners(), client(hub.endpoint))
    for note in (tmp_path / "notes").iterdir():
        note.write_bytes(broken)
    assert ask(owners(), client(hub.endpoint)) == first


def test_odd_paths_in_a_note_are_left_out(hub, owners, client, tmp_path) -> None:
    ask(owners(), client(hub.endpoint))
    for note in (tmp_path / "notes").iterdir():
        told = json.loads(note.read_bytes())
        note.write_text(json.dumps(told | {"files": [None, 7, NAME, f"Kijai/{NAME}", f"Kijai/Wan/{NAME}"]}))
    assert {one.url for one in ask(owners(), client(hub.endpoint))} == {hub.url("Kijai/Wan", NAME)}


LIMITED = replace(RULES, rate_limited={"Comfy-Org": RateLimit(30, times=99)})


@pytest.mark.parametrize("rules", [LIMITED])
def test_a_rate_limit_is_no_answer_beside_what_others_have_and_is_not_asked_again_at_once(
    hub, owners, client, time
) -> None:
    source, http, found = owners(), client(hub.endpoint), []
    with pytest.raises(SourceUnavailable) as told:
        found.extend(source.listings(Requirement(NAME, "vae"), http))
    assert (told.value.kind, told.value.retry_after) == ("rate-limited", 30)
    assert len(found) == 2
    asked = len(hub.requests)
    with pytest.raises(SourceUnavailable):
        ask(source, http, "other.safetensors")
    assert len(hub.requests) == asked
    time.now += 61
    with pytest.raises(SourceUnavailable):
        ask(source, http)
    assert len(hub.requests) > asked


def test_an_outage_is_no_answer_and_an_old_list_still_tells_what_it_knows(
    hub, owners, client, time, tmp_path
) -> None:
    first = ask(owners(), client(hub.endpoint))
    time.now += 25 * 3600
    hub.close()
    found: list[Listing] = []
    with pytest.raises(SourceUnavailable):
        found.extend(owners().listings(Requirement(NAME, "vae"), client(hub.endpoint)))
    assert found == first


PAGE = [{"id": "Kijai/Wan", "siblings": [{"rfilename": NAME}]}]


@pytest.mark.parametrize(
    "answer",
    [b"{}", b"null", b"<html>", b"", b'"x"', b'{"error": "x"}'],
)
def test_what_is_no_list_is_no_answer(site, owners, client, answer) -> None:
    site.says("/api/models", body=answer)
    with pytest.raises(SourceUnavailable):
        ask(owners(site.origin), client(site.origin))


def test_a_mirror_without_such_lists_is_no_answer(site, owners, client) -> None:
    with pytest.raises(SourceUnavailable, match="does not list"):
        ask(owners(site.origin), client(site.origin))


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        "Kijai/Wan",
        {},
        {"id": 5},
        {"id": "Kijai"},
        {"id": "Kijai/"},
        {"id": "stranger/x", "siblings": [{"rfilename": NAME}]},
        {"id": "Kijai/a/b", "siblings": [{"rfilename": NAME}]},
        {"id": "Kijai/none", "siblings": None},
        {"id": "Kijai/none", "siblings": [None, 5, {}, {"rfilename": None}, {"rfilename": [NAME]}]},
    ],
)
def test_odd_entries_are_left_out(site, owners, client, odd) -> None:
    site.says_json("/api/models", [odd, *PAGE])
    found = ask(owners(site.origin, names=("Kijai",)), client(site.origin))
    assert [one.url for one in found] == [f"{site.origin}/Kijai/Wan/resolve/main/{NAME}"]


@pytest.mark.parametrize(
    "elsewhere", ["{hub}/api/models", "http://[", "file:///etc/passwd", "//evil.example/"]
)
def test_a_next_page_elsewhere_is_refused(site, hub, owners, client, elsewhere) -> None:
    link = f'<{elsewhere.format(hub=hub.endpoint)}>; rel="next"'
    site.says("/api/models", body=json.dumps(PAGE).encode(), Link=link)
    with pytest.raises(SourceUnavailable):
        ask(owners(site.origin), client(site.origin))
    assert hub.requests == []


@pytest.mark.parametrize("link", ["", "x", "<>; rel=next", '</a>; rel="prev"', "<" * 5000])
def test_a_link_header_that_names_no_next_page_ends_the_list(site, owners, client, link) -> None:
    site.says("/api/models", body=json.dumps(PAGE).encode(), Link=link)
    assert len(ask(owners(site.origin, names=("Kijai",)), client(site.origin))) == 1
