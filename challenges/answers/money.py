"""Amounts of money: which codes there are, how an amount is kept, how it reads."""

from __future__ import annotations

import re
from typing import Any

from challenges.answers.numbers import grouped, plain
from challenges.answers.text import one_line

#: Codes of money in use: ISO 4217, list one (currencies), published by SIX as the maintenance
#: agency, as amended up to January 2026; without funds, metals, test codes and units of account.
_LIST_ONE = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = tuple(_LIST_ONE.split())
#: How many decimals the smallest unit makes, and where it is another number (ISO 4217, "minor
#: unit", as of January 2026).
USUAL_DECIMALS = 2
DIGITS_OF_A_GROUP = 3
_WITHOUT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
DECIMALS = dict.fromkeys(CURRENCIES, USUAL_DECIMALS) | dict.fromkeys(_WITHOUT.split(), 0)
DECIMALS |= dict.fromkeys(_THREE.split(), 3)
#: Stands for a currency that nobody has chosen yet.
NONE = "-"
_KEPT = re.compile(r"([A-Z]{3}|-)(?: (.*))?", re.DOTALL)
_CODE = re.compile(r"[A-Za-z]{3}")
_BEFORE = re.compile(r"([A-Za-z]{3}) ?([^A-Za-z]*)")
_BEHIND = re.compile(r"([^A-Za-z]*?) ?([A-Za-z]{3})")


def taken(question: Any) -> tuple[str, ...]:
    """The currencies a question takes; where it names none, all of them."""
    return tuple(question.currencies) or CURRENCIES


def split(value: str) -> tuple[str, str]:
    """Currency and amount of a kept text, or of one that somebody wrote in one piece."""
    if found := _KEPT.fullmatch(value):
        return ("" if found[1] == NONE else found[1], found[2] or "")
    if found := _BEFORE.fullmatch(value.strip()):
        return found[1].upper(), found[2]
    if found := _BEHIND.fullmatch(value.strip()):
        return found[2].upper(), found[1]
    return "", value


def number(currency: str, amount: str) -> str | None:
    """The number that an amount is; 1,200 is a thousand and more where money has two decimals."""
    return plain(amount, thousands=DECIMALS.get(currency, DIGITS_OF_A_GROUP) < DIGITS_OF_A_GROUP)


def join(question: Any, currency: str, amount: str) -> str:
    """How an amount is kept: ``JPY 1200000``; what cannot be read as a number stays as typed."""
    currency = currency.upper() if _CODE.fullmatch(currency) else ""
    amount = one_line(amount)
    only = taken(question)
    amount = number(currency or (only[0] if len(only) == 1 else ""), amount) or amount
    if len(only) == 1:
        if not amount:
            # The page names the one currency by itself: nobody has answered yet.
            return "" if currency in {"", *only} else currency
        currency = currency or only[0]
    if not amount:
        return currency
    return f"{currency or NONE} {amount}"


def in_words(value: str) -> str:
    """An amount as people read it, with its thousands apart and the decimals of its currency."""
    currency, amount = split(value)
    kept = number(currency, amount)
    if kept is not None:
        whole, _point, part = kept.partition(".")
        part = part.ljust(DECIMALS.get(currency, 0), "0") if part else ""
        amount = grouped(whole) + (f".{part}" if part else "")
    return f"{currency} {amount}".strip()
