"""What guests type: their post, who they are, what they say about it."""

from __future__ import annotations

from django import forms
from django.core.validators import URLValidator

from events.forms import NameField, StampField, new_stamp
from sharedlives.foundation import pictures, richtext
from sharedlives.foundation.models import Picture
from sharedlives.foundation.richtext import RichTextFormField

from .models import GuestPass, Handle
from .snapshots import Data

AUTHOR_FIELDS = ("role", "bio", "website")


class OneLine(forms.CharField):
    def to_python(self, value):
        return " ".join(super().to_python(value).split())


class GuestPostForm(forms.Form):
    """The post as its guest writes it. Whatever else is posted changes nothing."""

    base = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    title = OneLine(max_length=200, required=False, help_text="It can follow later.")
    standfirst = OneLine(
        label="In one or two sentences",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the post is about. It opens the post, and stands in lists.",
    )
    name = OneLine(label="Your name, as it should be printed", max_length=120)
    organisation = OneLine(label="Your organisation, if you write for one", max_length=150, required=False)
    role = OneLine(label="What you do", max_length=120, required=False, help_text='Like "Shared Lives carer".')
    bio = forms.CharField(
        label="About you",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Two or three plain sentences, printed below the post.",
    )
    website = forms.URLField(
        label="Your website",
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        widget=forms.URLInput(attrs={"autocomplete": "url"}),
    )
    network = forms.ChoiceField(
        label="A social network",
        required=False,
        choices=[("", "None"), *Handle.Network.choices],
    )
    handle = OneLine(label="Your name there", max_length=100, required=False, help_text="Like AnnaWritesHere.")

    def __init__(self, *args, guest_pass: GuestPass, text: Data, **kwargs):
        """`text` is the one that the form shows and that what is typed goes into (blog/snapshots.py)."""
        self.guest_pass, self.text = guest_pass, text
        kwargs["initial"] = _as_shown(guest_pass, text) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields["body"] = RichTextFormField(label="Your text", required=False, policy=policy_for(text["body"]))
        self.order_fields(["base", "title", "standfirst", "body"])

    def clean(self):
        data = self.cleaned_data
        if data.get("handle") and not data.get("network"):
            self.add_error("network", "Say which network that is.")
        if data.get("handle") and data.get("network"):
            self._check_handle(data)
        return data

    def _check_handle(self, data):
        handle = Handle(author=self.guest_pass.author, network=data["network"], name=data["handle"])
        try:
            handle.clean()
        except forms.ValidationError as error:
            self.add_error("handle", error.message_dict["name"])

    def written(self) -> Data:
        """The text with what was typed in it; what a guest may not change is as it was."""
        return written_into(self.text, self.cleaned_data, self.guest_pass)


def policy_for(body: str) -> str:
    """The guests' narrower list, or the staff's where an editor has put in more than it holds: that must stay."""
    return "guest" if richtext.clean(body, "guest") == body else "staff"


def written_into(text: Data, typed: dict, guest_pass: GuestPass) -> Data:
    own = [guest_pass.author_id, typed.get("name") or guest_pass.name, typed.get("organisation", "")]
    bylines = [own if row[0] == guest_pass.author_id else row for row in text["bylines"]]
    changed = {name: typed[name] for name in ("title", "standfirst", "body") if name in typed}
    if "body" in changed:
        changed["body"] = _with_own_pictures_only(changed["body"], text["body"], guest_pass)
    return text | changed | {"bylines": bylines}


def _with_own_pictures_only(body: str, before: str, guest_pass: GuestPass) -> str:
    """A number is easily typed: the library's other pictures are none of a guest's business."""
    own = set(guest_pass.pictures.values_list("picture", flat=True)) | set(richtext.picture_ids(before))
    for number in set(richtext.picture_ids(body)) - own:
        body = body.replace(f'<figure data-picture="{number}"></figure>', "")
    return body


def _as_shown(guest_pass: GuestPass, text: Data) -> dict:
    author = guest_pass.author
    own = next((row for row in text["bylines"] if row[0] == author.pk), [author.pk, guest_pass.name, ""])
    handle = author.handles.first()
    return {
        **{name: text[name] for name in ("title", "standfirst", "body")},
        **{name: getattr(author, name) for name in AUTHOR_FIELDS},
        "name": own[1],
        "organisation": own[2],
        "network": handle.network if handle else "",
        "handle": handle.name if handle else "",
    }


class GuestPictureForm(forms.Form):
    """A picture for the post, with what has to be decided about it."""

    # Not an ImageField: a look at the file is ours to take, within limits (foundation/picture_decoding.py).
    file = forms.FileField(
        label="The file",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
        help_text="A photograph or drawing as JPEG, PNG, WebP or AVIF, up to 8 MB.",
    )
    alt = OneLine(
        label="What does it show?",
        max_length=300,
        required=False,
        help_text="For people who cannot see it: what is going on, who is in it.",
    )
    is_decorative = forms.BooleanField(label="It says nothing that the text does not say", required=False)
    credit = OneLine(label="Who took it?", max_length=150, required=False)
    pictured = OneLine(
        label="Who is in it?", max_length=300, required=False, help_text="For the editors only; never shown."
    )
    consent = forms.ChoiceField(
        label="Do the people in it agree that we show it?",
        choices=[choice for choice in Picture.Consent.choices if choice[0] != "stock"],
        initial=Picture.Consent.UNKNOWN,
    )
    is_portrait = forms.BooleanField(label="This is a photograph of me, to go with my name", required=False)

    def clean(self):
        facts = self.cleaned_data
        if "alt" in facts and not facts["alt"] and not facts.get("is_decorative"):
            self.add_error("alt", "Say what it shows, or tick the box below.")
        if facts.get("alt") and facts.get("is_decorative"):
            self.add_error("alt", "Say what it shows or tick the box, not both.")
        return facts

    def take_in(self) -> Picture | None:
        """The picture in the library; None, with an error on the form, where the file was refused."""
        facts = {name: self.cleaned_data[name] for name in ("alt", "is_decorative", "credit", "pictured", "consent")}
        try:
            return pictures.add(self.cleaned_data["file"], by=None, **facts)
        except pictures.Refused as refusal:
            self.add_error("file", str(refusal))
            return None


class NoteForm(forms.Form):
    text = forms.CharField(
        label="Your words to the editors",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write something first."},
    )


class SuggestionForm(forms.Form):
    """For somebody whom nobody invited."""

    stamp = StampField()
    name = NameField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        help_text="We answer there. We keep it for a year at most.",
    )
    idea = forms.CharField(
        label="What would you like to write about?",
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="A few sentences are enough. Who are you, and what should people know afterwards?",
    )

    def clean(self):
        if "stamp" in self.errors:
            self.data = self.data.copy()
            self.data["stamp"] = new_stamp()
        return super().clean()


class LinkForm(forms.Form):
    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
