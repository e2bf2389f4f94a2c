"""Which licences a plan may fetch under: the owner's policy, ``any`` or ``commercial``."""

from __future__ import annotations

from collections.abc import Sequence

from .types import Candidate, Terms

POLICIES = ("any", "commercial")


def choose_licensed(candidates: Sequence[Candidate], policy: str) -> tuple[Candidate, str | None]:
    """Return which of several places of the same bytes to take, and what the policy objects to in it.

    ``commercial`` wants a licence that clearly allows commercial use. One place that forbids it outweighs the
    others: somebody who uploads a file again cannot allow more than its author.
    """
    if policy == "any":
        return candidates[0], None
    forbidding = next((one for one in candidates if one.terms.commercial_use is False), None)
    allowing = next((one for one in candidates if one.terms.commercial_use), None)
    if allowing and not forbidding:
        return allowing, None
    chosen = forbidding or candidates[0]
    return chosen, _objection(chosen.terms)


def refusal(objection: str, name: str) -> str:
    """Say what a person can do about a file that the policy keeps out."""
    other = f"Take another file with --choose {name}=ID"
    return f"{objection}. {other}, or pass --accept-licence {name} if you have the right to use this one."


def remark_on_present(candidates: Sequence[Candidate], policy: str) -> str | None:
    """Say what the policy would object to in a file that is here already: it is told, not refused."""
    if policy == "any":
        return None
    if not candidates:
        return "It is here already, and no place says under which licence."
    _chosen, objection = choose_licensed(candidates, policy)
    return f"It is here already, so nothing is refused. {objection}." if objection else None


def _objection(terms: Terms) -> str:
    reason = terms.reason or "its place states no licence"
    if terms.licence is None:
        return f"Nobody says that it may be used commercially: {reason}"
    verb = "does not allow" if terms.commercial_use is False else "does not clearly allow"
    return f"Its licence ({terms.licence}) {verb} commercial use: {reason}"
