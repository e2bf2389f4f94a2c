"""Modelget's nodes, a file each; this release has none yet and brings the command line and a workflow."""

from comfy_api.latest import ComfyExtension, io

NODES: list[type[io.ComfyNode]] = []


class Modelget(ComfyExtension):
    """What ComfyUI asks for the pack's nodes."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return the node classes."""
        return NODES


async def comfy_entrypoint() -> Modelget:
    """Give ComfyUI the pack; called once at start."""
    return Modelget()
