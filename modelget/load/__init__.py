"""Read weights fast, in the way that suits the host; torch is imported when the first file is loaded."""

from .choice import policy_for
from .facts import HostFacts, LoadReport, Policy
from .measured import Measured, measure
from .memory import free_ram
from .page_cache import is_cached, warm, warm_behind
from .state_dict import Loaded, load_state_dict

__all__ = [
    "HostFacts",
    "LoadReport",
    "Loaded",
    "Measured",
    "Policy",
    "free_ram",
    "is_cached",
    "load_state_dict",
    "measure",
    "policy_for",
    "warm",
    "warm_behind",
]
