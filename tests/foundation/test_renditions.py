import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

pytestmark = pytest.mark.django_db

NAME = "ab/" + "0" * 32 + "-640.jpg"


def test_a_rendition_is_served_for_good_and_as_a_picture_only(client):
    default_storage.save(f"renditions/{NAME}", ContentFile(b"\xff\xd8 a picture"))

    response = client.get(f"/media/renditions/{NAME}")

    assert b"".join(response.streaming_content) == b"\xff\xd8 a picture"
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


@pytest.mark.parametrize(
    "path",
    [
        NAME,  # none of this name
        "ab/../../../manage.py",
        "..%2f..%2fsettings.py",
        "ab/" + "0" * 32 + ".svg",
        "ab/" + "0" * 32 + ".html",
        "",
    ],
)
def test_nothing_else_below_media_answers(client, path):
    default_storage.save("renditions/ab/" + "0" * 32 + ".html", ContentFile(b"<script>"))
    default_storage.save("settings.py", ContentFile(b"secret"))

    assert client.get(f"/media/renditions/{path}").status_code == 404


def test_a_rendition_answers_get_and_head_only(client):
    assert client.post(f"/media/renditions/{NAME}").status_code == 405
