"""What pages are told over ComfyUI's websocket while files arrive."""

from __future__ import annotations

from host.client import until
from host.listening import Page
from makers import hub_link, loader

from modelget.hub import HubRules

MIB = 2**20
HUB = HubRules(files={f"o/r/e{n}.safetensors": 8 * MIB for n in range(4)})
SPEED = 12 * MIB


def node(name):
    return loader(1, name, "vae", hub_link("o/r", name))


def test_pages_follow_the_files_by_changes_alone(client):
    with Page(client.url) as page:
        plan = client.plan(node("e0.safetensors"), node("e1.safetensors"))["plan"]
        client.post(f"plans/{plan}/install", status=202)
        client.wait_for("vae/e0.safetensors", "present")
        client.wait_for("vae/e1.safetensors", "present")
        last = client.get("state")["sequence"]
        until(
            lambda: {"told": page.told("modelget.state")},
            lambda all: bool(all["told"]) and all["told"][-1]["sequence"] >= last,
        )
        states = page.told("modelget.state")
    known = {}
    number = states[0]["since"]
    for state in states:
        assert state["since"] == number, "a page would have missed something"
        number = state["sequence"]
        known |= {file["file"]: file["phase"] for file in state["files"]}
    assert known["vae/e0.safetensors"] == known["vae/e1.safetensors"] == "present"
    assert "fetching" in {file["phase"] for state in states for file in state["files"]}
    assert {"plan": plan, "complete": True} in page.told("modelget.plan")


def test_a_page_that_comes_later_gets_everything_from_the_state(client):
    plan = client.plan(node("e2.safetensors"))["plan"]
    client.post(f"plans/{plan}/install", status=202)
    client.wait_for("vae/e2.safetensors", "present")
    with Page(client.url) as page:
        whole = client.get("state")
        plan = client.plan(node("e3.safetensors"))["plan"]
        client.post(f"plans/{plan}/install", status=202)
        client.wait_for("vae/e3.safetensors", "present")
        told = page.told("modelget.state")
    assert any(file["file"] == "vae/e2.safetensors" for file in whole["files"])
    assert all(state["run"] == whole["run"] for state in told)


def test_events_are_few_however_many_changes_there_are(client):
    with Page(client.url) as page:
        nodes = [node(f"many_{number}.safetensors") for number in range(30)]
        plan = client.plan(*nodes)["plan"]
        client.post(f"plans/{plan}/install", status=202)
        until(
            lambda: client.get("state"),
            lambda state: (
                all(client_file["phase"] == "present" for client_file in state["files"])
                and len(state["files"]) >= 30
            ),
        )
        changes, times = client.get("state")["sequence"], page.times("modelget.state")
    assert changes > len(times)
    assert len(times) <= 4 * (times[-1] - times[0]) + 2
