"""Which kubeconfigs are read, and how: as kubectl looks for them, in its YAML, and none of their text is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from brokkr_core.errors import UsageError
from brokkr_core.kube.kubeconfig_files import read_kubeconfigs

SECRET = "hunter2-hunter2"


def written(path: Path, text: str = "kind: Config\n") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def paths(environment: dict[str, str], path: str | None = None) -> list[str]:
    return [file.path for file in read_kubeconfigs(path, environment)]


def test_the_named_file_counts_alone(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), written(tmp_path / "other")

    assert paths({"KUBECONFIG": other}, one) == [one]


def test_a_named_file_is_one_path_whatever_is_in_its_name(tmp_path: Path) -> None:
    one = written(tmp_path / "a:b")

    assert paths({}, one) == [one]


def test_several_files_come_in_order_once_each_and_missing_ones_are_passed_over(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), written(tmp_path / "other")

    assert paths({"KUBECONFIG": f":{other}:{tmp_path}/none:{one}:{other}"}) == [other, one]


def test_without_a_word_it_is_the_file_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = written(tmp_path / ".kube" / "config")

    assert paths({}) == paths({"KUBECONFIG": ""}) == [usual]
    assert paths({}, "~/.kube/config") == [usual]


def test_none_at_all_says_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"there is no kubeconfig at {tmp_path}/x, {tmp_path}/y; set a kubeconfig"):
        paths({"KUBECONFIG": f"{tmp_path}/x:{tmp_path}/y"})


def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"kubeconfig: cannot read {tmp_path}/x: No such file or directory; name a"):
        paths({}, f"{tmp_path}/x")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n"])
def test_an_empty_file_says_nothing(tmp_path: Path, text: str) -> None:
    (file,) = read_kubeconfigs(written(tmp_path / "x", text), {})

    assert file.document == {}


@pytest.mark.parametrize(
    "text",
    [
        '{"current-context": "a", "users": [{"name": "a"}]}',
        "%YAML 1.1\n---\ncurrent-context: &a a\nusers:\n- {name: *a}\n",
        "---\ncurrent-context: a\nusers: [{name: a}]\n...\n",
    ],
)
def test_json_and_all_of_yaml_are_read(tmp_path: Path, text: str) -> None:
    (file,) = read_kubeconfigs(written(tmp_path / "x", text), {})

    assert file.document == {"current-context": "a", "users": [{"name": "a"}]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"users:\n- name: a\n  user:\n\ttoken: {SECRET}\n", r"x:\d+: "),
        (f"users:\n- name: a\n  token: '{SECRET}\n", r"x:\d+: "),
        (f"token: {SECRET}: {SECRET}\n", r"x:\d+: "),
        (f"token: *{SECRET}\n", r"x:\d+: "),
        (f"users: {{token: {SECRET}\n", r"x:\d+: "),
        (f"- {SECRET}\n", "x: must be a mapping, found a list"),
        (SECRET, "x: must be a mapping, found text"),
        (f"a: {SECRET}\n---\nb: {SECRET}\n", "x: holds 2 documents; keep one"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_not_with_its_text(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_kubeconfigs(written(tmp_path / "x", text), {})

    assert SECRET not in str(caught.value)
