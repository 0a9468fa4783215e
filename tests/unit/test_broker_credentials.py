"""The PAK: its shape, that it never shows itself, and how a rotated one is picked up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broker_support import LONG_TOKEN, NEWER_PAK, PAK
from brokkr_core.broker import EnvironmentPak, FilePak, LiteralPak, Pak
from brokkr_core.broker.credentials import hide_paks
from brokkr_core.errors import ConfigError


@pytest.mark.parametrize(
    "text",
    [
        PAK,
        f" {PAK}\n",
        "brokkr_BR3rVsDa_GK3QN7CDUzYc6iKgMkJ98M2WSimM5t6U8",
        f"other-prefix_XYabcdef123_{LONG_TOKEN}",
    ],
)
def test_a_well_formed_pak_is_taken_and_trimmed(text: str) -> None:
    assert Pak(text=text).reveal() == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secretsecretsecretsecret",
        f"brokkr_{LONG_TOKEN}",
        f"my_prefix_BRabcdef_{LONG_TOKEN}",
        f"brokkr__{LONG_TOKEN}",
        "brokkr_BRabcdef_",
        "brokkr_BRabcdef_0OIl0OIl0OIl0OIl0OIl",
        f"Bearer brokkr_BRabcdef_{LONG_TOKEN}",
        f"brokkr_BRabcdef_{LONG_TOKEN}\r\nX-Evil: 1",
        f"brökkr_BRabcdef_{LONG_TOKEN}",
    ],
)
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigError, match="PAK: not well-formed") as caught:
        Pak(text=text)
    assert LONG_TOKEN not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_pak_shows_its_public_part_only() -> None:
    pak = Pak(text=PAK)
    shown = [repr(pak), str(pak), f"{pak}", repr([pak]), repr(LiteralPak(value=pak))]
    assert repr(pak) == "Pak(brokkr_BRabcdef_…)"
    assert not any(LONG_TOKEN in text for text in shown)


def test_paks_in_foreign_text_are_hidden() -> None:
    assert hide_paks(f"Authorization: Bearer {PAK}, again {NEWER_PAK}.") == (
        "Authorization: Bearer brokkr_BRabcdef_…, again brokkr_BRnewer1_…."
    )


def test_the_environment_is_read_each_time() -> None:
    environment = {"BROKKR__AGENT__PAK": PAK}
    source = EnvironmentPak(environment=environment)
    assert source.pak().reveal() == PAK
    environment["BROKKR__AGENT__PAK"] = NEWER_PAK
    assert source.pak().reveal() == NEWER_PAK
    assert LONG_TOKEN not in repr(source)


@pytest.mark.parametrize("environment", [{}, {"P": ""}, {"P": "  \n"}])
def test_a_missing_variable_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="environment variable P: not set or empty"):
        EnvironmentPak(variable="P", environment=environment).pak()


def test_a_malformed_variable_is_named_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="environment variable P: PAK: not well-formed") as caught:
        EnvironmentPak(variable="P", environment={"P": f"x_{LONG_TOKEN}"}).pak()
    assert LONG_TOKEN not in str(caught.value)


def test_a_file_is_read_with_white_space_around(tmp_path: Path) -> None:
    path = tmp_path / "pak"
    path.write_text(f"\n {PAK} \n")
    assert FilePak(path).pak().reveal() == PAK


def test_a_file_changed_in_place_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "pak"
    path.write_text(PAK)
    source = FilePak(path)
    assert source.pak().reveal() == PAK
    path.write_text(NEWER_PAK)
    os.utime(path, ns=(1, 1))
    assert source.pak().reveal() == NEWER_PAK


def test_a_mounted_secret_swapped_by_link_is_read_again(tmp_path: Path) -> None:
    for name, text in (("old", PAK), ("new", NEWER_PAK)):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, ns=(1, 1))
    link = tmp_path / "pak"
    link.symlink_to("old")
    source = FilePak(link)
    assert source.pak().reveal() == PAK
    (tmp_path / "next").symlink_to("new")
    (tmp_path / "next").rename(link)
    assert source.pak().reveal() == NEWER_PAK


def test_an_in_place_change_that_leaves_the_state_of_the_file_alone_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "pak"
    for text in (PAK, NEWER_PAK):
        path.write_text(text)
        os.utime(path, ns=(1, 1))
        assert FilePak(path).pak().reveal() == text


class Mount:
    """A Secret as the kubelet mounts it: files are links through ``..data``, which is swapped by one rename."""

    def __init__(self, path: Path, **files: str) -> None:
        self.path = path
        self._version = 0
        self.write(**files)
        for name in files:
            (path / name).symlink_to(Path("..data") / name)

    def write(self, **files: str) -> None:
        self._version += 1
        version = f"..2026_{self._version}"
        (self.path / version).mkdir(parents=True)
        for name, text in files.items():
            (self.path / version / name).write_text(text)
        (self.path / "..data_tmp").symlink_to(version)
        (self.path / "..data_tmp").rename(self.path / "..data")


@pytest.mark.parametrize("place", ["mount", "mount/pak"])
def test_a_mounted_secret_is_followed_through_its_swap(tmp_path: Path, place: str) -> None:
    mount = Mount(tmp_path / "mount", pak=PAK)
    source = FilePak(tmp_path / place)
    assert source.pak().reveal() == PAK
    mount.write(pak=NEWER_PAK)
    assert source.pak().reveal() == NEWER_PAK


def test_of_several_files_in_a_directory_the_key_names_one(tmp_path: Path) -> None:
    Mount(tmp_path / "mount", pak=PAK, other="x")
    with pytest.raises(ConfigError, match="not one file but other, pak; name the one"):
        FilePak(tmp_path / "mount").pak()
    source = FilePak(tmp_path / "mount", key="pak")
    assert source.pak().reveal() == PAK
    assert repr(source).endswith("/mount', key='pak')")


def test_an_empty_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not one file but none"):
        FilePak(tmp_path).pak()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pak")
    with pytest.raises(ConfigError, match="not a regular file"):
        FilePak(tmp_path / "pak").pak()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read"), (b"\xff\xfe", "not UTF-8"), (b"no pak", "not well-formed"), (b"x" * 5000, "larger")],
)
def test_an_unusable_file_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "pak"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as caught:
        FilePak(path).pak()
    assert str(path) in str(caught.value)
