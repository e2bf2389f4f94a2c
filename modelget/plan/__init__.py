"""Decide what will happen to each requirement, and refuse what cannot fit; touches nothing."""

from __future__ import annotations

from .conflicts import settle_conflicts
from .making import make_plan
from .order import in_order_of_use
from .space import refuse_what_cannot_fit

__all__ = ["in_order_of_use", "make_plan", "refuse_what_cannot_fit", "settle_conflicts"]
