"""Data: nodes and inputs whose text is never a choice of a model, however much it looks like one."""

from __future__ import annotations

from .prompt_nodes import PROMPTS

NOTES = frozenset(
    {
        "Note",
        "MarkdownNote",
        "Note Plus (mtb)",
        "Label (rgthree)",
        "workflow/Note",
        "FancyNoteNode",
        "Note _O",
    }
)
"""They explain; the links in them are read elsewhere, as hints."""

SHOWN = frozenset(
    {
        "PreviewAny",
        "ShowText|pysssss",
        "Display Any (rgthree)",
        "easy showAnything",
        "DisplayAny",
        "Show any [Crystools]",
        "Show any to JSON [Crystools]",
        "PreviewTextNode",
        "ttN textDebug",
        "Griptape Display: Text",
        "Griptape Display: Text as Markdown",
        "DisplayText_Zho",
        "IF_DisplayText",
        "Debug (mtb)",
    }
)
"""They keep what an upstream node produced in the last run."""

SAVERS = frozenset(
    {
        "CheckpointSave",
        "CLIPSave",
        "VAESave",
        "ModelSave",
        "LoraSave",
        "SaveLoRA",
        "SaveLoRANode",
        "SaveImage",
        "ImageOnlyCheckpointSave",
    }
)
"""They write files: the name is an output's."""

UNREAD = NOTES | SHOWN | SAVERS
"""Nothing in their own text is a model, not even as part of a prompt."""

IGNORED = UNREAD | PROMPTS
"""No value of theirs is a choice; what prompts name inside their text is found by ``prompt_text``."""

OUTPUT_INPUTS = frozenset(
    {"filename_prefix", "output_name", "output_path", "output_file", "save_name", "save_path"}
)
"""Inputs that name what will be written, in nodes of any pack."""

REROUTES = frozenset({"Reroute", "Reroute (rgthree)", "ReroutePrimitive|pysssss"})
"""They hand their only input on."""

CARRIERS = frozenset(
    {"PrimitiveNode", "PrimitiveString", "PrimitiveStringMultiline", "String", "StringConstant"}
)
"""Their value is meant for the widgets they are linked to."""
