"""The routes that the page and API clients ask, as ComfyUI answers them."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from . import recorded
from .running import Prompt, Worker
from .validation import Json, Refused, validate

Response = web.StreamResponse


class Page:
    """The host's own routes; settings and saved workflows are kept in memory."""

    def __init__(self, server: Any, worker: Worker, packs: dict[str, Path], frontend: Path | None) -> None:
        self._server, self._worker, self._packs, self._frontend = server, worker, packs, frontend
        self._settings: Json = {}
        self._saved: dict[str, bytes] = {}
        self._number = 0

    def add_routes(self) -> None:
        """Add them to the server's table, to be doubled below ``/api``."""
        routes: web.RouteTableDef = self._server.routes
        for route in ("features", "users", "global_subgraphs", "node_replacements"):
            routes.get(f"/{route}")(_recorded(f"GET /api/{route}"))
        for path, handler in (
            ("/i18n", self._i18n), ("/system_stats", self._system_stats), ("/settings", self._get_settings), ("/object_info", self._object_info),
            ("/object_info/{name}", self._object_info), ("/extensions", self._extensions), ("/models", self._folders),
            ("/models/{folder}", self._files), ("/experiment/models", self._experiment),
            ("/experiment/models/{folder}", self._nothing), ("/jobs", self._jobs), ("/history", self._history),
            ("/history/{id}", self._history), ("/queue", self._queue), ("/prompt", self._queue), ("/view", self._view),
            ("/workflow_templates", self._templates), ("/workflow_templates/{pack}/{file}", self._template),
            ("/userdata", self._list_saved), ("/userdata/{file}", self._get_saved), ("/ws", self._server.websocket),
        ):  # fmt: skip
            routes.get(path)(handler)
        routes.post("/prompt")(self._post_prompt)
        routes.post("/interrupt")(self._interrupt)
        routes.post("/settings")(self._post_settings)
        routes.post("/settings/{id}")(self._post_settings)
        routes.post("/userdata/{file}")(self._save)

    def add_static(self, app: web.Application) -> None:
        """Add what has no ``/api`` twin: the page itself, packs' scripts, the official templates."""
        app.router.add_get("/internal/folder_paths", self._folder_paths)
        app.router.add_get("/internal/logs", _text(""))
        app.router.add_get("/internal/logs/raw", _json({"entries": [], "size": {"cols": 80, "rows": 24}}))
        app.router.add_patch("/internal/logs/subscribe", _text(""))
        app.router.add_get("/templates/index.json", _json([]))
        app.router.add_get("/templates/index_logo.json", _json({}))
        for name, folder in sys.modules["nodes"].EXTENSION_WEB_DIRS.items():
            app.router.add_static(f"/extensions/{name}", folder)
        if self._frontend:
            app.router.add_get("/", self._index)
            app.router.add_static("/", self._frontend)

    async def _i18n(self, _request: web.Request) -> Response:
        """Give what the packs' ``locales/LANGUAGE/*.json`` say; ``main.json`` lies at the top of its language."""
        found: Json = {}
        for file in (path for folder in self._packs.values() for path in folder.glob("locales/*/*.json")):
            told = json.loads(file.read_text(encoding="utf-8"))
            found.setdefault(file.parent.name, {}).update(told if file.stem == "main" else {file.stem: told})
        return web.json_response(found)

    async def _post_prompt(self, request: web.Request) -> Response:
        body = self._server.trigger_on_prompt(await request.json())
        if "prompt" not in body:
            error = {"type": "no_prompt", "message": "No prompt provided", "details": "", "extra_info": {}}
            return web.json_response({"error": error, "node_errors": {}}, status=400)
        classes = sys.modules["nodes"].NODE_CLASS_MAPPINGS
        try:
            outputs, node_errors = validate(body["prompt"], classes, body.get("partial_execution_targets"))
        except Refused as refusal:
            errors = getattr(refusal, "node_errors", {})
            return web.json_response({"error": refusal.error, "node_errors": errors}, status=400)
        extra = dict(body.get("extra_data") or {})
        if "client_id" in body:
            extra["client_id"] = body["client_id"]
        prompt = Prompt(body.get("prompt_id") or str(uuid.uuid4()), body["prompt"], outputs, extra)
        self._number += 1
        self._worker.put(prompt)
        return web.json_response({"prompt_id": prompt.id, "number": self._number, "node_errors": node_errors})

    async def _interrupt(self, _request: web.Request) -> Response:
        sys.modules["comfy.model_management"].interrupt_current_processing()
        return web.Response()

    async def _object_info(self, request: web.Request) -> Response:
        classes = sys.modules["nodes"].NODE_CLASS_MAPPINGS
        name = request.match_info.get("name")
        chosen = {name: classes[name]} if name in classes else {} if name else classes
        return web.json_response({name: _info(node_class) for name, node_class in chosen.items()})

    async def _extensions(self, _request: web.Request) -> Response:
        return web.json_response(
            [
                f"/extensions/{name}/{path.relative_to(folder).as_posix()}"
                for name, folder in sys.modules["nodes"].EXTENSION_WEB_DIRS.items()
                for path in sorted(Path(folder).rglob("*.js"))
            ]
        )

    async def _system_stats(self, _request: web.Request) -> Response:
        stats = recorded.answer("GET /api/system_stats")
        stats["system"]["argv"] = ["main.py", "--disable-api-nodes"]
        return web.json_response(stats)

    async def _get_settings(self, _request: web.Request) -> Response:
        return web.json_response(self._settings)

    async def _post_settings(self, request: web.Request) -> Response:
        value = json.loads(await request.read())
        self._settings |= {request.match_info["id"]: value} if "id" in request.match_info else value
        return web.Response()

    async def _folders(self, _request: web.Request) -> Response:
        return web.json_response(list(sys.modules["folder_paths"].folder_names_and_paths))

    async def _files(self, request: web.Request) -> Response:
        paths, folder = sys.modules["folder_paths"], request.match_info["folder"]
        if folder not in paths.folder_names_and_paths:
            return web.Response(status=404)
        return web.json_response(paths.get_filename_list(folder))

    async def _experiment(self, _request: web.Request) -> Response:
        folders = sys.modules["folder_paths"].folder_names_and_paths.items()
        return web.json_response(
            [
                {"name": name, "folders": roots, "extensions": sorted(extensions)}
                for name, (roots, extensions) in folders
                if name not in ("configs", "custom_nodes")
            ]
        )

    async def _folder_paths(self, _request: web.Request) -> Response:
        folders = sys.modules["folder_paths"].folder_names_and_paths.items()
        return web.json_response({name: roots for name, (roots, _) in folders})

    async def _nothing(self, _request: web.Request) -> Response:
        return web.json_response([])

    async def _jobs(self, request: web.Request) -> Response:
        wanted = request.query.get("status", "").split(",")
        jobs = [
            {
                "id": one.id,
                "status": one.status,
                "create_time": one.created,
                "outputs_count": len(one.results),
            }
            for one in self._worker.prompts.values()
            if one.status in wanted
        ]
        pages = {
            "offset": 0,
            "limit": int(request.query.get("limit", 200)),
            "total": len(jobs),
            "has_more": False,
        }
        return web.json_response({"jobs": jobs, "pagination": pages})

    async def _history(self, request: web.Request) -> Response:
        history = self._worker.history()
        chosen = request.match_info.get("id")
        return web.json_response(
            {chosen: history[chosen]} if chosen in history else {} if chosen else history
        )

    async def _queue(self, request: web.Request) -> Response:
        if request.path.endswith("/prompt"):
            return web.json_response(self._server.queue_info())
        states = {"queue_running": "in_progress", "queue_pending": "pending"}
        prompts = self._worker.prompts.values()
        return web.json_response(
            {
                name: [[0, one.id, one.nodes, {}, one.outputs] for one in prompts if one.status == state]
                for name, state in states.items()
            }
        )

    async def _view(self, request: web.Request) -> Response:
        name = request.query.get("filename", "")
        file = Path(sys.modules["folder_paths"].get_output_directory()) / name
        if "/" in name or ".." in name or not file.is_file():
            return web.Response(status=404)
        return web.FileResponse(file)

    async def _templates(self, _request: web.Request) -> Response:
        found = {}
        for name, folder in self._packs.items():
            for place in ("workflows", "workflow", "example_workflows", "example", "examples"):
                if files := sorted((folder / place).glob("*.json")):
                    found[name] = [file.stem for file in files]
        return web.json_response(found)

    async def _template(self, request: web.Request) -> Response:
        folder, name = self._packs.get(request.match_info["pack"]), Path(request.match_info["file"]).name
        files = folder.glob(f"*/{name}") if folder else ()
        file = next(iter(files), None)
        return web.FileResponse(file) if file else web.Response(status=404)

    async def _list_saved(self, request: web.Request) -> Response:
        inside = [name for name in self._saved if name.startswith(request.query.get("dir", "") + "/")]
        if not inside:
            return web.Response(status=404, text="Directory not found")
        return web.json_response([self._saved_info(name) for name in inside])

    async def _get_saved(self, request: web.Request) -> Response:
        body = self._saved.get(unquote(request.match_info["file"]))
        return web.Response(body=body, content_type="application/json") if body else web.Response(status=404)

    async def _save(self, request: web.Request) -> Response:
        name = unquote(request.match_info["file"])
        if name in self._saved and request.query.get("overwrite") == "false":
            return web.Response(status=409)
        self._saved[name] = await request.read()
        return web.json_response(self._saved_info(name))

    def _saved_info(self, name: str) -> Json:
        return {"path": name, "size": len(self._saved[name]), "modified": 0, "created": 0}

    async def _index(self, _request: web.Request) -> Response:
        assert self._frontend is not None
        return web.FileResponse(self._frontend / "index.html", headers={"Cache-Control": "no-cache"})


def _info(node_class: Any) -> Json:
    if hasattr(node_class, "GET_NODE_INFO_V1"):
        found: Json = node_class.GET_NODE_INFO_V1()
        return found
    return node_class.INFO | {"input": node_class.INPUT_TYPES()}


def _recorded(route: str) -> Any:
    return _json(recorded.answer(route))


def _json(body: Any) -> Any:
    async def handler(_request: web.Request) -> Response:
        return web.json_response(body)

    return handler


def _text(body: str) -> Any:
    async def handler(_request: web.Request) -> Response:
        return web.Response(text=body)

    return handler
