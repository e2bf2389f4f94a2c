"""What nodes call: make sure that models are here, verify them, tell what is known about them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..modelget.cards import Card, card_for
from ..modelget.desk import get
from ..modelget.errors import InvalidSetting, ModelgetError
from ..modelget.library import Library
from ..modelget.pipeline import verify
from ..modelget.types import Digest, PlanItem, Requirement, Status, Verdict, Workflow, label_of
from ..modelget.workflow import parse
from ..modelget.workflow.own_nodes import name_in
from .host import FROM_SOURCE, NodeWatch
from .node_errors import with_hints
from .office import office


@with_hints
def get_model(folder: str, model: str, source: str = "", sha256: str = "") -> str:
    """Return the name, as ComfyUI lists it, of a model that is here and right; fetch it first where that is allowed.

    Raises:
        NodeError: it is not here and may not be fetched unasked, or it is not what it should be.
    """
    wanted = _wanted(folder, model, source, sha256)
    desk = office().desk
    plan = get(desk, Workflow("a node", (wanted,)), NodeWatch())
    return _listed_name(plan.items[0], desk.shop.library)


@with_hints
def get_workflow_models(text: str, own: object) -> str:
    """Get all models of a workflow, given as text or else as the graph the node stands in; return what came.

    Raises:
        NodeError: as ``get_model`` does, and for a text that is no workflow.
    """
    place = office()
    raw = text.strip().encode() if text.strip() else json.dumps(own).encode()
    workflow = parse(raw, "the workflow", place.loaders)
    plan = get(place.desk, workflow, NodeWatch())
    return "\n".join(map(_line, plan.items)) or "This workflow names no models."


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading a file again showed."""

    is_right: bool
    sha256: str
    text: str


@with_hints
def verify_model(folder: str, model: str, source: str = "", sha256: str = "") -> Verified:
    """Read an installed model again and compare; raise NodeError when it is not here."""
    wanted = _wanted(folder, model, source, sha256)
    shop = office().desk.shop
    found = verify([wanted], [], shop, NodeWatch())
    if not found:
        raise ModelgetError(f"{folder}/{model} is not here", "Choose an installed file.")
    return _verified(f"{folder}/{model}", found[0])


@with_hints
def card_of(folder: str, model: str, source: str = "", sha256: str = "") -> Card:
    """Tell what is known about a model, here or at its source."""
    return card_for(_wanted(folder, model, source, sha256), office().desk.shop)


def _wanted(folder: str, model: str, source: str, sha256: str) -> Requirement:
    name = model.strip().replace("\\", "/") if model not in ("", FROM_SOURCE) else name_in(source.strip())
    urls = (source.strip(),) if source.strip() else ()
    if not name and not urls:
        raise InvalidSetting(
            "no model is named", "Choose an installed model, or write the source to get it from."
        )
    digest = Digest("sha256", sha256.strip()) if sha256.strip() else None
    return Requirement(name, folder, how="id", urls=urls, digest=digest, renamable=not name)


def _listed_name(item: PlanItem, library: Library) -> str:
    """Return the file's name below its root, written with this system's separators as ComfyUI does."""
    present, folder = item.resolution.present, item.requirement.folder or ""
    assert present is not None  # noqa: S101 - get() raised otherwise
    roots = [root for root in library.folders.get(folder, ()) if present.path.is_relative_to(root)]
    return str(present.path.relative_to(roots[0])) if roots else present.path.name


def _line(item: PlanItem) -> str:
    present, wanted = item.resolution.present, item.requirement
    name = label_of(wanted.folder, wanted.name or (present.path.name if present else ""))
    state = "here" if item.status is Status.PRESENT else "not fetched: its nodes are switched off"
    return f"{name}: {state}"


def _verified(label: str, verdict: Verdict) -> Verified:
    digest = verdict.digest.hex if verdict.digest else ""
    if verdict.problem:
        text = f"{label}: WRONG, {verdict.problem}"
    elif verdict.basis:
        text = f"{label}: right, it has the {verdict.basis} digest {verdict.expected}"
    else:
        text = f"{label}: nobody says which digest it should have"
    return Verified(verdict.problem is None, digest, f"{text}\nsha256 {digest or 'unknown'}")
