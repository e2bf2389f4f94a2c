"""Real input: every workflow of the official template package, planned and installed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from templates import declared, key_of, template_files, without_conflicts

from modelget.library import open_library
from modelget.pipeline import open_workshop, plan_for
from modelget.settings import load_settings
from modelget.types import Status
from modelget.workflow import read


@pytest.fixture(scope="module")
def templates() -> list[Path]:
    found = template_files()
    assert len(found) == 644
    return found


def test_every_template_plans_and_every_declared_model_resolves_to_its_declared_link(
    templates, hub, models
) -> None:
    environ = {"HF_ENDPOINT": hub.endpoint, "MODELGET_ALLOW_HOSTS": hub.storage_origin}
    shop = open_workshop(load_settings(environ), open_library(models_dir=models))

    plans = plan_for([read(path) for path in templates], shop)

    checked = 0
    for path, plan in zip(templates, plans, strict=True):
        items = {(item.requirement.name, item.requirement.folder): item for item in plan.items}
        for name, folder, url in declared(path):
            item = items[name, folder]
            best = item.resolution.candidates[0]
            commit = hub.commit("/".join(key_of(url).split("/")[:2]))
            assert item.requirement.active
            assert best.url == url.split("?")[0].replace("https://huggingface.co", hub.endpoint).replace(
                "/resolve/main/", f"/resolve/{commit}/"
            )
            assert best.digest
            assert best.digest.hex == hub.content(key_of(url)).sha256
            checked += 1
    assert checked == 966
    assert not list(models.iterdir()), "planning changed something"


def test_sixty_templates_install_with_shared_files_fetched_once_and_again_for_nothing(
    templates, modelget, hub, models
) -> None:
    chosen, places = without_conflicts(templates, at_least=60)
    assert len(chosen) == 60

    first = modelget("install", *chosen, "--json")

    assert first.code == 0, first.err
    for (folder, name), key in places.items():
        # What ComfyUI looks up: the folder's own name below models/, then the name as the loader has it.
        file = models / folder / name
        assert hashlib.sha256(file.read_bytes()).hexdigest() == hub.content(key).sha256
    distinct = {hub.content(key).sha256: hub.content(key).size for key in places.values()}
    assert hub.storage_bytes == sum(distinct.values()), "a file came over the wire twice"
    assert [item["status"] for doc in first.document for item in doc["requirements"] if item["active"]] == [
        Status.PRESENT.value
    ] * sum(item["active"] for doc in first.document for item in doc["requirements"])

    before = hub.requests
    again = modelget("install", *chosen, "--json")

    assert again.code == 0
    assert hub.requests == before, "the second run asked the network"
    assert sum(doc["transferred_bytes"] for doc in again.document) == 0
    leftovers = [path for path in (models / ".modelget").iterdir() if path.suffix != ".sqlite"]
    assert not leftovers
