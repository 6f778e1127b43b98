"""A new version of a form: begun, described, given up. Putting it in force is a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from challenges.choices import CallState
from challenges.models import Call, FormVersion, Sheet
from challenges.workflow.form import form_workflow
from portal import audit
from portal.workflow import StepRefused, lock_to_change

if TYPE_CHECKING:
    from portal.models import User
    from portal.workflow import Step


def _locked(call: Call, by: User) -> Sheet:
    lock_to_change(Call, call.pk)
    locked = Call.objects.select_related("programme").get(pk=call.pk)
    if not by.has_perm("challenges.add_formversion", locked):
        raise StepRefused(_("You may not change this form."), permission=True)
    return Sheet.of(locked)


def _prepared(call: Call, by: User) -> tuple[Sheet, FormVersion]:
    sheet = _locked(call, by)
    if sheet.version is None:
        raise StepRefused(_("No new version is in preparation."))
    return sheet, sheet.version


@transaction.atomic
def begin_version(*, call: Call, by: User) -> FormVersion:
    """Prepare a new version beside the one in force; teams see nothing of it.

    Raises:
        StepRefused: not needed, begun already, or too late for anybody to answer.
    """
    sheet = _locked(call, by)
    if sheet.version is not None:
        raise StepRefused(_("A new version is in preparation already."))
    if not sheet.is_submitted:
        raise StepRefused(_("Nobody has submitted yet, so the questions can simply be changed."))
    if sheet.call.state != CallState.PUBLISHED or not sheet.call.is_open:
        raise StepRefused(_("The call is not open any more. Its questions stay as they are."))
    version = FormVersion.objects.create(
        call=sheet.call, number=sheet.call.form_version + 1, made_by=by
    )
    audit.record(sheet.call, "begin-form-version", actor=by, facts={"version": version.number})
    return version


@transaction.atomic
def describe_version(*, call: Call, note: str, ask_submitted: bool, by: User) -> FormVersion:
    """What the teams are told, and whether those who have submitted are asked as well."""
    _sheet, version = _prepared(call, by)
    version.note, version.ask_submitted = note, ask_submitted
    version.save(update_fields=["note", "ask_submitted"])
    return version


@transaction.atomic
def give_up_version(*, call: Call, by: User) -> None:
    """Everything is again as in the version in force; what was prepared is gone."""
    sheet, version = _prepared(call, by)
    own = [row.pk for row in sheet.rows if row.added_in == version.number]
    rows = sheet.call.questions
    rows.filter(pk__in=own).update(shown_if=None, replaces=None)
    rows.filter(pk__in=own).delete()
    rows.filter(removed_in=version.number).update(removed_in=None)
    audit.record(sheet.call, "give-up-form-version", actor=by, facts={"version": version.number})
    version.delete()


def publish_version(*, version: FormVersion, by: User) -> Step[FormVersion]:
    """Put it in force; open drafts move to it and their teams are told."""
    return form_workflow.perform(version, "publish", actor=by)
