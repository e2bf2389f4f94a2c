"""Data: nodes that keep many models in rows, with widgets of their own to say which rows count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stack:
    """How a node numbers its rows; positions are those of the saved widget values."""

    name: str
    """The input of a row's model, ``{}`` for the number of the row."""
    first: int
    """Where the name of row 1 stands."""
    step: int = 1000
    """How many widgets a row has."""
    switch: str = ""
    """The input that switches a row off, which stands ``offset`` places from the name."""
    offset: int = -1
    count: tuple[str, int] | None = None
    """Input and position of the number of rows that count."""
    toggle: tuple[str, int] | None = None
    """Input and position of the switch for the whole node."""

    def row_of(self, key: int | str) -> int | None:
        """Give the number of the row whose model that is, None for another widget."""
        if isinstance(key, int):
            row, rest = divmod(key - self.first, self.step)
            return row + 1 if row >= 0 and rest == 0 else None
        before, _, after = self.name.partition("{}")
        found = re.fullmatch(f"{re.escape(before)}([0-9]{{0,3}}){re.escape(after)}", key)
        return int(found[1] or 1) if found else None


_LORA_ROWS = Stack("lora_{}_name", first=3, step=4, count=("num_loras", 2), toggle=("toggle", 0))

STACKS: Mapping[str, Stack] = {
    # Suzie1/ComfyUI_Comfyroll_CustomNodes: nodes/nodes_lora.py, nodes_controlnet.py, nodes_upscale.py, nodes_model_merge.py
    "CR Load LoRA": Stack("lora_name", first=1, switch="switch"),
    "CR LoRA Stack": Stack("lora_name_{}", first=1, step=4, switch="switch_{}"),
    "CR Random LoRA Stack": Stack("lora_name_{}", first=3, step=5, switch="switch_{}", offset=1),
    "CR Multi-ControlNet Stack": Stack("controlnet_{}", first=1, step=5, switch="switch_{}"),
    "CR Multi Upscale Stack": Stack("upscale_model_{}", first=1, step=3, switch="switch_{}"),
    "CR Model Merge Stack": Stack("ckpt_name{}", first=1, step=4, switch="switch_{}"),
    # jakechai/ComfyUI-JakeUpgrade: nodes/jake_node_lora.py
    "CR LoRA Stack Model Only JK": Stack("lora_name_{}", first=1, step=3, switch="lora_{}"),
    # jags111/efficiency-nodes-comfyui: efficiency_nodes.py
    "LoRA Stacker": Stack("lora_name_{}", first=2, step=4, count=("lora_count", 1)),
    "XY Input: LoRA": Stack("lora_name_{}", first=8, step=3, count=("lora_count", 5)),
    "XY Input: Checkpoint": Stack("ckpt_name_{}", first=7, step=3, count=("ckpt_count", 6)),
    # yolain/ComfyUI-Easy-Use: py/nodes/loaders.py; TinyTerra/ComfyUI_tinyterraNodes: ttNpy/tinyterraNodes.py
    "easy loraStack": _LORA_ROWS,
    "ttN pipeLoraStack": _LORA_ROWS,
    "easy controlnetStack": Stack(
        "controlnet_{}", first=3, step=5, count=("num_controlnet", 2), toggle=("toggle", 0)
    ),
}


def is_switched_off(node_type: str, key: int | str, values: list[object] | dict[str, object]) -> bool:
    """Tell whether the node's own widgets switch off the row that holds the value at ``key`` of the saved values."""
    stack = STACKS.get(node_type)
    row = stack.row_of(key) if stack else None
    if stack is None or row is None:
        return False
    if stack.switch:
        switch = key + stack.offset if isinstance(key, int) else stack.switch.format(row)
        return _is_off(_at(values, switch))
    toggle, rows = (
        _at(values, place[isinstance(key, int)]) if place else None for place in (stack.toggle, stack.count)
    )
    return _is_off(toggle) or (type(rows) is int and row > rows)


def _at(values: list[object] | dict[str, object], key: int | str) -> object:
    if isinstance(values, dict):
        return values.get(str(key))
    return values[key] if isinstance(key, int) and 0 <= key < len(values) else None


def _is_off(value: object) -> bool:
    return value is False or value in ("Off", "False")
