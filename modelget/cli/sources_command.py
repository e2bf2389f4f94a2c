"""``modelget sources``: the places, the credentials, and who answers."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from ..errors import ModelgetError
from ..hosts import HostPolicy, origin_of
from ..http import Http
from ..settings import Settings
from ..sources import all_sources
from .exit_codes import DONE
from .opening import settings_from
from .terminal import colour, table


def run(args: Namespace) -> int:
    """List every source; the values of credentials are never shown."""
    settings = settings_from(args)
    rows = [row for source in all_sources(settings) for row in _rows(source, settings)]
    if args.json:
        print(json.dumps({"sources": rows, "allow_hosts": list(settings.allow_hosts)}, indent=2))
        return DONE
    lines = [("place", "where", "credential", "answers")]
    lines += [
        (row["label"], row["endpoint"] or "-", row["credential"] or "none", row["reachable"]) for row in rows
    ]
    head, *body = table(lines, indent="").splitlines()
    print(colour(head, "bold"), *body, sep="\n")
    print(f"Hosts you listed: {', '.join(settings.allow_hosts) or 'none (MODELGET_ALLOW_HOSTS)'}")
    return DONE


def _rows(source: Any, settings: Settings) -> list[dict[str, Any]]:
    rows = []
    for endpoint in source.endpoints or (None,):
        has_token = endpoint is not None and _has_token(endpoint, settings)
        rows.append(
            {
                "name": source.name,
                "label": source.label,
                "endpoint": endpoint,
                "credential": "found" if has_token else None,
                "reachable": _answer(endpoint, settings) if endpoint else "-",
            }
        )
    return rows


def _has_token(endpoint: str, settings: Settings) -> bool:
    return origin_of(endpoint) in settings.credentials


def _answer(endpoint: str, settings: Settings) -> str:
    """Ask for the front page; any answer at all shows that the place can be reached."""
    if settings.offline:
        return "not asked"
    try:
        with Http(HostPolicy.of((), (endpoint,))).open(endpoint) as reply:
            return "yes" if reply.status < 500 else f"HTTP {reply.status}"
    except ModelgetError as error:
        return f"no: {error}"
