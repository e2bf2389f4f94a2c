"""Whatever fails of ours, ComfyUI starts, serves and runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests
from host.client import Client
from host.stand_in import PACK, StandIn
from host.stand_in.recorded import is_here

pytestmark = pytest.mark.skipif(not is_here(), reason="no recordings in ../shared/data/host")

IMPORT = """
import asyncio, importlib.util, socket, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
import aiohttp
from host.stand_in import host as stand_in
with stand_in._host_modules(Path({base!r})) as modules:
    modules["server"].PromptServer(asyncio.new_event_loop())
    before = set(sys.modules)
    files = {{path for path in Path({base!r}).rglob("*")}}
    def forbidden(event, args):
        if event in ("socket.connect", "socket.bind", "socket.getaddrinfo"):
            raise SystemExit(f"{{event}} at import")
        if event == "open" and args[1] not in (None, "r", "rb") and not str(args[0]).endswith((".pyc", "null")):
            if "__pycache__" not in str(args[0]):
                raise SystemExit(f"{{args[0]}} opened with {{args[1]}} at import")
    sys.addaudithook(forbidden)
    spec = importlib.util.spec_from_file_location("any_name", {init!r})
    pack = importlib.util.module_from_spec(spec)
    sys.modules["any_name"] = pack
    spec.loader.exec_module(pack)
    assert files == {{path for path in Path({base!r}).rglob("*")}}
    print(*sorted(name for name in set(sys.modules) - before if not name.startswith(("any_name.nodes", "comfy"))))
"""


def test_importing_the_pack_opens_nothing_and_brings_no_part_of_the_core(tmp_path):
    words = {"tests": str(PACK / "tests"), "base": str(tmp_path / "base"), "init": str(PACK / "__init__.py")}
    ran = subprocess.run(
        [sys.executable, "-c", IMPORT.format(**words)], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    imported = ran.stdout.split()
    assert "any_name.adapters.attach" in imported
    heavy = ("any_name.modelget.http", "any_name.modelget.pipeline", "requests", "torch", "huggingface_hub")
    assert not [name for name in imported if name.startswith(heavy)]


def test_a_setting_that_is_wrong_stops_our_routes_and_nothing_of_comfyuis(tmp_path):
    home = tmp_path / "ComfyUI" / "user" / "__modelget"
    home.mkdir(parents=True)
    (home / "modelget.toml").write_text('autofetch = "always"\n')
    with StandIn(tmp_path / "ComfyUI") as host:
        answer = requests.get(f"{host.url}/modelget/settings", timeout=30)
        assert answer.status_code == 409
        error = answer.json()["error"]
        assert "autofetch" in error["message"]
        assert str(tmp_path) not in answer.text
        image = {
            "class_type": "EmptyImage",
            "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 0},
        }
        saved = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
        prompt = requests.post(f"{host.url}/prompt", json={"prompt": {"1": image, "2": saved}}, timeout=30)
        assert prompt.status_code == 200


@pytest.mark.parametrize("module", ["queue", "routes", "office"])
def test_a_fault_in_our_own_code_leaves_the_queue_working(tmp_path, monkeypatch, module):
    with StandIn(tmp_path / "ComfyUI") as host:
        # None in sys.modules makes the import fail, as a broken file would.
        monkeypatch.setitem(sys.modules, f"{host.pack.__name__}.adapters.{module}", None)
        image = {
            "class_type": "EmptyImage",
            "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 0},
        }
        saved = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
        prompt = requests.post(f"{host.url}/prompt", json={"prompt": {"1": image, "2": saved}}, timeout=30)
        assert prompt.status_code == 200


def test_without_a_server_to_attach_to_the_nodes_still_load(tmp_path, monkeypatch, caplog):
    packs = {"first": PACK}
    with StandIn(tmp_path / "ComfyUI", packs=packs) as host:
        attach = sys.modules[f"{host.pack.__name__}.adapters.attach"]
        monkeypatch.setattr(host.modules["server"].PromptServer, "instance", None)
        attach.attach()
    assert "panel and queue are not available" in caplog.text


def test_the_pack_loads_under_whatever_name_it_was_cloned(tmp_path):
    link = tmp_path / "a-name with.dots"
    try:
        link.symlink_to(PACK, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    with StandIn(tmp_path / "ComfyUI", packs={"a-name with.dots": Path(link)}) as host:
        assert Client(host).get("settings")["version"]
