"""Reading weights, and the progress of the node that runs."""

from __future__ import annotations

from typing import Any

PROGRESS_BAR_HOOK: Any = None
DISABLE_MMAP = False


def load_torch_file(
    ckpt: str, safe_load: bool = False, device: Any = None, return_metadata: bool = False
) -> Any:
    """Read a file of weights as the host does: safetensors by their library, all else by torch."""
    if ckpt.lower().endswith((".safetensors", ".sft")):
        from safetensors import safe_open

        with safe_open(ckpt, framework="pt", device=str(device or "cpu")) as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
    else:
        import torch

        weights, metadata = torch.load(ckpt, map_location=device or "cpu", weights_only=True), None
    return (weights, metadata) if return_metadata else weights


class ProgressBar:
    """How far the node that runs has come."""

    def __init__(self, total: int, node_id: str | None = None) -> None:
        self.total, self.current, self.node_id = total, 0, node_id

    def update_absolute(self, value: int, total: int | None = None, preview: Any = None) -> None:
        """Show a state."""
        self.total = total or self.total
        self.current = min(value, self.total)
        if PROGRESS_BAR_HOOK:
            PROGRESS_BAR_HOOK(self.current, self.total, preview, node_id=self.node_id)

    def update(self, value: int) -> None:
        """Show that this much more is done."""
        self.update_absolute(self.current + value)
