"""Model Card: what is known about a model, as text."""

from __future__ import annotations

from comfy_api.latest import io

from ..adapters.host import model_folders
from .inputs import fault_in, source_inputs
from .loader import CATEGORY
from .since import if_known


class ModelCard(io.ComfyNode):
    """Model Card (Modelget)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="ModelgetModelCard",
            display_name="Model Card (Modelget)",
            category=CATEGORY,
            description="Tells a model's licence, source, digest and trained words; fetches nothing.",
            **if_known(io.Schema, search_aliases=["licence", "license", "trigger words", "trained words"]),
            is_output_node=True,
            inputs=[
                io.Combo.Input("folder", options=model_folders()),
                io.String.Input("model", default="", tooltip="The name of a file, installed or not."),
                *source_inputs(),
            ],
            outputs=[io.String.Output("card"), io.String.Output("trained_words")],
        )

    @classmethod
    def validate_inputs(cls, model: str = "", source: str = "", sha256: str = "") -> bool | str:
        """Say what is wrong before anything runs."""
        return fault_in(model, source, sha256) or True

    @classmethod
    def execute(cls, folder: str, model: str = "", source: str = "", sha256: str = "") -> io.NodeOutput:
        """Put together what is known."""
        from ..adapters.getting import card_of  # ComfyUI starts faster without it

        card = card_of(folder, model, source, sha256)
        return io.NodeOutput(card.text, ", ".join(card.trained_words), ui={"text": [card.text]})
