"""Persons' ids out of print: who is a person, and what stands for an id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import InputError
from ruralcredit.reports import Mask, is_person

RESIDENT = "990101199003071234"


@pytest.mark.parametrize(
    ("party", "kind", "person"),
    [
        ("P1", "person", True),
        ("城东农机公司", "household", True),
        ("P1", None, False),
        ("P1", "firm", False),
        (RESIDENT, None, True),
        (RESIDENT, "firm", True),
        ("99010119900307123X", None, True),
        ("99010119900307123x", None, True),
        ("９９０１０１１９９００３０７１２３４", None, True),
        (f" {RESIDENT} ", None, True),
        ("990101199013071234", None, False),
        ("9901011990030712345", None, False),
        ("990101900307123", None, True),
        ("91990101MA1234567X", None, False),
        (990101199003071234, None, True),
        (7, None, False),
        ("张三", None, True),
        ("张三 ", None, True),
        ("欧阳建国", None, True),
        ("张三2", None, True),
        ("阿不都·热合曼", None, True),
        ("张", None, False),
        ("城东公司", None, False),
        ("县联社银行", None, False),
        ("红星纸厂", None, False),
        ("李建厂", None, True),
        ("五个汉字的", None, False),
        ("", None, False),
    ],
)
def test_a_person_is_known_by_kind_by_number_or_by_name(party, kind, person):
    """A kind decides; else a resident identity number, or two to four Han letters of no firm."""
    assert person is is_person(party, kind)


def test_pseudonyms_follow_the_sorted_ids():
    """The same ids give the same pseudonyms, in whatever order they come."""
    parties = ["P9", "P2", "甲公司", "P10"]
    kinds = dict.fromkeys(["P9", "P2", "P10"], "person")
    mask = Mask.over("persons", parties, kinds=kinds)

    assert ["person-0003", "person-0002", "甲公司", "person-0001"] == [
        mask.party(party) for party in parties
    ]
    assert mask == Mask.over("persons", parties[::-1], kinds=kinds)


@pytest.mark.parametrize(
    ("how", "names"),
    [
        ("persons", ["person-0001", "F1", "officer-01", "K01"]),
        ("all", ["person-0001", "party-0001", "officer-02", "officer-01"]),
        ("none", ["张三", "F1", "李四", "K01"]),
    ],
)
def test_three_ways_of_masking(how, names):
    """Persons, everybody, nobody; an officer's name is a person's name."""
    mask = Mask.over(how, ["张三", "F1"], staff=["李四", "K01"])

    assert names == [mask.party(one) for one in ("张三", "F1", "李四", "K01")]


def test_an_officer_who_is_also_a_party_has_one_pseudonym():
    """One person, one name."""
    mask = Mask.over("persons", ["张三"], staff=["张三"])

    assert {"张三": "person-0001"} == dict(mask.names)


@pytest.mark.parametrize(
    ("how", "party", "shown"),
    [
        ("persons", RESIDENT, "person-?"),
        ("persons", "F1", "F1"),
        ("all", "F1", "party-?"),
        ("none", RESIDENT, RESIDENT),
    ],
)
def test_an_id_that_the_mask_never_met_is_not_let_through(how, party, shown):
    """Shape alone is enough to hide it; under "all" everything hides."""
    assert shown == Mask.over(how, ["x"]).party(party)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("HT-张三-01", "HT-person-0003-01"),
        ("张三张三", "person-0003person-0003"),
        (f"C{RESIDENT}", "Cperson-0001"),
        ("C990101198001011111", "Cperson"),
        ("C990101800101111", "Cperson"),
        ("P7-1", "person-0002-1"),
        ("P77", "P77"),
        ("XP7", "XP7"),
        ("HT2024", "HT2024"),
        ("", ""),
    ],
)
def test_an_id_inside_a_text_is_replaced(text, shown):
    """A contract id that holds a person's id shows the pseudonym; short ids must stand alone."""
    mask = Mask.over("persons", [RESIDENT, "张三", "P7"], kinds={"P7": "person"})

    assert shown == mask.text(text)


def test_texts_stay_as_they_are_without_a_mask():
    """Nothing is replaced where nobody asked for it."""
    assert f"C{RESIDENT}张三" == Mask.over("none", ["张三"]).text(f"C{RESIDENT}张三")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("2024-13-45", "2024-13-45"), ("1,000.5元", "1,000.5元"), ("张三", "***"), ("1" * 18, "***")],
)
def test_a_cell_is_quoted_only_when_it_can_name_nobody(cell, shown):
    """A day or an amount may be quoted; anything that may be a name or a number may not."""
    assert shown == Mask.over("persons", []).cell(cell)
    assert cell == Mask.over("none", []).cell(cell)


def test_another_word_is_refused():
    """Silently masking nobody would be the worst of slips."""
    with pytest.raises(InputError, match="mask must be persons, all or none, got 'person'"):
        Mask.over("person", [])


@given(
    names=st.lists(st.text("赵钱孙李周吴", min_size=2, max_size=4), min_size=1),
    around=st.text("赵钱HT-01", max_size=6),
)
def test_no_name_survives_in_any_text(names, around):
    """Whatever stands around it, a masked name never shows."""
    mask = Mask.over("persons", names)
    shown = mask.text(around.join(["", *names, ""]))

    assert not [name for name in names if name in shown and name not in around]
