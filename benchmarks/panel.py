"""How soon the panel shows a workflow's models, and how smoothly a long list scrolls.

ComfyUI's real page in Chromium, a stand-in for ComfyUI with the pack and a hub, each in a process of its own. The largest
official template gets other file names in each round, so that nobody has asked about them before; the clock runs from the
moment when ComfyUI has loaded the graph until a frame has been drawn with a row for each of its models. For scrolling,
a list of 1,000 models moves by 150 pixels in each frame, from its top to its end and back; as many frames of the page at rest
tell what the machine itself is good for.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .host import many_missing, running_host, running_hub

_TEMPLATE = "video_ltx2_depth_to_video"
_ROUNDS = 9
_READY = """() => window.app?.extensionManager?.workflow?.activeWorkflow
  && window.app.extensionManager.getSidebarTabs?.().some((tab) => tab.id === "modelget")"""
_SHOW = """async ([graph, count]) => {
  await window.app.loadGraphData({nodes: [], links: [], version: 0.4});
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await window.app.loadGraphData(graph);
  const loaded = performance.now();
  while (document.querySelectorAll(".modelget-row").length !== count) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - loaded;
}"""
_FRAMES = """async (steps) => {
  const list = document.querySelector(".modelget-rows");
  const frames = [];
  const frame = () => new Promise(requestAnimationFrame);
  let last = await frame();
  for (const step of steps)
    for (let count = 0; count < 750; count += 1) {
      list.scrollTop += step;
      const now = await frame();
      frames.push(now - last);
      last = now;
    }
  return frames;
}"""


def run() -> str:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    flags.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_hub() as environ,
        running_host(Path(scratch), environ) as url,
        sync_playwright() as playwright,
    ):
        page = playwright.chromium.launch(executable_path=chromium, args=flags).new_page()
        page.set_default_timeout(120_000)
        page.goto(url)
        page.wait_for_function(_READY)
        page.evaluate("() => window.app.extensionManager.command.execute('Modelget.Toggle')")
        shown = [page.evaluate(_SHOW, list(_renamed(number))) for number in range(_ROUNDS)]
        page.evaluate("(graph) => window.app.loadGraphData(graph)", many_missing(1000))
        page.wait_for_function(
            "() => document.querySelectorAll('.modelget-row[data-status=fetch]').length === 1000"
        )
        page.wait_for_timeout(3000)
        still, frames = page.evaluate(_FRAMES, [0, 0]), page.evaluate(_FRAMES, [150, -150])
    return _table(shown, still, frames)


def _renamed(number: int) -> tuple[Any, int]:
    """Return the template with other names, and how many models it names."""
    from modelget.workflow import parse

    package = find_spec("comfyui_workflow_templates_json")
    assert package
    assert package.origin
    file = Path(package.origin).parent / "templates" / f"{_TEMPLATE}.json"
    text = file.read_text(encoding="utf-8").replace(".safetensors", f"_{number}.safetensors")
    return json.loads(text), len(parse(text.encode(), file.name).requirements)


def _table(shown: list[float], still: list[float], frames: list[float]) -> str:
    return "\n".join(
        [
            "| goal | | here | |",
            "|---|---|---|---|",
            _goal(
                "ms until all rows of the largest template are drawn, median", 300, statistics.median(shown)
            ),
            _goal(f"longest of {len(frames)} frames while 1,000 rows scroll, ms", 50, max(frames)),
            f"\nRows: {min(shown):.0f} to {max(shown):.0f} ms in {len(shown)} rounds. Frames while it scrolls: {_told(frames)}; "
            f"at rest: {_told(still)}.",
        ]
    )


def _told(frames: list[float]) -> str:
    slow = sum(frame > 50 for frame in frames)
    return f"median {statistics.median(frames):.1f} ms, longest {max(frames):.0f} ms, {slow} above 50 ms"


def _goal(what: str, limit: float, value: float) -> str:
    return f"| {what} | at most {limit:.0f} | **{value:.0f}** | {'met' if value <= limit else 'missed'} |"
