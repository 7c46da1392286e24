"""The products that the source documents name, as data, with the lists they stand on."""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.products._checks import a_word, checked
from ruralcredit.reasons import BASES, BasisWord

__all__ = ["CATALOGUE", "Catalogue", "Product", "ProductKind", "ProductList"]

ProductKind: TypeAlias = Literal["loan", "channel", "deposit"]
"""What a product is: 贷款, 渠道, 存款."""

ProductList: TypeAlias = Literal[
    "micro", "cross_sell", "deemed_unsecured", "special_scheme", "manual_diligence"
]
"""A list of the catalogue.

- ``micro``: products of the micro line (小微产品);
- ``cross_sell``: products and items offered together (关联营销);
- ``deemed_unsecured``: always managed as unsecured (类信用);
- ``special_scheme``: schemes beside the matrix (专案);
- ``manual_diligence``: online products with manual due diligence (人工尽调).
"""

_KINDS: Final = get_args(ProductKind)
_LISTS: Final = get_args(ProductList)


def _several(lists: Iterable[ProductList]) -> tuple[ProductList, ...]:
    if isinstance(lists, str):
        raise CreditError(f"Product.lists must be several, got the str {lists!r}")
    return tuple(lists)


@attrs.frozen(kw_only=True)
class Product:
    """One product of a bank (产品), with the lists it stands on.

    Attributes:
        code: Its name in data.
        zh: Its name in Chinese, as the source writes it.
        en: What it is, in English.
        kind: "loan", "channel" or "deposit".
        lists: The lists it stands on, words of `ProductList`.
        source: The document with its row.
        basis: One of `ruralcredit.reasons.BASES`.

    Raises:
        CreditError: If a text is blank, or a kind, list or basis is another word.

    >>> CATALOGUE.find("ETC").kind
    'channel'
    """

    code: str = attrs.field(validator=checked(a_word))
    zh: str = attrs.field(validator=checked(a_word))
    en: str = attrs.field(validator=checked(a_word), repr=False)
    kind: ProductKind = attrs.field(default="loan")
    lists: tuple[ProductList, ...] = attrs.field(converter=_several)
    source: str = attrs.field(validator=checked(a_word), repr=False)
    basis: BasisWord = attrs.field(default="source document", repr=False)

    @kind.validator
    def _is_kind(self, _: "attrs.Attribute[str]", kind: object) -> None:
        if kind not in _KINDS:
            raise CreditError(f"Product.kind must be one of {', '.join(_KINDS)}, got {kind!r}")

    @lists.validator
    def _are_lists(self, _: "attrs.Attribute[tuple[str, ...]]", lists: tuple[str, ...]) -> None:
        for name in lists:
            if name not in _LISTS:
                raise CreditError(
                    f"Product.lists must hold words of {', '.join(_LISTS)}, got {name!r}"
                )

    @basis.validator
    def _is_basis(self, _: "attrs.Attribute[str]", basis: object) -> None:
        if basis not in BASES:
            raise CreditError(f"Product.basis must be one of {'; '.join(BASES)}, got {basis!r}")


def _products(products: Iterable[Product]) -> tuple[Product, ...]:
    return tuple(products)


@attrs.frozen
class Catalogue:
    """The products of a bank (产品目录), each once.

    Attributes:
        products: The products, in the order an officer lists them.

    Raises:
        CreditError: If something in it is no `Product`, or a code or Chinese name repeats.

    >>> [product.zh for product in CATALOGUE.listed("deemed_unsecured")]
    ['小微贷', '增额保', '微企易贷']
    """

    products: tuple[Product, ...] = attrs.field(
        converter=_products, repr=lambda products: f"({len(products)} products)"
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what is no product, and names that stand twice."""
        names: dict[str, str] = {}
        for product in self.products:
            if not isinstance(product, Product):
                raise CreditError(f"a catalogue must hold Products, got {product!r}")
            for name in {product.code, product.zh}:
                if name in names:
                    raise CreditError(
                        f"a catalogue must name each product once, got {name} for "
                        f"{names[name]} and {product.code}"
                    )
                names[name] = product.code

    def find(self, name: str) -> Product:
        """Return the product of a code or a Chinese name.

        Raises:
            CreditError: If the catalogue has none of that name.

        >>> CATALOGUE.find("税贷通").code
        'tax_loan'
        """
        for product in self.products:
            if name in {product.code, product.zh}:
                return product
        raise CreditError(
            f"product {name!r} must stand in the catalogue of {len(self.products)} products, "
            "by its code or its Chinese name: add it, or pass the bank's own catalogue"
        )

    def listed(self, name: ProductList) -> tuple[Product, ...]:
        """Return the products of a list, in their order.

        Raises:
            CreditError: If there is no such list.

        >>> len(CATALOGUE.listed("micro"))
        8
        """
        if name not in _LISTS:
            raise CreditError(f"a list must be one of {', '.join(_LISTS)}, got {name!r}")
        return tuple(product for product in self.products if name in product.lists)


_Named: TypeAlias = tuple[str, str, str]


def _listed(name: ProductList, source: str, products: Iterable[_Named]) -> tuple[Product, ...]:
    return tuple(
        Product(code=code, zh=zh, en=en, lists=(name,), source=source) for code, zh, en in products
    )


_MICRO: Final = _listed(
    "micro",
    "row Y26 of the inventory",
    (
        ("tax_loan", "税贷通", "loan by tax record"),
        ("tech_loan", "科创贷", "loan to technology firms"),
        ("credit_insured_loan", "信保贷", "loan under credit insurance"),
        ("assisted_guarantee_loan", "助保贷", "loan with a fund that assists the guarantee"),
        ("direct_guarantee_loan", "直保贷", "loan with a direct guarantee"),
        ("startup_guarantee_loan", "创业担保贷", "start-up loan with a guarantee"),
        ("procurement_loan", "政采智贷", "loan on government procurement"),
        ("receivables_pledge", "应收账款质押", "loan on pledged receivables"),
    ),
)
_L37: Final = "row L37 of the inventory"
_CROSS_SELL: Final = (
    Product(
        code="etc",
        zh="ETC",
        en="road toll tag",
        kind="channel",
        lists=("cross_sell",),
        source=_L37,
    ),
    *_listed(
        "cross_sell",
        _L37,
        (
            ("card_instalment", "信用卡分期", "instalments on a credit card"),
            ("white_collar_loan", "白领贷", "loan to employees"),
        ),
    ),
    Product(
        code="fixed_profit",
        zh="定本利",
        en="deposit with a fixed yield",
        kind="deposit",
        lists=("cross_sell",),
        source=_L37,
    ),
    *_listed(
        "cross_sell",
        _L37,
        (
            ("womens_loan", "丽人贷", "loan to women"),
            ("household_loans", "一户多贷", "several loans in one household"),
            ("batch_credit", "批量授信", "credit granted in batches"),
        ),
    ),
)
_DEEMED: Final = _listed(
    "deemed_unsecured",
    "row D22 of the inventory",
    (
        ("micro_loan", "小微贷", "micro loan"),
        ("top_up_guarantee", "增额保", "guarantee on a raised limit"),
        ("micro_easy_loan", "微企易贷", "easy loan to micro firms"),
    ),
)
_SCHEMES: Final = _listed(
    "special_scheme",
    "row Y30 of the inventory",
    (
        ("warm_merchant_loan", "暖商贷", "loan to merchants by their acquiring"),
        ("epidemic_aid_loan", "抗疫助商贷", "loan to merchants in the epidemic"),
        ("parking_loan", "车位贷", "loan for a parking space"),
        ("kin_loan", "亲情贷", "loan among kin"),
        ("tobacco_loan", "烟商贷", "loan to tobacco merchants"),
    ),
)
_ONLINE: Final = _listed(
    "manual_diligence",
    "source 000: manual due diligence added to the online product",
    (("jiandan_e_loan", "简丹e贷", "online loan to persons"),),
)

CATALOGUE: Final = Catalogue((*_MICRO, *_CROSS_SELL, *_DEEMED, *_SCHEMES, *_ONLINE))
"""The products that the source documents name: a bank brings its own."""
