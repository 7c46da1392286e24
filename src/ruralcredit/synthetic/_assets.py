"""What the parties of a county own, as far as their bank knows it."""

from collections.abc import Mapping

from ruralcredit.synthetic._draw import Draw

__all__ = ["draw_net_assets"]

_STREAM = 1  # drawn apart from everything else of a seed, which therefore stays as it is
_DECADES = {"person": 5.7, "household": 5.2, "firm": 6.8, "guarantee_company": 8.0}
_UNKNOWN = {"person": 0.15, "household": 0.25, "firm": 0.08, "guarantee_company": 0.0}
_NEGATIVE_FROM, _ZERO_FROM = 0.97, 0.99
_SPREAD = 0.6


def draw_net_assets(seed: int, kinds: Mapping[str, str]) -> dict[str, int | None]:
    """Return the net assets in fen of each party; None where the bank does not know them.

    Log-normal round figures in yuan, larger from household to guarantee company; of those
    that are not companies some 2 % owe more than they own and 1 % own nothing.  A misspelt
    id is no customer's, so that nothing is known of it.

    >>> draw_net_assets(1, {"C1": "guarantee_company", "P 1": "person"})
    {'C1': 68000000000, 'P 1': None}
    """
    draw = Draw((seed, _STREAM))
    return {party: _net_assets(draw, party, kind) for party, kind in kinds.items()}


def _net_assets(draw: Draw, party: str, kind: str) -> int | None:
    share, amount = draw.unit(), draw.amount_fen(_DECADES[kind], _SPREAD)
    if share < _UNKNOWN[kind] or " " in party or not party.isascii():
        return None
    if share < _NEGATIVE_FROM or kind == "guarantee_company":
        return amount
    return 0 if share >= _ZERO_FROM else -amount
