"""Two browsers in front of one draft: a network that fails them, and a witness in each page."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from playwright.async_api import Browser, BrowserContext, Page, Route

#: How each request of a page fares, of a hundred; the rest gets through at once.
FATES = (("dropped", 14), ("answer lost", 14), ("late", 22))
LONGEST_DELAY = 2.5
#: A page that is not calm after this never will be.
PATIENCE = 75.0

#: What a person sees: each text that stands in a field or beside it, each mark, each panel.
WITNESS = r"""
(() => {
  const seen = new Map();
  const values = () => {
    const found = {};
    for (const place of document.querySelectorAll("[data-asked]")) {
      const name = place.dataset.asked;
      const held = [...document.getElementsByName(name)];
      const chosen = held.filter((one) => !/^(radio|checkbox)$/.test(one.type) || one.checked);
      found[name] = chosen.map((one) => one.value).join("\n");
    }
    return found;
  };
  const contested = () => [...document.querySelectorAll("[data-asked]")]
    .filter((place) => place.querySelector("[data-conflict-panel]"))
    .map((place) => place.dataset.asked);
  const tell = (kind, facts) => {
    window.witness(JSON.stringify({ kind, at: Date.now() / 1000, ...facts }));
  };
  const look = () => {
    for (const [name, value] of Object.entries(values())) {
      if (seen.get(name) === value) continue;
      seen.set(name, value);
      tell("shown", { name, value });
    }
    for (const place of document.querySelectorAll("[data-asked]")) {
      const name = place.dataset.asked;
      const panel = place.querySelector("[data-conflict-panel]");
      const value = panel?.querySelector("[data-conflict-theirs]")?.textContent;
      if (seen.get(`${name} beside`) === value) continue;
      seen.set(`${name} beside`, value);
      if (value !== undefined) { tell("shown", { name, value }); tell("panel", { name, value }); }
    }
  };
  let said = "";
  const read = () => {
    look();
    const text = document.querySelector(".form-head [data-saved-mark]")?.textContent.trim() ?? "";
    if (text === said) return;
    said = text;
    tell("mark", { text, values: values(), contested: contested() });
  };
  document.addEventListener("DOMContentLoaded", () => {
    read();
    for (const kind of ["input", "change"]) document.addEventListener(kind, look, true);
    const all = { childList: true, characterData: true, subtree: true };
    new MutationObserver(read).observe(document.documentElement, all);
    setInterval(look, 100);
  });
})();
"""


@dataclass
class Writer:
    """One person at one draft."""

    name: str
    key: str
    context: BrowserContext
    rng: random.Random
    address: str
    page: Page | None = None
    is_cut_off: bool = False
    fates: Counter[str] = field(default_factory=Counter)
    seen: list[dict[str, Any]] = field(default_factory=list)

    def remember(self, _source: Any, record: str) -> None:
        """What the page's witness tells."""
        self.seen.append(json.loads(record))

    async def open(self, section: int = 1) -> None:
        """A page of the form, in a tab of its own."""
        self.page = self.page or await self.context.new_page()
        await self.page.goto(f"{self.address}edit/{section}/")

    async def close(self) -> None:
        """Close the tab as a person does who has had enough."""
        assert self.page is not None
        await self.page.close()
        self.page = None

    async def unplug(self) -> None:
        """Pull the network's plug."""
        self.is_cut_off = True
        await self.context.set_offline(offline=True)

    async def plug_in(self) -> None:
        """Put it back."""
        self.is_cut_off = False
        await self.context.set_offline(offline=False)

    async def pass_on(self, route: Route) -> None:
        """What becomes of one request of the page, unless the page is gone meanwhile."""
        with suppress(Error):
            await self._pass_on(route)

    async def _pass_on(self, route: Route) -> None:
        if self.is_cut_off:
            await route.abort("internetdisconnected")
            return
        if route.request.method != "POST":
            await route.continue_()
            return
        draw, fate = self.rng.randrange(100), "at once"
        for name, share in FATES:
            if draw < share:
                fate = name
                break
            draw -= share
        self.fates[fate] += 1
        if fate == "dropped":
            await route.abort("connectionreset")
        elif fate == "answer lost":
            await route.fetch()
            await route.abort("connectionreset")
        else:
            if fate == "late":
                await asyncio.sleep(self.rng.uniform(0.2, LONGEST_DELAY))
            await route.continue_()

    async def write(self, question: str, text: str, *, is_choice: bool = False) -> str:
        """Type into a field, or choose; answers what stood there before."""
        assert self.page is not None
        if is_choice:
            chosen = self.page.locator(f"[name={question}]:checked")
            before = await chosen.get_attribute("value") if await chosen.count() else ""
            await self.page.locator(f'[name={question}][value="{text}"]').check()
            return before or ""
        place = self.page.locator(f"[name={question}]")
        before = await place.input_value()
        await place.fill(text)
        return before

    async def value(self, question: str) -> str:
        """What stands in a text field."""
        assert self.page is not None
        return await self.page.locator(f"[name={question}]").input_value()

    async def leave(self) -> None:
        """Take the cursor out of the field."""
        assert self.page is not None
        await self.page.evaluate("document.activeElement?.blur()")

    async def panels(self) -> int:
        """How many answers stand there with two texts."""
        assert self.page is not None
        return await self.page.locator("[data-conflict-panel]").count()

    async def contested(self) -> str:
        """Which answer stands there with two texts."""
        assert self.page is not None
        place = self.page.locator("[data-asked]:has([data-conflict-panel])").first
        return await place.get_attribute("data-asked") or ""

    async def mark(self) -> str:
        """What the page says of saving."""
        assert self.page is not None
        return (await self.page.locator(".form-head [data-saved-mark]").inner_text()).strip()

    async def is_calm(self) -> bool:
        """Whether the page says that all is saved, and asks nothing."""
        return (await self.mark()).startswith("Saved") and not await self.panels()

    async def press(self, button: str) -> None:
        """Answer what a panel asks."""
        assert self.page is not None
        await self.page.locator("[data-conflict-panel]").get_by_role("button", name=button).click()


async def until(what: Callable[[], Any], seconds: float = PATIENCE) -> bool:
    """Wait until something is so; whether it was."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if await what():
            return True
        await asyncio.sleep(0.1)
    return False


async def writer_at(
    browser: Browser, site: str, person: dict[str, str], rng: random.Random, *, flaky: bool = True
) -> Writer:
    """A browser of the person's own, signed in, with a witness in each of its pages."""
    context = await browser.new_context(base_url=site, locale="en-GB")
    await context.add_cookies([{"name": person["cookie"], "value": person["session"], "url": site}])
    writer = Writer(person["name"], person["user"], context, rng, person["address"])
    await context.expose_binding("witness", writer.remember)
    await context.add_init_script(WITNESS)
    if flaky:
        await context.route("**/edit/*/", writer.pass_on)
    return writer
