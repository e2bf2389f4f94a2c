"""Plans and installs by id, for many who ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

import pytest

from modelget.desk import Decision, NothingToDo, Unknown, key_of
from modelget.errors import NotEnoughSpace
from modelget.hub import HubRules
from modelget.types import Requirement, Status, Workflow


def wanting(*names: str, folder: str | None = "vae", repo: str = "o/r") -> Workflow:
    needs = (Requirement(name, folder, urls=(f"hf:{repo}/{name}",)) for name in names)
    return Workflow("x.json", tuple(needs))


def arrived(desk, labels):
    desk.transfers.when_over(labels).result(30)
    return [desk.transfers.file(label).progress.phase for label in labels]


def test_a_plan_is_there_at_once_and_complete_when_every_place_has_answered(desk, hub, told):
    entry = desk.open(wanting("a.safetensors"))
    assert (entry.is_complete, entry.plan.items[0].status, hub.requests) == (False, Status.UNRESOLVED, [])
    plan = desk.ask(entry).result(30)
    assert entry.is_complete
    assert plan.items[0].status is Status.FETCH
    assert told.planned == [entry.id]


def test_many_who_ask_for_one_plan_share_one_planning(desk, hub):
    entry = desk.open(wanting("a.safetensors"))
    with ThreadPoolExecutor(8) as pool:
        plans = list(pool.map(lambda _: desk.ask(desk.open(wanting("a.safetensors"))).result(30), range(8)))
    assert len({id(plan) for plan in plans}) <= 2
    asked = len(hub.requests)
    desk.ask(entry).result(30)
    assert len(hub.requests) == asked
    desk.ask(entry, anew=True).result(30)
    assert len(hub.requests) > asked


def test_old_plans_are_forgotten_and_their_ids_unknown(desk):
    first = desk.open(wanting("0.safetensors"))
    for number in range(1, 102):
        desk.open(wanting(f"{number}.safetensors"))
    with pytest.raises(Unknown):
        desk.entry(first.id)
    again = desk.open(wanting("0.safetensors"))
    assert again.id != first.id


def test_items_and_candidates_are_only_those_of_the_plan(desk):
    entry = desk.open(wanting("a.safetensors", "b.safetensors"))
    plan = desk.ask(entry).result(30)
    key = key_of(plan.items[1].resolution.candidates[0])
    assert entry.candidate(1, key).name == "b.safetensors"
    for number in ("2", "-1", "", "01x", "\u0660"):
        with pytest.raises(Unknown):
            entry.item(number)
    with pytest.raises(Unknown):
        entry.candidate(0, key)


def test_a_folder_and_a_consent_count_for_the_item_they_were_given_for(desk):
    pickles = wanting("a.ckpt", folder="checkpoints"), wanting("a.ckpt", folder="loras")
    entry = desk.open(Workflow("x.json", (*pickles[0].requirements, *pickles[1].requirements)))
    labels = desk.install(entry, 0, Decision(allow_pickle=True))
    assert arrived(desk, labels) == ["present"]
    assert [item.status for item in desk.ask(entry).result(30).items] == [Status.PRESENT, Status.CHOOSE]
    homeless = desk.open(wanting("h.safetensors", folder=None))
    with pytest.raises(NothingToDo):
        desk.install(homeless, 0)
    assert arrived(desk, desk.install(homeless, 0, Decision(folder="loras"))) == ["present"]


def test_consent_for_one_candidate_is_none_for_another():
    consent = Decision("first", allow_pickle=True)
    assert consent.merged_with(Decision("first")).allow_pickle
    assert consent.merged_with(Decision()).allow_pickle
    assert not consent.merged_with(Decision("second")).allow_pickle


@pytest.mark.parametrize("rules", [HubRules(files={"o/r/huge.safetensors": "o/r/x"})])
def test_what_cannot_fit_is_refused_before_a_byte(desk, hub, monkeypatch):
    entry = desk.open(wanting("huge.safetensors"))
    desk.ask(entry).result(30)
    monkeypatch.setattr(desk.shop.library, "free_bytes", lambda _place: 0)
    before = hub.storage_bytes
    with pytest.raises(NotEnoughSpace):
        desk.install(entry)
    assert hub.storage_bytes == before
    assert desk.transfers.state().files == ()


@pytest.mark.parametrize("rules", [HubRules(corrupt=frozenset({"o/r/bad.safetensors"}))])
def test_what_failed_can_be_tried_again_and_the_reason_is_kept(desk):
    entry = desk.open(wanting("bad.safetensors", "good.safetensors"))
    with pytest.raises(NothingToDo):
        desk.retry(entry)
    labels = desk.install(entry)
    assert arrived(desk, labels) == ["failed", "present"]
    failed = desk.transfers.file("vae/bad.safetensors")
    assert failed.progress.hint
    assert desk.retry(entry) == ["vae/bad.safetensors"]
    assert arrived(desk, ["vae/bad.safetensors"]) == ["failed"]
    assert desk.transfers.file("vae/bad.safetensors").sequence > failed.sequence


def test_numbers_only_grow_and_nothing_is_missed_between_two_looks(desk, told):
    entry = desk.open(wanting(*(f"{number}.safetensors" for number in range(8))))
    labels = desk.install(entry)
    seen, since = {}, 0
    while not all(file.is_over for file in (desk.transfers.file(label) for label in labels)):
        state = desk.transfers.state(since)
        assert state.sequence >= since
        assert all(file.sequence > since for file in state.files)
        since = state.sequence
        seen |= {file.progress.name: file.progress.phase for file in state.files}
    seen |= {file.progress.name: file.progress.phase for file in desk.transfers.state(since).files}
    assert seen == dict.fromkeys(labels, "present")
    assert told.changes > 0
    totals = desk.transfers.state().totals
    assert (totals.files, totals.arrived, totals.running) == (8, 8, 0)


def test_new_settings_count_from_the_next_plan_on(desk):
    before = desk.shop.http
    desk.reopen()
    assert desk.shop.http is not before


@pytest.mark.parametrize(
    "rules", [HubRules(files={"o/r/a.safetensors": 2**23, "o/other/a.safetensors": 2**22})]
)
def test_other_bytes_do_not_come_under_a_name_that_is_on_its_way(desk, hub):
    first, second = desk.open(wanting("a.safetensors")), desk.open(wanting("a.safetensors", repo="o/other"))
    desk.ask(first).result(30)
    desk.ask(second).result(30)
    desk.transfers._places = Semaphore(0)  # nothing begins before it may
    labels = desk.install(first)
    with pytest.raises(NothingToDo, match="other bytes"):
        desk.install(second)
    assert desk.transfers.file("vae/a.safetensors").plans == (first.id,)
    desk.transfers._places.release()
    assert arrived(desk, labels) == ["present"]


def test_a_fault_of_ours_leaves_nobody_waiting(desk, monkeypatch):
    def broken(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("modelget.pipeline.fetch", broken)
    labels = desk.install(desk.open(wanting("a.safetensors", "b.safetensors")))
    phases = arrived(desk, labels)
    assert set(phases) <= {"failed", "stopped"}
    assert "failed" in phases
