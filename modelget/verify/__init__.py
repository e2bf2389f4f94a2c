"""Prove that bytes are the right ones: digests, and contents that match what the name promises."""

from .agreement import Agreement, agreement
from .contents import OPENING, check_contents, check_opening, is_pickle
from .digests import COMPUTED_ALGORITHMS, Hasher, check_digest, digest_file
from .folders import folder_complaint, unlike_locked
from .tensor_header import BITS, TensorEntry, TensorHeader, looks_like_tensors, read_tensor_header

__all__ = [
    "BITS",
    "COMPUTED_ALGORITHMS",
    "OPENING",
    "Agreement",
    "Hasher",
    "TensorEntry",
    "TensorHeader",
    "agreement",
    "check_contents",
    "check_digest",
    "check_opening",
    "digest_file",
    "folder_complaint",
    "is_pickle",
    "looks_like_tensors",
    "read_tensor_header",
    "unlike_locked",
]
