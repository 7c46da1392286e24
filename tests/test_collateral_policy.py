"""The policy of collateral as data: what it must hold, and what the shipped one holds."""

import attrs
import pytest

from ruralcredit.collateral import DEFAULT_POLICY, FIGURES, REASONS, CollateralPolicy
from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable, Field, Row, dead_rows, gaps, overlaps
from ruralcredit.reasons import Figure
from ruralcredit.values import json_schema

TABLES = ("refusals", "caps", "classes", "conditions")
KIND = DEFAULT_POLICY.caps.field("kind")
CAP = {"group": "g", "cap_bp": 1, "revalue": "yearly"}


def table(rows, *fields, hit="collect", name="t"):
    """Return a small table."""
    return DecisionTable(name, fields or (KIND,), rows, hit=hit)


def row(then, name="r", **when):
    """Return a row of a small table."""
    return Row(name, when=when, then=then)


# --- the shipped policy -----------------------------------------------------------------


def test_the_caps_that_ship_are_complete_and_without_overlap():
    """Each kind has exactly one cap, of one of the four classes of the 2017 guideline."""
    caps = DEFAULT_POLICY.caps

    assert () == gaps(caps).boxes
    assert () == overlaps(caps)
    assert () == dead_rows(caps).rows
    assert set(KIND.values) == {one.when["kind"] for one in caps.rows}
    assert {"financial", "real_estate", "receivables", "other"} == {
        one.then["group"] for one in caps.rows
    }


def test_every_row_that_ships_says_what_it_rests_on():
    """Caps are proposals, the split is the source's, refusals are general knowledge."""
    bases = {name: {one.basis for one in DEFAULT_POLICY.tables[name].rows} for name in TABLES}

    assert {"project proposal"} == bases["caps"]
    assert {"regulation, from general knowledge"} == bases["refusals"]
    for one in DEFAULT_POLICY.classes.rows:
        own = one.id == "run_down" or "old" in one.id or "unknown" in one.id
        assert ("project proposal" if own else "source document") == one.basis
    assert all(one.cite for name in TABLES for one in DEFAULT_POLICY.tables[name].rows)


def test_every_row_that_ships_has_one_of_the_rooms_reasons():
    """Codes in the tables are codes of this room, and no code of a row goes unused."""
    codes = {one.code for one in REASONS}
    used = {
        one.reason for name in TABLES if name != "caps" for one in DEFAULT_POLICY.tables[name].rows
    }

    assert used <= codes
    assert {code for code in codes if "COL-010" <= code < "COL-040"} == used


def test_the_figures_of_the_shipped_policy_are_the_rooms():
    """The policy holds each figure that the room ships."""
    policy = DEFAULT_POLICY

    assert FIGURES == (
        policy.deduction,
        policy.refer_from,
        policy.yearly,
        policy.half_yearly,
        policy.daily,
    )


def test_a_policy_is_a_value():
    """Equal by content, with a digest that follows every part, and a schema."""
    again = attrs.evolve(DEFAULT_POLICY)
    other = attrs.evolve(DEFAULT_POLICY, when_stale="lapsed")

    assert DEFAULT_POLICY == again
    assert DEFAULT_POLICY.digest == again.digest
    assert DEFAULT_POLICY.digest != other.digest
    assert (
        "service_area" in json_schema(CollateralPolicy)["$defs"]["CollateralPolicy"]["properties"]
    )
    assert DEFAULT_POLICY.effect("housing") is None


# --- what a policy refuses --------------------------------------------------------------


def figure(value, unit):
    """Return a bank's own figure."""
    return Figure(id="x", value=value, unit=unit, basis="bank policy", source="resolution 1")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": " "}, "a collateral policy must have a id as text, got ' '"),
        ({"version": 2}, "a collateral policy must have a version as text, got 2"),
        ({"when_stale": "zero"}, "when_stale must be undetermined or lapsed, got 'zero'"),
        ({"when_missing": None}, "when_missing must be undetermined or lapsed, got None"),
        ({"service_area": "321181"}, r"several places, got the str: write \('321181',\)"),
        ({"service_area": (321181,)}, "service_area must hold names or codes, got 321181"),
        ({"deduction": figure(-1, "bp")}, "deduction must be 0 to 10000 bp, got -1"),
        ({"deduction": figure(10_001, "bp")}, "deduction must be 0 to 10000 bp, got 10001"),
        ({"deduction": figure(1, "fen")}, "deduction must be a Figure in bp, got Figure"),
        ({"deduction": 1_000}, "deduction must be a Figure in bp, got 1000"),
        ({"deduction": figure("ten", "bp")}, "deduction must be a Figure in bp"),
        ({"refer_from": figure(0, "cautions")}, "refer_from must be 1 to 1000 cautions, got 0"),
        ({"yearly": figure(0, "months")}, "yearly must be 1 to 1200 months, got 0"),
        ({"half_yearly": figure(1_201, "months")}, "half_yearly must be 1 to 1200 months"),
        ({"daily": figure(36_501, "days")}, "daily must be 1 to 36500 days, got 36501"),
        ({"refusals": "none"}, "refusals must be a DecisionTable, got str"),
        (
            {"refusals": table([row({"effect": "refuse"}, kind="land")], hit="first")},
            "hit policy of refusals must be collect, got first",
        ),
        (
            {"refusals": table([row({"effect": "refuse"})], Field("colour", "bool"))},
            "table t asks for colour, which no item has: its fields may be kind, owner",
        ),
        (
            {"refusals": table([row({"effect": "refuse"})], Field("is_sealed", "int"))},
            "field is_sealed of table t must be declared as",
        ),
        (
            {
                "classes": table(
                    [row({"effect": "caution", "caution": "x"})], Field("age_years", "int")
                )
            },
            "field age_years of table t must be declared as .*low=0",
        ),
        (
            {"refusals": table([row({"effect": "caution"})])},
            "row r of refusals must have the outcome effect with refuse",
        ),
        (
            {"classes": table([row({"effect": "caution"})])},
            "row r of classes must have the outcome effect with prefer or caution, a caution",
        ),
        (
            {"classes": table([row({"effect": "caution", "caution": " "})])},
            "row r of classes must have the outcome effect",
        ),
        (
            {"classes": table([row({"effect": "prefer", "caution": "x"})])},
            "row r of classes must have the outcome effect",
        ),
        (
            {"conditions": table([row({"cap_bp": 1})])},
            "row r of conditions must have the outcome effect with condition or no_value",
        ),
        (
            {"caps": table([row({"cap_bp": 1})], hit="unique")},
            "row r of caps must have the outcomes group, cap_bp and revalue",
        ),
        (
            {"caps": table([row({**CAP, "group": 1})], hit="unique")},
            "row r of caps must have the outcomes group",
        ),
        (
            {"caps": table([row({**CAP, "cap_bp": 10_001})], hit="unique")},
            "cap_bp of row r must be 0 to 10000, got 10001",
        ),
        (
            {"caps": table([row({**CAP, "cap_bp": -1})], hit="unique")},
            "cap_bp of row r must be 0 to 10000, got -1",
        ),
        (
            {"caps": table([row({**CAP, "cap_bp": True})], hit="unique")},
            "cap_bp of row r must be 0 to 10000, got True",
        ),
        (
            {"caps": table([row({**CAP, "revalue": "weekly"})], hit="unique")},
            "revalue of row r must be one of yearly, half_yearly, daily, got 'weekly'",
        ),
        (
            {"caps": table([row(CAP, kind="land")], hit="unique")},
            "caps must have a row for every item, got none for .*: a kind that is never taken",
        ),
        (
            {"refusals": table([row({"effect": "refuse"}, name="shop_premises")])},
            "row ids must differ across the tables of a policy, got shop_premises in t and",
        ),
        (
            {
                "refusals": table(
                    [row({"effect": "refuse"})], Field("kind", "enum", values=("land", "house"))
                )
            },
            "the words of kind must be the same in t and collateral.caps",
        ),
    ],
)
def test_a_policy_refuses_what_it_cannot_use(changes, message):
    """Each message names the table, the row or the figure, and what it must be."""
    with pytest.raises(CreditError, match=message):
        attrs.evolve(DEFAULT_POLICY, **changes)


def test_a_field_may_be_protected():
    """A bank may mark a fact as protected; the table must then cite its ground."""
    own = attrs.evolve(DEFAULT_POLICY.classes.field("is_run_down"), protected=True)
    rows = [Row("r", when={"is_run_down": True}, then={"effect": "prefer"}, cite="law X, art. 1")]

    assert attrs.evolve(DEFAULT_POLICY, classes=table(rows, own)).classes.rows[0].id == "r"
