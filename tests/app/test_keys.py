"""Which key does what, and what a reader may make of it."""

from __future__ import annotations

import pytest

from app.actions import ACTIONS
from app.keys import FIXED, Clash, KeyBook, portable

USUAL = {"next": ("N", "PgDown"), "fit": ("F",), "skip": ("S",), "about": ()}


def test_every_action_has_a_key_and_no_two_have_the_same():
    keys = [portable(key) for spec in ACTIONS for key in spec.keys]
    assert all(keys)
    assert len(keys) == len(set(keys))
    assert [spec.name for spec in ACTIONS if not spec.keys] == []
    assert not set(keys) & {portable(key) for key in FIXED}


def test_a_changed_key_takes_the_place_of_the_usual_ones_and_is_all_that_is_kept():
    book = KeyBook(USUAL)
    book.give("fit", ["F9", ""])
    assert book.of("fit") == ("F9",)
    assert book.of("next") == ("N", "PgDown")
    assert book.changed == {"fit": ("F9",)}
    assert KeyBook(USUAL, book.changed).of("fit") == ("F9",)
    book.give("fit", ["F"])
    assert book.changed == {}


def test_a_key_that_something_else_has_is_refused():
    book = KeyBook(USUAL)
    assert book.clash("fit", "n") == Clash("N", "next")
    assert book.clash("fit", "Space") == Clash("Space", "")
    assert book.clash("fit", "F") is None
    for key in ("N", "PgDown", "Esc"):
        with pytest.raises(ValueError, match=f"{key} is the key of"):
            book.give("fit", [key])
    assert book.changed == {}


def test_a_key_that_was_taken_from_one_action_can_be_given_to_another_and_both_go_back():
    book = KeyBook(USUAL)
    book.take("next", "N")
    book.give("fit", ["N", "F"])
    assert (book.of("next"), book.of("fit")) == (("PgDown",), ("N", "F"))
    book.reset("next")
    assert (book.of("next"), book.of("fit")) == (("N", "PgDown"), ("F",))
    book.give("skip", ["F8"])
    book.reset_all()
    assert {name: book.of(name) for name in USUAL} == USUAL


def test_a_usual_key_of_a_new_action_does_not_come_before_what_the_reader_chose():
    book = KeyBook({**USUAL, "newcomer": ("F8",)}, {"fit": ["F8"]})
    assert book.of("fit") == ("F8",)
    assert book.of("newcomer") == ()
    assert book.clash("newcomer", "F8") == Clash("F8", "fit")


def test_kept_keys_that_make_no_sense_are_left_out():
    book = KeyBook(USUAL, {"fit": ["Ctrl+NoSuchKey", "F7"], "gone": ["F6"]})
    assert book.of("fit") == ("F7",)
    assert "gone" not in book.changed
