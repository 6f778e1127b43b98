"""Programmes with their partners, places and published figures, and the list of sectors."""

from __future__ import annotations

from portal.models import (
    Label,
    Location,
    Organisation,
    Partnership,
    Programme,
    ReportedFigure,
    Sector,
)
from procurement.demo.source import key, toml


def load() -> dict[str, Programme]:
    """Store the programmes; answers them by their address."""
    data = toml("programmes.toml")
    notice = data["notice"].strip()
    programmes = {
        row["slug"]: Programme(
            id=key("programme", row["slug"]),
            description=f"{notice}\n\n{row['description'].strip()}",
            published=True,
            **{
                name: row[name]
                for name in (
                    *("slug", "name", "kind", "summary", "city", "country", "time_zone"),
                    *("languages", "mailbox", "telephone"),
                )
            },
            opened_on=row.get("opened_on"),
        )
        for row in data["programme"]
    }
    Programme.objects.bulk_create(programmes.values())
    names = sorted({one["organisation"] for row in data["programme"] for one in row["partners"]})
    organisations = {name: Organisation(id=key("organisation", name), name=name) for name in names}
    # Organisations may stand there already: somebody worked with this portal before.
    Organisation.objects.bulk_create(organisations.values(), ignore_conflicts=True)
    organisations = {one.name: one for one in Organisation.objects.filter(name__in=names)}
    for row in data["programme"]:
        programme = programmes[row["slug"]]
        Partnership.objects.bulk_create(
            Partnership(
                id=key("partnership", row["slug"], one["organisation"], one["role"]),
                programme=programme,
                organisation=organisations[one["organisation"]],
                role=one["role"],
                note=one["note"],
            )
            for one in row["partners"]
        )
        Location.objects.bulk_create(
            Location(
                id=key("location", row["slug"], one["address"]),
                programme=programme,
                address=one["address"],
                since=one.get("since"),
                until=one.get("until"),
            )
            for one in row["locations"]
        )
        Label.objects.bulk_create(
            Label(id=key("label", row["slug"], name), programme=programme, name=name)
            for name in row["labels"]
        )
    ReportedFigure.objects.bulk_create(
        ReportedFigure(
            id=key("figure", one["programme"], str(one["year"]), one["label"]),
            programme=programmes[one["programme"]],
            value=one["value"],
            label=one["label"],
            year=one["year"],
            source=one["source"],
            published_on=one.get("published_on"),
            on_home=one.get("on_home", False),
            order=order,
        )
        for order, one in enumerate(data["figure"])
    )
    return programmes


def load_sectors() -> dict[str, Sector]:
    """Store the sectors that are not there yet; answers all by their code."""
    Sector.objects.bulk_create(
        (
            Sector(id=key("sector", row["code"]), code=row["code"], name=row["name"], order=order)
            for order, row in enumerate(toml("programmes.toml")["sector"])
        ),
        ignore_conflicts=True,
    )
    return {sector.code: sector for sector in Sector.objects.all()}
