"""What is done with many applications at once; each asks on a page of its own first."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.actions import decision as decisions
from challenges.actions.review import assign, jurors_of, spread
from challenges.forms.decision import DecisionForm, LabelForm, ResponsibleForm
from challenges.forms.review import AssignForm
from challenges.models import Application, Call
from challenges.rules import APPLICATION_READERS
from challenges.workflow.application import application_workflow
from portal import audit
from portal.models import Label, User
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse


class BulkActions(ScopedAdmin[Application]):
    """What the admin of applications offers for the rows that are ticked."""

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """For actions: begin reviews and give applications to jurors."""
        return bool(request.user.has_perm("challenges.assign_application"))

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """For actions: labels and who is responsible."""
        return bool(request.user.has_perm("challenges.handle_application"))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """For actions: prepare decisions."""
        return bool(request.user.has_perm("challenges.prepare_decision"))

    # -- in bulk ------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Start the review"), permissions=["steer"])
    def start_reviews(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        """Begin the review of each, as far as possible."""
        user: Any = request.user
        start = partial(application_workflow.perform, name="start-review", actor=user)
        started = self.do_to_each(request, queryset.order_by("pk"), start)
        text = ngettext("%d review started.", "%d reviews started.", started) % started
        self._report(request, started, text, [])

    def _one_call(self, request: HttpRequest, queryset: QuerySet[Application]) -> Call | None:
        """The call all of them belong to; says so if there is none."""
        calls = list(queryset.order_by().values_list("call", flat=True).distinct()[:2])
        if len(calls) != 1:
            self.message_user(request, _("Choose applications of one call."), messages.ERROR)
            return None
        return Call.objects.select_related("programme").get(pk=calls[0])

    def _call_to_handle(self, request: HttpRequest, queryset: QuerySet[Application]) -> Call | None:
        """The same for labels and who is responsible; says so if the person may not."""
        call = self._one_call(request, queryset)
        if call and not request.user.has_perm("challenges.handle_application", call):
            self.message_user(request, _("You may not do this."), messages.ERROR)
            return None
        return call

    @staticmethod
    def _answer(request: HttpRequest) -> Any:
        """What was written on the page in between; ``None`` while it is still to be asked."""
        return request.POST if "apply" in request.POST else None

    def _report(self, request: HttpRequest, done: int, text: str, left_out: Iterable[str]) -> None:
        """What came of it: why some were left out, and how many were not."""
        for sentence in islice(left_out, 20):
            self.message_user(request, sentence, messages.WARNING)
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[Application],
        *,
        action: str,
        title: str,
        button: str,
        form: Form,
        intro: str = "",
    ) -> HttpResponse:
        """The page between choosing rows and doing something with them."""
        rows = list(queryset.order_by("startup__legal_name"))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "rows": rows,
            "action": action,
            "button": button,
            "form": form,
            "intro": intro,
            # What the list was narrowed to; whoever comes back finds it so.
            "query": request.GET.urlencode(),
            "checkbox": ACTION_CHECKBOX_NAME,
            "count_text": ngettext("%(count)d application", "%(count)d applications", len(rows))
            % {"count": len(rows)},
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(
            request, "admin/challenges/application/ask.html", context, status=status
        )

    @admin.action(description=gettext_lazy("Assign jurors"), permissions=["steer"])
    def assign_reviewers(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> HttpResponse | None:
        """Choose jurors, or spread evenly."""
        call = self._one_call(request, queryset)
        if call is None:
            return None
        user: Any = request.user
        form = AssignForm(call, jurors_of(call.programme), self._answer(request))
        if form.is_bound and form.is_valid():
            verb = spread if form.cleaned_data["how"] == AssignForm.EVENLY else assign
            try:
                result = verb(
                    applications=queryset,
                    reviewers=form.cleaned_data["reviewers"],
                    by=user,
                    due_on=form.cleaned_data["due_on"],
                )
            except StepRefused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
                return None
            made = len(result.made)
            text = ngettext("%d review assigned.", "%d reviews assigned.", made) % made
            self._report(request, made, text, result.left_out)
            return None
        intro = ngettext(
            "The call wants %(wanted)d juror for each application. What is assigned stays.",
            "The call wants %(wanted)d jurors for each application. What is assigned stays.",
            call.reviewers_wanted,
        ) % {"wanted": call.reviewers_wanted}
        return self._ask(
            request,
            queryset,
            action="assign_reviewers",
            title=_("Assign jurors"),
            button=_("Assign"),
            form=form,
            intro=intro,
        )

    @admin.action(description=gettext_lazy("Put labels"), permissions=["handle"])
    def put_labels(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> HttpResponse | None:
        """Put labels on, or take them off."""
        call = self._call_to_handle(request, queryset)
        if call is None:
            return None
        user: Any = request.user
        labels = Label.objects.filter(programme=call.programme_id)
        form = LabelForm(labels, self._answer(request))
        if form.is_bound and form.is_valid():
            chosen = list(form.cleaned_data["labels"])
            with transaction.atomic():
                for application in queryset:
                    if form.cleaned_data["how"] == "add":
                        application.labels.add(*chosen)
                    else:
                        application.labels.remove(*chosen)
                    audit.record(application, "handle", actor=user, facts={"fields": ["labels"]})
            self.message_user(request, _("Saved."), messages.SUCCESS)
            return None
        return self._ask(
            request,
            queryset,
            action="put_labels",
            title=_("Labels"),
            button=_("Save"),
            form=form,
        )

    @admin.action(description=gettext_lazy("Set the responsible colleague"), permissions=["handle"])
    def set_responsible(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> HttpResponse | None:
        """Say who looks after them."""
        call = self._call_to_handle(request, queryset)
        if call is None:
            return None
        user: Any = request.user
        form = ResponsibleForm(colleagues_of(call.programme_id), self._answer(request))
        if form.is_bound and form.is_valid():
            keys = list(queryset.values_list("pk", flat=True))
            with transaction.atomic():
                Application.objects.filter(pk__in=keys).update(
                    responsible=form.cleaned_data["responsible"]
                )
                for application in Application.objects.filter(pk__in=keys).select_related("call"):
                    audit.record(
                        application, "handle", actor=user, facts={"fields": ["responsible"]}
                    )
            self.message_user(request, _("Saved."), messages.SUCCESS)
            return None
        return self._ask(
            request,
            queryset,
            action="set_responsible",
            title=_("Responsible colleague"),
            button=_("Save"),
            form=form,
        )

    @admin.action(description=gettext_lazy("Prepare a decision"), permissions=["decide"])
    def prepare_decisions(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> HttpResponse | None:
        """The same outcome and reason for all of them; nothing is sent yet."""
        call = self._one_call(request, queryset)
        if call is None:
            return None
        user: Any = request.user
        form = DecisionForm(self._answer(request))
        if form.is_bound and form.is_valid():
            try:
                left_out = decisions.prepare_all(
                    applications=queryset,
                    outcome=form.cleaned_data["outcome"],
                    reason=form.cleaned_data["reason"],
                    by=user,
                )
            except StepRefused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
                return None
            done = queryset.count() - len(left_out)
            text = ngettext("%d decision prepared.", "%d decisions prepared.", done) % done
            self._report(request, done, text, [sentence for _key, sentence in left_out])
            return None
        return self._ask(
            request,
            queryset,
            action="prepare_decisions",
            title=_("Prepare a decision"),
            button=_("Prepare"),
            form=form,
            intro=_("Nothing is sent yet. The results go out together from the ranking page."),
        )


def colleagues_of(programme: UUID) -> list[User]:
    """Who works with applications in a programme, at this moment."""
    return list(User.objects.holding(*APPLICATION_READERS, programme=programme, at=timezone.now()))
