"""Losses shared with third parties: parts that always sum to the whole, odd fen included."""

import functools
from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np

from ruralcredit.columns import Ints, same_length
from ruralcredit.errors import CreditError
from ruralcredit.products._checks import a_share, a_word, an_amount, checked, digest_of
from ruralcredit.products._columns import Bool, Int64, amounts, ints
from ruralcredit.products._reasons import ODD_FEN, OVER_CAP, OVER_CAP_EXCLUDED, SPLIT_UNKNOWN
from ruralcredit.reasons import BASES, Basis, BasisWord, Reason, Status
from ruralcredit.values import Fen, FrozenMapping, format_yuan, round_ratio

__all__ = [
    "DEALER_AND_GUARANTOR",
    "EXCLUDED",
    "GOVERNMENT_BANK_GUARANTOR",
    "HEAD_OFFICE_4222",
    "HEAD_OFFICE_4321",
    "Arrangement",
    "LossColumns",
    "LossSplit",
    "split_loss",
    "split_loss_columns",
]

EXCLUDED: Final = "excluded"
"""The part beyond a claim cap that stays outside the arrangement (不纳入分担)."""

_WHOLE: Final = 10_000


def _shares(shares: Mapping[str, int]) -> FrozenMapping[str, int]:
    if not isinstance(shares, Mapping):
        raise CreditError(f"Arrangement.shares_bp must map parties to shares, got {shares!r}")
    return FrozenMapping(
        {
            a_word(party, "a party of Arrangement.shares_bp"): a_share(share, f"share of {party}")
            for party, share in shares.items()
        }
    )


def _named(parties: Mapping[str, str | int]) -> FrozenMapping[str, str | int]:
    return FrozenMapping(parties)


@attrs.frozen(kw_only=True)
class Arrangement:
    """Who bears which share of a loss, up to which cap (风险分担安排).

    Every part is cut down to whole fen, and what is left over goes to one party.  Where a batch
    has a claim cap, its losses are shared until they reach that share of the batch; what
    exceeds it falls on one party or stays outside.

    Attributes:
        id: Its name.
        shares_bp: Share of each party in basis points; together 10,000.
        odd_to: The party that bears the fen left over.
        cap_bp: Most that a batch's claims may come to, as a share of the batch; None, no cap.
        over_cap_to: The party that bears what exceeds the cap, or `EXCLUDED`.
        parties: Ids of the parties, by their part, where they are known.
        version: The version, as the bank names it.
        basis: What the shares rest on, one of `ruralcredit.reasons.BASES`.
        source: The document with its article or row.

    Raises:
        CreditError: If the shares do not sum to the whole, a party named is none of theirs, or
            one party stands in two parts.

    >>> Arrangement(id="fund", shares_bp={"fund": 8_000, "bank": 2_000}, odd_to="bank",
    ...             basis="bank policy", source="contract of 2026").shares_bp["fund"]
    8000
    """

    id: str = attrs.field(validator=checked(a_word))
    shares_bp: Mapping[str, int] = attrs.field(converter=_shares)
    odd_to: str
    cap_bp: int | None = attrs.field(default=None)
    over_cap_to: str = EXCLUDED
    parties: Mapping[str, str | int] = attrs.field(default=FrozenMapping(), converter=_named)
    version: str = attrs.field(default="1", validator=checked(a_word), repr=False)
    basis: BasisWord = attrs.field(repr=False)
    source: str = attrs.field(validator=checked(a_word), repr=False)

    @cap_bp.validator
    def _is_cap(self, _: "attrs.Attribute[int | None]", cap_bp: object) -> None:
        if cap_bp is not None:
            a_share(cap_bp, "Arrangement.cap_bp")

    @basis.validator
    def _is_basis(self, _: "attrs.Attribute[str]", basis: object) -> None:
        if basis not in BASES:
            raise CreditError(
                f"Arrangement.basis must be one of {'; '.join(BASES)}, got {basis!r}"
            )

    def __attrs_post_init__(self) -> None:
        """Refuse shares that are not the whole, and parties that bear none of them."""
        total = sum(self.shares_bp.values())
        if total != _WHOLE:
            raise CreditError(
                f"shares of {self.id} must sum to {_WHOLE} basis points, got {total}: "
                f"{', '.join(f'{name} {share}' for name, share in self.shares_bp.items())}"
            )
        if EXCLUDED in self.shares_bp:
            raise CreditError(f"no party of {self.id} may be called {EXCLUDED!r}: it has no share")
        names = ", ".join(self.shares_bp)
        if self.odd_to not in self.shares_bp:
            raise CreditError(f"odd_to of {self.id} must be one of {names}, got {self.odd_to!r}")
        if self.over_cap_to not in {*self.shares_bp, EXCLUDED}:
            raise CreditError(
                f"over_cap_to of {self.id} must be one of {names}, {EXCLUDED}, "
                f"got {self.over_cap_to!r}"
            )
        for part in self.parties:
            if part not in self.shares_bp:
                raise CreditError(f"parties of {self.id} must be by {names}, got {part!r}")
        if len(set(self.parties.values())) < len(self.parties):
            raise CreditError(
                f"parties of {self.id} must differ, got {dict(self.parties)!r}: who bears two "
                "parts bears one share"
            )

    @functools.cached_property
    def asked(self) -> Basis:
        """What an answer names as asked.

        >>> HEAD_OFFICE_4222.asked.id
        'products.head_office_4222'
        """
        return Basis(id=self.id, version=self.version, digest=digest_of(self))


_NOTED: Final = "practice 2.19: what its name stands for, and the cap of 3 %"
HEAD_OFFICE_4222: Final = Arrangement(
    id="products.head_office_4222",
    shares_bp={"guarantor": 4_000, "national_fund": 2_000, "province": 2_000, "bank": 2_000},
    odd_to="bank",
    cap_bp=300,
    over_cap_to="bank",
    basis="regulation, from general knowledge",
    source=f"row G37 of the inventory; {_NOTED}",
)
"""Head-office batch guarantee (总对总): guarantor, national fund, province, bank 4:2:2:2."""

HEAD_OFFICE_4321: Final = Arrangement(
    id="products.head_office_4321",
    shares_bp={"guarantor": 4_000, "province": 3_000, "bank": 2_000, "local_finance": 1_000},
    odd_to="bank",
    cap_bp=300,
    over_cap_to="bank",
    basis="regulation, from general knowledge",
    source=f"row G37 of the inventory; {_NOTED}",
)
"""Head-office batch guarantee (总对总): guarantor, province, bank, local finance 4:3:2:1."""

GOVERNMENT_BANK_GUARANTOR: Final = Arrangement(
    id="products.government_bank_guarantor",
    shares_bp={"guarantor": 5_000, "government": 3_000, "bank": 2_000},
    odd_to="bank",
    basis="project proposal",
    source="row Y27 of the inventory names the three parties and no share",
)
"""Government, bank and guarantor share a loss (政银担)."""

DEALER_AND_GUARANTOR: Final = Arrangement(
    id="products.dealer_and_guarantor",
    shares_bp={"guarantor_company": 6_000, "dealer": 2_500, "bank": 1_500},
    odd_to="bank",
    basis="project proposal",
    source="row L39 of the inventory: guarantor company and car dealer attach to an instalment "
    "loan; it names no share",
)
"""Large car instalments with guarantor company and dealer (联合担保公司、汽车经销商)."""


def _parted(parts: Mapping[str, Fen] | None) -> FrozenMapping[str, Fen] | None:
    return None if parts is None else FrozenMapping(parts)


@attrs.frozen(kw_only=True)
class LossSplit:
    """A loss and who bears it, to the fen (损失分担).

    Attributes:
        loss_fen: The whole, or None where unknown.
        parts: What each party bears, and `EXCLUDED` where something stays outside; they sum to
            the whole.  None unless decided.
        covered_fen: What the arrangement shares, up to its cap.
        over_cap_fen: What exceeds the cap.
        odd_fen: What ``odd_to`` bears because it could not be parted.
        parties: Ids of the parties, by their part, where they are known.
        status: "decided" or "undetermined".
        ask: What to ask for where it is undetermined.
        reasons: Where the parts are not simply the shares, why.
        trace: How the parts came about.
        basis: The arrangement asked.

    >>> split = split_loss(1_000_00, HEAD_OFFICE_4222, batch_fen=1_000_000_00, claimed_fen=0)
    >>> split.parts["guarantor"], split.parts["bank"]
    (40000, 20000)
    """

    loss_fen: Fen | None
    parts: Mapping[str, Fen] | None = attrs.field(default=None, converter=_parted)
    covered_fen: Fen | None = None
    over_cap_fen: Fen | None = None
    odd_fen: Fen | None = None
    parties: Mapping[str, str | int] = attrs.field(default=FrozenMapping(), converter=_named)
    status: Status = "decided"
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)
    trace: tuple[str, ...] = attrs.field(default=(), repr=False)
    basis: Basis = attrs.field(repr=False)


def split_loss(
    loss_fen: Fen | None,
    arrangement: Arrangement = HEAD_OFFICE_4222,
    *,
    batch_fen: Fen | None = None,
    claimed_fen: Fen | None = None,
) -> LossSplit:
    """Share a loss among the parties of an arrangement (风险分担).

    Each share is cut down to whole fen, the rest goes to ``odd_to``: the parts sum to the
    whole.  Money recovered later is shared by the same call.

    Args:
        loss_fen: The loss, or what was recovered, in fen.
        arrangement: Who bears which share.
        batch_fen: What the batch guaranteed in all, where the arrangement has a cap.
        claimed_fen: Losses of the batch that were shared before this one.

    Returns:
        The parts; undetermined where an unknown fact could change them.

    Raises:
        CreditError: If an amount is no whole number of fen or is negative.

    Source:
        Rows G37, Y27 and L39 of the inventory; practice 2.19.  Each claim counts with its loss
        against the cap, and the cap is cut down to whole fen.

    >>> wan = 10_000_00
    >>> split = split_loss(100 * wan, batch_fen=10_000 * wan, claimed_fen=250 * wan)
    >>> {party: part // wan for party, part in split.parts.items()}, split.over_cap_fen // wan
    ({'guarantor': 20, 'national_fund': 10, 'province': 10, 'bank': 60}, 50)
    """
    known = {
        "loss_fen": _amount(loss_fen, "loss_fen"),
        "batch_fen": _amount(batch_fen, "batch_fen"),
        "claimed_fen": _amount(claimed_fen, "claimed_fen"),
    }
    loss, room = known["loss_fen"], _room(arrangement, known["batch_fen"], known["claimed_fen"])
    if loss is None or (room is None and loss):
        needed = [
            "loss_fen",
            *(() if arrangement.cap_bp is None else ("batch_fen", "claimed_fen")),
        ]
        return LossSplit(
            loss_fen=loss,
            parties=arrangement.parties,
            status="undetermined",
            ask=tuple(name for name in needed if known[name] is None),
            reasons=(SPLIT_UNKNOWN.as_unknown(),),
            basis=arrangement.asked,
        )
    covered = loss if arrangement.cap_bp is None else min(loss, room or 0)
    return _told(arrangement, loss, covered, room)


def _amount(value: object, name: str) -> int | None:
    return None if value is None else an_amount(value, name)


def _room(arrangement: Arrangement, batch: int | None, claimed: int | None) -> int | None:
    """Return what the cap leaves; None where unknown, or where there is no cap."""
    if arrangement.cap_bp is None:
        return 0
    if batch is None:
        return 0 if arrangement.cap_bp == 0 else None
    most = round_ratio(batch * arrangement.cap_bp, _WHOLE, mode="down")
    if claimed is None:
        return 0 if most == 0 else None
    return max(0, most - claimed)


def _told(arrangement: Arrangement, loss: int, covered: int, room: int | None) -> LossSplit:
    parts = {
        party: round_ratio(covered * share, _WHOLE, mode="down")
        for party, share in arrangement.shares_bp.items()
    }
    trace = [f"loss: {format_yuan(loss)} yuan"]
    if arrangement.cap_bp is not None:
        trace.append(f"claim cap leaves: {format_yuan(room or 0)} yuan")
    trace += [
        f"{party}: {arrangement.shares_bp[party]} bp of {format_yuan(covered)} yuan = "
        f"{format_yuan(part)} yuan"
        for party, part in parts.items()
    ]
    odd, over = covered - sum(parts.values()), loss - covered
    reasons = []
    if odd:
        parts[arrangement.odd_to] += odd
        reasons.append(ODD_FEN.given(odd_fen=odd, party=arrangement.odd_to))
        trace.append(f"left over: {odd} fen to {arrangement.odd_to}")
    if over:
        to = arrangement.over_cap_to
        parts[to] = parts.get(to, 0) + over
        reasons.append(
            OVER_CAP_EXCLUDED.given(over_fen=over)
            if to == EXCLUDED
            else OVER_CAP.given(over_fen=over, party=to)
        )
        trace.append(f"over the cap: {format_yuan(over)} yuan to {to}")
    return LossSplit(
        loss_fen=loss,
        parts=parts,
        covered_fen=covered,
        over_cap_fen=over,
        odd_fen=odd,
        parties=arrangement.parties,
        reasons=tuple(reasons),
        trace=tuple(trace),
        basis=arrangement.asked,
    )


@attrs.frozen(kw_only=True, eq=False)
class LossColumns:
    """Losses and who bears them, one row each.

    Attributes:
        parts: What each party bears, and `EXCLUDED` where the arrangement leaves something
            outside; row by row they sum to the loss.  Unknown where undetermined.
        covered_fen: What the arrangement shares.
        over_cap_fen: What exceeds the cap.
        basis: The arrangement asked.

    >>> split = split_loss_columns([100_00], batch_fen=[1_000_00], claimed_fen=[0])
    >>> split.covered_fen.tolist(), split.over_cap_fen.tolist(), split.parts["bank"].tolist()
    ([3000], [7000], [7600])
    """

    parts: Mapping[str, Ints]
    covered_fen: Ints
    over_cap_fen: Ints
    basis: Basis


def split_loss_columns(
    loss_fen: object,
    arrangement: Arrangement = HEAD_OFFICE_4222,
    *,
    batch_fen: object = None,
    claimed_fen: object = None,
) -> LossColumns:
    """Share a column of losses, each row by itself, as `split_loss` shares one.

    Args:
        loss_fen: Losses in fen, int64 of shape ``(n,)``; None where unknown.
        arrangement: Who bears which share.
        batch_fen: What each row's batch guaranteed in all; None, all unknown.
        claimed_fen: Losses of each row's batch that were shared before; None, all unknown.

    Raises:
        InputError: If a column holds anything but whole fen from 0 on, or lengths differ.

    >>> split = split_loss_columns([1_000_03, None], GOVERNMENT_BANK_GUARANTOR)
    >>> {party: column.tolist() for party, column in split.parts.items()}
    {'guarantor': [50001, None], 'government': [30000, None], 'bank': [20002, None]}
    """
    columns = {"loss_fen": loss_fen, "batch_fen": batch_fen, "claimed_fen": claimed_fen}
    rows = same_length(columns)
    loss, batch, claimed = (amounts(name, brought, rows=rows) for name, brought in columns.items())
    covered, known = _covered(arrangement, loss, batch, claimed)
    parts = {party: _cut(covered, share) for party, share in arrangement.shares_bp.items()}
    parts[arrangement.odd_to] = parts[arrangement.odd_to] + covered - sum(parts.values())
    over = loss.values - covered
    if arrangement.cap_bp is not None:
        to = arrangement.over_cap_to
        parts[to] = parts[to] + over if to in parts else over
    return LossColumns(
        parts=FrozenMapping({party: ints(part, known) for party, part in parts.items()}),
        covered_fen=ints(covered, known),
        over_cap_fen=ints(over, known),
        basis=arrangement.asked,
    )


def _covered(
    arrangement: Arrangement, loss: Ints, batch: Ints, claimed: Ints
) -> tuple[Int64, Bool]:
    """Return what the arrangement shares of each loss, and where that is known."""
    if arrangement.cap_bp is None:
        return loss.values, loss.known
    most = _cut(batch.values, arrangement.cap_bp)
    is_most_known = batch.known | (arrangement.cap_bp == 0)
    is_room_known = is_most_known & (claimed.known | (most == 0))
    room = np.maximum(most - claimed.values, 0)
    covered = np.minimum(loss.values, room)
    return covered, loss.known & (is_room_known | (loss.values == 0))


def _cut(amounts: Int64, share_bp: int) -> Int64:
    # Whole ten thousands and the rest apart, so that no product leaves 64 bits.
    whole, rest = np.divmod(amounts, _WHOLE)
    return np.asarray(whole * share_bp + rest * share_bp // _WHOLE)
