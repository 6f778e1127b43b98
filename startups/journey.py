"""A startup's journey: what happened to it, read from the audit trail as sentences.

Nothing is told that has no sentence here, so that what a higher app writes next stays untold until
somebody has thought of its readers.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal import audit
from portal.choices import Role
from portal.models import AuditEntry, ProgrammeStaff, User
from portal.registry import registry
from startups.choices import MemberRole
from startups.models import ActionItem, CoachingSession, Goal, Mentoring, Pitch, Place
from startups.rules import COHORT_READERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrPromise

    from startups.models import Startup

#: What is said of each thing that happened, by subject and verb; ``{member}`` is a name, another
#: word in braces a fact of the entry. Higher apps add the sentences of their own verbs from their
#: `panels`. Of an entry whose facts say ``restricted`` the sentence with that ending is said.
SENTENCES: dict[str, StrPromise] = {
    "startups.startup:create": gettext_lazy("The record was made"),
    "startups.startup:change-facts": gettext_lazy("Facts changed: {fields}"),
    "startups.startup:remove-member": gettext_lazy("Membership of {member} ended"),
    "startups.startup:leave": gettext_lazy("{member} left"),
    "startups.startup:transfer-ownership": gettext_lazy("Ownership given to {member}"),
    "startups.startup:let-editors-submit": gettext_lazy("Editors may submit applications"),
    "startups.startup:let-owners-submit": gettext_lazy("Only owners may submit applications"),
    "startups.startup:hand-over": gettext_lazy("Handed over to {member} by the programme team"),
    "startups.startup:merge-records": gettext_lazy("Another record was merged into this one"),
    "startups.startup:merge-away": gettext_lazy("This record was merged into another"),
    "startups.startup:undo-merge": gettext_lazy("The merge was undone"),
    "startups.membership:change-role": gettext_lazy("{member} is now {role}"),
    "startups.invitation:invite": gettext_lazy("A person was invited as {role}"),
    "startups.invitation:accept": gettext_lazy("{member} joined as {role}"),
    "startups.invitation:decline": gettext_lazy("An invitation was declined"),
    "startups.invitation:withdraw": gettext_lazy("An invitation was withdrawn"),
    "startups.joinrequest:ask-to-join": gettext_lazy("A person asked to join"),
    "startups.joinrequest:accept": gettext_lazy("{member} joined as {role}"),
    "startups.joinrequest:decline": gettext_lazy("A request to join was declined"),
}
#: What the programme team does to an application and the startup was told of at that moment.
TOLD: set[str] = set()
#: Records nothing is ever told of here: who reviews, and what they say.
UNTOLD: set[str] = set()
#: Whose entries belong to no programme, by the beginning of their subject, and the permission that
#: staff need for them, asked with the startup.
PERMITTED: dict[str, str] = {}
#: Who asked and was refused concerns the owners.
OF_OWNERS = Q(subject_type="startups.joinrequest", verb__in=["ask-to-join", "decline"])
#: Who reads what became of applications in their programme.
STAFF = (Role.MANAGER, Role.COORDINATOR, Role.CHAIR, Role.APPROVER, Role.COMPLIANCE)
#: What a mentor reads, of the places they coach now.
COACHED: tuple[Any, ...] = (CoachingSession, Goal, ActionItem, Pitch, Mentoring)
LENGTH = 50


def entries_for(startup: Startup, reader: User) -> QuerySet[AuditEntry]:
    """What the reader may know of; nothing for whom it is none of."""
    # Entries never change, so what happened to a merged record keeps that record's key.
    merged = type(startup).everything.filter(merged_into=startup)
    keys = [startup.pk, *merged.values_list("pk", flat=True)]
    about = (
        AuditEntry.objects.annotate(what=Concat("subject_type", Value(":"), "verb"))
        .filter(startup_id__in=keys, what__in=list(SENTENCES))
        .exclude(subject_type__in=UNTOLD)
    )
    if startup.has_member(reader):
        entries = about.filter(_of_members(reader))
    else:
        entries = about.filter(_of_mentors(startup, reader) | _of_staff(startup, reader))
    if not startup.has_member(reader, MemberRole.OWNER):
        entries = entries.exclude(OF_OWNERS)
    return entries.select_related("actor")


def _of_members(reader: User) -> Q:
    """All that stands in their own record, their team's acts, and what they were told of."""
    own = Q(subject_type__startswith="startups.") & ~Q(verb="merge-away")
    for prefix in PERMITTED:
        own |= Q(subject_type__startswith=prefix)
    team = ~Q(actor__in=ProgrammeStaff.objects.values("user")) & Q(
        actor__isnull=False, actor__is_superuser=False
    )
    return own | team | Q(actor=reader) | Q(what__in=TOLD)


def _of_mentors(startup: Startup, reader: User) -> Q:
    """Sessions, goals, what was promised and the pitch, of the places the person coaches."""
    coached = Place.objects.of_mentor(reader).filter(startup=startup)
    found = Q(pk__in=[])
    if not reader.has_role(None, Role.MENTOR):
        return found
    for model in COACHED:
        mine = model._default_manager.filter(place__in=coached.values("pk"))
        found |= Q(subject_type=model._meta.label_lower, subject_id__in=mine.values("pk"))
    return found


def _of_staff(startup: Startup, reader: User) -> Q:
    """The startup's own record, and of programmes only what is the person's own programme's."""
    if not reader.has_perm("startups.view_startup", startup):
        return Q(pk__in=[])
    cohorts = Q(subject_type__startswith="startups.")
    record = cohorts & Q(programme_id=None) & ~Q(verb="merge-away")
    found = record | cohorts & reader.within("programme_id", *COHORT_READERS)
    found |= ~cohorts & reader.within("programme_id", *STAFF)
    for prefix, permission in PERMITTED.items():
        if reader.has_perm(permission, startup):
            found |= Q(subject_type__startswith=prefix)
        else:
            found &= ~Q(subject_type__startswith=prefix)
    return found


def journey_of(startup: Startup, reader: User, *, limit: int = LENGTH) -> list[dict[str, Any]]:
    """The latest entries the reader may know of, newest first, for the timeline."""
    return told(entries_for(startup, reader).order_by("-id")[:limit], startup, reader)


def told(entries: Iterable[AuditEntry], startup: Startup, reader: User) -> list[dict[str, Any]]:
    """The entries of one page as the reader reads them."""
    found = list(entries)
    names = _names(found)
    member = startup.has_member(reader)
    lines = []
    for entry in found:
        named = audit.may_name(entry, reader)
        # Of what the team did to an application its letter says why and who answers questions.
        by_the_team = member and f"{entry.subject_type}:{entry.verb}" in TOLD
        by_the_team = by_the_team and (entry.actor_id not in startup.roles)
        lines.append(
            {
                "when": entry.at,
                "text": sentence_of(entry, names),
                "who": _("the programme team") if by_the_team else _who(entry) if named else "",
                "reason": entry.reason if named and not by_the_team else "",
            }
        )
    return lines


def _who(entry: AuditEntry) -> str:
    return entry.actor.shown_name if entry.actor else _("the portal")


class _Facts(dict[str, str]):
    """A fact that an old entry does not hold reads as a dash: the past is never an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def sentence_of(entry: AuditEntry, names: dict[str, str]) -> str:
    """The entry as a sentence."""
    model = apps.get_model(entry.subject_type)
    key = f"{entry.subject_type}:{entry.verb}"
    template = SENTENCES[key]
    if entry.facts.get("restricted"):
        template = SENTENCES.get(f"{key}:restricted", template)
    words = _Facts({name: _word(model, name, value) for name, value in entry.facts.items()})
    words["member"] = names.get(str(entry.facts.get("member", "")), _("A former user"))
    words["fields"] = ", ".join(_label_of(model, name) for name in entry.facts.get("fields", []))
    return str(template).format_map(words)


def _word(model: Any, name: str, value: Any) -> str:
    """A fact as people read it: by the choices of the field of that name, a day as a day."""
    if name == "role":
        return str(MemberRole(value).label) if value in MemberRole.values else ""
    label = registry.facts.get(name, "")
    if label.count(".") == 2:  # noqa: PLR2004 -- app, model, field
        label, _dot, name = label.rpartition(".")
        model = apps.get_model(label)
    field = next((one for one in model._meta.fields if one.name == name), None)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if name.endswith("_on") and isinstance(value, str):
        try:
            return date_format(date.fromisoformat(value), "D j M Y")
        except ValueError:
            return "–"
    return str(value)


def _label_of(model: Any, name: str) -> str:
    if name in {"founders", "contacts"}:
        return {"founders": _("founders"), "contacts": _("contacts")}[name]
    field = next((one for one in model._meta.get_fields() if one.name == name), None)
    return str(getattr(field, "verbose_name", name.replace("_", " ")))


def _names(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of the people the entries speak of, in one query."""
    keys: set[UUID | str] = {entry.facts["member"] for entry in entries if "member" in entry.facts}
    return {str(user.pk): user.shown_name for user in User.objects.filter(pk__in=keys)}
