"""Sources, separators, markers, encodings, numbering and counting."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from brokkr_core.errors import InputErrors, ManifestError, UsageError
from brokkr_core.manifest import Source, checksum, parse, parse_all
from brokkr_core.model.json import dig
from brokkr_core.model.manifest import Manifest


def document(name: str, value: str = "1") -> str:
    return f"apiVersion: v1\nkind: Foo\nmetadata:\n  name: {name}\nspec:\n  v: {value}\n"


def names(text: str | bytes) -> list[str]:
    return [manifest.ref.name for manifest in parse_all(text).checked().manifests]


TWO = document("a") + "---\n" + document("b")


class TestSources:
    def test_text_bytes_file_and_pieces_give_the_same(self, tmp_path: Path) -> None:
        path = tmp_path / "two.yaml"
        path.write_text(TWO, encoding="utf-8")
        data = TWO.encode()
        sources: list[Source] = [
            TWO,
            data,
            bytearray(data),
            memoryview(data),
            path,
            io.BytesIO(data),
            iter([data[:7], data[7:]]),
        ]

        for source in sources:
            assert [manifest.ref.name for manifest in parse(source)] == ["a", "b"]

    def test_a_path_and_a_file_name_themselves(self, tmp_path: Path) -> None:
        path = tmp_path / "two.yaml"
        path.write_text(TWO, encoding="utf-8")
        with path.open("rb") as file:
            assert next(parse(file)).origin.source == str(path)
        assert next(parse(path)).origin.source == str(path)
        assert next(parse(path, source_name="x")).origin.source == "x"

    @pytest.mark.parametrize("source", [5, None, io.StringIO(TWO), ["text"]])
    def test_anything_else_is_refused_with_what_to_pass(self, source: Any) -> None:
        with pytest.raises(UsageError, match=r"bytes"):
            list(parse(source))

    def test_on_error_takes_two_words_only(self) -> None:
        with pytest.raises(UsageError, match="on_error"):
            parse("", on_error="ignore")  # type: ignore[arg-type]

    def test_reading_is_lazy(self) -> None:
        asked = []

        def pieces() -> Iterator[bytes]:
            for number in range(3):
                asked.append(number)
                yield f"---\n{document(f'n{number}')}".encode()

        stream = parse(pieces())

        assert asked == []
        assert next(stream).ref.name == "n0"
        assert asked == [0, 1]


class TestSeparators:
    @pytest.mark.parametrize("line", ["---", "--- ", "---\t", "--- # note", "---   \t"])
    def test_a_separator_may_carry_blanks_and_a_comment(self, line: str) -> None:
        assert names(f"{document('a')}{line}\n{document('b')}") == ["a", "b"]

    def test_content_in_the_line_of_the_separator_belongs_to_the_next_document(self) -> None:
        text = document("a") + "--- {apiVersion: v1, kind: Foo, metadata: {name: b}}\n"

        assert names(text) == ["a", "b"]

    @pytest.mark.parametrize("line", ["----", "---foo", "---{}"])
    def test_a_wrong_separator_is_an_error_in_its_line(self, line: str) -> None:
        parsed = parse_all(document("z") + f"---\n{document('a')}{line}\n{document('b')}---\n{document('c')}")
        (error,) = parsed.errors

        assert (error.line, error.column, error.document) == (14, 1, 2)
        assert [manifest.ref.name for manifest in parsed.manifests] == ["z", "c"]

    def test_an_indented_separator_stays_in_a_block_scalar(self) -> None:
        (manifest,) = parse_all(document("a", "|\n    x\n    ---\n    y")).checked().manifests

        assert dig(manifest.body, "spec", "v") == "x\n---\ny\n"

    def test_a_separator_at_the_very_end_opens_an_empty_document(self) -> None:
        parsed = parse_all(document("a") + "---").checked()

        assert (len(parsed.manifests), parsed.skipped) == (1, 1)

    def test_the_end_marker_ends_a_document(self) -> None:
        assert names(document("a") + "...\n# bye\n---\n" + document("b") + "...\n") == ["a", "b"]

    def test_content_after_the_end_marker_is_never_dropped_silently(self) -> None:
        (error,) = parse_all(document("a") + "...\n\n" + document("b")).errors

        assert error.line == 9
        assert "'...'" in error.problem

    def test_directives_go_with_the_next_document(self) -> None:
        head = "# c\n%YAML 1.1\n%TAG !e! tag:yaml.org,2002:\n"
        text = f"{head}---\n{document('a', '!e!str 5')}...\n%YAML 1.2\n---\n{document('b')}"
        first, second = parse_all(text).checked().manifests

        assert dig(first.body, "spec", "v") == "5"
        assert (second.origin.document, second.ref.name) == (2, "b")

    def test_directives_without_a_document_are_an_error(self) -> None:
        (error,) = parse_all("%YAML 1.1\n").errors

        assert "directives" in error.problem


class TestEncodings:
    @pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_a_byte_order_mark_says_the_encoding(self, codec: str) -> None:
        mark = "\ufeff" if codec.endswith("e") else ""

        assert names((mark + document("a", "é")).encode(codec)) == ["a"]

    def test_a_byte_order_mark_may_stand_before_any_document(self) -> None:
        assert names("\ufeff---\n\ufeff" + document("a") + "---\n\ufeff" + document("b")) == ["a", "b"]

    def test_cut_utf16_is_an_error(self) -> None:
        (error,) = parse_all(document("a").encode("utf-16")[:-1]).errors

        assert "UTF-16" in error.problem

    @pytest.mark.parametrize("bad", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"caf\xe9"])
    def test_invalid_utf8_is_refused_with_its_place(self, bad: bytes) -> None:
        parsed = parse_all(document("a").encode() + b"---\nkey: \xc3\xa9 " + bad + b"\n---\n" + document("c").encode())
        (error,) = parsed.errors

        assert (error.line, error.document) == (8, 2)
        assert error.column == (8 if bad[:1] != b"c" else 11)
        assert [manifest.ref.name for manifest in parsed.manifests] == ["a", "c"]

    def test_a_lone_surrogate_in_a_text_is_refused(self) -> None:
        assert "UTF-8" in parse_all(document("a", "\ud800")).errors[0].problem

    @pytest.mark.parametrize("character", ["\0", "\x07", "\x7f", "\x9f"])
    def test_a_control_character_is_refused_with_its_place(self, character: str) -> None:
        (error,) = parse_all(document("a", f"b{character}c")).errors

        assert (error.line, error.column) == (6, 7)
        assert f"U+{ord(character):04X}" in error.problem

    def test_windows_line_ends_mean_the_same(self) -> None:
        text = document("a", "|\n    x\n    y") + "---\n" + document("b", "'p\n\n    q'")
        plain, windows = parse_all(text), parse_all(text.replace("\n", "\r\n"))

        assert [m.body for m in windows.manifests] == [m.body for m in plain.manifests]
        assert [m.origin for m in windows.manifests] == [m.origin for m in plain.manifests]

    def test_old_macintosh_line_ends_are_read(self) -> None:
        assert names(("# first\n" + document("a")).replace("\n", "\r")) == ["a"]

    def test_a_missing_final_newline_changes_nothing_but_a_kept_break(self) -> None:
        for value in ("x", "|\n    x", "|-\n    x", "'x'"):
            assert names(document("a", value).rstrip("\n")) == ["a"]

    def test_a_tab_in_the_indentation_is_an_error_with_its_line(self) -> None:
        (error,) = parse_all(document("a") + "\tx: 1\n").errors

        assert error.line in {6, 7}
        assert "tab" in error.problem


class TestNumbers:
    def test_documents_and_lines_count_from_one(self) -> None:
        text = f"# head\n---\n# Source: a\n{document('a')}---\n---\n# nothing\n---\nnull\n---\n{document('b')}"
        parsed = parse_all(text).checked()
        origins = [(m.origin.document, m.origin.first_line, m.origin.last_line) for m in parsed.manifests]

        assert origins == [(1, 3, 9), (5, 16, 21)]
        assert parsed.skipped == 3

    @pytest.mark.parametrize("text", ["", "\n", "# only\n", "---\n", "  \n\n", "\ufeff", "---\n---\n# x\n", "~\n"])
    def test_a_source_of_nothing_gives_nothing(self, text: str) -> None:
        assert parse_all(text).checked().manifests == ()

    def test_json_values_in_a_row_are_documents_of_their_own(self) -> None:
        one = '{"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "%s"}, "n": 1.0, "s": "\\ud83d\\ude00"}'
        parsed = parse_all(f"\n {one % 'a'}{one % 'b'}\n{one % 'c'}\n---\n{document('d')}").checked()

        assert [m.ref.name for m in parsed.manifests] == ["a", "b", "c", "d"]
        assert [m.origin.first_line for m in parsed.manifests] == [2, 2, 3, 5]
        assert [m.origin.document for m in parsed.manifests] == [1, 2, 3, 4]
        assert parsed.manifests[0].body["s"] == "\U0001f600"

    def test_flow_style_yaml_is_no_json_and_read_all_the_same(self) -> None:
        assert names("{apiVersion: v1, kind: Foo, metadata: {name: a}} # c\n") == ["a"]


class TestChecksum:
    def test_the_checksum_is_the_one_of_the_contract(self) -> None:
        text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n  namespace: default\ndata:\n  a: "1"\n'

        assert parse_all(text).checksum == "bcdb7538abfa0c591aa8c1d52ca9095c2ccc9ff64dbf4dce449ea3e1468e694c"
        assert checksum(text) == checksum(text.encode()) == parse_all(text.encode()).checksum

    def test_the_checksum_of_nothing_is_the_one_of_an_empty_marker(self) -> None:
        assert parse_all("").checksum == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    def test_the_checksum_is_known_only_at_the_end(self) -> None:
        stream = parse(TWO)
        next(stream)

        assert stream.checksum == ""
        assert list(stream)
        assert stream.checksum == checksum(TWO)
        assert (stream.documents, stream.size_bytes, stream.skipped) == (2, len(TWO), 0)

    def test_the_checksum_of_utf16_is_that_of_its_text(self) -> None:
        assert parse_all(TWO.encode("utf-16")).checksum == checksum(TWO)


class TestErrors:
    BAD = document("a") + "---\na: [\n---\n" + document("b") + "---\nkind: 5\n---\n" + document("c")

    def test_collect_yields_every_good_document_and_then_all_errors(self) -> None:
        stream = parse(self.BAD, source_name="f.yaml", on_error="collect")
        good: list[Manifest] = []
        with pytest.raises(InputErrors) as caught:
            good.extend(stream)

        assert [manifest.ref.name for manifest in good] == ["a", "b", "c"]
        assert [error.document for error in stream.errors] == [2, 4, 4, 4]
        assert caught.value.errors == stream.errors
        assert "f.yaml:9:1 (document 2)" in str(caught.value)

    def test_raise_stops_at_the_first_bad_document(self) -> None:
        stream = parse(self.BAD)

        assert next(stream).ref.name == "a"
        with pytest.raises(ManifestError) as caught:
            next(stream)
        assert (caught.value.document, caught.value.line) == (2, 9)

    def test_raise_tells_all_faults_of_the_document(self) -> None:
        with pytest.raises(InputErrors) as caught:
            list(parse("kind: 5\n"))
        assert [error.path for error in caught.value.errors if isinstance(error, ManifestError)] == [
            "apiVersion",
            "kind",
            "metadata.name",
        ]

    def test_checked_raises_what_parse_all_found(self) -> None:
        with pytest.raises(InputErrors):
            parse_all(self.BAD).checked()

    @pytest.mark.parametrize("text", ["hello\n", "5\n", "[1]\n", "- a\n", "true\n"])
    def test_a_document_that_is_no_mapping_is_an_error(self, text: str) -> None:
        (error,) = parse_all(text).errors

        assert "mapping" in error.problem

    def test_two_documents_in_one_stretch_are_never_cut_silently(self) -> None:
        (error,) = parse_all("{a: 1}\n{b: 2}\n").errors

        assert error.line == 2
