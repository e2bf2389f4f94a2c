"""Load Checkpoint: diffusion model, text encoder and VAE out of one file."""

from __future__ import annotations

from comfy_api.latest import io

from .loader import Loader


class LoadCheckpoint(Loader):
    """Load Checkpoint (Modelget)."""

    NODE_ID = "ModelgetLoadCheckpoint"
    TITLE = "Load Checkpoint"
    FOLDER = "checkpoints"
    LOADS_WITH = ("CheckpointLoaderSimple", "ckpt_name")
    OUTPUTS = (
        io.Model.Output(),
        io.Clip.Output(),
        io.Vae.Output(),
    )
