"""How the golden cases of the group, of caps and of standards are asked, with shipped figures."""

import datetime
from decimal import Decimal

from ruralcredit.limits import (
    CREDITWORTHY,
    EXPOSURE,
    FACTS,
    GROUP,
    HOUSEHOLD,
    INDUSTRY,
    VILLAGE,
    AreaStanding,
    Assessment,
    Capital,
    Exposure,
    Holding,
    HouseholdMember,
    HouseholdStanding,
    IndustryRate,
    Motion,
    Statement,
    VillageCase,
    allocate_village,
    check_assessment_day,
    creditworthy_area,
    creditworthy_due_on,
    creditworthy_household,
    decide_group,
    door_lists,
    explain_to_customer,
    find_large_exposures,
    group_record,
    headroom,
    household_value,
    industry_limit,
    minutes,
    plan_industry_batch,
    reconcile,
    reconcile_facts,
)
from ruralcredit.values import format_yuan

SHIPPED = {
    "CREDITWORTHY": CREDITWORTHY,
    "EXPOSURE": EXPOSURE,
    "FACTS": FACTS,
    "GROUP": GROUP,
    "HOUSEHOLD": HOUSEHOLD,
    "INDUSTRY": INDUSTRY,
    "VILLAGE": VILLAGE,
}
DEFAULT = " (library default, not a regulation)"


def told(answer):
    """Return the reasons of an answer as text."""
    return [f"{one.code} {one.text().removesuffix(DEFAULT)}" for one in answer.reasons]


def yuan_of(fen):
    """Return whole yuan, or text where they are not whole, or None."""
    if fen is None:
        return None
    return format_yuan(fen) if fen % 100 else fen // 100


def proposal(figures, *, codes=()):
    """Return what three assessors propose, from yuan."""
    forms = [Assessment(name, yuan * 100) for name, yuan in figures.items()]
    forms += [Assessment(name, state="veto", code=code) for name, code in codes]
    return reconcile(forms)


def facts(given, shipped):
    """Compare what assessors state of each field."""
    said = [
        Statement(
            household="h",
            field=field,
            assessor=who,
            value=value,
            evidence=given.get("evidence", {}).get(field, {}).get(who, "stated"),
        )
        for field, values in given["said"].items()
        for who, value in values.items()
    ]
    found = reconcile_facts(said, policy=shipped["FACTS"]).of("h")
    return {
        field: [found[field].status, found[field].value, found[field].counts]
        + (["visit"] if found[field].is_visited else [])
        for field in given["said"]
    }


def group(given, shipped):
    """Let a group decide."""
    members = [f"m{at}" for at in range(1, given["members"] + 1)]
    votes = [word for word, times in given["votes"].items() for _ in range(times)]
    motion = given.get("motion", {})
    found = decide_group(
        proposal(given["figures"], codes=given.get("vetoes", ())),
        members=members,
        votes=dict(zip(members, votes, strict=False)),
        motion=Motion(
            limit_fen=None if "yuan" not in motion else motion["yuan"] * 100,
            no_credit_code=motion.get("code"),
            because=motion.get("because", ""),
        ),
        relations=[("m1", "kin", given["kin"])] if "kin" in given else (),
        assessors=given.get("assessors", ()),
        caps_fen={"household": given["cap"] * 100} if "cap" in given else {},
        policy=shipped["GROUP"],
        as_of=datetime.date(2016, 5, 31),
    )
    if found.status != "decided":
        return {"status": found.status, "told": told(found)}
    return {
        "yuan": yuan_of(found.outcome["limit_fen"]),
        "departure": found.outcome["departure"],
        "entitled": found.outcome["entitled"],
    }


def record(given, shipped):
    """Return minutes, door list and group record of a village of one pair of officers."""
    members, day = ["m1", "m2", "m3"], datetime.date(2016, 5, 31)
    votes = dict.fromkeys(members, "yes")
    cases = []
    for household, one in given["households"].items():
        found = proposal(one["figures"], codes=one.get("vetoes", ()))
        decided = decide_group(
            found, members=members, votes=votes, policy=shipped["GROUP"], as_of=day
        )
        cases.append(
            VillageCase(household=household, proposal=found, decision=decided, officers=("p", "q"))
        )
    kept = minutes(
        "v", decisions={one.household: one.decision for one in cases}, members=members, as_of=day
    )
    (doors,) = door_lists(cases)
    return {
        "granted": str(kept.granted.percent(0)),
        "granted_yuan": yuan_of(kept.granted_fen),
        "doors": {row.household: yuan_of(row.limit_fen) for row in doors.rows},
        "grounds": {row.household: list(row.grounds) for row in group_record(cases)},
        "said": {one.household: explain_to_customer(one.decision, lang="zh") for one in cases},
    }


def village(given, shipped):
    """Share a village's cap."""
    found = allocate_village(
        {name: yuan * 100 for name, yuan in given["yuan"].items()},
        cap_fen=given["cap"] * 100,
        ranks=given.get("ranks"),
        policy=shipped["VILLAGE"],
    )
    return {
        "yuan": {name: yuan_of(fen) for name, fen in found.limits_fen.items()},
        "left": yuan_of(found.left_fen),
        "without": list(found.without),
    }


def household(given, shipped):
    """Return what a household is worth, from yuan of income and outgo of signers."""
    members = [
        HouseholdMember(id=name, would_sign=True, income_fen=income * 100, outgo_fen=outgo * 100)
        for name, (income, outgo) in given["members"].items()
    ]
    found = household_value(
        members,
        cap_fen=given["cap"] * 100,
        policy=shipped["HOUSEHOLD"],
        as_of=datetime.date(2016, 5, 31),
    )
    return yuan_of(found.outcome["limit_fen"]) if found.outcome else found.status


def exposures(given):
    """Return facilities from yuan: drawn, undrawn, contingent."""
    return [
        Exposure(
            id=at,
            customer=who,
            drawn_fen=yuan[0] * 100,
            undrawn_fen=yuan[1] * 100 if len(yuan) > 1 else 0,
            contingent_fen=yuan[2] * 100 if len(yuan) > 2 else 0,
        )
        for at, (who, *yuan) in enumerate(given["loans"])
    ]


def capital_of(given):
    """Return the bank's capital from yuan."""
    if "capital" not in given:
        return None
    net, tier1 = given["capital"]
    return Capital(
        net_capital_fen=net * 100, net_tier1_fen=tier1 * 100, found_on=datetime.date(2017, 12, 31)
    )


def room(given, shipped):
    """Return the headroom, in yuan, and which cap binds."""
    amount = given.get("asked")
    found = headroom(
        exposures(given),
        customer="a",
        household=given.get("household", ()),
        group=given.get("group", ()),
        caps_fen={name: yuan * 100 for name, yuan in given.get("caps", {}).items()},
        capital=capital_of(given),
        is_bank=given.get("is_bank", False),
        amount_fen=None if amount is None else amount * 100,
        policy=shipped["EXPOSURE"],
        as_of=given.get("as_of", datetime.date(2024, 6, 30)),
    )
    answer = {
        "yuan": yuan_of(found.outcome["headroom_fen"]),
        "binds": list(found.outcome["binds"]),
    }
    return answer if amount is None else {**answer, "fits": found.outcome["fits"]}


def large(given, shipped):
    """Return what is large, and what is told of the ten largest."""
    found = find_large_exposures(
        exposures(given),
        capital=capital_of(given),
        policy=shipped["EXPOSURE"],
        as_of=given.get("as_of", datetime.date(2024, 6, 30)),
    )
    return {
        "large": [party for party, _ in found.large],
        "ten": str(found.ten_largest.percent(2)),
        "told": [one.code for one in found.reasons],
    }


def rate_of(given):
    """Return the one rate of a case."""
    return IndustryRate(
        industry="navel_orange",
        unit="mu",
        output=given["output"],
        price_fen=given["price_fen"],
        found_on=given.get("found_on", datetime.date(2024, 1, 15)),
        source="county fruit bureau",
    )


def holding_of(one):
    """Return a holding from its units, as text where they are not whole."""
    stated = one.get("stated")
    return Holding(
        industry="navel_orange",
        registered=Decimal(str(one["registered"])),
        stated=None if stated is None else Decimal(str(stated)),
    )


def industry(given, shipped):
    """Return a household's limit from its orchard."""
    found = industry_limit(
        [holding_of(given)],
        rates=[rate_of(given)],
        caps_fen={"product": given["cap"] * 100} if "cap" in given else {},
        policy=shipped["INDUSTRY"],
        as_of=given.get("as_of", datetime.date(2024, 6, 30)),
    )
    if found.status != "decided":
        return {"status": found.status, "told": told(found)}
    return {
        "yuan": yuan_of(found.outcome["limit_fen"]),
        "output_yuan": yuan_of(found.outcome["output_fen"]),
    }


def batch(given, shipped):
    """Return a village's batch list."""
    found = plan_industry_batch(
        {name: [holding_of(one)] for name, one in given["households"].items()},
        rates=[rate_of(given)],
        policy=shipped["INDUSTRY"],
        as_of=datetime.date(2024, 6, 30),
    )
    return {
        "yuan": {name: yuan_of(fen) for name, fen in found.limits_fen.items()},
        "below": list(found.below),
    }


SOUND = {
    "is_local": True,
    "has_capacity": True,
    "has_steady_income": True,
    "has_old_debts": False,
    "cooperates": True,
    "has_bad_record": False,
}


def worthy(given, shipped):
    """Return a household's grade and the limit that goes with it, in yuan."""
    given = dict(given)
    income = given.pop("income_yuan", None)
    if income is not None:
        given["income_per_head_fen"] = round(income * 100)
    found = creditworthy_household(
        HouseholdStanding(**{**SOUND, **given}),
        policy=shipped["CREDITWORTHY"],
        as_of=datetime.date(2024, 12, 31),
    )
    if found.outcome is None:
        return {"ask": list(found.ask)}
    if found.outcome["is_creditworthy"]:
        return [found.outcome["grade"], yuan_of(found.outcome["usual_limit_fen"])]
    return told(found)


def area(given, shipped):
    """Return whether an area is creditworthy, or what fails."""
    given = dict(given)
    level = given.pop("level")
    found = creditworthy_area(
        AreaStanding(**given),
        level=level,
        policy=shipped["CREDITWORTHY"],
        as_of=datetime.date(2025, 1, 31),
    )
    if found.outcome is None:
        return {"ask": list(found.ask)}
    return found.outcome["grade"] or told(found)


def due(given, shipped):
    """Return by which day a level is assessed."""
    return creditworthy_due_on(
        given["level"], year=given["year"], policy=shipped["CREDITWORTHY"]
    ).isoformat()


def in_time(given, shipped):
    """Return whether a level was assessed in time."""
    return check_assessment_day(
        given["level"],
        year=given["year"],
        done_on=given.get("done_on"),
        policy=shipped["CREDITWORTHY"],
        as_of=given["as_of"],
    ).outcome


ASKS = {
    "limits.facts": facts,
    "limits.group": group,
    "limits.record": record,
    "limits.village": village,
    "limits.household": household,
    "limits.headroom": room,
    "limits.large": large,
    "limits.industry": industry,
    "limits.batch": batch,
    "limits.worthy": worthy,
    "limits.area": area,
    "limits.due": due,
    "limits.in_time": in_time,
}
