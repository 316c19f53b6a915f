"""Pictures as HTML: sized, lazy, described, escaped, and never shown without consent."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from sharedlives.foundation.picture_elements import address, figure, picture_element
from tests.factories import create_picture

pytestmark = pytest.mark.django_db

MARKUP = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def picture():
    return create_picture(key="ab" * 16, width=2560, height=1440, alt="Two people at a table")


def at(name):
    return f"/media/renditions/ab/{'ab' * 16}-{name}"


def over():
    return create_picture(
        alt="Ann and Bob", caption="Ann at home", credit="Carol", consent_until=timezone.localdate() - timedelta(days=1)
    )


def test_a_picture_comes_in_two_formats_and_three_widths(picture):
    assert picture_element(picture, sizes="50vw") == (
        f'<picture><source type="image/avif" srcset="{at("480.avif")} 480w, {at("960.avif")} 960w, '
        f'{at("1600.avif")} 1600w" sizes="50vw">'
        f'<img src="{at("960.jpg")}" width="960" height="540" srcset="{at("480.jpg")} 480w, {at("960.jpg")} 960w, '
        f'{at("1600.jpg")} 1600w" sizes="50vw" alt="Two people at a table" loading="lazy"></picture>'
    )


@pytest.mark.parametrize(
    ("shape", "source"),
    [
        ("whole", 'src="{}960.jpg" width="960" height="540"'),
        ("wide", 'src="{}w960.jpg" width="960" height="640"'),
        ("square", 'src="{}s960.jpg" width="960" height="960"'),
    ],
)
@pytest.mark.parametrize("has_renditions", [True, False])
def test_each_shape_takes_its_room_before_it_is_loaded_and_before_it_is_made(picture, shape, source, has_renditions):
    picture.has_renditions = has_renditions

    assert source.format(at("")) in picture_element(picture, shape=shape)


def test_until_all_sizes_are_made_there_is_the_one_that_is(picture):
    picture.has_renditions = False

    assert picture_element(picture) == (
        f'<img src="{at("960.jpg")}" width="960" height="540" alt="Two people at a table" loading="lazy">'
    )
    assert address(picture, "wide", 1600, "avif") == at("w960.jpg")


def test_an_address_is_that_of_the_best_fit(picture):
    assert [address(picture, width=width) for width in (100, 480, 1000, 9000)] == [
        at("480.jpg"),
        at("480.jpg"),
        at("960.jpg"),
        at("1600.jpg"),
    ]


def test_the_first_picture_of_a_page_does_not_wait(picture):
    assert 'fetchpriority="high"' in picture_element(picture, is_lazy=False)
    assert "lazy" not in picture_element(picture, is_lazy=False)


def test_decoration_is_passed_by():
    assert ' alt="" ' in picture_element(create_picture(alt="", is_decorative=True))


def test_caption_and_credit_stand_below(picture):
    assert "figcaption" not in figure(picture)
    picture.caption, picture.credit = "At home.", "Photograph: Ada Rowan"

    assert figure(picture) == (
        f'<figure class="figure">{picture_element(picture)}<figcaption>At home. '
        '<small class="figure__credit">Photograph: Ada Rowan</small></figcaption></figure>'
    )


def test_where_consent_is_over_stand_words_and_nothing_of_the_picture():
    picture = over()

    for html in (picture_element(picture), picture_element(picture, shape="wide"), figure(picture)):
        assert "This picture is no longer shown." in html
        assert not [word for word in ("Ann", "Carol", picture.key, "renditions") if word in html]
    assert 'width="960" height="640"' in picture_element(picture, shape="wide")


def test_no_picture_shows_nothing():
    assert picture_element(None) == ""
    assert figure(None) == ""


def test_markup_in_every_field_is_text():
    picture = create_picture(alt=MARKUP, caption=MARKUP, credit=MARKUP, name=MARKUP)

    html = figure(picture, sizes=MARKUP)

    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") == 5


def test_templates_have_tags_for_them(picture):
    template = Template(
        '{% load pictures %}{% picture p shape="wide" sizes="9rem" is_lazy=False %}|{% figure p %}|'
        '{% picture nothing %}|{% picture_address p "square" 480 "avif" %}'
    )

    assert template.render(Context({"p": picture})).split("|") == [
        picture_element(picture, shape="wide", sizes="9rem", is_lazy=False),
        figure(picture),
        "",
        at("s480.avif"),
    ]
