"""Who may apply, on the page of a call: its rules, and how often the check said what."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from challenges.actions.form_words import other_languages
from challenges.choices import CallState, Eligibility
from challenges.forms.eligibility import IN, RuleForm, rule_form_in
from challenges.models import Call, EligibilityRule
from portal import audit
from portal.staff import ScopedAdmin, ScopedStackedInline

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

    from portal.models import User


class RuleInline(ScopedStackedInline[EligibilityRule, Call]):
    """Who may apply; rules may change after publishing, which is written down and shown."""

    model = EligibilityRule
    form = RuleForm
    extra = 0
    fields = (
        ("order", "kind", "otherwise"),
        "text",
        ("countries", "stages"),
        ("fundings", "kinds"),
        ("minimum", "maximum"),
    )

    def get_formset(self, request: HttpRequest, obj: Call | None = None, **kwargs: Any) -> Any:
        """With the words of each rule in the other languages of the call."""
        if obj is not None and (languages := other_languages(obj)):
            kwargs["form"] = rule_form_in(languages)
        return super().get_formset(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Call | None = None) -> Any:
        """The words in other languages stand below the rule's own."""
        fields = list(super().get_fields(request, obj))
        if obj is not None and self.has_change_permission(request, obj):
            place = fields.index("text") + 1
            fields[place:place] = [f"{IN}{code}" for code in other_languages(obj)]
        return fields


class EligibilityPages(ScopedAdmin[Call]):
    """What the check said, and the entry in the history where rules change after publishing."""

    def get_urls(self) -> list[URLPattern]:
        """With the page of the figures."""
        view = self.admin_site.admin_view(require_safe(self.checks_view))
        own = [path("<uuid:pk>/checks/", view, name="challenges_call_checks")]
        return [*own, *super().get_urls()]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        """Django's; rules that change under applicants' eyes get an entry of their own."""
        super().save_formset(request, form, formset, change)
        if formset.model is not EligibilityRule:
            return
        user: Any = request.user
        names = {name for _row, changed in formset.changed_objects for name in changed}
        for name in sorted(name for name in names if name.startswith(IN)):
            language = {"language": name.removeprefix(IN)}
            audit.record(form.instance, "translate-form", actor=user, facts=language)
        if form.instance.state != CallState.PUBLISHED:
            return
        # Another language says the same: the check does not tell applicants that a rule changed.
        changed = [
            row
            for row, names in formset.changed_objects
            if not all(name.startswith(IN) for name in names)
        ]
        rows = [*formset.new_objects, *changed, *formset.deleted_objects]
        if rows:
            audit.record(form.instance, "change-rules", actor=user, facts={"count": len(rows)})

    def checks_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """How often the check said what, and which rules stood in the way: counts, no names."""
        call = self.get_object(request, str(pk))
        user: Any = request.user
        if call is None or not user.has_perm("challenges.view_eligibilitycheck", call):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("Eligibility checks"),
            "subtitle": call.title,
            "call": call,
            "original": call,
            "opts": self.opts,
            **figures_of(call),
        }
        return TemplateResponse(request, "admin/challenges/call/checks.html", context)


def way_to_checks(user: User, call: Call) -> list[tuple[str, str]]:
    """The way from the page of a call, for whoever may read the figures."""
    if not user.has_perm("challenges.view_eligibilitycheck", call):
        return []
    return [(_("Eligibility checks"), reverse("admin:challenges_call_checks", args=[call.pk]))]


def figures_of(call: Call) -> dict[str, Any]:
    """Counts by outcome and by rule, in the words that the rule had when it was checked."""
    outcomes: Counter[str] = Counter()
    by_rule: Counter[str] = Counter({rule.text: 0 for rule in call.rules.all()})
    for outcome, texts in call.checks.values_list("outcome", "not_met").iterator():
        outcomes[outcome] += 1
        by_rule.update(texts)
    return {
        "total": sum(outcomes.values()),
        "outcomes": [(one.label, outcomes[one.value]) for one in Eligibility],
        "by_rule": by_rule.most_common(),
        "waiting": call.alerts.filter(confirmed_at__isnull=False, told_at=None).count(),
    }
