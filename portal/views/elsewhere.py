"""Sign-in with an account elsewhere (OpenID Connect), where the settings name one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from allauth.socialaccount import views as allauth_views
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.views.decorators.http import require_http_methods
from requests import RequestException

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

#: What the other side's answers may raise while they are read.
TROUBLE = (RequestException, OAuth2Error, ValueError, KeyError, TypeError, AttributeError)


class Checked(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """allauth's adapter; it never takes an identity that the other side has not signed."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the other side says of itself, if it speaks of itself and not of another issuer."""
        config: dict[str, Any] = super().openid_config
        named = self.get_provider().app.settings["server_url"].partition("/.well-known/")[0]
        if str(config.get("issuer", "")).rstrip("/") != named.rstrip("/"):
            raise OAuth2Error("the metadata are another issuer's")
        return config

    def look(self) -> None:
        """Raise where there is nothing to go to."""
        logger.debug("sign-in elsewhere offers %d things", len(self.openid_config))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """The identity, if the signed token and the answer about it speak of the same person."""
        signed = kwargs["response"].get("id_token")
        if not signed:
            raise OAuth2Error("no id_token")
        claims = self._decode_id_token(app, signed)
        data = {"id_token": claims}
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            said = self._fetch_user_info(token.token)
            if said.get("sub") != claims["sub"]:
                raise OAuth2Error("userinfo speaks of somebody else")
            data["userinfo"] = said
        return self.get_provider().sociallogin_from_response(request, data)

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """Signature, issuer, audience and time, however the token came."""
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
            verify_signature=True,
        )
        return claims


def offered() -> bool:
    """Whether the settings name a place to sign in elsewhere."""
    return bool(settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"])


def _through(request: HttpRequest, provider_id: str, view: Any) -> HttpResponse:
    """Let allauth do it; where the other side is down or talks nonsense, say so."""
    try:
        provider = get_adapter().get_provider(request, provider_id)
    except SocialApp.DoesNotExist as missing:
        raise Http404 from missing
    try:
        adapter = Checked(request, provider_id)
        if request.method == "POST":
            # On the way there allauth reads it anew, and asks nobody whose it is.
            adapter.look()
        answer: HttpResponse = view.adapter_view(adapter)(request)
    except TROUBLE as trouble:
        logger.warning("sign-in elsewhere failed", exc_info=trouble)
        answer = render_authentication_error(request, provider, exception=trouble)
    return answer


@login_not_required
@require_http_methods(["GET", "POST"])
def elsewhere_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Leave for the other side; a button's address, so that no other site can send people there."""
    return _through(request, provider_id, OAuth2LoginView)


@login_not_required
@require_http_methods(["GET"])
def elsewhere_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the other side."""
    return _through(request, provider_id, OAuth2CallbackView)


def _only_where_offered(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not offered():
            raise Http404
        return view(request, *args, **kwargs)

    return answer


connections = _only_where_offered(allauth_views.connections)
signup = login_not_required(_only_where_offered(allauth_views.signup))
cancelled = login_not_required(_only_where_offered(allauth_views.login_cancelled))
failed = login_not_required(_only_where_offered(allauth_views.login_error))
