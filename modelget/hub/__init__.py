"""A small local server that speaks the protocols of the places where checkpoints are shared."""

from __future__ import annotations

from .civarchive import ArchivedCopy, CivArchiveRules
from .content import Content, Contents, size_of
from .dropbox import DropboxRules
from .github import GitHubRules
from .google_drive import DriveRules
from .kaggle import KaggleRules
from .mirror import MirrorRules
from .modelscope import ModelScopeRules
from .papers import PaperRules
from .rules import CivitaiFile, CivitaiVersion, HubRules, RateLimit
from .s3 import S3Rules
from .server import EmbeddedHub
from .traffic import Record

__all__ = [
    "ArchivedCopy",
    "CivArchiveRules",
    "CivitaiFile",
    "CivitaiVersion",
    "Content",
    "Contents",
    "DriveRules",
    "DropboxRules",
    "EmbeddedHub",
    "GitHubRules",
    "HubRules",
    "KaggleRules",
    "MirrorRules",
    "ModelScopeRules",
    "PaperRules",
    "RateLimit",
    "Record",
    "S3Rules",
    "size_of",
]
