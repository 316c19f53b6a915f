"""Signing in as people do it: password, app, passkey (a pretended one), invitation; and the desk under its policy."""

import pytest
from django.core.cache import cache

from sharedlives.foundation import invitations
from sharedlives.foundation.models import OutgoingMail, User
from tests.factories import create_charity, create_user, create_venue
from tests.foundation.people import NEW_PASSWORD, PASSWORD, boss, code_now, link_in

WIDTHS = [360, 1280]


@pytest.fixture(autouse=True)
def _facts(transactional_db):
    cache.clear()
    create_charity()


@pytest.fixture
def looks_right(axe):
    """Nothing that axe finds, nothing that scrolls sideways, on a phone and on a desk."""

    def look(page):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
            assert axe(page) == [], page.url
            assert page.locator("h1").count() == 1

    return look


def sign_in(page, email):
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def pretend_a_passkey_lives_in(page):
    """Chromium's virtual authenticator: asks nobody and always says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_second_step_is_set_up_and_used_to_sign_in(page, settings, looks_right):
    settings.REQUIRE_SECOND_FACTOR = True
    user = boss()
    pretend_a_passkey_lives_in(page)

    page.goto("/admin/")
    looks_right(page)
    sign_in(page, "nobody@example.org")
    assert page.title().startswith("Error: Sign in")
    looks_right(page)
    sign_in(page, user.email)
    page.get_by_text("it needs a second step").wait_for()
    looks_right(page)

    page.get_by_role("link", name="Set up an app").click()
    looks_right(page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    picture = page.get_by_role("img", name="Square code for the app")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    looks_right(page)
    page.get_by_label("The six digits").fill("000000")
    page.get_by_role("button", name="Done").click()
    looks_right(page)
    page.get_by_label("The six digits").fill(code_now(page.locator("p.big code").inner_text()))
    page.get_by_role("button", name="Done").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    assert page.locator("ol.big li").count() == 10
    looks_right(page)

    page.goto("/accounts/2fa/passkeys/add/")
    looks_right(page)
    page.get_by_label("A name for it").fill("My phone")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("Your passkey or key is added.").wait_for()
    for path in ("", "passkeys/", "recovery-codes/generate/", "app/deactivate/"):
        page.goto(f"/accounts/2fa/{path}")
        looks_right(page)

    page.goto("/admin/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/?next=/admin/foundation/user/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/admin/foundation/user/")

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, user.email)
    page.get_by_role("heading", name="The second step").wait_for()
    looks_right(page)
    page.get_by_role("button", name="Use my passkey or key").click()
    page.get_by_role("heading", name="Desk").wait_for()


def test_a_passkey_that_is_refused_is_said_on_the_page(page):
    pretend_a_passkey_lives_in(page)
    page.goto("/accounts/login/")

    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.get_by_role("alert").filter(has_text="That did not work").wait_for()


def test_an_invitation_is_accepted(page, looks_right):
    user = create_user(email="ann@example.org", name="Ann Other")
    user.set_unusable_password()
    user.save()
    invitations.invite(user, by=boss())

    page.goto(link_in(OutgoingMail.objects.get()))
    looks_right(page)
    page.get_by_label("Choose a password").fill("short")
    page.get_by_role("button", name="Save and sign in").click()
    assert page.title().startswith("Error: Choose your password")
    looks_right(page)
    page.get_by_label("Choose a password").fill(NEW_PASSWORD)
    page.get_by_label("The same password once more").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    page.get_by_role("heading", name="Desk").wait_for()
    assert User.objects.get(pk=user.pk).check_password(NEW_PASSWORD)


def test_the_quiet_pages_of_signing_in_look_right(page, complaints, looks_right):
    for path in ("signup/", "inactive/", "password/reset/", "password/reset/done/", "password/reset/key/1-a/b/"):
        page.goto(f"/accounts/{path}")
        looks_right(page)
    page.goto("/accounts/invitation/nonsense/")
    looks_right(page)
    assert complaints == ["Failed to load resource: the server responded with a status of 410 (Gone)"]
    complaints.clear()


def test_a_forgotten_password_is_chosen_anew_without_javascript(new_page):
    user = boss()
    page = new_page(java_script_enabled=False)

    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_role("button", name="Send me the link").click()
    page.goto(link_in(OutgoingMail.objects.get()))
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password, once more").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()

    page.get_by_role("heading", name="Desk").wait_for()


def test_the_stock_pages_of_the_desk_keep_to_the_policy_and_pass_axe(new_page, complaints, axe):
    create_venue()
    create_user()
    page = new_page(boss())

    user = User.objects.get(email="colleague@example.org")
    pages = [
        "",
        "foundation/",
        "foundation/user/",
        "foundation/user/add/",
        *(f"foundation/user/{user.pk}/{name}/" for name in ("change", "history", "delete")),
        "foundation/auditentry/",
        "foundation/outgoingmail/",
        "foundation/charity/1/change/",
        "events/venue/",
        "events/venue/add/",
    ]
    for path in pages:
        page.goto(f"/admin/{path}")
        assert complaints == [], path
        assert axe(page) == [], path
