"""What two people do to each other in one draft, round after round."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench._drafts_pages import until
from challenges.choices import QuestionKind

if TYPE_CHECKING:
    import random

    from bench._drafts_pages import Writer
    from bench._drafts_stage import Draft
    from challenges.models import Question

#: One turn of them, in an order of the seed's; duels twice.
ROUNDS = ("duel", "duel", "apart", "chase", "cut_off", "closed", "reload")


@dataclass
class Play:
    """What the two do to each other, round after round."""

    rng: random.Random
    draft: Draft
    one: Writer
    other: Writer
    rounds: Counter[str] = field(default_factory=Counter)
    made: int = 0
    written: list[tuple[str, str]] = field(default_factory=list)
    #: Texts that gave way because their writer pressed "Take theirs".
    put_aside: set[str] = field(default_factory=set)
    stuck: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    number: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def both(self) -> list[Writer]:
        """The two."""
        return [self.one, self.other]

    def shuffled(self) -> tuple[Writer, Writer]:
        """The two in any order."""
        return (self.one, self.other) if self.rng.random() < 0.5 else (self.other, self.one)

    def a_text(self, question: Question) -> str:
        """A text that nobody has written before."""
        mark = f"{next(self.number)}-{self.rng.randrange(10**6):06d}"
        if question.kind == QuestionKind.SHORT:
            return f"Short {mark}"
        return f"Long {mark}: {'pumps that listen to the tide ' * self.rng.randint(1, 12)}end"

    async def write(
        self, writer: Writer, question: Question, *, on: bool = False
    ) -> tuple[str, str]:
        """Type something new, or write on; what stood there, and what stands there now."""
        text = self.a_text(question)
        if on:
            text = f"{await writer.value(question.field)} {text}"
        before = await writer.write(question.field, text)
        self.written.append((question.pk.hex, text))
        return before, text

    async def calm(self, *writers: Writer) -> bool:
        """Until their pages say that all is saved and nothing is asked."""
        begin = time.monotonic()
        for writer in writers or self.both:
            if not await until(writer.is_calm):
                self.stuck.append(f"{writer.name}: {await writer.mark()!r}")
                return False
        self.waits.append(time.monotonic() - begin)
        return True

    async def alike(self, question: Question) -> bool:
        """Until both pages show the same text."""

        async def same() -> bool:
            return await self.one.value(question.field) == await self.other.value(question.field)

        return await until(same)

    async def choose(self) -> None:
        """Whoever is asked answers, once the other's page is at rest."""

        async def asked() -> bool:
            return bool(await self.one.panels() or await self.other.panels())

        if not await until(asked):
            self.stuck.append("nobody was asked")
            return
        asker = self.one if await self.one.panels() else self.other
        if not await self.calm(self.other if asker is self.one else self.one):
            return
        button = self.rng.choice(["Keep mine", "Take theirs", "Put both into the field"])
        if button == "Take theirs":
            self.put_aside.add(await asker.value(await asker.contested()))
        await asker.press(button)
        if button.startswith("Put both"):
            await asker.press("Keep mine")

    async def play(self, name: str) -> None:
        """One round, until both pages are at rest."""
        self.rounds[name] += 1
        await getattr(self, f"round_{name}")()
        await self.calm()

    async def round_duel(self) -> None:
        """Both write in the same answer before either has heard of the other."""
        question = self.rng.choice(self.draft.texts)
        if not await self.alike(question):
            self.stuck.append("the pages differ")
            return
        first, second = self.shuffled()
        _before, hers = await self.write(first, question)
        seen, _his = await self.write(second, question)
        if seen != hers:
            self.made += 1
            await self.choose()

    async def round_apart(self) -> None:
        """Each writes in another answer, and goes on writing while it is saved."""
        questions = self.rng.sample(self.draft.texts, 2)
        for place in range(2):
            for writer, question in zip(self.both, questions, strict=True):
                if place or await self.is_free(writer, question):
                    await self.write(writer, question, on=bool(place))
            await asyncio.sleep(self.rng.uniform(0.2, 2))
        choice = self.rng.choice(self.draft.choice.options)
        await self.calm()
        await self.one.write(self.draft.choice.field, choice, is_choice=True)

    async def is_free(self, writer: Writer, question: Question) -> bool:
        """Whether the writer has seen what the other has last written there."""
        other = self.other if writer is self.one else self.one
        return await writer.value(question.field) == await other.value(question.field)

    async def round_chase(self) -> None:
        """One writes, the other reads it and writes on: a choice made knowingly is no conflict."""
        question = self.rng.choice(self.draft.texts)
        first, second = self.shuffled()
        await self.write(first, question)
        if await self.calm(first) and await self.alike(question):
            await self.write(second, question)

    async def round_cut_off(self) -> None:
        """One writes without a network, the other with one, in the same answer."""
        question = self.rng.choice(self.draft.texts)
        if not await self.alike(question):
            self.stuck.append("the pages differ")
            return
        away, here = self.shuffled()
        await away.unplug()
        await self.write(away, question)
        await self.write(here, question)
        await self.calm(here)
        self.made += 1
        await away.plug_in()
        await self.choose()

    async def round_closed(self) -> None:
        """Written without a network, the tab is closed, and another section is opened first."""
        question = self.rng.choice(self.draft.texts)
        await self.alike(question)
        away, _here = self.shuffled()
        await away.unplug()
        await self.write(away, question)
        await asyncio.sleep(0.2)
        await away.close()
        await away.plug_in()
        await away.open(self.rng.choice([1, 2]))
        await asyncio.sleep(self.rng.uniform(0.5, 2))
        await away.open()

    async def round_reload(self) -> None:
        """The page is loaded again in the middle of a word."""
        question = self.rng.choice(self.draft.texts)
        await self.alike(question)
        writer, _other = self.shuffled()
        await self.write(writer, question)
        await asyncio.sleep(self.rng.uniform(0, 1.5))
        await writer.open()
