"""Ids of nobody: resident ids, credit codes and customer numbers with valid check signs.

The region code starts with 99, which GB/T 2260 assigns to no province.
Check signs: resident id GB 11643 (ISO 7064 MOD 11-2), unified social credit code
GB 32100 (modulus 31), organisation code inside it GB 11714 (modulus 11).
"""

import datetime

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "branch_numbers",
    "credit_code",
    "credit_codes",
    "customer_numbers",
    "resident_id",
]

_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def resident_id(region: str, born_on: datetime.date, sequence: int) -> str:
    """Return an 18-character resident id with its check sign.

    The example is the standard's own.

    >>> resident_id("110105", datetime.date(1949, 12, 31), 2)
    '11010519491231002X'
    """
    body = f"{region}{born_on:%Y%m%d}{sequence:03d}"
    total = sum(int(sign) * weight for sign, weight in zip(body, _RESIDENT_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def credit_code(category: str, region: str, serial: str) -> str:
    """Return an 18-character unified social credit code with both check signs.

    The example is the standard's own.

    >>> credit_code("91", "350100", "M000100Y")
    '91350100M000100Y43'
    """
    parts = zip(serial, _ORGANISATION_WEIGHTS, strict=True)
    total = sum(_LETTERS.index(sign) * weight for sign, weight in parts)
    body = category + region + serial + "0X987654321"[total % 11]
    parts = zip(body, _CREDIT_WEIGHTS, strict=True)
    total = sum(_SIGNS.index(sign) * weight for sign, weight in parts)
    return body + _SIGNS[-total % 31]


def customer_numbers(numbers: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Return ``C`` and nine digits for each number, as one array of ten bytes each.

    >>> customer_numbers(np.array([123456])).tolist()
    [b'C000123456']
    """
    signs = np.empty((len(numbers), 10), dtype=np.uint8)
    signs[:, 0] = ord("C")
    _write_digits(signs, numbers, 1, 9)
    return signs.view("S10").ravel()


def credit_codes(numbers: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Return a credit code for each number from 0 to 9e8; other numbers, other codes.

    The result equals `credit_code` of the same serial.

    >>> code = credit_codes(np.array([5]))[0].decode()
    >>> code, code == credit_code(code[:2], code[2:8], code[8:16])
    ('919901055MYMQ1D064', True)
    """
    signs = np.empty((len(numbers), 18), dtype=np.uint8)
    alphabet = np.frombuffer(_SIGNS.encode(), dtype=np.uint8)
    values = np.zeros((len(numbers), 18), dtype=np.uint8)
    values[:, :5] = (9, 1, 9, 9, 0)
    values[:, 5] = 1
    values[:, 6] = numbers // 10 % 2
    values[:, 7] = numbers % 10
    # A multiplication modulo 31**8 by a number without the factor 31 permutes the serials.
    serial = numbers * 31_415_926_535 % 31**8
    for place in range(15, 7, -1):
        serial, values[:, place] = np.divmod(serial, 31)
    signs[:, :16] = alphabet[values[:, :16]]
    letters = np.zeros(31, dtype=np.int64)
    letters[:] = [_LETTERS.index(sign) for sign in _SIGNS]
    total = letters[values[:, 8:16]] @ np.array(_ORGANISATION_WEIGHTS)
    signs[:, 16] = np.frombuffer(b"0X987654321", dtype=np.uint8)[total % 11]
    values[:, 16] = np.array([_SIGNS.index(sign) for sign in "0X987654321"])[total % 11]
    total = values[:, :17].astype(np.int64) @ np.array(_CREDIT_WEIGHTS)
    signs[:, 17] = alphabet[-total % 31]
    return signs.view("S18").ravel()


def branch_numbers(numbers: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Return ids of mixed width and form, many with a branch before a dash.

    Four numbers in ten are ``ZJ0031-0001234``, three ``12-345``, two plain digits, one
    ``C`` and digits; no two numbers share an id.  They are 6 to 14 bytes wide when the
    numbers have six to nine digits.

    >>> [one.decode() for one in branch_numbers(np.array([100_234, 100_235, 100_238, 100_239]))]
    ['ZJ0034-0100234', '75-100235', '100238', 'C100239']
    """
    signs = np.zeros((len(numbers), 14), dtype=np.uint8)
    form = np.array([0, 1, 0, 1, 0, 1, 0, 2, 2, 3])[numbers % 10]
    for length in range(1, 10):
        of_length = (numbers >= 10 ** (length - 1)) & (numbers < 10**length)
        for kind in range(4):
            rows = np.flatnonzero(of_length & (form == kind))
            if rows.size:
                signs[rows] = _branch_form(kind, numbers[rows], length)
    return signs.view("S14").ravel()


def _branch_form(kind: int, numbers: NDArray[np.int64], length: int) -> NDArray[np.uint8]:
    """Return the rows of `branch_numbers` that share a form and a length."""
    signs = np.zeros((len(numbers), 14), dtype=np.uint8)
    if kind == 0:
        signs[:, :2] = (ord("Z"), ord("J"))
        _write_digits(signs, numbers // 10**7 * 100 + numbers % 100, 2, 4)
        signs[:, 6] = ord("-")
        _write_digits(signs, numbers % 10**7, 7, 7)
    elif kind == 1:
        _write_digits(signs, 10 + numbers % 90, 0, 2)
        signs[:, 2] = ord("-")
        _write_digits(signs, numbers, 3, length)
    elif kind == 2:
        _write_digits(signs, numbers, 0, length)
    else:
        signs[:, 0] = ord("C")
        _write_digits(signs, numbers, 1, length)
    return signs


def _write_digits(
    signs: NDArray[np.uint8], numbers: NDArray[np.int64], first: int, width: int
) -> None:
    """Write each number into its row of signs, with leading zeros, from a place on."""
    for place in range(first + width - 1, first - 1, -1):
        numbers, digit = np.divmod(numbers, 10)
        signs[:, place] = digit + ord("0")
