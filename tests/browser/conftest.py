"""ComfyUI's real page with the panel in it: against the stand-in or, with COMFYUI_DIR, a real ComfyUI as well."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.panel import PanelPage
from conftest import environ_of
from host.client import Client
from host.hosts import KINDS, hub_of, running
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from modelget.hub import EmbeddedHub

SCREENSHOTS = Path(__file__).parents[2] / ".cache" / "screenshots"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # The page looks at every model's link by itself; nothing shall leave this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip
PATIENCE_MS = 30_000
"""For what takes a moment; a busy machine needs many of them."""

expect.set_options(timeout=PATIENCE_MS)


def frontend() -> Path | None:
    """Return the static folder of the page: the one named by COMFYUI_FRONTEND, or the installed wheel's."""
    if named := os.environ.get("COMFYUI_FRONTEND"):
        return Path(named)
    spec = importlib.util.find_spec("comfyui_frontend_package")
    return Path(spec.origin).parent / "static" if spec and spec.origin else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = (os.environ.get("MODELGET_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("there is no Chromium: `make browser` installs it, or name one in MODELGET_CHROMIUM")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest) -> Iterator[EmbeddedHub]:
    with hub_of(request.module) as running_hub:
        yield running_hub


@pytest.fixture(scope="module", params=KINDS)
def host(
    request: pytest.FixtureRequest, hub: EmbeddedHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The host of a module, with its ``ENVIRON`` and its ``TOML`` as settings."""
    base = tmp_path_factory.mktemp("host") / "ComfyUI"
    config = base.parent / "modelget.toml"
    config.write_text(getattr(request.module, "TOML", ""), encoding="utf-8")
    ours = {"HF_HOME": str(base.parent / "hf"), "HF_TOKEN": "", "MODELGET_CONFIG": str(config)}
    environ = environ_of(hub) | ours | getattr(request.module, "ENVIRON", {})
    page = frontend()
    if page is None or not page.is_dir():
        pytest.fail("ComfyUI's page is not installed: `make setup` installs comfyui-frontend-package")
    with running(request.param, base, environ, page) as started:
        yield started


@pytest.fixture
def models(host: Any) -> Path:
    found: Path = host.models
    return found


@pytest.fixture(scope="module")
def client(host: Any) -> Client:
    return Client(host)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    new = browser.new_context(
        viewport={"width": 1280, "height": 860}, locale="en-US", reduced_motion="reduce"
    )
    yield new
    new.close()


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What went wrong in any page of the test: there must be nothing."""
    seen: list[str] = []
    yield seen
    assert not seen, "errors in the page:\n" + "\n".join(seen)


@pytest.fixture
def open_page(
    request: pytest.FixtureRequest, context: BrowserContext, host: Any, errors: list[str]
) -> Iterator[Callable[..., PanelPage]]:
    """Open the page, several times if wanted; ``settings`` are ComfyUI's own by id."""
    opened: list[Page] = []

    def open_one(before: Callable[[Page], object] | None = None, **settings: Any) -> PanelPage:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: (errors.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        opened.append(page)
        if before:
            before(page)
        return PanelPage(page, host.url).open(settings)

    yield open_one
    name = re.sub(r"[^\w-]+", "_", request.node.name.removeprefix("test_"))
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(opened):
        page.screenshot(path=SCREENSHOTS / f"{name}{number or ''}.png")


@pytest.fixture
def panel(open_page: Callable[..., PanelPage]) -> PanelPage:
    """The page, ready, with an empty graph."""
    return open_page()
