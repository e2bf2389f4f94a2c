"""A prompt whose models need longer than a request may be held: told when to come again, and served then."""

from __future__ import annotations

from host.client import until
from host.prompts import from_browser, picture
from host.tiny_models import tiny_vae

from modelget.hub import HubRules

ENVIRON = {"MODELGET_AUTOFETCH": "auto", "MODELGET_HOLD_SECONDS": "0.5"}
HUB = HubRules(files={"o/r/slow.safetensors": tiny_vae()})
SPEED = len(tiny_vae()) / 4


def test_after_the_time_is_over_the_client_is_told_when_to_come_again(client):
    sent = from_browser(("slow.safetensors", "vae", "o/r"))
    answer = client.queue(picture("slow.safetensors"), **sent)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    error = answer.json()["error"]
    assert error["type"] == "modelget_fetching"
    assert answer.json()["node_errors"] == {}
    state = error["extra_info"]["modelget"]
    assert [file["file"] for file in state["files"]] in (["vae/slow.safetensors"], [])

    client.wait_for("vae/slow.safetensors", "present")
    again = client.queue(picture("slow.safetensors"), **sent)
    assert again.status_code == 200
    assert client.outcome(again.json()["prompt_id"])["status"]["status_str"] == "success"


def test_other_requests_are_answered_while_a_prompt_is_held(client):
    assert until(lambda: client.get("state"), lambda state: state["run"] != "")["totals"]
