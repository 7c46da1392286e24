"""Shared losses: parts sum to the whole, to the fen; referrers bear no more than they may."""

import datetime
import itertools
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError
from ruralcredit.products import (
    DEALER_AND_GUARANTOR,
    EXCLUDED,
    GOVERNMENT_BANK_GUARANTOR,
    HEAD_OFFICE_4222,
    HEAD_OFFICE_4321,
    REFERRERS,
    Arrangement,
    ReferrerAccount,
    plan_assistance,
    settle_referrer,
    split_loss,
    split_loss_columns,
)
from ruralcredit.reasons import Figure
from ruralcredit.values import Ratio, from_dict, to_dict

SHIPPED = (HEAD_OFFICE_4222, HEAD_OFFICE_4321, GOVERNMENT_BANK_GUARANTOR, DEALER_AND_GUARANTOR)
WAN = 10_000_00
DAY = datetime.date(2026, 1, 1)
INT64_MAX = 2**63 - 1


@st.composite
def arrangements(draw):
    """Draw an arrangement of up to five parties, with or without a cap."""
    cuts = draw(st.lists(st.integers(0, 10_000), max_size=4))
    edges = [0, *sorted(cuts), 10_000]
    shares = {f"p{n}": b - a for n, (a, b) in enumerate(itertools.pairwise(edges))}
    names = st.sampled_from(list(shares))
    return Arrangement(
        id="drawn",
        shares_bp=shares,
        odd_to=draw(names),
        cap_bp=draw(st.none() | st.sampled_from([0, 1, 300, 10_000])),
        over_cap_to=draw(names | st.just(EXCLUDED)),
        basis="bank policy",
        source="drawn",
    )


AMOUNTS = st.one_of(st.integers(0, 200), st.integers(0, INT64_MAX))
MAYBE = st.none() | AMOUNTS


# ---- laws ------------------------------------------------------------------------------------


@given(arrangement=arrangements(), loss=AMOUNTS, batch=AMOUNTS, claimed=AMOUNTS)
def test_parts_always_sum_to_the_whole(arrangement, loss, batch, claimed):
    """Also what stays outside, also the odd fen; nobody bears less than nothing."""
    found = split_loss(loss, arrangement, batch_fen=batch, claimed_fen=claimed)

    assert loss == sum(found.parts.values()) == found.covered_fen + found.over_cap_fen
    assert min(found.parts.values()) >= 0
    assert found.odd_fen < len(arrangement.shares_bp)
    for party, share in arrangement.shares_bp.items():
        exact = Fraction(found.covered_fen * share, 10_000)
        extra = found.odd_fen if party == arrangement.odd_to else 0
        extra += found.over_cap_fen if party == arrangement.over_cap_to else 0

        assert exact - 1 < found.parts[party] - extra <= exact
    outside = found.over_cap_fen if arrangement.over_cap_to == EXCLUDED else 0
    assert outside == found.parts.get(EXCLUDED, 0)


@given(arrangement=arrangements(), losses=st.lists(AMOUNTS, max_size=5), batch=AMOUNTS)
def test_a_batch_never_claims_more_than_its_cap(arrangement, losses, batch):
    """Claim after claim, what was shared before counts."""
    claimed = 0
    for loss in losses:
        found = split_loss(loss, arrangement, batch_fen=batch, claimed_fen=min(claimed, INT64_MAX))
        claimed += found.covered_fen

    assert arrangement.cap_bp is None or claimed * 10_000 <= batch * arrangement.cap_bp


@given(
    arrangement=arrangements(),
    rows=st.lists(st.tuples(MAYBE, MAYBE, MAYBE), min_size=1, max_size=6),
)
def test_a_loss_is_split_the_same_alone_and_in_a_column(arrangement, rows):
    """One loss asked alone and asked inside a column gives the same fen."""
    losses, batches, claims = map(list, zip(*rows, strict=True))
    together = split_loss_columns(losses, arrangement, batch_fen=batches, claimed_fen=claims)
    alone = [
        split_loss(loss, arrangement, batch_fen=batch, claimed_fen=claimed)
        for loss, batch, claimed in rows
    ]

    assert [one.covered_fen for one in alone] == together.covered_fen.tolist()
    assert [one.over_cap_fen for one in alone] == together.over_cap_fen.tolist()
    for party, column in together.parts.items():
        assert [one.parts and one.parts.get(party, 0) for one in alone] == column.tolist()


@given(arrangement=arrangements(), loss=AMOUNTS, batch=MAYBE, claimed=MAYBE)
def test_a_split_is_decided_where_no_unknown_fact_could_change_it(
    arrangement, loss, batch, claimed
):
    """Whatever the batch and the earlier claims turn out to be."""
    found = split_loss(loss, arrangement, batch_fen=batch, claimed_fen=claimed)
    worlds = {
        tuple(split_loss(loss, arrangement, batch_fen=one, claimed_fen=other).parts.items())
        for one in ([0, INT64_MAX] if batch is None else [batch])
        for other in ([0, INT64_MAX] if claimed is None else [claimed])
    }

    assert len(worlds) == 1 or found.status == "undetermined"
    if found.status == "decided":
        assert {tuple(found.parts.items())} == worlds


# ---- single answers --------------------------------------------------------------------------


@pytest.mark.parametrize("arrangement", SHIPPED)
def test_shipped_shares_are_the_whole_and_say_what_they_rest_on(arrangement):
    """Ten thousand basis points, no bank's own."""
    assert 10_000 == sum(arrangement.shares_bp.values())
    assert arrangement.basis in {"regulation, from general knowledge", "project proposal"}
    assert arrangement == from_dict(Arrangement, to_dict(arrangement))


def test_what_exceeds_the_cap_falls_where_the_policy_says():
    """On the bank by default, on another party, or outside."""
    outside = attrs.evolve(HEAD_OFFICE_4222, over_cap_to=EXCLUDED)
    found = split_loss(100 * WAN, batch_fen=1_000 * WAN, claimed_fen=0)
    apart = split_loss(100 * WAN, outside, batch_fen=1_000 * WAN, claimed_fen=0)

    assert (76 * WAN, 70 * WAN) == (found.parts["bank"], found.over_cap_fen)
    assert (6 * WAN, 70 * WAN) == (apart.parts["bank"], apart.parts[EXCLUDED])
    assert (["PRO-050"], ["PRO-051"]) == (
        [one.code for one in found.reasons],
        [one.code for one in apart.reasons],
    )
    assert "700,000.00 yuan exceed the claim cap of the batch: bank bears them" in (
        found.reasons[0].text("en")
    )


def test_the_odd_fen_goes_where_the_policy_says():
    """Seven fen by 4:2:2:2 are 2, 1, 1, 1 and two over."""
    to_fund = attrs.evolve(HEAD_OFFICE_4222, odd_to="national_fund")
    by_bank = split_loss(7, batch_fen=WAN, claimed_fen=0)
    by_fund = split_loss(7, to_fund, batch_fen=WAN, claimed_fen=0)

    assert (2, 1, 1, 3) == tuple(by_bank.parts.values())
    assert (2, 3, 1, 1) == tuple(by_fund.parts.values())
    assert "0.02 yuan could not be parted evenly: national_fund bears them" in (
        by_fund.reasons[0].text("en")
    )


def test_a_split_tells_how_it_came_about():
    """Line by line, in yuan."""
    found = split_loss(3_00, HEAD_OFFICE_4222, batch_fen=33_37, claimed_fen=0)

    assert (
        "loss: 3.00 yuan",
        "claim cap leaves: 1.00 yuan",
        "guarantor: 4000 bp of 1.00 yuan = 0.40 yuan",
        "national_fund: 2000 bp of 1.00 yuan = 0.20 yuan",
        "province: 2000 bp of 1.00 yuan = 0.20 yuan",
        "bank: 2000 bp of 1.00 yuan = 0.20 yuan",
        "over the cap: 2.00 yuan to bank",
    ) == found.trace
    assert (HEAD_OFFICE_4222.id, "1", HEAD_OFFICE_4222.asked.digest) == (
        found.basis.id,
        found.basis.version,
        found.basis.digest,
    )


@pytest.mark.parametrize(
    ("loss", "batch", "claimed", "ask"),
    [
        (None, None, None, ("loss_fen", "batch_fen", "claimed_fen")),
        (1, None, 0, ("batch_fen",)),
        (1, WAN, None, ("claimed_fen",)),
        (None, WAN, 0, ("loss_fen",)),
    ],
)
def test_unknown_facts_are_asked_for(loss, batch, claimed, ask):
    """Only where a cap makes them matter."""
    found = split_loss(loss, batch_fen=batch, claimed_fen=claimed)

    assert ("undetermined", None, ask) == (found.status, found.parts, found.ask)
    assert found.reasons[0].unknown
    assert found == from_dict(type(found), to_dict(found))


def test_nothing_is_asked_where_nothing_can_change():
    """No loss, no cap, or a cap of nothing."""
    none = attrs.evolve(HEAD_OFFICE_4222, cap_bp=0)

    assert 0 == sum(split_loss(0).parts.values())
    assert 100 == split_loss(100, none).parts["bank"]
    assert 100 == split_loss(100, batch_fen=33, claimed_fen=None).parts["bank"]
    assert ("loss_fen",) == split_loss(None, DEALER_AND_GUARANTOR).ask
    assert 60 == split_loss(100, DEALER_AND_GUARANTOR).parts["guarantor_company"]


def test_parties_may_have_ids():
    """Guarantor company and dealer attach to the loan by name."""
    deal = attrs.evolve(DEALER_AND_GUARANTOR, parties={"dealer": "D7", "guarantor_company": "G1"})

    assert {"dealer": "D7", "guarantor_company": "G1"} == dict(split_loss(1, deal).parties)


def test_columns_left_out_are_unknown():
    """A capped arrangement then tells nothing but the rows without a loss."""
    found = split_loss_columns([0, 5])

    assert [0, None] == found.parts["bank"].tolist()
    assert [0, None] == found.covered_fen.tolist()


# ---- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"shares_bp": {"bank": 9_999}},
            "shares of x must sum to 10000 basis points, got 9999: b",
        ),
        (
            {"shares_bp": {"bank": 10_001}},
            "share of bank must be 0 to 10000 basis points, got 100",
        ),
        ({"shares_bp": {"": 10_000}}, "a party of Arrangement.shares_bp must be text and not bl"),
        ({"shares_bp": [("bank", 10_000)]}, "shares_bp must map parties to shares, got"),
        (
            {"shares_bp": {"excluded": 5_000, "bank": 5_000}},
            "no party of x may be called 'excluded'",
        ),
        ({"odd_to": "fund"}, "odd_to of x must be one of guarantor, bank, got 'fund'"),
        (
            {"over_cap_to": "fund"},
            "over_cap_to of x must be one of guarantor, bank, excluded, got",
        ),
        (
            {"cap_bp": -1},
            "Arrangement.cap_bp must be 0 to 10000 basis points, got -1: 30 % is wri",
        ),
        ({"parties": {"fund": "F1"}}, "parties of x must be by guarantor, bank, got 'fund'"),
        ({"parties": {"bank": "B", "guarantor": "B"}}, "parties of x must differ, got"),
        ({"basis": "law"}, "Arrangement.basis must be one of source document; .*, got 'law'"),
        ({"source": ""}, "Arrangement.source must be text and not blank, got ''"),
    ],
)
def test_an_arrangement_is_checked_at_birth(change, message):
    """Shares are the whole, and everybody named bears one."""
    base = {
        "id": "x",
        "shares_bp": {"guarantor": 8_000, "bank": 2_000},
        "odd_to": "bank",
        "basis": "bank policy",
        "source": "contract",
    }

    with pytest.raises(CreditError, match=message):
        Arrangement(**{**base, **change})


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (-1, "loss_fen must be 0 or more and fit into 64 bits, got -1"),
        (2**63, "loss_fen must be 0 or more and fit into 64 bits, got 9223372036854775808"),
        (1.5, r"loss_fen must be a whole number, got float 1.5: money is whole fen, made by yuan"),
        (True, "loss_fen must be a whole number, got bool True"),
    ],
)
def test_amounts_are_whole_fen(loss, message):
    """Never a float, never negative."""
    with pytest.raises(CreditError, match=message):
        split_loss(loss)


def test_columns_are_whole_fen():
    """The column, the count and the first row are named."""
    with pytest.raises(
        InputError, match=r"batch_fen must be 0 or more, 1 row is not.* row 1 \(-2"
    ):
        split_loss_columns([1, 1], batch_fen=[0, -2], claimed_fen=[0, 0])
    with pytest.raises(InputError, match="loss_fen must hold whole fen in integers"):
        split_loss_columns([1.5])
    with pytest.raises(InputError, match="columns must have one length"):
        split_loss_columns([1], batch_fen=[1, 2])


# ---- referrers -------------------------------------------------------------------------------


def account(**facts):
    """Return an account in which nothing is unknown but what is said."""
    known = {
        "interest_received_fen": 10_000_00,
        "loss_fen": 3_000_00,
        "recovered_fen": 0,
        "commission_paid_fen": 0,
        "is_licensed": False,
        "pool": Ratio(0, 10),
    }
    return ReferrerAccount(**{**known, **facts})


@given(
    interest=st.integers(0, 10**9),
    loss=st.integers(0, 10**9),
    recovered=st.integers(0, 10**8),
    paid=st.integers(0, 10**8),
    is_licensed=st.booleans(),
)
def test_a_settlement_shares_the_whole_loss(interest, loss, recovered, paid, is_licensed):
    """What the referrer does not bear, the bank does; unlicensed, never beyond commission."""
    found = settle_referrer(
        account(
            interest_received_fen=interest,
            loss_fen=loss,
            recovered_fen=recovered,
            commission_paid_fen=paid,
            is_licensed=is_licensed,
        )
    )

    assert loss == found.borne_fen + found.bank_fen
    assert found.net_fen == found.gain_fen - found.borne_fen
    assert found.net_fen == found.payout_fen + found.held_fen - found.claw_back_fen
    assert found.share_fen == loss // 10
    assert found.borne_fen <= found.share_fen
    if is_licensed:
        assert found.borne_fen == found.share_fen
    else:
        assert found.claw_back_fen <= paid
        assert found.borne_fen == min(found.share_fen, found.gain_fen + paid)


def test_a_limit_and_a_hold_are_told():
    """With the figures they rest on."""
    limited = settle_referrer(account(loss_fen=10_000_00))
    held = settle_referrer(account(pool=Ratio(1, 10)))

    assert (
        "the referrer has no licence to bear more than the commission: 500.00 yuan of "
        "1,000.00 yuan (library default, not a regulation)"
    ) == limited.reasons[0].text("en")
    assert (REFERRERS.npl_limit,) == held.reasons[0].figures
    assert (0, 200_00) == (held.payout_fen, held.held_fen)


def test_a_settlement_tells_how_it_came_about():
    """Line by line."""
    found = settle_referrer(account(recovered_fen=100_00))

    assert (
        "interest: 500 bp of 10,000.00 yuan",
        "recovered: 300 bp of 100.00 yuan",
        "loss: 1000 bp of 3,000.00 yuan",
        "net: 503.00 - 300.00 = 203.00 yuan",
    ) == found.trace
    assert "products.referrers" == found.basis.id


@pytest.mark.parametrize(
    ("facts", "ask"),
    [
        ({"interest_received_fen": None}, ("interest_received_fen",)),
        ({"loss_fen": None, "recovered_fen": None}, ("loss_fen", "recovered_fen")),
        ({"loss_fen": 10_000_00, "commission_paid_fen": None}, ("commission_paid_fen",)),
        ({"loss_fen": 10_000_00, "is_licensed": None}, ("is_licensed",)),
        ({"pool": None}, ("pool",)),
        ({"pool": Ratio(0, 0)}, ("pool",)),
    ],
)
def test_what_matters_to_a_settlement_is_asked_for(facts, ask):
    """A pool of no loans is as little known as none."""
    found = settle_referrer(account(**facts))

    assert ("undetermined", None, ask) == (found.status, found.net_fen, found.ask)


@pytest.mark.parametrize(
    "facts",
    [
        {"commission_paid_fen": None},
        {"is_licensed": None, "commission_paid_fen": None},
        {"loss_fen": 10_000_00, "is_licensed": None, "commission_paid_fen": 500_00},
        {"loss_fen": 10_000_00, "is_licensed": True, "commission_paid_fen": None},
        {"loss_fen": 5_000_00, "pool": None},
    ],
)
def test_what_cannot_change_a_settlement_is_not_asked_for(facts):
    """The limit does not bind, the licence settles it, or nothing is paid out."""
    assert "decided" == settle_referrer(account(**facts)).status


def test_a_task_shows_only_what_was_consented_to():
    """The rest is withheld and counted."""
    loan = {"loan": "L7", "overdue_days": 5, "phone": "139", "address": None}
    task = plan_assistance(loan, referrer="R1", consented={"overdue_days", "address"}, as_of=DAY)

    assert {"overdue_days": 5, "address": None} == dict(task.facts)
    assert (True, 2, datetime.date(2026, 1, 4)) == (task.is_due, task.withheld, task.due_on)
    assert ["PRO-063", "PRO-066"] == [one.code for one in task.reasons]
    assert DAY == task.basis.as_of


@pytest.mark.parametrize(
    ("loan", "consented", "is_due", "code"),
    [
        ({"overdue_days": 1}, {"overdue_days"}, True, "PRO-063"),
        ({"overdue_days": 0}, {"overdue_days"}, False, "PRO-064"),
        ({"overdue_days": 1}, set(), False, "PRO-065"),
        ({"overdue_days": None}, {"overdue_days"}, None, "PRO-067"),
        ({}, set(), None, "PRO-067"),
    ],
)
def test_a_task_needs_a_delay_and_consent(loan, consented, is_due, code):
    """Nobody learns of a delay without the borrower's consent."""
    task = plan_assistance(loan, referrer="R1", consented=consented, as_of=DAY)

    assert (is_due, code) == (task.is_due, task.reasons[0].code)
    assert ({} == dict(task.facts)) == (is_due is not True)
    assert ("overdue_days",) * (is_due is None) == task.ask


def test_wrong_tasks_are_refused():
    """Consent names facts that are there."""
    with pytest.raises(
        CreditError, match="consented must name facts of the loan, loan, got phone"
    ):
        plan_assistance({"loan": 1}, referrer="R", consented={"phone"}, as_of=DAY)
    with pytest.raises(CreditError, match="consented must name several facts, got the str 'loan'"):
        plan_assistance({"loan": 1}, referrer="R", consented="loan", as_of=DAY)
    with pytest.raises(CreditError, match="overdue_days must be 0 or more"):
        plan_assistance({"overdue_days": -1}, referrer="R", consented=set(), as_of=DAY)


def test_a_referrer_policy_holds_shares():
    """Figures of 0 to 10,000 basis points."""
    word = Figure(id="x", value="some", unit="", basis="bank policy", source="x")
    more = attrs.evolve(word, value=10_001)

    with pytest.raises(
        CreditError, match=r"ReferrerPolicy.gain must be a Figure of 0 to 10000 bas"
    ):
        attrs.evolve(REFERRERS, gain=more)
    with pytest.raises(
        CreditError, match=r"ReferrerPolicy.npl_limit must be a Figure of 0 to 1000"
    ):
        attrs.evolve(REFERRERS, npl_limit=500)
    with pytest.raises(
        CreditError, match=r"ReferrerPolicy.assistance must be a whole number, got"
    ):
        attrs.evolve(REFERRERS, assistance=word)
