"""What guests type: their post, who they are, what they say about it."""

from __future__ import annotations

import html
import re

from django import forms
from django.core.validators import URLValidator

from events.forms import DayField, NameField, WatchedForm, new_stamp
from sharedlives.foundation import pictures, richtext
from sharedlives.foundation.models import Picture
from sharedlives.foundation.richtext import RichTextFormField

from .models import GuestPass, Handle, Note
from .snapshots import Data

# What is printed about the author beside the name, and what a note calls it.
AUTHOR_FIELDS = {"role": "What I do", "bio": "About me", "website": "Website"}


class OneLine(forms.CharField):
    def to_python(self, value):
        return " ".join(super().to_python(value).split())


class GuestPostForm(forms.Form):
    """The post as its guest writes it. Whatever else is posted changes nothing."""

    base = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    title = OneLine(max_length=200, required=False, help_text="It can follow later, before you send your post in.")
    standfirst = OneLine(
        label="In one or two sentences",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the post is about. It opens the post, and stands in lists.",
    )
    name = OneLine(
        label="Your name, as it should be printed",
        max_length=120,
        error_messages={"required": "Write the name under which the post should stand."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    organisation = OneLine(
        label="Your organisation, if you write for one",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
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

    def __init__(self, *args, guest_pass: GuestPass, text: Data, **kwargs):
        """`text` is the one that the form shows and that what is typed goes into (blog/snapshots.py)."""
        self.guest_pass, self.text = guest_pass, text
        kwargs["initial"] = _as_shown(guest_pass, text) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields["body"] = RichTextFormField(label="Your text", required=False, policy=policy_for(text["body"]))
        self.fields |= {f"handle_{network}": _handle_field(network) for network in Handle.Network}
        self.order_fields(["base", "title", "standfirst", "body"])
        for field in self.fields.values():
            # A browser would cut off what is pasted, without a word.
            field.widget.attrs.pop("maxlength", None)

    def clean(self):
        for network, name in self.handles().items():
            try:
                Handle(author=self.guest_pass.author, network=network, name=name).clean()
            except forms.ValidationError as error:
                self.add_error(f"handle_{network}", error.message_dict["name"])
        return self.cleaned_data

    def plain(self) -> str | None:
        """For the text box without JavaScript: the text with empty lines between its paragraphs, or None where it has
        more than that can say."""
        return self.data["plain"] if "plain" in self.data else as_plain(self.text["body"])

    def refuse_unfinished(self) -> None:
        """Before it is sent in; what is only saved may be as unfinished as it likes."""
        if "title" not in self.errors and not self.cleaned_data["title"]:
            self.add_error("title", "Give your post a title before you send it in.")
        if "body" not in self.errors and not self.cleaned_data["body"]:
            self.add_error("body", "Write your text before you send it in.")

    def handles(self) -> dict[str, str]:
        """What was typed of names on social networks, by network."""
        typed = {network: self.cleaned_data.get(f"handle_{network}", "") for network in Handle.Network.values}
        return {network: name.lstrip("@ ") for network, name in typed.items() if name.strip("@ ")}

    def handle_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("handle_")]

    def has_handles(self) -> bool:
        """Whether there is anything in them, so that they are to be seen."""
        return any(field.value() or field.errors for field in self.handle_fields())

    def written(self) -> Data:
        """The text with what was typed in it; what a guest may not change is as it was."""
        return written_into(self.text, self.cleaned_data, self.guest_pass)


_PLAIN = re.compile(r"(?:<p>[^<]*(?:<br>[^<]*)*</p>\s*)*")
_MARKUP_IN_WORDS = re.compile(r"&(?:lt|gt|amp;[\w#]+);")


def as_plain(body: str) -> str | None:
    """Cleaned HTML as it could be typed without any markup; None where that would lose something."""
    if not _PLAIN.fullmatch(body) or _MARKUP_IN_WORDS.search(body):
        return None
    found = re.findall(r"<p>(.*?)</p>", body, re.DOTALL)
    return "\n\n".join(html.unescape(words.replace("<br>", "\n")) for words in found)


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
    return _FIGURE.sub(lambda figure: figure[0] if int(figure[1]) in own else "", body)


_FIGURE = re.compile(r'<figure data-picture="([0-9]+)"></figure>')


def _handle_field(network: Handle.Network) -> OneLine:
    hint = "Like @anna@example.social." if network == Handle.Network.MASTODON else ""
    widget = forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"})
    return OneLine(label=network.label, required=False, help_text=hint, max_length=100, widget=widget)


def _as_shown(guest_pass: GuestPass, text: Data) -> dict:
    author = guest_pass.author
    own = next((row for row in text["bylines"] if row[0] == author.pk), [author.pk, guest_pass.name, ""])
    return {
        **{name: text[name] for name in ("title", "standfirst", "body")},
        **{name: getattr(author, name) for name in AUTHOR_FIELDS},
        "name": own[1],
        "organisation": own[2],
        **{f"handle_{handle.network}": handle.name for handle in author.handles.all()},
    }


class GuestPictureForm(forms.Form):
    """A picture for the post, with what has to be decided about it."""

    # Not an ImageField: a look at the file is ours to take, within limits (foundation/picture_decoding.py).
    file = forms.FileField(
        label="The file",
        error_messages={"required": "Choose the picture’s file first."},
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
    caption = OneLine(label="Words below it", max_length=300, required=False)
    credit = OneLine(label="Who took it?", max_length=150, required=False)
    pictured = OneLine(
        label="Who is in it?", max_length=300, required=False, help_text="For the editors only; never shown."
    )
    consent = forms.ChoiceField(
        label="Do the people in it agree that we show it?",
        choices=Picture.Consent.choices,
        initial=Picture.Consent.UNKNOWN,
    )
    consent_until = DayField(
        label="Until when may we show it?", required=False, help_text="The last day. Empty: no end."
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
        facts = {name: self.cleaned_data[name] for name in self.fields if name not in ("file", "is_portrait")}
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
        error_messages={"required": "Write your words first, then send them."},
    )
    asks_for = forms.ChoiceField(
        label="What do you ask for?",
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, is_out: bool, **kwargs):
        """`is_out` is whether readers have the post; one that is still to go out its guest withdraws themselves."""
        super().__init__(*args, **kwargs)
        asks = Note.AsksFor.choices if is_out else [(Note.AsksFor.CHANGE, "A change before it goes out")]
        self.fields["asks_for"].choices = [("", "Nothing, I am only writing"), *asks]


class SuggestionForm(WatchedForm):
    """For somebody whom nobody invited."""

    name = NameField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Tell us your name."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        error_messages={"required": "Give your e-mail address, so that we can answer."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        help_text="We answer there. We keep it for a year at most.",
    )
    idea = forms.CharField(
        label="What would you like to write about?",
        max_length=3000,
        error_messages={"required": "Write a sentence or two about your idea."},
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="A few sentences are enough. Who are you, and what should people know afterwards?",
    )

    def clean(self):
        data = super().clean()
        if "stamp" in self.errors:
            self.data["stamp"] = new_stamp(was_asked=True)
        return data

    def asks_once_more(self) -> bool:
        return self.seems_automatic(self.cleaned_data["name"], [self.cleaned_data["idea"]])


class LinkForm(forms.Form):
    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        error_messages={"required": "Type the e-mail address that we wrote to."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
