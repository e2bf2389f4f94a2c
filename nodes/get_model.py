"""Get Model: make sure that a model is here, and give its name to any loader of any pack."""

from __future__ import annotations

from comfy_api.latest import io

from ..adapters.host import model_folders
from .inputs import fault_in, source_inputs
from .loader import CATEGORY
from .since import if_known


class GetModel(io.ComfyNode):
    """Get Model (Modelget)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="ModelgetGetModel",
            display_name="Get Model (Modelget)",
            category=CATEGORY,
            description="Waits until a model is here and verified; connect its name to any loader.",
            **if_known(io.Schema, search_aliases=["download model", "fetch model"]),
            inputs=[
                io.Combo.Input("folder", options=model_folders(), tooltip="The model folder it belongs in."),
                io.String.Input(
                    "model",
                    default="",
                    tooltip="Its file name, sub-folder included. Empty: as its source calls it.",
                ),
                *source_inputs(),
            ],
            outputs=[io.AnyType.Output("name", tooltip="The name as loaders list it.")],
        )

    @classmethod
    def validate_inputs(cls, model: str = "", source: str = "", sha256: str = "") -> bool | str:
        """Say what is wrong before anything runs."""
        return fault_in(model, source, sha256) or True

    @classmethod
    def execute(cls, folder: str, model: str = "", source: str = "", sha256: str = "") -> io.NodeOutput:
        """Get the model and return its name."""
        from ..adapters.getting import get_model  # ComfyUI starts faster without it

        return io.NodeOutput(get_model(folder, model, source, sha256))
