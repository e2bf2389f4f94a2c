"""The only door to the network: host list, credentials by origin, redirects, retries."""

from .budget import HostBudget
from .client import Http
from .ranges import RangeAnswer, RangeConnection, RangePlace
from .reply import Reply
from .waiting import Clock, is_rate_limit, retry_after

__all__ = [
    "Clock",
    "HostBudget",
    "Http",
    "RangeAnswer",
    "RangeConnection",
    "RangePlace",
    "Reply",
    "is_rate_limit",
    "retry_after",
]
