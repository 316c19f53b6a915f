from django.test import RequestFactory

from sharedlives.foundation import richtext
from sharedlives.site.kept_text import MOST_CHARACTERS, MOST_FIELDS, kept_text


def kept(fields):
    return kept_text(RequestFactory().post("/", fields))


def test_words_come_back_under_readable_labels():
    assert kept({"name": "Ann", "places-0-first_name": "Bea"}) == [("Name", "Ann"), ("Places 0 first name", "Bea")]


def test_several_values_of_one_field_come_back_together():
    assert kept({"diet": ["vegan", "no nuts"]}) == [("Diet", "vegan, no nuts")]


def test_secrets_do_not_come_back():
    names = [
        "password",
        "new_password1",
        "csrfmiddlewaretoken",
        "token",
        "access_token",
        "client_secret",
        "code",
        "otp",
    ]
    assert kept(dict.fromkeys(names, "x")) == []


def test_the_machinery_of_forms_does_not_come_back():
    assert kept({"form-TOTAL_FORMS": "1", "place_set-0-id": "5", "next": "/", "_save": "Save", "agreed": "on"}) == []


def test_a_postcode_is_no_code():
    assert kept({"postcode": "LS1 1AA"}) == [("Postcode", "LS1 1AA")]


def test_it_is_bounded():
    fields = {"body": "a" * (MOST_CHARACTERS + 1)} | {f"field{number}": "a" for number in range(MOST_FIELDS)}

    result = kept(fields)

    assert len(result) == MOST_FIELDS
    assert len(result[0][1]) == MOST_CHARACTERS


def test_a_post_of_the_greatest_length_comes_back_whole():
    assert kept({"body": "a" * richtext.LONGEST}) == [("Body", "a" * richtext.LONGEST)]


def test_control_characters_are_left_out():
    assert kept({"name": "A\0nn\x1b"}) == [("Name", "Ann")]


def test_a_name_without_letters_gets_a_label():
    assert kept({"-": "Ann"}) == [("Text", "Ann")]


def test_a_form_too_big_to_read_gives_nothing_back(settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    assert kept({"a": "1", "b": "2", "c": "3"}) == []


def test_a_broken_form_gives_nothing_back():
    request = RequestFactory().post("/", b"--x", content_type="multipart/form-data; boundary=")
    assert kept_text(request) == []
