"""The real huggingface_hub at work on the embedded hub, in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelget.hub import EmbeddedHub

pytestmark = pytest.mark.hub_client

# The client reads its settings when it is imported, so each test imports it afresh.
PRELUDE = """
import json, sys
from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub import errors

def outcome(call):
    try:
        call()
    except Exception as error:
        return [kind.__name__ for kind in type(error).__mro__]
    return []

def answer(value):
    print(json.dumps(value))
"""
FILE = "unet/a-2MiB.safetensors"


@pytest.fixture
def client(tmp_path: Path):
    """Run a script against a hub and return what it answered."""

    def run(hub: EmbeddedHub, script: str, token: str | None = None):
        dropped = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "HTTP_PROXY", "http_proxy"}
        environment = {name: value for name, value in os.environ.items() if name not in dropped}
        environment |= {
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        if token:
            environment["HF_TOKEN"] = token
        command = [sys.executable, "-c", PRELUDE + script]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_weights_are_downloaded_without_showing_the_token_to_storage(hub_with, client) -> None:
    hub = hub_with(tokens={"hf_known": frozenset()})
    path = client(hub, f"answer(hf_hub_download('o/r', {FILE!r}))", token="hf_known")
    content = hub.content(f"o/r/{FILE}")
    assert Path(path).read_bytes() == content.read()
    assert Path(path).resolve().name == content.sha256
    on_hub = [record for record in hub.requests if record.origin == "hub"]
    on_storage = [record for record in hub.requests if record.origin == "storage"]
    assert on_hub[0].authorized
    assert on_storage
    assert not any(record.authorized for record in on_storage)
    assert hub.storage_bytes == content.size


def test_a_small_json_is_downloaded(hub_with, client) -> None:
    hub = hub_with()
    path = Path(client(hub, "answer(hf_hub_download('o/r', 'config.json'))"))
    content = hub.content("o/r/config.json")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == content.sha256
    assert path.resolve().name == content.git_sha1
    assert isinstance(json.loads(path.read_text()), dict)


def test_a_pinned_commit_and_a_dataset_are_downloaded(hub_with, client) -> None:
    hub = hub_with()
    script = f"""
pinned = hf_hub_download('o/r', {FILE!r}, revision={hub.commit("o/r")!r})
dataset = hf_hub_download('o/r', 'a.bin', repo_type='dataset', revision='refs/pr/1')
legacy = hf_hub_download('gpt2', 'a.bin')
answer([pinned, dataset, legacy])
"""
    paths = client(hub, script)
    keys = [f"o/r/{FILE}", "datasets/o/r/a.bin", "gpt2/a.bin"]
    assert [Path(path).read_bytes() for path in paths] == [hub.content(key).read() for key in keys]


def test_metadata_comes_without_a_download(hub_with, client) -> None:
    hub = hub_with()
    script = f"""
found = get_hf_file_metadata(hf_hub_url('o/r', {FILE!r}))
answer([found.commit_hash, found.etag, found.size, found.location])
"""
    commit, etag, size, location = client(hub, script)
    content = hub.content(f"o/r/{FILE}")
    assert (commit, etag, size) == (hub.commit("o/r"), content.sha256, content.size)
    assert location.startswith(hub.storage_origin)
    assert hub.storage_bytes == 0


def test_model_info_is_complete(hub_with, client) -> None:
    files = {"o/r/a.safetensors": 4096, "o/r/config.json": 100}
    hub = hub_with(files=files, gated=frozenset({"o/r"}), licences={"o/r": "mit"})
    script = """
info = HfApi().model_info('o/r', files_metadata=True)
answer([info.id, info.sha, info.gated, info.private, info.card_data.license, info.tags, [
    [s.rfilename, s.size, s.blob_id, s.lfs and s.lfs.sha256] for s in info.siblings]])
"""
    weights, text = hub.content("o/r/a.safetensors"), hub.content("o/r/config.json")
    *facts, siblings = client(hub, script)
    assert facts == ["o/r", hub.commit("o/r"), "auto", False, "mit", ["license:mit"]]
    assert siblings[0][:2] + siblings[0][3:] == ["a.safetensors", 4096, weights.sha256]
    assert siblings[1] == ["config.json", 100, text.git_sha1, None]


def test_paths_info_and_the_tree_are_understood(hub_with, client) -> None:
    hub = hub_with(missing=frozenset({"o/r/none.bin"}), files={"o/r/vae/b.safetensors": 4096})
    script = f"""
api = HfApi()
paths = api.get_paths_info('o/r', [{FILE!r}, 'config.json', 'none.bin'])
tree = list(api.list_repo_tree('o/r', recursive=True))
answer([[[p.path, p.size, p.blob_id, p.lfs and p.lfs.sha256] for p in paths], [t.path for t in tree]])
"""
    paths, tree = client(hub, script)
    weights, text = hub.content(f"o/r/{FILE}"), hub.content("o/r/config.json")
    assert paths[0][:2] + paths[0][3:] == [FILE, weights.size, weights.sha256]
    assert paths[1] == ["config.json", text.size, text.git_sha1, None]
    assert len(paths) == 2
    assert {"vae", "vae/b.safetensors", FILE, "config.json"} <= set(tree)


@pytest.mark.parametrize(
    ("repo", "path", "revision", "token", "error"),
    [
        ("o/gated", FILE, "main", None, "GatedRepoError"),
        ("o/gated", FILE, "main", "hf_known", "GatedRepoError"),
        ("o/none", FILE, "main", None, "RepositoryNotFoundError"),
        ("o/none", FILE, "main", "hf_known", "RepositoryNotFoundError"),
        ("o/r", "none.bin", "main", None, "EntryNotFoundError"),
        ("o/r", FILE, "gone", None, "RevisionNotFoundError"),
    ],
)
def test_errors_have_their_own_types(hub_with, client, repo, path, revision, token, error) -> None:
    hub = hub_with(
        tokens={"hf_known": frozenset()},
        gated=frozenset({"o/gated"}),
        missing=frozenset({"o/none", "o/r/none.bin", "o/r@gone"}),
    )
    script = f"""
assert hasattr(errors, {error!r})
answer([
    outcome(lambda: hf_hub_download({repo!r}, {path!r}, revision={revision!r})),
    outcome(lambda: get_hf_file_metadata(hf_hub_url({repo!r}, {path!r}, revision={revision!r}))),
])
"""
    downloading, asking = client(hub, script, token=token)
    assert error in downloading
    assert error in asking
    assert ("GatedRepoError" in asking) == (error == "GatedRepoError")


def test_a_granted_token_opens_a_gated_repository(hub_with, client) -> None:
    hub = hub_with(tokens={"hf_granted": frozenset({"o/gated"})}, gated=frozenset({"o/gated"}))
    script = f"""
found = HfApi().whoami()
answer([found['name'], hf_hub_download('o/gated', {FILE!r})])
"""
    name, path = client(hub, script, token="hf_granted")
    assert name == "embedded-user"
    assert Path(path).read_bytes() == hub.content(f"o/gated/{FILE}").read()


def test_a_disabled_repository_and_a_stale_token_are_told(hub_with, client) -> None:
    hub = hub_with(disabled=frozenset({"o/disabled"}))
    script = f"""
answer([
    outcome(lambda: get_hf_file_metadata(hf_hub_url('o/disabled', {FILE!r}))),
    outcome(lambda: get_hf_file_metadata(hf_hub_url('o/r', {FILE!r}), token='hf_stale')),
])
"""
    disabled, stale = client(hub, script)
    assert "DisabledRepoError" in disabled
    assert "HfHubHTTPError" in stale
    assert "RepositoryNotFoundError" not in stale


def test_the_client_lists_an_owners_repositories_with_their_files_over_all_pages(hub_with, client) -> None:
    files = {f"Kijai/r{number:04}/x{number}.safetensors": 10 for number in range(1003)}
    hub = hub_with(files=files)
    script = """
found = [[one.id, [file.rfilename for file in one.siblings]] for one in HfApi().list_models(author='Kijai', full=True)]
answer([len(found), found[0], found[-1]])
"""
    assert client(hub, script) == [
        1003,
        ["Kijai/r0000", ["x0.safetensors"]],
        ["Kijai/r1002", ["x1002.safetensors"]],
    ]
