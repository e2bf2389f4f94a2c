"""Errors as nodes give them: ComfyUI shows their text, and nothing else of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ..modelget.errors import ModelgetError

P = ParamSpec("P")
T = TypeVar("T")


class NodeError(Exception):
    """What ComfyUI shows of an error is its text alone: this one ends with what to do next."""


def with_hints(function: Callable[P, T]) -> Callable[P, T]:
    """Turn errors of the core into NodeErrors."""

    @wraps(function)
    def told(*args: P.args, **options: P.kwargs) -> T:
        try:
            return function(*args, **options)
        except ModelgetError as error:
            raise NodeError(f"{error}. {error.hint}") from error

    return told
