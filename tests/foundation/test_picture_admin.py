"""The library at the desk, and what the editor's dialog asks of it."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sharedlives.foundation import renditions
from sharedlives.foundation.models import AuditEntry, Picture
from tests.bombs import BOMBS
from tests.factories import create_author, create_charity, create_page, create_picture, create_post, create_user
from tests.factories import picture_file as file
from tests.foundation.people import in_role

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/foundation/picture/", "/admin/foundation/picture/add/"
PICKER, UPLOAD = "/admin/foundation/picture/picker/", "/admin/foundation/picture/upload/"


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def editor():
    return in_role("Editors", email="ed@example.org", name="Ed")


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


def sent(**changes):
    return {"file": file(), "alt": "A table", "consent": "nobody", "focal_x": "50", "focal_y": "50"} | changes


def copy_of(picture):
    return Path(default_storage.path(renditions.copy_name(picture)))


def page_of(picture):
    return f"{LIST}{picture.pk}/change/"


def errors(response):
    return {name: list(sentences) for name, sentences in response.context["adminform"].form.errors.items()}


def names(response):
    return [picture.name for picture in response.context["cl"].result_list]


# Adding


def test_a_picture_is_added_by_its_file_and_description_alone(desk, editor):
    response = desk.post(ADD, {"file": file(name="our garden.jpg"), "alt": "Ann in her garden"})

    picture = Picture.objects.get()
    assert response.url == LIST
    assert (picture.name, picture.alt, picture.uploaded_by) == ("our garden", "Ann in her garden", editor)
    assert (picture.consent, picture.focal_x, picture.focal_y) == ("unknown", 50, 50)
    assert copy_of(picture).exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("added", editor)
    assert entry.changes["file"] == [None, "a new one"]
    assert "garden.jpg" not in json.dumps(entry.changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"alt": ""}, {"alt": ['Describe the picture, or tick "only decoration".']}),
        ({"alt": "  \n "}, {"alt": ['Describe the picture, or tick "only decoration".']}),
        ({"is_decorative": "on"}, {"alt": ["Describe it or call it decoration, not both."]}),
        ({"file": ""}, {"file": ["This field is required."]}),
        ({"focal_x": "101"}, {"__all__": None}),
        ({"focal_x": "-1"}, {"focal_x": None}),
        ({"consent_until": "soon"}, {"consent_until": None}),
    ],
)
def test_a_form_that_is_not_right_stores_nothing(desk, settings, changes, expected):
    response = desk.post(ADD, sent(**changes))

    found = errors(response)
    assert found.keys() == expected.keys()
    assert all(words is None or found[name] == words for name, words in expected.items())
    assert not Picture.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.*"))


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_an_error_in_words_beside_the_field(desk, settings, kind):
    response = desk.post(ADD, sent(file=SimpleUploadedFile("a.jpg", BOMBS[kind]())))

    assert list(errors(response)) == ["file"]
    assert not Picture.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.*"))


def test_decoration_needs_no_description(desk):
    desk.post(ADD, sent(alt="", is_decorative="on"))

    assert Picture.objects.get().is_alt_decided


def test_a_disk_that_may_only_be_read_is_an_error_in_words(desk, settings, tmp_path):
    (tmp_path / "a file").touch()
    settings.MEDIA_ROOT = tmp_path / "a file" / "media"

    response = desk.post(ADD, sent(alt="Typed with care"))

    assert "no room for it" in errors(response)["file"][0]
    assert "Typed with care" in response.content.decode()


# Changing


def add(desk, **changes):
    assert desk.post(ADD, sent(**changes)).status_code == 302
    return Picture.objects.latest("pk")


def change(desk, picture, **changes):
    facts = {name: getattr(picture, name) or "" for name in ("name", "alt", "consent", "focal_x", "focal_y")}
    return desk.post(page_of(picture), facts | changes)


def test_words_change_without_touching_the_files(desk):
    picture = add(desk)

    change(desk, picture, caption="At home", consent_until="2031-05-01")

    changed = Picture.objects.get()
    assert (changed.caption, changed.key, str(changed.consent_until)) == ("At home", picture.key, "2031-05-01")


def test_another_file_keeps_the_words_and_a_broken_one_changes_nothing(desk):
    picture = add(desk)

    response = change(desk, picture, file=file(size=(20, 10), name="x.png"), caption="Later")
    assert response.status_code == 302
    replaced = Picture.objects.get()
    assert (replaced.width, replaced.name, replaced.caption) == (20, "kitchen", "Later")

    response = change(desk, replaced, file=SimpleUploadedFile("a.jpg", b"no picture"), caption="Never")
    assert list(errors(response)) == ["file"]
    assert Picture.objects.get().key == replaced.key
    assert Picture.objects.get().caption == "Later"


def test_another_focal_point_gives_new_files(desk):
    picture = add(desk)

    change(desk, picture, focal_x="10")

    assert Picture.objects.get().focal_x == 10
    assert Picture.objects.get().key != picture.key


def test_consent_given_again_brings_the_picture_back(desk):
    picture = add(desk, consent_until="2020-01-01")

    change(desk, picture, consent_until="")

    again = Picture.objects.get()
    assert again.key != picture.key
    assert copy_of(again).exists()


# The list


def test_the_list_is_narrowed_to_what_needs_somebody(desk):
    today = timezone.localdate()
    create_picture(name="missing", alt="")
    create_picture(name="decoration", alt="", is_decorative=True)
    create_picture(name="over", consent_until=today - timedelta(days=1))
    create_picture(name="soon", consent_until=today + timedelta(days=30), consent="written")
    used = create_picture(name="used", consent="stock")
    create_author(portrait=used)

    def found(query):
        return set(names(desk.get(f"{LIST}?{query}")))

    assert found("description=undescribed") == {"missing"}
    assert found("description=decorative") == {"decoration"}
    assert found("description=described") == {"over", "soon", "used"}
    assert found("consent=consent_over") == {"over"}
    assert found("consent=consent_soon_over") == {"soon"}
    assert found("consent=consent_unknown") == {"missing", "decoration", "over"}
    assert found("used=used") == {"used"}
    assert found("used=unused") == {"missing", "decoration", "over", "soon"}
    assert len(found("used=delete")) == 5


def test_pictures_are_found_by_their_words(desk):
    create_picture(name="one", alt="A garden")
    create_picture(name="two", credit="Photograph: Ada Rowan")
    create_picture(name="three", caption="In the garden")
    create_picture(name="four", pictured="Bob Smith")

    assert set(names(desk.get(f"{LIST}?q=garden"))) == {"one", "three"}
    assert names(desk.get(f"{LIST}?q=rowan")) == ["two"]
    assert names(desk.get(f"{LIST}?q=smith")) == ["four"]


def test_a_page_says_where_the_picture_stands_and_keeps_it_there(desk):
    picture = create_picture()
    post = create_post(title="Spring", lead_picture=picture)
    author, page = create_author(name="Ann", portrait=picture), create_page(title="About")
    page.pictures.set([picture])

    shown = desk.get(page_of(picture)).content.decode()
    assert all(words in shown for words in ("Spring</a> (post)", "Ann</a> (author)", "About</a> (page)"))
    assert reverse("admin:blog_post_change", args=[post.pk]) in shown
    assert reverse("admin:blog_author_change", args=[author.pk]) in shown

    desk.post(f"{LIST}{picture.pk}/delete/", {"post": "yes"})
    desk.post(LIST, {"action": "delete_selected", "_selected_action": [picture.pk], "post": "yes"})
    assert Picture.objects.count() == 1
    refusal = desk.get(f"{LIST}{picture.pk}/delete/").content.decode()
    assert "Take it out there first" in refusal
    assert "Spring</a> (post)" in refusal


def test_a_picture_in_no_use_is_deleted_with_its_files(desk, settings, django_capture_on_commit_callbacks):
    one, two = add(desk), add(desk)
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(f"{LIST}{one.pk}/delete/", {"post": "yes"})
        desk.post(LIST, {"action": "delete_selected", "_selected_action": [two.pk], "post": "yes"})

    assert not Picture.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.*"))


def test_the_front_tells_whoever_looks_after_pictures_of_consent(desk, client):
    today = timezone.localdate()
    assert "consent is over" not in desk.get("/admin/").content.decode()
    create_picture(consent_until=today - timedelta(days=1))
    create_picture(consent_until=today)

    front = desk.get("/admin/").content.decode()
    assert "1 picture no longer shown" in front
    assert "1 picture to ask about" in front
    client.force_login(in_role("Workshop organisers", email="olive@example.org"))
    assert "no longer shown" not in client.get("/admin/").content.decode()


# The editor's dialog


def test_the_dialog_gets_the_newest_that_may_be_shown_a_page_at_a_time(desk):
    for number in range(26):
        create_picture(name=f"picture {number}")
    create_picture(name="over", consent_until=timezone.localdate() - timedelta(days=1))

    first, second = desk.get(PICKER).json(), desk.get(f"{PICKER}?page=2").json()

    assert [row["name"] for row in first["pictures"]] == [f"picture {number}" for number in range(25, 1, -1)]
    assert [row["name"] for row in second["pictures"]] == ["picture 1", "picture 0"]
    assert (first["more"], second["more"]) == (True, False)


def test_the_dialog_gets_what_it_needs_to_know(desk):
    picture = create_picture(key="ab" * 16, name="Table", caption="C", credit="D", alt="Two people", pictured="Ann")

    assert desk.get(f"{PICKER}?q=two").json() == {
        "pictures": [
            {
                "id": picture.pk,
                "name": "Table",
                "alt": "Two people",
                "is_decorative": False,
                "caption": "C",
                "credit": "D",
                "may_be_shown": True,
                "thumb": f"/media/renditions/ab/{'ab' * 16}-480.jpg",
                "width": 1200,
                "height": 800,
            }
        ],
        "more": False,
    }


def test_the_dialog_is_told_of_pictures_by_their_numbers(desk):
    one, two = create_picture(name="one"), create_picture(name="two", consent_until="2020-01-01")

    rows = desk.get(f"{PICKER}?ids={one.pk},{two.pk},x,,{'9' * 30}").json()["pictures"]

    assert {row["name"]: row["may_be_shown"] for row in rows} == {"one": True, "two": False}
    assert "picture-gone" in next(row["thumb"] for row in rows if row["name"] == "two")


def test_the_dialog_offers_every_basis_of_consent(settings):
    script = Path(settings.BASE_DIR, "static/js/picture_picker.js").read_text()

    assert dict(re.findall(r'^    \["(\w+)", "(.+)"\],$', script, re.MULTILINE)) == dict(Picture.Consent.choices)


@pytest.mark.parametrize(
    "query", ["q=%00", "q=" + "a " * 2000, "page=x", "page=-1", "page=" + "9" * 30, "page=%D9%A3", "ids=,", "q=%25_'"]
)
def test_the_dialog_survives_junk(desk, query):
    create_picture()

    assert desk.get(f"{PICKER}?{query}").status_code == 200


def test_a_picture_is_added_from_the_dialog(desk, editor):
    response = desk.post(UPLOAD, {"file": file(), "alt": "A table", "caption": "At home", "consent": "written"})

    picture = Picture.objects.get()
    assert response.json()["picture"]["id"] == picture.pk
    assert response.json()["picture"]["thumb"].endswith("-960.jpg")
    assert (picture.name, picture.caption, picture.consent) == ("kitchen", "At home", "written")
    assert picture.uploaded_by == editor
    assert AuditEntry.objects.get().action == "added"


def test_the_dialog_is_told_what_is_wrong_by_field(desk):
    response = desk.post(UPLOAD, {"file": file(format="GIF")})

    assert response.status_code == 400
    assert response.json() == {"errors": {"alt": ['Describe the picture, or tick "only decoration".']}}
    response = desk.post(UPLOAD, {"file": file(format="GIF"), "alt": "A"})
    assert response.json() == {
        "errors": {"file": ["This is no picture that the site can take. Save it as JPEG, PNG, WebP or AVIF."]}
    }
    assert not Picture.objects.exists()


def test_the_dialog_is_for_those_with_the_right(client):
    for user, expected in (
        (None, (401, 401)),
        (create_user(email="s@example.org", is_staff=False), (401, 401)),
        (in_role("Workshop organisers", email="o@example.org"), (403, 403)),
        (in_role("Read only", email="r@example.org"), (200, 403)),
        (in_role("Writers", email="w@example.org"), (200, 200)),
    ):
        client.logout()
        if user:
            client.force_login(user)
        answers = client.get(PICKER), client.post(UPLOAD, {"file": file(), "alt": "A"})
        assert tuple(answer.status_code for answer in answers) == expected, user
        assert all("no-store" in answer["Cache-Control"] for answer in answers)
        assert all(answer.json().get("errors") for answer in answers if answer.status_code > 400)


def test_the_dialog_answers_its_own_methods_and_tokens_only(desk, editor):
    assert desk.post(PICKER).status_code == 405
    assert desk.get(UPLOAD).status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(editor)
    assert careful.post(UPLOAD, {"file": file(), "alt": "A"}).status_code == 403
    assert not Picture.objects.exists()
