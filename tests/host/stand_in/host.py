"""A host that packs cannot tell from ComfyUI, as far as they look: its modules, its server, its page."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import web

from .core_nodes import core_nodes
from .page import Page
from .running import Worker

PACK = Path(__file__).absolute().parents[3]
"""The repository, which is the pack."""

_FAKES = Path(__file__).parent / "comfyui"
_MODULES = (
    "folder_paths", "nodes", "server", "comfy", "comfy.utils", "comfy.model_management", "comfy.memory_management",
    "comfy_api", "comfy_api.latest",
)  # fmt: skip


class StandIn:
    """Runs a host with the pack in a thread; ``with StandIn(base) as host: … host.url``.

    One at a time in a process: packs find their host among the process's modules, and its settings in the environment.
    """

    def __init__(
        self,
        base: Path,
        environ: Mapping[str, str] | None = None,
        *,
        packs: Mapping[str, Path] | None = None,
        frontend: Path | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Prepare below ``base`` (models, user, output …); ``packs`` are folders by the name they are cloned under."""
        self.base, self.models = base, base / "models"
        self._environ = dict(environ or {})
        self._packs = dict(packs if packs is not None else {"modelget-pack": PACK})
        self._frontend, self._address, self._port = frontend, address, port
        self.packs: dict[str, ModuleType] = {}
        self.modules: dict[str, Any] = {}
        self._loop = asyncio.new_event_loop()
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._crash: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="stand-in host", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._address}:{self._port}"

    @property
    def pack(self) -> ModuleType:
        """The pack's own module, as the host imported it."""
        return next(iter(self.packs.values()))

    def __enter__(self) -> StandIn:
        self._thread.start()
        self._ready.wait(60)
        if self._crash:
            raise self._crash
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            with _environment(self._environ), _host_modules(self.base) as modules:
                self.modules = modules
                self._loop.run_until_complete(self._serve())
        except BaseException as error:
            self._crash = error
            self._ready.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = self.modules["server"].PromptServer(self._loop)
        self.modules["nodes"].NODE_CLASS_MAPPINGS.update(core_nodes())
        for name, folder in self._packs.items():
            await self._load(name, folder)
        worker = Worker(server)
        page = Page(server, worker, self._packs, self._frontend)
        page.add_routes()
        server.add_routes()
        page.add_static(server.app)
        runner = web.AppRunner(server.app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, self._address, self._port)
        await site.start()
        self._port = runner.addresses[0][1]
        events = asyncio.create_task(server.publish())
        self._ready.set()
        await self._end.wait()
        events.cancel()
        await runner.cleanup()
        await self._loop.run_in_executor(None, worker.end)

    async def _load(self, name: str, folder: Path) -> None:
        """Import a pack as ComfyUI does: under its path as name, and go on when it fails."""
        module_name = str(self.base / "custom_nodes" / name).replace(".", "_x_")
        spec = importlib.util.spec_from_file_location(module_name, folder / "__init__.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        try:
            spec.loader.exec_module(module)
            self.packs[name] = module
            web_folder = folder / getattr(module, "WEB_DIRECTORY", "no web folder")
            if web_folder.is_dir():
                self.modules["nodes"].EXTENSION_WEB_DIRS[name] = str(web_folder.resolve())
            extension = await module.comfy_entrypoint()
            await extension.on_load()
            for node_class in await extension.get_node_list():
                node_class.RELATIVE_PYTHON_MODULE = f"custom_nodes.{name}"
                self.modules["nodes"].NODE_CLASS_MAPPINGS[node_class.GET_SCHEMA().node_id] = node_class
        except Exception:
            logging.exception("Cannot import %s module for custom nodes", folder)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _host_modules(base: Path) -> Iterator[dict[str, Any]]:
    """Put the host's modules in place of whatever bears their names, for as long as the host runs."""
    before = dict(sys.modules)
    found: dict[str, Any] = {}
    try:
        for name in _MODULES:
            file = _FAKES / (name.replace(".", "/") + ".py")
            if not file.is_file():
                file = _FAKES / name.replace(".", "/") / "__init__.py"
            search = [str(file.parent)] if file.name == "__init__.py" else None
            spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=search)
            assert spec
            assert spec.loader
            found[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(found[name])
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(found[parent], child, found[name])
        base.mkdir(parents=True, exist_ok=True)
        found["folder_paths"].use(str(base))
        yield found
    finally:
        for name in set(sys.modules) - set(before):
            if name.startswith((str(base), *_MODULES)):
                del sys.modules[name]
        sys.modules.update({name: before[name] for name in _MODULES if name in before})
