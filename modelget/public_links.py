"""The link that everybody can follow for an id, whatever mirror it was looked up at."""

from __future__ import annotations

from .archives import member_id, split_member
from .settings import CIVITAI_ENDPOINTS, HUB_ENDPOINT, MODELSCOPE_ENDPOINT
from .sources.civitai import references as civitai
from .sources.modelscope import references as modelscope
from .sources.shared import hub_files


def public_link(reference: str) -> str | None:
    """Return the link to the file that a candidate's id names, None for an id that leads nowhere by itself."""
    archive, member = split_member(reference)
    link = _whole_link(archive)
    return member_id(link, member) if link else None


def public_page(reference: str) -> str | None:
    """Return the page of the folder that a candidate's id names, None for an id that names none."""
    if hub := hub_files.parse_folder(reference):
        return hub.url(HUB_ENDPOINT)
    if reference.startswith("modelscope:") and (folder := modelscope.parse_folder(reference)):
        return folder.page(MODELSCOPE_ENDPOINT)
    return reference if reference.lower().startswith(("http://", "https://")) else None


def _whole_link(reference: str) -> str | None:
    if hub := hub_files.parse_reference(reference):
        return hub.url(HUB_ENDPOINT)
    if (version := civitai.parse_reference(reference)) and version.version is not None:
        return version.download(CIVITAI_ENDPOINTS[0])
    if reference.startswith("modelscope:") and (file := modelscope.parse_reference(reference)):
        return file.page(MODELSCOPE_ENDPOINT)
    return reference if reference.lower().startswith(("http://", "https://")) else None
