"""Load ControlNet: guidance by a picture."""

from __future__ import annotations

from comfy_api.latest import io

from .loader import Loader


class LoadControlNet(Loader):
    """Load ControlNet (Modelget)."""

    NODE_ID = "ModelgetLoadControlNet"
    TITLE = "Load ControlNet"
    FOLDER = "controlnet"
    LOADS_WITH = ("ControlNetLoader", "control_net_name")
    OUTPUTS = (io.ControlNet.Output(),)
