"""Every hostile vector on every way into the database: nothing of it leaves the policy, and what is stored stays as it
is. What browsers make of it: tests/browser/test_hostile_markup.py."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F

from blog.models import Post
from sharedlives.foundation.richtext import POLICIES, RichTextField, RichTextFormField, clean
from sharedlives.site.models import Page
from tests.factories import create_guest_pass, create_user

from .policy import ELEMENTS, as_nh3_has_it, findings
from .vectors import ADDRESSES, EVERY, MARKUP, in_markup

POLICY_NAMES = ["staff", "guest"]


def test_there_are_several_hundred_and_each_once():
    assert len({*EVERY}) == len(EVERY) > 1000


def test_the_policies_are_what_these_tests_think():
    assert {name: rules.tags for name, rules in POLICIES.items()} == ELEMENTS


@pytest.mark.parametrize("policy", POLICY_NAMES)
@pytest.mark.parametrize("kind", MARKUP)
def test_nothing_hostile_is_left(kind, policy):
    left = {}
    for vector in MARKUP[kind]:
        for text in (vector, f"<p>before</p>{vector}<p>after</p>"):
            cleaned = clean(text, policy)
            if found := findings(cleaned, policy):
                left[text] = found
            if "<p>before" in text and "before" not in cleaned:
                left[text] = "the words before it are gone"
    assert left == {}


@pytest.mark.parametrize("policy", POLICY_NAMES)
def test_no_hostile_address_is_left(policy):
    left = {}
    for address in ADDRESSES:
        for markup in in_markup(address):
            cleaned = clean(markup, policy)
            if findings(cleaned, policy) or "href" in cleaned or "this" not in cleaned:
                left[markup] = cleaned
    assert left == {}


@pytest.mark.parametrize("policy", POLICY_NAMES)
def test_what_is_clean_stays_byte_for_byte_and_nh3_alone_agrees(policy):
    changed = {}
    for vector in EVERY:
        cleaned = clean.__wrapped__(vector, policy)
        if not clean.__wrapped__(cleaned, policy) == as_nh3_has_it(cleaned, policy) == cleaned:
            changed[vector] = cleaned
    assert changed == {}


@pytest.mark.parametrize("policy", POLICY_NAMES)
def test_form_field_and_model_field_clean_alike(policy):
    form_field, model_field = RichTextFormField(policy=policy, required=False), RichTextField(policy=policy)

    for vector in EVERY:
        assert model_field.get_prep_value(vector) == clean(vector, policy)
        if "\0" in vector:
            with pytest.raises(ValidationError, match="Null characters"):
                form_field.clean(vector)
        else:
            assert form_field.clean(vector) == clean(vector, policy)


# --- Ways into the database -------------------------------------------------------------------------------------------

# What a browser can send and a form takes.
SENDABLE = [vector for vector in EVERY if not re.search("[\0\ud800-\udfff]", vector)]
CLEANED = [clean(vector) for vector in EVERY]


def stored(field="body", model=Post):
    """What really stands in the table, in the order of the rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {field} FROM {model._meta.db_table} ORDER BY id")
        return [body for (body,) in cursor.fetchall()]


def posts(bodies):
    return [Post(title="x", slug=f"p{number}", body=body) for number, body in enumerate(bodies)]


@pytest.mark.django_db
class TestEveryWayIn:
    def test_bulk_create_and_bulk_update(self):
        made = Post.objects.bulk_create(posts(EVERY))
        assert stored() == CLEANED

        for post, vector in zip(made, EVERY, strict=True):
            post.body = f"<p>again</p>{vector}"
        Post.objects.bulk_update(made, ["body"])
        assert stored() == [clean(f"<p>again</p>{vector}") for vector in EVERY]

    def test_save_of_new_ones_and_save_again(self):
        for post in posts(EVERY[::2]):
            post.save()
        assert stored() == CLEANED[::2]

        for post in Post.objects.order_by("pk")[::8]:
            post.save()
        assert stored() == CLEANED[::2]

    def test_update(self):
        made = Post.objects.bulk_create(posts("" for _ in EVERY[1::2]))
        for post, vector in zip(made, EVERY[1::2], strict=True):
            Post.objects.filter(pk=post.pk).update(body=vector)
        assert stored() == CLEANED[1::2]

        Post.objects.update(body=F("body"))
        assert stored() == CLEANED[1::2]

    def test_update_or_create(self):
        for number, vector in enumerate(EVERY[2::8]):
            Post.objects.update_or_create(slug=f"p{number}", defaults={"title": "x", "body": vector})
        assert stored() == CLEANED[2::8]

    def test_pages_too(self):
        Page.objects.bulk_create(
            Page(title="x", slug=f"p{number}", body=vector) for number, vector in enumerate(EVERY[3::8])
        )
        assert stored(model=Page) == CLEANED[3::8]

    def test_the_form_at_the_desk(self, client):
        """One in twenty; all of them: tests/browser/test_hostile_markup.py."""
        client.force_login(create_user(is_superuser=True))

        for vector in SENDABLE[::20]:
            save_at_the_desk(client, vector)

        assert stored() == [clean(vector) for vector in SENDABLE[::20]]

    def test_the_page_of_a_guest(self, client):
        """One in twenty, saved and kept; all of them: tests/browser/test_hostile_markup.py."""
        guest_pass = create_guest_pass()

        for vector in SENDABLE[7::20]:
            kept, saved = save_as_a_guest(client, guest_pass, vector)
            assert kept == saved == as_a_guest_may(vector), vector
            assert findings(saved, "guest") == []


def as_a_guest_may(vector):
    """Cleaned by the narrower list; of pictures a guest has none in these tests."""
    return clean(re.sub(r'<figure data-picture="[0-9]+"></figure>', "", clean(vector, "guest")), "guest")


def save_as_a_guest(client, guest_pass, body):
    """What is kept while a guest writes, and what is saved, as a browser would send it."""
    address = guest_pass.get_absolute_url()
    form = client.get(address).context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"title": "x", "body": body}
    assert client.post(f"{address}keep/", values).status_code == 200
    own = guest_pass.revisions.autosaves().first()
    response = client.post(address, values | {"save": "1"})
    assert response.status_code == 302, response.context["form"].errors
    return own.data["body"], Post.objects.get(pk=guest_pass.post_id).body


def save_at_the_desk(client, body, post=None, **more):
    """Save a draft (a new one without `post`) by the form of the admin, as a browser would send it."""
    values = {"title": "x", "slug": post.slug if post else "", "body": body, "_save": "x"}
    values |= {"seen_version": post.updated_at.isoformat()} if post else {}
    values |= more | {"bylines-TOTAL_FORMS": 0, "bylines-INITIAL_FORMS": 0}
    address = f"/admin/blog/post/{post.pk}/change/" if post else "/admin/blog/post/add/"
    response = client.post(address, values)
    assert response.status_code == 302, response.context["errors"] or response.context["messages"]
