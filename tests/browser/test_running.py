"""Run with something missing: install and run, run anyway, or not at all."""

from __future__ import annotations

import requests
from browser.pictures import picture_graph
from host.client import until
from host.tiny_models import tiny_vae
from playwright.sync_api import expect

from modelget.hub import HubRules

NAMES = ("wanted", "refused", "dropped", "unasked", "here")
HUB = HubRules(files={f"o/r/{name}.safetensors": tiny_vae() for name in NAMES}, gated=frozenset({"o/gated"}))


def pictures(host):
    """Return how many prompts this host has finished."""
    return len(requests.get(f"{host.url}/history", timeout=30).json())


def prompts_of(panel):
    """Collect the answers to what the page queues from here on."""
    seen = []
    panel.page.on(
        "response", lambda answer: seen.append(answer.status) if answer.url.endswith("/api/prompt") else None
    )
    return seen


def test_install_and_run_queues_the_workflow_when_its_models_are_here(panel, host):
    before, sent = pictures(host), prompts_of(panel)
    panel.load(picture_graph("wanted.safetensors"))
    panel.expect_status("wanted.safetensors", "fetch")
    panel.run()
    expect(panel.dialog).to_contain_text("wanted.safetensors")
    panel.press("run-install")
    panel.expect_status("wanted.safetensors", "present")
    until(lambda: {"done": pictures(host)}, lambda now: now["done"] == before + 1)
    panel.page.wait_for_function("() => Object.keys(window.app.nodeOutputs).includes('4')")
    assert sent == [200]


def test_run_anyway_leaves_the_refusal_to_comfyui(panel):
    sent = prompts_of(panel)
    panel.load(picture_graph("refused.safetensors"))
    panel.expect_status("refused.safetensors", "fetch")
    panel.run()
    panel.press("run-anyway")
    panel.page.wait_for_function("() => Object.keys(window.app.lastNodeErrors ?? {}).includes('1')")
    assert sent == [400]


def test_cancel_and_escape_send_nothing(panel):
    sent = prompts_of(panel)
    panel.load(picture_graph("dropped.safetensors"))
    panel.expect_status("dropped.safetensors", "fetch")
    panel.run()
    panel.press("run-cancel")
    expect(panel.dialog).to_have_count(0)
    panel.run()
    expect(panel.dialog).to_be_visible()
    panel.page.keyboard.press("Escape")
    expect(panel.dialog).to_have_count(0)
    panel.page.wait_for_timeout(500)
    assert sent == []
    panel.expect_status("dropped.safetensors", "fetch")


def test_a_workflow_whose_models_are_here_runs_without_a_question(panel, hub, models, host):
    (models / "vae").mkdir(parents=True, exist_ok=True)
    (models / "vae" / "here.safetensors").write_bytes(hub.content("o/r/here.safetensors").read())
    before = pictures(host)
    panel.load(picture_graph("here.safetensors"))
    panel.run()
    until(lambda: {"done": pictures(host)}, lambda now: now["done"] == before + 1)
    expect(panel.dialog).to_have_count(0)


def test_nobody_is_asked_when_the_setting_is_off(open_page):
    panel = open_page(**{"Modelget.Run.Ask": False})
    sent = prompts_of(panel)
    panel.load(picture_graph("unasked.safetensors"))
    panel.expect_badge("1")
    panel.run()
    panel.page.wait_for_function("() => Object.keys(window.app.lastNodeErrors ?? {}).includes('1')")
    assert sent == [400]


def test_what_needs_a_decision_is_named_before_a_run(panel):
    panel.load(picture_graph("closed.safetensors", "o/gated"))
    panel.expect_status("closed.safetensors", "denied")
    panel.run()
    expect(panel.dialog).to_contain_text("need your decision")
    expect(panel.page.locator("[data-deed=run-install]")).to_be_disabled()
    panel.press("run-cancel")
