"""Plan, decide, install, pause, resume, cancel and try again over HTTP: docs/routes.md, as a page would use it."""

from __future__ import annotations

import hashlib

import pytest
from makers import hub_link, loader

from modelget.hub import CivitaiFile, CivitaiVersion, HubRules

MIB = 2**20
WRONG = "a" * 64
SWAPPED = CivitaiFile(
    700, "x-2MiB.safetensors", published={"SHA256": WRONG, "AutoV2": WRONG[:10]}, primary=True
)
HUB = HubRules(
    files={
        "o/slow/a.safetensors": 24 * MIB,
        "o/slow/b.safetensors": 24 * MIB,
        "o/slow/c.safetensors": 24 * MIB,
        "o/slow/d.safetensors": 24 * MIB,
    },
    corrupt=frozenset({"o/bad/broken.safetensors"}),
    gated=frozenset({"o/gated"}),
    civitai=(CivitaiVersion(70, files=(SWAPPED,)),),
)
SPEED = 24 * MIB


def node(name: str, repo: str = "o/r", folder: str = "vae", **more):
    return loader(1, name, folder, hub_link(repo, name), **more)


def only(plan):
    (row,) = plan["requirements"]
    return row


def test_a_plan_says_what_each_model_is_and_installing_puts_it_in_its_place(client, hub, models):
    plan = client.plan(node("first.safetensors"))
    row = only(plan)
    assert plan["complete"] is True
    assert (row["status"], row["file"], row["decision"]) == ("fetch", "vae/first.safetensors", None)
    assert row["candidates"][0]["why"] == "the workflow names this place"

    client.post(f"plans/{plan['plan']}/install", status=202)
    state = client.wait_for("vae/first.safetensors", "present", "failed")

    assert state["phase"] == "present"
    assert state["plans"] == [plan["plan"]]
    content = hub.content("o/r/first.safetensors")
    assert hashlib.sha256((models / "vae" / "first.safetensors").read_bytes()).hexdigest() == content.sha256
    assert only(client.get(f"plans/{plan['plan']}"))["status"] == "present"


def test_the_same_workflow_has_the_same_plan_and_asks_nobody_again(client, hub):
    first = client.plan(node("again.safetensors"))
    asked = len(hub.requests)
    second = client.plan(node("again.safetensors"))
    assert second["plan"] == first["plan"]
    assert len(hub.requests) == asked
    client.post(f"plans/{first['plan']}/rescan")
    assert len(hub.requests) > asked


def test_without_waiting_a_plan_names_the_models_before_any_place_was_asked(client, hub):
    asked = len(hub.requests)
    plan = client.plan(node("quick.safetensors"), wait=0)
    if not plan["complete"]:
        assert only(plan)["status"] == "looking"
    assert only(client.get(f"plans/{plan['plan']}"))["status"] == "fetch"
    assert len(hub.requests) > asked


def test_a_model_of_a_muted_node_is_fetched_only_when_it_is_asked_for_by_itself(client):
    plan = client.plan(node("muted.safetensors", mode=2))
    assert (only(plan)["active"], only(plan)["status"]) == (False, "fetch")
    assert client.post(f"plans/{plan['plan']}/install", status=409)["error"]["kind"] == "NothingToDo"
    client.post(f"plans/{plan['plan']}/install", {"item": "0"}, status=202)
    assert client.wait_for("vae/muted.safetensors", "present", "failed")["phase"] == "present"


def test_a_pickle_needs_a_persons_consent_for_that_very_file(client):
    plan = client.plan(node("old.ckpt", folder="checkpoints"))
    assert (only(plan)["status"], only(plan)["decision"]) == ("choose", "pickle")
    refused = client.post(f"plans/{plan['plan']}/install", {"item": "0"}, status=409)
    assert "run code" in refused["error"]["hint"]
    answer = client.post(f"plans/{plan['plan']}/install", {"item": "0", "allow_pickle": True}, status=202)
    assert only(answer)["status"] in ("fetch", "present")


def test_a_gated_model_says_what_to_do_and_is_not_fetched(client):
    plan = client.plan(node("secret.safetensors", repo="o/gated"))
    row = only(plan)
    assert row["status"] == "denied"
    assert row["candidates"][0]["barrier"]["kind"] == "gated"
    assert client.post(f"plans/{plan['plan']}/install", {"item": "0"}, status=409)["error"]["hint"]


def test_a_file_whose_bytes_are_wrong_fails_with_a_reason_and_is_never_placed(client, models):
    plan = client.plan(node("broken.safetensors", repo="o/bad"))
    client.post(f"plans/{plan['plan']}/install", status=202)
    state = client.wait_for("vae/broken.safetensors", "present", "failed")
    assert state["phase"] == "failed"
    assert "expected sha256" in state["message"]
    assert state["hint"]
    assert not (models / "vae" / "broken.safetensors").exists()


def test_bytes_that_were_kept_aside_are_placed_when_a_person_accepts_exactly_them(client, hub, models):
    plan = client.plan(loader(1, "swapped.safetensors", "vae", "https://civitai.com/api/download/models/70"))
    install = f"plans/{plan['plan']}/install"
    assert "quarantined" not in only(plan)
    client.post(install, status=202)
    state = client.wait_for("vae/swapped.safetensors", "present", "failed")
    digest = hub.content(f"civitai/70/{SWAPPED.name}").sha256
    assert state["phase"] == "failed"
    assert state["quarantined"]["sha256"] == digest
    assert "agreeing: AUTOV1 AUTOV3 CRC32, differing: AUTOV2" in state["quarantined"]["agreement"]
    assert str(models.parent) not in str(state)

    for other in ("sha256:" + "c" * 64, f"sha256:{WRONG}", digest, "x"):
        refused = client.post(install, {"item": "0", "accept_digest": other}, status=404)
        assert refused["error"]["kind"] == "Unknown"
    client.post(install, {"accept_digest": f"sha256:{digest}"}, status=400)
    client.post(install, {"item": "0", "accept_digest": 7}, status=400)
    key = only(plan)["candidates"][0]["key"]
    both = {"item": "0", "candidate": key, "accept_digest": f"sha256:{digest}"}
    client.post(install, both, status=400)
    assert not (models / "vae" / "swapped.safetensors").exists()

    client.post(install, {"item": "0", "accept_digest": f"sha256:{digest}"}, status=202)
    state = client.wait_for("vae/swapped.safetensors", "present", "failed")
    assert (state["phase"], state["quarantined"]) == ("present", None)
    assert hashlib.sha256((models / "vae" / "swapped.safetensors").read_bytes()).hexdigest() == digest


def test_a_file_that_failed_for_another_reason_offers_nothing_to_accept(client, hub):
    plan = client.plan(node("broken.safetensors", repo="o/bad"))
    client.post(f"plans/{plan['plan']}/install", status=202)
    assert client.wait_for("vae/broken.safetensors", "present", "failed")["quarantined"] is None
    said = f"sha256:{hub.content('o/bad/broken.safetensors').sha256}"
    client.post(f"plans/{plan['plan']}/install", {"item": "0", "accept_digest": said}, status=404)


def test_a_paused_file_keeps_what_arrived_and_goes_on_from_there(client, models):
    plan = client.plan(node("a.safetensors", repo="o/slow"))["plan"]
    client.post(f"plans/{plan}/install", status=202)
    client.wait_for("vae/a.safetensors", "fetching")
    client.post(f"plans/{plan}/pause")
    paused = client.wait_for("vae/a.safetensors", "paused")
    assert client.get("state")["totals"]["paused"] == 1
    client.post(f"plans/{plan}/resume", {"item": "0"})
    assert client.wait_for("vae/a.safetensors", "present", "failed")["phase"] == "present"
    assert paused["done"] < paused["total"]


def test_a_cancelled_file_is_thrown_away_and_can_be_begun_again(client, models):
    plan = client.plan(node("b.safetensors", repo="o/slow"))["plan"]
    client.post(f"plans/{plan}/install", status=202)
    client.wait_for("vae/b.safetensors", "fetching")
    client.post(f"plans/{plan}/cancel")
    client.wait_for("vae/b.safetensors", "stopped")
    client.post(f"plans/{plan}/retry")
    assert client.wait_for("vae/b.safetensors", "present", "failed")["phase"] == "present"


def test_two_plans_that_want_one_file_share_its_way(client, hub):
    first = client.plan(node("c.safetensors", repo="o/slow"))["plan"]
    second = client.plan(node("c.safetensors", repo="o/slow"), node("other.safetensors"))["plan"]
    before = hub.storage_bytes
    client.post(f"plans/{first}/install", status=202)
    client.post(f"plans/{second}/install", status=202)
    state = client.wait_for("vae/c.safetensors", "present", "failed")
    assert set(state["plans"]) == {first, second}
    client.wait_for("vae/other.safetensors", "present", "failed")
    assert hub.storage_bytes - before < 1.5 * 24 * MIB


def test_a_state_tells_only_what_changed_after_a_number(client):
    plan = client.plan(node("seen.safetensors"))["plan"]
    client.post(f"plans/{plan}/install", status=202)
    client.wait_for("vae/seen.safetensors", "present")
    whole = client.get("state")
    assert client.get(f"state?since={whole['sequence']}")["files"] == []
    last = max(file["sequence"] for file in whole["files"])
    assert [file["sequence"] for file in client.get(f"state?since={last - 1}")["files"]] == [last]
    assert whole["sequence"] >= last


def test_several_files_of_one_name_are_a_choice_out_of_the_plan(client):
    """The candidate is named by its key; one of another item, or a link, is unknown."""
    plan = client.plan(
        node("d.safetensors", repo="o/slow"),
        loader(2, "lora.safetensors", "loras", hub_link("o/r", "lora.safetensors")),
    )
    rows = {row["file"]: row for row in plan["requirements"]}
    own, other = rows["vae/d.safetensors"], rows["loras/lora.safetensors"]
    path = f"plans/{plan['plan']}/install"
    for wrong in (
        other["candidates"][0]["key"],
        own["candidates"][0]["id"],
        own["candidates"][0]["url"],
        "",
        "../x",
    ):
        refused = client.post(path, {"item": own["item"], "candidate": wrong}, status=404)
        assert refused["error"]["kind"] == "Unknown"
    client.post(path, {"item": own["item"], "candidate": own["candidates"][0]["key"]}, status=202)
    assert client.wait_for("vae/d.safetensors", "present", "failed")["phase"] == "present"


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("plans/p-0000000000000000/install", {}, 404, "Unknown"),
        ("plans/..%2f..%2fetc/install", {}, 404, "Unknown"),
        ("plan", {}, 400, "InvalidRequest"),
        ("plan", {"workflow": []}, 400, "InvalidRequest"),
        ("plan", {"workflow": {}}, 400, "InvalidWorkflow"),
        ("plan", {"workflow": {"nodes": []}, "url": "http://x"}, 400, "InvalidRequest"),
        ("plan", {"workflow": {"nodes": []}, "wait": "long"}, 400, "InvalidRequest"),
        ("plan", {"workflow": {"nodes": []}, "wait": True}, 400, "InvalidRequest"),
        ("credentials/nowhere", {"token": "x"}, 404, "Unknown"),
        ("credentials/huggingface", {}, 400, "InvalidRequest"),
        ("credentials/huggingface", {"token": 5}, 400, "InvalidRequest"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(client, path, body, status, kind):
    error = client.post(path, body, status=status)["error"]
    assert error["kind"] == kind
    assert error["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"item": 0},
        {"item": "-1"},
        {"item": "1"},
        {"item": "0x0"},
        {"item": "\u0660"},
        {"item": "0", "folder": "custom_nodes"},
        {"item": "0", "folder": "../../etc"},
        {"item": "0", "folder": "configs"},
        {"item": "0", "path": "/etc/passwd"},
        {"item": "0", "url": "http://169.254.169.254/"},
        {"item": "0", "allow_pickle": "yes"},
        {"candidate": "x"},
        {"folder": "vae"},
        {"allow_pickle": True},
    ],
)
def test_no_item_folder_path_or_link_of_a_clients_own_is_taken(client, body):
    plan = client.plan(node("guarded.safetensors"))["plan"]
    answer = client.send(f"plans/{plan}/install", body)
    assert answer.status_code in (400, 404), answer.text
    assert client.file("vae/guarded.safetensors")["phase"] == ""


def test_no_answer_tells_where_files_are_on_this_disk(client, host, models):
    (models / "vae").mkdir(parents=True, exist_ok=True)
    (models / "vae" / "cut.safetensors").write_bytes(b"too short")
    plan = client.plan(node("cut.safetensors"), node("shown.safetensors"))
    client.post(f"plans/{plan['plan']}/install", status=202)
    client.wait_for("vae/shown.safetensors", "present")
    told = [client.send("plan", {"workflow": {"nodes": [node("cut.safetensors")]}}).text]
    told += [str(client.get(path)) for path in (f"plans/{plan['plan']}", "state", "settings")]
    assert "vae/cut.safetensors is here, but" in told[0]
    assert not any(str(host.base) in text for text in told)


def test_a_model_whose_bytes_are_here_under_another_name_says_which(client):
    client.post(f"plans/{client.plan(node('twin.safetensors'))['plan']}/install", status=202)
    client.wait_for("vae/twin.safetensors", "present", "failed")
    row = only(client.plan(node("twin.safetensors", folder="checkpoints")))
    assert (row["status"], row["candidates"][0]["local"]) == ("fetch", "twin.safetensors")
