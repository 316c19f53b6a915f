"""What is too large is refused early and leaves nothing behind."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sharedlives.foundation.middleware import MOST_BYTES
from tests.factories import create_charity, create_user

pytestmark = pytest.mark.django_db


class Unread(io.BytesIO):
    """A body that nobody may touch."""

    def read(self, *args):
        raise AssertionError("the body was read")

    readline = read


@pytest.fixture(autouse=True)
def temporary(settings, tmp_path):
    create_charity(phone="0151 496 0000")
    folder = tmp_path / "uploads"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = folder
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/foundation/picture/upload/", "/nowhere/"])
@pytest.mark.parametrize("length", [MOST_BYTES + 1, 200_000_000, 10**30])
def test_200_mb_are_refused_before_a_byte_is_read(client, path, length):
    response = client.generic(
        "POST",
        path,
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": Unread()},
    )

    assert response.status_code == 413
    page = response.content.decode()
    assert "<h1>That was too large</h1>" in page
    assert "0151 496 0000" in page
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("length", ["", "0", "-1", "x", "²"])
def test_odd_lengths_are_no_error_of_ours(client, length):
    assert client.generic("POST", "/nowhere/", CONTENT_LENGTH=length).status_code < 500


def test_five_thousand_fields_are_refused(client):
    fields = {f"f{number}": "x" for number in range(5000)}

    assert client.post("/accounts/login/", fields).status_code == 400
    assert (
        client.post("/accounts/login/", {**fields, "file": SimpleUploadedFile("a.bin", b"x" * 3_000_000)}).status_code
        == 400
    )


def test_nine_mb_from_anybody_leave_no_file(client):
    file = SimpleUploadedFile("a.jpg", b"x" * 9_000_000)

    client.post("/accounts/login/", {"file": file})
    client.force_login(create_user(is_superuser=True))
    response = client.post(
        "/admin/foundation/picture/upload/", {"file": SimpleUploadedFile("a.jpg", b"x" * 9_000_000), "alt": "A"}
    )

    assert response.json()["errors"]["file"][0].startswith("This file is too large: at most 8 MB.")
