"""Load VAE: from latents to pixels and back."""

from __future__ import annotations

from comfy_api.latest import io

from .loader import Loader


class LoadVAE(Loader):
    """Load VAE (Modelget)."""

    NODE_ID = "ModelgetLoadVAE"
    TITLE = "Load VAE"
    FOLDER = "vae"
    LOADS_WITH = ("VAELoader", "vae_name")
    OUTPUTS = (io.Vae.Output(),)
