"""Rows for tests: plain functions, keyword-only, sensible without arguments."""

import io
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.text import slugify
from PIL import Image

from blog.models import Author, GuestPass, Post, Tag, Topic
from events import bookings
from events.bookings import Person
from events.models import Subscription, Venue, Workshop, WorkshopDate
from sharedlives.foundation.models import Charity, Picture, User
from sharedlives.site.models import ImportRun, Page, Proposal

# --- The ground -------------------------------------------------------------------------------------------------------


def create_user(*, email="colleague@example.org", name="Cole League", permissions=(), **fields):
    """A member of staff; `permissions` like "events.add_booking"."""
    user = User.objects.create_user(email, "a long enough password", name=name, **fields)
    for permission in permissions:
        app_label, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
    return user


def create_charity(**fields):
    defaults = {
        "name": "Kind Places",
        "phone": "0151 496 0000",
        "email": "office@example.org",
        "access_contact_name": "Ada Cess",
        "access_contact_phone": "0151 496 0001",
        "site_address": "https://www.example.org",
    }
    return Charity.objects.update_or_create(pk=1, defaults=defaults | fields)[0]


def create_picture(*, name="A kitchen table", alt="Two people at a kitchen table", **fields):
    """A picture of the library, without its files."""
    defaults = {"format": "jpeg", "width": 1200, "height": 800, "has_renditions": True}
    return Picture.objects.create(name=name, alt=alt, **defaults | fields)


def picture_file(*, name="kitchen.jpg", format="JPEG", size=(1200, 800), colour="teal", mode="RGB", **options):
    """An upload with a picture of one colour; `options` as Pillow takes them for the format."""
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format, **options)
    return SimpleUploadedFile(name, buffer.getvalue())


def create_page(*, title="About us", is_published=True, **fields):
    fields.setdefault("slug", slugify(title) or f"page-{Page.objects.count()}")
    fields.setdefault("body", "<p>We are a charity.</p>")
    return Page.objects.create(title=title, is_published=is_published, **fields)


# --- Workshops and bookings -------------------------------------------------------------------------------------------


def create_workshop(*, title="Shared Lives where you are", is_published=True, **fields):
    fields.setdefault("slug", slugify(title)[:80] or f"workshop-{Workshop.objects.count()}")
    fields.setdefault("summary", "A day to plan together.")
    return Workshop.objects.create(title=title, is_published=is_published, **fields)


def create_venue(*, name="Friends House", town="London", **fields):
    fields.setdefault("street", "Euston Road")
    fields.setdefault("postcode", "NW1 2BJ")
    return Venue.objects.create(name=name, town=town, **fields)


def create_date(*, workshop=None, starts_at=None, hours=4, places=20, venue=None, area="London", **fields):
    """A scheduled date in thirty days, four hours long, with places for twenty."""
    starts_at = starts_at or (timezone.now() + timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
    fields.setdefault("state", WorkshopDate.State.SCHEDULED)
    fields.setdefault("ends_at", starts_at + timedelta(hours=hours))
    return WorkshopDate.objects.create(
        workshop=workshop or Workshop.objects.first() or create_workshop(),
        starts_at=starts_at,
        places=places,
        venue=venue,
        area="" if venue else area,
        **fields,
    )


def book(date, name="Ann", *, email=None, people=1, **fields):
    """Reserve as the site does, for a contact called `name`; `people` as a number or a list of Person."""
    email = f"{name.lower().replace(' ', '.')}@example.org" if email is None else email
    people = [Person()] * people if isinstance(people, int) else people
    return bookings.reserve(date, contact_name=name, email=email, people=people, **fields).booking


def create_subscription(email="ann@example.org", *, workshop=None, is_confirmed=True, **fields):
    """Somebody who hears of new dates of `workshop`, or of all, since yesterday."""
    fields.setdefault("confirmed_at", timezone.now() - timedelta(days=1) if is_confirmed else None)
    return Subscription.objects.create(email=email, workshop=workshop, **fields)


# --- The blog ---------------------------------------------------------------------------------------------------------


def create_author(*, name="Anna Merrow", **fields):
    fields.setdefault("slug", slugify(name) or f"author-{Author.objects.count()}")
    return Author.objects.create(name=name, **fields)


def create_post(*, title="A room and a half", authors=None, is_published=True, **fields):
    """A post by one author; out since yesterday, or a draft with `is_published=False`."""
    fields.setdefault("slug", slugify(title)[:100] or f"post-{Post.objects.count()}")
    fields.setdefault("body", "<p>A good life is more than being put back together.</p>")
    if is_published:
        fields.setdefault("publish_at", timezone.now() - timedelta(days=1))
        fields.setdefault("status", Post.Status.PUBLISHED)
    post = Post.objects.create(title=title, **fields)
    for position, author in enumerate(authors or [Author.objects.first() or create_author()], start=1):
        post.bylines.create(author=author, position=position)
    return post


def create_topic(name="Homes"):
    return Topic.objects.create(name=name, slug=name.lower())


def create_tag(name="kindness"):
    return Tag.objects.create(name=name, slug=name.lower())


def create_guest_pass(*, post=None, name="Mary Writer", email="mary@example.org", **fields):
    """A guest among the authors of a post (a draft without text, if none is given), with a link that works."""
    post = post or create_post(title="", body="", slug=f"draft-{Post.objects.count()}", is_published=False)
    author = Author.objects.filter(name=name).first() or create_author(name=name, is_guest=True)
    if not post.bylines.filter(author=author).exists():
        post.bylines.create(author=author, position=post.bylines.count() + 1)
    fields.setdefault("ends_at", timezone.now() + timedelta(days=365))
    return GuestPass.objects.create(post=post, author=author, name=name, email=email, **fields)


# --- Moving in from WordPress -----------------------------------------------------------------------------------------


def create_proposal(*, kind="byline", post=None, **details):
    """To be decided: that Mary O'Neill-Smith wrote a draft; other kinds need their details."""
    number = Proposal.objects.count() + 1
    if kind == "byline":
        seen = {"name": "Mary O'Neill-Smith", "role": "", "organisation": "", "handle": "", "quote": "A guest blog."}
        details = seen | details
    if not post and kind != "login":
        post = create_post(title=f"Post that moved in {number}", is_published=False)
    return Proposal.objects.create(kind=kind, post=post, details=details, fingerprint=f"{kind} {number}")


def create_import_run(*, file_name="export.xml", blog="https://blog.example.org", **report):
    return ImportRun.objects.create(file_name=file_name, blog=blog, report=report, finished_at=timezone.now())
