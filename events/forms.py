"""What people type about a booking. Forms check what was typed; who gets a place is decided in bookings.py."""

from __future__ import annotations

import logging
import re
import time
import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from sharedlives.foundation import links

from . import robots
from .models import MOST_PEOPLE, Booking
from .models.bookings import LACKS_IN_WORDS, MOST_SUPPORT_WORKERS, MOST_SUPPORT_WORKERS_BY_STAFF, lacks, phone_key
from .needs import Person

log = logging.getLogger(__name__)

SMALL_NUMBER = re.compile("[0-9]{1,4}")
UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class OneLineField(forms.CharField):
    """Text that will stand in a mail's header or a list: line breaks and control characters become blanks."""

    def to_python(self, value):
        return " ".join(UNWANTED.sub(" ", super().to_python(value)).split())


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class HourField(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class NameField(OneLineField):
    """A name, which stands in mails that anybody can have sent to anybody: so it cannot carry a link."""

    default_validators = [
        RegexValidator(
            r"://|\bwww\.|[\w-]\.[a-z]{2,}/",
            "Write a name only, without a web address.",
            flags=re.IGNORECASE,
            inverse_match=True,
        )
    ]


def new_stamp(request_id: str = "", *, was_asked: bool = False) -> str:
    """The signed value of a form: which request it is, when it was shown, and whether it asks to press once more."""
    return links.sign("reserve", request_id or uuid.uuid4().hex, int(time.time()), *["asked"] * was_asked)


class StampField(forms.CharField):
    """Makes a double click one booking. A form may stay open for hours: it has no end."""

    widget = forms.HiddenInput

    def clean(self, value):
        try:
            request_id, *_ = links.read("reserve", value or "")
            return uuid.UUID(hex=request_id)
        except (links.BadLink, ValueError) as error:
            raise ValidationError("Something went wrong with this page. Please press the button again.") from error


class TrapField(forms.Field):
    """Nobody sees it and no browser fills it in. Whatever stands there is no error: it is only noticed."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})

    def __init__(self):
        super().__init__(label="Leave this empty", required=False)


class PersonForm(forms.Form):
    """One of those who are coming, with what they need."""

    says_for_whom = "Tell us whether you are answering for yourself or for somebody else."

    name = NameField(
        label="First name", max_length=120, required=False, help_text="You can leave this empty and tell us later."
    )
    access = forms.CharField(
        label="What would help this person take part?",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example a sign language interpreter, large print, a seat near the door.",
    )
    dietary = forms.CharField(
        label="Food and drink", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    answering_for = forms.ChoiceField(
        label="Who is answering this?",
        required=False,
        choices=[("self", "I am answering for myself"), ("other", "I am answering for somebody else, and they agree")],
        widget=forms.RadioSelect,
    )

    def clean(self):
        told = self.cleaned_data.get("access") or self.cleaned_data.get("dietary")
        if told and not self.cleaned_data.get("answering_for") and "answering_for" not in self.errors:
            self.add_error("answering_for", self.says_for_whom)
        return self.cleaned_data

    def person(self) -> Person:
        data = self.cleaned_data
        return Person(
            name=data["name"],
            access=data["access"],
            dietary=data["dietary"],
            is_for_somebody_else=data["answering_for"] == "other",
        )


class _PeopleFormSet(forms.BaseFormSet):
    def get_form_kwargs(self, index):
        # Somebody without a name or needs is a person all the same, not an empty row to be passed over.
        return super().get_form_kwargs(index) | {"empty_permitted": False}

    def clean(self):
        if not self.forms:
            raise ValidationError("At least one person has to come.")

    def people(self) -> list[Person]:
        return [form.person() for form in self.forms]


def _people_formset(form: type[PersonForm]) -> type[_PeopleFormSet]:
    return forms.formset_factory(
        form,
        formset=_PeopleFormSet,
        extra=0,
        min_num=1,
        max_num=MOST_PEOPLE,
        absolute_max=MOST_PEOPLE,
        validate_max=True,
    )


PeopleFormSet = _people_formset(PersonForm)


def _support_workers(most: int) -> list[tuple[str, str]]:
    return [("0", "No"), *((str(number), f"Yes, {number}") for number in range(1, most + 1))]


class ContactForm(forms.Form):
    """Somebody we can reach: a name, and an e-mail address or a phone number."""

    contact_name = NameField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Tell us your name, so that we know whom we write to."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        required=False,
        help_text="We send your confirmation there. No e-mail? Give a phone number instead.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    phone = OneLineField(
        label="Your phone number",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def clean_phone(self):
        phone = self.cleaned_data["phone"]
        if phone and not 7 <= len(phone_key(phone)) <= 15:
            raise ValidationError("Enter a phone number with at least seven digits, like 0151 496 0000.")
        return phone

    def clean(self):
        data = self.cleaned_data
        if not data.get("email") and not data.get("phone") and not {"email", "phone"} & set(self.errors):
            self.add_error("email", "Give an e-mail address or a phone number, so that we can reach you.")
        return data


class WatchedForm(forms.Form):
    """A form for strangers, which notices what looks like a program's work (events/robots.py)."""

    stamp = StampField()
    website = TrapField()

    def seems_automatic(self, name: str, texts: list[str]) -> bool:
        """For a valid form: whether nobody has pressed twice yet and it seems sent by a program. Then it asks to."""
        request_id, shown_at, *was_asked = links.read("reserve", self.data["stamp"])
        if was_asked:
            return False
        seconds = time.time() - int(shown_at)
        trap = self.cleaned_data["website"]
        why = robots.seems_automatic(trap=trap, seconds=seconds, name=name, texts=texts)
        if why:
            log.info("asked to press once more: %s", why)
            self.data["stamp"], self.data["website"] = new_stamp(request_id, was_asked=True), ""
            self.add_error(None, robots.ONCE_MORE)
        return bool(why)


class ReservationForm(WatchedForm, ContactForm):
    """Who to write to, and what holds for the whole booking; the people are a formset beside it."""

    reach_by = forms.ChoiceField(
        label="If we have a question, how shall we reach you?",
        required=False,
        choices=Booking.ReachBy.choices,
        widget=forms.RadioSelect,
        help_text="If you give an e-mail address, your confirmation comes there in any case.",
    )
    organisation = OneLineField(
        label="Organisation, if you come for one",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    support_workers = forms.ChoiceField(
        label="Will support workers come with you?",
        choices=_support_workers(MOST_SUPPORT_WORKERS),
        initial="0",
        widget=forms.RadioSelect,
        help_text="They have places beside you. We need no names, and they may change on the day. More than"
        f" {MOST_SUPPORT_WORKERS}? Please ring us.",
    )
    needs_more_time = forms.BooleanField(label="I need more time to answer when you write to me", required=False)
    keep_needs = forms.BooleanField(
        label="Keep what I wrote about needs, for this workshop only",
        required=False,
        help_text="We delete it 14 days after the workshop. You can remove it at any time.",
    )
    wants_news = forms.BooleanField(
        label="Tell me by e-mail about new dates of all your workshops",
        required=False,
        help_text="You confirm it by a link in our mail about this booking. Every later mail has a link to leave.",
    )

    def __init__(self, *args, people: _PeopleFormSet | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = people

    def clean(self):
        data = super().clean()
        if "stamp" in self.errors:
            self.data["stamp"] = new_stamp(was_asked=True)
        if data.get("wants_news") and not data.get("email") and "email" not in self.errors:
            self.add_error("wants_news", "We tell of new dates by e-mail. Give us yours above, or take this tick away.")
        missing = lacks(data.get("reach_by", ""), email=data.get("email", ""), phone=data.get("phone", ""))
        if missing and not {"email", "phone"} & set(self.errors):
            self.add_error(missing, LACKS_IN_WORDS[missing])
        told = self.people and any(
            form.cleaned_data.get("access") or form.cleaned_data.get("dietary")
            for form in self.people.forms
            if hasattr(form, "cleaned_data")
        )
        if told and not data.get("keep_needs"):
            self.add_error(
                "keep_needs", "Tick this so that we may keep what you wrote about needs, or empty those boxes."
            )
        return data

    def asks_once_more(self) -> bool:
        """Whether it looks like a program's work and nobody has pressed twice yet; then it asks, and keeps all."""
        people = self.people.people()
        needs = [text for one in people for text in (one.access, one.dietary)]
        return self.seems_automatic(self.cleaned_data["contact_name"], [self.cleaned_data["organisation"], *needs])

    def reservation(self) -> dict:
        """The keyword arguments of `bookings.reserve`, without the date."""
        data = self.cleaned_data
        return {
            "contact_name": data["contact_name"],
            "email": data["email"],
            "phone": data["phone"],
            "organisation": data["organisation"],
            "people": self.people.people(),
            "support_workers": int(data["support_workers"]),
            "needs_more_time": data["needs_more_time"],
            "wants_news": data["wants_news"],
            "reach_by": data["reach_by"],
            "request_id": data["stamp"],
        }


def as_told_by_phone(form: PersonForm) -> None:
    """Let the form ask a colleague, who hears it from somebody else."""
    form.fields["answering_for"].label = "For whom do they speak?"
    form.fields["answering_for"].choices = [
        ("self", "They speak for themselves"),
        ("other", "They speak for somebody else, who agrees"),
    ]


class StaffPersonForm(PersonForm):
    says_for_whom = "Ask them whether they speak for themselves or for somebody else."

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        as_told_by_phone(self)
        self.fields["name"].help_text = "May follow."


StaffPeopleFormSet = _people_formset(StaffPersonForm)


class StaffReservationForm(ReservationForm):
    """The same for somebody on the phone; a colleague types it."""

    website = None
    support_workers = forms.ChoiceField(
        label="Will support workers come with them?",
        choices=_support_workers(MOST_SUPPORT_WORKERS_BY_STAFF),
        initial="0",
        help_text="They have places beside them. We need no names, and they may change on the day.",
    )
    channel = forms.ChoiceField(label="How did they ask?", choices=Booking.Channel.choices[1:], initial="phone")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        labels = {
            "contact_name": "Name",
            "email": "E-mail",
            "phone": "Phone number",
            "reach_by": "If we have a question, how shall we reach them?",
            "organisation": "Organisation, if they come for one",
            "needs_more_time": "They need more time to answer when we write",
            "keep_needs": "They agree that we keep what they told about needs, for this workshop only",
            "wants_news": "They want to hear of new dates of all our workshops, by e-mail",
        }
        for name, label in labels.items():
            self.fields[name].label = label
        self.fields["email"].help_text = "The confirmation goes there. No e-mail? Enter a phone number instead."
        self.fields["reach_by"].help_text = "Where there is an e-mail address the confirmation goes there in any case."
        self.fields["wants_news"].help_text = "They confirm it by a link in the mail about this booking."

    def reservation(self) -> dict:
        return super().reservation() | {"channel": self.cleaned_data["channel"]}


def reservation_forms(request, form_class=ReservationForm, people_class=PeopleFormSet):
    """The form and its people: empty, as typed and to be checked, or as typed with one person more or less."""
    if request.method != "POST":
        people = people_class(prefix="people")
        return form_class(people=people, initial={"stamp": new_stamp()}), people
    posted = request.POST.copy()
    if asked_for_another_number(request):
        shown = posted.get("people-TOTAL_FORMS", "")
        count = int(shown) if SMALL_NUMBER.fullmatch(shown) else 1
        count = min(max(count + (1 if "add_person" in posted else -1), 1), MOST_PEOPLE)
        posted["people-TOTAL_FORMS"] = str(count)
        # What was typed is shown again, unchecked: they are not done yet.
        people = people_class(prefix="people", initial=[_typed(posted, number) for number in range(count)])
        form = form_class(people=people, initial={**posted.dict(), "stamp": posted.get("stamp") or new_stamp()})
        return form, people
    if not SMALL_NUMBER.fullmatch(posted.get("people-TOTAL_FORMS", "")):
        posted["people-TOTAL_FORMS"] = ""  # Python reads digits of every script as numbers
    people = people_class(
        posted,
        prefix="people",
        error_messages={
            "missing_management_form": "Something went wrong with this page. Please press the button again."
        },
    )
    return form_class(posted, people=people), people


def asked_for_another_number(request) -> bool:
    return "add_person" in request.POST or "remove_person" in request.POST


def _typed(posted, number):
    names = ("name", "access", "dietary", "answering_for")
    return {name: posted.get(f"people-{number}-{name}", "") for name in names}


class AddressForm(forms.Form):
    """One e-mail address: the right one in place of a mistyped one, or where we shall write to."""

    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        error_messages={"required": "Give your e-mail address."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )


class NewDatesForm(AddressForm):
    """Who asks to hear of new dates. Whatever fills in the trap is asked to press once more, as when reserving."""

    website = TrapField()
    was_asked = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self):
        data = super().clean()
        if data["website"] and not data["was_asked"]:
            self.data = self.data | {"website": "", "was_asked": "1"}
            self.add_error(None, robots.ONCE_MORE)
        return data


class NameForm(forms.Form):
    name = NameField(label="First name", max_length=120, required=False)


class NeedForm(PersonForm):
    """What one person needs, told again; it replaces anything told before."""

    name = None
    keep_needs = forms.BooleanField(
        label="Keep what I wrote about needs, for this workshop only",
        error_messages={"required": "Tick this so that we may keep what you wrote."},
        help_text="We delete it 14 days after the workshop. You can remove it at any time.",
    )

    def clean(self):
        data = super().clean()
        if not data.get("access") and not data.get("dietary") and not {"access", "dietary"} & set(self.errors):
            self.add_error("access", "Write what would help. To take away what you told us, press “Remove”.")
        return data

    def person(self) -> Person:
        self.cleaned_data["name"] = ""
        return super().person()
