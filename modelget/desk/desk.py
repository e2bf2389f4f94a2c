"""Answers for many who ask at once: plans are made in threads and kept, files are fetched in the background."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

from ..library import Library
from ..pipeline import Workshop
from ..types import Digest, Plan, PlanItem, Workflow
from .entry import Decision, Entry
from .errors import NothingToDo, Unknown
from .remembering import RememberingList, RememberingSource
from .transfers import Transfers

_MOST_PLANS = 100
_PLANNERS = 4


class Desk:
    """Keeps plans by id and carries them out.

    ``open_shop`` reads the settings and opens the network; ``library`` gives the model folders as they are at the moment.
    ``planned`` is told the id of each plan for which every place was asked.
    """

    def __init__(
        self,
        open_shop: Callable[[], Workshop],
        library: Callable[[], Library],
        *,
        changed: Callable[[], None],
        planned: Callable[[str], None],
    ) -> None:
        self._open_shop, self._library, self._planned = open_shop, library, planned
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._by_workflow: dict[Workflow, str] = {}
        self._lock = Lock()
        self._shop: Workshop | None = None
        self._asking: Workshop | None = None
        self._planners = ThreadPoolExecutor(_PLANNERS, "modelget plan")
        self.transfers = Transfers(changed)

    @property
    def shop(self) -> Workshop:
        """The workshop in force, opened at the first use; raise InvalidSetting when a setting is wrong."""
        with self._lock:
            if self._shop is None:
                self._shop = self._open_shop()
                self._asking = _remembering(self._shop)
            return replace(self._shop, library=self._library())

    def reopen(self) -> None:
        """Read the settings again at the next use; what is on its way goes on as it began."""
        with self._lock:
            self._shop = None

    def open(self, workflow: Workflow) -> Entry:
        """Return the entry of a workflow: the one it has, or a new one with a plan of what is here."""
        with self._lock:
            known = self._entries.get(self._by_workflow.get(workflow, ""))
            if known:
                self._entries.move_to_end(known.id)
        if known:
            return known
        entry = Entry(f"p-{secrets.token_hex(8)}", workflow, _asking_nobody(self.shop))
        with self._lock:
            self._entries[entry.id] = entry
            self._by_workflow[workflow] = entry.id
            while len(self._entries) > _MOST_PLANS:
                _id, dropped = self._entries.popitem(last=False)
                self._by_workflow.pop(dropped.workflow, None)
        return entry

    def entry(self, id: str) -> Entry:
        """Return the entry of that id; raise Unknown."""
        with self._lock:
            if id not in self._entries:
                raise Unknown("plan", id)
            self._entries.move_to_end(id)
            return self._entries[id]

    def ask(self, entry: Entry, *, anew: bool = False) -> Future[Plan]:
        """Plan in a thread, with what places said shortly before or, if ``anew``, with what they say now."""
        with self._lock:
            if anew and self._shop:
                self._asking = _remembering(self._shop)
            if entry.asked is None or entry.asked.done() or anew:
                entry.asked = self._planners.submit(self._make, entry)
            return entry.asked

    def glance(self, entry: Entry) -> Plan:
        """Return a plan of what is here; asks no place, and does not become the entry's plan."""
        return entry.planned_with(_asking_nobody(self.shop))

    def fetch(self, entry: Entry, items: Iterable[PlanItem]) -> list[str]:
        """Begin to fetch these items of the entry's plan; return the labels of the files; raise as ``install`` does."""
        return self.transfers.start(entry.id, replace(entry.plan, items=tuple(items)), self.shop)

    def install(self, entry: Entry, item: int | None = None, decision: Decision | None = None) -> list[str]:
        """Begin to fetch one item, or all that need no decision; return the labels of the files.

        Raises:
            NothingToDo: with the reason, when there is nothing to fetch, or a name is taken by other bytes on their way.
            NotEnoughSpace, ModelgetError: it cannot fit; nothing was begun.
        """
        if item is not None:
            entry.decide(item, decision or Decision())
        plan = self._make(entry)
        if item is not None:
            plan = replace(plan, items=(plan.items[item],))
        if not plan.downloads:
            raise NothingToDo(*_reason(plan))
        return self.transfers.start(entry.id, plan, self.shop)

    def kept_aside(self, entry: Entry, item: int, digest: str) -> Digest:
        """Return the digest of the bytes that this item's own fetch kept aside; raise Unknown for any other."""
        download = entry.plan.items[item].download
        kept = self.transfers.kept_aside(entry.id, download) if download else None
        if kept is None or str(kept.sha256) != digest.lower():
            raise Unknown("file that was kept aside with the digest", digest)
        return kept.sha256

    def retry(self, entry: Entry, item: int | None = None) -> list[str]:
        """Begin again what failed or was cancelled; raise as ``install`` does."""
        plan = self._make(entry)
        chosen = [plan.items[item]] if item is not None else plan.items
        failed = tuple(one for one in chosen if one.download and self._has_failed(one.download.label))
        if not failed:
            raise NothingToDo("nothing of this plan has failed or was cancelled", "Install it instead.")
        return self.transfers.start(entry.id, replace(plan, items=failed), self.shop)

    def labels(self, entry: Entry, item: int | None = None) -> Iterable[str]:
        """Return the labels of the plan's files that were asked for."""
        if item is None:
            return [file.progress.name for file in self.transfers.state().files if entry.id in file.plans]
        download = entry.plan.items[item].download
        return [download.label] if download else []

    def _has_failed(self, label: str) -> bool:
        file = self.transfers.file(label)
        return file is not None and file.progress.phase in ("failed", "stopped")

    def _make(self, entry: Entry) -> Plan:
        shop = self.shop
        with entry.planning:
            first = not entry.is_complete
            entry.plan = plan = entry.planned_with(replace(self._asking or shop, library=shop.library))
            entry.is_complete = True
        if first:
            self._planned(entry.id)
        return plan


def _remembering(shop: Workshop) -> Workshop:
    sources = tuple(map(RememberingSource, shop.sources))
    return replace(shop, sources=sources, lists=tuple(map(RememberingList, shop.lists)))


def _asking_nobody(shop: Workshop) -> Workshop:
    return replace(shop, sources=(), lists=())


def _reason(plan: Plan) -> tuple[str, str]:
    """Say why nothing can be fetched, as the only item does, or in general."""
    if len(plan.items) == 1:
        item = plan.items[0]
        return f"{item.requirement.name}: {item.status.value}", item.hint or "It is here already."
    waiting = [item for item in plan.items if item.requirement.active and item.hint]
    if waiting:
        return "nothing can be fetched without a decision", waiting[0].hint or ""
    return "nothing is missing", ""
