"""The V3 API under the names that packs import."""

from __future__ import annotations

from . import _io as io

__all__ = ["ComfyAPISync", "ComfyExtension", "io"]


class ComfyExtension:
    """What a pack's ``comfy_entrypoint`` returns."""

    async def on_load(self) -> None:
        """Run once when the pack is loaded."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return the node classes."""
        raise NotImplementedError


class ComfyAPISync:
    """What a running node may ask of the host."""

    class Execution:
        """The node that runs."""

        def __init__(self) -> None:
            self.progress: list[tuple[float, float]] = []

        def set_progress(self, value: float, max_value: float, node_id: str | None = None) -> None:
            """Show how far the node is."""
            self.progress.append((value, max_value))

    def __init__(self) -> None:
        self.execution = self.Execution()
