"""What is missing is seen at once: which file, from where, how large, how sure, under which terms."""

from __future__ import annotations

import json

import pytest
from makers import hub_link, loader
from playwright.sync_api import expect
from templates import declared, template_files

from modelget.hub import HubRules

HUB = HubRules(
    files={"o/r/named.safetensors": 3_000_000},
    licences={"o/nc": "cc-by-nc-4.0"},
)
TEMPLATES = {path.stem: path for path in template_files()}
LARGEST = "video_ltx2_depth_to_video"
SUBGRAPH = "image_z_image_turbo"


def vae(name, repo="o/r", number=1, **more):
    return loader(number, name, "vae", hub_link(repo, name), **more)


def template(name):
    return json.loads(TEMPLATES[name].read_text(encoding="utf-8"))


def test_a_models_row_tells_folder_size_place_licence_and_how_sure_it_is(panel, hub):
    panel.load([vae("named.safetensors")])
    row = panel.row("named.safetensors")
    panel.expect_status("named.safetensors", "fetch")
    for words in ("vae", "3.00 MB", f"o/r@{hub.commit('o/r')[:8]}", "apache-2.0", "sha256 known"):
        expect(row).to_contain_text(words)
    expect(panel.summary).to_have_text("1 missing, 3.00 MB to fetch")
    expect(panel.root.locator(".modelget-overview .modelget-facts")).to_contain_text("free")


def test_a_licence_that_forbids_commercial_use_is_told(panel):
    panel.load([vae("limited.safetensors", "o/nc")])
    expect(panel.row("limited.safetensors")).to_contain_text("cc-by-nc-4.0")
    expect(panel.row("limited.safetensors").locator(".modelget-mark-warn")).to_have_text(["non-commercial"])


@pytest.mark.parametrize("name", [SUBGRAPH, LARGEST])
def test_an_official_template_shows_every_model_it_declares(panel, name):
    """Nested subgraphs included; ComfyUI's own list holds nothing that ours lacks."""
    wanted = sorted({model for model, _folder, _url in declared(TEMPLATES[name])})
    panel.load(template(name))
    for model in wanted:
        panel.expect_status(model, "fetch")
    panel.expect_badge(str(len(wanted)))
    shown = panel.rows.locator(".modelget-name").all_text_contents()
    assert {one for one in panel.missing() if one not in shown} == set()


def test_the_panel_opens_by_itself_once_for_each_workflow(panel):
    first, second = (
        {"id": f"00000000-0000-4000-8000-00000000000{n}", "nodes": [vae("once.safetensors")]} for n in "12"
    )
    panel.load(first)
    expect(panel.root).to_be_visible()
    panel.press("close")
    expect(panel.root).to_have_count(0)
    panel.load(first)
    panel.expect_badge("1")
    panel.page.wait_for_timeout(500)
    expect(panel.root).to_have_count(0)
    panel.load(second)
    expect(panel.root).to_be_visible()


def test_the_panel_stays_closed_when_its_owner_says_never(open_page):
    panel = open_page(**{"Modelget.Panel.Open": "never"}).load([vae("never.safetensors")])
    panel.expect_badge("1")
    panel.page.wait_for_timeout(500)
    expect(panel.root).to_have_count(0)


def test_the_panel_opens_each_time_when_its_owner_says_always(open_page):
    panel = open_page(**{"Modelget.Panel.Open": "always"})
    graph = {"id": "00000000-0000-4000-8000-000000000003", "nodes": [vae("always.safetensors")]}
    for _ in range(2):
        panel.load(graph)
        expect(panel.root).to_be_visible()
        panel.press("close")


def test_a_workflow_that_lacks_nothing_opens_nothing(panel, models, hub):
    (models / "vae").mkdir(parents=True, exist_ok=True)
    (models / "vae" / "here.safetensors").write_bytes(hub.content("o/r/here.safetensors").read())
    panel.load([loader(1, "here.safetensors", "vae")])
    panel.page.wait_for_timeout(1000)
    expect(panel.root).to_have_count(0)
    panel.expect_badge("")
    panel.show()
    expect(panel.summary).to_have_text("All models are here (1).")
    panel.expect_status("here.safetensors", "present")


def test_a_workflow_without_models_says_so(panel):
    panel.load([]).show()
    expect(panel.summary).to_have_text("This workflow names no models.")


def test_a_switched_off_model_is_listed_and_not_counted(panel):
    panel.load([vae("on.safetensors"), vae("off.safetensors", number=2, mode=4)])
    panel.expect_badge("1")
    expect(panel.row("off.safetensors")).to_contain_text("switched off")
    expect(panel.row("off.safetensors").locator("[data-deed=install]")).to_be_visible()


def test_the_name_of_a_model_leads_to_its_node(panel):
    panel.load([vae("far.safetensors") | {"pos": [9000, 9000], "size": [300, 60]}])
    panel.do("far.safetensors", "show")
    assert panel.page.evaluate("() => Object.keys(window.app.canvas.selected_nodes)") == ["1"]
    left, top, width, height = panel.page.evaluate("() => [...window.app.canvas.visible_area]")
    assert left <= 9000 <= left + width
    assert top <= 9000 <= top + height


def test_the_row_of_a_model_in_a_subgraph_leads_into_the_subgraph(panel):
    panel.load(template(SUBGRAPH))
    panel.row("ae.safetensors").locator(".modelget-facts").click()
    panel.page.wait_for_function("() => window.app.canvas.graph !== window.app.rootGraph")
    shown = panel.page.evaluate(
        "() => Object.values(window.app.canvas.selected_nodes).map((node) => node.widgets[0].value)"
    )
    assert shown == ["ae.safetensors"]


def test_copied_links_are_raw_file_links_one_a_line(panel, context, hub):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.load([vae("a.safetensors"), vae("b.safetensors", number=2)])
    panel.expect_status("b.safetensors", "fetch")
    panel.press("copy-links")
    expect(panel.page.get_by_text("2 links copied", exact=True)).to_be_visible()
    text = panel.page.evaluate("() => navigator.clipboard.readText()")
    assert text.splitlines() == [
        hub.url("o/r", name, hub.commit("o/r")) for name in ("a.safetensors", "b.safetensors")
    ]


def test_rescan_sees_a_file_that_somebody_put_there(panel, models, hub):
    panel.load([vae("byhand.safetensors")])
    panel.expect_status("byhand.safetensors", "fetch")
    (models / "vae").mkdir(parents=True, exist_ok=True)
    (models / "vae" / "byhand.safetensors").write_bytes(hub.content("o/r/byhand.safetensors").read())
    panel.press("rescan")
    panel.expect_status("byhand.safetensors", "present")
    panel.expect_badge("")


def test_another_model_chosen_in_a_node_changes_the_rows(panel):
    panel.load([loader(1, "before.safetensors", "vae")])
    panel.expect_names("before.safetensors")
    panel.page.evaluate("""() => { const widget = window.app.graph.getNodeById(1).widgets[0];
      widget.value = "after.safetensors"; window.app.extensionManager.workflow.activeWorkflow.changeTracker.checkState?.();
      window.app.extensionManager.workflow.activeWorkflow.changeTracker.captureCanvasState?.() }""")
    expect(panel.row("after.safetensors")).to_be_visible()


def test_a_model_that_no_place_knows_says_what_to_do(panel):
    panel.load([loader(1, "mystery.safetensors", "loras")])
    panel.expect_status("mystery.safetensors", "unresolved")
    expect(panel.row("mystery.safetensors").locator(".modelget-hint").first).not_to_be_empty()


@pytest.mark.parametrize("width", [300, 400])
def test_a_long_name_wraps_and_nothing_is_cut_at_the_side(panel, width):
    name = "a_very_long_name" * 11 + ".safetensors"
    panel.load([vae(name)])
    panel.expect_status(name, "fetch")
    too_wide = panel.root.evaluate(
        """(root, width) => { root.parentElement.style.width = `${width}px`;
      return [root, ...root.querySelectorAll("*")].filter((one) => one.scrollWidth > one.clientWidth + 1
        && getComputedStyle(one).display !== "inline" && one.clientWidth).map((one) => one.className) }""",
        width,
    )
    assert too_wide == []


@pytest.mark.parametrize("vue_nodes", [False, True])
def test_it_works_with_both_kinds_of_nodes(open_page, vue_nodes):
    panel = open_page(**{"Comfy.VueNodes.Enabled": vue_nodes}).load(template(SUBGRAPH))
    panel.expect_badge("3")
    panel.do("ae.safetensors", "show")
    panel.page.wait_for_function("() => window.app.canvas.graph !== window.app.rootGraph")
