"""Two records of one organisation that became one, with all that is needed to part them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.models import Record
from startups.models.startup import Startup

if TYPE_CHECKING:
    from datetime import datetime

    from portal.models import User


class MergeQuerySet(models.QuerySet["Merge"]):
    """Merges, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Those of the records one sees."""
        return self.filter(kept__in=Startup.objects.visible_to(user))


class Merge(Record):
    """One record went into another; what moved is kept here, so that undoing restores exactly."""

    kept = models.ForeignKey(Startup, on_delete=models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Startup, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    #: Keys of the rows that moved, by the name of the model.
    moved = models.JSONField(default=dict)
    #: Memberships of people who belonged to both: key, person, role.
    removed = models.JSONField(default=list)
    #: Facts and roles of the kept record as they were.
    before = models.JSONField(default=dict)
    #: The kept record's version afterwards: a later one was written by somebody.
    version = models.PositiveIntegerField()
    #: The entry of the audit trail, to know what came after it.
    entry = models.BigIntegerField()
    undo_until = models.DateTimeField(_("can be undone until"))
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of two records")
        verbose_name_plural = _("merges of records")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["gone"], condition=Q(undone_at=None), name="record_is_merged_away_once"
            ),
            models.CheckConstraint(
                condition=~Q(kept=models.F("gone")), name="record_is_not_merged_with_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} → {self.kept_id}"

    def may_be_undone_at(self, now: datetime) -> bool:
        """Whether its days are not over and nobody undid it."""
        return self.undone_at is None and now < self.undo_until


def host_of(website: str) -> str:
    """``https://www.example.org/en`` → ``example.org``."""
    return (urlsplit(website.lower()).hostname or "").removeprefix("www.")


#: Only the youngest records are compared with all others, so that the list costs the same always.
YOUNGEST = 300
#: Above this two names are one name with a slip, "Ltd" or a space.
ALIKE = 0.6
_HOST = r"regexp_replace(lower({0}.website), '^https?://(www\.)?([^/:?#]+).*$', '\2')"
_PAIRS = f"""
    WITH mine AS ({{visible}}),
    young AS (
        SELECT s.* FROM startups_startup s JOIN mine ON mine.id = s.id
        ORDER BY s.created_at DESC LIMIT %s
    ),
    found AS (
        SELECT a.id AS younger, b.id AS other, 'name' AS why
        FROM young a JOIN startups_startup b
          ON b.legal_name %% a.legal_name AND b.country = a.country AND b.id <> a.id
        WHERE similarity(lower(a.legal_name), lower(b.legal_name)) >= %s
        UNION ALL
        SELECT a.id, b.id, 'number' FROM young a JOIN startups_startup b
          ON b.country = a.country AND b.id <> a.id AND a.registration_number <> ''
         AND lower(b.registration_number) = lower(a.registration_number)
        UNION ALL
        SELECT a.id, b.id, 'website' FROM young a JOIN startups_startup b
          ON a.website <> '' AND b.website <> '' AND b.id <> a.id
         AND {_HOST.format("a")} = {_HOST.format("b")}
    )
    SELECT least(younger, other), greatest(younger, other), array_agg(DISTINCT why)
    FROM found WHERE other IN (SELECT id FROM mine)
    GROUP BY 1, 2 ORDER BY count(DISTINCT why) DESC, 1, 2 LIMIT %s
"""  # noqa: S608 -- our own columns; values are parameters


def likely_pairs(user: User, *, limit: int = 50) -> list[tuple[Startup, Startup, list[str]]]:
    """Pairs of records the person sees that look like one organisation, the likeliest first."""
    mine = Startup.objects.visible_to(user).order_by().values("id")
    visible, parameters = mine.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS.format(visible=visible), [*parameters, YOUNGEST, ALIKE, limit])
        rows = cursor.fetchall()
    seen = Startup.objects.visible_to(user).in_bulk({key for row in rows for key in row[:2]})
    return [(seen[one], seen[other], list(why)) for one, other, why in rows]


def likely_same(startup: Startup, user: User, *, limit: int = 10) -> list[Startup]:
    """Records the person sees that look like this one: by number, website or name."""
    same = Q(legal_name__trigram_similar=startup.legal_name) | Q(
        trading_name__trigram_similar=startup.name
    )
    if startup.registration_number:
        same |= Q(country=startup.country, registration_number__iexact=startup.registration_number)
    if host := host_of(startup.website):
        same |= Q(website__icontains=host)
    found = Startup.objects.visible_to(user).filter(same).exclude(pk=startup.pk)
    return list(found.order_by("legal_name")[:limit])
