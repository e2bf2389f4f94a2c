"""Load LoRA: a change to a diffusion model, and to its text encoder if one is connected."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..adapters.loading import load_with
from .inputs import fault_in, model_inputs
from .loader import CATEGORY
from .since import if_known


def _strength(name: str) -> io.Input:
    return io.Float.Input(name, default=1.0, min=-100.0, max=100.0, step=0.01)


class LoadLora(io.ComfyNode):
    """Load LoRA (Modelget)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="ModelgetLoadLora",
            display_name="Load LoRA (Modelget)",
            category=CATEGORY,
            description="Load LoRA as ComfyUI does; fetches and verifies the file first when it is not here.",
            **if_known(io.Schema, search_aliases=["download model", "loras"]),
            inputs=[
                io.Model.Input("base", display_name="model"),
                io.Clip.Input("clip", optional=True),
                *model_inputs("loras"),
                _strength("strength_model"),
                _strength("strength_clip"),
            ],
            outputs=[io.Model.Output(), io.Clip.Output()],
        )

    @classmethod
    def validate_inputs(cls, model: str = "", source: str = "", sha256: str = "") -> bool | str:
        """Accept a name that is not in the list: the model may still have to be fetched."""
        return fault_in(model, source, sha256) or True

    @classmethod
    def execute(
        cls,
        base: Any,
        model: str,
        strength_model: float,
        strength_clip: float,
        clip: Any = None,
        source: str = "",
        sha256: str = "",
    ) -> io.NodeOutput:
        """Get the LoRA, then apply it as ComfyUI does."""
        from ..adapters.getting import get_model  # ComfyUI starts faster without it

        name = get_model("loras", model, source, sha256)
        strengths = {"strength_model": strength_model, "strength_clip": strength_clip if clip else 0.0}
        inputs = {"model": base, "clip": clip, "lora_name": name, **strengths}
        return io.NodeOutput(*load_with("LoraLoader", "loras", inputs, [sha256]))
