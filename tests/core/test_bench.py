"""What a figure looks like, and that nothing about whose machine it is gets in. Nothing is timed here."""

import socket

import pytest

from core.bench import Figure, intervals, machine, ranking


@pytest.mark.parametrize(
    ("value", "text"), [(1262.4, "1,262 MB"), (100, "100 MB"), (2.768, "2.77 MB"), (0.00512, "0.00512 MB")]
)
def test_a_figure_has_three_digits_and_no_exponent(value, text):
    assert str(Figure("memory", value, "MB")) == text


def test_the_machine_is_told_without_the_name_of_its_host():
    assert "Python" in machine()
    assert socket.gethostname() not in machine()


def test_measurements_say_what_they_measured():
    for figure in (intervals(), ranking()):
        assert figure.value > 0
        assert figure.name
        assert figure.note
