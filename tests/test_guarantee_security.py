"""Effective security: which guarantors count, and how a loan falls into parts."""

import datetime
import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.guarantee_checks import (
    DEEMED_UNSECURED,
    ListedProduct,
    SecurityPolicy,
    effective_security,
)
from ruralcredit.guarantee_checks._found import FOUND_FIGURES, FOUND_REASONS
from ruralcredit.guarantees import GuaranteeBook, Loans, Parties, Relations
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.values import Dated, from_dict, to_dict

DAY = datetime.date(2026, 1, 1)
KINDS = ("control", "controller", "spouse", "kin", "group")
RELATED = ("controller", "controller_spouse", "related_firm", "related_person", "kin")
NAMES = ("F0", "F1", "P1", "P2", "P3", "C1")
KIND_OF = {"F": "firm", "P": "person", "C": "guarantee_company"}
OPTIONS = ("related_person", "kin", "same_loop", "over_cap", "no_resolution")


# ---- a second opinion, from the definitions alone ----------------------------------------


def closure(pairs, start):
    """Return everything at the end of a walk along ordered pairs."""
    found, waiting = set(), [start]
    while waiting:
        here = waiting.pop()
        for one, other in pairs:
            if one == here and other not in found:
                found.add(other)
                waiting.append(other)
    return found


def links_by_definition(rows, kind_of, giver, borrower="F0"):
    """Return how a guarantor is related; rows are (a, b, kind), kinds all known."""
    if giver == borrower:
        return {"self"}
    if kind_of[giver] == "guarantee_company":
        return set()
    control = [(a, b) for a, b, kind in rows if kind in {"control", "controller"}]
    above = closure([(b, a) for a, b in control], borrower) - {borrower}
    near = [(a, b) for a, b, kind in rows if kind in {"control", "controller", "spouse", "group"}]
    around = closure(near + [(b, a) for a, b in near], borrower) - {borrower}
    is_person = kind_of[giver] in {"person", "household"}
    found = set()

    def beside(kind):
        pairs = [(a, b) for a, b, one in rows if one == kind]
        return {giver} & {
            x
            for p in {borrower, *above}
            for a, b in pairs + [(b, a) for a, b in pairs]
            if a == p
            for x in [b]
        }

    if giver in above and is_person:
        found.add("controller")
    if beside("spouse") and is_person:
        found.add("controller_spouse")
    if giver in around and not found and kind_of[giver] == "firm":
        found.add("related_firm")
    if giver in around and not found and is_person:
        found.add("related_person")
    if beside("kin") and is_person:
        found.add("kin")
    return found


def parts_by_definition(world):
    """Return the parts of a loan of which everything is known."""
    dropped = {
        giver
        for giver in {g for g, _, _ in world["contracts"]}
        if links_by_definition(world["relations"], world["kinds"], giver) & world["drops"]
    }
    balance, left = world["balance"], world["balance"]
    if world["listed"]:
        return {"mortgaged": 0, "guaranteed": 0, "unsecured": balance}
    mortgaged = min(left, world["collateral"])
    left -= mortgaged
    good = {c: amount for g, c, amount in world["contracts"] if g not in dropped}
    guaranteed = min(left, sum(good.values()))
    return {"mortgaged": mortgaged, "guaranteed": guaranteed, "unsecured": left - guaranteed}


LINES = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from((*KINDS, *KINDS, None))
    ),
    max_size=6,
)
CONTRACTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(("K1", "K2", "K3")),
    ),
    max_size=5,
    unique=True,
)


@st.composite
def cases(draw):
    """Draw a loan of firm F0 with some facts unknown."""
    contracts = draw(CONTRACTS)
    some = st.integers(0, 60)
    return {
        "contracts": contracts,
        "amounts": {name: draw(some | st.none()) for name in ("K1", "K2", "K3")},
        "relations": draw(LINES),
        "kinds": {
            name: draw(st.sampled_from((KIND_OF[name[0]], KIND_OF[name[0]], None)))
            for name in NAMES[1:]
        },
        "balance": draw(st.integers(0, 100)),
        "collateral": draw(some | st.none()),
        "product": draw(st.sampled_from(("other", "other", "小微贷", "micro_easy_loan", None))),
        "options": draw(st.sets(st.sampled_from(("related_person", "kin")))),
    }


def asked(case, **more):
    """Ask the library about a drawn case."""
    gives = [giver for giver, _ in case["contracts"]]
    book = GuaranteeBook.from_columns(
        guarantor=gives,
        borrower=["F0"] * len(gives),
        contract_id=[name for _, name in case["contracts"]],
        amount_fen=[case["amounts"][name] for _, name in case["contracts"]],
        parties=Parties.from_columns(
            party=list(NAMES), kind=["firm", *(case["kinds"][name] for name in NAMES[1:])]
        ),
        loans=Loans.from_columns(loan_id=["L"], borrower=["F0"], balance_fen=[case["balance"]]),
    )
    rows = case["relations"]
    relations = Relations.from_columns(
        **{name: [row[n] for row in rows] for n, name in enumerate(("a", "b", "kind"))}
    )
    asks = {
        "relations": relations,
        "collateral_fen": case["collateral"],
        "product": case["product"],
        "policy": DEEMED_UNSECURED.dropping(*case["options"]),
        "as_of": DAY,
    }
    return effective_security(book, "L", **{**asks, **more})


def worlds(case):
    """Yield every way to complete a case, unknown amounts as none, some or plenty."""
    blank = [n for n, row in enumerate(case["relations"]) if row[2] is None]
    unsaid = [name for name, kind in case["kinds"].items() if kind is None]
    unpriced = [name for name, amount in case["amounts"].items() if amount is None]
    choices = itertools.product(
        itertools.product(KINDS, repeat=len(blank)),
        itertools.product(("person", "firm", "guarantee_company"), repeat=len(unsaid)),
        itertools.product((0, 1000), repeat=len(unpriced)),
        (0, 1000) if case["collateral"] is None else (case["collateral"],),
        (False, True)
        if case["product"] is None
        else (case["product"] in {"小微贷", "micro_easy_loan"},),
    )
    for words, kinds, amounts, collateral, listed in choices:
        relations = list(case["relations"])
        for place, word in zip(blank, words, strict=True):
            relations[place] = (*relations[place][:2], word)
        priced = {**case["amounts"], **dict(zip(unpriced, amounts, strict=True))}
        yield {
            "contracts": [(giver, name, priced[name]) for giver, name in case["contracts"]],
            "relations": relations,
            "kinds": {"F0": "firm", **case["kinds"], **dict(zip(unsaid, kinds, strict=True))},
            "balance": case["balance"],
            "collateral": collateral,
            "listed": listed,
            "drops": {
                *("self", "controller", "controller_spouse", "related_firm"),
                *case["options"],
            },
        }


def few_unknowns(case):
    """Say whether a case has few enough completions to try them all."""
    blank = sum(row[2] is None for row in case["relations"])
    return blank <= 1 and sum(kind is None for kind in case["kinds"].values()) <= 2


# ---- laws ----------------------------------------------------------------------------------


@given(case=cases())
def test_parts_sum_to_the_balance(case):
    """Where the parts are decided they are the whole loan, and no bound exceeds it."""
    found = asked(case)
    parts = [part.fen for part in found.parts]

    assert ["mortgaged", "guaranteed", "unsecured"] == [part.kind for part in found.parts]
    assert ("undetermined" if None in parts else "decided") == found.status
    assert None in parts or case["balance"] == sum(parts)
    for part in found.parts:
        assert 0 <= part.low_fen <= part.high_fen <= case["balance"]


@given(case=cases().filter(few_unknowns))
def test_bounds_hold_every_way_to_complete_the_facts(case):
    """Each completion by brute force lies within the bounds; a decided part is every one's."""
    found = asked(case)
    tried = [parts_by_definition(world) for world in worlds(case)]

    for part in found.parts:
        values = {one[part.kind] for one in tried}
        assert part.low_fen <= min(values)
        assert max(values) <= part.high_fen
        assert part.fen is None or {part.fen} == values
        # One row of unknown kind may be control or kinship, never both: its bounds are wider.
        if None not in [row[2] for row in case["relations"]]:
            assert (min(values), max(values)) == (part.low_fen, part.high_fen)


@given(case=cases())
def test_known_facts_are_decided_as_the_definition_says(case):
    """With nothing unknown the parts, the dropped and the counted are the definition's."""
    known = {
        **case,
        "relations": [row for row in case["relations"] if row[2] is not None],
        "kinds": {name: KIND_OF[name[0]] for name in NAMES[1:]},
        "amounts": {name: amount or 0 for name, amount in case["amounts"].items()},
        "collateral": case["collateral"] or 0,
        "product": case["product"] or "other",
    }
    (world,) = worlds(known)
    found = asked(known)
    lists = {
        giver: links_by_definition(world["relations"], world["kinds"], giver) & world["drops"]
        for giver, _ in case["contracts"]
    }

    assert "decided" == found.status
    assert parts_by_definition(world) == {part.kind: part.fen for part in found.parts}
    assert {g: links for g, links in lists.items() if links} == {
        one.guarantor: set(one.links) for one in found.dropped
    }
    assert all(one.is_certain for one in found.dropped)
    assert tuple(sorted(g for g, links in lists.items() if not links)) == found.counted


@given(case=cases(), amount=st.integers(0, 60))
def test_one_more_independent_guarantor_never_lowers_what_is_guaranteed(case, amount):
    """A licensed guarantee company that joins leaves both ends of the guaranteed part or lifts."""
    before = asked(case)
    more = {
        **case,
        "contracts": [*case["contracts"], ("C1", "K9")],
        "amounts": {**case["amounts"], "K9": amount},
        "kinds": {**case["kinds"], "C1": "guarantee_company"},
    }
    case = {**case, "kinds": more["kinds"]}
    before, after = asked(case).part("guaranteed"), asked(more).part("guaranteed")

    assert before.low_fen <= after.low_fen
    assert before.high_fen <= after.high_fen


@given(case=cases(), option=st.sampled_from(("related_person", "kin")))
def test_a_stricter_policy_never_raises_what_is_guaranteed(case, option):
    """To drop guarantors for one more reason lowers the guaranteed part or leaves it."""
    strict = DEEMED_UNSECURED.dropping(*case["options"], option)
    before, after = asked(case), asked(case, policy=strict)

    assert after.part("guaranteed").low_fen <= before.part("guaranteed").low_fen
    assert after.part("guaranteed").high_fen <= before.part("guaranteed").high_fen


@given(case=cases(), seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(case, seed):
    """Ledger and relations in another order give the same parts and the same dropped."""
    turned = {**case, "contracts": list(case["contracts"]), "relations": list(case["relations"])}
    seed.shuffle(turned["contracts"])
    seed.shuffle(turned["relations"])
    one, other = asked(case), asked(turned)

    assert one.parts == other.parts
    assert one.deemed == other.deemed
    assert {(d.guarantor, d.contract, d.links, d.is_certain) for d in one.dropped} == {
        (d.guarantor, d.contract, d.links, d.is_certain) for d in other.dropped
    }


@given(case=cases())
def test_an_answer_goes_to_plain_data_and_back(case):
    """to_dict and from_dict are each other's reverse."""
    found = asked(case)

    assert found == from_dict(type(found), to_dict(found))


@given(case=cases())
def test_an_undetermined_answer_asks_and_a_decided_one_does_not(case):
    """What to ask for stands beside an open answer only; its decision says the same."""
    found = asked(case)
    decision = found.decision()

    assert (found.status == "undetermined") == bool(found.ask)
    assert (found.status, found.ask, found.basis) == (
        decision.status,
        decision.ask,
        decision.basis,
    )
    assert decision.explain("zh")


# ---- boundaries ------------------------------------------------------------------------------


def book_of(rows, *, kinds=(), loans=(("L", "F", 100),), assets=None, **more):
    """Book of rows (guarantor, amount) for firm F."""
    names = dict(kinds)
    return GuaranteeBook.from_columns(
        guarantor=[row[0] for row in rows],
        borrower=[row[2] if len(row) > 2 else "F" for row in rows],
        amount_fen=[row[1] for row in rows],
        contract_id=[f"K{n}" for n in range(len(rows))],
        parties=Parties.from_columns(
            party=list(names),
            kind=list(names.values()),
            net_assets_fen=None if assets is None else [assets.get(name) for name in names],
        ),
        loans=Loans.from_columns(
            loan_id=[one[0] for one in loans],
            borrower=[one[1] for one in loans],
            balance_fen=[one[2] for one in loans],
        ),
        **more,
    )


def related(*rows, **more):
    """Relations of (a, b, kind)."""
    columns = {name: [row[n] for row in rows] for n, name in enumerate(("a", "b", "kind"))}
    return Relations.from_columns(**columns, **more)


def security(book, loan="L", *, relations=(), **more):
    """Ask about a loan of an unlisted product."""
    table = related(*relations) if isinstance(relations, tuple | list) else relations
    return effective_security(
        book, loan, **{"relations": table, "product": "other", "as_of": DAY, **more}
    )


PEOPLE = {"F": "firm", "boss": "person", "wife": "person", "friend": "person", "sister": "firm"}


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        (79, (20, 79, 1)),
        (80, (20, 80, 0)),
        (81, (20, 80, 0)),
    ],
)
def test_an_independent_guarantor_covers_up_to_the_rest(amount, parts):
    """One fen below, at and above what collateral leaves open."""
    book = book_of([("friend", amount)], kinds=PEOPLE)
    found = security(book, collateral_fen=20)

    assert parts == (found.mortgaged_fen, found.guaranteed_fen, found.unsecured_fen)
    assert found.is_deemed_unsecured is False
    assert ("partly_secured" if parts[2] else "secured") == found.managed_as


@pytest.mark.parametrize(
    ("giver", "relations", "links"),
    [
        ("boss", [("boss", "F", "controller")], ("controller",)),
        ("boss", [("boss", "H", "controller"), ("H", "F", "control")], ("controller",)),
        ("wife", [("boss", "F", "controller"), ("wife", "boss", "spouse")],
         ("controller_spouse",)),
        ("sister", [("boss", "F", "controller"), ("boss", "sister", "control")],
         ("related_firm",)),
        ("sister", [("sister", "F", "group")], ("related_firm",)),
        ("sister", [("wife", "sister", "control"), ("wife", "boss", "spouse"),
                    ("boss", "F", "controller")], ("related_firm",)),
        ("friend", [("friend", "F", "kin")], ()),
        ("friend", [("friend", "sister", "controller"), ("sister", "F", "group")], ()),
        ("friend", [("boss", "F", "controller"), ("friend", "boss", "kin")], ()),
        ("friend", [], ()),
    ],
)  # fmt: skip
def test_related_guarantors_are_dropped(giver, relations, links):
    """The source's three are dropped; kin and other persons of the group are options, off."""
    found = security(book_of([(giver, 50)], kinds=PEOPLE), relations=relations)

    assert [links] * bool(links) == [one.links for one in found.dropped]
    assert (0 if links else 50) == found.guaranteed_fen
    assert bool(links) == found.is_deemed_unsecured
    assert (50 if links else 0) == found.deemed.fen
    assert ("unsecured" if links else "partly_secured") == found.managed_as


@pytest.mark.parametrize(("share", "dropped"), [(4_999, 0), (5_000, 0), (5_001, 1), (None, 1)])
def test_a_share_controls_above_half(share, dropped):
    """A control row counts above half, or where no share is stated."""
    shares = related(("sister", "F", "control"), share_bp=[share])
    found = security(book_of([("sister", 50)], kinds=PEOPLE), relations=shares)

    assert dropped == len(found.dropped)


@pytest.mark.parametrize(
    ("option", "giver", "relations"),
    [
        ("kin", "friend", [("friend", "F", "kin")]),
        ("kin", "friend", [("boss", "F", "controller"), ("friend", "boss", "kin")]),
        (
            "related_person",
            "friend",
            [("friend", "sister", "controller"), ("sister", "F", "group")],
        ),
    ],
)
def test_options_drop_where_a_bank_turns_them_on(option, giver, relations):
    """Each option counts the guarantor while off and drops it while on, marked a proposal."""
    book = book_of([(giver, 50)], kinds=PEOPLE)
    off = security(book, relations=relations)
    on = security(book, relations=relations, policy=DEEMED_UNSECURED.dropping(option))

    assert (50, 0) == (off.guaranteed_fen, on.guaranteed_fen)
    assert (option,) == on.dropped[0].links == on.rows
    assert "project proposal" == on.dropped[0].reasons[0].basis


def test_a_guarantor_on_the_same_loop_is_dropped_by_option():
    """Only where the policy asks for it, and never the borrower itself."""
    book = book_of([("friend", 50), ("F", 10, "friend"), ("boss", 5)], kinds=PEOPLE)
    loop = DEEMED_UNSECURED.dropping("same_loop")

    assert 55 == security(book).guaranteed_fen
    assert 5 == security(book, policy=loop).guaranteed_fen
    assert ("same_loop",) == security(book, policy=loop).dropped[0].links
    alone = book_of([("F", 50), ("F", 10, "friend")], kinds=PEOPLE)
    assert ("self",) == security(alone, policy=loop).dropped[0].links


def test_a_licensed_company_counts_on_a_loop_and_over_its_cap():
    """Its own rules bind it, not these."""
    kinds = {**PEOPLE, "G": "guarantee_company"}
    book = book_of([("G", 50), ("F", 10, "G")], kinds=kinds, assets={"G": 1})
    policy = DEEMED_UNSECURED.dropping("same_loop", "over_cap", "no_resolution")
    found = security(book, relations=[("G", "F", "group")], policy=policy)

    assert (50, ("G",)) == (found.guaranteed_fen, found.counted)


@pytest.mark.parametrize(
    ("assets", "dropped", "status"),
    [
        (59, 1, "decided"),
        (60, 0, "decided"),
        (61, 0, "decided"),
        (-5, 1, "decided"),
        (None, 1, "undetermined"),
    ],
)
def test_a_guarantor_over_its_cap_is_dropped_by_option(assets, dropped, status):
    """All it gives, to whomever, against its net assets; unknown ones leave it open."""
    book = book_of(
        [("friend", 50), ("friend", 10, "wife")], kinds=PEOPLE, assets={"friend": assets}
    )
    found = security(book, policy=DEEMED_UNSECURED.dropping("over_cap"))

    assert (dropped, status) == (len(found.dropped), found.status)
    assert (assets is not None) == found.dropped[0].is_certain if dropped else True
    assert (("net_assets_fen of friend",) if assets is None else ()) == found.ask
    if dropped:
        assert (DEEMED_UNSECURED.cap,) == found.dropped[0].reasons[0].figures


@pytest.mark.parametrize(
    ("given", "assets", "asks"),
    [
        ([("friend", 50), ("friend", None, "wife")], 50, ("amounts given by friend",)),
        ([("friend", 50), ("friend", None, "wife")], 49, ()),
        ([("friend", 0)], None, ()),
        ([("friend", None)], None, ("net_assets_fen of friend", "amount_fen of K0")),
    ],
)
def test_unknown_amounts_leave_a_cap_open_only_where_they_matter(given, assets, asks):
    """Known amounts above the cap decide; nothing given exceeds nothing."""
    book = book_of(given, kinds=PEOPLE, assets={"friend": assets})

    assert asks == security(book, policy=DEEMED_UNSECURED.dropping("over_cap")).ask


@pytest.mark.parametrize(
    ("kind", "there", "guaranteed", "asks"),
    [
        ("firm", True, (50, 50), ()),
        ("firm", False, (0, 0), ()),
        ("firm", None, (0, 50), ("resolution of K0",)),
        ("person", None, (50, 50), ()),
        (None, False, (0, 50), ("kind of G",)),
        (None, None, (0, 50), ("kind of G", "resolution of K0")),
        (None, True, (50, 50), ()),
    ],
)
def test_a_missing_resolution_drops_a_firm_by_option(kind, there, guaranteed, asks):
    """Persons need none; unknown ones are asked for."""
    policy = DEEMED_UNSECURED.dropping("no_resolution")
    book = book_of([("G", 50)], kinds={**PEOPLE, "G": kind})
    found = security(book, policy=policy, resolutions={} if there is None else {"K0": there})

    part = found.part("guaranteed")
    assert (guaranteed, asks) == ((part.low_fen, part.high_fen), found.ask)


def test_resolutions_are_not_asked_for_a_borrowers_own_guarantee():
    """A self-guarantee is dropped as such."""
    policy = DEEMED_UNSECURED.dropping("no_resolution", "over_cap")
    found = security(book_of([("F", 50)], kinds=PEOPLE), policy=policy)

    assert (("self",), "decided") == (found.dropped[0].links, found.status)


@pytest.mark.parametrize(
    ("kind", "owns", "applies", "guaranteed"),
    [
        ("firm", None, True, 0),
        ("guarantee_company", None, True, 0),
        ("person", "firm", True, 0),
        ("household", None, False, 50),
        ("person", "person", False, 50),
        ("public", "firm", False, 50),
        (None, None, None, None),
    ],
)
def test_the_rule_applies_to_enterprises_and_their_owners(kind, owns, applies, guaranteed):
    """Others' guarantors count, whoever they are; an unknown kind is asked for."""
    kinds = {"B": kind, "X": "firm", "S": owns}
    relations = [("X", "B", "group"), *([("B", "S", "controller")] if owns else [])]
    book = book_of([("X", 50, "B")], kinds=kinds, loans=[("L", "B", 100)])
    found = security(book, relations=relations)

    assert (applies, guaranteed) == (found.applies, found.guaranteed_fen)
    assert (("kind of B",) if applies is None else ()) == found.ask
    assert (applies is False) == ("GCK-102" in [one.code for one in found.reasons])


def test_an_owner_who_borrows_is_its_own_controller():
    """Its spouse and its firms do not count, its friends do."""
    kinds = {**PEOPLE, "boss": "person"}
    rows = [(name, 10, "boss") for name in ("wife", "sister", "friend", "F")]
    book = book_of(rows, kinds=kinds, loans=[("L", "boss", 100)])
    relations = [("boss", "F", "controller"), ("wife", "boss", "spouse"), ("F", "sister", "group")]
    found = security(book, relations=relations)

    assert (("friend",), 10) == (found.counted, found.guaranteed_fen)
    assert {
        "wife": ("controller_spouse",),
        "sister": ("related_firm",),
        "F": ("related_firm",),
    } == {one.guarantor: one.links for one in found.dropped}


@pytest.mark.parametrize(
    ("kind", "asks"),
    [
        (None, ("kind of relation row 0",)),
        ("spouse", ()),
    ],
)
def test_whether_a_person_owns_an_enterprise_may_be_open(kind, asks):
    """A relation of unknown kind to a firm may be control; without relations all is open."""
    book = book_of([("F", 50, "boss")], kinds=PEOPLE, loans=[("L", "boss", 100)])

    assert asks == security(book, relations=[("boss", "F", kind)]).ask
    assert ("relations",) == security(book, relations=None).ask
    assert (None, 0, 50) == (
        security(book, relations=None).applies,
        security(book, relations=None).part("guaranteed").low_fen,
        security(book, relations=None).part("guaranteed").high_fen,
    )


def test_without_relations_nobody_is_known_to_be_independent():
    """Only the licensed company counts for certain; merged books bring their relations."""
    kinds = {**PEOPLE, "G": "guarantee_company"}
    book = book_of([("friend", 30), ("G", 20), ("sister", 7)], kinds=kinds)
    found = security(book, relations=None)
    merged = book.merge(related(("sister", "F", "group")))

    assert (("relations",), ("G",)) == (found.ask, found.counted)
    assert (20, 57) == (found.part("guaranteed").low_fen, found.part("guaranteed").high_fen)
    assert 50 == security(merged, relations=None).guaranteed_fen
    assert 57 == security(merged).guaranteed_fen


def test_an_unknown_kind_of_guarantor_is_asked_for():
    """A firm of the group would be dropped, a person of it would count."""
    found = security(book_of([("X", 30)], kinds=PEOPLE), relations=[("X", "F", "group")])

    assert ("kind of X",) == found.ask
    assert (0, 30) == (found.part("guaranteed").low_fen, found.part("guaranteed").high_fen)
    assert found.is_deemed_unsecured is None
    assert found.managed_as is None
    assert found.dropped[0].reasons[0].unknown
    assert found.decision().outcome is None


def test_relations_out_of_force_relate_nobody():
    """Those ended before the day or begun after it do not count, of unknown kind or not."""
    ends = datetime.date(2025, 12, 31)
    for kind in ("controller", None):
        past = related(("boss", "F", kind), ends_on=[ends])
        future = related(("boss", "F", kind), starts_on=[DAY + datetime.timedelta(days=1)])
        book = book_of([("boss", 30)], kinds=PEOPLE)

        assert [30, 30] == [security(book, relations=one).guaranteed_fen for one in (past, future)]


def test_a_relation_of_unknown_kind_counts_from_its_first_day_to_its_last():
    """On these days and between them somebody must say what it is."""
    book = book_of([("boss", 30)], kinds=PEOPLE)
    early, late = (DAY + datetime.timedelta(days=shift) for shift in (-9, 9))
    for days in ((DAY, DAY), (early, late), (early, None), (None, late)):
        found = related(("boss", "F", None), starts_on=[days[0]], ends_on=[days[1]])

        assert security(book, relations=found).status == "undetermined", days


@pytest.mark.parametrize("product", ["小微贷", "top_up_guarantee", "微企易贷"])
def test_a_listed_product_is_wholly_unsecured(product):
    """Whatever secures it, collateral too."""
    book = book_of([("friend", 50)], kinds=PEOPLE)
    found = security(book, product=product, collateral_fen=20)

    assert (0, 0, 100) == (found.mortgaged_fen, found.guaranteed_fen, found.unsecured_fen)
    assert (70, True, "unsecured") == (
        found.deemed.fen,
        found.is_deemed_unsecured,
        found.managed_as,
    )
    assert "GCK-101" == found.reasons[0].code


def test_the_loans_table_tells_product_and_collateral():
    """The product and what is left open are read off the table where not given."""
    loans = Loans.from_columns(
        loan_id=["L"], borrower=["F"], balance_fen=[100], product=["小微贷"], uncovered_fen=[70]
    )
    book = attrs.evolve(book_of([("friend", 50)], kinds=PEOPLE), loans=loans)

    assert 100 == security(book, product=None).unsecured_fen
    assert 30 == security(book, collateral_fen=None).mortgaged_fen
    assert 0 == security(book).mortgaged_fen


def test_unknown_facts_are_asked_for_and_bounded():
    """Balance, collateral, product and amounts: each stands in the question."""
    book = book_of([("friend", None)], kinds=PEOPLE, loans=[("L", "F", None)])
    found = security(book, collateral_fen=None, product=None)

    assert ("balance_fen", "collateral_fen", "product", "amount_fen of K0") == found.ask
    assert [(0, None)] * 3 == [(part.low_fen, part.high_fen) for part in found.parts]
    assert (None, None) == (found.managed_as, found.balance_fen)
    assert "GCK-104" == found.reasons[-1].code


def test_facts_that_cannot_matter_are_not_asked_for():
    """Collateral that covers the whole loan settles it, whatever guarantors are."""
    found = security(book_of([("X", None)]), relations=None, collateral_fen=100)

    assert ("decided", (), "secured") == (found.status, found.ask, found.managed_as)


def test_a_contract_counts_once_and_while_one_guarantor_of_it_counts():
    """Two guarantors of one contract secure its amount once, the boss's part with the friend's."""
    columns = {"guarantor": ["boss", "friend"], "borrower": ["F", "F"], "amount_fen": [40, 40]}
    kinds = Parties.from_columns(party=list(PEOPLE), kind=list(PEOPLE.values()))
    book = GuaranteeBook.from_columns(**columns, contract_id=["K", "K"], parties=kinds)
    boss = related(("boss", "F", "controller"))
    found = security(book, None, borrower="F", balance_fen=100, relations=boss)

    assert (40, ("boss",), ("friend",), 0) == (
        found.guaranteed_fen,
        tuple(one.guarantor for one in found.dropped),
        found.counted,
        found.deemed.fen,
    )


def test_only_rows_for_the_loan_count():
    """Rows of another loan, ended ones and counter-guarantees are left out."""
    book = GuaranteeBook.from_columns(
        guarantor=list("abcdef"),
        borrower=["F"] * 5 + ["G"],
        amount_fen=[1, 2, 4, 8, 16, 32],
        loan_id=["L", None, "M", "L", "L", "L2"],
        layer=[None, None, None, "counter", None, None],
        released_on=[None, None, None, None, DAY, None],
        contract_id=["K", "K2", "K3", "K4", "K5", "K"],
        parties=Parties.from_columns(party=["F"], kind=["firm"]),
    )
    found = security(book, balance_fen=100)

    # Contract K has a further row of another borrower: its amount is the largest of its rows.
    assert (34, ("a", "b"), ("K",)) == (found.guaranteed_fen, found.counted, found.shared)
    assert ("F", "L") == (found.borrower, found.loan_id)
    assert "GCK-105" in [one.code for one in found.reasons]


def test_a_contract_for_any_loan_is_shared_where_the_borrower_has_several():
    """It is counted in full and named."""
    loans = [("L", "F", 100), ("M", "F", 50)]
    found = security(book_of([("friend", 40)], kinds=PEOPLE, loans=loans))

    assert (40, ("K0",)) == (found.guaranteed_fen, found.shared)
    assert () == security(book_of([], kinds=PEOPLE, loans=loans)).shared


def test_a_loan_without_an_id_is_asked_for_by_its_borrower():
    """An application: rows that name a loan are not its."""
    columns = {"guarantor": ["x", "y"], "borrower": ["F", "F"], "amount_fen": [5, 6]}
    book = GuaranteeBook.from_columns(**columns, loan_id=["L", None])
    found = security(book, None, borrower="F", balance_fen=50)

    assert (None, "F", ("y",), 6) == (
        found.loan_id,
        found.borrower,
        found.counted,
        found.guaranteed_fen,
    )
    unsure = security(book, None, borrower="F", balance_fen=50, relations=None)
    assert ("kind of F", "relations") == unsure.ask
    assert (0, 6) == (unsure.part("guaranteed").low_fen, unsure.part("guaranteed").high_fen)


def test_policies_come_in_versions():
    """Each day has its own rule."""
    later = Dated.from_items(
        [
            (datetime.date(2020, 1, 1), DEEMED_UNSECURED),
            (DAY, DEEMED_UNSECURED.dropping("kin")),
        ]
    )
    book = book_of([("friend", 50)], kinds=PEOPLE)
    kin = [("friend", "F", "kin")]
    before = DAY - datetime.timedelta(days=1)

    assert [50, 0] == [
        security(book, relations=kin, policy=later, as_of=day).guaranteed_fen
        for day in (before, DAY)
    ]


def test_a_policy_that_lists_no_product_needs_none():
    """Then the product is not asked for."""
    policy = attrs.evolve(DEEMED_UNSECURED, products=())
    found = security(book_of([("friend", 50)], kinds=PEOPLE), product=None, policy=policy)

    assert ("decided", 50) == (found.status, found.guaranteed_fen)


# ---- mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loan": "nobody's"}, 'loan "nobody\'s" must stand in the loans table or in a row'),
        ({"balance_fen": -1}, "balance_fen must be 0 or more, got -1"),
        ({"collateral_fen": -1}, "collateral_fen must be 0 or more, got -1"),
        ({"collateral_fen": 2.5}, "collateral_fen must be a whole number, got float 2.5: money"),
        ({"as_of": datetime.datetime(2026, 1, 1)}, "as_of must be a date, got datetime"),  # noqa: DTZ001  # the mistake
        ({"as_of": "2026-01-01"}, "as_of must be a date, got str"),
    ],
)
def test_mistakes_are_refused(change, message):
    """The message says what must hold and what came."""
    with pytest.raises(CreditError, match=message):
        security(book_of([("friend", 50)], kinds=PEOPLE), **change)


def test_ids_of_another_kind_are_refused():
    """Relations and ledger speak of the same parties."""
    numbers = Relations.from_columns(a=[1], b=[2], kind=["kin"])
    with pytest.raises(InputError, match="ids here are of kind int"):
        security(book_of([("friend", 50)]), relations=numbers)


def test_an_unknown_kind_of_part_is_refused():
    """There are three."""
    with pytest.raises(CreditError, match="kind must be mortgaged, guaranteed or unsecured"):
        security(book_of([])).part("pledged")


def test_policies_that_ask_or_give_something_else_are_refused():
    """A table over other facts, without its outcome, or a figure that is no share."""
    other = DecisionTable("t", [Field("link", "bool")], [Row("r", then={"says": True})])
    with pytest.raises(TableError, match="table t must ask for link and give counts"):
        attrs.evolve(DEEMED_UNSECURED, links=other)
    with pytest.raises(TableError, match="must ask for borrower_kind, is_owner"):
        attrs.evolve(DEEMED_UNSECURED, scope=other)
    with pytest.raises(CreditError, match=r"SecurityPolicy\.cap must be 0 or more"):
        attrs.evolve(DEEMED_UNSECURED, cap=attrs.evolve(DEEMED_UNSECURED.cap, value=-1))
    with pytest.raises(CreditError, match="has no row 'friend'"):
        DEEMED_UNSECURED.dropping("friend")


@pytest.mark.parametrize("name", ["code", "zh", "source"])
def test_a_listed_product_must_be_named(name):
    """Blank texts and unknown bases are refused."""
    fields = {"code": "x", "zh": "某贷", "basis": "bank policy", "source": "notice 1"}
    with pytest.raises(CreditError, match=f"ListedProduct.{name} must be text"):
        ListedProduct(**{**fields, name: " "})
    with pytest.raises(CreditError, match=r"ListedProduct\.basis must be one of"):
        ListedProduct(**{**fields, "basis": "law"})


def test_the_policy_goes_to_plain_data_and_back():
    """As every shipped value does."""
    assert DEEMED_UNSECURED == from_dict(SecurityPolicy, to_dict(DEEMED_UNSECURED))


def test_every_reason_and_figure_of_these_findings_has_a_name_of_its_own():
    """Codes from 100 on, each once; both languages read."""
    codes = [reason.code for reason in FOUND_REASONS]

    assert sorted(set(codes)) == codes
    assert all(100 <= int(code.removeprefix("GCK-")) for code in codes)
    assert len({figure.id for figure in FOUND_FIGURES}) == len(FOUND_FIGURES)
