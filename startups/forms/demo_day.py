"""What staff type about a Demo Day, and what a startup types about its pitch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import get_language_info, gettext as _, gettext_lazy

from portal.forms import helper, kindly
from portal.forms.hours import WallClockField, read_hours
from startups.actions.pitch import DECK_KINDS
from startups.models import DemoDay, Pitch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.models import Event

#: What pitches are held in besides the languages of the event.
COMMON = ("en", "ja")


def language_name(code: str) -> str:
    """A language as its speakers call it; of an unknown one the code."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


def languages_of(event: Event, *more: str) -> list[tuple[str, str]]:
    """The event's languages first."""
    codes = dict.fromkeys([*(event.languages or []), *COMMON, *filter(None, more)])
    return [(code, language_name(code)) for code in codes]


class DemoDayForm(forms.ModelForm[DemoDay]):
    """Which event is the Demo Day of which cohort, and until when decks are taken."""

    deck_due_at = WallClockField(
        label=gettext_lazy("Decks due"),
        help_text=gettext_lazy("On the wall clock of the event. What stands there then is shown."),
    )

    class Meta:
        model = DemoDay
        fields = ["event", "cohort", "opening_minutes", "deck_due_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)

    def clean(self) -> dict[str, Any]:
        """One programme; decks before the day."""
        data = super().clean() or self.cleaned_data
        event, cohort = data.get("event"), data.get("cohort")
        if event and cohort and event.programme_id != cohort.programme_id:
            self.add_error("cohort", _("Event and cohort belong to different programmes."))
        if event and "deck_due_at" in self.fields:
            read_hours(self, ["deck_due_at"], event.time_zone)
            due_at = data.get("deck_due_at")
            if due_at and "deck_due_at" not in self.errors and due_at > event.starts_at:
                self.add_error("deck_due_at", _("Decks are due before the event begins."))
        return data


class MoveDecksForm(forms.Form):
    """Until when decks are taken from now on, and why."""

    due_at = WallClockField(label=gettext_lazy("Decks due"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Everybody who writes for a startup of the cohort reads it."),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
        self.event = event

    def clean(self) -> dict[str, Any]:
        """The hour becomes an instant in the event's zone, before it begins."""
        super().clean()
        read_hours(self, ["due_at"], self.event.time_zone)
        due_at = self.cleaned_data.get("due_at")
        if due_at and "due_at" not in self.errors and due_at > self.event.starts_at:
            self.add_error("due_at", _("That is after the event begins. Choose an earlier hour."))
        return self.cleaned_data


class PitchForm(forms.ModelForm[Pitch]):
    """Who pitches and in which language, as the startup says."""

    class Meta:
        model = Pitch
        fields = ["presenter", "language"]

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["presenter"].required = True
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=languages_of(event, self.instance.language)
        )
        kindly(self)
        self.helper = helper()


class DeckForm(forms.Form):
    """A deck to hand in."""

    deck = forms.FileField(
        label=gettext_lazy("Deck"),
        max_length=255,
        help_text=gettext_lazy("PDF or PowerPoint (.pdf, .pptx)."),
        widget=forms.FileInput(attrs={"accept": ",".join(DECK_KINDS)}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.fields["deck"].error_messages |= {
            "required": _("Choose a file first."),
            "empty": _("The file is empty."),
        }
        self.helper = helper()


class OrderRowForm(forms.ModelForm[Pitch]):
    """One line of the running order."""

    class Meta:
        model = Pitch
        fields = ["order", "presenter", "language", "minutes", "question_minutes"]

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["order"].widget.attrs |= {"min": 1}
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=languages_of(event, self.instance.language)
        )
        for name, field in self.fields.items():
            field.widget.attrs |= {"aria-label": f"{field.label}, {self.instance}", "class": name}
        kindly(self)


def order_rows(demo_day: DemoDay, pitches: Iterable[Pitch], data: Any = None) -> list[OrderRowForm]:
    """The lines of the running order, each with its own fields."""
    return [
        OrderRowForm(data, instance=pitch, prefix=pitch.pk.hex, event=demo_day.event)
        for pitch in pitches
    ]
