"""What a product is, what a branch is there for, and the targets of the range."""

import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.policy import DecisionTable, Field, Row, gaps
from ruralcredit.products import (
    ADMISSION,
    CATALOGUE,
    DEMAND_COVERAGE,
    MATRIX,
    POSITIONING,
    PRICING,
    PRODUCTS,
    PURPOSE_CHANNEL,
    REFERRERS,
    SPECIAL_PRODUCTS,
    Catalogue,
    Product,
    branch_focus,
    branch_focus_columns,
    check_coverage,
    check_special_products,
    product_cell,
    product_class,
    product_class_columns,
)
from ruralcredit.reasons import BASES
from ruralcredit.values import Ratio, from_dict, to_dict

LINES = ("consumption", "business", "agriculture")
SECURITIES = ("unsecured", "guaranteed", "mortgaged", "pledged")
APART = attrs.evolve(PRODUCTS, pledge="special scheme")
NAMES = [name for product in CATALOGUE.products for name in (product.code, product.zh)]


def maybe(choices):
    """Draw one of some words, or that it is unknown."""
    return st.none() | st.sampled_from(choices)


@pytest.mark.parametrize("table", [MATRIX, PURPOSE_CHANNEL, POSITIONING, SPECIAL_PRODUCTS])
def test_shipped_tables_leave_no_gap(table):
    """Every combination of known facts has an answer."""
    found = gaps(table)

    assert () == tuple(found.boxes)
    assert found.complete


def test_the_matrix_has_a_class_of_its_own_for_each_cell():
    """Three lines by three kinds of security: nine classes, each managed as it is secured."""
    found = {
        (line, security): product_class(line, security).outcome
        for line in LINES
        for security in SECURITIES[:3]
    }

    assert 9 == len({outcome["class"] for outcome in found.values()})
    assert {key: key[1] for key in found} == {
        key: outcome["managed_as"] for key, outcome in found.items()
    }


def test_the_grid_has_four_cells():
    """Two purposes by two channels."""
    cells = {
        product_cell(purpose, channel).outcome["cell"]
        for purpose, channel in itertools.product(
            ("business", "consumption"), ("online", "offline")
        )
    }

    assert 4 == len(cells)
    assert ("purpose", "channel") == product_cell(None, None).ask


def test_a_pledge_counts_as_a_mortgage_and_says_so():
    """The matrix has no pledge."""
    found = product_class("business", "pledged")

    assert "business/mortgaged" == found.outcome["class"]
    assert ["products.matrix/business/mortgaged", "PRO-004"] == [one.code for one in found.reasons]


def test_a_pledge_counts_as_a_special_scheme_where_the_bank_says_so():
    """It then needs no line and is managed as what it is."""
    found = product_class(None, "pledged", policy=APART)

    assert {"class": "special scheme", "scheme": "pledge", "managed_as": "pledged"} == dict(
        found.outcome
    )
    assert ["PRO-005"] == [one.code for one in found.reasons]


@pytest.mark.parametrize("name", ["暖商贷", "warm_merchant_loan"])
def test_a_special_scheme_stands_beside_the_matrix(name):
    """Whatever its line, by its code or its Chinese name."""
    found = product_class(None, "guaranteed", product=name)

    assert {
        "class": "special scheme",
        "scheme": "warm_merchant_loan",
        "managed_as": "guaranteed",
    } == dict(found.outcome)
    assert ["PRO-003"] == [one.code for one in found.reasons]


def test_a_special_scheme_of_unknown_security_asks_for_it():
    """How it is managed depends on it."""
    found = product_class("business", None, product="暖商贷")

    assert ("undetermined", ("security",)) == (found.status, found.ask)


def test_a_product_on_the_list_is_managed_as_unsecured_whatever_secures_it():
    """Three products are always deemed unsecured; the class stays what it is."""
    for product in CATALOGUE.listed("deemed_unsecured"):
        found = product_class("business", "mortgaged", product=product.code)

        assert "business/mortgaged" == found.outcome["class"]
        assert "unsecured" == found.outcome["managed_as"]
        assert "PRO-002" == found.reasons[-1].code


def test_a_scheme_may_be_deemed_unsecured_too():
    """The bank's own catalogue may list a product twice; nothing need be asked then."""
    product = Product(
        code="both",
        zh="双列贷",
        en="on both lists",
        lists=("special_scheme", "deemed_unsecured"),
        source="example",
        basis="bank policy",
    )
    policy = attrs.evolve(PRODUCTS, catalogue=Catalogue([product]))
    found = product_class(None, None, product="both", policy=policy)

    assert {"class": "special scheme", "scheme": "both", "managed_as": "unsecured"} == dict(
        found.outcome
    )


def test_an_unknown_line_is_asked_for_even_where_the_product_is_known():
    """What is known stays among the reasons."""
    found = product_class(None, "guaranteed", product="小微贷")

    assert ("undetermined", ("line",)) == (found.status, found.ask)
    assert "PRO-002" == found.reasons[-1].code


@pytest.mark.parametrize(("name", "kind"), [("ETC", "channel"), ("定本利", "deposit")])
def test_what_is_no_loan_has_no_class(name, kind):
    """Channels and deposits are offered beside loans."""
    found = product_class("consumption", "unsecured", product=name)

    assert "none" == found.status
    assert kind in found.reasons[0].text("en")


@given(
    rows=st.lists(st.tuples(maybe(LINES), maybe(SECURITIES), maybe(NAMES)), min_size=1),
    policy=st.sampled_from([PRODUCTS, APART]),
)
def test_a_class_is_the_same_alone_and_in_a_column(rows, policy):
    """One loan asked alone and asked inside a column has the same class."""
    lines, securities, products = zip(*rows, strict=True)
    alone = [
        product_class(line, security, product=product, policy=policy).outcome or {}
        for line, security, product in rows
    ]

    together = product_class_columns(
        list(lines), list(securities), product=list(products), policy=policy
    )

    for name in ("class", "scheme", "managed_as"):
        assert [one.get(name) for one in alone] == together[name].tolist()


def test_a_column_of_no_loans_has_no_classes():
    """An empty book is a book."""
    found = product_class_columns([], [])

    assert [[], [], []] == [column.tolist() for column in found.values()]


def test_words_that_are_none_are_refused():
    """A wrong word is never passed on."""
    with pytest.raises(CreditError, match="security must be one of unsecured, guaranteed, mort"):
        product_class("business", "trust")
    with pytest.raises(CreditError, match="line must be one of consumption, business, agricultur"):
        product_class("housing", "mortgaged")
    with pytest.raises(CreditError, match="product 'x' must stand in the catalogue of 24 product"):
        product_class("business", "mortgaged", product="x")
    with pytest.raises(InputError, match=r"security must be one of unsecured.*row 1"):
        product_class_columns(["business"] * 2, ["pledged", "trust"])


def test_a_catalogue_names_each_product_once():
    """Two products under one name could not be told apart."""
    product = CATALOGUE.products[0]

    with pytest.raises(CreditError, match=r"must name each product once, got (tax_loan|税贷通)"):
        Catalogue([product, product])
    with pytest.raises(CreditError, match="must hold Products, got 'tax_loan'"):
        Catalogue(["tax_loan"])
    with pytest.raises(CreditError, match="a list must be one of micro, cross_sell"):
        CATALOGUE.listed("large")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "card"}, "Product.kind must be one of loan, channel, deposit, got 'card'"),
        ({"lists": ("vip",)}, "Product.lists must hold words of micro, .*, got 'vip'"),
        ({"lists": "micro"}, "Product.lists must be several, got the str 'micro'"),
        ({"basis": "law"}, "Product.basis must be one of source document; .*, got 'law'"),
        ({"code": " "}, "Product.code must be text and not blank, got ' '"),
    ],
)
def test_a_product_is_checked_at_birth(change, message):
    """Each part is a word that means something."""
    with pytest.raises(CreditError, match=message):
        attrs.evolve(CATALOGUE.products[0], **change)


def test_a_product_policy_asks_its_matrix_for_one_class():
    """Another table cannot stand in for the matrix."""
    other = DecisionTable("m", MATRIX.fields, [Row("all", then={"class": "x"})])

    with pytest.raises(TableError, match=r"matrix products.purpose_channel must ask for line and"):
        attrs.evolve(PRODUCTS, matrix=PURPOSE_CHANNEL)
    with pytest.raises(TableError, match="row all of m must give class and managed_as as words"):
        attrs.evolve(PRODUCTS, matrix=other)
    with pytest.raises(CreditError, match="pledge must count as mortgaged or special scheme"):
        attrs.evolve(PRODUCTS, pledge="unsecured")


# ---- positioning -----------------------------------------------------------------------------

LOANS = st.fixed_dictionaries(
    {
        "branch": maybe(("urban", "rural")),
        "business": maybe(
            ("micro_firm", "retail", "whole_village", "small_farm", "village_collective", "other")
        ),
        "amount_fen": st.none() | st.sampled_from([0, 10**9 - 1, 10**9, 10**9 + 1]),
        "security": maybe(SECURITIES),
    }
)


@given(loans=st.lists(LOANS, min_size=1))
def test_focus_is_the_same_alone_and_in_a_column(loans):
    """One loan asked alone and asked inside a column gives the same answer."""
    columns = {name: [loan[name] for loan in loans] for name in loans[0]}
    together = branch_focus_columns(columns)

    for place, loan in enumerate(loans):
        alone = branch_focus(
            loan["branch"],
            loan["business"],
            amount_fen=loan["amount_fen"],
            security=loan["security"],
        )

        assert alone == together.decision(place)


def test_only_what_matters_is_asked_for():
    """Retail in town needs neither amount nor security."""
    assert branch_focus("urban", "retail").outcome["in_focus"]
    assert ("amount_fen",) == branch_focus("urban", "micro_firm").ask
    assert ("security",) == branch_focus("rural", "small_farm").ask


def test_no_loan_of_a_village_collective_depends_on_its_amount():
    """The edge of ten million yuan holds for micro loans in town alone."""
    assert {True} == {
        branch_focus("rural", "village_collective", amount_fen=fen).outcome["in_focus"]
        for fen in (0, 10**9, 10**9 + 1)
    }


# ---- targets ---------------------------------------------------------------------------------


@given(demand=st.integers(1, 10**6), share=st.integers(0, 10**6))
def test_coverage_passes_from_80_per_cent_on(demand, share):
    """No share below the mark passes by rounding."""
    covered = demand * share // 10**6
    expected = "pass" if covered * 100 >= 80 * demand else "refer"

    assert expected == check_coverage(covered, demand).outcome


def test_coverage_shows_its_counts_and_what_a_sample_can_say():
    """Eighty of a hundred is no proof of eighty per cent."""
    low, high = Ratio(80, 100).interval()

    assert (
        "covered 80 of 100 = 80.00 %",
        f"95 % interval {low:.2%} to {high:.2%}",
    ) == check_coverage(80, 100).trace


def test_coverage_without_a_sample_is_not_known():
    """A base of nothing gives no share."""
    assert "undetermined" == check_coverage(0, 0).status
    assert ("covered 0 of 0",) == check_coverage(0, 0).trace
    assert ("covered_bp",) == check_coverage(None, 100).ask
    assert "undetermined" == check_special_products(None).status


def test_counts_that_cannot_be_are_refused():
    """More cannot be covered than were asked."""
    with pytest.raises(CreditError, match="covered must not exceed demand, got 2 of 1"):
        check_coverage(2, 1)
    with pytest.raises(CreditError, match="demand must be 0 or more and fit into 64 bits, got -1"):
        check_coverage(0, -1)
    with pytest.raises(CreditError, match=r"covered must be a whole number, got float 0.5"):
        check_coverage(0.5, 1)


# ---- everything that ships -------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        *(MATRIX, PURPOSE_CHANNEL, POSITIONING, SPECIAL_PRODUCTS, DEMAND_COVERAGE),
        *(ADMISSION.rules, REFERRERS.rules, PRICING.discount, PRICING.tenor),
        *(table for _, table in PRICING.factors),
    ],
)
def test_every_shipped_row_says_what_it_rests_on(table):
    """A default can never look like law."""
    for row in table.rows:
        assert row.basis in set(BASES) - {"bank policy"}
        assert row.cite
        assert {"en", "zh"} == set(row.reason)


@pytest.mark.parametrize("value", [PRODUCTS, ADMISSION, PRICING, REFERRERS, CATALOGUE])
def test_policies_survive_plain_data(value):
    """What a bank stores comes back equal."""
    assert value == from_dict(type(value), to_dict(value))


def test_no_table_of_ours_asks_for_a_protected_trait():
    """Shipped tables use none."""
    tables = (MATRIX, POSITIONING, ADMISSION.rules, REFERRERS.rules, PRICING.entity)

    assert not any(field.protected for table in tables for field in table.fields)


def test_deposits_cards_and_payroll_are_no_condition_of_admission():
    """Such a row does not build; in a price list it may."""
    row = Row("loyal", when={"deposit_fen": {"lt": 100}}, then={"verdict": "refuse"})

    with pytest.raises(TableError, match="must not make deposit_fen a condition of eligibility"):
        DecisionTable("mine", [Field("deposit_fen", "int", unit="fen")], [row], hit="collect")
    assert ("deposit_share_bp",) == tuple(field.name for field in PRICING.discount.fields)
