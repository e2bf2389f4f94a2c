"""Inputs, outputs, schema and base class of V3 nodes, and their description in the older form."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar


class Hidden(str, Enum):
    """What a node may ask to know about its surroundings."""

    unique_id = "UNIQUE_ID"
    prompt = "PROMPT"
    extra_pnginfo = "EXTRA_PNGINFO"


class Input:
    """One input of a node."""

    io_type: ClassVar[str] = "*"
    widget: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Settings of this kind: the argument's name, and how the page calls it."""

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        **settings: Any,
    ) -> None:
        self.id, self.optional, self.settings = id, optional, settings
        unknown = settings.keys() - {name for name, _ in (*_COMMON, *self.widget)}
        if unknown:
            raise TypeError(f"{type(self).__qualname__} takes no {', '.join(sorted(unknown))}")
        self.display_name, self.tooltip = display_name, tooltip

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as the page reads them."""
        found = {"display_name": self.display_name, "tooltip": self.tooltip}
        for name, shown in (*_COMMON, *self.widget):
            found[shown] = self.settings.get(name)
        return {name: value for name, value in found.items() if value is not None}


_COMMON = (
    ("lazy", "lazy"), ("raw_link", "rawLink"), ("advanced", "advanced"), ("default", "default"),
    ("socketless", "socketless"), ("force_input", "forceInput"), ("extra_dict", "extra_dict"),
)  # fmt: skip


class Output:
    """One output of a node."""

    io_type: ClassVar[str] = "*"

    def __init__(
        self,
        id: str | None = None,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
    ) -> None:
        self.id, self.display_name = id, display_name or id
        self.tooltip, self.is_output_list = tooltip, is_output_list


class ComfyType:
    """A kind of value that goes from node to node."""

    io_type: ClassVar[str]
    Input: ClassVar[type[Input]]
    Output: ClassVar[type[Output]]


def _kind(io_type: str, *widget: tuple[str, str]) -> type[ComfyType]:
    name = io_type.title().replace("_", "")
    taken = type(f"{name}Input", (Input,), {"io_type": io_type, "widget": widget})
    given = type(f"{name}Output", (Output,), {"io_type": io_type})
    return type(name, (ComfyType,), {"io_type": io_type, "Input": taken, "Output": given})


def Custom(io_type: str) -> type[ComfyType]:  # noqa: N802 - the API's own name
    """Make a kind of a pack's own."""
    return _kind(io_type)


_RANGE = (("min", "min"), ("max", "max"), ("step", "step"), ("display_mode", "display"))
Boolean = _kind("BOOLEAN", ("label_on", "label_on"), ("label_off", "label_off"))
Int = _kind("INT", *_RANGE, ("control_after_generate", "control_after_generate"))
Float = _kind("FLOAT", *_RANGE, ("round", "round"))
String = _kind("STRING", ("multiline", "multiline"), ("placeholder", "placeholder"), ("dynamic_prompts", "dynamicPrompts"))  # fmt: skip
Combo = _kind("COMBO", ("options", "options"), ("control_after_generate", "control_after_generate"))
AnyType = _kind("*")
Image, Mask, Latent, Conditioning = _kind("IMAGE"), _kind("MASK"), _kind("LATENT"), _kind("CONDITIONING")
Model, Clip, Vae = _kind("MODEL"), _kind("CLIP"), _kind("VAE")
ControlNet, ClipVision = _kind("CONTROL_NET"), _kind("CLIP_VISION")
StyleModel, UpscaleModel = _kind("STYLE_MODEL"), _kind("UPSCALE_MODEL")


@dataclass
class Schema:
    """What a node says about itself."""

    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_input_list: bool = False
    is_output_node: bool = False
    is_deprecated: bool = False
    is_experimental: bool = False
    is_api_node: bool = False
    not_idempotent: bool = False
    enable_expand: bool = False
    accept_all_inputs: bool = False

    def validate(self) -> None:
        """Refuse ids that come twice, as the host does."""
        for ids in ([one.id for one in self.inputs], [one.id for one in self.outputs]):
            if len(set(ids)) != len(ids):
                raise ValueError(f"{self.node_id}: ids must be unique: {ids}")

    def finalize(self) -> None:
        """Give outputs without ids default ids, and output nodes what they are told."""
        for number, output in enumerate(self.outputs):
            output.id = output.id or f"_{number}_{output.io_type}_"
        if self.is_output_node:
            self.hidden = list(dict.fromkeys((*self.hidden, Hidden.prompt, Hidden.extra_pnginfo)))


class HiddenHolder:
    """What the node asked to know, by name; None for what it did not."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known

    def __getattr__(self, name: str) -> Any:
        return self._known.get(name)


class NodeOutput:
    """What a node gives."""

    def __init__(
        self,
        *args: Any,
        ui: Any = None,
        expand: dict[str, Any] | None = None,
        block_execution: str | None = None,
    ) -> None:
        self.args, self.ui, self.expand, self.block_execution = args, ui, expand, block_execution


class ComfyNode:
    """Base class of V3 nodes."""

    RELATIVE_PYTHON_MODULE: str | None = None
    hidden: HiddenHolder = HiddenHolder({})

    @classmethod
    def define_schema(cls) -> Schema:
        """Describe the node."""
        raise NotImplementedError

    @classmethod
    def execute(cls, **kwargs: Any) -> NodeOutput:
        """Run the node."""
        raise NotImplementedError

    @classmethod
    def GET_SCHEMA(cls) -> Schema:  # noqa: N802
        """Return the schema, checked."""
        schema = cls.define_schema()
        schema.finalize()
        schema.validate()
        return schema

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """Return the inputs in the older form."""
        schema = cls.GET_SCHEMA()
        found: dict[str, Any] = {"required": {}}
        for one in schema.inputs:
            found.setdefault("optional" if one.optional else "required", {})[one.id] = (
                one.io_type,
                one.as_dict(),
            )
        if schema.hidden:
            found["hidden"] = {hidden.name: (hidden.value,) for hidden in schema.hidden}
        return found

    @classmethod
    def GET_NODE_INFO_V1(cls) -> dict[str, Any]:  # noqa: N802
        """Return the entry for ``/object_info``."""
        schema, inputs = cls.GET_SCHEMA(), cls.INPUT_TYPES()
        return {
            "input": inputs,
            "input_order": {part: list(names) for part, names in inputs.items()},
            "is_input_list": schema.is_input_list,
            "output": [one.io_type for one in schema.outputs],
            "output_is_list": [one.is_output_list for one in schema.outputs],
            "output_name": [one.display_name or one.io_type for one in schema.outputs],
            "output_tooltips": [one.tooltip for one in schema.outputs],
            "name": schema.node_id,
            "display_name": schema.display_name,
            "description": schema.description,
            "python_module": cls.RELATIVE_PYTHON_MODULE or "nodes",
            "category": schema.category,
            "output_node": schema.is_output_node,
            "deprecated": schema.is_deprecated,
            "experimental": schema.is_experimental,
            "api_node": schema.is_api_node,
            "search_aliases": schema.search_aliases or None,
        }

    @classmethod
    def overrides(cls, name: str) -> Any:
        """Return the class's own method of that name; None when it has only what this class gives."""
        found = inspect.getattr_static(cls, name, None)
        own = found is not None and found is not inspect.getattr_static(ComfyNode, name, None)
        return getattr(cls, name) if own else None
