"""Everybody can use it: by keyboard, read aloud, in light and dark, in Chinese, with a thousand models."""

from __future__ import annotations

import json

import pytest
from makers import hub_link, loader
from playwright.sync_api import expect

from modelget.hub import HubRules

HUB = HubRules(gated=frozenset({"o/gated"}), licences={"o/nc": "cc-by-nc-4.0"})

CONTRAST = """(root) => {
  const parse = (colour) => { const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const over = ([r, g, b, a], [R, G, B]) => [r, g, b].map((one, at) => (one * a + [R, G, B][at] * (255 - a)) / 255);
  const behind = (element) => { const layers = []; for (let one = element; one; one = one.parentElement)
    layers.push(parse(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [0, 0, 0]); };
  const light = (rgb) => { const [r, g, b] = rgb.map((one) => one / 255)
    .map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  return [...root.querySelectorAll(".modelget-name, .modelget-facts, .modelget-mark, .modelget-hint, .modelget-error, .modelget-summary, .modelget-plain")]
    .filter((one) => one.offsetParent && one.textContent)
    .map((one) => { const ground = behind(one); return [ratio(over(parse(getComputedStyle(one).color), ground), ground), one.className]; })
    .filter(([found]) => found < 4.5).map(([found, name]) => `${name}: ${found.toFixed(2)}`); }"""


def vae(name, repo="o/r", number=1):
    return loader(number, name, "vae", hub_link(repo, name))


def mixed():
    """Return nodes whose models are in different states."""
    return [
        vae("plain.safetensors"),
        vae("gated.safetensors", "o/gated", 2),
        vae("limited.safetensors", "o/nc", 3),
        loader(4, "mystery.safetensors", "loras"),
        loader(5, "old.ckpt", "checkpoints", hub_link("o/r", "old.ckpt")),
    ]


def test_the_keyboard_opens_it_walks_the_models_and_leads_to_a_node(open_page):
    panel = open_page(**{"Modelget.Panel.Open": "never"}).load(mixed())
    panel.expect_badge("5")
    panel.page.locator("canvas").first.focus()
    panel.page.keyboard.press("Control+Shift+M")
    expect(panel.root).to_be_visible()
    panel.expect_status("plain.safetensors", "fetch")
    names = panel.rows.locator(".modelget-name")
    names.first.focus()
    panel.page.keyboard.press("ArrowDown")
    expect(names.nth(1)).to_be_focused()
    panel.page.keyboard.press("Enter")
    assert len(panel.page.evaluate("() => Object.keys(window.app.canvas.selected_nodes)")) == 1
    panel.page.keyboard.press("ArrowUp")
    expect(names.first).to_be_focused()


def test_the_focus_stays_on_a_model_that_is_being_installed(panel):
    panel.load([vae("focused.safetensors")])
    panel.expect_status("focused.safetensors", "fetch")
    panel.row("focused.safetensors").locator("[data-deed=install]").focus()
    panel.page.keyboard.press("Enter")
    panel.expect_status("focused.safetensors", "present")
    assert panel.page.evaluate("() => Boolean(document.activeElement.closest('.modelget-row'))")


def test_every_control_has_a_name_and_every_state_is_told_in_words(panel):
    panel.load(mixed())
    panel.expect_status("old.ckpt", "choose")
    panel.press("access")
    nameless = panel.root.evaluate(
        "(root) => [...root.querySelectorAll('button, input, select, progress, a')]"
        ".filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length)).length"
    )
    assert nameless == 0
    for word in ("Ready to fetch", "Not available", "Not found", "Your choice"):
        expect(panel.root.get_by_role("img", name=word).first).to_be_visible()
    expect(panel.root.get_by_role("button", name="Install: plain.safetensors")).to_be_visible()
    expect(panel.root.get_by_role("status").first).to_contain_text("5 missing")


@pytest.mark.parametrize("palette", ["dark", "light"])
def test_every_text_can_be_read_in_light_and_dark(open_page, palette):
    panel = open_page(**{"Comfy.ColorPalette": palette}).load(mixed())
    panel.expect_status("old.ckpt", "choose")
    panel.press("access")
    assert panel.root.evaluate(CONTRAST) == []


def test_it_speaks_chinese_when_the_page_does(open_page):
    panel = open_page(**{"Comfy.Locale": "zh"}).load([vae("chinese.safetensors")])
    panel.expect_status("chinese.safetensors", "fetch")
    expect(panel.summary).to_contain_text("缺少 1 个")
    expect(panel.page.locator("[data-deed=install-all]")).to_have_text("安装缺失模型")


def test_its_settings_are_among_comfyuis(panel):
    panel.command("Comfy.ShowSettingsDialog")
    panel.page.get_by_placeholder("Search Settings").first.fill("Modelget")
    expect(panel.page.get_by_text("Open the panel by itself when models are missing").first).to_be_visible()
    expect(
        panel.page.get_by_text("Ask before running a workflow whose models are missing").first
    ).to_be_visible()


def test_somebody_who_may_only_look_sees_all_and_can_press_nothing(open_page):
    def before(page):
        page.route(
            "**/modelget/settings",
            lambda route: route.fulfill(json=json.loads(route.fetch().body()) | {"may_change": False}),
        )

    panel = open_page(before).load(mixed())
    panel.expect_status("plain.safetensors", "fetch")
    expect(panel.trouble).to_contain_text("another computer")
    for deed in ("install", "install-all", "consent", "access", "pause-all"):
        expect(panel.root.locator(f"[data-deed={deed}]:visible")).to_have_count(0)


def test_a_thousand_models_are_all_listed(panel):
    nodes = [vae(f"model_{number:04}.safetensors", "o/many", number) for number in range(1, 1001)]
    panel.load(nodes)
    expect(panel.rows).to_have_count(1000)
    panel.expect_badge("1000")
    expect(panel.row("model_1000.safetensors")).to_have_attribute("data-status", "fetch", timeout=60_000)
