"""Load Diffusion Model: the denoiser alone."""

from __future__ import annotations

from comfy_api.latest import io

from .loader import Loader
from .since import if_known


class LoadDiffusionModel(Loader):
    """Load Diffusion Model (Modelget)."""

    NODE_ID = "ModelgetLoadDiffusionModel"
    TITLE = "Load Diffusion Model"
    FOLDER = "diffusion_models"
    LOADS_WITH = ("UNETLoader", "unet_name")
    OUTPUTS = (io.Model.Output(),)
    INPUTS_AFTER = (
        io.Combo.Input(
            "weight_dtype",
            options=["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"],
            optional=True,
            tooltip="In which precision the weights are kept; default leaves that to ComfyUI.",
            **if_known(io.Combo.Input, advanced=True),
        ),
    )

    @classmethod
    def execute(
        cls, model: str, source: str = "", sha256: str = "", weight_dtype: str = "default"
    ) -> io.NodeOutput:
        """Get the model, then load it as ComfyUI does."""
        return super().execute(model, source, sha256, weight_dtype=weight_dtype)
