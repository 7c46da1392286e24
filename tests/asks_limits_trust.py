"""How the golden cases about assessors are asked, with the shipped figures as an argument."""

from ruralcredit.limits import (
    TRUST,
    copying,
    departures,
    find_rounding_habits,
    grubbs,
    icc,
    kendall_w,
    krippendorff_alpha,
    leniency,
)

SHIPPED = {"TRUST": TRUST}


def told(answer):
    """Return what an answer says beyond that it is for review."""
    default = " (library default, not a regulation)"
    return [f"{one.code} {one.text().removesuffix(default)}" for one in answer.reasons[1:]]


def agreement(given, _shipped):
    """Measure agreement in each of its ways, to three places."""
    ratings = given["ratings"]
    found = icc(ratings)
    levels = ("nominal", "ordinal", "interval", "ratio")
    return {
        "icc1": round(found.icc1, 3),
        "icc2": round(found.icc2, 3),
        "icc3": round(found.icc3, 3),
        "icc1k": round(found.icc1k, 3),
        "icc2k": round(found.icc2k, 3),
        "icc3k": round(found.icc3k, 3),
        "left_out": found.left_out,
        "kendall_w": round(kendall_w(ratings), 3),
        **{level: round(krippendorff_alpha(ratings, level=level), 3) for level in levels},
    }


def enough(given, shipped):
    """Say whether so many households are enough for agreement."""
    ratings = [[at, at + 1] for at in range(given["households"])]
    return icc(ratings).is_enough(policy=shipped["TRUST"])


def forms(given):
    """Return forms in columns: the same figures, in yuan, on so many households."""
    figures = given["figures"]
    count = given["households"]
    return {
        "limits_fen": [yuan * 100 for yuan in figures.values()] * count,
        "assessors": list(figures) * count,
        "households": [at for at in range(count) for _ in figures],
    }


def lenient(given, shipped):
    """Say who is lenient or strict."""
    columns = forms(given)
    found = leniency(columns.pop("limits_fen"), **columns, policy=shipped["TRUST"])
    return told(found)


def imprecise(given, shipped):
    """Say who errs widely; rows repeat."""
    ratings = given["rows"] * given["times"]
    found = grubbs(ratings, assessors=["a", "b", "c"], scale="amount", policy=shipped["TRUST"])
    return {
        "variance": [round(one.variance, 1) for one in found.assessors],
        "told": told(found),
    }


def copied(given, shipped):
    """Say who may have copied; the rows, in 10,000 yuan, repeat, then more follow."""
    rows = given["rows"] * given["times"] + given.get("more", []) * given.get("more_times", 0)
    found = copying(
        [wan * 1_000_000 for row in rows for wan in row],
        assessors=["a", "b", "c"] * len(rows),
        households=[at for at in range(len(rows)) for _ in "abc"],
        step_fen=given["step_wan"] * 1_000_000,
        policy=shipped["TRUST"],
    )
    return told(found)


def habits(given, shipped):
    """Say to which step one assessor rounds, from yuan and how often."""
    limits = [yuan * 100 for yuan, times in given["figures"] for _ in range(times)]
    found = find_rounding_habits(limits, assessors=["a"] * len(limits), policy=shipped["TRUST"])
    return {
        "step_yuan": found.assessors[0].usual_step_fen // 100,
        "told": told(found),
    }


def departed(given, shipped):
    """Count departures of the group: kept, raised toward a figure, raised away from it."""
    toward, away = given.get("toward", 0), given.get("away", 0)
    kept = given.get("kept", 0)
    count = toward + away + kept
    figures = {"a": [300] * toward + [50] * (count - toward)} if "toward" in given else None
    found = departures(
        [100] * count,
        [200] * (toward + away) + [100] * kept,
        limits_fen=figures,
        policy=shipped["TRUST"],
    )
    return {"kept": found.kept, "raised": found.raised, "told": told(found)}


ASKS = {
    "limits.agreement": agreement,
    "limits.enough": enough,
    "limits.leniency": lenient,
    "limits.grubbs": imprecise,
    "limits.copying": copied,
    "limits.rounding_habits": habits,
    "limits.departures": departed,
}
