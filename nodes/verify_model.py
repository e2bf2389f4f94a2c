"""Verify Model: read a file again, and compare it with what is recorded, given or published."""

from __future__ import annotations

from comfy_api.latest import io

from ..adapters.host import model_folders
from .inputs import fault_in, source_inputs
from .loader import CATEGORY
from .since import if_known


class VerifyModel(io.ComfyNode):
    """Verify Model (Modelget)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="ModelgetVerifyModel",
            display_name="Verify Model (Modelget)",
            category=CATEGORY,
            description="Reads an installed model again and compares its sha256 with what it should be.",
            **if_known(io.Schema, search_aliases=["checksum", "hash", "sha256"]),
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                io.Combo.Input("folder", options=model_folders()),
                io.String.Input(
                    "model", default="", tooltip="The name of an installed file, sub-folder included."
                ),
                *source_inputs(),
            ],
            outputs=[
                io.Boolean.Output("is_right", tooltip="False when the file is not what it should be."),
                io.String.Output("found_sha256", display_name="sha256"),
                io.String.Output("report"),
            ],
        )

    @classmethod
    def validate_inputs(cls, model: str = "", source: str = "", sha256: str = "") -> bool | str:
        """Say what is wrong before anything runs."""
        return fault_in(model or None, source, sha256) or True if model else "Write the name of a model."

    @classmethod
    def fingerprint_inputs(cls, **_values: str) -> float:
        """Run each time: the file may have changed though the inputs did not."""
        return float("nan")

    @classmethod
    def execute(cls, folder: str, model: str, source: str = "", sha256: str = "") -> io.NodeOutput:
        """Verify the file."""
        from ..adapters.getting import verify_model  # ComfyUI starts faster without it

        found = verify_model(folder, model, source, sha256)
        return io.NodeOutput(found.is_right, found.sha256, found.text, ui={"text": [found.text]})
