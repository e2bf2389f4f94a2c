"""Run prompts one after another on a thread of their own, as ComfyUI's ``prompt_worker`` does, and tell the page."""

from __future__ import annotations

import inspect
import queue
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

from .validation import Json, is_link


@dataclass
class Prompt:
    """One queued prompt, and what became of it."""

    id: str
    nodes: Json
    outputs: list[str]
    extra: Json
    status: str = "pending"
    results: Json = field(default_factory=dict)
    error: Json | None = None
    created: int = field(default_factory=lambda: int(time.time() * 1000))


class Worker:
    """The queue and its thread."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._waiting: queue.Queue[Prompt | None] = queue.Queue()
        self.prompts: dict[str, Prompt] = {}
        self._cache: dict[str, tuple[Any, Any]] = {}
        self._thread = threading.Thread(target=self._work, name="prompt_worker", daemon=True)
        self._thread.start()

    def put(self, prompt: Prompt) -> None:
        """Queue a prompt that was found valid."""
        self.prompts[prompt.id] = prompt
        self._server.remaining += 1
        self._tell_count()
        self._waiting.put(prompt)

    def end(self) -> None:
        """Finish what runs, and end."""
        self._waiting.put(None)
        self._thread.join(10)

    def history(self) -> Json:
        """Return what ``GET /history`` shows of finished prompts."""
        return {
            prompt.id: {
                "prompt": [0, prompt.id, prompt.nodes, prompt.extra, prompt.outputs],
                "outputs": prompt.results,
                "status": {
                    "status_str": "error" if prompt.error else "success",
                    "completed": prompt.error is None,
                    "messages": [["execution_error", prompt.error]] if prompt.error else [],
                },
            }
            for prompt in self.prompts.values()
            if prompt.status in ("completed", "failed")
        }

    def _work(self) -> None:
        while prompt := self._waiting.get():
            prompt.status = "in_progress"
            _Run(prompt, self._server, self._cache).run()
            prompt.status = "failed" if prompt.error else "completed"
            self._server.remaining -= 1
            self._tell_count()
            self._server.send_sync("executing", {"node": None, "prompt_id": prompt.id}, _client(prompt))

    def _tell_count(self) -> None:
        self._server.send_sync("status", {"status": self._server.queue_info()})


def _client(prompt: Prompt) -> str | None:
    client: str | None = prompt.extra.get("client_id")
    return client


class _Run:
    """One prompt on its way through its nodes."""

    def __init__(self, prompt: Prompt, server: Any, cache: dict[str, tuple[Any, Any]]) -> None:
        self._prompt, self._server, self._cache = prompt, server, cache
        self._states: Json = {}
        self._node = ""

    def run(self) -> None:
        utils = sys.modules["comfy.utils"]
        utils.PROGRESS_BAR_HOOK = self._progress
        self._send("execution_start", timestamp=int(time.time() * 1000))
        self._send("execution_cached", nodes=[], timestamp=int(time.time() * 1000))
        done: dict[str, tuple[Any, ...]] = {}
        try:
            for output in self._prompt.outputs:
                self._value_of(output, done)
            self._send("execution_success", timestamp=int(time.time() * 1000))
        except BaseException as error:
            self._fail(error, list(done))
        finally:
            utils.PROGRESS_BAR_HOOK = None

    def _value_of(self, node: str, done: dict[str, tuple[Any, ...]]) -> tuple[Any, ...]:
        if node in done:
            return done[node]
        entry = self._prompt.nodes[node]
        inputs = {
            name: self._value_of(value[0], done)[value[1]] if is_link(value) else value
            for name, value in entry["inputs"].items()
        }
        self._node = node
        self._show("running", 0, 1)
        self._send("executing", node=node, display_node=node)
        sys.modules["comfy.model_management"].throw_exception_if_processing_interrupted()
        values, ui = self._call(node, entry["class_type"], inputs)
        if ui is not None:
            self._prompt.results[node] = ui
            self._send("executed", node=node, display_node=node, output=ui)
        self._show("finished", 1, 1)
        done[node] = values
        return values

    def _call(self, node: str, kind: str, inputs: Json) -> tuple[tuple[Any, ...], Any]:
        node_class = sys.modules["nodes"].NODE_CLASS_MAPPINGS[kind]
        if hasattr(node_class, "GET_SCHEMA"):
            return self._call_new(node, node_class, inputs)
        result = getattr(node_class(), node_class.FUNCTION)(**inputs)
        if isinstance(result, dict):
            return tuple(result.get("result", ())), result.get("ui")
        return tuple(result), None

    def _call_new(self, node: str, node_class: Any, inputs: Json) -> tuple[tuple[Any, ...], Any]:
        known = {
            "unique_id": node,
            "prompt": self._prompt.nodes,
            "extra_pnginfo": self._prompt.extra.get("extra_pnginfo"),
        }
        asked = {hidden.name for hidden in node_class.GET_SCHEMA().hidden}
        io = sys.modules["comfy_api.latest"].io
        hidden = io.HiddenHolder({name: value for name, value in known.items() if name in asked})
        clone = type(node_class.__name__, (node_class,), {"hidden": hidden})
        # A node that gives the same fingerprint again is not run again.
        fingerprint = node_class.overrides("fingerprint_inputs")
        mark = repr((inputs, fingerprint(**inputs) if fingerprint else None))
        if (kept := self._cache.get(f"{node}:{node_class.__name__}")) and kept[0] == mark:
            output = kept[1]
        else:
            output = clone.execute(**inputs)
            if inspect.isawaitable(output):
                import asyncio

                output = asyncio.run(_awaited(output))
            self._cache[f"{node}:{node_class.__name__}"] = (mark, output)
        return tuple(output.args), output.ui if output.ui is None or isinstance(
            output.ui, dict
        ) else output.ui.as_dict()

    def _progress(self, value: float, total: float, _preview: Any, node_id: str | None = None) -> None:
        sys.modules["comfy.model_management"].throw_exception_if_processing_interrupted()
        self._show("running", value, total)
        self._send("progress", value=value, max=total, node=node_id or self._node)

    def _show(self, state: str, value: float, total: float) -> None:
        node = self._node
        self._states[node] = {
            "value": value, "max": total, "state": state, "node_id": node, "prompt_id": self._prompt.id,
            "display_node_id": node, "parent_node_id": None, "real_node_id": node,
        }  # fmt: skip
        self._send("progress_state", nodes=dict(self._states))

    def _fail(self, error: BaseException, executed: list[str]) -> None:
        kind = type(error)
        facts = {
            "node_id": self._node,
            "node_type": self._prompt.nodes[self._node]["class_type"] if self._node else "",
            "executed": executed,
            "prompt_id": self._prompt.id,
        }
        if kind.__name__ == "InterruptProcessingException":
            self._prompt.error = facts
            self._send("execution_interrupted", **facts)
            return
        facts |= {
            "exception_message": f"{error}\n",
            "exception_type": kind.__qualname__
            if kind.__module__ == "builtins"
            else f"{kind.__module__}.{kind.__qualname__}",
            "traceback": traceback.format_tb(error.__traceback__),
        }
        self._prompt.error = facts
        self._send("execution_error", **facts)

    def _send(self, event: str, **data: Any) -> None:
        self._server.send_sync(event, {"prompt_id": self._prompt.id} | data, _client(self._prompt))


async def _awaited(value: Any) -> Any:
    return await value
