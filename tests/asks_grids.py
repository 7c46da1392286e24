"""How the golden cases of `grids` are asked, with the shipped values as an argument."""

import datetime

import numpy as np

from ruralcredit.errors import CreditError
from ruralcredit.grids import (
    DAY_BLOCKS,
    EXPANSION,
    FIELD_RULES,
    FOUR_RATES,
    GRID_ROLES,
    MARKETING_LOOP,
    OTHER_RATES,
    PHASES,
    PRE_APPROVAL,
    RUN_RULES,
    STATIONED,
    VILLAGE_STAGES,
    VISIT_KINDS,
    VISIT_QUOTA,
    Assignment,
    Count,
    CreditRun,
    FileDocument,
    Grid,
    GridCounts,
    Member,
    WorkItem,
    awareness_rate,
    check_assessors,
    check_cover,
    check_credit_group,
    check_day_blocks,
    check_deadline,
    check_file_quality,
    check_fixings,
    check_funnel,
    check_household_file,
    check_move,
    check_pre_approval,
    check_roles,
    check_run,
    check_service_distance,
    check_shops,
    check_signing,
    check_stationed,
    check_village_size,
    check_visits,
    count_stages,
    door_lists,
    draw_acceptance,
    four_rates,
    implied_bases,
    lead_owners,
    plan_supervision,
    rate_of,
    rest_of,
    service_board,
    split_reward,
    visit_quota,
)
from ruralcredit.values import Ratio

SHIPPED = {
    "GRID_ROLES": GRID_ROLES,
    "OTHER_RATES": OTHER_RATES,
    "FIELD_RULES": FIELD_RULES,
    "DAY_BLOCKS": DAY_BLOCKS,
    "STATIONED": STATIONED,
    "VISIT_QUOTA": VISIT_QUOTA,
    "RUN_RULES": RUN_RULES,
    "PRE_APPROVAL": PRE_APPROVAL,
}


def told(decision):
    """Return a decision as a reader of the file writes it."""
    if decision.status != "decided":
        return {"status": decision.status, "ask": list(decision.ask)}
    outcome = decision.outcome
    codes = [one.code for one in decision.reasons]
    shown = outcome if isinstance(outcome, str) else dict(outcome)
    return shown if outcome in {"pass", "met", "open"} else {"outcome": shown, "reasons": codes}


def codes_of(findings):
    """Return findings as pairs of code and ids."""
    return [[one.reason.code, list(one.ids)] for one in findings]


def counts_of(given):
    """Return counters; a pair is an interval."""
    return GridCounts(
        **{name: Count(*one) if isinstance(one, list) else one for name, one in given.items()}
    )


def every_day(_day):
    """Count every day as a working day."""
    return True


def grid_of(given):
    """Return a grid with its people in order of the roles."""
    people = [
        Assignment(role=role, **(who if isinstance(who, dict) else {"person": who}))
        for role, who in given.get("people", {}).items()
    ]
    rest = {name: one for name, one in given.items() if name not in {"id", "village", "people"}}
    return Grid(given.get("id", "g1"), given.get("village"), people=people, **rest)


def roles(given, shipped):
    """Say whether a grid has its people."""
    return told(check_roles(grid_of(given), policy=shipped["GRID_ROLES"]))


def fixings(given, shipped):
    """Say which of the four are not fixed."""
    decision = check_fixings(grid_of(given), policy=shipped["GRID_ROLES"])
    return [fixing for fixing, is_fixed in decision.outcome.items() if not is_fixed]


def assess(given, shipped):
    """Say whether enough assess a household."""
    facts = dict(given)
    gave, related = facts.pop("assessed_by"), facts.pop("recused", ())
    decision = check_assessors(grid_of(facts), gave, recused=related, policy=shipped["GRID_ROLES"])
    return told(decision)


def cover(given, _shipped):
    """Return the share covered and what is missing."""
    found = check_cover(
        [grid_of(one) for one in given["grids"]], given["households"], staff=given.get("staff")
    )
    wanted = [pair for pair in codes_of(found.findings) if pair[0] != "GRD-001"]
    return {"covered": [found.covered.part, found.covered.whole], "findings": wanted}


def per_grid(given, _shipped):
    """Return households per grid."""
    return str((Ratio(given["households"], given["grids"] * 100)).percent(1))


def board(given, _shipped):
    """Return a board's owners, and who has none."""
    found = service_board(Grid("g1"), given)
    return {"owners": list(found.owners), "ownerless": list(found.ownerless)}


def shops(given, _shipped):
    """Return what is wrong with shops, and whose each lead is."""
    facts = {name: given[name] for name in ("staff", "shop")}
    return {
        "findings": codes_of(check_shops(facts, staff=given["owed"])),
        "leads": list(lead_owners(given["leads"], shops=facts)),
    }


def rates(given, _shipped):
    """Return the four rates in percent."""
    found = four_rates(counts_of(given["counts"]), absent=given.get("absent", "counted"))
    return {
        name: None if one is None else str(one)
        for name, one in found.percents(1).items()
        if one is not None
    }


def rate(given, shipped):
    """Return one rate with its bounds, its denominator and whether its target is met."""
    rules = {rule.id: rule for rule in (*shipped["OTHER_RATES"], *FOUR_RATES.rules)}
    counts = counts_of(given["total"])
    if "parts" in given:
        counts = rest_of(counts, [counts_of(one) for one in given["parts"]])
    found = rate_of(counts, rules[given["rate"]])
    low, high = found.percents(2)
    shown = {"base": found.base, "percent": [str(low), str(high)]}
    return shown if found.is_met is None else {**shown, "is_met": found.is_met}


def bases(given, _shipped):
    """Return the bases that a printed percentage implies."""
    return list(implied_bases(given["part"], given["percent"], places=given["places"]))


def funnel(given, _shipped):
    """Say whether the counts can be true."""
    return told(check_funnel(counts_of(given)))


def awareness(given, _shipped):
    """Return the awareness rate."""
    found = awareness_rate(given["answers"])
    return {"rate": [found.rate.part, found.rate.whole], "unanswered": found.unanswered}


def visits(given, shipped):
    """Return the violations of a log with the rows that prove them."""
    facts = dict(given)
    as_of, log = facts.pop("as_of"), facts.pop("visits")
    found = check_visits(log, as_of=as_of, policy=shipped["FIELD_RULES"], **facts)
    return [[one.rule, one.reason.code, list(one.rows)] for one in found]


def stationed(given, shipped):
    """Return the shortfall of each week that is over."""
    found = check_stationed(
        {"branch": ["b"] * len(given["on"]), "on": given["on"]},
        branches=["b"],
        since=given["since"],
        as_of=given["as_of"],
        policy=shipped["STATIONED"],
    )
    short = found.shortfall[0].tolist()
    weeks = zip(found.weeks, short, found.is_over.tolist(), strict=True)
    return {week: missing for week, missing, is_over in weeks if is_over}


def kinds(_given, _shipped):
    """Return the kinds of stationed visits."""
    return list(VISIT_KINDS)


def blocks(given, shipped):
    """Return the block of some minutes of the day."""
    return [shipped["DAY_BLOCKS"].block_at(minute) for minute in given["minutes"]]


def actions(given, shipped):
    """Return what a person did not do on a day."""
    done = given["done"]
    log = {
        "staff": ["p1"] * len(done),
        "on": [given["on"]] * len(done),
        "block": [block for block, _ in done],
        "action": [action for _, action in done],
    }
    owed = {"staff": ["p1"], "on": [given["on"]]}
    found = check_day_blocks(log, owed=owed, policy=shipped["DAY_BLOCKS"])
    return {
        "slots": len(found.slots),
        "missing": [list(slot) for slot in found.missing("p1", given["on"])],
        "misplaced": found.misplaced.tolist(),
    }


def quota(given, shipped):
    """Return what a deadline asks."""
    found = visit_quota(**given, business_days=every_day, policy=shipped["VISIT_QUOTA"])
    return {
        "per_pair_day": found.per_pair_day,
        "outcome": found.decision.outcome,
        "households_short": found.households_short,
        "days_late": found.days_late,
        "pairs_needed": found.pairs_needed,
        "finishes_on": found.finishes_on,
    }


def supervision(given, _shipped):
    """Count plans and checks."""
    found = plan_supervision(given["starts_on"], given["ends_on"], business_days=every_day)
    return [len(found.daily), len(found.weekly), len(found.monthly)]


def size(given, shipped):
    """Say whether a village has a usual size."""
    return told(check_village_size(given["households"], policy=shipped["VISIT_QUOTA"]))


def deadline(given, _shipped):
    """Say whether a run ended in time."""
    return told(check_deadline(given["deadline"], given["finished_on"], as_of=given["as_of"]))


def reward(given, _shipped):
    """Split a reward."""
    return dict(split_reward(given["reward_fen"], given["contributions"]))


def run(given, shipped):
    """Say whether a run is planned."""
    items = [WorkItem(**one) for one in given["items"]]
    found = check_run(
        CreditRun(id="r1", grid="g1", owner=given["owner"], items=items),
        policy=shipped["RUN_RULES"],
    )
    return {"phases": len(PHASES), "answer": told(found)}


def group(given, shipped):
    """Say whether a group can decide."""
    return told(
        check_credit_group(
            given["members"],
            assessors=given.get("assessors", ()),
            policy=shipped["RUN_RULES"],
        )
    )


def signing(given, shipped):
    """Say whether a household may sign so."""
    return told(check_signing(**given, policy=shipped["RUN_RULES"]))


def service(given, shipped):
    """Say whether a household is within the circle."""
    return told(check_service_distance(given["distance_m"], policy=shipped["RUN_RULES"]))


def household_file(given, shipped):
    """Say whether a household's file is effective."""
    members = [Member(**one) for one in given["members"]]
    return told(check_household_file(members, as_of=given["as_of"], policy=shipped["RUN_RULES"]))


def file_quality(given, _shipped):
    """Return the three flags of a file."""
    facts = dict(given)
    held = [FileDocument(**one) for one in facts.pop("documents")]
    return dict(check_file_quality(held, **facts).outcome)


def lists(given, _shipped):
    """Return the door lists."""
    return [[one.lead, one.second, list(one.households)] for one in door_lists(given)]


def acceptance(given, shipped):
    """Count the households drawn."""
    drawn = draw_acceptance(
        list(range(given["households"])),
        generator=np.random.default_rng(0),
        policy=shipped["RUN_RULES"],
    )
    return len(drawn)


TRACKS = {"expansion": EXPANSION, "marketing": MARKETING_LOOP, "village": VILLAGE_STAGES}


def move(given, _shipped):
    """Say whether a stage follows another."""
    track = TRACKS[given["track"]]
    found = told(check_move(track, now=given["now"], to=given["to"]))
    return {"stages": len(track.words), "answer": found if found == "pass" else found["outcome"]}


def stages(given, _shipped):
    """Count villages per stage."""
    return {name: n for name, n in count_stages(given).items() if n}


def pre_approval(given, shipped):
    """Say whether a pre-approval may change its state."""
    try:
        found = check_pre_approval(
            given["now"],
            given["to"],
            since=given["since"],
            as_of=given["since"] + datetime.timedelta(days=given["days"]),
            policy=shipped["PRE_APPROVAL"],
        )
    except CreditError:
        return "refused as input"
    return told(found)


ASKS = {
    "grids.roles": roles,
    "grids.fixings": fixings,
    "grids.assessors": assess,
    "grids.cover": cover,
    "grids.per_grid": per_grid,
    "grids.board": board,
    "grids.shops": shops,
    "grids.four_rates": rates,
    "grids.rate": rate,
    "grids.implied_bases": bases,
    "grids.funnel": funnel,
    "grids.awareness": awareness,
    "grids.visits": visits,
    "grids.stationed": stationed,
    "grids.kinds": kinds,
    "grids.blocks": blocks,
    "grids.actions": actions,
    "grids.quota": quota,
    "grids.supervision": supervision,
    "grids.size": size,
    "grids.deadline": deadline,
    "grids.reward": reward,
    "grids.run": run,
    "grids.group": group,
    "grids.signing": signing,
    "grids.service": service,
    "grids.household_file": household_file,
    "grids.file_quality": file_quality,
    "grids.door_lists": lists,
    "grids.acceptance": acceptance,
    "grids.move": move,
    "grids.stages": stages,
    "grids.pre_approval": pre_approval,
}
