"""The versions that the embedded Civitai knows, and how they look as JSON."""

from __future__ import annotations

from threading import Lock
from typing import Any
from urllib.parse import urlencode

from .content import Content, Contents
from .rules import CivitaiFile, CivitaiVersion, HubRules

_ECOSYSTEMS = {
    "SD 1.5": "sd1",
    "SDXL 1.0": "sdxl",
    "Pony": "sdxl",
    "Illustrious": "sdxl",
    "Flux.1 D": "flux1",
}


class Catalogue:
    """Versions from the rules and, for any other id, versions that follow from it."""

    def __init__(self, rules: HubRules, contents: Contents) -> None:
        self._rules, self._contents = rules, contents
        self._known = {version.id: version for version in rules.civitai}
        self._lock = Lock()

    def version(self, version_id: int) -> CivitaiVersion | None:
        """Return a version, and list it from then on."""
        if f"civitai/{version_id}" in self._rules.missing:
            return None
        with self._lock:
            return self._known.setdefault(version_id, CivitaiVersion(version_id))

    def versions_of(self, model_id: int) -> list[CivitaiVersion]:
        """List a model's known versions, newest first; a model without one gets its first."""
        found = [version for version in self._listed() if version.model_id == model_id]
        first = None if found else self.version(model_id * 10)
        return found[::-1] or ([first] if first and first.model_id == model_id else [])

    def with_hash(self, digest: str) -> CivitaiVersion | None:
        """Return the oldest known version with a file of this sha256, AutoV1, AutoV2 or AutoV3."""
        wanted = digest.upper()
        for version in self._listed():
            if any(wanted in self.hashes(version, file).values() for file in version.files):
                return version
        return None

    def content(self, version: CivitaiVersion, file: CivitaiFile) -> Content:
        """Return the bytes of a version's file."""
        return self._contents.of(key_of(version, file))

    def hashes(self, version: CivitaiVersion, file: CivitaiFile) -> dict[str, str]:
        """Return the published digests of a file."""
        content = self.content(version, file)
        known = {"AutoV1": content.autov1, "AutoV2": content.sha256[:10], "SHA256": content.sha256}
        if file.format == "SafeTensor":
            known["AutoV3"] = content.tensors_sha256[:12]
        known |= {"CRC32": _backwards(content), **file.published}
        return {algorithm: digits.upper() for algorithm, digits in sorted(known.items()) if digits}

    def found_by(self, words: str, *, nsfw: bool) -> list[list[CivitaiVersion]]:
        """Return the known versions of each model whose name has all the words, newest model first."""
        wanted = words.casefold().split()
        models: dict[int, list[CivitaiVersion]] = {}
        for version in self._listed():
            name = version.model_name.casefold()
            if all(word in name for word in wanted) and (nsfw or not version.nsfw):
                models.setdefault(version.model_id, []).insert(0, version)
        return [models[number] for number in sorted(models, reverse=True)]

    def model_json(self, versions: list[CivitaiVersion], base_url: str) -> dict[str, Any]:
        """Describe a model by its versions, newest first."""
        newest = versions[0]
        model = {
            "id": newest.model_id,
            "name": newest.model_name,
            "type": newest.type,
            "nsfw": newest.nsfw,
            "poi": newest.poi,
            "allowNoCredit": newest.allow_no_credit,
            "allowCommercialUse": list(newest.allow_commercial_use),
            "allowDerivatives": newest.allow_derivatives,
            "allowDifferentLicense": newest.allow_different_license,
            "availability": "Public",
            "creator": {"username": "embedded-user", "image": None},
            "tags": [],
            "modelVersions": [self.short_json(version, base_url) for version in versions],
        }
        if newest.barrier == "archived":
            model["mode"] = "Archived"
        return model

    def version_json(self, version: CivitaiVersion, base_url: str) -> dict[str, Any]:
        """Describe a version and its model."""
        model = {"name": version.model_name, "type": version.type, "nsfw": version.nsfw, "poi": version.poi}
        if version.barrier == "archived":
            model["mode"] = "Archived"
        if version.barrier == "taken-down":
            model["mode"] = "TakenDown"
        return {**self.short_json(version, base_url), "modelId": version.model_id, "model": model}

    def short_json(self, version: CivitaiVersion, base_url: str) -> dict[str, Any]:
        """Describe a version as its model lists it."""
        early = version.barrier == "early-access"
        files = () if version.barrier in ("archived", "taken-down") else version.files
        return {
            "id": version.id,
            "name": version.name,
            "air": air_of(version),
            "baseModel": version.base_model,
            "availability": "EarlyAccess" if early else "Public",
            "earlyAccessEndsAt": version.deadline if early else None,
            "usageControl": "Generation" if version.barrier == "disabled" else "Download",
            "nsfwLevel": 16 if version.nsfw else 1,
            "status": "Published",
            "trainedWords": list(version.trained_words),
            "files": [self._file_json(version, file, base_url) for file in files],
            "images": [],
            "downloadUrl": download_url(base_url, version),
        }

    def _listed(self) -> list[CivitaiVersion]:
        with self._lock:
            known = sorted(self._known.values(), key=lambda version: version.id)
        return [version for version in known if f"civitai/{version.id}" not in self._rules.missing]

    def _file_json(self, version: CivitaiVersion, file: CivitaiFile, base_url: str) -> dict[str, Any]:
        primary = file is primary_of(version)
        return {
            "id": file.id,
            "name": file.name,
            "type": file.type,
            "sizeKB": self.content(version, file).size / 1024,
            "metadata": {"format": file.format, "size": file.size, "fp": file.fp},
            "hashes": self.hashes(version, file),
            "pickleScanResult": file.pickle_scan,
            "virusScanResult": file.virus_scan,
            "scannedAt": "2025-01-01T00:00:00.000Z",
            "primary": primary,
            "downloadUrl": download_url(base_url, version, None if primary else file),
        }


def _backwards(content: Content) -> str:
    """Return the crc32 of a file as Civitai's scanner writes it: the lowest byte first."""
    return content.crc32.to_bytes(4, "little").hex()


def primary_of(version: CivitaiVersion) -> CivitaiFile:
    """Return the file that a download without parameters gives."""
    return next((file for file in version.files if file.primary), version.files[0])


def key_of(version: CivitaiVersion, file: CivitaiFile) -> str:
    """Return the key of a file's bytes."""
    return f"civitai/{version.id}/{file.name}"


def air_of(version: CivitaiVersion) -> str:
    """Return the AIR of a version."""
    ecosystem = _ECOSYSTEMS.get(version.base_model, "other")
    return f"urn:air:{ecosystem}:{version.type.lower()}:civitai:{version.model_id}@{version.id}"


def download_url(base_url: str, version: CivitaiVersion, file: CivitaiFile | None = None) -> str:
    """Return the public download URL; only a file other than the primary one is described in it."""
    url = f"{base_url}/api/download/models/{version.id}"
    if file is None:
        return url
    return f"{url}?{urlencode({'type': file.type, 'format': file.format, 'size': file.size, 'fp': file.fp})}"
