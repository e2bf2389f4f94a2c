"""Modelget's nodes, a file each."""

from comfy_api.latest import ComfyExtension, io

from .get_model import GetModel
from .get_workflow_models import GetWorkflowModels
from .load_checkpoint import LoadCheckpoint
from .load_controlnet import LoadControlNet
from .load_diffusion_model import LoadDiffusionModel
from .load_lora import LoadLora
from .load_text_encoder import LoadTextEncoder
from .load_upscale_model import LoadUpscaleModel
from .load_vae import LoadVAE
from .model_card import ModelCard
from .verify_model import VerifyModel

NODES: list[type[io.ComfyNode]] = [
    GetModel,
    GetWorkflowModels,
    LoadCheckpoint,
    LoadControlNet,
    LoadDiffusionModel,
    LoadLora,
    LoadTextEncoder,
    LoadUpscaleModel,
    LoadVAE,
    ModelCard,
    VerifyModel,
]


class Modelget(ComfyExtension):
    """What ComfyUI asks for the pack's nodes."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return the node classes."""
        return NODES


async def comfy_entrypoint() -> Modelget:
    """Give ComfyUI the pack; called once at start."""
    return Modelget()
