"""The graph and the prompt of one file come together: nothing twice, nothing lost."""

from __future__ import annotations

from modelget.types import Digest, Requirement
from modelget.workflow.joined import join


def need(
    name: str, folder: str | None = "vae", *wanted_by: str, active: bool = True, how: str = "widget"
) -> Requirement:
    return Requirement(name, folder, wanted_by, how, active)


def test_the_same_model_is_listed_once_with_all_who_want_it() -> None:
    joined = join([[need("a", "vae", "1", "2")], [need("a", "vae", "2", "3", how="input")]])
    assert joined == (need("a", "vae", "1", "2", "3"),)


def test_what_only_the_prompt_names_is_added_behind_what_the_graph_names() -> None:
    assert [one.name for one in join([[need("a"), need("b")], [need("c"), need("a")]])] == ["a", "b", "c"]


def test_what_only_the_graph_names_stays_as_it_is() -> None:
    graph = [need("a", "vae", "1"), need("b", "vae", "2", active=False)]
    assert join([graph, []]) == tuple(graph)


def test_what_ran_is_active_whatever_the_graph_says() -> None:
    assert join([[need("a", active=False)], [need("a")]])[0].active
    assert join([[need("a")], [need("a", active=False)]])[0].active


def test_an_unplaced_model_takes_the_folder_of_the_other() -> None:
    assert [one.folder for one in join([[need("a", None)], [need("a", "loras")]])] == ["loras"]
    assert [one.folder for one in join([[need("a", "loras")], [need("a", None)]])] == ["loras"]


def test_an_unplaced_model_joins_the_first_of_its_name() -> None:
    joined = join([[need("a", "vae", "1"), need("a", "loras", "2")], [need("a", None, "3")]])
    assert [(one.folder, one.wanted_by) for one in joined] == [("vae", ("1", "3")), ("loras", ("2",))]


def test_an_unplaced_model_stands_for_one_folder_not_for_two() -> None:
    joined = join([[need("a", None, "1")], [need("a", "vae", "2"), need("a", "loras", "3")]])
    assert [(one.folder, one.wanted_by) for one in joined] == [("vae", ("1", "2")), ("loras", ("3",))]


def test_what_one_reading_tells_apart_stays_apart() -> None:
    reading = [need("a", "vae", "1"), need("a", "loras", "1"), need("a", None, "1")]
    assert join([reading]) == tuple(reading)


def test_the_folder_that_a_node_declares_holds_for_the_same_node_in_the_prompt() -> None:
    declared, by_type = need("a", "upscale_models", "7"), need("a", "vae", "7", how="input")
    assert join([[declared], [by_type]]) == (declared,)


def test_one_name_in_two_folders_is_two_models() -> None:
    joined = join([[need("a", "vae", "1")], [need("a", "loras", "2"), need("a", "vae", "3")]])
    assert [(one.folder, one.wanted_by) for one in joined] == [("vae", ("1", "3")), ("loras", ("2",))]


def test_links_and_digests_of_both_are_kept() -> None:
    digest = Digest("sha256", "a" * 64)
    first = Requirement("a", "vae", urls=("https://h/1",))
    second = Requirement("a", "vae", urls=("https://h/2", "https://h/1"), digest=digest)
    assert join([[first], [second]]) == (
        Requirement("a", "vae", urls=("https://h/1", "https://h/2"), digest=digest),
    )
