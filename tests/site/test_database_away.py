import pytest
from django.db import InternalError, OperationalError, connection
from django.urls import reverse

from tests.factories import create_charity, create_date

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("error", [OperationalError, InternalError], ids=["away", "read-only"])
def test_visitors_see_a_page_with_a_phone_number_while_the_database_is_away(client, error):
    create_charity()
    date = create_date()
    client.raise_request_exception = False
    assert client.get("/").status_code == 200

    def refuse(*args):
        raise error("the server closed the connection; host=10.0.0.3 password=x")

    with connection.execute_wrapper(refuse):
        for address in ("/", reverse("blog:post_list"), date.get_absolute_url(), date.get_reserve_url(), "/readyz"):
            response = client.get(address)
            assert response.status_code == 503
            assert "10.0.0.3" not in response.content.decode()
        page = client.get("/")
    assert "0151 496 0000" in page.content.decode()
    assert (page["Retry-After"], "no-store" in page["Cache-Control"]) == ("60", True)

    assert client.get("/").status_code == 200
