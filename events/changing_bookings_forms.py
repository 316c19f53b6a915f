"""What people type to change a booking, on their own page and, through staff, by phone."""

from __future__ import annotations

from django import forms

from .forms import AddressForm, ContactForm, NameField, NeedForm, StaffPersonForm, as_told_by_phone
from .models import MOST_PEOPLE, Booking, WorkshopDate
from .models.bookings import MOST_SUPPORT_WORKERS, MOST_SUPPORT_WORKERS_BY_STAFF


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

    most_support_workers = MOST_SUPPORT_WORKERS

    def __init__(self, booking: Booking, *args, **kwargs):
        shown, support = booking.places, booking.support_workers
        super().__init__(*args, initial={"shown": shown, "more": "0", "support_workers": support}, **kwargs)
        self.fields["leaving"].choices = [
            (place.pk, place.name or f"Person {place.position} (no name yet)") for place in booking.people.all()
        ]
        self.fields["more"].choices = _counted(range(MOST_PEOPLE - shown + 1), "Nobody more")
        numbers = sorted({*range(self.most_support_workers + 1), support})
        self.fields["support_workers"].choices = _counted(numbers, "None")

    def clean(self):
        data = self.cleaned_data
        leaving = data.get("leaving", set())
        data["people"] = int(data.get("shown") or 1) - len(leaving) + int(data.get("more") or 0)
        if data["people"] < 1:
            self.add_error("leaving", "Somebody has to come. If nobody can, cancel the booking instead.")
        return data

    def numbers(self) -> dict:
        """The keyword arguments of `changing_bookings.change_number`."""
        data = self.cleaned_data
        return {
            "people": data["people"],
            "leaving": data.get("leaving", set()),
            "support_workers": int(data["support_workers"]),
        }


class DeskNumberForm(NumberForm):
    """The same by phone, where the page says "please ring us" about larger numbers."""

    most_support_workers = MOST_SUPPORT_WORKERS_BY_STAFF
    support_workers = forms.ChoiceField(label="How many support workers come with them?")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["more"].label = "How many more people come with them?"
        self.fields["leaving"].help_text = "What was told about their needs is deleted at once."


class OtherDateForm(forms.Form):
    date = forms.CharField(
        label="Which date suits you?", widget=forms.RadioSelect, error_messages={"required": "Choose a date."}
    )

    def __init__(self, dates: list[tuple[WorkshopDate, bool]], *args, **kwargs):
        """`dates` with whether there is room. One that had room when the page was shown may be chosen all the same."""
        super().__init__(*args, **kwargs)
        self.dates = {str(date.pk): date for date, _has_room in dates}
        self.fields["date"].widget.choices = [
            (date.pk, f"{date.when}, {date.where}: {date.availability_sentence}")
            for date, has_room in dates
            if has_room
        ]

    def clean_date(self) -> WorkshopDate:
        if date := self.dates.get(self.cleaned_data["date"]):
            return date
        raise forms.ValidationError("Choose one of the dates that are shown.")


class DeskOtherDateForm(OtherDateForm):
    """The same by phone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].label = "Which date suits them?"


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
        """The keyword arguments of `changing_bookings.hand_over`."""
        return self.cleaned_data | {"support_workers": int(self.cleaned_data.get("support_workers") or 0)}


class DeskHandOverForm(HandOverForm):
    """The same by phone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        name = self.fields["contact_name"]
        name.label, name.error_messages["required"] = "Who comes instead", "Enter who comes instead."
        if "support_workers" in self.fields:
            self.fields["support_workers"].help_text = "Whoever comes instead sees this number, and can change it."


class LostLinkForm(AddressForm):
    """Where the mails about a booking go."""


class NamesForm(forms.Form):
    """Who is coming, a name for each place; an empty one may follow."""

    def __init__(self, booking: Booking, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for place in booking.people.order_by("position"):
            self.fields[f"name_{place.pk}"] = NameField(
                label=f"First name of person {place.position}", max_length=120, required=False, initial=place.name
            )

    def names(self) -> dict[int, str]:
        """By the key of the place; whoever was added since the page was opened keeps their name."""
        sent = {field: name for field, name in self.cleaned_data.items() if field in self.data}
        return {int(field.removeprefix("name_")): name for field, name in sent.items()}


class DeskNeedForm(NeedForm):
    """The same as told on the phone."""

    says_for_whom = StaffPersonForm.says_for_whom

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        as_told_by_phone(self)
        self.fields["keep_needs"].label = "They agree that we keep this, for this workshop only"
        self.fields["keep_needs"].error_messages["required"] = "Ask them, and tick this when they agree."


class AskedForm(forms.Form):
    """How somebody asked staff to do it, for the log, and whether they still have to hear of it."""

    asked = forms.ChoiceField(
        label="How did they ask?",
        choices=[("by phone", "By phone"), ("by post", "By post or mail")],
        initial="by phone",
    )
    told = forms.BooleanField(
        label="I have told them already",
        required=False,
        help_text="Without this tick whoever has no e-mail is put on the list of people to ring.",
    )

    def __init__(self, *args, tells: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if not tells:
            del self.fields["told"]

    def is_told(self) -> bool:
        return self.cleaned_data.get("told", False)

    def how(self) -> dict:
        """The keyword arguments of activities that staff do for somebody."""
        return {"note": self.cleaned_data["asked"]} | ({"is_told": self.is_told()} if "told" in self.fields else {})
