"""How ``s3://bucket/key`` is written as a web address.

Only public buckets: nothing is signed. An ETag of S3 is no digest (of a file that was uploaded in parts it is one
of digests), nor is ``x-amz-checksum-sha256`` always that of the whole file, so neither is taken for one.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
"""Names with a dot, which older buckets may have, match no certificate."""


def read_address(text: str) -> tuple[str, str] | None:
    """Return bucket and key of an ``s3://`` address, the key decoded; None for anything else."""
    if not text.startswith(_SCHEME):
        return None
    bucket, _slash, key = text[len(_SCHEME) :].partition("/")
    key = unquote(key)
    return (bucket, key) if _BUCKET.fullmatch(bucket) and key.isprintable() else None


def web_address(bucket: str, key: str, endpoint: str | None) -> str:
    """Return where a key is: on the bucket's own host at Amazon, below the bucket's name at another endpoint."""
    home = f"{endpoint}/{bucket}" if endpoint else f"https://{bucket}.s3.amazonaws.com"
    return f"{home}/{quote(key)}" if key else home
