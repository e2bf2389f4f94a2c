"""Data: nodes that hand on one of their inputs, and nodes that hand a value on without a link."""

from __future__ import annotations

from collections.abc import Mapping

SWITCHES: Mapping[str, tuple[str, str]] = {
    # Comfy-Org/ComfyUI: comfy_extras/nodes_logic.py
    "ComfySwitchNode": ("switch", "on_{}"),
    # kijai/ComfyUI-KJNodes: nodes/nodes.py; crystian/ComfyUI-Crystools: nodes/switch.py
    "LazySwitchKJ": ("switch", "on_{}"),
    "Switch any [Crystools]": ("boolean", "on_{}"),
    "Switch string [Crystools]": ("boolean", "on_{}"),
    # ltdrdata/ComfyUI-Impact-Pack: modules/impact/util_nodes.py; yolain/ComfyUI-Easy-Use: py/nodes/logic.py
    "ImpactSwitch": ("select", "input{}"),
    "easy anythingIndexSwitch": ("index", "value{}"),
    # Suzie1/ComfyUI_Comfyroll_CustomNodes: nodes/nodes_utils_logic.py
    "CR Text Input Switch": ("Input", "text{}"),
    "CR Text Input Switch (4 way)": ("Input", "text{}"),
}
"""The input that chooses, saved first, and the name of the chosen input with the choice in it."""

FIRST_OF = frozenset({"Any Switch (rgthree)"})
"""They hand on the first input that brings anything (rgthree/rgthree-comfy: py/any_switch.py)."""

SETTERS = frozenset({"SetNode", "easy setNode"})
GETTERS = frozenset({"GetNode", "easy getNode"})
"""A getter hands on what the setter of the same key, in its own graph or one around it, receives
(kijai/ComfyUI-KJNodes: web/js/setgetnodes.js; yolain/ComfyUI-Easy-Use: web_version/v1/js/getset.js)."""


def chosen_input(node_type: str, choice: object) -> str | None:
    """Name the input that a switch hands on; None when only running the workflow tells."""
    if node_type not in SWITCHES or not isinstance(choice, int):
        return None
    return SWITCHES[node_type][1].format(str(choice).lower())
