"""Folders and whole repositories of ModelScope."""

from __future__ import annotations

from dataclasses import replace

import pytest
from makers import LANGUAGE_MODEL, PIPELINE, SHARDS, diffusers_repo, language_model_repo

from modelget.errors import SourceUnavailable
from modelget.hub import ModelScopeRules
from modelget.hub.modelscope import commit_of
from modelget.settings import Secret
from modelget.sources import modelscope
from modelget.sources.modelscope.references import ModelScopeFolder, parse_folder
from modelget.types import Digest

from .conftest import settings_for

REPO, LLM, CLOSED = "o/sdxl", "Qwen/Qwen2-7B-Instruct", "o/closed"
KEYS = {
    repo: make(f"modelscope/{repo}")
    for repo, make in ((REPO, diffusers_repo), (LLM, language_model_repo), (CLOSED, diffusers_repo))
}
CONTENT = {key: content for files in KEYS.values() for key, content in files.items()}
PATHS = {
    repo: tuple(key.removeprefix(f"modelscope/{repo}/") for key in files) for repo, files in KEYS.items()
}
LIST, FILE = "/api/v1/models/o/r/repo/files", "/api/v1/models/o/r/repo"
WHOLE = ModelScopeFolder("o/r", "")


def rules(**more) -> ModelScopeRules:
    known = {"files": PATHS, "licences": {REPO: "MIT"}, "unknown_revisions": frozenset({"no-such"})}
    return ModelScopeRules(**(known | more))


@pytest.fixture
def ask_rules(asks, hub_with):
    """Ask a hub with these rules for folders: ``ask_rules(gated=…)``, perhaps with a token."""

    def make(token: str | None = None, content=CONTENT, **more):
        hub = hub_with(files=content, modelscope=rules(**more))
        settings = settings_for(hub)
        if token:
            settings = replace(settings, modelscope_token=Secret(token, "m_session_id"))
        question = asks("modelscope", settings)
        return (lambda *urls, **wish: question(*urls, **({"name": "x", "is_folder": True} | wish))), hub

    return make


@pytest.fixture
def ask_site(asks, hub_with, site):
    """Ask a server that says what it is told for the whole repository ``o/r``."""
    site.says(FILE, 206, b"x", Content_Range="bytes 0-0/5")
    settings = replace(settings_for(hub_with()), endpoints={"modelscope": site.origin})
    question = asks("modelscope", settings)
    return lambda: question("modelscope:o/r", name="x", is_folder=True)


def entry(path: object, **more: object) -> dict[str, object]:
    return {"Path": path, "Type": "blob", "Size": 5, "Sha256": "a" * 64, "Revision": "b" * 40, **more}


def says_files(site, *entries: object) -> None:
    site.says_json(LIST, {"Code": 200, "Success": True, "Data": {"Files": list(entries)}})


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("modelscope:o/r", WHOLE),
        ("modelscope:o/r/", WHOLE),
        ("modelscope:o/r@v1.0", replace(WHOLE, revision="v1.0")),
        ("modelscope:o/r/a b/vae", replace(WHOLE, path="a b/vae")),
        ("modelscope:o/r/vae@a%40b", replace(WHOLE, path="vae", revision="a@b")),
        ("https://modelscope.cn/models/o/r", WHOLE),
        ("https://modelscope.cn/models/o/r/", WHOLE),
        ("https://modelscope.cn/models/o/r/summary?x=1#top", WHOLE),
        ("https://www.modelscope.cn/models/o/r/files", replace(WHOLE, host="www.modelscope.cn")),
        ("https://www.modelscope.ai/models/o/r", replace(WHOLE, host="www.modelscope.ai")),
        ("https://modelscope.cn/models/o/r/tree/master", WHOLE),
        (
            "https://modelscope.cn/models/o/r/tree/v1%2Fx/a%20b/vae/",
            replace(WHOLE, path="a b/vae", revision="v1/x"),
        ),
        ("modelscope:o", None),
        ("modelscope:", None),
        ("modelscope:o/r/x.safetensors", None),
        ("modelscope:o/r/../x", None),
        ("modelscope:../r", None),
        (f"modelscope:o/{'r' * 5000}", None),
        ("https://modelscope.cn/models/o", None),
        ("https://modelscope.cn/models/o/..", None),
        ("https://modelscope.cn/models/o/r/discussions", None),
        ("https://modelscope.cn/models/o/r/tree/master/..%2F..%2Fx", None),
        ("https://modelscope.cn/models/o/r/tree/..", None),
        ("https://modelscope.cn/models/o/r/resolve/master/x.pt", None),
        ("https://modelscope.cn/datasets/o/r", None),
        ("https://modelscope.cn.evil.example/models/o/r", None),
        ("https://[", None),
    ],
)
def test_references_are_read(text: str, folder: ModelScopeFolder | None) -> None:
    assert parse_folder(text) == folder


@pytest.mark.parametrize(
    "folder", [WHOLE, replace(WHOLE, path="a b/c#", revision="v1/x"), replace(WHOLE, revision="50%@home")]
)
def test_ids_and_pages_lead_back_to_the_folder(folder: ModelScopeFolder) -> None:
    assert parse_folder(folder.id) == folder
    assert parse_folder(folder.page("https://modelscope.cn")) == folder


def test_each_file_is_pinned_to_its_own_commit_with_its_sha256(ask_rules) -> None:
    ask, hub = ask_rules()
    (found,) = ask(f"https://modelscope.cn/models/{REPO}")
    assert (found.id, found.name, found.terms.licence) == (f"modelscope:{REPO}@master", "sdxl", "MIT")
    assert (found.is_folder, found.barrier, found.folder) == (True, None, "diffusers")
    parts = {part.path: part for part in found.files}
    assert sorted(parts) == PIPELINE
    assert found.size == sum(part.size for part in found.files)
    for path, part in parts.items():
        content = hub.content(f"modelscope/{REPO}/{path}")
        assert (part.size, part.digest) == (content.size, Digest("sha256", content.sha256))
        assert part.id == f"modelscope:{REPO}/{path}@{commit_of(REPO, path)}"
    assert found.identity is not None


def test_the_same_folder_by_its_id(ask_rules) -> None:
    ask, _hub = ask_rules()
    (found,) = ask(f"modelscope:{LLM}")
    assert sorted(part.path for part in found.files) == sorted(LANGUAGE_MODEL)
    assert ask(found.id) == [found]


def test_a_part_of_a_repository_has_paths_of_its_own(ask_rules) -> None:
    ask, _hub = ask_rules()
    for reference in (f"modelscope:{REPO}/vae", f"https://modelscope.cn/models/{REPO}/tree/master/vae"):
        (found,) = ask(reference)
        assert found.name == "vae"
        assert [part.path for part in found.files] == ["config.json", "diffusion_pytorch_model.safetensors"]
        assert all(f"{REPO}/vae/{part.path}@" in part.id for part in found.files)


def test_one_question_lists_everything_below(ask_rules) -> None:
    ask, hub = ask_rules()
    ask(f"modelscope:{REPO}/vae")
    lists = [record for record in hub.requests if record.path.endswith("/repo/files")]
    assert len(lists) == 1


def test_what_is_wanted_as_a_file_is_never_a_folder(ask_rules) -> None:
    ask, hub = ask_rules()
    assert ask(f"modelscope:{REPO}", name="x.safetensors", is_folder=False) == []
    assert hub.requests == []


def test_a_person_need_not_say_which_it_is(ask_rules) -> None:
    ask, _hub = ask_rules()
    (folder,) = ask(f"modelscope:{REPO}/vae", name="", is_folder=False)
    (file,) = ask(f"modelscope:{REPO}/vae/config.json", name="", is_folder=False)
    assert (folder.is_folder, file.is_folder) == (True, False)


@pytest.mark.parametrize("reference", [f"modelscope:{REPO}/nothing", f"modelscope:{REPO}@no-such"])
def test_what_is_not_there_is_nothing(ask_rules, reference) -> None:
    ask, _hub = ask_rules()
    assert ask(reference) == []


@pytest.mark.parametrize(
    ("more", "kind"), [({"private": frozenset({CLOSED})}, "login"), ({"gated": frozenset({CLOSED})}, "gated")]
)
def test_a_folder_that_others_may_have_says_so_and_opens_for_them(ask_rules, more, kind) -> None:
    ask, _hub = ask_rules(**more)
    (found,) = ask(f"modelscope:{CLOSED}")
    assert (found.barrier.kind, found.is_folder, found.files) == (kind, True, ())
    ask, _hub = ask_rules("ms-good", tokens={"ms-good": frozenset({CLOSED})}, **more)
    (found,) = ask(f"modelscope:{CLOSED}")
    assert (found.barrier, len(found.files)) == (None, len(PIPELINE))


def test_without_a_shard_it_is_no_model(ask_rules) -> None:
    ask, _hub = ask_rules(files={LLM: tuple(path for path in PATHS[LLM] if path != SHARDS[0])})
    (found,) = ask(f"modelscope:{LLM}")
    assert (found.barrier.kind, found.files) == ("incomplete", ())
    assert SHARDS[0] in found.barrier.message


def test_a_list_that_may_have_been_cut_short_makes_no_model(ask_rules, monkeypatch) -> None:
    monkeypatch.setattr(modelscope, "LONGEST_LIST", 5)
    ask, _hub = ask_rules(longest_list=5)
    (found,) = ask(f"modelscope:{REPO}")
    assert (found.barrier.kind, found.files) == ("by-hand", ())
    assert "cuts a list of files short at 5" in found.barrier.message
    (part,) = ask(f"modelscope:{REPO}/vae")
    assert part.barrier is None


def test_the_limit_is_that_of_the_real_place(ask_site, site) -> None:
    says_files(site, *(entry(f"{number}.json") for number in range(3000)))
    (found,) = ask_site()
    assert "3000" in found.barrier.message


@pytest.mark.parametrize("path", ["../x.safetensors", "a//b.json", "/etc/passwd", "a/./b", "a\nb.json", "."])
def test_one_odd_name_keeps_the_whole_folder_back(ask_site, site, path) -> None:
    says_files(site, entry("config.json"), entry(path))
    (found,) = ask_site()
    assert (found.barrier.kind, found.files) == ("by-hand", ())
    assert repr(path) in found.barrier.message


def test_folders_in_the_list_are_no_files(ask_site, site) -> None:
    says_files(
        site,
        entry("model.safetensors"),
        entry("sub", Type="tree", Size=None),
        entry("config.json"),
        None,
        5,
    )
    (found,) = ask_site()
    assert sorted(part.path for part in found.files) == ["config.json", "model.safetensors"]


def test_odd_digests_and_commits_are_as_good_as_none(ask_site, site) -> None:
    says_files(site, entry("model.safetensors", Sha256="a" * 40, Revision="../x"))
    (found,) = ask_site()
    (part,) = found.files
    assert (part.digest, part.id) == (None, "modelscope:o/r/model.safetensors@master")
    assert found.identity is None


@pytest.mark.parametrize("size", [None, "5", -1, 1.5, True])
def test_a_file_of_unknown_size_is_no_answer(ask_site, site, size) -> None:
    says_files(site, entry("model.safetensors", Size=size))
    with pytest.raises(SourceUnavailable):
        ask_site()


@pytest.mark.parametrize("status", [429, 500])
def test_a_server_in_trouble_is_a_failure(ask_site, site, status) -> None:
    site.says(LIST, status, Retry_After="7")
    with pytest.raises(SourceUnavailable):
        ask_site()


def test_a_file_that_may_not_be_had_stands_for_the_folder(ask_site, site) -> None:
    says_files(site, entry("model.safetensors"))
    site.says(FILE, 403)
    (found,) = ask_site()
    assert (found.barrier.kind, found.is_folder) == ("login", True)


def test_offline_nobody_can_tell_what_is_in_it(asks, hub_with, contacted) -> None:
    ask = asks("modelscope", replace(settings_for(hub_with()), offline=True))
    with pytest.raises(SourceUnavailable) as caught:
        ask("modelscope:o/r", name="x", is_folder=True)
    assert caught.value.kind == "offline"
    assert contacted == set()


def test_code_beside_the_weights_is_never_fetched(ask_rules) -> None:
    ask, _hub = ask_rules(files={LLM: (*PATHS[LLM], "modeling.py")})
    (found,) = ask(f"modelscope:{LLM}")
    assert "code is never fetched" in found.notes[0]
