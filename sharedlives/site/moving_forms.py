"""What staff may correct before they accept a proposal: one form for each kind, filled with what was seen."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django import forms

from blog.models import Author
from events.forms import DayField, HourField, OneLineField
from events.models import Workshop

from . import proposals
from .models import Proposal
from .proposals import DateWanted
from .wordpress import detect


class DecisionForm(forms.Form):
    """Base: `changes()` is what proposals.accept takes."""

    def __init__(self, data: Any = None, *, proposal: Proposal):
        self.proposal = proposal
        super().__init__(data, initial=self.seen(proposal), label_suffix="")

    def seen(self, proposal: Proposal) -> dict[str, Any]:
        return {name: proposal.details[name] for name in self.base_fields if name in proposal.details}

    def changes(self) -> dict[str, Any]:
        return self.cleaned_data


class BylineForm(DecisionForm):
    name = OneLineField(label="Name as printed", max_length=120)
    organisation = OneLineField(label="Organisation as printed", max_length=150, required=False)
    author = forms.ModelChoiceField(
        Author.objects.all(),
        required=False,
        label="Author",
        empty_label="A new author",
        help_text="Choose who it is if they have a page here already.",
    )
    role = OneLineField(
        max_length=120, required=False, help_text="Like “Head of Policy”. For a new author; it may stay empty."
    )
    handle = OneLineField(
        label="Name on X (Twitter)", max_length=100, required=False, help_text="Without the @. It may stay empty."
    )
    is_guest = forms.BooleanField(
        label="A guest: does not work or volunteer for us", required=False, initial=True, help_text="For a new author."
    )
    replaces = forms.BooleanField(
        label="Take those who stand in the byline now out of it", required=False, help_text="Otherwise it comes last."
    )

    def __init__(self, data: Any = None, *, proposal: Proposal):
        super().__init__(data, proposal=proposal)
        if not proposal.post.bylines.exists():
            del self.fields["replaces"]
        if "colleague" in proposal.details["quote"].lower():
            self.fields["is_guest"].help_text = "The text calls them a colleague: take the tick out if they are yours."

    def seen(self, proposal: Proposal) -> dict[str, Any]:
        seen = super().seen(proposal)
        return seen | {"author": proposals.find_author(seen["name"], seen["handle"])}


class IntroductionForm(DecisionForm):
    introduced_by = forms.ModelChoiceField(
        Author.objects.all(),
        required=False,
        label="Who introduces the guest",
        empty_label="Nobody yet",
        help_text="Printed below the introduction. Once you have said whose sign-in the post came from, it is filled "
        "in by itself.",
    )

    def seen(self, proposal: Proposal) -> dict[str, Any]:
        return {"introduced_by": proposal.post.introduced_by or proposals.host_of(proposal.post_id)}


class LoginForm(DecisionForm):
    author = forms.ModelChoiceField(
        Author.objects.all(),
        required=False,
        label="Author",
        empty_label="A new author",
        help_text="Choose who it is if they have a page here already.",
    )
    name = OneLineField(label="Name of a new author", max_length=120, required=False)
    role = OneLineField(max_length=120, required=False, help_text="Like “Chief Executive”.")
    organisation = OneLineField(
        max_length=150, required=False, help_text="Printed after the name; for colleagues mostly empty."
    )

    def seen(self, proposal: Proposal) -> dict[str, Any]:
        shown = proposal.details["display_name"]
        return {
            "author": proposals.answered_before(proposal) or proposals.find_author(shown),
            "name": shown if detect.is_name(shown) else "",
        }

    def clean(self):
        if not self.cleaned_data.get("author") and not self.cleaned_data.get("name"):
            self.add_error("name", "Choose an author above, or give the name of a new one.")
        return self.cleaned_data


class DateForm(forms.Form):
    """One date of the workshop; what was seen of it stands beside the fields."""

    is_wanted = forms.BooleanField(label="Make this date", required=False, initial=True)
    day = DayField(required=False)
    starts = HourField(required=False, help_text="UK time.")
    ends = HourField(required=False, help_text="May stay empty.")
    venue = OneLineField(max_length=120, required=False, help_text="Empty: not known, the area below is shown.")
    street = OneLineField(max_length=200, required=False)
    town = OneLineField(max_length=80, required=False)
    postcode = OneLineField(max_length=10, required=False)
    area = OneLineField(max_length=100, required=False, help_text="While there is no venue, like “Leeds city centre”.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs, label_suffix="")
        self.line, self.doubt = self.initial.get("line", ""), self.initial.get("doubt", "")
        venue = proposals.find_venue(self.initial.get("venue", ""), self.initial.get("postcode", ""))
        if venue:
            self.fields["venue"].help_text = f"“{venue}” is among our venues and will be used."

    def has_changed(self):
        return True  # what was seen and left as it is must be checked too

    def clean(self):
        cleaned = self.cleaned_data
        if cleaned.get("is_wanted"):
            for name, words in (("day", "Say on which day."), ("starts", "Say when it starts.")):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, words)
            if not cleaned.get("venue") and not cleaned.get("area"):
                self.add_error("venue", "Name a venue, or an area below.")
        return cleaned

    def wanted(self) -> DateWanted:
        facts = {name: value for name, value in self.cleaned_data.items() if name != "is_wanted"}
        return DateWanted(**facts)


DateFormSet = forms.formset_factory(DateForm, extra=0, max_num=60, absolute_max=60)


class WorkshopForm(DecisionForm):
    workshop = forms.ModelChoiceField(
        Workshop.objects.all(),
        required=False,
        label="Workshop",
        empty_label="A new workshop",
        help_text="Choose one if another post announced it already: the dates are added to it.",
    )
    title = OneLineField(
        label="What it is called",
        max_length=150,
        required=False,
        help_text="The post’s own title, where the text does not say. Change it freely.",
    )
    summary = OneLineField(
        label="In one sentence",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown in lists. In the post’s own words, where it says something.",
    )
    partners = OneLineField(label="With whom", max_length=200, required=False, help_text="Like “Nesta”.")
    cost = OneLineField(max_length=100, required=False, help_text="Empty: free.")
    places = forms.IntegerField(
        label="Places on each date",
        min_value=1,
        max_value=100_000,
        required=False,
        help_text="The post does not say. Empty: no limit; you can set it for each date before it is shown.",
    )

    def __init__(self, data: Any = None, *, proposal: Proposal):
        super().__init__(data, proposal=proposal)
        self.dates = DateFormSet(data, initial=[_as_fields(row) for row in proposal.details["dates"]], prefix="date")

    def seen(self, proposal: Proposal) -> dict[str, Any]:
        return super().seen(proposal) | {"workshop": proposal.post.workshop}

    def is_valid(self):
        return all([super().is_valid(), self.dates.is_valid()])

    def clean(self):
        if not self.cleaned_data.get("workshop"):
            for name, words in (("title", "Say what it is called."), ("summary", "Say in one sentence what it is.")):
                if not self.cleaned_data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return self.cleaned_data

    def changes(self) -> dict[str, Any]:
        wanted = [form.wanted() for form in self.dates if form.cleaned_data["is_wanted"]]
        return self.cleaned_data | {"dates": wanted}


def _as_fields(row: dict[str, str]) -> dict[str, Any]:
    """A date as it was seen, as the fields show it."""
    return row | {
        "day": date.fromisoformat(row["day"]) if row["day"] else None,
        "starts": time.fromisoformat(row["starts"]) if row["starts"] else None,
        "ends": time.fromisoformat(row["ends"]) if row["ends"] else None,
    }


FORMS: dict[str, type[DecisionForm]] = {
    Proposal.Kind.BYLINE: BylineForm,
    Proposal.Kind.INTRODUCTION: IntroductionForm,
    Proposal.Kind.WORKSHOP: WorkshopForm,
    Proposal.Kind.CUT_SHORT: DecisionForm,
    Proposal.Kind.LOGIN: LoginForm,
}
