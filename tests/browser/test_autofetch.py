"""The owner wants models fetched unasked: Run just starts, and shows what it waits for."""

from __future__ import annotations

import requests
from browser.pictures import picture_graph
from host.client import until
from host.tiny_models import tiny_vae
from playwright.sync_api import expect

from modelget.hub import HubRules

HUB = HubRules(files={"o/r/unasked.safetensors": tiny_vae()}, gated=frozenset({"o/gated"}))
ENVIRON = {"MODELGET_AUTOFETCH": "auto"}


def finished(host):
    return {"done": len(requests.get(f"{host.url}/history", timeout=30).json())}


def test_run_installs_what_is_missing_without_a_question_and_then_runs(panel, host):
    before = finished(host)["done"]
    panel.load(picture_graph("unasked.safetensors"))
    panel.expect_status("unasked.safetensors", "fetch")
    panel.run()
    panel.expect_status("unasked.safetensors", "present")
    until(lambda: finished(host), lambda now: now["done"] == before + 1)
    expect(panel.dialog).to_have_count(0)


def test_what_no_rule_may_decide_is_still_asked(panel):
    panel.load(picture_graph("closed.safetensors", "o/gated"))
    panel.expect_status("closed.safetensors", "denied")
    panel.run()
    expect(panel.dialog).to_be_visible()
    panel.press("run-cancel")
