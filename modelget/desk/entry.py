"""One workflow on the desk: its plan, and what a person decided about each of its models."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock

from ..dropped import Drops
from ..pipeline import Workshop, plan_for
from ..plan import settle_conflicts
from ..types import Candidate, Decisions, Digest, Plan, Requirement, Workflow
from .errors import Unknown


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one model; also that it is wanted though its nodes are switched off."""

    candidate: str | None = None
    """The id of one of the plan's own candidates."""
    folder: str | None = None
    allow_pickle: bool = False
    accept_licence: bool = False
    """A person says to have the right to use it, whatever the owner's licence policy says."""
    accepted: Digest | None = None
    """The sha256 of bytes that came, and that a person takes although another digest is promised."""

    def merged_with(self, later: Decision) -> Decision:
        """Return both, the later one where they differ; consent is for the bytes that it was given for."""
        other = later.candidate not in (None, self.candidate)
        return Decision(
            later.candidate or self.candidate,
            later.folder or self.folder,
            later.allow_pickle or (self.allow_pickle and not other),
            later.accept_licence or (self.accept_licence and not other),
            later.accepted or (None if other else self.accepted),
        )

    def in_terms_of(self, wanted: Requirement) -> Decisions:
        """Return it as the pipeline takes decisions."""
        name = wanted.name
        return Decisions(
            choose={name: self.candidate} if self.candidate else {},
            folders={name: self.folder} if self.folder else {},
            allow_pickle=frozenset({name} if self.allow_pickle else ()),
            accept_licence=frozenset({name} if self.accept_licence else ()),
            include_inactive=True,
            accepted=frozenset({self.accepted} if self.accepted else ()),
        )


class Entry:
    """A workflow with its plan; several threads may look at it while it is planned anew."""

    def __init__(self, id: str, workflow: Workflow, shop: Workshop) -> None:
        """Begin with a plan of what is here: the shop needs no sources."""
        self.id, self.workflow = id, workflow
        self.is_complete = False
        """Whether every place was asked for it."""
        self.asked: Future[Plan] | None = None
        """The planning on its way, or the last one."""
        self._decisions: dict[int, Decision] = {}
        self._lock = Lock()
        self.planning = Lock()
        """Held while it is planned, so that the newest plan is the one that was begun last."""
        self.plan = self.planned_with(shop)
        """The newest plan."""

    def decide(self, item: int, decision: Decision) -> None:
        """Take note of a decision; it counts from the next plan on."""
        with self._lock:
            self._decisions[item] = self._decisions.get(item, Decision()).merged_with(decision)

    def planned_with(self, shop: Workshop) -> Plan:
        """Return the plan as things stand: each decision counts for its own model, whatever its name."""
        needs, decisions = self.workflow.requirements, dict(self._decisions)
        free = [number for number in range(len(needs)) if number not in decisions]
        whole = self._plan_of([needs[number] for number in free], shop)
        items = dict(zip(free, whole.items, strict=True))
        for number, decision in decisions.items():
            wanted = needs[number]
            items[number] = self._plan_of([wanted], shop, decision.in_terms_of(wanted)).items[0]
        (settled,) = settle_conflicts(
            [replace(whole, items=tuple(items[number] for number in range(len(needs))))]
        )
        return settled

    def item(self, number: str) -> int:
        """Return the position of an item; raise Unknown."""
        if not number.isascii() or not number.isdecimal() or int(number) >= len(self.workflow.requirements):
            raise Unknown("item", number)
        return int(number)

    def candidate(self, item: int, key: str) -> Candidate:
        """Return the item's own candidate of that key; raise Unknown."""
        offered = self.plan.items[item].resolution.candidates
        found = next((candidate for candidate in offered if key_of(candidate) == key), None)
        if found is None:
            raise Unknown("candidate", key)
        return found

    def _plan_of(
        self, needs: Sequence[Requirement], shop: Workshop, decisions: Decisions | None = None
    ) -> Plan:
        drops = Drops(remember=True)  # what a person put there is read once, not for every look at the plan
        return plan_for([Workflow(self.workflow.name, tuple(needs))], shop, decisions, drops)[0]


def key_of(candidate: Candidate) -> str:
    """Return a short name for a candidate, the same for the same place."""
    return sha256(candidate.id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
