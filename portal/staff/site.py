"""The admin site: sign-in, the menu by job, the first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext_lazy

from portal.registry import registry
from portal.staff.record import ScopedAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.template.response import TemplateResponse


@dataclass(frozen=True)
class MenuLink:
    """An entry of the menu as the template gets it."""

    label: str
    url: str
    count: int | None
    current: bool


@dataclass(frozen=True)
class MenuGroup:
    """The entries of one job; without a title where they need none."""

    title: str
    items: list[MenuLink]


def nowhere(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """Django's way from a key to a record asks nobody whether the person may see it."""
    del request, kwargs
    raise Http404


class PortalAdminSite(admin.AdminSite):
    """The admin by job: calls, applications, reviews, decisions, people, letters."""

    site_header = gettext_lazy("Staff")
    site_title = gettext_lazy("Staff")
    index_title = gettext_lazy("What waits for me")
    enable_nav_sidebar = False
    index_template = "admin/index.html"
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever holds a role in any programme."""
        return bool(request.user.is_active and request.user.is_staff)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one sign-in page, with its limits; somebody without a role gets 404 here."""
        del extra_context
        if request.user.is_authenticated and request.user.waits_for_factor:
            query = urlencode({"next": request.GET.get("next", "/admin/")})
            return redirect(f"{reverse('second-factor')}?{query}")
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect(f"{reverse('account_login')}?next={request.GET.get('next', '/admin/')}")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Django's context with the menu by job."""
        context = super().each_context(request)
        context["job_menu"] = self.job_menu(request) if self.has_permission(request) else []
        return context

    def job_menu(self, request: HttpRequest) -> list[MenuGroup]:
        """The groups in which the person has anything to do, in the order of the work."""
        user: Any = request.user
        groups: dict[str, list[MenuLink]] = {}
        links = []
        for item in sorted(registry.menu, key=lambda item: item.order):
            if not user.has_perm(item.permission):
                continue
            try:
                links.append((item, reverse(item.url_name)))
            except NoReverseMatch:
                continue
        # Of two addresses that both begin this one, the longer says where one is.
        begun = [url for _item, url in links if request.path.startswith(url)]
        here = max(begun, key=len, default="")
        for item, url in links:
            groups.setdefault(str(item.group), []).append(
                MenuLink(
                    label=str(item.label),
                    url=url,
                    count=item.count(user) if item.count else None,
                    current=url == here,
                )
            )
        # A title over one entry says the same thing twice.
        return [
            MenuGroup(title if len(items) > 1 else "", items) for title, items in groups.items()
        ]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What waits for me, as at home; what goes on without me; three pictures."""
        user: Any = request.user
        charts = [chart for ask in registry.charts for chart in ask(user)]
        context = {
            **registry.workspace(user),
            "charts_days": [chart for kind, chart in charts if kind == "days"],
            "charts_bars": [chart for kind, chart in charts if kind == "bars"],
            **(extra_context or {}),
        }
        return super().index(request, context)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only admins of ours: those that packages bring show everybody's rows and delete."""
        if admin_class is not None and issubclass(admin_class, ScopedAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Django's addresses, without the one that leads from any key to any record."""
        closed = path("r/<path:content_type_id>/<path:object_id>/", nowhere, name="view_on_site")
        return [closed, *super().get_urls()]

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """There is one page for that, with its own checks."""
        del request, extra_context
        return redirect("account_change_password")

    def app_index(
        self,
        request: HttpRequest,
        app_label: str,
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """There are no pages by app: the menu is by job."""
        del request, app_label, extra_context
        return HttpResponseRedirect(reverse("admin:index"))
