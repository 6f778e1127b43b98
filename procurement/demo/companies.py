"""The applying organisations with their people, written by hand or composed of names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects

from challenges.choices import Outcome
from procurement.demo import people
from procurement.demo.calls import CHALLENGE, INTAKE, PURCHASE
from procurement.demo.source import chance, key, table, toml
from startups.choices import (
    FounderGender,
    FundingStage,
    MemberRole,
    ProductStage,
    SizeBand,
    StartupKind,
)
from startups.models import Contact, Founder, Membership, Startup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from portal.models import Sector, User

#: The intake of 2020 as published: 17 of 237, 6 of 75 from Japan and 11 of 162 from abroad, and the
#: sectors of the 17. The founder's organisation is the eleventh from abroad, in health tech.
CHOSEN_IN_JAPAN = (
    *("health-tech", "health-tech", "health-tech"),
    *("e-commerce", "business-transformation", "tourism-tech"),
)
CHOSEN_ABROAD = {
    "IN": "health-tech",
    "US": "health-tech",
    "SG": "health-tech",
    "DE": "health-tech",
    "TW": "e-commerce",
    "ID": "social-tech",
    "GB": "remote-work",
    "VN": "online-education",
    "BR": "audio-tech",
    "UA": "pet-tech",
}
#: Among the others; nothing was published about these, so the numbers are the demonstration's own.
RESERVES, INELIGIBLES = 6, 11
OTHER_SECTORS = {
    "health-tech": 40,
    "e-commerce": 14,
    "social-tech": 10,
    "remote-work": 8,
    "business-transformation": 10,
    "online-education": 10,
    "audio-tech": 2,
    "tourism-tech": 4,
    "pet-tech": 2,
}
FUNDING = {
    ProductStage.IDEA: FundingStage.NONE,
    ProductStage.PROTOTYPE: FundingStage.PRE_SEED,
    ProductStage.PILOT: FundingStage.SEED,
    ProductStage.REVENUE: FundingStage.EARLY,
    ProductStage.SCALING: FundingStage.GROWTH,
}
SELF_FINANCED = {StartupKind.NON_PROFIT, StartupKind.UNIVERSITY, StartupKind.TEAM}
REGISTERS = {
    "JP": "Corporate number",
    "GB": "Companies House",
    "SE": "Bolagsverket",
    "DE": "Handelsregister",
    "KE": "Business Registration Service",
    "IN": "Ministry of Corporate Affairs",
}


@dataclass
class Company:
    """An organisation as it will be stored, with what it writes and where it applies."""

    key: str
    startup: Startup
    people: list[User]
    founders: list[Founder]
    contacts: list[Contact]
    theme: Mapping[str, Any]
    call: str
    #: What it wrote itself, by call and by the file's name of the question.
    own_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: Of the intake that is decided.
    outcome: Outcome | None = None


def written_by_hand(sectors: Mapping[str, Sector]) -> Iterator[Company]:
    """The applicants of the innovation centres."""
    themes = {
        theme["key"]: theme
        for name in ("themes_climate.toml", "themes_own_words.toml")
        for theme in toml(name)["theme"]
    }
    for row in table("organisations.csv"):
        theme = themes[row["theme"]]
        call = {"kobe": CHALLENGE, "sweden": PURCHASE}[row["call"]]
        person = people.make_person(
            f"{row['key']}@example.net",
            given=row["given"],
            family=row["family"],
            shown=row["shown"],
            zone="UTC",
        )
        yield _company(row, theme=theme, sector=sectors[theme["sector"]], person=person, call=call)


def of_the_founder(sectors: Mapping[str, Sector], cast: Mapping[str, User]) -> Company:
    """The organisation of the account that founders try things out with."""
    data = toml("founder.toml")
    row = {**data["organisation"], "shown": cast[people.FOUNDER].shown_name}
    theme = {"title": data["accelerator"]["title"], "line": row["line"]}
    company = _company(
        row,
        theme=theme,
        sector=sectors[row["sector"]],
        person=cast[people.FOUNDER],
        call="",
        own_words={
            CHALLENGE: data["kobe"],
            PURCHASE: data["sweden"],
            INTAKE: data["accelerator"],
        },
    )
    company.people.append(cast[people.COLLEAGUE])
    company.contacts.append(
        _contact(company.startup, cast[people.COLLEAGUE].shown_name, "+254 700 555 078", order=2)
    )
    company.outcome = Outcome.SELECTED
    return company


def of_the_intake(sectors: Mapping[str, Sector]) -> Iterator[Company]:
    """The other 236 applicants of 2020, composed of names, themes and places."""
    names = toml("names.toml")
    themes: dict[str, list[Mapping[str, Any]]] = {}
    for theme in toml("themes_pandemic.toml")["theme"]:
        themes.setdefault(theme["sector"], []).append(theme)
    turns = {sector: cycle(found) for sector, found in themes.items()}
    maker = _Maker(names)
    for country, sector, outcome in _places(names):
        row = maker.row(country, sector, outcome)
        yield _company(
            row,
            theme=next(turns[sector]),
            sector=sectors[sector],
            person=people.make_person(
                f"{row['key']}@example.net",
                given=row["given"],
                family=row["family"],
                shown=row["shown"],
                zone=names[country]["zone"],
            ),
            call=INTAKE,
            outcome=outcome,
        )


def _places(names: Mapping[str, Any]) -> Iterator[tuple[str, str, Outcome]]:
    """Country, sector and outcome of each applicant, in a mixed order."""
    left = Counter({code: row["weight"] for code, row in names.items() if "weight" in row})
    left["KE"] -= 1  # the founder's organisation
    places = [("JP", sector, Outcome.SELECTED) for sector in CHOSEN_IN_JAPAN]
    places += [(code, sector, Outcome.SELECTED) for code, sector in CHOSEN_ABROAD.items()]
    left.subtract(country for country, _sector, _outcome in places)
    luck = chance("intake")
    others = sorted(left.elements())
    luck.shuffle(others)
    drawn = luck.choices(list(OTHER_SECTORS), weights=list(OTHER_SECTORS.values()), k=len(others))
    outcomes = [Outcome.RESERVE] * RESERVES + [Outcome.INELIGIBLE] * INELIGIBLES
    outcomes += [Outcome.NOT_SELECTED] * (len(others) - len(outcomes))
    luck.shuffle(outcomes)
    places += zip(others, drawn, outcomes, strict=True)
    luck.shuffle(places)
    yield from places


class _Maker:
    """Makes up organisations; no name twice."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = names
        self.used: set[str] = set()
        self.numbers = count(1)

    def row(self, country: str, sector: str, outcome: Outcome) -> dict[str, Any]:
        """One organisation, in the columns of ``organisations.csv``."""
        number = next(self.numbers)
        luck = chance("organisation", str(number))
        local = self.names[country]
        legal, trading = self._name(country, sector, luck)
        family, given = luck.choice(local["family"]), luck.choice(local["given"])
        # Nobody uses the products of those who are ruled out: that is the reason they are given.
        stages = [2, 8, 0, 0, 0] if outcome == Outcome.INELIGIBLE else [0, 0, 50, 40, 10]
        first, last = (family, given) if local.get("order") == "family" else (given, family)
        return {
            "key": _address(trading) or f"{country.lower()}-{number:03d}",
            "legal_name": legal,
            "trading_name": trading,
            "kind": luck.choices(
                ["startup", "sme", "team", "university"], weights=[84, 8, 5, 3], k=1
            )[0],
            "country": country,
            "city": luck.choice(local["cities"]),
            "founded_on": date(2015, 1, 5) + timedelta(days=luck.randrange(1_900)),
            "size": luck.choices(list(SizeBand.values), weights=[6, 62, 28, 4, 0], k=1)[0],
            "stage": luck.choices(list(ProductStage.values), weights=stages, k=1)[0],
            "women": luck.choices(["yes", "no", ""], weights=[25, 45, 30], k=1)[0],
            "given": given,
            "family": family,
            "shown": f"{first} {last}".strip(),
            "telephone": f"{local['dial']} 555 {number:04d}",
        }

    def _name(self, country: str, sector: str, luck: Any) -> tuple[str, str]:
        local, field_names = self.names[country], self.names["sector"][sector]
        words = (
            field_names["japan"] if country == "JP" else local.get("words", field_names["words"])
        )
        pairs = [(first, word) for first in local["first"] for word in words]
        luck.shuffle(pairs)
        for first, word in pairs:
            trading = f"{first}{word}" if country == "JP" else f"{first} {word}"
            if trading not in self.used:
                break
        else:  # more organisations than names: the town tells them apart
            first, city = luck.choice(local["first"]), luck.choice(local["cities"])
            trading = f"{first} {city} {luck.randrange(2, 99)}"
        self.used.add(trading)
        suffix = luck.choice(local["suffix"])
        if country == "JP":
            return f"{trading}{suffix}", trading
        if suffix == "PT":
            return f"PT {trading}", trading
        if suffix == "ТОВ":
            return f"ТОВ «{trading}»", trading
        return f"{trading} {suffix}", trading


def _address(name: str) -> str:
    """The name as the first part of a mail address; empty where it has no Latin letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words if len(words.replace("-", "")) * 2 > len(name) else ""


def _company(
    row: Mapping[str, Any],
    *,
    theme: Mapping[str, Any],
    sector: Sector,
    person: User,
    call: str,
    own_words: Mapping[str, Mapping[str, str]] | None = None,
    outcome: Outcome | None = None,
) -> Company:
    name, kind = row["key"], StartupKind(row["kind"])
    stage = ProductStage(row["stage"])
    luck = chance("facts", name)
    founded_on = row["founded_on"] or None
    registered = kind not in {StartupKind.TEAM, StartupKind.UNIVERSITY}
    startup = Startup(
        id=key("startup", name),
        kind=kind,
        legal_name=row["legal_name"],
        trading_name=row["trading_name"],
        country=row["country"],
        city=row["city"],
        registration_number=f"DEMO-{luck.randrange(10**6, 10**7)}" if registered else "",
        registration_scheme=REGISTERS.get(row["country"], "National register")
        if registered
        else "",
        founded_on=date.fromisoformat(founded_on) if isinstance(founded_on, str) else founded_on,
        website="" if kind == StartupKind.TEAM else f"https://{name}.example.com/",
        size_band=row["size"],
        women_owned={"yes": True, "no": False}.get(row["women"]),
        sector=sector,
        funding_stage=FundingStage.NONE if kind in SELF_FINANCED else FUNDING[stage],
        product_stage=stage,
        summary=theme["line"],
    )
    founders = [
        Founder(
            id=key("founder", name, "1"),
            startup=startup,
            name=row["shown"],
            role="Director" if registered else "Head of the team",
            gender=FounderGender.WOMAN if row["women"] == "yes" else FounderGender.UNSAID,
        )
    ]
    contacts = [_contact(startup, row["shown"], row["telephone"], email=person.email)]
    return Company(
        name, startup, [person], founders, contacts, theme, call, own_words or {}, outcome
    )


def _contact(
    startup: Startup, name: str, telephone: str, *, email: str = "", order: int = 1
) -> Contact:
    return Contact(
        id=key("contact", str(startup.pk), str(order)),
        startup=startup,
        name=name,
        email=email,
        telephone=telephone,
        order=order,
    )


def store(companies: Sequence[Company], begun_at: Mapping[str, datetime]) -> None:
    """Store organisations with founders, contacts and members; ``begun_at`` by their key."""
    people.store(
        company.people[0] for company in companies if company.people[0].email != people.FOUNDER
    )
    for company in companies:
        company.startup.created_at = begun_at[company.key]
    Startup.objects.bulk_create(company.startup for company in companies)
    Founder.objects.bulk_create(_each(companies, "founders"))
    Contact.objects.bulk_create(_each(companies, "contacts"))
    Membership.objects.bulk_create(
        Membership(
            id=key("membership", company.key, person.email),
            created_at=begun_at[company.key] + timedelta(minutes=order),
            startup=company.startup,
            user=person,
            role=MemberRole.EDITOR if order else MemberRole.OWNER,
        )
        for company in companies
        for order, person in enumerate(company.people)
    )
    # A submitted copy holds the facts; read here for all at once.
    prefetch_related_objects([company.startup for company in companies], "founders", "contacts")


def _each(companies: Iterable[Company], name: str) -> list[Any]:
    return [record for company in companies for record in getattr(company, name)]
