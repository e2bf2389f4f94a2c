"""How paths are told over HTTP: by model folder and name, never where they are on this disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..modelget.library import Library


class Shown:
    """Replaces what the paths of this machine begin with."""

    def __init__(self, library: Library, home: Path) -> None:
        places = [(root, name) for name, roots in library.folders.items() for root in roots]
        places += [(library.models_root, "models"), (home, "user/__modelget"), (home.parent, "user")]
        self._names = {str(place): name for place, name in reversed(places) if len(place.parts) > 1}
        # The longest first: a model folder before the folder that holds it. A path begins where no other goes on.
        longest = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w./\\-])({'|'.join(map(re.escape, longest))})(?![\w.-])([/\\]?)")

    def path(self, path: Path) -> str:
        """Return ``vae/ae.safetensors``; of a path elsewhere only its name."""
        shown = self.text(str(path))
        return path.name if shown == str(path) else shown

    def text(self, text: str) -> str:
        """Return a text without whole paths."""
        return self._pattern.sub(lambda found: self._names[found[1]] + ("/" if found[2] else ""), text)

    def value(self, value: Any) -> Any:
        """Return a JSON value whose texts hold no whole path."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.value(inner) for name, inner in value.items()}
        return [self.value(inner) for inner in value] if isinstance(value, (list, tuple)) else value
