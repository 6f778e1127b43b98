"""A startup's journey: what happened to it, read from the audit trail as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy

from portal import audit
from portal.models import AuditEntry, ProgrammeStaff, User
from startups.choices import MemberRole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django_stubs_ext import StrPromise

    from startups.models import Startup

#: What is said of each thing that happened, by subject and verb; ``{member}`` is a name.
#: Higher apps add the sentences of their own verbs from their `panels`.
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
#: Who asked and was refused concerns the owners.
OF_OWNERS = Q(subject_type="startups.joinrequest", verb__in=["ask-to-join", "decline"])
LENGTH = 50


def journey_of(startup: Startup, reader: User, *, limit: int = LENGTH) -> list[dict[str, Any]]:
    """The latest entries the reader may know of, newest first, for the timeline."""
    # Entries never change, so what happened to a merged record keeps that record's key.
    merged = type(startup).everything.filter(merged_into=startup)
    keys = [startup.pk, *merged.values_list("pk", flat=True)]
    about = AuditEntry.objects.filter(startup_id__in=keys)
    own_record = Q(subject_type__startswith="startups.") & ~Q(verb="merge-away")
    if startup.has_member(reader):
        # What staff do to an application is told by its letters and its page, when it is time.
        has_a_role = Exists(ProgrammeStaff.objects.filter(user=OuterRef("actor")))
        by_the_team = Q(actor__isnull=False, actor__is_superuser=False) & ~Q(has_a_role)
        entries = about.filter(own_record | by_the_team)
    else:
        of_my_programmes = AuditEntry.objects.visible_to(reader).filter(startup_id__in=keys)
        entries = about.filter(own_record | Q(pk__in=of_my_programmes.values("pk")))
    if not startup.has_member(reader, MemberRole.OWNER):
        entries = entries.exclude(OF_OWNERS)
    found = list(entries.select_related("actor").order_by("-id")[:limit])
    names = _names(found)
    return [
        {
            "when": entry.at,
            "text": sentence_of(entry, names),
            "who": _who(entry) if audit.may_name(entry, reader) else "",
            "reason": entry.reason if audit.may_name(entry, reader) else "",
        }
        for entry in found
    ]


def _who(entry: AuditEntry) -> str:
    return entry.actor.shown_name if entry.actor else _("the portal")


def sentence_of(entry: AuditEntry, names: dict[str, str]) -> str:
    """The entry as a sentence; what other apps wrote is named by its record and its step."""
    model = apps.get_model(entry.subject_type)
    template = SENTENCES.get(f"{entry.subject_type}:{entry.verb}")
    if template is None:
        verb = capfirst(entry.verb.replace("-", " "))
        return f"{capfirst(str(model._meta.verbose_name))}: {verb}"
    role = entry.facts.get("role", "")
    return str(template).format(
        member=names.get(str(entry.facts.get("member", "")), _("A former user")),
        role=MemberRole(role).label if role in MemberRole.values else "",
        fields=", ".join(_label_of(model, name) for name in entry.facts.get("fields", [])),
    )


def _label_of(model: Any, name: str) -> str:
    if name in {"founders", "contacts"}:
        return {"founders": _("founders"), "contacts": _("contacts")}[name]
    return str(model._meta.get_field(name).verbose_name)


def _names(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of the people the entries speak of, in one query."""
    keys: set[UUID | str] = {entry.facts["member"] for entry in entries if "member" in entry.facts}
    return {str(user.pk): user.shown_name for user in User.objects.filter(pk__in=keys)}
