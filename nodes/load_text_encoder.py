"""Load Text Encoder: one to four files that understand prompts together."""

from __future__ import annotations

from comfy_api.latest import io

from ..adapters.host import FROM_SOURCE, NONE, text_encoder_types
from ..adapters.loading import load_text_encoders
from .inputs import fault_in, model_inputs
from .loader import CATEGORY
from .since import if_known

_NUMBERS = ("1", "2", "3", "4")


class LoadTextEncoder(io.ComfyNode):
    """Load Text Encoder (Modelget)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        models = [
            entry
            for number in _NUMBERS
            for entry in model_inputs("text_encoders", number, optional=number != "1")
        ]
        return io.Schema(
            node_id="ModelgetLoadTextEncoder",
            display_name="Load Text Encoder (Modelget)",
            category=CATEGORY,
            description="Loads one to four text encoders; fetches and verifies what is not here first.",
            **if_known(io.Schema, search_aliases=["clip", "t5", "dual clip", "download model"]),
            inputs=[
                *models,
                io.Combo.Input(
                    "type", options=text_encoder_types(), tooltip="The family of diffusion models."
                ),
                io.Combo.Input(
                    "device",
                    options=["default", "cpu"],
                    optional=True,
                    **if_known(io.Combo.Input, advanced=True),
                ),
            ],
            outputs=[io.Clip.Output()],
        )

    @classmethod
    def validate_inputs(cls, **values: str) -> bool | str:
        """Accept names that are not in the list, and leave out the encoders that nobody named."""
        if values.get("type") not in (None, *text_encoder_types()):
            return f"type: {values['type']!r} is not one that this ComfyUI knows"
        faults = (
            fault_in(*(values.get(f"{what}{number}") for what in ("model", "source", "sha256")))
            for number in _NUMBERS
            if number == "1" or _is_named(values, number)
        )
        return next(filter(None, faults), None) or True

    @classmethod
    def execute(cls, type: str, device: str = "default", **values: str) -> io.NodeOutput:
        """Get the models, then load them together as ComfyUI does."""
        from ..adapters.getting import get_model  # ComfyUI starts faster without it

        names = [
            get_model(
                "text_encoders",
                *(values.get(f"{what}{number}", "") for what in ("model", "source", "sha256")),
            )
            for number in _NUMBERS
            if number == "1" or _is_named(values, number)
        ]
        pinned = [values.get(f"sha256{number}", "") for number in _NUMBERS]
        return io.NodeOutput(load_text_encoders(names, type, device, pinned))


def _is_named(values: dict[str, str], number: str) -> bool:
    model = values.get(f"model{number}")
    return model not in (None, "", NONE) and (model != FROM_SOURCE or bool(values.get(f"source{number}")))
