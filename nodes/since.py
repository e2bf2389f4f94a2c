"""What newer versions of ComfyUI let a node say about itself, and the oldest that we support refuses to hear."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any


def if_known(made: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Return the options that this ComfyUI has for an input or a schema."""
    known = signature(made).parameters
    takes_all = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in known.values())
    return {name: value for name, value in options.items() if takes_all or name in known}
