"""Reasons and decisions: what they say, what they refuse, and how they travel."""

import datetime
import json
import pickle
import typing
from decimal import Decimal

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError
from ruralcredit.reasons import BASES, Basis, BasisWord, Decision, Figure, Reason
from ruralcredit.testing import decisions, figures, reasons
from ruralcredit.values import FrozenMapping, from_dict, json_schema, to_dict

DEFAULTS = ("regulation, from general knowledge", "project proposal")
NOTE = {"en": " (library default, not a regulation)", "zh": "（本库建议值，非监管规定）"}
SCHEMAS = {
    cls: jsonschema.Draft202012Validator(json_schema(cls)) for cls in (Decision, Figure, Reason)
}
SAYS = {"en": "party {party} owes {amount_fen}", "zh": "{party}欠款{amount_fen}"}


def crossed(value):
    """Return a value as another process would get it."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


def a_figure(**changed):
    """Return a figure of a bank's own, with some of its parts changed."""
    parts = {"id": "F-1", "value": 6, "unit": "months", "basis": "bank policy", "source": "art. 1"}
    return Figure(**{**parts, **changed})


def a_reason(**changed):
    """Return a reason of a bank's own with two facts, with some of its parts changed."""
    parts = {
        "code": "TST-001",
        "says": SAYS,
        "facts": ("party", "amount_fen"),
        "source": "manual, art. 2",
        "basis": "bank policy",
    }
    return Reason(**{**parts, **changed})


def a_plain_reason(**changed):
    """Return a reason without facts, with some of its parts changed."""
    return a_reason(
        **{"says": {"en": "the term is over", "zh": "期限已过"}, "facts": (), **changed}
    )


# ---- figures -------------------------------------------------------------------------


def test_the_five_bases_are_those_of_the_rulings():
    """The words that a figure may rest on are closed, and typed by the same words."""
    assert typing.get_args(BasisWord) == BASES
    assert 5 == len(set(BASES))
    assert set(DEFAULTS) < set(BASES)


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_default_figure_never_looks_like_law(basis, lang):
    """The note stands exactly where a figure is the project's own."""
    figure = a_figure(basis=basis)

    assert (basis in DEFAULTS) == figure.is_default
    assert figure.is_default == figure.text(lang).endswith(NOTE[lang])


@pytest.mark.parametrize(
    ("changed", "en", "zh"),
    [
        ({}, "F-1: 6 months (bank policy: art. 1)", "F-1：6个月（本行制度：art. 1）"),
        (
            {"value": 500_000_00, "unit": "fen"},
            "F-1: 500,000.00 yuan (bank policy: art. 1)",
            "F-1：500,000.00 元（本行制度：art. 1）",
        ),
        (
            {"value": "yes", "unit": ""},
            "F-1: yes (bank policy: art. 1)",
            "F-1：yes（本行制度：art. 1）",
        ),
        (
            {"value": 3, "unit": "visits"},
            "F-1: 3 visits (bank policy: art. 1)",
            "F-1：3 visits（本行制度：art. 1）",
        ),
        (
            {"value": "all", "unit": "fen", "basis": "source document"},
            "F-1: all fen (source document: art. 1)",
            "F-1：all fen（来源文件：art. 1）",
        ),
    ],
)
def test_a_figure_is_one_line(changed, en, zh):
    """Name, value in its unit, basis and source, in both languages."""
    figure = a_figure(**changed)

    assert en == figure.text() == figure.text("en")
    assert zh == figure.text("zh")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": " "}, "Figure.id must be text and not blank, got ' '"),
        ({"id": 7}, "Figure.id must be text and not blank, got 7"),
        ({"source": ""}, "Figure.source must be text and not blank, got ''"),
        ({"value": 0.5}, "Figure.value must be an int or a str, got 0.5"),
        ({"value": True}, "Figure.value must be an int or a str, got True"),
        ({"unit": None}, "Figure.unit must be a str, empty for a word, got None"),
        (
            {"basis": "law"},
            (
                "Figure.basis must be one of source document; regulation, read; regulation, from "
                "general knowledge; project proposal; bank policy, got 'law'"
            ),
        ),
    ],
)
def test_a_figure_without_its_parts_is_refused(changed, message):
    """Nothing ships without a name, a source and a known basis."""
    with pytest.raises(CreditError) as caught:
        a_figure(**changed)

    assert message == str(caught.value)


# ---- reasons -------------------------------------------------------------------------


def test_a_reason_says_its_facts_in_both_languages():
    """Placeholders are filled; money prints as yuan."""
    reason = a_reason().given(party="P001", amount_fen=1_234_50)

    assert "party P001 owes 1,234.50 yuan" == reason.text() == reason.text("en")
    assert "P001欠款1,234.50 元" == reason.text("zh")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("amount", "P{party}", "P{party}"),
        ("amount", 0, "0"),
        ("amount", np.int64(7), "7"),
        ("amount", Decimal("1.50"), "1.50"),
        ("amount", datetime.date(2024, 6, 30), "2024-06-30"),
        ("amount_fen", -5, "-0.05 yuan"),
        ("amount_fen", "many", "many"),
        ("share_bp", 3_050, "30.50%"),
        ("share_bp", 3_000, "30%"),
        ("share_bp", "half", "half"),
    ],
)
def test_a_fact_prints_as_its_name_promises(name, value, shown):
    """Fen print as yuan, basis points as percent, everything else as it is."""
    says = {"en": f"{{{name}}}", "zh": f"{{{name}}}"}
    reason = a_reason(says=says, facts=(name,)).given(**{name: value})

    assert shown == reason.text()


@given(reason=reasons())
def test_a_reason_marks_what_is_unknown_and_what_is_a_default(reason):
    """The marks stand exactly where they belong, whatever the facts."""
    is_default = reason.basis in DEFAULTS or any(one.basis in DEFAULTS for one in reason.figures)

    for lang, mark in (("en", " (unknown)"), ("zh", "（未知）")):
        text = reason.text(lang)
        assert is_default == reason.is_default == text.endswith(NOTE[lang])
        assert reason.unknown == text.removesuffix(NOTE[lang]).endswith(mark)


def test_a_reason_about_an_unknown_fact_keeps_its_code():
    """The same code, marked; what is not known prints as unknown."""
    reason = a_reason().as_unknown(party="P001")

    assert "TST-001" == reason.code
    assert "party P001 owes unknown (unknown)" == reason.text("en")
    assert "P001欠款未知（未知）" == reason.text("zh")


def test_binding_a_reason_leaves_the_first_one_as_it_was():
    """A reason is written once and bound many times."""
    reason = a_reason()
    reason.given(party="P001", amount_fen=1)
    reason.as_unknown()

    assert a_reason() == reason
    assert a_reason(unknown=True).given(party="P", amount_fen=1).unknown


def test_a_figure_that_is_a_default_marks_the_reason_that_used_it():
    """A bank's rule that leans on a shipped figure leans on a default."""
    reason = a_plain_reason(figures=(a_figure(basis="project proposal"),))

    assert f"the term is over{NOTE['en']}" == reason.text()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"code": "col-12"},
            "Reason.code must be room and number in capitals like COL-012, got 'col-12'",
        ),
        ({"code": 12}, "Reason.code must be room and number in capitals like COL-012, got 12"),
        ({"says": {"en": "a"}}, "TST-001 must say its sentence in en and zh, got en"),
        (
            {"says": {"en": "a", "zh": "b", "fr": "c"}},
            "TST-001 must say its sentence in en and zh, got en, zh, fr",
        ),
        ({"says": {"en": " ", "zh": "b"}}, "TST-001 must say something in en, got ' '"),
        ({"says": {"en": "a", "zh": 7}}, "TST-001 must say something in zh, got 7"),
        (
            {"says": {"en": "it ends.", "zh": "b"}},
            "TST-001 must speak in lower case without a full stop, got 'it ends.'",
        ),
        (
            {"says": {"en": "it ends", "zh": "完。"}},
            "TST-001 must speak in lower case without a full stop, got '完。'",
        ),
        (
            {"says": {"en": "It ends", "zh": "完"}},
            "TST-001 must speak in lower case without a full stop, got 'It ends'",
        ),
        (
            {"says": {"en": "{Party} ends", "zh": "完"}},
            "TST-001 must name its facts as {name}, got '{Party} ends'",
        ),
        (
            {"says": {"en": "a }", "zh": "完"}},
            "TST-001 must name its facts as {name}, got 'a }'",
        ),
        (
            {"facts": ("party",)},
            (
                "TST-001 must list the facts that its zh sentence names, got facts (party) and "
                "placeholders ()"
            ),
        ),
        (
            {"says": {"en": "{party}", "zh": "{party}"}, "facts": ("party", "party")},
            (
                "TST-001 must list the facts that its en sentence names, got facts (party, party) "
                "and placeholders (party)"
            ),
        ),
        ({"facts": "party"}, "several are expected, got the str 'party': write ('party',)"),
        ({"values": {"party": 1}}, "TST-001 has no fact party: it names none"),
        ({"source": " "}, "Reason.source must be text and not blank, got ' '"),
        ({"figures": ("F-1",)}, "Reason.figures must hold Figure, got str 'F-1'"),
    ],
)
def test_a_reason_that_is_badly_written_is_refused(changed, message):
    """Codes, languages, facts and style are checked when a reason is written."""
    base = {"says": {"en": "{party} ends", "zh": "完"}} if "facts" in changed else {}

    with pytest.raises(CreditError) as caught:
        a_plain_reason(**{**base, **changed})

    assert message == str(caught.value)


@pytest.mark.parametrize("code", ["GUA-001", "A-1000", "BANK.COL-012", "MY-BANK2-100"])
def test_a_bank_may_have_a_name_space_of_its_own(code):
    """Prefixes are letters and digits, parted by points or dashes, before the number."""
    assert code == a_plain_reason(code=code).code


@pytest.mark.parametrize("sentence", ["ID 7 is blank", "{party}", "7 rows", "A"])
def test_a_sentence_may_open_with_an_acronym_a_fact_or_a_number(sentence):
    """Only a capitalised word is no lower case; a lone letter counts as one."""
    facts = ("party",) if "{" in sentence else ()

    if sentence == "A":
        with pytest.raises(CreditError, match="must speak in lower case"):
            a_reason(says={"en": sentence, "zh": sentence}, facts=facts)
    else:
        assert a_reason(says={"en": sentence, "zh": sentence}, facts=facts)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"party": "P"}, "TST-001 needs fact amount_fen: where it is unknown, use as_unknown"),
        (
            {"party": None, "amount_fen": 1},
            "TST-001 needs fact party: where it is unknown, use as_unknown",
        ),
        (
            {"party": "P", "amount_fen": 1, "row": 2},
            "TST-001 has no fact row: it names party, amount_fen",
        ),
        (
            {"party": "P", "amount_fen": 1.5},
            "fact amount_fen must be a str, int, Decimal or date, got float 1.5: write it as text",
        ),
        (
            {"party": True, "amount_fen": 1},
            "fact party must be a str, int, Decimal or date, got bool True: write it as text",
        ),
        (
            {"party": ["P"], "amount_fen": 1},
            "fact party must be a str, int, Decimal or date, got list ['P']: write it as text",
        ),
        (
            {"party": Decimal("NaN"), "amount_fen": 1},
            (
                "fact party must be a str, int, Decimal or date, got Decimal Decimal('NaN'): "
                "write it as text"
            ),
        ),
        (
            {"party": datetime.datetime(2024, 1, 1), "amount_fen": 1},  # noqa: DTZ001 - refused
            "fact party must be a date, got datetime 2024-01-01 00:00:00: pass its .date()",
        ),
    ],
)
def test_a_reason_is_bound_to_its_own_known_facts(values, message):
    """A fact that is missing, foreign or of another type is refused."""
    with pytest.raises(CreditError) as caught:
        a_reason().given(**values)

    assert message == str(caught.value)


def test_a_reason_that_is_not_bound_cannot_be_read():
    """A sentence with holes never reaches an officer."""
    with pytest.raises(CreditError) as caught:
        a_reason().text()

    assert "TST-001 must be bound to be read: call given with party, amount_fen" == str(
        caught.value
    )


@pytest.mark.parametrize(
    "speaker",
    [a_plain_reason(), a_figure(), Basis(id="book"), Decision(outcome=1, status="decided")],
)
def test_there_are_two_languages(speaker):
    """Another language is refused wherever one may be named."""
    read = speaker.explain if isinstance(speaker, Decision) else speaker.text

    with pytest.raises(CreditError) as caught:
        read("fr")

    assert "lang must be en or zh, got 'fr'" == str(caught.value)


# ---- what was asked ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("basis", "en", "zh"),
    [
        (Basis(id="book"), "book", "book"),
        (
            Basis(id="book", version="3", digest="9f2c", as_of=datetime.date(2024, 6, 30)),
            "book, version 3, as of 2024-06-30, digest 9f2c",
            "book，版本 3，截至 2024-06-30，摘要 9f2c",
        ),
    ],
)
def test_a_basis_names_the_table_and_the_day(basis, en, zh):
    """What is not known about the table is left out."""
    assert en == basis.text() == basis.text("en")
    assert zh == basis.text("zh")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": ""}, "Basis.id must be text and not blank, got ''"),
        ({"version": 3}, "Basis.version must be a str or None, got 3"),
        ({"digest": b"9f"}, "Basis.digest must be a str or None, got b'9f'"),
        ({"as_of": "2024-06-30"}, "Basis.as_of must be a date or None, got '2024-06-30'"),
        (
            {"as_of": datetime.datetime(2024, 6, 30)},  # noqa: DTZ001 - refused
            "Basis.as_of must be a date, got datetime 2024-06-30 00:00:00: pass its .date()",
        ),
    ],
)
def test_a_basis_of_another_shape_is_refused(changed, message):
    """A day is a date, everything else is text."""
    with pytest.raises(CreditError) as caught:
        Basis(**{"id": "book", **changed})

    assert message == str(caught.value)


# ---- decisions -----------------------------------------------------------------------


def test_a_decision_explains_itself_in_both_languages():
    """Outcome, all reasons in their order, what to ask and the table, a line each."""
    decision = Decision(
        outcome="refuse",
        status="decided",
        reasons=(a_plain_reason(), a_reason(code="TST-002").given(party="P", amount_fen=100)),
        ask=("age", 7),
        basis=Basis(id="admission", version="2"),
    )

    assert (
        "outcome: refuse\n"
        "reasons: TST-001 the term is over; TST-002 party P owes 1.00 yuan\n"
        "ask for: age, 7\n"
        "basis: admission, version 2"
    ) == decision.explain()
    assert (
        "结论：refuse\n"
        "理由：TST-001 期限已过；TST-002 P欠款1.00 元\n"
        "需补充：age，7\n"
        "依据：admission，版本 2"
    ) == decision.explain("zh")


@pytest.mark.parametrize(
    ("status", "zh"),
    [("none", "无适用规则"), ("undetermined", "无法判定"), ("conflict", "规则冲突")],
)
def test_a_decision_without_an_outcome_says_why(status, zh):
    """The status stands where the outcome would."""
    decision = Decision(outcome=None, status=status)

    assert f"outcome: {status}" == decision.explain("en")
    assert f"结论：{zh}" == decision.explain("zh")


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [
        (0, "0"),
        (False, "False"),
        (("a", None), "(a, unknown)"),
        ({"cap": Decimal("1.50"), "on": datetime.date(2024, 1, 1)}, "cap = 1.50, on = 2024-01-01"),
        ({"tiers": ("A", 2)}, "tiers = (A, 2)"),
    ],
)
def test_an_outcome_may_be_several_values(outcome, shown):
    """Zero and False are outcomes like others; several are told by name."""
    assert f"outcome: {shown}" == Decision(outcome=outcome, status="decided").explain()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"status": "maybe"},
            "status must be one of decided, none, undetermined, conflict, got 'maybe'",
        ),
        ({"outcome": None}, "a decision that is decided must have an outcome, got None"),
        (
            {"status": "undetermined"},
            "a decision that is undetermined must have no outcome, got 'pass'",
        ),
        ({"status": "none"}, "a decision that is none must have no outcome, got 'pass'"),
        ({"reasons": ("TST-001",)}, "Decision.reasons must hold Reason, got str 'TST-001'"),
        ({"rows": (1.5,)}, "Decision.rows must hold str or int, got float 1.5"),
        ({"ask": (True,)}, "Decision.ask must hold str or int, got bool True"),
        ({"trace": (1,)}, "Decision.trace must hold str, got int 1"),
        ({"trace": "a"}, "several are expected, got the str 'a': write ('a',)"),
        (
            {"outcome": [1]},
            (
                "an outcome must be bool, int, float, str, Decimal, date or None, or a tuple or "
                "mapping of these, got list [1]"
            ),
        ),
        (
            {"outcome": {"on": datetime.datetime(2024, 1, 1)}},  # noqa: DTZ001 - refused
            (
                "an outcome must be bool, int, float, str, Decimal, date or None, or a tuple or "
                "mapping of these, got datetime datetime.datetime(2024, 1, 1, 0, 0)"
            ),
        ),
    ],
)
def test_a_decision_of_another_shape_is_refused(changed, message):
    """Only a decided decision has an outcome, and its parts are of the right types."""
    with pytest.raises(CreditError) as caught:
        Decision(**{"outcome": "pass", "status": "decided", **changed})

    assert message == str(caught.value)


def test_a_decision_lists_each_figure_it_rests_on_once():
    """In the order of the reasons, without repeats."""
    first, second = a_figure(), a_figure(id="F-2")
    one = a_plain_reason(figures=(first, second))
    other = a_plain_reason(code="TST-002", figures=(second,))

    decision = Decision(outcome="refer", status="decided", reasons=(one, other, one))

    assert (first, second) == decision.bases()


@given(decision=decisions())
def test_a_decision_is_hashable_and_crosses_a_process(decision):
    """Equal by content, before and after a pickle."""
    arrived = crossed(decision)

    assert decision == arrived
    assert hash(decision) == hash(arrived)
    assert decision.explain() == arrived.explain()


@given(decision=decisions())
def test_a_decision_travels_as_json(decision):
    """Through text and back exactly, and within its own schema."""
    plain = to_dict(decision)

    assert decision == from_dict(Decision, json.loads(json.dumps(plain)))
    assert SCHEMAS[Decision].is_valid(plain)


@given(one=figures() | reasons())
def test_figures_and_reasons_travel_as_json(one):
    """Through text and back exactly, and within their own schemas."""
    plain = to_dict(one)

    assert one == from_dict(type(one), json.loads(json.dumps(plain)))
    assert SCHEMAS[type(one)].is_valid(plain)


@given(
    outcome=st.dictionaries(
        st.text(max_size=3),
        st.decimals(allow_nan=False, allow_infinity=False)
        | st.dates()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=3)
        | st.tuples(st.none() | st.dates(), st.booleans()),
    )
)
def test_an_outcome_of_days_and_decimals_travels_as_json(outcome):
    """A day, a Decimal and a text that looks like either are told apart."""
    decision = Decision(outcome=outcome, status="decided")
    plain = to_dict(decision)

    back = from_dict(Decision, json.loads(json.dumps(plain)))

    assert decision == back
    assert list(map(repr, decision.outcome.items())) == list(map(repr, back.outcome.items()))
    assert SCHEMAS[Decision].is_valid(plain)


def test_a_decision_is_small_when_shown():
    """Codes instead of reasons, and nothing that only a machine reads."""
    decision = Decision(outcome="pass", status="decided", reasons=(a_plain_reason(),), rows=(1, 2))

    assert "Decision(outcome='pass', status='decided', reasons=(TST-001), ask=())" == repr(
        decision
    )


def test_a_decision_owns_what_it_was_given():
    """A caller's later write changes nothing."""
    outcome, says = {"cap": 1}, dict(SAYS)
    decision = Decision(outcome=outcome, status="decided")
    reason = a_reason(says=says)
    outcome["cap"] = 2
    says["en"] = "other"

    assert {"cap": 1} == decision.outcome
    assert SAYS == reason.says
    assert isinstance(reason.says, FrozenMapping)
