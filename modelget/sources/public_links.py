"""The link that everybody can follow for an id, whatever mirror it was looked up at."""

from __future__ import annotations

from urllib.parse import quote

from ..archives import member_id, split_member
from ..settings import CIVITAI_ENDPOINTS, HUB_ENDPOINT, MODELSCOPE_ENDPOINT
from . import hub_files, modelscope
from .civitai import references as civitai


def public_link(reference: str) -> str | None:
    """Return the link to the file that a candidate's id names, None for an id that leads nowhere by itself."""
    archive, member = split_member(reference)
    link = _whole_link(archive)
    return member_id(link, member) if link else None


def _whole_link(reference: str) -> str | None:
    if hub := hub_files.parse_reference(reference):
        return hub.url(HUB_ENDPOINT)
    if (version := civitai.parse_reference(reference)) and version.version is not None:
        return version.download(CIVITAI_ENDPOINTS[0])
    if reference.startswith("modelscope:") and (file := modelscope.parse_reference(reference)):
        revision = quote(file.revision, safe="")
        return f"{MODELSCOPE_ENDPOINT}/models/{file.repo}/resolve/{revision}/{quote(file.path)}"
    return reference if reference.lower().startswith(("http://", "https://")) else None
