"""What a person should know about bytes that were taken in spite of a doubt."""

from __future__ import annotations

from ..types import Candidate, Digest
from .failover import Arrival


def doubt_about(candidate: Candidate, got: Digest | None) -> str | None:
    """Say that a file is not what its place publishes, or its name claims; not so when a digest that must hold was met."""
    published = candidate.digest.in_terms_of(got) if candidate.digest and got else None
    if published and published != got:
        return f"you accepted these bytes ({got}) although {candidate.digest} is promised"
    claimed = candidate.claimed
    if claimed is None or got is None or candidate.digest or got.in_terms_of(claimed) == claimed:
        return None
    return (
        f"its name says that its sha256 begins with {claimed.hex}, and it begins with {got.hex[:10]}: "
        f"either this place named it wrongly, as it did others, or the file was replaced"
    )


def warning_for(arrival: Arrival) -> str | None:
    """Say what is to be known of the file as it came: of a copy, also what its place was known for."""
    candidate = arrival.candidate
    notes = candidate.notes if candidate.is_copy else ()
    return "; ".join(filter(None, (arrival.warning, *notes))) or None
