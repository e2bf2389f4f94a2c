"""Bytes that are not what their place publishes: what may be accepted from afar, and for which item."""

from __future__ import annotations

import pytest

from modelget.desk import Decision, Unknown
from modelget.hub import CivitaiFile, CivitaiVersion, HubRules
from modelget.types import Digest, Requirement, Status, Workflow

WRONG = "a" * 64
NAME = "x-2MiB.safetensors"


def version(number: int, wrong: str = WRONG) -> CivitaiVersion:
    file = CivitaiFile(number * 10, NAME, published={"SHA256": wrong, "AutoV2": wrong[:10]}, primary=True)
    return CivitaiVersion(number, files=(file,))


@pytest.fixture
def rules() -> HubRules:
    return HubRules(civitai=(version(70), version(71), version(72, "b" * 64)))


def wanting(*urls: str, name: str = "x.safetensors") -> Workflow:
    return Workflow("x.json", tuple(Requirement(name, "vae", urls=(url,)) for url in urls))


def arrived(desk, labels) -> list[str]:
    desk.transfers.when_over(labels).result(30)
    return [desk.transfers.file(label).progress.phase for label in labels]


@pytest.fixture
def refused(desk):
    """A desk with a file that came whole and was not what its place publishes."""
    entry = desk.open(wanting("civitai:70"))
    desk.ask(entry).result(30)
    assert arrived(desk, desk.install(entry)) == ["failed"]
    return entry


def digest_of(hub, number: int = 70) -> Digest:
    return Digest("sha256", hub.content(f"civitai/{number}/{NAME}").sha256)


def test_the_state_says_which_bytes_were_kept_aside_and_what_speaks_for_them(desk, hub, refused) -> None:
    kept = desk.transfers.file("vae/x.safetensors").progress.kept_aside
    assert kept.sha256 == digest_of(hub)
    assert "agreeing: AUTOV1 AUTOV3 CRC32, differing: AUTOV2" in kept.agreement


def test_accepted_bytes_are_placed_and_not_fetched_again(desk, hub, models, refused) -> None:
    accepted = desk.kept_aside(refused, 0, f"SHA256:{digest_of(hub).hex.upper()}")
    sent = hub.storage_bytes
    assert arrived(desk, desk.install(refused, 0, Decision(accepted=accepted))) == ["present"]
    assert hub.storage_bytes - sent < 1000  # a look at the first byte
    assert (models / "vae/x.safetensors").read_bytes() == hub.content(f"civitai/70/{NAME}").read()
    assert desk.transfers.file("vae/x.safetensors").progress.kept_aside is None
    with pytest.raises(Unknown):
        desk.kept_aside(refused, 0, str(accepted))


@pytest.mark.parametrize("said", ["", "sha256:", f"sha256:{WRONG}", "c" * 64, "sha256:../../x"])
def test_no_other_digest_can_be_accepted(desk, refused, said) -> None:
    with pytest.raises(Unknown):
        desk.kept_aside(refused, 0, said)


def test_before_anything_was_kept_aside_nothing_can_be_accepted(desk, hub) -> None:
    entry = desk.open(wanting("civitai:70"))
    desk.ask(entry).result(30)
    with pytest.raises(Unknown):
        desk.kept_aside(entry, 0, str(digest_of(hub)))


@pytest.mark.parametrize("place", ["civitai:71", "civitai:72"])
def test_what_one_item_offers_is_no_offer_to_another_of_the_same_name(desk, hub, refused, place) -> None:
    """Neither where another digest is promised, nor in another plan where the same one is."""
    other = desk.open(wanting(place))
    desk.ask(other).result(30)
    assert other.plan.items[0].download.label == "vae/x.safetensors"
    with pytest.raises(Unknown):
        desk.kept_aside(other, 0, str(digest_of(hub)))


def test_another_choice_ends_what_was_accepted(hub) -> None:
    accepted = Decision(accepted=digest_of(hub))
    assert accepted.merged_with(Decision(folder="vae")).accepted == digest_of(hub)
    assert accepted.merged_with(Decision("civitai:71")).accepted is None


def test_accepting_counts_for_that_item_and_no_other(desk, hub) -> None:
    entry = desk.open(
        Workflow(
            "x.json",
            (
                Requirement("x.safetensors", "vae", urls=("civitai:70",)),
                Requirement("y.safetensors", "vae", urls=("civitai:71",)),
            ),
        )
    )
    desk.ask(entry).result(30)
    assert arrived(desk, desk.install(entry)) == ["failed", "failed"]
    accepted = desk.kept_aside(entry, 0, str(digest_of(hub)))
    with pytest.raises(Unknown):
        desk.kept_aside(entry, 1, str(accepted))
    assert arrived(desk, desk.install(entry, 0, Decision(accepted=accepted))) == ["present"]
    items = desk.ask(entry, anew=True).result(30).items
    assert [item.status for item in items] == [Status.PRESENT, Status.FETCH]
    assert [item.download.accepted for item in items if item.download] == [frozenset()]


def test_an_offer_ends_when_the_item_is_to_be_another_file(desk, refused) -> None:
    other = desk.open(wanting("civitai:72"))
    desk.ask(other).result(30)
    mine, theirs = refused.plan.items[0].download, other.plan.items[0].download
    assert desk.transfers.kept_aside(refused.id, mine) is not None
    assert desk.transfers.kept_aside(refused.id, theirs) is None
