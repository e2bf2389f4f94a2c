"""What a workflow needs, and what a person decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .digest import Digest
from .parts import PartOfFolder


@dataclass(frozen=True, slots=True)
class Requirement:
    """A model that the workflow names, with whatever the workflow tells about it."""

    name: str
    """As the workflow writes it, sub-folder included (``SDXL/x.safetensors``), always with ``/``.

    A prompt, infotext or recipe may give a stem only, or no name at all: then a digest or an id stands here.
    """
    folder: str | None = None
    """ComfyUI's name for the model folder (``vae``); None when no rule says which."""
    wanted_by: tuple[str, ...] = ()
    """Execution ids of the nodes that select it: ``12``, or ``57:30`` inside a subgraph."""
    how: str = "widget"
    """Where the name was read: ``widget``, ``input`` (API prompt), ``prompt`` (``embedding:…`` or a LoRA tag in
    the text of a prompt), ``infotext``, ``recipe`` or ``id`` (asked for by a person).

    ``pack`` is a widget or input of a node that fetches its models by itself: listed apart, never active.
    """
    active: bool = True
    """False when every node that selects it is muted, bypassed or switched off."""
    urls: tuple[str, ...] = ()
    """Declared places: URLs or ids (``hf:…``, ``civitai:…``, AIR), best first."""
    digest: Digest | None = None
    renamable: bool = False
    """Whether the file may bear its publisher's name: the text tells what was used, nothing looks it up."""
    is_folder: bool = False
    """Whether the model is a folder of files, as those of diffusers and language models are."""
    files: tuple[PartOfFolder, ...] = ()
    """The files that such a folder must have, as its lock says."""

    is_decided: bool = False
    """Whether a person named the place: then no other will do."""

    @property
    def is_left_to_pack(self) -> bool:
        """Tell whether the node's own pack fetches it, and nobody says another place."""
        return self.how == "pack" and not self.urls


@dataclass(frozen=True, slots=True)
class Workflow:
    """A parsed workflow file: its name and the models it needs."""

    name: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person decided about names that no rule may decide."""

    choose: Mapping[str, str] = field(default_factory=dict)
    """Name to the id or link to fetch it from."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Name to model folder, where no rule says which."""
    allow_pickle: frozenset[str] = frozenset()
    """Names of files whose loading may run code, accepted one by one."""
    accept_licence: frozenset[str] = frozenset()
    """Names of files that a person has the right to use, whatever the licence policy says."""
    include_inactive: bool = False
    accepted: frozenset[Digest] = frozenset()
    """Every sha256 of bytes that are taken although another digest is promised, accepted one by one."""

    def applied_to(self, wanted: Requirement) -> Requirement:
        """Return the requirement as the person decided it; the digest that a workflow pins still holds."""
        chosen, folder = _for_name(self.choose, wanted.name), _for_name(self.folders, wanted.name)
        urls = (chosen,) if chosen else wanted.urls
        decided = wanted.is_decided or chosen is not None
        return replace(wanted, urls=urls, folder=folder or wanted.folder, is_decided=decided)

    def allows_pickle(self, name: str) -> bool:
        """Tell whether a person accepted this file by its name."""
        return _is_among(self.allow_pickle, name)

    def accepts_licence(self, name: str) -> bool:
        """Tell whether a person says to have the right to use this file."""
        return _is_among(self.accept_licence, name)


def _is_among(names: frozenset[str], name: str) -> bool:
    return bool(names & {name, name.rpartition("/")[2]})


def _for_name(decided: Mapping[str, str], name: str) -> str | None:
    return decided.get(name) or decided.get(name.rpartition("/")[2])
