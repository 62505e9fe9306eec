"""What every response carries: a cookie that tells one browser from another, and headers that keep the pages to themselves."""

from __future__ import annotations

import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui.page_list import FIRST_PAGE

PERSON_COOKIE = "latent_lens_person"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # the address names a project; no other site may learn it
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'; object-src 'none'; base-uri 'self'",
}


class PersonAndHeaders:
    """ASGI middleware: sets the headers, and the cookie where a browser has none yet."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the next application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; dress the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        known = PERSON_COOKIE in SimpleCookie(Headers(scope=scope).get("cookie", ""))

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not known and scope["method"] == "GET" and "text/html" in headers.get("content-type", ""):
                    secure = "; Secure" if scope.get("scheme") == "https" else ""
                    headers.append(
                        "set-cookie",
                        f"{PERSON_COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}",
                    )
            await send(message)

        if scope["path"].removeprefix(scope.get("root_path", "")) == f"/{FIRST_PAGE}":
            query = scope.get("query_string", b"").decode("latin-1")
            await RedirectResponse("./" + (f"?{query}" if query else ""))(scope, receive, dressed)
            return
        await self.app(scope, receive, dressed)
