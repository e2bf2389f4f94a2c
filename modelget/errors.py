"""Everything Modelget raises on purpose: what happened in ``str``, what to do next in ``hint``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .types import Digest


class ModelgetError(Exception):
    """Base of all errors that a person can act on; the facts are attributes."""

    hint = ""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class InvalidWorkflow(ModelgetError):
    """The input is not a workflow that can be read."""

    hint = 'Save it again in ComfyUI ("Save" or "Export (API)") and pass that .json file.'

    def __init__(self, name: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"{name}: {reason}", hint)
        self.name, self.reason = name, reason


class InvalidSetting(ModelgetError):
    """A setting, option or id cannot be understood."""


class SourceUnavailable(ModelgetError):
    """A source could not answer; asking again later may help."""

    hint = "Try again later; `modelget sources` shows which places can be reached."

    def __init__(
        self,
        message: str,
        kind: str = "unavailable",
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind, self.retry_after = kind, retry_after
        self.status = status
        """The HTTP status of the answer, if there was one."""


class HostNotAllowed(ModelgetError):
    """A URL or a redirect leads to a host that is not on the list."""

    def __init__(self, origin: str) -> None:
        super().__init__(f"{origin} is not on the list of allowed hosts")
        self.hint = f"If you trust it, add {origin} to MODELGET_ALLOW_HOSTS."
        self.origin = origin


class AccessDenied(ModelgetError):
    """The server knows the file and refuses to hand it out."""

    hint = "Run `modelget plan` to see which page to open or which credential is missing."

    def __init__(self, what: str, status: int, hint: str | None = None) -> None:
        super().__init__(f"{what}: the server refused (HTTP {status})", hint)
        self.status = status


class NotEnoughSpace(ModelgetError):
    """The disk cannot hold what the plan would fetch; nothing was fetched."""

    def __init__(self, folder: Path, needed: int, free: int) -> None:
        gib = 2**30
        super().__init__(f"{folder}: {needed / gib:.2f} GiB needed, {free / gib:.2f} GiB free")
        self.hint = f"Free {(needed - free) / gib:.2f} GiB, or choose another disk with --models-dir."
        self.folder, self.needed, self.free = folder, needed, free


class UnsafePath(ModelgetError):
    """A file or folder name could lead outside the model folders, or cannot exist everywhere."""

    hint = "Nothing was written. If you trust the file, rename it in the workflow."

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name[:120]!r}: {reason}")
        self.name, self.reason = name, reason


class UnsafeFile(ModelgetError):
    """The bytes are not what the file name promises (a web page, a pointer, a pickle, a broken header)."""

    hint = "The file was not installed. Check the link, or accept the terms or log in where it is published."

    def __init__(self, name: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"{name}: {reason}", hint)
        self.name, self.reason = name, reason


class WebPage(UnsafeFile):
    """A web page or an error document came instead of a file."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "the server sent a web page or an error document instead of the file")


class UnclearMember(ModelgetError):
    """Nothing tells which file of an archive is the wanted one; the archive is kept for the next run."""

    def __init__(self, archive: str, reason: str, name: str, ids: tuple[str, ...] = ()) -> None:
        super().__init__(f"{archive}: {reason}")
        self.hint = (
            f"Say which: --choose {name}=ID with {' or '.join(ids)}."
            if ids
            else "Find the file elsewhere: --choose NAME=ID."
        )
        self.ids = ids


class DigestMismatch(ModelgetError):
    """The bytes are not the ones that were promised."""

    hint = "Fetch it again; if it repeats, the publisher replaced the file or published a wrong digest."

    def __init__(self, name: str, wanted: Digest, got: Digest) -> None:
        super().__init__(f"{name}: expected {wanted}, got {got}")
        self.name, self.wanted, self.got = name, wanted, got


class Quarantined(DigestMismatch):
    """A whole file is not what its place publishes, whose other digests say something too: kept for a person to judge."""

    def __init__(self, mismatch: DigestMismatch, agreement: str, sha256: Digest, path: Path) -> None:
        super().__init__(mismatch.name, mismatch.wanted, mismatch.got)
        self.args = (f"{mismatch} (other digests of its place, {agreement}); it was kept aside as {path}",)
        self.hint = (
            f"Its place may have published a wrong digest, or another file. If you are sure that these bytes are "
            f"the right ones, run the same command with --accept-digest {sha256}; else delete that file."
        )
        self.agreement, self.sha256, self.path = agreement, sha256, path


class FetchFailed(ModelgetError):
    """The bytes could not be fetched; what arrived is kept, and the next run continues there."""

    hint = "Run the same command again: it continues where it stopped."


class BadAnswer(FetchFailed):
    """The place sent something that cannot be the file; another place may have it."""


class EveryPlaceFailed(FetchFailed):
    """Several places have the file, and none of them gave it."""

    def __init__(self, name: str, failures: Mapping[str, ModelgetError]) -> None:
        """Take the reason of each place, by the id that the file has there."""
        reasons = "; ".join(f"{place}: {error}" for place, error in failures.items())
        may_change = any(isinstance(error, SourceUnavailable) for error in failures.values())
        hint = None if may_change else "Run `modelget plan` to see what each of these places asks for."
        super().__init__(f"{name}: none of {len(failures)} places gave it: {reasons}", hint)
        self.failures = failures


class LoadFailed(ModelgetError):
    """The file could not be read as weights, or the device could not take them."""


class Cancelled(ModelgetError):
    """A person stopped the work; what arrived is kept."""

    hint = "Run the same command again: it continues where it stopped."
