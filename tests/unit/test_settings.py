"""What the owner decided: variables before the file, the file before the defaults, and plain complaints."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelget.errors import InvalidSetting
from modelget.settings import (
    CIVITAI_ENDPOINTS,
    HUB_ENDPOINT,
    MIRRORED,
    TRUSTED_OWNERS,
    Limits,
    Secret,
    Settings,
    load_settings,
)

ROOT = Path(__file__).parents[2]
Written = Callable[[str], dict[str, str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "modelget.toml"


@pytest.fixture
def written(file: Path) -> Written:
    """``written(text)``: an environment that names a file with this text."""

    def write(text: str) -> dict[str, str]:
        file.write_text(text, encoding="utf-8")
        return {"MODELGET_CONFIG": str(file)}

    return write


def test_without_a_word_of_the_owner_the_defaults_hold() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert (settings.hub_endpoint, settings.civitai_endpoints) == (HUB_ENDPOINT, CIVITAI_ENDPOINTS)
    assert (settings.autofetch, settings.allow_pickle) == ("ask", "ask")
    assert (settings.allow_hosts, settings.offline, settings.credentials) == ((), False, {})
    assert settings.limits == Limits(200 * 10**9, 3, 2 * 2**30)


ROWS: list[tuple[str, str, Any, str, str, Any]] = [
    # attribute, variable, its value and what it means, the file's line and what it means
    (
        "hub_endpoint",
        "HF_ENDPOINT=https://env.example/",
        "https://env.example",
        "endpoints.huggingface",
        '"https://file.example/hf/"',
        "https://file.example/hf",
    ),
    (
        "civitai_endpoints",
        "MODELGET_CIVITAI_ENDPOINT= http://127.0.0.1:9 ",
        ("http://127.0.0.1:9",),
        "endpoints.civitai",
        '"https://file.example"',
        ("https://file.example",),
    ),
    (
        "allow_hosts",
        "MODELGET_ALLOW_HOSTS=http://127.0.0.1:9000, https://b.example/,,",
        ("http://127.0.0.1:9000", "https://b.example"),
        "allow_hosts",
        '["https://c.example", "http://d.example"]',
        ("https://c.example", "http://d.example"),
    ),
    ("autofetch", "MODELGET_AUTOFETCH=Auto", "auto", "autofetch", '"off"', "off"),
    ("allow_pickle", "MODELGET_ALLOW_PICKLE=never", "never", "allow_pickle", '"NEVER"', "never"),
]


@pytest.mark.parametrize(("attribute", "variable", "meant", "key", "value", "means"), ROWS)
def test_a_variable_comes_before_the_file_and_the_file_before_the_default(
    attribute: str, variable: str, meant: object, key: str, value: str, means: object, written: Written
) -> None:
    name, _, set_to = variable.partition("=")
    file = written(f"{key} = {value}\n")
    assert getattr(load_settings({name: set_to}), attribute) == meant
    assert getattr(load_settings(file), attribute) == means
    assert getattr(load_settings({**file, name: set_to}), attribute) == meant
    for unset in ("", "  "):
        assert getattr(load_settings({**file, name: unset}), attribute) == means
    assert getattr(load_settings({name: ""}), attribute) == getattr(Settings(), attribute)


@pytest.mark.parametrize("name", MIRRORED)
def test_each_source_may_be_asked_elsewhere(name: str, written: Written) -> None:
    variable = f"MODELGET_{name.upper()}_ENDPOINT"
    file = written(f'[endpoints]\n{name} = "https://file.example/"')
    assert load_settings({variable: "https://env.example/"}).endpoints == {name: "https://env.example"}
    assert load_settings(file).endpoints == {name: "https://file.example"}
    assert load_settings({**file, variable: "http://127.0.0.1:9"}).endpoints == {name: "http://127.0.0.1:9"}
    with pytest.raises(InvalidSetting, match=variable):
        load_settings({variable: "elsewhere"})


def test_the_limits_are_read_from_the_file(written: Written) -> None:
    settings = load_settings(written("[limits]\nplan_gb = 1.5\nparallel_files = 5\nspare_gib = 0.5\n"))
    assert settings.limits == Limits(1_500_000_000, 5, 2**29)


def test_limits_that_are_left_out_keep_their_defaults(written: Written) -> None:
    assert load_settings(written("[limits]\nplan_gb = 1\n")).limits == Limits(plan_bytes=10**9)


@pytest.mark.parametrize(("written_as", "means"), [("0", 1), ("4", 4), ("1000", 64)])
def test_connections_to_one_host_stay_within_reason(written: Written, written_as, means) -> None:
    settings = load_settings(written(f"limits.connections_per_host = {written_as}"))
    assert settings.limits.connections_per_host == means


def test_at_least_one_file_is_fetched_at_a_time(written: Written) -> None:
    assert load_settings(written("limits.parallel_files = 0")).limits.parallel_files == 1


@pytest.mark.parametrize(
    ("written_as", "means"),
    [
        ("https://a.example/models/", ("https://a.example/models",)),
        ("https://a.example, s3://some-models/x/", ("https://a.example", "s3://some-models/x")),
        ("s3://some-models", ("s3://some-models",)),
    ],
)
def test_mirrors_are_folders_on_the_web_or_in_buckets(written: Written, written_as, means) -> None:
    assert load_settings({"MODELGET_MIRRORS": written_as}).mirrors == means
    rows = ", ".join(f'"{one}"' for one in written_as.split(", "))
    assert load_settings(written(f"mirrors = [{rows}]")).mirrors == means


@pytest.mark.parametrize(
    ("word", "means"), [("1", True), ("true", True), ("ON", True), ("0", False), ("no", False), ("", False)]
)
def test_civarchive_is_asked_only_when_the_owner_says_so(word: str, means: bool) -> None:
    assert load_settings({"MODELGET_CIVARCHIVE": word}).civarchive is means


def test_civarchive_may_be_turned_on_in_the_file(written: Written) -> None:
    assert load_settings(written("civarchive = true")).civarchive is True
    assert load_settings({**written("civarchive = true"), "MODELGET_CIVARCHIVE": "0"}).civarchive is False


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HF_ENDPOINT", "huggingface.co"),
        ("MODELGET_MIRRORS", "a.example"),
        ("MODELGET_MIRRORS", "https://joe:hunter2@a.example"),
        ("MODELGET_MIRRORS", "https://a.example/x?key=hunter2"),
        ("MODELGET_MIRRORS", "s3://"),
        ("MODELGET_MIRRORS", "s3://My.Bucket"),
        ("MODELGET_MIRRORS", "s3://bucket/../x y"),
        ("MODELGET_CIVARCHIVE", "perhaps"),
        ("MODELGET_S3_ENDPOINT", "s3.example"),
        ("HF_ENDPOINT", "ftp://huggingface.co"),
        ("HF_ENDPOINT", "https://joe:hunter2@huggingface.co"),
        ("MODELGET_CIVITAI_ENDPOINT", "https://civit ai.com"),
        ("MODELGET_CIVITAI_ENDPOINT", "https://"),
        ("MODELGET_ALLOW_HOSTS", "127.0.0.1:9000"),
        ("MODELGET_ALLOW_HOSTS", "https://a.example,*.b.example"),
        ("MODELGET_ALLOW_HOSTS", "https://a.example https://b.example"),
        ("MODELGET_ALLOW_HOSTS", "http://127.1:9000"),
        ("MODELGET_ALLOW_HOSTS", "https://*"),
        ("MODELGET_ALLOW_HOSTS", "http://127.0.0.1:99999"),
        ("MODELGET_AUTOFETCH", "yes"),
        ("MODELGET_ALLOW_PICKLE", "always"),
        ("MODELGET_CONFIG", "/no/such/modelget.toml"),
    ],
)
def test_a_bad_variable_is_named_with_what_to_do(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        load_settings({variable: value})
    assert str(caught.value).startswith(f"{variable}: ")
    assert caught.value.hint
    assert "hunter2" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("endpoints.huggingface = 5", "endpoints.huggingface"),
        ('endpoints.huggingface = ""', "endpoints.huggingface"),
        ('endpoints.civitai = ["https://a.example"]', "endpoints.civitai"),
        ('endpoints.civitia = "https://a.example"', "endpoints.civitia"),
        ("endpoints = 5", "endpoints"),
        ("limits = []", "limits"),
        ("mirrors = 5", "mirrors"),
        ("mirrors = [5]", "mirrors"),
        ("civarchive = 1", "civarchive"),
        ("allow_hosts = 5", "allow_hosts"),
        ("allow_hosts.a = 1", "allow_hosts.a"),
        ('allow_hosts = ["a.example"]', "allow_hosts"),
        ("allow_hosts = [5]", "allow_hosts"),
        ('allow_hosts = "a.example"', "allow_hosts"),
        ("autofetch = true", "autofetch"),
        ("autofetch = false", "autofetch"),
        ('autofetch = ""', "autofetch"),
        ("allow_pickle = 0", "allow_pickle"),
        ('allow_pickel = "never"', "allow_pickel"),
        ('hf_token = "hunter2"', "hf_token"),
        ('tokens.civitai = "hunter2"', "tokens.civitai"),
        ("limits.plan_gb = -1", "limits.plan_gb"),
        ("limits.plan_gb = nan", "limits.plan_gb"),
        ("limits.plan_gb = inf", "limits.plan_gb"),
        ("limits.plan_gb = true", "limits.plan_gb"),
        ('limits.plan_gb = "200"', "limits.plan_gb"),
        ("limits.spare_gib = 1e400", "limits.spare_gib"),
        ("limits.parallel_files = []", "limits.parallel_files"),
        ("limits.plan = 5", "limits.plan"),
        ("autofetch = ", ""),
        ("autofetch", ""),
        ("a = 1\na = 2", ""),
    ],
)
def test_a_bad_line_is_named_by_file_and_key_with_what_to_do(
    text: str, key: str, written: Written, file: Path
) -> None:
    with pytest.raises(InvalidSetting) as caught:
        load_settings(written(text))
    assert str(caught.value).startswith(f"{file}: {key}")
    assert caught.value.hint
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_a_file_that_is_no_text_is_named(file: Path, written: Written) -> None:
    environ = written("")
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSetting, match=r"modelget\.toml"):
        load_settings(environ)


def test_the_file_lies_in_comfyuis_system_folder_and_never_in_a_users(tmp_path: Path) -> None:
    system, user = tmp_path / "user" / "__modelget", tmp_path / "user" / "default"
    for folder, choice in ((system, "off"), (user, "auto"), (user / "__modelget", "auto")):
        folder.mkdir(parents=True)
        (folder / "modelget.toml").write_text(f'autofetch = "{choice}"', encoding="utf-8")
    assert load_settings({}, comfyui=tmp_path).autofetch == "off"
    (system / "modelget.toml").unlink()
    assert load_settings({}, comfyui=tmp_path).autofetch == "ask"


def test_the_file_that_a_variable_names_comes_before_comfyuis(tmp_path: Path, written: Written) -> None:
    system = tmp_path / "user" / "__modelget"
    system.mkdir(parents=True)
    (system / "modelget.toml").write_text('autofetch = "off"\nallow_pickle = "never"', encoding="utf-8")
    settings = load_settings(written('autofetch = "auto"'), comfyui=tmp_path)
    assert (settings.autofetch, settings.allow_pickle) == ("auto", "ask")


@pytest.mark.parametrize(("value", "offline"), [("1", True), ("true", True), ("ON", True), ("Yes", True)])
def test_the_hubs_own_variable_means_offline(value: str, offline: bool) -> None:
    assert load_settings({"HF_HUB_OFFLINE": value}).offline is offline


@pytest.mark.parametrize("value", ["", "0", "false", "no", "off"])
def test_other_values_of_it_do_not(value: str) -> None:
    assert load_settings({"HF_HUB_OFFLINE": value}).offline is False
    assert load_settings({"HF_HUB_OFFLINE": value}, offline=True).offline is True


def value(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def test_the_hub_token_is_read_from_its_variable() -> None:
    assert value(load_settings({"HF_TOKEN": "hf_a\n"}).hub_token) == "hf_a"
    assert value(load_settings({"HF_TOKEN": "  "}).hub_token) is None
    assert value(load_settings({"HUGGING_FACE_HUB_TOKEN": "hf_old"}).hub_token) == "hf_old"
    both = {"HUGGING_FACE_HUB_TOKEN": "hf_old", "HF_TOKEN": "hf_a"}
    assert value(load_settings(both).hub_token) == "hf_a"


def test_a_hub_token_that_may_not_be_used_without_being_asked_for_is_none(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("hf_file\n")
    assert value(load_settings({"HF_TOKEN_PATH": str(file)}).hub_token) == "hf_file"
    assert value(load_settings({"HF_TOKEN_PATH": str(tmp_path / "none")}).hub_token) is None
    for place in ({"HF_TOKEN": "hf_a"}, {"HF_TOKEN_PATH": str(file)}):
        assert load_settings(place | {"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}).hub_token is None


@pytest.mark.parametrize(
    ("environ", "token"),
    [
        ({"CIVITAI_API_TOKEN": "a", "CIVITAI_API_KEY": "b", "CIVITAI_TOKEN": "c"}, "a"),
        ({"CIVITAI_API_KEY": "b", "CIVITAI_TOKEN": "c"}, "b"),
        ({"CIVITAI_TOKEN": "c"}, "c"),
        ({"CIVITAI_API_TOKEN": " ", "CIVITAI_TOKEN": "c"}, "c"),
        ({"CIVITAI_API_TOKEN": "", "CIVITAI_API_KEY": ""}, None),
        ({"HF_TOKEN": "hf_a"}, None),
    ],
)
def test_the_civitai_token_is_read_from_the_first_of_its_three_names(
    environ: dict[str, str], token: str | None
) -> None:
    assert value(load_settings(environ).civitai_token) == token


def test_the_github_token_is_read_from_the_first_of_its_two_names() -> None:
    assert value(load_settings({"GITHUB_TOKEN": "a", "GH_TOKEN": "b"}).github_token) == "a"
    assert value(load_settings({"GITHUB_TOKEN": "", "GH_TOKEN": "b"}).github_token) == "b"


def revealed(settings: Settings) -> dict[str, str]:
    return {origin: secret.reveal() for origin, secret in settings.credentials.items()}


def test_each_token_belongs_to_the_origins_of_its_own_site() -> None:
    environ = {"HF_TOKEN": "h", "CIVITAI_TOKEN": "c", "GH_TOKEN": "g", "MODELSCOPE_API_TOKEN": "m"}
    assert revealed(load_settings(environ)) == {
        "https://api.github.com": "g",
        "https://modelscope.cn": "m",
        "https://huggingface.co": "h",
        "https://civitai.com": "c",
        "https://civitai.red": "c",
        "https://civitai.green": "c",
    }


def test_tokens_follow_the_endpoints_that_the_owner_names_and_leave_the_others() -> None:
    environ = {
        "HF_TOKEN": "h",
        "CIVITAI_TOKEN": "c",
        "GITHUB_TOKEN": "g",
        "MODELGET_GITHUB_ENDPOINT": "https://git.example",
        "HF_ENDPOINT": "https://Mirror.example:443/hf",
        "MODELGET_CIVITAI_ENDPOINT": "http://127.0.0.1:9",
    }
    assert revealed(load_settings(environ)) == {
        "https://mirror.example": "h",
        "http://127.0.0.1:9": "c",
        "https://git.example": "g",
    }


def test_a_token_says_which_headers_carry_it() -> None:
    assert Secret("a").headers == {"Authorization": "Bearer a"}
    assert Secret("a", "session").headers == {"Authorization": "Bearer a", "Cookie": "session=a"}


@pytest.mark.parametrize("token", ["a;b", "a,b", 'a"b', "a\\b"])
def test_a_token_for_a_cookie_may_not_hold_what_ends_a_cookie(token: str) -> None:
    assert Secret(token).reveal() == token
    with pytest.raises(InvalidSetting, match="MODELSCOPE_API_TOKEN"):
        load_settings({"MODELSCOPE_API_TOKEN": token})


def found_by_the_hubs_own_client(**environ: str) -> str:
    """Return the Hub token that a process of its own finds."""
    script = "from modelget.settings import load_settings as l; t = l().hub_token; print(t and t.reveal(), repr(t))"
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**kept, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_a_token_of_hf_auth_login_is_found(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hf_stored\n", encoding="utf-8")
    assert found_by_the_hubs_own_client(HF_HOME=str(tmp_path)) == "hf_stored ***"
    variable = {"HF_HOME": str(tmp_path), "HF_TOKEN": "hf_variable"}
    assert found_by_the_hubs_own_client(**variable) == "hf_variable ***"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("hf_elsewhere", encoding="utf-8")
    named = {"HF_HOME": str(tmp_path), "HF_TOKEN_PATH": str(elsewhere)}
    assert found_by_the_hubs_own_client(**named) == "hf_elsewhere ***"


def test_where_nobody_logged_in_there_is_no_token(tmp_path: Path) -> None:
    assert found_by_the_hubs_own_client(HF_HOME=str(tmp_path)) == "None None"


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], str | None]], None]:
    """``stored(get_token)``: let the Hub's client find this."""
    import huggingface_hub

    for name in ("HF_TOKEN", "HF_ENDPOINT", "MODELGET_CONFIG", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return lambda get_token: monkeypatch.setattr(huggingface_hub, "get_token", get_token)


def test_a_stored_token_that_is_broken_is_told_where_it_is(
    stored: Callable[[Callable[[], str | None]], None],
) -> None:
    stored(lambda: "hf_a\nhunter2")
    with pytest.raises(InvalidSetting, match="hf auth login") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_home_that_may_not_be_read_has_no_token(stored: Callable[[Callable[[], str | None]], None]) -> None:
    def forbidden() -> str:
        raise PermissionError(13, "Permission denied", "/root/.cache/huggingface/token")

    stored(forbidden)
    assert load_settings().hub_token is None


def test_offline_the_hubs_client_is_not_even_loaded(
    stored: Callable[[Callable[[], str | None]], None],
) -> None:
    stored(lambda: pytest.fail("it was asked"))
    assert load_settings(offline=True).hub_token is None


# The catalogue and trusted owners


def test_the_owners_list_is_the_one_beside_the_settings_if_there_is_one(file, written) -> None:
    environ = written("")
    assert load_settings(environ).catalog is None
    beside = file.with_name("catalog.toml")
    beside.touch()
    assert load_settings(environ).catalog == beside


def test_the_owners_list_lies_in_comfyuis_system_folder_even_without_settings(tmp_path: Path) -> None:
    folder = tmp_path / "user" / "__modelget"
    folder.mkdir(parents=True)
    (folder / "catalog.toml").touch()
    assert load_settings({}, comfyui=tmp_path).catalog == folder / "catalog.toml"


def test_the_owners_list_may_be_elsewhere(file, written, tmp_path) -> None:
    (tmp_path / "one.toml").touch()
    (tmp_path / "two.toml").touch()
    environ = written('catalog = "one.toml"')
    assert load_settings(environ).catalog == tmp_path / "one.toml"
    environ["MODELGET_CATALOG"] = str(tmp_path / "two.toml")
    assert load_settings(environ).catalog == tmp_path / "two.toml"


@pytest.mark.parametrize(
    ("text", "variable"), [('catalog = "gone.toml"', {}), ("", {"MODELGET_CATALOG": "gone.toml"})]
)
def test_a_list_that_is_named_must_be_there(written, text, variable) -> None:
    with pytest.raises(InvalidSetting, match=r"gone\.toml"):
        load_settings(written(text) | variable)


def test_trusted_owners_are_a_short_list_unless_the_owner_says_otherwise(written) -> None:
    assert load_settings({}).trusted_owners == TRUSTED_OWNERS
    assert load_settings(written("trusted_owners = []")).trusted_owners == ()
    assert load_settings(written('trusted_owners = ["a", "b", "a"]')).trusted_owners == ("a", "b")
    assert load_settings({"MODELGET_TRUSTED_OWNERS": "a, b"}).trusted_owners == ("a", "b")


@pytest.mark.parametrize("value", ["5", '["a/b"]', '["../x"]', '["a b"]', '["a?x=1"]', "{ a = 1 }"])
def test_what_cannot_be_an_owner_is_refused(written, value) -> None:
    with pytest.raises(InvalidSetting, match="trusted_owners"):
        load_settings(written(f"trusted_owners = {value}"))


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        ({"KAGGLE_API_TOKEN": "kg"}, "Bearer kg"),
        ({"KAGGLE_USERNAME": "joe", "KAGGLE_KEY": "k"}, "Basic am9lOms="),
        ({"KAGGLE_API_TOKEN": "kg", "KAGGLE_USERNAME": "joe", "KAGGLE_KEY": "k"}, "Bearer kg"),
    ],
)
def test_kaggle_knows_a_person_by_a_token_or_by_name_and_key(environ: dict[str, str], header: str) -> None:
    settings = load_settings(environ)
    assert {origin: secret.headers for origin, secret in settings.credentials.items()} == {
        "https://www.kaggle.com": {"Authorization": header}
    }
    assert "joe" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ('{"username": "joe", "key": "k"}', "Basic am9lOms="),
        ("{", None),
        ("[]", None),
        ('{"username": "joe"}', None),
        (None, None),
    ],
)
def test_kaggles_own_file_is_read_where_its_tools_keep_it(
    tmp_path: Path, text: str | None, header: str | None
) -> None:
    if text is not None:
        (tmp_path / "kaggle.json").write_text(text)
    token = load_settings({"KAGGLE_CONFIG_DIR": str(tmp_path)}).kaggle_token
    assert (token and token.headers["Authorization"]) == header


def test_half_a_login_is_none() -> None:
    assert load_settings({"KAGGLE_USERNAME": "joe"}).kaggle_token is None


def test_how_long_a_prompt_is_held_who_may_change_things_and_by_which_names_are_settings(tmp_path) -> None:
    (tmp_path / "modelget.toml").write_text('hold_seconds = 20\nremote = true\nhosts = ["Models.example"]\n')
    written = load_settings({}, home=tmp_path)
    assert (written.hold_seconds, written.remote, written.hosts) == (20, True, ("models.example",))
    environ = {
        "MODELGET_HOLD_SECONDS": "1.5",
        "MODELGET_REMOTE": "0",
        "MODELGET_HOSTS": "a.example, b.example",
    }
    asked = load_settings(environ, home=tmp_path)
    assert (asked.hold_seconds, asked.remote, asked.hosts) == (1.5, False, ("a.example", "b.example"))
    nothing = load_settings({})
    assert (nothing.hold_seconds, nothing.remote, nothing.hosts) == (45, False, ())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MODELGET_REMOTE", "maybe"),
        ("MODELGET_HOLD_SECONDS", "long"),
        ("MODELGET_HOLD_SECONDS", "-1"),
        ("MODELGET_HOSTS", "http://x.example"),
        ("MODELGET_HOSTS", "x.example:8188"),
        ("MODELGET_HOSTS", "*"),
        ("MODELGET_HOSTS", "x.example/path"),
    ],
)
def test_a_wrong_answer_about_the_server_is_named(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=variable):
        load_settings({variable: value})
