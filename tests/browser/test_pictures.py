"""The library of pictures at the desk, and pictures on the site, in a real browser and under the strict policy."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sharedlives.foundation import pictures, renditions
from sharedlives.foundation.models import Picture
from tests.bombs import encoded, scene
from tests.factories import create_charity, create_post, create_user, picture_file

ADD = "/admin/foundation/picture/add/"


@pytest.fixture
def editor():
    create_charity()
    return create_user(is_superuser=True)


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "garden.jpg"
    path.write_bytes(encoded(scene(), "JPEG"))
    return path


def add(**facts):
    picture = pictures.add(picture_file(), by=None, **{"alt": "A kitchen table", **facts})
    pictures.make_renditions(picture.pk, picture.key)
    return picture


def test_a_picture_is_added_and_its_focal_point_chosen_by_mouse_and_keys(new_page, editor, photograph):
    page = new_page(editor)
    page.goto(ADD)
    page.set_input_files("#id_file", photograph)
    point = page.get_by_role("button", name="Point to keep")
    frame = point.locator("img").bounding_box()

    point.click(position={"x": frame["width"] * 0.25, "y": frame["height"] * 0.75})
    assert (page.input_value("#id_focal_x"), page.input_value("#id_focal_y")) == ("25", "75")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert page.get_by_role("button", name="27 percent from the left, 73 from the top").is_visible()

    page.fill("#id_alt", "Ann in her garden")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/foundation/picture/")

    picture = Picture.objects.get()
    assert (picture.name, picture.focal_x, picture.focal_y) == ("garden", 27, 73)
    page.wait_for_function("() => document.querySelector('.thumb').naturalWidth === 600")


def test_without_scripts_the_two_numbers_do(new_page, editor, photograph):
    page = new_page(editor, java_script_enabled=False)
    page.goto(ADD)
    page.set_input_files("#id_file", photograph)
    page.fill("#id_alt", "Ann in her garden")
    page.fill("#id_focal_x", "10")
    page.get_by_role("button", name="Save", exact=True).click()

    assert Picture.objects.get().focal_x == 10


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_library_meets_what_axe_knows(new_page, editor, axe, width, scheme):
    used, over = add(), add(consent_until=timezone.localdate() - timedelta(days=1))
    create_post(lead_picture=used)
    page = new_page(editor, viewport={"width": width, "height": 900}, color_scheme=scheme)

    for path in ("", f"{used.pk}/change/", f"{over.pk}/change/", "add/", f"{used.pk}/delete/", f"{over.pk}/delete/"):
        page.goto(f"/admin/foundation/picture/{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto("/admin/")
    assert page.get_by_text("1 picture no longer shown").is_visible()
    assert axe(page) == []


def test_readers_get_small_files_sized_before_they_come(new_page, editor, axe):
    picture = add()
    post = create_post(body=f'<p>Words</p><figure data-picture="{picture.pk}"></figure><p>More</p>')
    page = new_page(viewport={"width": 360, "height": 800})

    page.goto(post.get_absolute_url())
    image = page.get_by_role("img", name="A kitchen table")
    image.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete", arg=image.element_handle())

    assert image.evaluate("image => image.currentSrc").endswith(renditions.name(picture, "whole", 480, "avif"))
    box = image.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1.5, abs=0.02)
    shift = "new Promise(done => new PerformanceObserver(list => done(list.getEntries().length))"
    shift += ".observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 300))"
    assert page.evaluate(shift) == 0
    assert axe(page, within="main") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_where_consent_is_over_words_stand_in_as_much_room(new_page, editor, axe, scheme):
    picture = add(caption="Ann at home", consent_until=timezone.localdate() - timedelta(days=1))
    post = create_post(body=f'<p>Words</p><figure data-picture="{picture.pk}"></figure>')
    page = new_page(viewport={"width": 360, "height": 800}, color_scheme=scheme)

    page.goto(post.get_absolute_url())

    assert page.get_by_text("This picture is no longer shown.").is_visible()
    assert "Ann at home" not in page.content()
    box = page.locator(".picture-gone").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1.5, abs=0.02)
    assert axe(page, within="main") == []
