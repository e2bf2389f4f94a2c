"""The only door to the network: host list, credentials by origin, redirects, retries."""

from .client import Http
from .reply import Reply
from .waiting import Clock, retry_after

__all__ = ["Clock", "Http", "Reply", "retry_after"]
