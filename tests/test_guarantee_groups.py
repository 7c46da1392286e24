"""Joint groups that stand, and who bears a claim on a default."""

import datetime
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantee_checks import (
    JOINT_GROUPS,
    JointGroupPolicy,
    check_joint_groups,
    split_claim,
)
from ruralcredit.guarantees import GuaranteeBook, JointGroups, Parties, Relations
from ruralcredit.testing import joint_group_columns
from ruralcredit.values import Dated, from_dict, to_dict

DAY = datetime.date(2026, 6, 30)
NAMES = ("a", "b", "c", "d", "e", "f")

# ---- a claim on a default ------------------------------------------------------------------


@st.composite
def claims(draw):
    """Draw a claim on some members, some of whom have paid."""
    members = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    limits = {m: draw(st.integers(0, 10**12)) for m in members}
    by = draw(st.sampled_from(("equal", "limit"))) if sum(limits.values()) else "equal"
    unpaid = draw(st.integers(0, 10**14) | st.integers(0, 9))
    left, paid = unpaid, {}
    for member in members:
        paid[member] = draw(st.integers(0, left))
        left -= paid[member]
    return {"unpaid_fen": unpaid, "members": members, "by": by, "limits": limits, "paid": paid}


def split_of(claim):
    """Split a drawn claim."""
    return split_claim(claim["unpaid_fen"], claim["members"], debtor="x", **{
        name: claim[name] for name in ("by", "limits", "paid")
    })  # fmt: skip


@given(claim=claims())
def test_the_parts_of_a_claim_sum_to_it(claim):
    """To the fen, and each lies within a fen of its exact share."""
    split = split_of(claim)
    weights = {m: 1 if claim["by"] == "equal" else claim["limits"][m] for m in claim["members"]}

    assert claim["unpaid_fen"] == sum(part.fen for part in split.parts)
    assert sorted(claim["members"]) == [part.member for part in split.parts]
    for part in split.parts:
        exact = Fraction(claim["unpaid_fen"] * weights[part.member], sum(weights.values()))
        assert abs(part.fen - exact) < 1


@given(claim=claims())
def test_odd_fen_go_to_the_largest_remainders(claim):
    """No member rounded down had a larger remainder than one rounded up."""
    split = split_of(claim)
    weights = {m: 1 if claim["by"] == "equal" else claim["limits"][m] for m in claim["members"]}
    remainders = {
        part.member: claim["unpaid_fen"] * weights[part.member] % sum(weights.values())
        for part in split.parts
    }
    lifted = {
        part.member: part.fen * sum(weights.values()) > claim["unpaid_fen"] * weights[part.member]
        for part in split.parts
    }
    up = [(-remainders[m], m) for m in remainders if lifted[m]]
    down = [(-remainders[m], m) for m in remainders if not lifted[m]]

    assert not up or not down or max(up) < min(down)


@given(claim=claims())
def test_recourse_settles_who_paid_more_than_its_part(claim):
    """After it nobody has borne more than its part, and the debtor owes all that was paid."""
    split = split_of(claim)
    borne = dict(claim["paid"])
    for one in split.recourse:
        assert one.fen > 0
        if one.debtor != "x":
            borne[one.creditor] -= one.fen
            borne[one.debtor] += one.fen
    owed = {one.creditor: one.fen for one in split.recourse if one.debtor == "x"}

    assert {member: amount for member, amount in borne.items() if amount} == owed
    assert sum(claim["paid"].values()) == sum(owed.values())
    for part in split.parts:
        assert borne[part.member] <= part.fen or part.paid_fen == borne[part.member] <= part.fen
        assert part.paid_fen >= part.fen or borne[part.member] >= part.paid_fen


@given(claim=claims(), seed=st.randoms(use_true_random=False))
def test_the_order_of_members_changes_nothing(claim, seed):
    """Ties go to the smaller id, whoever is named first."""
    turned = {**claim, "members": list(claim["members"])}
    seed.shuffle(turned["members"])

    assert split_of(claim) == split_of(turned)
    assert split_of(claim) == from_dict(type(split_of(claim)), to_dict(split_of(claim)))


def test_what_members_lack_is_asked_back_in_proportion():
    """Two who paid nothing owe the payer in proportion to their parts."""
    limits = {"a": 10, "b": 20, "c": 30}
    split = split_claim(60, limits, debtor="x", by="limit", limits=limits, paid={"a": 40})

    assert [10, 20, 30] == [part.fen for part in split.parts]
    assert [("a", "b", 12), ("a", "c", 18), ("a", "x", 10), ("b", "x", 12), ("c", "x", 18)] == [
        (one.creditor, one.debtor, one.fen) for one in split.recourse
    ]


def test_several_payers_are_settled_one_after_the_other():
    """The first payer takes from the first that lacks, then from the next."""
    split = split_claim(100, ["a", "b", "c", "d"], debtor="x", paid={"a": 40, "b": 60})

    assert [("a", "c", 15), ("b", "c", 10), ("b", "d", 25)] == [
        (one.creditor, one.debtor, one.fen) for one in split.recourse if one.debtor != "x"
    ]


@pytest.mark.parametrize(
    ("unpaid", "limits", "ask"),
    [
        (None, {"a": 1, "b": 1}, ("unpaid_fen",)),
        (5, {"a": 1}, ("limit of b",)),
        (5, {"a": None, "b": 0}, ("limit of a",)),
        (None, {}, ("unpaid_fen", "limit of a", "limit of b")),
    ],
)
def test_unknown_facts_leave_a_claim_open(unpaid, limits, ask):
    """Nothing is split, and what lacks is asked for."""
    split = split_claim(unpaid, ["a", "b"], debtor="x", by="limit", limits=limits)

    assert ("undetermined", ask, ()) == (split.status, split.ask, split.parts)
    assert split.reasons[0].unknown


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": "ab"}, "members must be several ids, got the str 'ab'"),
        ({"members": []}, "members must be the others of the group"),
        ({"members": ["a", "a"]}, "each once and without the debtor 'x'"),
        ({"members": ["a", "x"]}, "each once and without the debtor 'x'"),
        ({"by": "age"}, "by must be equal or limit, got 'age'"),
        ({"by": "limit", "limits": {"a": 0, "b": 0}}, "limits must not all be zero"),
        ({"by": "limit", "limits": {"a": -1, "b": 0}}, "limit of a must be 0 or more, got -1"),
        ({"paid": {"z": 1}}, "paid must be by members .* got 'z'"),
        ({"paid": {"a": 6}}, "at most 5 fen can have been paid, got 6"),
        ({"paid": {"a": -6}}, "paid by a must be 0 or more"),
        ({"unpaid_fen": 5.0}, "unpaid_fen must be a whole number, got float 5.0: money is whole"),
    ],
)
def test_claims_that_make_no_sense_are_refused(change, message):
    """The message says what must hold and what came."""
    asked = {"unpaid_fen": 5, "members": ["a", "b"], "debtor": "x", **change}
    with pytest.raises(CreditError, match=message):
        split_claim(asked.pop("unpaid_fen"), asked.pop("members"), **asked)


# ---- groups that stand ---------------------------------------------------------------------

START = datetime.date(2026, 1, 1)
TERMS = {"starts_on": START, "debt_due_on": datetime.date(2026, 12, 31)}


def book_of(members=NAMES[:5], *, kinds=None, amount=100, agreement="J", **terms):
    """Book of one joint group in which each member is guaranteed by the next."""
    terms = {**TERMS, **terms}
    pairs = [(one, members[n - 1]) for n, one in enumerate(members)]
    kinds = {**dict.fromkeys(members, "household"), **(kinds or {})}
    return GuaranteeBook.from_columns(
        guarantor=[one for one, _ in pairs],
        borrower=[other for _, other in pairs],
        amount_fen=[amount] * len(pairs),
        agreement_id=[agreement] * len(pairs),
        parties=Parties.from_columns(party=list(kinds), kind=list(kinds.values())),
        **{name: [day] * len(pairs) for name, day in terms.items()},
    )


def table_of(*agreements, members=NAMES[:5], ends=datetime.date(2028, 12, 31), starts=START):
    """Table of the members of agreements."""
    rows = [(agreement, member) for agreement in agreements or ("J",) for member in members]
    return JointGroups.from_columns(
        agreement_id=[one for one, _ in rows],
        party=[member for _, member in rows],
        starts_on=[starts] * len(rows),
        ends_on=[ends] * len(rows),
    )


NOBODY = Relations.from_columns(a=[], b=[], kind=[])


def checked(book=None, **more):
    """Check the one group of a book."""
    asked = {"groups": table_of(), "relations": NOBODY, "as_of": DAY, **more}
    return check_joint_groups(book or book_of(), **asked)[0]


def codes(check):
    """Return the codes of a check, those about unknown facts with a question mark."""
    return [f"{one.code}{'?' if one.unknown else ''}" for one in check.decision.reasons]


def test_a_group_in_order_passes():
    """Five households, three years, a year, no kin: nothing to say but that."""
    found = checked()

    assert ("pass", ["GCK-119"], ()) == (found.decision.outcome, codes(found), found.decision.ask)
    assert (START, datetime.date(2028, 12, 31)) == (found.starts_on, found.ends_on)
    assert found == from_dict(type(found), to_dict(found))
    assert (0, 1, 2, 3, 4) == found.decision.rows


@pytest.mark.parametrize(
    ("count", "kind", "expected"),
    [
        (4, "household", ["GCK-110"]),
        (5, "household", ["GCK-119"]),
        (6, "household", ["GCK-119"]),
        (4, "firm", ["GCK-119"]),
        (5, "firm", ["GCK-119"]),
        (6, "firm", ["GCK-111"]),
        (4, None, ["GCK-110?"]),
        (5, None, ["GCK-119"]),
        (6, None, ["GCK-111?"]),
    ],
)
def test_households_are_at_least_and_firms_at_most_so_many(count, kind, expected):
    """On, below and above each edge; unknown kinds are asked for where they matter."""
    members = NAMES[:count]
    book = book_of(members, kinds=dict.fromkeys(members, kind))
    found = checked(book, groups=table_of(members=members))

    assert expected == codes(found)
    asks = tuple(f"kind of {member}" for member in members) if expected[0].endswith("?") else ()
    assert asks == found.decision.ask


def test_one_household_makes_a_group_of_households():
    """Then the unknown kinds of the others do not matter."""
    book = book_of(NAMES[:4], kinds={"a": "household", "b": None, "c": "firm"})

    assert ["GCK-110"] == codes(checked(book, groups=table_of(members=NAMES[:4])))


def test_a_group_both_too_small_and_too_large_needs_no_kinds():
    """Where a bank's figures leave no size, every group is referred for certain."""
    least = attrs.evolve(JOINT_GROUPS.households, value=9)
    most = attrs.evolve(JOINT_GROUPS.firms, value=2)
    policy = JointGroupPolicy(households=least, firms=most)
    book = book_of(kinds=dict.fromkeys(NAMES[:5]))

    assert ["GCK-110", "GCK-111"] == codes(checked(book, policy=policy))


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (datetime.date(2028, 12, 31), ["GCK-119"]),
        (datetime.date(2029, 1, 1), ["GCK-119"]),
        (datetime.date(2029, 1, 2), ["GCK-112"]),
        (None, ["GCK-112?"]),
    ],
)
def test_an_agreement_runs_three_years_at_most(ends, expected):
    """Up to the same day three years on."""
    found = checked(groups=table_of(ends=ends))

    assert expected == codes(found)
    assert (("ends_on of J",) if ends is None else ()) == found.decision.ask


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (datetime.date(2026, 12, 31), ["GCK-119"]),
        (datetime.date(2027, 1, 1), ["GCK-119"]),
        (datetime.date(2027, 1, 2), ["GCK-114"]),
    ],
)
def test_a_loan_runs_a_year_at_most(due, expected):
    """Up to the same day a year on."""
    assert expected == codes(checked(book_of(debt_due_on=due)))


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (datetime.date(2026, 12, 30), ["GCK-113"]),
        (datetime.date(2026, 12, 31), ["GCK-119"]),
        (datetime.date(2027, 1, 1), ["GCK-119"]),
    ],
)
def test_a_loan_falls_due_within_the_agreement(ends, expected):
    """On the agreement's last day at the latest."""
    assert expected == codes(checked(groups=table_of(ends=ends)))


@pytest.mark.parametrize(
    ("amount", "kind", "expected"),
    [
        (99_999_99, "household", ["GCK-119"]),
        (100_000_00, "household", ["GCK-119"]),
        (100_000_01, "household", ["GCK-115"] * 5),
        (100_000_01, "firm", ["GCK-119"]),
        (100_000_01, None, ["GCK-115?"] * 5),
    ],
)
def test_a_household_owes_a_hundred_thousand_yuan_at_most(amount, kind, expected):
    """On, below and above; firms have no such limit."""
    book = book_of(amount=amount, kinds=dict.fromkeys(NAMES[:5], kind))

    assert expected == codes(checked(book))


def test_unknown_facts_leave_a_group_open():
    """Days, amounts, relations and users that nobody knows are asked for."""
    book = book_of(amount=None, starts_on=None, debt_due_on=None)
    found = checked(book, groups=None, relations=None, users={"a": "u"})

    assert ("undetermined", None) == (found.decision.status, found.decision.outcome)
    assert ["GCK-112?", "GCK-116?"] == codes(found)
    assert (
        "starts_on of J",
        "ends_on of J",
        "starts_on of row 0",
        "debt_due_on of row 0",
        *(f"amount_fen of row {row}" for row in (0, 1, 2, 3, 4)),
        "relations",
        *(f"user of the funds of {member}" for member in "bcde"),
    ) == found.decision.ask
    assert (None, None, None) == (found.starts_on, found.ends_on, found.kin)


def test_a_certain_finding_decides_beside_unknown_facts():
    """Referred is referred; what else is unknown is asked for all the same."""
    found = checked(relations=None, users=dict.fromkeys("ab", "u"))

    assert "refer" == found.decision.outcome
    assert ["GCK-116?", "GCK-118"] == codes(found)
    assert "relations" in found.decision.ask


def test_kin_and_spouses_in_a_group_are_told_pair_by_pair():
    """Each pair once, whoever is named first; relations out of force and others do not count."""
    relations = Relations.from_columns(
        a=["b", "a", "c", "a", "d", "e", None],
        b=["a", "b", "d", "z", "d", "a", "a"],
        kind=["kin", "spouse", "group", "kin", "kin", "kin", "kin"],
        ends_on=[None, None, None, None, None, datetime.date(2026, 6, 29), None],
    )
    found = checked(relations=relations)

    assert ((("a", "b"),), ["GCK-116"]) == (found.kin, codes(found))
    merged = book_of().merge(relations)
    assert (("a", "b"),) == checked(merged, relations=None).kin


def test_a_member_of_two_groups_is_told():
    """The overlap stands in both groups."""
    both = check_joint_groups(
        book_of(), groups=table_of("J", "I", members=NAMES[:5]), relations=NOBODY, as_of=DAY
    )

    assert [NAMES[:5], NAMES[:5]] == [one.elsewhere for one in both]
    assert 5 == codes(both[0]).count("GCK-117")


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({}, ()),
        ({"a": "u", "b": "v", "c": "c"}, ()),
        ({"a": "u", "b": "u"}, (("a", "b"),)),
        ({"a": "b"}, (("a",),)),
        ({"a": "b", "b": "b", "c": "u", "d": "u", "e": "u"}, (("c", "d", "e"), ("a", "b"))),
    ],
)
def test_several_members_money_with_one_user_is_told(users, expected):
    """Or one member's money with another member; one's own use is none."""
    assert expected == checked(users=users).users


def test_policies_come_in_versions():
    """Each day has its own rule."""
    four = attrs.evolve(JOINT_GROUPS, households=attrs.evolve(JOINT_GROUPS.households, value=4))
    policy = Dated.from_items([(datetime.date(2020, 1, 1), JOINT_GROUPS), (DAY, four)])
    book, table = book_of(NAMES[:4]), table_of(members=NAMES[:4])
    days = (DAY - datetime.timedelta(days=1), DAY)

    assert ["GCK-110", "GCK-119"] == [
        codes(checked(book, groups=table, policy=policy, as_of=day))[0] for day in days
    ]


@given(columns=joint_group_columns())
def test_every_group_is_checked_once(columns):
    """Whatever the table holds, each agreement has one check, and overlaps are counted right."""
    book = GuaranteeBook.from_columns(guarantor=[], borrower=[])
    found = check_joint_groups(
        book, groups=JointGroups.from_columns(**columns), relations=NOBODY, as_of=DAY
    )
    pairs = set(zip(columns["agreement_id"], columns["party"], strict=True))

    assert sorted(set(columns["agreement_id"])) == sorted(one.agreement_id for one in found)
    for one in found:
        assert one.elsewhere == tuple(
            member for member in one.members if sum(member == party for _, party in pairs) > 1
        )


def test_ids_of_another_kind_are_refused():
    """The table and the ledger speak of the same parties."""
    table = JointGroups.from_columns(agreement_id=["J"], party=[1])
    with pytest.raises(InputError, match="party must hold ids of kind str like the ledger"):
        checked(groups=table)


def test_a_figure_that_is_no_number_is_refused():
    """Policies are checked at birth."""
    wrong = attrs.evolve(JOINT_GROUPS.firms, value="five")
    with pytest.raises(CreditError, match=r"JointGroupPolicy\.firms must be a whole number"):
        JointGroupPolicy(firms=wrong)
