"""What an organisation writes: its theme's sentences with its own place and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from challenges.choices import QuestionKind
from procurement.demo.calls import INTAKE
from procurement.demo.source import chance, toml
from startups.choices import ProductStage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from challenges.models import Question
    from procurement.demo.companies import Company

#: How many people, users or installations there are at each stage of a product.
REACH = {
    ProductStage.IDEA: (0, 0),
    ProductStage.PROTOTYPE: (10, 90),
    ProductStage.PILOT: (400, 3_000),
    ProductStage.REVENUE: (2_000, 20_000),
    ProductStage.SCALING: (9_000, 60_000),
}
STAGES = list(ProductStage)
SITES_PER_REACH = 90
#: Goals that such solutions serve: water, energy, industry, cities, climate, seas, partnerships.
GOALS = (6, 7, 9, 11, 13, 14, 17)
#: Thousands of whatever an organisation counts, by stage.
THOUSANDS = {
    ProductStage.IDEA: (1, 1),
    ProductStage.PROTOTYPE: (1, 2),
    ProductStage.PILOT: (1, 6),
    ProductStage.REVENUE: (4, 24),
    ProductStage.SCALING: (12, 60),
}


class Writer:
    """Writes one organisation's answers to one call; the same at every load."""

    def __init__(self, company: Company, call: str, library: Library) -> None:
        self.company = company
        self.call = call
        self.library = library
        self.stage = ProductStage(company.startup.product_stage)
        # The problems of the pandemic were some months old when the intake closed.
        months = chance("months", company.key)
        self.months = str(months.randint(3, 5) if call == INTAKE else months.randint(6, 30))

    def answer(self, name: str, question: Question) -> str:
        """The answer to the question that the files call ``name``."""
        own = self.company.own_words.get(self.call, {})
        if name in own:
            return self._fill(str(own[name]), name)
        if question.kind in self._by_kind:
            return self._by_kind[question.kind](question)
        if question.kind == QuestionKind.NUMBER:
            return self._number(name)
        if question.kind == QuestionKind.CHOICE:
            return self._choice(name, question)
        return self._title() if name == "title" else self._text(name)

    def _text(self, name: str) -> str:
        theme = self.company.theme
        texts = theme.get(name) or (theme.get("fit") if name == "why" else None)
        if texts is None:
            listed = self.library.phrases[name]
            parts = [self._fill(self._one_of(name, listed), name)]
        else:
            parts = [
                self._fill(text, name, str(number), native=True)
                for number, text in enumerate(self._some_of(name, texts))
            ]
        more = self.library.phrases.get(f"{name}_more")
        if more and "language" not in theme:
            # Many share a theme; what each adds makes the answer its own.
            parts.append(self._fill(self._one_of(f"{name}_more", more), f"{name}_more"))
        return " ".join(parts)

    @property
    def _by_kind(self) -> Mapping[str, Callable[[Question], str]]:
        """Answers that are chosen rather than written, in the form in which they are kept."""
        luck = chance("chosen", self.company.key, self.call)
        goals = sorted(luck.sample(GOALS, luck.randint(1, 3)))
        cost = luck.randrange(8, 120) * 1_000
        return {
            QuestionKind.GOALS: lambda _question: "\n".join(map(str, goals)),
            QuestionKind.COUNTRY: lambda _question: str(self.company.startup.country),
            QuestionKind.MONEY: lambda question: f"{question.currencies[0]} {cost}",
        }

    def unfinished(self) -> str:
        """What stands in a field that somebody has only begun."""
        texts = self.library.phrases["unfinished"]
        return str(chance("unfinished", self.company.key).choice(texts))

    def _one_of(self, name: str, texts: list[str]) -> str:
        return str(chance("choice", self.company.key, name).choice(texts))

    def _some_of(self, name: str, texts: str | list[str]) -> list[str]:
        """The first sentence or both; many share a theme of the intake and turn it round, too."""
        if isinstance(texts, str):
            return [texts]
        forms = [texts[:1], texts, texts]
        if self.call == INTAKE:
            forms += [texts[::-1], texts[1:]]
        return chance("choice", self.company.key, name).choice(forms)

    def _title(self) -> str:
        title = str(self.company.theme["title"])
        if self.call != INTAKE or "language" in self.company.theme:
            return title
        # Several applicants of the intake share a theme, and none of them would use the same words.
        line = str(self.company.theme["line"]).rstrip(".")
        name = self.company.startup.name
        forms = [
            title,
            line,
            f"{name}: {title[0].lower()}{title[1:]}",
            f"{title}, made in {self._city()}",
        ]
        fitting = [form for form in forms if len(form) <= 110]  # noqa: PLR2004 -- the limit is 120
        return str(chance("title", self.company.key).choice(fitting))

    def _number(self, name: str) -> str:
        low, high = REACH[self.stage]
        people = chance("reach", self.company.key).randint(low, high)
        if name == "sites":
            return str(max(people // SITES_PER_REACH, min(people, 1)))
        return str(people)

    def _choice(self, name: str, question: Question) -> str:
        if name in {"theme", "sector"}:
            assert self.company.startup.sector is not None
            return self.company.startup.sector.name
        options = question.options
        # A shorter list has one word for the first stages: who has a prototype has not earned yet.
        place = STAGES.index(self.stage) - (len(STAGES) - len(options))
        return str(options[min(max(place, 0), len(options) - 1)])

    def _figures(self, *names: str) -> Mapping[str, str]:
        """Figures for one sentence, so that no two sentences count the same by accident."""
        luck = chance("figures", self.company.key, self.call, *names)
        return {
            "n": str(luck.randint(3, 12)),
            "h": str(luck.randint(120, 880)),
            "k": f"{luck.randint(*THOUSANDS[self.stage])},{luck.randint(100, 990)}",
            "p": str(luck.randint(72, 94)),
            "q": str(luck.randint(13, 38)),
            "m": self.months,
            "founder": self.company.founders[0].name,
        }

    def _city(self, *, native: bool = False) -> str:
        city = self.company.startup.city
        if native and "language" in self.company.theme:
            return city
        return str(self.library.latin.get(city, city))

    def _fill(self, text: str, *names: str, native: bool = False) -> str:
        return text.format(
            **self._figures(*names),
            city=self._city(native=native),
            country=self.company.startup.country.name,
        )


class Library:
    """The phrases that every organisation may use, read once."""

    def __init__(self) -> None:
        self.phrases: Mapping[str, Any] = toml("phrases.toml")
        self.latin: Mapping[str, str] = toml("names.toml")["latin"]
