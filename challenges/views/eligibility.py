"""The eligibility check: without an account, in a minute, and never in the way of a draft."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch, prefetch_related_objects
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_countries import countries

from challenges.actions.eligibility import (
    against_rules,
    answer_by,
    count_check,
    judged,
    keep_statements,
    open_to_statements,
    said_of,
    that_fit,
)
from challenges.choices import Eligibility
from challenges.eligibility import PROGRAMME, known_of
from challenges.forms.eligibility import CheckForm, initial_of
from challenges.models import Application, Call
from challenges.views.reading import READ, SWITCH, has_chosen, switch_of
from portal.models import AuditEntry
from startups.choices import MemberRole
from startups.forms.told import tell, told
from startups.models import Startup

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from portal.http import PortalRequest
    from portal.models import User

#: Where a browser's answers are kept with its session, by call.
CHECKS = "eligibility_checks"
#: So many calls' answers are kept at once.
MOST_KEPT = 20
#: What was typed when somebody changed the language, for the page that comes next.
TYPED = "eligibility_typed"
MOST_TYPED, TYPED_LENGTH = 100, 100


@dataclass
class Asker:
    """Who asks: nobody in particular, or a member for one of their organisations."""

    startup: Startup | None = None
    others: list[Startup] = field(default_factory=list)
    application: Application | None = None

    @property
    def key(self) -> str:
        """As the form and the address carry it."""
        return str(self.startup.pk) if self.startup else ""

    @property
    def facts(self) -> dict[str, str]:
        """What the record says already."""
        known = known_of(self.startup) if self.startup else {}
        return {name: text for name, text in known.items() if text}


def asker_of(request: HttpRequest, call: Call) -> Asker:
    """The organisation that is meant: the one that is named, else the first of one's own."""
    if not request.user.is_authenticated:
        return Asker()
    mine = Application.objects.filter(call=call)
    startups = list(
        Startup.objects.filter(
            memberships__user=request.user,
            memberships__role__in=[MemberRole.OWNER, MemberRole.EDITOR],
        ).prefetch_related(Prefetch("applications", mine, to_attr="of_call"))
    )
    if not startups:
        return Asker()
    named = request.POST.get("organisation") or request.GET.get("organisation", "")
    startup = next((one for one in startups if str(one.pk) == named), startups[0])
    found: list[Application] = startup.__dict__["of_call"]
    application = found[0] if found else None
    if application is not None:
        application.call, application.startup = call, startup
    return Asker(startup, [one for one in startups if one is not startup], application)


def kept_check(request: HttpRequest, call: Call, asker: Asker) -> dict[str, Any] | None:
    """What this browser answered at this call, for the same organisation."""
    kept = request.session.get(CHECKS, {}).get(call.pk.hex)
    return kept if kept is not None and kept["for"] == asker.key else None


def keep_check(request: HttpRequest, call: Call, asker: Asker, form: CheckForm) -> None:
    """Keep the answers on the server, with the browser's session; the newest of so many calls."""
    tell(
        request.session,
        {name: text for name, text in form.facts.items() if name not in asker.facts},
    )
    checks = dict(request.session.get(CHECKS, {}))
    checks.pop(call.pk.hex, None)
    checks[call.pk.hex] = {
        "for": asker.key,
        "facts": form.facts,
        "said": {key.hex: answer for key, answer in form.said.items()},
    }
    request.session[CHECKS] = dict(list(checks.items())[-MOST_KEPT:])


def said_in(kept: dict[str, Any] | None, call: Call) -> dict[UUID, str]:
    """The answers to the call's own statements, by rule."""
    said = kept["said"] if kept else {}
    return {rule.pk: said[rule.pk.hex] for rule in call.rules.all() if rule.pk.hex in said}


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def call_check(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether one may apply: the questions that its rules need, and the answer above them."""
    call = get_object_or_404(Call.objects.public().for_board().prefetch_related("rules"), slug=slug)
    rules = list(call.rules.all())
    if not rules:
        return redirect(call)
    asker = asker_of(request, call)
    if request.method == "POST":
        if has_chosen(request, call):
            return read_on(request, call)
        form = CheckForm(request.POST, rules=rules)
        if not form.is_valid():
            return check_page(request, call, asker, form, status=422)
        return checked(request, call, asker, form)
    kept = kept_check(request, call, asker)
    said = said_in(kept, call)
    if asker.application is not None:
        said = {**said, **said_of(asker.application)}
    facts = {**told(request.session), **asker.facts, **(kept["facts"] if kept else {})}
    initial = {**initial_of(rules, facts, said), **typed_before(request, call)}
    form = CheckForm(rules=rules, initial=initial)
    result = None
    if kept is not None and "answer" in request.GET:
        result = result_of(call, asker, kept["facts"], said)
    return check_page(request, call, asker, form, result=result)


def read_on(request: HttpRequest, call: Call) -> HttpResponse:
    """The same page in another language, with what was typed and not checked yet."""
    texts = {name: text[:TYPED_LENGTH] for name, text in request.POST.items() if name != READ}
    texts.pop("csrfmiddlewaretoken", None)
    request.session[TYPED] = {"call": call.pk.hex, "texts": dict(list(texts.items())[:MOST_TYPED])}
    return redirect(f"{request.get_full_path()}{SWITCH}")


def typed_before(request: HttpRequest, call: Call) -> dict[str, str]:
    """What stood in the form when its language was changed, once."""
    if request.session.get(TYPED, {}).get("call") != call.pk.hex:
        return {}
    texts: dict[str, str] = request.session.pop(TYPED)["texts"]
    return texts


def checked(request: HttpRequest, call: Call, asker: Asker, form: CheckForm) -> HttpResponse:
    """Keep the answers, count the check, show the answer at an address of its own."""
    keep_check(request, call, asker, form)
    count_check(call=call, judgement=judged(call, form.facts, form.said))
    if asker.application is not None and open_to_statements(asker.application):
        user = cast("User", request.user)
        keep_statements(application=asker.application, said=form.said, by=user)
    address = reverse("challenges:call-check", args=[call.slug])
    whose = f"&organisation={asker.key}" if asker.others else ""
    return redirect(f"{address}?answer=1{whose}#answer")


def result_of(
    call: Call, asker: Asker, facts: dict[str, str], said: dict[UUID, str]
) -> dict[str, Any]:
    """The answer: one of three, its reasons, and what else is open where it is a no."""
    judgement = judged(call, facts, said)
    fits = []
    if judgement.outcome == Eligibility.NOT_ELIGIBLE:
        mine = Application.objects.filter(startup=asker.startup) if asker.startup else None
        taken = set(mine.values_list("call_id", flat=True)) if mine is not None else set()
        fits = that_fit(call, facts, said, taken=taken)
    return {
        "judgement": judgement,
        "outcome": judgement.outcome.value,
        "answer_by": answer_by(call),
        "fits": fits,
    }


def home_of(call: Call) -> str:
    """The countries of the programme by name, for a rule that speaks of them."""
    return ", ".join(str(countries.name(code)) for code in call.programme.programme_countries)


def rules_changed_at(call: Call) -> datetime | None:
    """When the rules changed last after the call was published, if they did."""
    entry = AuditEntry.objects.about(call).filter(verb="change-rules").order_by("-id").first()
    return entry.at if entry else None


def check_page(
    request: HttpRequest,
    call: Call,
    asker: Asker,
    form: CheckForm,
    *,
    result: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The questions, with the answer above them where there is one."""
    context = {
        "call": call,
        "form": form,
        "asker": asker,
        "result": result,
        "changed_at": rules_changed_at(call),
        "reckoned_on": call.closes_at.astimezone(call.zone).date(),
        "ages": "founded_on" in form.asked,
        "languages": switch_of(call, form.rules),
        "home": home_of(call) if any(PROGRAMME in rule.values for rule in form.rules) else "",
    }
    return render(request, "challenges/call_check.html", context, status=status)


def carry_over(request: PortalRequest, application: Application) -> None:
    """What was said at the check goes into the draft, and its answer is said once at the start."""
    if not open_to_statements(application):
        return
    prefetch_related_objects([application.call], "rules")
    kept = request.session.get(CHECKS, {}).get(application.call_id.hex)
    if kept is not None and kept["for"] in {"", str(application.startup_id)}:
        said = said_in(kept, application.call)
        keep_statements(application=application, said=said, by=request.user)
    against = against_rules(application)
    if against is None or against.judgement.outcome == Eligibility.ELIGIBLE:
        return
    if refused := against.judgement.refused:
        messages.warning(
            request,
            _(
                "By a rule of this call you may not apply: “%(rule)s” You can write your draft all"
                " the same; the programme decides."
            )
            % {"rule": refused[0].rule.shown_text},
        )
    else:
        messages.info(
            request,
            _(
                "Whether you may apply is not clear yet: the page of your application says what to"
                " ask. Go on writing meanwhile."
            ),
        )
