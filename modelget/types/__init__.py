"""The nouns of Modelget: frozen values that pass from one step to the next."""

from __future__ import annotations

from .candidate import Candidate
from .delivery import Archive, Form
from .digest import Digest
from .evidence import Barrier, Evidence
from .found import ModelFile, Resolution, SourceFailure
from .listed import Listing
from .names import (
    FOLDER_SUFFIXES,
    MODEL_SUFFIXES,
    PICKLE_SUFFIXES,
    archive_kind,
    has_model_suffix,
    is_generic,
    label_of,
    stem_of,
)
from .parts import PartOfFolder, digest_of_parts
from .planned import Download, Fetched, Plan, PlanItem, Status, Verdict, to_fetch
from .terms import UNSTATED, Restriction, Terms
from .wanted import Decisions, Requirement, Workflow

__all__ = [
    "FOLDER_SUFFIXES",
    "MODEL_SUFFIXES",
    "PICKLE_SUFFIXES",
    "UNSTATED",
    "Archive",
    "Barrier",
    "Candidate",
    "Decisions",
    "Digest",
    "Download",
    "Evidence",
    "Fetched",
    "Form",
    "Listing",
    "ModelFile",
    "PartOfFolder",
    "Plan",
    "PlanItem",
    "Requirement",
    "Resolution",
    "Restriction",
    "SourceFailure",
    "Status",
    "Terms",
    "Verdict",
    "Workflow",
    "archive_kind",
    "digest_of_parts",
    "has_model_suffix",
    "is_generic",
    "label_of",
    "stem_of",
    "to_fetch",
]
