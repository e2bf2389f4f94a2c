"""What the loaders share: get one model, then let ComfyUI's own node load it."""

from __future__ import annotations

from typing import Any, ClassVar

from comfy_api.latest import io

from ..adapters.loading import load_with
from .inputs import fault_in, model_inputs
from .since import if_known

CATEGORY = "model/loaders/modelget"


class Loader(io.ComfyNode):
    """A loader of one file; each kind says what it is called and which of ComfyUI's nodes loads it."""

    NODE_ID: ClassVar[str]
    TITLE: ClassVar[str]
    FOLDER: ClassVar[str]
    LOADS_WITH: ClassVar[tuple[str, str]]
    """ComfyUI's own node, and its input for the file's name."""
    OUTPUTS: ClassVar[tuple[io.Output, ...]]
    INPUTS_AFTER: ClassVar[tuple[io.Input, ...]] = ()

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node; the list of files is read each time the page asks."""
        return io.Schema(
            node_id=cls.NODE_ID,
            display_name=f"{cls.TITLE} (Modelget)",
            category=CATEGORY,
            description=f"{cls.TITLE} as ComfyUI does; fetches and verifies the file first when it is not here.",
            **if_known(io.Schema, search_aliases=["download model", cls.FOLDER]),
            inputs=[*model_inputs(cls.FOLDER), *cls.INPUTS_AFTER],
            outputs=list(cls.OUTPUTS),
        )

    @classmethod
    def validate_inputs(cls, model: str = "", source: str = "", sha256: str = "") -> bool | str:
        """Accept a name that is not in the list: the model may still have to be fetched."""
        return fault_in(model, source, sha256) or True

    @classmethod
    def execute(cls, model: str, source: str = "", sha256: str = "", **options: Any) -> io.NodeOutput:
        """Get the model, then load it as ComfyUI does."""
        from ..adapters.getting import get_model  # ComfyUI starts faster without it

        name = get_model(cls.FOLDER, model, source, sha256)
        node, name_input = cls.LOADS_WITH
        return io.NodeOutput(*load_with(node, cls.FOLDER, {name_input: name, **options}, [sha256]))
