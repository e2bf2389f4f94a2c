"""Load Upscale Model: larger pictures."""

from __future__ import annotations

from comfy_api.latest import io

from .loader import Loader


class LoadUpscaleModel(Loader):
    """Load Upscale Model (Modelget)."""

    NODE_ID = "ModelgetLoadUpscaleModel"
    TITLE = "Load Upscale Model"
    FOLDER = "upscale_models"
    LOADS_WITH = ("UpscaleModelLoader", "model_name")
    OUTPUTS = (io.UpscaleModel.Output(),)
