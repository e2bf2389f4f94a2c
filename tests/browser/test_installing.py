"""Press Install, watch it arrive: on the server, in its folder, whatever happens to the page meanwhile."""

from __future__ import annotations

import hashlib
import re

from browser.pictures import picture_graph
from makers import hub_link, loader
from playwright.sync_api import Page, expect

from modelget.hub import HubRules

MIB = 2**20
NAMES = ("watched", "kept", "single", "paused", "cancelled", "lost", "silent", "together", "switched")
LONG = ("reloaded", "shared")
"""On their way for longer than a page takes to load; they are given up in the end."""
HUB = HubRules(
    files={f"o/slow/{name}.safetensors": 12 * MIB for name in NAMES}
    | {f"o/slow/{name}.safetensors": 400 * MIB for name in LONG}
)
SPEED = 4 * MIB


def vae(name, repo="o/slow", number=1):
    return loader(number, name, "vae", hub_link(repo, name))


def quick(name, number=2):
    return vae(name, "o/quick", number)


def is_right(models, hub, name, repo="o/slow"):
    file = models / "vae" / name
    return hashlib.sha256(file.read_bytes()).hexdigest() == hub.content(f"{repo}/{name}").sha256


def begin(panel, name):
    """Press Install for a model and wait until some of it is there."""
    panel.expect_status(name, "fetch")
    panel.do(name, "install")
    expect(panel.row(name).locator(".modelget-phase")).to_contain_text("Fetching")
    panel.page.wait_for_function("() => document.querySelector('.modelget-row progress')?.value > 0")


def arrives(panel, name):
    expect(panel.row(name)).to_have_attribute("data-status", "present", timeout=60_000)


def test_installing_shows_speed_and_time_left_and_then_the_page_knows_the_file(panel, models, hub):
    """Without a reload: the loader's combo offers it, ComfyUI's own list forgets it, the badge goes."""
    panel.load([vae("watched.safetensors"), quick("small.safetensors")])
    panel.expect_badge("2")
    panel.expect_missing("small.safetensors", "watched.safetensors")
    panel.press("install-all")
    phase = panel.row("watched.safetensors").locator(".modelget-phase")
    expect(phase).to_have_text(re.compile(r"Fetching · \d+% · [\d.]+ .B/s · \d+ s left"))
    expect(panel.root.locator(".modelget-overview .modelget-phase")).to_contain_text(" / ")
    for name, repo in (("watched.safetensors", "o/slow"), ("small.safetensors", "o/quick")):
        arrives(panel, name)
        assert is_right(models, hub, name, repo)
    expect(panel.summary).to_have_text("All models are here (2).")
    panel.expect_badge("")
    panel.expect_missing()
    assert "watched.safetensors" in panel.options(1)


def test_one_model_can_be_installed_and_the_others_left(panel, models):
    panel.load([vae("single.safetensors"), quick("left.safetensors")])
    panel.expect_status("left.safetensors", "fetch")
    panel.do("left.safetensors", "install")
    arrives(panel, "left.safetensors")
    panel.expect_status("single.safetensors", "fetch")
    panel.expect_badge("1")
    assert not (models / "vae" / "single.safetensors").exists()


def test_a_paused_file_goes_on_from_where_it_was(panel, models, hub):
    panel.load([vae("paused.safetensors")])
    begin(panel, "paused.safetensors")
    before = hub.storage_bytes
    panel.do("paused.safetensors", "pause")
    expect(panel.row("paused.safetensors").locator(".modelget-phase")).to_contain_text("Paused")
    done = panel.percent("paused.safetensors")
    panel.page.wait_for_timeout(1000)
    assert panel.percent("paused.safetensors") == done < 100
    panel.do("paused.safetensors", "resume")
    arrives(panel, "paused.safetensors")
    assert is_right(models, hub, "paused.safetensors")
    assert hub.storage_bytes - before < 12.5 * MIB


def test_everything_is_paused_and_resumed_at_once(panel):
    panel.load([vae("together.safetensors"), vae("kept.safetensors", number=2)])
    panel.expect_status("kept.safetensors", "fetch")
    panel.press("install-all")
    expect(panel.root.locator(".modelget-row .modelget-phase").first).to_contain_text("Fetching")
    panel.press("pause-all")
    expect(panel.summary).to_have_text("2 paused")
    panel.press("resume-all")
    for name in ("together.safetensors", "kept.safetensors"):
        arrives(panel, name)


def test_a_cancelled_file_is_thrown_away_and_can_be_begun_again(panel, models):
    panel.load([vae("cancelled.safetensors")])
    begin(panel, "cancelled.safetensors")
    panel.do("cancelled.safetensors", "cancel")
    expect(panel.row("cancelled.safetensors").locator(".modelget-phase")).to_contain_text("Stopped")
    assert not list((models / ".modelget").rglob("*cancelled*"))
    panel.do("cancelled.safetensors", "retry")
    arrives(panel, "cancelled.safetensors")


def test_a_page_loaded_anew_goes_on_showing_the_progress(panel):
    graph = {"id": "00000000-0000-4000-8000-000000000010", "nodes": [vae("reloaded.safetensors")]}
    panel.load(graph)
    begin(panel, "reloaded.safetensors")
    panel.page.reload()
    panel.wait_until_ready()
    panel.load(graph).show()
    expect(panel.row("reloaded.safetensors").locator(".modelget-phase")).to_contain_text("Fetching")
    before = panel.percent("reloaded.safetensors")
    panel.page.wait_for_function(f"() => document.querySelector('.modelget-row progress').value > {before}")
    panel.press("cancel-all")
    expect(panel.row("reloaded.safetensors").locator(".modelget-phase")).to_contain_text("Stopped")


def test_a_second_tab_sees_and_steers_the_same_download(panel, open_page):
    panel.load([vae("shared.safetensors")])
    begin(panel, "shared.safetensors")
    other = open_page().load([vae("shared.safetensors")]).show()
    expect(other.row("shared.safetensors").locator(".modelget-phase")).to_contain_text("Fetching")
    other.do("shared.safetensors", "pause")
    expect(panel.row("shared.safetensors").locator(".modelget-phase")).to_contain_text("Paused")
    panel.do("shared.safetensors", "cancel")
    expect(other.row("shared.safetensors").locator(".modelget-phase")).to_contain_text("Stopped")


def drop_events(page: Page) -> None:
    """Let the websocket work, but for everything of ours."""

    def connect(socket):
        server = socket.connect_to_server()
        server.on_message(lambda message: None if "modelget." in str(message)[:60] else socket.send(message))

    page.route_web_socket(re.compile("/ws"), connect)


def test_without_any_event_the_panel_still_follows(open_page):
    panel = open_page(drop_events).load([vae("silent.safetensors")])
    panel.expect_status("silent.safetensors", "fetch")
    panel.do("silent.safetensors", "install")
    expect(panel.row("silent.safetensors").locator(".modelget-phase")).to_contain_text("Fetching")
    arrives(panel, "silent.safetensors")
    panel.expect_missing()


def test_a_lost_websocket_comes_back_and_nothing_was_missed(panel, hub):
    panel.load([vae("lost.safetensors")])
    begin(panel, "lost.safetensors")
    panel.page.evaluate("() => window.comfyAPI.api.api.socket.close()")
    arrives(panel, "lost.safetensors")
    panel.expect_badge("")


def test_a_command_installs_what_is_missing(panel):
    panel.load([quick("commanded.safetensors")])
    panel.expect_status("commanded.safetensors", "fetch")
    panel.command("Modelget.Install")
    arrives(panel, "commanded.safetensors")


def test_another_workflow_opened_meanwhile_calls_the_run_off_and_says_so(panel):
    sent = []
    panel.page.on(
        "request", lambda asked: sent.append(asked.url) if asked.url.endswith("/api/prompt") else None
    )
    panel.load(picture_graph("switched.safetensors", "o/slow"))
    panel.expect_status("switched.safetensors", "fetch")
    panel.run()
    panel.press("run-install")
    expect(panel.row("switched.safetensors").locator(".modelget-phase")).to_contain_text("Fetching")
    panel.load([vae("switched.safetensors"), quick("unrelated.safetensors")])
    expect(panel.page.get_by_text("was not queued", exact=False).first).to_be_visible()
    arrives(panel, "switched.safetensors")
    panel.page.wait_for_timeout(500)
    assert sent == []
