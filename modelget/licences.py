"""What licences of models say about commercial use: one row for each kind, with the reason.

The ids are those of SPDX (https://spdx.org/licenses) and of the Hub's cards
(https://huggingface.co/docs/hub/repositories-licenses), and the names that publishers give their own licences
on the Hub. A row sums a text up and is no legal advice: what is not certain stays unknown, and the link is
shown so that a person can read the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from .types import Restriction, Terms

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Licence:
    """One row of the table."""

    names: str
    """Ids and names, each perhaps with ``*``: in lower case, their words joined by hyphens."""
    commercial_use: bool | None
    """None when it depends on who asks, or nobody can say."""
    reason: str
    restrictions: tuple[Restriction, ...] = ()
    link: str | None = None


_PERMISSIVE = (
    "AFL-3.0 Apache-2.0 Artistic-2.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear BSL-1.0 CC0-1.0 "
    "CDLA-Permissive-1.0 CDLA-Permissive-2.0 ECL-2.0 etalab-2.0 ISC MIT MS-PL NCSA OFL-1.1 PDDL-1.0 "
    "PostgreSQL Unlicense WTFPL Zlib"
)
"""Permissive licences: for everybody and any use (https://opensource.org/osd, points 5 and 6)."""

_SPDX = {name.lower(): name for name in _PERMISSIVE.split()}

_CREDIT, _SAME, _UNCHANGED = (
    Restriction.CREDIT_REQUIRED,
    Restriction.SAME_PERMISSIONS,
    Restriction.NO_DERIVATIVES,
)
_PRIVATE = Restriction.NON_COMMERCIAL
_RESEARCH = (Restriction.RESEARCH_ONLY, _PRIVATE)
_LISTED_USES = (Restriction.USE_RESTRICTIONS,)
_UP_TO_A_SIZE = (Restriction.SIZE_LIMIT, Restriction.USE_RESTRICTIONS)
_OUTSIDE_THE_EU = (*_UP_TO_A_SIZE, Restriction.EU_EXCLUDED)
_BUT_LISTED = "it allows commercial use except for the uses it lists"
_FORBIDS = "its text forbids it"
_LLAMA = "https://www.llama.com/license"

LICENCES = (
    Licence(
        " ".join(_SPDX) + " apache-license-2.0 apache-2 mit-license bsd pddl odc-by openmdw-1.0 apple-ascl",
        True,
        "it is a permissive licence",
    ),
    # What forbids commercial use comes first: a name such as "gpl-3.0-nc" says so, whatever it resembles.
    # CC legal code, section 1: NonCommercial means not primarily intended for commercial advantage.
    Licence("cc-by-nc-nd cc-by-nc-nd-*", False, _FORBIDS, (_PRIVATE, _UNCHANGED, _CREDIT)),
    Licence("cc-by-nc-sa cc-by-nc-sa-*", False, _FORBIDS, (_PRIVATE, _SAME, _CREDIT)),
    Licence("cc-by-nc cc-by-nc-*", False, _FORBIDS, (_PRIVATE, _CREDIT)),
    # https://huggingface.co/black-forest-labs/FLUX.1-dev/blob/main/LICENSE.md: pictures may be sold, but the use of
    # the model in a business needs another licence.
    Licence(
        "flux*non-commercial* flux-1-dev* flux.1-*dev* flux-2-dev* flux.2-*dev*",
        False,
        "it allows only non-commercial use of the model; Black Forest Labs sells another licence",
        (_PRIVATE,),
    ),
    Licence("apple-amlr apple-amlr-*", False, "it is Apple's licence for research on models", _RESEARCH),
    Licence("deepfloyd-if-license", False, "it is for research without commercial use", _RESEARCH),
    # S-Lab License 1.0; NVIDIA's Source Code License 1, section 3.3.
    Licence("s-lab* nsclv1* nvidia-source-code*", False, _FORBIDS, (_PRIVATE,)),
    Licence("bria bria-*", False, "commercial use needs an agreement with BRIA", (_PRIVATE,)),
    # stabilityai-nc-research-community, qwen-research, h-research, fair-noncommercial-research-license …
    Licence("*research*", False, "its name says that it is for research", _RESEARCH),
    Licence(
        "*non-commercial* *noncommercial* *-nc *-nc-*",
        False,
        "its name says that it is non-commercial",
        (_PRIVATE,),
    ),
    Licence(
        "cc-by-nd cc-by-nd-*",
        True,
        "it allows commercial use, unchanged and with credit",
        (_UNCHANGED, _CREDIT),
    ),
    Licence("cc-by-sa cc-by-sa-*", True, "it allows commercial use with credit", (_SAME, _CREDIT)),
    Licence("cc-by cc-by-[1-4].[0-9]", True, "it allows commercial use with credit", (_CREDIT,)),
    # Free software and open data: for any purpose; what is derived and passed on stays under the same licence.
    Licence(
        "gpl gpl-[1-3].* agpl-3.* lgpl lgpl-* mpl-* epl-* eupl-* osl-* gfdl odbl cdla-sharing-* lppl-*",
        True,
        "it allows commercial use; what is derived and passed on stays under it",
        (_SAME,),
    ),
    # RAIL: an open licence with a list of forbidden uses (its attachment A), which binds derivatives too.
    Licence(
        "openrail openrail++ openrail-m openrail++-m creativeml-openrail* creativeml-open-rail* *-openrail-m "
        "bigscience-* bigcode-* *-rail-1.0",
        True,
        _BUT_LISTED,
        _LISTED_USES,
    ),
    Licence("gemma gemma-*", True, _BUT_LISTED, _LISTED_USES, "https://ai.google.dev/gemma/terms"),
    # https://www.nvidia.com/en-us/agreements/enterprise-software/nvidia-open-model-license
    Licence("nvidia-open-model-license*", True, "it allows commercial use with its safeguards", _LISTED_USES),
    # https://freedevproject.org/faipl-1.0-sd
    Licence("fair-ai-public-license* faipl*", True, _BUT_LISTED, (*_LISTED_USES, _SAME)),
    # Commercial use depends on who asks from here on: nothing of this is clearly allowed.
    Licence(
        "stabilityai-*community* stability-ai-*community* stable-*community* sai-community*",
        None,
        "it is free only below a yearly revenue of 1 million US dollars",
        _UP_TO_A_SIZE,
        "https://stability.ai/community-license-agreement",
    ),
    Licence(
        "llama3.2* llama-3.2* llama4* llama-4*",
        None,
        "it is free only below 700 million monthly users, and what sees pictures not in the EU",
        _OUTSIDE_THE_EU,
        _LLAMA,
    ),
    Licence("llama*", None, "it is free only below 700 million monthly users", _UP_TO_A_SIZE, _LLAMA),
    # Its "Territory" leaves out the European Union, the United Kingdom and South Korea.
    Licence(
        "tencent-hunyuan* hunyuan*",
        None,
        "it is free only below 100 million monthly users, and not in the EU, the UK and South Korea",
        _OUTSIDE_THE_EU,
    ),
    Licence(
        "qwen qwen-license* tongyi-qianwen*",
        None,
        "it is free only below 100 million monthly users",
        _UP_TO_A_SIZE,
    ),
    Licence(
        "cogvlm* cogvideox* kolors*",
        None,
        "commercial use needs a registration with the publisher",
        _UP_TO_A_SIZE,
    ),
    Licence(
        "ltx-* ltxv-*", None, "it is free only below a yearly revenue of 10 million US dollars", _UP_TO_A_SIZE
    ),
    Licence("playground-v2*", None, "it is free only below 1 million monthly users", _UP_TO_A_SIZE),
    Licence("other", None, "its publisher calls it only 'other'"),
    Licence("unknown", None, "its publisher does not know it"),
    Licence("cc c-uda", None, "its id does not say which of several licences it is"),
)

_BASES = {
    "flux-1-dev-non-commercial-license": "black-forest-labs/flux.1-*dev* black-forest-labs/flux.2-dev* flux.1-d "
    "flux.1-kontext flux.1-krea flux.2-d",
    "stabilityai-ai-community": "stabilityai/stable-diffusion-3* stabilityai/stable-video-diffusion* "
    "stabilityai/sdxl-turbo* stabilityai/stable-cascade* sd-3 sd-3.5* svd svd-xt sdxl-turbo stable-cascade",
    "tencent-hunyuan-community": "tencent/hunyuan* hunyuan-1 hunyuan-video",
    "cogvideox-license": "cogvideox thudm/cogvideox-5b* zai-org/cogvideox-5b*",
    "kolors": "kolors kwai-kolors/kolors*",
    "ltx-video-open-weights": "ltxv* lightricks/ltx-*",
    "llama": "meta-llama/*",
}
"""Licences of base models that bind what is made from them, by the Hub's repositories and Civitai's names."""

_NOT_STATED = "no licence is stated, so all rights are reserved"
_NOT_KNOWN = "what this licence allows is not known here"


def find_licence(name: str) -> Licence | None:
    """Return the row for a licence's id or name, None for one that is not in the table."""
    return next((row for row in LICENCES if _is_one_of(name, row.names)), None)


def licence_of_base(model: str) -> str | None:
    """Return the licence of a base model that does not clearly allow commercial use, None for all others."""
    return next((licence for licence, names in _BASES.items() if _is_one_of(model, names)), None)


def terms_of(
    stated: object,
    *,
    link: str | None = None,
    restrictions: Iterable[Restriction] = (),
    gated: bool = False,
) -> Terms:
    """Make terms of a licence as a place states it: a text, a list of texts, or anything at all.

    Of several licences the one that allows least counts, since nobody says which of them is for whom.
    """
    names = _names(stated)
    rows = [(name, find_licence(name)) for name in names]
    known = [row for _name, row in rows if row]
    allowed, reason = _commercial_use(rows)
    return Terms(
        licence=", ".join(names) or None,
        link=link or next((found for name, row in rows if (found := _link(name, row))), None),
        commercial_use=allowed,
        reason=reason,
        restrictions=tuple(dict.fromkeys([*(r for row in known for r in row.restrictions), *restrictions])),
        gated=gated,
    )


def bound_by(terms: Terms, bases: object) -> Terms:
    """Add what the licence of a base model forbids: who publishes a derivative cannot allow more than that."""
    for base in _names(bases):
        licence = licence_of_base(base)
        row = find_licence(licence) if licence else None
        if row is None:
            continue
        limits = tuple(dict.fromkeys((*terms.restrictions, *row.restrictions)))
        terms = replace(terms, restrictions=limits)
        if terms.commercial_use or (terms.commercial_use is None and row.commercial_use is False):
            reason = f"its base model {base} is under {licence}: {row.reason}"
            terms = replace(terms, commercial_use=row.commercial_use, reason=reason)
    return terms


def _commercial_use(rows: list[tuple[str, Licence | None]]) -> tuple[bool | None, str]:
    if not rows:
        return None, _NOT_STATED
    verdicts = [(row.commercial_use, row.reason) if row else (None, _NOT_KNOWN) for _name, row in rows]
    for least in (False, None):
        if found := next((verdict for verdict in verdicts if verdict[0] is least), None):
            return found
    return verdicts[0]


def _is_one_of(name: str, known: str) -> bool:
    key = re.sub(r"[\s_]+", "-", name.strip().lower())
    return any(fnmatchcase(key, pattern) for pattern in known.split())


def _names(stated: object) -> list[str]:
    """Read what stands where a licence should: only text counts, without what no name has."""
    listed = stated if isinstance(stated, (list, tuple)) else [stated]
    texts = ("".join(filter(str.isprintable, one)).strip() for one in listed[:20] if isinstance(one, str))
    return list(dict.fromkeys(text[:_LONGEST_NAME] for text in texts if text))


def _link(name: str, row: Licence | None) -> str | None:
    key = name.lower()
    if key in _SPDX:
        return f"https://spdx.org/licenses/{_SPDX[key]}.html"
    if parts := re.fullmatch(r"cc-(by(?:-nc)?(?:-nd|-sa)?)-([0-9]\.[0-9])", key):
        return f"https://creativecommons.org/licenses/{parts[1]}/{parts[2]}/"
    return row.link if row else None
