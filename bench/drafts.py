"""Two people write in one draft, in two real browsers, over a network that fails them.

    python3 dev.py bench drafts [--seed 1] [--seconds 100]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every answer
that a page called saved is in the database, as many conflicts were shown as were made, nobody's
text was overwritten unseen, and the control, in which the last one wins, fails.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import sys
import tempfile
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import django

django.setup()
# Playwright's loop runs in this thread, where Django would refuse every query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from playwright.async_api import async_playwright  # noqa: E402 -- needs the settings

from bench._control import owner_session  # noqa: E402
from bench._drafts_pages import Writer, until, writer_at  # noqa: E402
from bench._drafts_play import ROUNDS, Play  # noqa: E402
from bench._drafts_stage import (  # noqa: E402
    LEDGER,
    QUESTIONS,
    Draft,
    ledger,
    make_draft,
    make_stage,
)
from bench._people import make_ground  # noqa: E402
from bench._server import Server, collect_static  # noqa: E402
from challenges.choices import ApplicationState  # noqa: E402
from challenges.models import Answer, Call, Revision  # noqa: E402
from devtools import chromium  # noqa: E402
from devtools.runs import log_file  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser

CONTROL_ROUNDS = 8
#: A page's clock and the database's are one, but a witness speaks a moment later.
MOMENT = 0.25
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
CHROMIUM += ["--disable-background-networking", "--disable-dev-shm-usage"]
PROMISES = {
    "missing": "answers that a page called saved and that are not in the database",
    "silent": "texts overwritten by somebody who had not seen them",
    "unshown": "conflicts made and not shown, or shown and not made",
    "lost": "texts that somebody wrote and that never reached the database or a page's choice",
    "stuck": "rounds after which a page never came to rest",
}


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


class Site(Server):
    """The web server, which knows the port under which it is asked."""

    def __init__(self, module: str, log: Path, **env: str) -> None:
        super().__init__(module, log, **env)
        self.url = f"http://localhost:{self.port}"
        self._env["SITE_URL"] = self.url


def judge(play: Play) -> tuple[dict[str, int], list[str], int]:
    """What was promised and is not so, examples, and how many answers were called saved."""
    rows = ledger(play.draft.application, [writer.key for writer in play.both])
    found: Counter[str] = Counter()
    examples = []
    called = 0
    kept = {(question, value) for _at, question, _number, value, _person in rows}
    for writer in play.both:
        for record in writer.seen:
            if record["kind"] != "mark" or not record["text"].startswith("Saved"):
                continue
            for question, value in record["values"].items():
                if not value or question in record["contested"]:
                    continue
                called += 1
                begin = record["at"] + MOMENT
                if not any(
                    row[1] == question and row[3] == value and row[0] <= begin for row in rows
                ):
                    found["missing"] += 1
                    examples.append(f"{writer.name} read {record['text']!r} of {value[:40]!r}")
    last: dict[str, tuple[str, str]] = {}
    for at, question, number, value, person in rows:
        text, author = last.get(question, ("", person))
        last[question] = value, person
        if author == person or not text:
            continue
        by = next(writer for writer in play.both if writer.key == person)
        if text not in texts_seen(by, question, at):
            found["silent"] += 1
            examples.append(f"version {number}: {text[:40]!r} gave way to {value[:40]!r}")
    shown = sum(record["kind"] == "panel" for writer in play.both for record in writer.seen)
    found["unshown"] = abs(shown - play.made)
    # What was typed is a version, or it stood in the field when its writer took the other text.
    for question, text in play.written:
        reached = (f"q_{question}", text) in kept
        merged = any(row[1] == f"q_{question}" and text in row[3] for row in rows)
        if not (reached or merged or text in play.put_aside):
            found["lost"] += 1
            examples.append(f"nobody has {text[:40]!r}")
    found["stuck"] = len(play.stuck)
    return dict(found), [*examples[:5], *play.stuck[:3]], called


def texts_seen(writer: Writer, question: str, before: float) -> set[str]:
    """What stood in an answer, or beside it, on a person's page up to an instant."""
    return {
        record["value"]
        for record in writer.seen
        if record["kind"] == "shown"
        and record["name"] == question
        and record["at"] <= before + MOMENT
    }


async def submitting(browser: Browser, site: str, play: Play) -> list[str]:
    """One offline, one online, in one answer, while a third submits: nothing may be lost."""
    question = play.draft.texts[0]
    draft, wrong = play.draft, []
    await play.alike(question)
    await play.one.unplug()
    _before, offline = await play.write(play.one, question)
    _before, online = await play.write(play.other, question)
    await play.calm(play.other)
    third = await writer_at(browser, site, draft.people[2], play.rng, flaky=False)
    third.page = await third.context.new_page()
    await third.page.goto(f"{draft.application.get_absolute_url()}check/")
    await third.page.locator("[name=accept_terms]").check()
    await third.page.locator("form[data-once] [type=submit].btn-primary").click()
    await third.page.wait_for_url("**/receipt/")
    draft.application.refresh_from_db()
    if draft.application.state != ApplicationState.SUBMITTED:
        wrong.append(f"the application is {draft.application.state}")
    submitted = {
        copy["value"] for copy in Revision.objects.get(application=draft.application).answers
    }
    if online not in submitted:
        wrong.append("what was saved before is not in the submitted copy")
    play.made += 1
    await play.one.plug_in()

    async def asked() -> bool:
        return bool(await play.one.panels())

    if not await until(asked):
        return [*wrong, "whoever was offline is not asked"]
    beside = await play.one.page.locator("[data-conflict-theirs]").inner_text()  # type: ignore[union-attr]
    if beside.strip() != online.strip() or await play.one.value(question.field) != offline:
        wrong.append("not both texts are on the page")
    await play.one.press("Keep mine")
    await play.calm()
    if Answer.objects.get(application=draft.application, question=question).value != offline:
        wrong.append("the text that was kept is not the one in the draft")
    return wrong


async def run(browser: Browser, site: str, draft: Draft, options: argparse.Namespace) -> Play:
    """Two browsers, and rounds until the time is up."""
    rng = random.Random(options.seed)
    one, other = [
        await writer_at(browser, site, person, random.Random(f"{options.seed} {person['name']}"))
        for person in draft.people[:2]
    ]
    play = Play(rng, draft, one, other)
    for writer in play.both:
        await writer.open()
        # The first words, so that each page has something to call saved.
    for question, writer in zip(draft.texts, itertools.cycle(play.both), strict=False):
        await play.write(writer, question)
    await play.calm()
    end = time.monotonic() + options.seconds
    names = itertools.cycle(rng.sample(ROUNDS, len(ROUNDS)))
    while time.monotonic() < end and len(play.stuck) < 3:
        await play.play(next(names))
    return play


async def run_control(browser: Browser, site: str, draft: Draft, seed: int) -> Play:
    """Duels in which nobody is asked: the last one who saves wins."""
    rng = random.Random(seed)
    one, other = [await writer_at(browser, site, one, rng, flaky=False) for one in draft.people[:2]]
    play = Play(rng, draft, one, other)
    for writer in play.both:
        await writer.open()
    for number in range(CONTROL_ROUNDS):
        question = draft.texts[number % QUESTIONS]
        for writer in play.shuffled():
            await play.write(writer, question)
            await writer.leave()
        if not await play.calm():
            break
    return play


async def both(options: argparse.Namespace, calls: list[Call], folder: str) -> tuple[Any, ...]:
    """The portal, then the control, each with a server of its own."""
    env = {"STATIC_ROOT": folder, "STATIC_MANIFEST": "1", "DEBUG": "0"}
    rng = random.Random(options.seed)
    program = chromium.find()
    if program is None:
        sys.exit(f"This drives a browser: {chromium.HOW_TO_GET}.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        with Site("portal.wsgi", log_file("bench-drafts-web"), **env) as server:
            play = await run(browser, server.url, make_draft(calls[0], rng), options)
            wrong = await submitting(browser, server.url, play)
        say(f"  rounds: {', '.join(f'{name} {count}' for name, count in play.rounds.items())}")
        with Site("bench._drafts_wsgi", log_file("bench-drafts-control"), **env) as server:
            other = make_draft(calls[1], rng)
            control = await run_control(browser, server.url, other, options.seed)
        await browser.close()
    return play, wrong, control


def report(options: argparse.Namespace, play: Play, wrong: list[str], control: Play) -> int:
    """Say what came out, the figures in the last line; 0 if every bar holds."""
    found, examples, called = judge(play)
    fates = sum((writer.fates for writer in play.both), Counter[str]())
    say("\nWhat must be 0:")
    for name, words in PROMISES.items():
        say(f"  {found.get(name, 0):4d}  {words}")
    say(f"  {len(wrong):4d}  wrong when one was offline, one online, and a third submitted")
    for example in [*examples, *wrong]:
        say(f"        {example}")
    theirs, _examples, control_called = judge(control)
    reasons = [f"{found[name]} {words}" for name, words in PROMISES.items() if found.get(name)]
    reasons += wrong
    if not play.made or not called or not fates["answer lost"] or not fates["dropped"]:
        reasons.append("no conflict, no save or no fault of the network")
    if not theirs.get("silent") or not theirs.get("missing"):
        reasons.append("the control lost nothing, so the bench proves nothing")
    waits = sorted(play.waits) or [0.0]
    versions = len(ledger(play.draft.application, [writer.key for writer in play.both]))
    say(
        f"\ndrafts seed {options.seed}: {sum(play.rounds.values())} rounds, {versions} versions,"
        f" requests {dict(fates)} | called saved {called}, missing {found.get('missing', 0)} |"
        f" conflicts made {play.made}, unshown {found.get('unshown', 0)} |"
        f" overwritten unseen {found.get('silent', 0)} | lost {found.get('lost', 0)} |"
        f" at rest after p50 {waits[len(waits) // 2]:.1f} s, most {waits[-1]:.1f} s |"
        f" control: overwritten unseen {theirs.get('silent', 0)}, called saved and missing"
        f" {theirs.get('missing', 0)} of {control_called} |"
        f" {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


def main() -> int:
    """Set the stage, play, count."""
    parser = argparse.ArgumentParser(prog="dev.py bench drafts", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides who writes what when")
    parser.add_argument("--seconds", type=int, default=100, help="how long the two go on (100)")
    options = parser.parse_args()
    owner = owner_session(os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"])
    with owner.cursor() as cursor:
        cursor.execute(LEDGER)
        cursor.execute("GRANT SELECT ON bench_ledger TO PUBLIC")
    owner.close()
    begin = time.monotonic()
    programme = make_ground()
    calls = [make_stage(programme, name) for name in ("drafts", "control")]
    with tempfile.TemporaryDirectory(prefix="drafts-") as folder:
        collect_static(folder)
        say(f"The stage is set {time.monotonic() - begin:.1f} s")
        play, wrong, control = asyncio.run(both(options, calls, folder))
    return report(options, play, wrong, control)


if __name__ == "__main__":
    sys.exit(main())
