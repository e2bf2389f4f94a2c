"""Folders and whole repositories of the Hub, with the real huggingface_hub; runs once for each major version."""

from __future__ import annotations

from dataclasses import replace

import pytest
from makers import LANGUAGE_MODEL, PIPELINE, SHARDS, diffusers_repo, language_model_repo

from modelget.errors import SourceUnavailable
from modelget.hub import RateLimit
from modelget.settings import Secret
from modelget.sources.shared.hub_files import HubFolder, parse_folder
from modelget.types import Digest

from .conftest import settings_for

pytestmark = pytest.mark.hub_client

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO, LLM = "o/sdxl", "Qwen/Qwen2-7B-Instruct"
FILES = diffusers_repo(REPO) | language_model_repo(LLM)
CLOSED = frozenset({REPO, LLM})
TOKEN = "hf_secretsecretsecret"
WHOLE = HubFolder("model", "o/r", "")


@pytest.fixture
def ask_hub(asks, hub_with):
    """Ask a hub with these rules for folders: ``ask_hub(gated=…)``, perhaps with a token."""

    def make(token: str | None = None, **rules):
        hub = hub_with(**({"files": FILES, "closed": CLOSED} | rules))
        question = asks("huggingface", settings_for(hub, hub_token=Secret(token) if token else None))
        return (lambda *urls, **more: question(*urls, **({"name": "x", "is_folder": True} | more))), hub

    return make


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("https://huggingface.co/o/r", WHOLE),
        ("https://huggingface.co/o/r/", WHOLE),
        ("https://hf.co/o/r?library=diffusers#top", WHOLE),
        ("https://www.huggingface.co/o/r/tree/main", WHOLE),
        ("https://huggingface.co/o/r/tree/main/", WHOLE),
        ("https://hf-mirror.com/o/r/tree/main/vae", replace(WHOLE, path="vae")),
        (
            "https://huggingface.co/o/r/tree/refs%2Fpr%2F1/a/b%20c",
            replace(WHOLE, path="a/b c", revision="refs/pr/1"),
        ),
        (f"https://huggingface.co/o/r/tree/{COMMIT}", replace(WHOLE, revision=COMMIT)),
        ("https://huggingface.co/gpt2/tree/main", replace(WHOLE, repo="gpt2")),
        ("https://huggingface.co/datasets/o/r", replace(WHOLE, kind="dataset")),
        ("hf:o/r", WHOLE),
        ("hf:o/r@v1.0", replace(WHOLE, revision="v1.0")),
        ("hf:o/r/vae", replace(WHOLE, path="vae")),
        ("hf:o/r/v1.5/unet@refs/pr/1", replace(WHOLE, path="v1.5/unet", revision="refs/pr/1")),
        ("hf:datasets/o/r", replace(WHOLE, kind="dataset")),
        ("hf://o/r", WHOLE),
        ("hf://o/r@main", WHOLE),
        ("hf://gpt2@main", replace(WHOLE, repo="gpt2")),
        ("hf://o/r@refs%2Fpr%2F1/vae", replace(WHOLE, path="vae", revision="refs/pr/1")),
        ("https://huggingface.co/gpt2", None),
        ("https://huggingface.co/docs/hub", None),
        ("https://huggingface.co/o/r/blob/main/x.safetensors", None),
        ("https://huggingface.co/o/r/discussions", None),
        ("https://huggingface.co/o/r/tree/main/..%2F..%2Fx", None),
        ("https://huggingface.co/o/r/tree/../x", None),
        ("https://huggingface.co/o/..", None),
        ("https://evil.example/o/r", None),
        ("https://huggingface.co.evil.example/o/r", None),
        ("hf:o/r/x.safetensors", None),
        ("hf:o", None),
        ("hf:o/r/../x", None),
        ("hf:", None),
        ("Qwen/Qwen2-7B-Instruct", None),
        (f"hf:o/{'r' * 5000}", None),
    ],
)
def test_references_are_read(text: str, folder: HubFolder | None) -> None:
    assert parse_folder(text) == folder


@pytest.mark.parametrize(
    "folder",
    [
        WHOLE,
        replace(WHOLE, path="a b/c#", revision="refs/pr/1"),
        replace(WHOLE, kind="dataset", revision=COMMIT),
        replace(WHOLE, repo="gpt2"),
        replace(WHOLE, repo="gpt2", path="vae", revision="50%@home"),
    ],
)
def test_ids_and_pages_lead_back_to_the_folder(folder: HubFolder) -> None:
    assert parse_folder(folder.id) == folder
    assert parse_folder(folder.url("https://huggingface.co")) == folder


def test_a_repository_is_pinned_and_each_file_has_its_digest(ask_hub) -> None:
    ask, hub = ask_hub()
    (found,) = ask(f"https://huggingface.co/{REPO}")
    commit = hub.commit(REPO, "main")
    assert (found.id, found.name, found.terms.licence) == (f"hf:{REPO}@{commit}", "sdxl", "apache-2.0")
    assert (found.is_folder, found.barrier, found.folder) == (True, None, "diffusers")
    parts = {part.path: part for part in found.files}
    assert sorted(parts) == PIPELINE
    assert found.size == sum(part.size for part in found.files)
    unet, text = parts["unet/diffusion_pytorch_model.safetensors"], parts["unet/config.json"]
    assert unet.url == hub.url(REPO, unet.path, commit)
    assert unet.digest == Digest("sha256", hub.content(f"{REPO}/{unet.path}").sha256)
    assert text.digest == Digest("git-sha1", hub.content(f"{REPO}/{text.path}").git_sha1)
    assert text.size == len(FILES[f"{REPO}/{text.path}"])


def test_the_same_folder_by_its_pinned_id(ask_hub) -> None:
    ask, _hub = ask_hub()
    (found,) = ask(f"hf:{LLM}")
    assert sorted(part.path for part in found.files) == sorted(LANGUAGE_MODEL)
    assert ask(found.id) == [found]


def test_a_part_of_a_repository_has_paths_of_its_own(ask_hub) -> None:
    ask, _hub = ask_hub()
    (found,) = ask(f"hf:{REPO}/vae")
    assert [part.path for part in found.files] == ["config.json", "diffusion_pytorch_model.safetensors"]
    assert all(f"{REPO}/vae/{part.path}@" in part.id for part in found.files)


def test_what_is_wanted_as_a_file_is_never_a_folder(ask_hub) -> None:
    ask, hub = ask_hub()
    assert ask(f"hf:{REPO}", name="x.safetensors", is_folder=False) == []
    assert ask(f"https://huggingface.co/{REPO}", name="some_stem", is_folder=False) == []
    assert hub.requests == []


def test_a_person_need_not_say_which_it_is(ask_hub) -> None:
    ask, _hub = ask_hub()
    (folder,) = ask(f"hf:{REPO}/vae", name="", is_folder=False)
    (file,) = ask(f"hf:{REPO}/vae/config.json", name="", is_folder=False)
    assert (folder.is_folder, file.is_folder) == (True, False)


@pytest.mark.parametrize("reference", ["hf:o/none", f"hf:{REPO}/nothing", f"hf:{REPO}@gone"])
def test_what_is_not_there_is_nothing_or_not_public(ask_hub, reference) -> None:
    ask, _hub = ask_hub(missing=frozenset({"o/none", f"{REPO}@gone"}))
    assert all(
        found.barrier and found.barrier.kind == "login" and not found.files for found in ask(reference)
    )


def test_without_a_shard_it_is_no_model(ask_hub) -> None:
    files = {key: value for key, value in FILES.items() if not key.endswith(SHARDS[0])}
    ask, _hub = ask_hub(files=files)
    (found,) = ask(f"hf:{LLM}")
    assert found.barrier is not None
    assert (found.barrier.kind, found.files) == ("incomplete", ())
    assert SHARDS[0] in found.barrier.message


@pytest.mark.parametrize("broken", [b"{", b"[]", b'{"weight_map": 7}', b"\xff\xfe"])
def test_an_index_that_says_nothing_is_no_model_or_no_answer(ask_hub, broken) -> None:
    ask, _hub = ask_hub(files=FILES | {f"{LLM}/model.safetensors.index.json": broken})
    try:
        (found,) = ask(f"hf:{LLM}")
    except SourceUnavailable:
        return
    assert found.barrier is not None
    assert found.barrier.kind == "incomplete"


def test_several_gguf_files_are_for_a_person_to_choose_from(ask_hub) -> None:
    ask, _hub = ask_hub(
        files={"o/gguf/a-Q4.gguf": 5000, "o/gguf/a-Q8.gguf": 6000}, closed=frozenset({"o/gguf"})
    )
    (found,) = ask("hf:o/gguf")
    assert found.barrier is not None
    assert (found.barrier.kind, found.files) == ("by-hand", ())
    assert "hf:o/gguf/a-Q4.gguf" in found.barrier.hint


def test_a_gated_repository_says_what_to_do_and_opens_for_who_may(ask_hub) -> None:
    ask, _hub = ask_hub(gated=frozenset({REPO}))
    (found,) = ask(f"hf:{REPO}")
    assert found.barrier is not None
    assert (found.barrier.kind, found.terms.gated, found.is_folder) == ("gated", True, True)
    ask, _hub = ask_hub(TOKEN, gated=frozenset({REPO}), tokens={TOKEN: frozenset({REPO})})
    (found,) = ask(f"hf:{REPO}")
    assert (found.barrier, len(found.files)) == (None, len(PIPELINE))


def test_a_disabled_repository_is_a_barrier(ask_hub) -> None:
    ask, _hub = ask_hub(disabled=frozenset({REPO}))
    (found,) = ask(f"hf:{REPO}")
    assert found.barrier is not None
    assert found.barrier.kind == "removed"


def test_a_busy_hub_could_not_answer(ask_hub, naps) -> None:
    ask, _hub = ask_hub(rate_limited={REPO: RateLimit(seconds=120, times=99)})
    with pytest.raises(SourceUnavailable) as caught:
        ask(f"hf:{REPO}")
    assert caught.value.kind == "rate-limited"


def test_what_its_publisher_says_beside_the_weights_is_told(ask_hub) -> None:
    ask, _hub = ask_hub(files=FILES | {f"{LLM}/modeling.py": b"import os"})
    (found,) = ask(f"hf:{LLM}")
    assert "code is never fetched" in found.notes[0]
    assert not any(part.path.endswith(".py") for part in found.files)
