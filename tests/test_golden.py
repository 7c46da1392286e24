"""The golden cases: lines a credit officer can read, each with the inventory's row it answers.

Every room keeps its lines in tests/golden/<room>.yaml and says in asks_<room>.py how each
question is asked, with the shipped tables and figures as an argument.  So the same lines also
prove that no number shipped can move unseen: each is moved by one unit, up and down, and some
line must turn red.
"""

import datetime
import functools
import importlib
import re
from pathlib import Path

import pytest
import yaml

from ruralcredit.errors import CreditError
from ruralcredit.values import from_dict, to_dict
from shared_data import shared_file

GOLDEN = Path(__file__).parent / "golden"
ROOMS = tuple(sorted(path.stem for path in GOLDEN.glob("*.yaml")))

# Room -> the inventory's rows that it works for.
OWED = {
    "collateral": ("D19",),
    "customers": (
        *("D01", "D13", "D14", "D15", "D16", "D18", "G30", "G31", "G32"),
        *("P17", "L32", "L33"),
    ),
    "guarantee_checks": ("D20", "D21", "D22"),
    "grids": (
        *("L01", "L02", "L03", "L04", "L06", "L07", "L08", "L09", "L10", "L11", "L12", "L13"),
        *("L14", "L16", "L18", "L19", "L20", "L21", "L22", "L23", "L25", "L26", "L27", "L28"),
        *("L34", "L36", "L38", "L40", "D02", "D03", "D08", "D09", "D10", "D11", "D12"),
        *("Y11", "Y12", "Y13", "G14", "G28"),
    ),
    "limits": ("L04", "L05", "L21", "L24"),
    "limits_group": ("L06", "L07", "L21", "L24", "L25", "G15"),
    "limits_trust": ("L04",),
    "products": (
        *("Y23", "Y26", "Y27", "Y28", "Y29", "Y30", "D22", "D23", "G16", "G17"),
        *("G34", "G35", "G36", "G37", "G38", "L37", "L39", "P26"),
    ),
}

# (room, shipped name, path) -> why no answer depends on that number.
UNSEEN = {}


@functools.cache
def lines_of(room):
    """Return the golden lines of a room."""
    return yaml.safe_load((GOLDEN / f"{room}.yaml").read_text(encoding="utf-8"))


def asks_of(room):
    """Return how a room's questions are asked."""
    return importlib.import_module(f"asks_{room}")


def answer(room, line, shipped):
    """Return what a line's question is answered with the shipped values given."""
    return asks_of(room).ASKS[line["ask"]](line["given"], shipped)


def rows_of(line):
    """Return the inventory's rows that a line stands for."""
    rows = line["row"]
    return [rows] if isinstance(rows, str) else rows


def every_line():
    """Return (room, line) of all golden lines."""
    return [(room, line) for room in ROOMS for line in lines_of(room)]


@pytest.mark.parametrize(
    ("room", "line"),
    [
        pytest.param(room, line, id=f"{room}-{'+'.join(rows_of(line))}-{number}")
        for number, (room, line) in enumerate(every_line())
    ],
)
def test_a_golden_case_is_answered_as_written(room, line):
    """What the officer's line says is what the room answers."""
    assert line["expect"] == answer(room, line, asks_of(room).SHIPPED), line["says"]


@pytest.mark.parametrize("room", sorted(OWED))
def test_every_row_owed_has_a_golden_case(room):
    """Each inventory row that a room works for stands in its file."""
    told = {row for line in lines_of(room) for row in rows_of(line)}

    assert set() == set(OWED[room]) - told


def test_golden_cases_name_rows_of_the_inventory():
    """A line cannot claim a row that the inventory does not hold."""
    text = shared_file("domain/inventory.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| ([LDYGP][0-9]{2}) \|", text, flags=re.MULTILINE))

    assert 199 == len(known)
    assert set() == {row for _, line in every_line() for row in rows_of(line)} - known


def plain_of(value):
    """Return a shipped value as plain data; several stand by their position."""
    return (
        {str(n): to_dict(one) for n, one in enumerate(value)} if is_many(value) else to_dict(value)
    )


def made_of(value, plain):
    """Return a shipped value of the same kind from plain data."""
    if is_many(value):
        return tuple(from_dict(type(one), plain[str(n)]) for n, one in enumerate(value))
    return from_dict(type(value), plain)


def is_many(value):
    """Say whether a shipped value is several."""
    return isinstance(value, tuple | list)


def numbers(plain, path=()):
    """Return the path of every whole number and every day in plain data."""
    if isinstance(plain, dict):
        return [found for key, one in plain.items() for found in numbers(one, (*path, key))]
    if isinstance(plain, list):
        return [found for at, one in enumerate(plain) for found in numbers(one, (*path, at))]
    is_number = isinstance(plain, int) and not isinstance(plain, bool)
    return [path] if is_number or is_day(plain) else []


def is_day(plain):
    """Say whether plain data is a day."""
    return isinstance(plain, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", plain) is not None


def moved(plain, path, step):
    """Return plain data with the number at a path one unit up or down."""
    if not path:
        if is_day(plain):
            return str(datetime.date.fromisoformat(plain) + datetime.timedelta(days=step))
        return plain + step
    copy = dict(plain) if isinstance(plain, dict) else list(plain)
    copy[path[0]] = moved(plain[path[0]], path[1:], step)
    return copy


def mutants():
    """Return (room, shipped name, path, step) of every number that a room ships."""
    return [
        (room, name, path, step)
        for room in ROOMS
        for name, value in asks_of(room).SHIPPED.items()
        for path in numbers(plain_of(value))
        for step in (1, -1)
    ]


def turns_red(room, shipped):
    """Say whether some golden line of a room is answered otherwise, or not at all."""
    for line in lines_of(room):
        try:
            if answer(room, line, shipped) != line["expect"]:
                return True
        except CreditError:
            return True
    return False


@pytest.mark.source
@pytest.mark.parametrize("room", ROOMS)
def test_no_shipped_number_moves_by_one_unit_unseen(room):
    """Each number one unit up, one unit down: it fails to build or turns a line red."""
    survivors = []
    for _, name, path, step in [one for one in mutants() if one[0] == room]:
        value = asks_of(room).SHIPPED[name]
        try:
            changed = made_of(value, moved(plain_of(value), path, step))
        except CreditError:
            continue
        if not turns_red(room, {**asks_of(room).SHIPPED, name: changed}):
            survivors.append((room, name, path, step))

    listed = {one for one in survivors if one[:3] in UNSEEN}
    assert [] == [one for one in survivors if one not in listed]


def test_moving_a_number_moves_only_that_number():
    """The tool of the proof above: paths, days and ints are found, truth values are not."""
    plain = {"a": [1, {"b": True}], "day": "2024-02-28"}

    assert [("a", 0), ("day",)] == numbers(plain)
    assert {"a": [2, {"b": True}], "day": "2024-02-28"} == moved(plain, ("a", 0), 1)
    assert {"a": [1, {"b": True}], "day": "2024-02-29"} == moved(plain, ("day",), 1)
