"""A real browser before a live server. Any violation of the Content-Security-Policy, any error in the console or in a
script fails the test, whatever else it looks at."""

import os
import shutil
import threading

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


def _cannot(reason):
    """Skip, except where browser tests were asked for."""
    if os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright import sync_api as playwright
    except ImportError:
        _cannot("playwright is not installed (requirements-dev.txt)")
    if not CHROMIUM:
        _cannot("no chromium on this machine")
    # Playwright keeps an event loop in this thread, which Django would take for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def complaints():
    """What the browser complained of; a test may take out what it expects."""
    return []


class UnderWay:
    """How many requests the live server is answering, also for browsers that wait for the answer no more."""

    def __init__(self):
        self.number, self.changed = 0, threading.Condition()
        request_started.connect(self.began)
        request_finished.connect(self.ended)

    def began(self, **_kwargs):
        self.count(1)

    def ended(self, **_kwargs):
        self.count(-1)

    def count(self, step):
        if threading.current_thread() is not threading.main_thread():  # as Django's test client is
            with self.changed:
                self.number += step
                self.changed.notify_all()

    def wait_for_the_end(self):
        with self.changed:
            assert self.changed.wait_for(lambda: not self.number, timeout=30), f"{self.number} requests do not end"


@pytest.fixture(scope="session")
def answering():
    return UnderWay()


@pytest.fixture
def new_page(browser, live_server, answering, complaints):
    """A function that opens another person's browser: `new_page(user, **options of the context)`."""
    contexts, under_way = [], set()

    def open_page(user=None, **options):
        usual = {"base_url": live_server.url, "locale": "en-GB", "timezone_id": "Europe/London"}
        # Colours that fade into one another are measured on their way by whoever looks too soon.
        options = usual | {"reduced_motion": "reduce"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        if user:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": options["base_url"]}])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: under_way.add(request) if request.method == "POST" else None)
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: under_way.discard(request))
        page.set_default_timeout(10_000)
        return page

    yield open_page
    said = list(complaints)
    for context in contexts:
        _let_it_finish(context, under_way)
        # Nor the last words, which a page sends while it is closed.
        context.set_offline(True)
        context.close()
    # Who empties the database and who answers would wait for one another.
    answering.wait_for_the_end()
    assert said == []


def _let_it_finish(context, under_way):
    """What the page is just keeping, before the database is emptied: the two would wait for one another."""
    context.route("**/*", lambda route: route.abort())
    for page in context.pages:
        for _ in range(100):
            if not under_way:
                return
            page.wait_for_timeout(50)


@pytest.fixture
def page(new_page):
    """A member of the public."""
    return new_page()


@pytest.fixture
def axe(complaints):
    """A function: what axe finds on a page, as "rule: where" lines; with `within` (a CSS selector) only there."""

    def findings(page, *, within=None):
        sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
        before = len(complaints)
        results = sync_playwright.Axe().run(page, context={"include": [within]} if within else None)
        del complaints[before:]  # axe styles what it measures, which our policy refuses it
        return [
            f"{violation['id']}: {' '.join(map(str, node['target']))}"
            for violation in results.response["violations"]
            for node in violation["nodes"]
        ]

    return findings
