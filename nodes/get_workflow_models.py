"""Get Workflow Models: make sure that everything a workflow needs is here."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .loader import CATEGORY
from .since import if_known


class GetWorkflowModels(io.ComfyNode):
    """Get Workflow Models (Modelget)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="ModelgetGetWorkflowModels",
            display_name="Get Workflow Models (Modelget)",
            category=CATEGORY,
            description="Waits until every model that a workflow needs is here and verified.",
            **if_known(io.Schema, search_aliases=["download models", "install missing"]),
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                io.String.Input(
                    "workflow",
                    default="",
                    multiline=True,
                    optional=True,
                    tooltip="The text of a workflow file (JSON). Empty: the workflow that this node stands in.",
                ),
                io.AnyType.Input(
                    "after", optional=True, tooltip="Anything; it is handed on when all is here."
                ),
            ],
            outputs=[io.AnyType.Output("handed_on", display_name="after"), io.String.Output("report")],
            hidden=[io.Hidden.extra_pnginfo, io.Hidden.prompt],
        )

    @classmethod
    def fingerprint_inputs(cls, **_values: Any) -> float:
        """Run each time: what is here may have changed."""
        return float("nan")

    @classmethod
    def execute(cls, workflow: str = "", after: Any = None) -> io.NodeOutput:
        """Get the models and tell what came."""
        from ..adapters.getting import get_workflow_models  # ComfyUI starts faster without it

        own = (cls.hidden.extra_pnginfo or {}).get("workflow") or cls.hidden.prompt
        report = get_workflow_models(workflow, own)
        return io.NodeOutput(after, report, ui={"text": [report]})
