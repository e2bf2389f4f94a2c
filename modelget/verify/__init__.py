"""Prove that bytes are the right ones: digests, and contents that match what the name promises."""

from .agreement import Agreement, agreement
from .contents import check_contents, check_opening
from .digests import COMPUTED_ALGORITHMS, Hasher, check_digest, digest_file
from .folders import folder_complaint

__all__ = [
    "COMPUTED_ALGORITHMS",
    "Agreement",
    "Hasher",
    "agreement",
    "check_contents",
    "check_digest",
    "check_opening",
    "digest_file",
    "folder_complaint",
]
