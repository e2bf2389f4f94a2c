"""How paths are told over HTTP: by model folder and name, never where they are on this disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..modelget.library import Library


class Shown:
    """Replaces what the paths of this machine begin with."""

    def __init__(self, library: Library, home: Path) -> None:
        places = [(str(root), name) for name, roots in library.folders.items() for root in roots]
        places += [(str(library.models_root), "models"), (str(home), "user/__modelget")]
        places.append((str(home.parent.parent), "ComfyUI"))
        # The longest first: a model folder before the folder that holds it.
        self._places = sorted(places, key=lambda place: -len(place[0]))

    def path(self, path: Path) -> str:
        """Return ``vae/ae.safetensors``; of a path elsewhere only its name."""
        shown = self.text(str(path))
        return path.name if shown == str(path) else shown

    def text(self, text: str) -> str:
        """Return a text without whole paths."""
        for place, name in self._places:
            if place in text:
                text = text.replace(place + os.sep, f"{name}/").replace(place, name)
        return text

    def value(self, value: Any) -> Any:
        """Return a JSON value whose texts hold no whole path."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.value(inner) for name, inner in value.items()}
        return [self.value(inner) for inner in value] if isinstance(value, (list, tuple)) else value
