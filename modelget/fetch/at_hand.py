"""Give a file its name without the network: it is there already, elsewhere on this disk, or was kept aside."""

from __future__ import annotations

from pathlib import Path

from ..errors import DigestMismatch, UnsafeFile
from ..types import Digest, Download, Fetched, ModelFile
from ..verify import check_contents, check_digest, digest_file
from .publish import link, name_taken, place
from .watch import Watch


def already_there(download: Download, watch: Watch) -> Fetched:
    """Use what another process placed since the plan was made, if it holds the wanted bytes."""
    path, wanted = download.destination, download.candidate

    def advance(done: int) -> None:
        watch.look("verifying", done, max(done, size))

    try:
        size = path.stat().st_size
        if not path.is_file() or wanted.size not in (None, size):
            raise name_taken(path)
        hasher = digest_file(path, wanted.digest, advance)
        check_digest(path.name, wanted.digest, hasher)
        check_contents(path, path.name)
    except (OSError, DigestMismatch, UnsafeFile) as error:
        raise name_taken(path) from error
    return Fetched(ModelFile(path, size, hasher.sha256), 0)


def take_accepted(download: Download, kept: Path, digest: Digest) -> Fetched:
    """Give a file that was kept aside its name, as a person decided."""
    place(kept, download.destination, digest)
    return Fetched(ModelFile(download.destination, download.destination.stat().st_size, digest), 0)


def link_to(download: Download, existing: Path) -> Fetched:
    """Link a file that has the same bytes to the wanted name."""
    digest = link(existing, download)
    return Fetched(ModelFile(download.destination, download.destination.stat().st_size, digest), 0)
