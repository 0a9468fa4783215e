"""The PAK: its shape, that it never shows itself, and how a rotated one is picked up."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from broker_support import LONG_TOKEN, NEWER_PAK, PAK, ListedPaks
from brokkr_core.broker import EnvironmentPak, FilePak, LiteralPak, Pak
from brokkr_core.broker.credentials import CurrentPak, hide_paks
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


def test_an_untouched_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "pak"
    path.write_text(PAK)
    source = FilePak(path)
    assert source.pak() is source.pak()


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "cannot be read"), (b"\xff\xfe", "not UTF-8"), (b"no pak", "not well-formed")]
)
def test_an_unusable_file_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "pak"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as caught:
        FilePak(path).pak()
    assert str(path) in str(caught.value)


def test_the_pak_in_use_is_asked_for_once() -> None:
    source = ListedPaks([PAK, NEWER_PAK])
    current = CurrentPak(source)
    assert current.get() == current.get()
    assert source.asked == 1


def test_a_refused_pak_that_the_source_still_has_is_not_renewed() -> None:
    current = CurrentPak(ListedPaks([PAK]))
    assert current.renewed(current.get()) is None


def test_of_threads_refused_together_only_one_asks_the_source() -> None:
    source = ListedPaks([PAK, NEWER_PAK, "brokkr_BRthird1_" + LONG_TOKEN])
    current = CurrentPak(source)
    refused = current.get()
    together = threading.Barrier(8)
    renewed: list[Pak | None] = []

    def ask() -> None:
        together.wait()
        renewed.append(current.renewed(refused))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert renewed == [Pak(text=NEWER_PAK)] * 8
    assert source.asked == 2
