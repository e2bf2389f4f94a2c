"""The panel as a person works with it, in ComfyUI's page."""

from __future__ import annotations

import re
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect

Json = dict[str, Any]

READY = """() => window.app?.graph && window.app.extensionManager?.workflow?.activeWorkflow
  && window.app.extensionManager.getSidebarTabs?.().some((tab) => tab.id === "modelget")"""
MISSING = """() => (document.querySelector("#vue-app").__vue_app__.config.globalProperties.$pinia._s
  .get("missingModel").missingModelCandidates ?? []).map((one) => one.name).sort()"""
OPEN = "Modelget.Panel.Open"
PLAIN: Json = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Locale": "en",
    "Comfy.ColorPalette": "dark",
    "Comfy.VueNodes.Enabled": False,
    OPEN: "once",
    "Modelget.Run.Ask": True,
}


class PanelPage:
    """One tab of a browser with ComfyUI's page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.root = page.locator(".modelget-panel")
        self.rows = self.root.locator(".modelget-row")
        self.summary = self.root.locator(".modelget-summary")
        self.trouble = self.root.locator(".modelget-header [role=alert]")
        self.dialog = page.locator("dialog.modelget-dialog")

    def open(self, settings: Json | None = None) -> PanelPage:
        """Load the page with these settings of ComfyUI, and an empty graph."""
        wanted = PLAIN | (settings or {})
        # The page opens a workflow of its own, with models that are missing.
        asleep = wanted | {OPEN: "never"}
        answer = requests.post(f"{self.url}/api/settings", json=asleep, timeout=30)
        assert answer.ok, answer.text
        self.page.goto(self.url)
        self.wait_until_ready()
        self.load([])
        self.page.wait_for_timeout(200)
        self.page.evaluate("(set) => window.app.extensionManager.setting.set(...set)", [OPEN, wanted[OPEN]])
        return self

    def wait_until_ready(self) -> None:
        self.page.wait_for_function(READY)

    def load(self, workflow: Json | list[Json]) -> PanelPage:
        """Open a workflow (or one of these nodes) as dropping its file does."""
        graph = {"nodes": workflow, "links": [], "version": 0.4} if isinstance(workflow, list) else workflow
        self.page.evaluate("(graph) => window.app.loadGraphData(graph)", graph)
        return self

    def show(self) -> PanelPage:
        """Open the panel if it is not open."""
        self.page.evaluate("""() => { const page = window.app.extensionManager;
          if (page.sidebarTab.activeSidebarTabId !== "modelget") page.command.execute("Modelget.Toggle"); }""")
        expect(self.root).to_be_visible()
        return self

    def command(self, name: str) -> None:
        self.page.evaluate("(name) => window.app.extensionManager.command.execute(name)", name)

    def row(self, name: str) -> Locator:
        """Return the row of a model, by its name as the workflow writes it."""
        exact = re.compile(f"^{re.escape(name)}$")
        return self.rows.filter(has=self.page.locator(".modelget-name", has_text=exact))

    def do(self, name: str, deed: str) -> None:
        """Press a button of a row: ``install``, ``pause``, ``consent`` …"""
        self.row(name).locator(f'[data-deed="{deed}"]').click()

    def press(self, deed: str) -> None:
        """Press a button of the header or of the question before a run."""
        self.page.locator(f'[data-deed="{deed}"]').click()

    def run(self) -> None:
        """Press ComfyUI's own Run button."""
        self.page.locator("[data-testid=queue-button]").first.click()

    def expect_status(self, name: str, status: str) -> None:
        """Wait until a row shows a status: ``fetch``, ``present``, ``choose``, ``denied`` …"""
        expect(self.row(name)).to_have_attribute("data-status", status)

    def expect_names(self, *names: str) -> None:
        """Wait until these rows are listed, in any order."""
        expect(self.rows).to_have_count(len(names))
        assert sorted(self.rows.locator(".modelget-name").all_text_contents()) == sorted(names)

    def expect_badge(self, text: str) -> None:
        """Wait until the tab's badge shows a count; empty for none."""
        button = self.page.locator("[data-testid=modelget-tab-button], .modelget-tab-button")
        badge = button.locator(".sidebar-icon-badge")
        if text:
            expect(badge).to_have_text(text)
        else:
            expect(badge).to_have_count(0)

    def percent(self, name: str) -> float:
        """Return how far a file is, 100 when it is not on its way."""
        bar = self.row(name).locator("progress")
        return float(bar.get_attribute("value") or 0) if bar.is_visible() else 100.0

    def missing(self) -> list[str]:
        """Return what ComfyUI's own list of missing models holds."""
        found: list[str] = self.page.evaluate(MISSING)
        return found

    def expect_missing(self, *names: str) -> None:
        """Wait until ComfyUI's own list of missing models holds exactly these."""
        self.page.wait_for_function(f"(names) => ({MISSING})().join() === names.join()", arg=sorted(names))

    def options(self, node: int, widget: int = 0) -> list[str]:
        """Return what a node's combo offers."""
        found: list[str] = self.page.evaluate(
            "([node, widget]) => window.app.graph.getNodeById(node).widgets[widget].options.values",
            [node, widget],
        )
        return found
