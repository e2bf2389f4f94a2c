"""Real input: every workflow of the official template package, planned and installed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from templates import declared, graph_nodes, key_of, template_files, without_conflicts

from modelget.library import open_library
from modelget.pipeline import open_workshop, plan_for
from modelget.settings import load_settings
from modelget.types import Evidence, Status
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


def without_declarations(path: Path, folder: Path) -> Path:
    """Save the template as somebody shares it whose program forgot where the models come from."""

    def strip(graph: dict[str, Any]) -> None:
        for node in graph["nodes"]:
            (node.get("properties") or {}).pop("models", None)
        for subgraph in (graph.get("definitions") or {}).get("subgraphs", []):
            strip(subgraph)

    graph = json.loads(path.read_text(encoding="utf-8"))
    strip(graph)
    bare = folder / path.name
    bare.write_text(json.dumps(graph), encoding="utf-8")
    return bare


def test_templates_without_their_declarations_get_the_declared_file_by_name_or_a_choice_that_has_it(
    templates, hub, models, tmp_path
) -> None:
    environ = {
        "HF_ENDPOINT": hub.endpoint,
        "MODELGET_ALLOW_HOSTS": hub.storage_origin,
        "MODELGET_CIVITAI_ENDPOINT": hub.endpoint,
    }
    shop = open_workshop(load_settings(environ), open_library(models_dir=models))
    # The embedded hub's bytes have none of the digests that a few declarations pin.
    pinned = {
        model["name"]
        for path in templates
        for node, _active in graph_nodes(json.loads(path.read_text(encoding="utf-8")), active=True)
        for model in (node.get("properties") or {}).get("models") or []
        if model.get("hash")
    }
    sure = doubtful = 0

    plans = plan_for([read(without_declarations(path, tmp_path)) for path in templates], shop)

    for path, plan in zip(templates, plans, strict=True):
        items = {(item.requirement.name, item.requirement.folder): item for item in plan.items}
        for name, folder, url in declared(path):
            item = items.get((name, folder)) or items.get((name, None))
            if item is None:
                continue  # nothing but its declaration ever named it
            assert not item.requirement.urls
            commit = hub.commit("/".join(key_of(url).split("/")[:2]))
            right = f"hf:{key_of(url)}@{commit}"
            candidates = {one.id: one for one in item.resolution.candidates}
            assert right in candidates
            if len({one.digest for one in candidates.values()}) == 1 and name not in pinned:
                assert candidates[right].evidence is Evidence.TRUSTED_NAME
                sure += 1
            else:
                assert item.download is None
                assert not any(one.evidence.is_sure for one in candidates.values())
                doubtful += 1
    assert (sure, doubtful) == (668, 298)


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
