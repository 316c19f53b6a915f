"""What people type to change a booking, on their own page and, through staff, by phone."""

from __future__ import annotations

from django import forms

from .forms import AddressForm, ContactForm
from .models import MOST_PEOPLE, Booking, WorkshopDate
from .models.bookings import MOST_SUPPORT_WORKERS


def _counted(numbers, nothing: str) -> list[tuple[str, str]]:
    return [(str(number), str(number) if number else nothing) for number in numbers]


class _KeysField(forms.MultipleChoiceField):
    """Keys of rows, some of which may be gone since: a second press of the button is no mistake."""

    def valid_value(self, value):
        return str(value).isascii() and str(value).isdecimal() and len(str(value)) < 19

    def clean(self, value):
        return {int(key) for key in super().clean(value)}


class _MoreField(forms.ChoiceField):
    """Any number that the page may have shown before the booking changed."""

    def valid_value(self, value):
        return value in map(str, range(MOST_PEOPLE))


class NumberForm(forms.Form):
    """For how many: who drops out, how many more come, how many support workers."""

    # How many there were when the page was shown: the form says how many there are to be, however often it is sent.
    shown = forms.ChoiceField(choices=_counted(range(1, MOST_PEOPLE + 1), ""), widget=forms.HiddenInput)
    leaving = _KeysField(
        label="Does somebody drop out?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What you told us about their needs is deleted at once.",
    )
    more = _MoreField(label="How many more people come with you?", required=False)
    support_workers = forms.ChoiceField(
        label="How many support workers come with you?",
        widget=forms.RadioSelect,
        help_text="They have places beside you. We need no names, and they may change on the day.",
    )

    def __init__(self, booking: Booking, *args, **kwargs):
        shown, support = booking.places, booking.support_workers
        super().__init__(*args, initial={"shown": shown, "more": "0", "support_workers": support}, **kwargs)
        self.fields["leaving"].choices = [
            (place.pk, place.name or f"Person {place.position} (no name yet)") for place in booking.people.all()
        ]
        self.fields["more"].choices = _counted(range(MOST_PEOPLE - shown + 1), "Nobody more")
        numbers = sorted({*range(self.most_support_workers() + 1), support})
        self.fields["support_workers"].choices = _counted(numbers, "None")

    def most_support_workers(self) -> int:
        return MOST_SUPPORT_WORKERS

    def clean(self):
        data = self.cleaned_data
        leaving = data.get("leaving", set())
        data["people"] = int(data.get("shown") or 1) - len(leaving) + int(data.get("more") or 0)
        if data["people"] < 1:
            self.add_error("leaving", "Somebody has to come. If nobody can, cancel the booking instead.")
        return data

    def numbers(self) -> dict:
        """The keyword arguments of `changing.change_number`."""
        data = self.cleaned_data
        return {
            "people": data["people"],
            "leaving": data.get("leaving", set()),
            "support_workers": int(data["support_workers"]),
        }


class OtherDateForm(forms.Form):
    date = forms.ChoiceField(
        label="Which date suits you?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a date.", "invalid_choice": "Choose one of the dates that are shown."},
    )

    def __init__(self, dates: list[WorkshopDate], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dates = {str(date.pk): date for date in dates}
        self.fields["date"].choices = [
            (key, f"{date.when}, {date.where}: {date.availability_sentence}") for key, date in self.dates.items()
        ]

    def chosen(self) -> WorkshopDate:
        return self.dates[self.cleaned_data["date"]]


class HandOverForm(ContactForm):
    """Who comes instead."""

    support_workers = forms.ChoiceField(
        label="Support workers who still come",
        help_text="Your colleague sees this number. They can change it.",
        widget=forms.RadioSelect,
    )

    def __init__(self, booking: Booking, *args, **kwargs):
        super().__init__(*args, initial={"support_workers": "0"}, **kwargs)
        if booking.support_workers:
            self.fields["support_workers"].choices = _counted(range(booking.support_workers + 1), "None")
        else:
            del self.fields["support_workers"]
        name, email, phone = (self.fields[field] for field in ("contact_name", "email", "phone"))
        name.label, name.error_messages["required"] = "Your colleague's name", "Tell us who comes instead of you."
        email.label, email.help_text = "Their e-mail", "We write to them there. No e-mail? Give a phone number instead."
        phone.label = "Their phone number"
        for field in (name, email, phone):
            field.widget.attrs["autocomplete"] = "off"

    def contact(self) -> dict:
        """The keyword arguments of `changing.hand_over`."""
        return self.cleaned_data | {"support_workers": int(self.cleaned_data.get("support_workers") or 0)}


class LostLinkForm(AddressForm):
    """Where the mails about a booking go."""
