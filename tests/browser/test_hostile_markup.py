"""Every hostile vector before a real browser: shown on pages, loaded into the editor, pasted into it. Nothing may run,
nothing may be asked of another host, and the browser itself finds only what the policy allows.

The hook `hurt`, which every vector calls, stands in each page before anything else does.
"""

import re

import pytest
from django.db import connection
from django.test import Client

from blog import preview_links, revisions
from blog.models import Post
from sharedlives.foundation.richtext import POLICIES, Refused, clean
from tests.factories import create_charity, create_guest_pass, create_post, create_user
from tests.hostile.policy import ELEMENTS, findings
from tests.hostile.test_stored import SENDABLE, as_a_guest_may, save_as_a_guest, save_at_the_desk, stored
from tests.hostile.vectors import EVERY

ON_A_PAGE = 25
HOOK = "window.hurts = []; window.hurt = (what) => { window.hurts.push(String(what)); return true; };"


def batches(vectors, size=ON_A_PAGE):
    return [vectors[number : number + size] for number in range(0, len(vectors), size)]


def joined(vectors):
    """In as few texts as are neither too long nor nested too deeply."""
    words = "".join(f"<p>x</p>{vector}" for vector in vectors)
    try:
        clean(words, "guest")
    except Refused:
        half = len(vectors) // 2
        return [*joined(vectors[:half]), *joined(vectors[half:])]
    return [words]


BATCHES = batches(EVERY)

# Wakes whatever waits for a hand: each element is pointed at, focused, changed and pressed; no link is followed.
WAKE = """() => {
    addEventListener("click", (event) => event.preventDefault(), true);
    const events = "mouseover mouseenter mousedown pointerdown pointerover focus focusin blur input change keydown"
        + " dblclick contextmenu wheel touchstart dragstart animationstart transitionend toggle scroll error load";
    for (const element of document.querySelectorAll(".prose, .prose *")) {
        for (const name of events.split(" ")) element.dispatchEvent(new Event(name, { bubbles: true }));
        element.click?.();
        element.focus?.();
    }
}"""
FOUND = """() => {
    const found = { elements: new Set(), attributes: new Set(), schemes: new Set(), ids: new Set() };
    for (const element of document.querySelectorAll(".prose *")) {
        found.elements.add(element.localName + (element.namespaceURI.endsWith("xhtml") ? "" : " of another kind"));
        for (const { name, value } of element.attributes) found.attributes.add(`${element.localName} ${name}`);
        if (element.id) found.ids.add(element.id);
        if (element.localName === "a") found.schemes.add(element.protocol);
    }
    return Object.fromEntries(Object.entries(found).map(([name, set]) => [name, [...set]]));
}"""


@pytest.fixture
def watched(new_page, live_server):
    """A function that opens a page with the hook in place, and what went wrong on any of them."""
    wrong = []

    def open_page(user=None):
        page = new_page(user)
        page.add_init_script(HOOK)
        page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: wrong.append(f"popup {popup.url}"))
        page.on("download", lambda download: wrong.append(f"download {download.url}"))
        page.context.route("**/*", lambda route: _only_ours(route, live_server.url, wrong))
        return page

    return open_page, wrong


def _only_ours(route, ours, wrong):
    if route.request.url.startswith((ours, "data:", "blob:")):
        route.continue_()
    else:
        wrong.append(f"request {route.request.url}")
        route.abort()


def without_refusals(complaints):
    """A text that was never cleaned is read by the editor's parser, in a document where nothing runs; what it holds of
    styles and handlers the browser still announces as refused."""
    return [said for said in complaints if "Content Security Policy" not in said]


def hurts(page):
    return page.evaluate("window.hurts")


def test_the_vectors_are_alive(browser):
    """Without any cleaning or policy many of them do run: otherwise the tests below would prove nothing."""
    page = browser.new_page()
    page.route("https://plain.example/", lambda route: route.fulfill(body="<body>", content_type="text/html"))
    page.route(re.compile("evil"), lambda route: route.abort())
    page.add_init_script(HOOK)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto("https://plain.example/")
    page.evaluate(
        """async (vectors) => {
            for (const [number, vector] of vectors.entries()) {
                const frame = document.createElement("iframe");
                frame.srcdoc = `<script>hurt = () => parent.hurt(${number})<\\/script><body>${vector}`;
                document.body.append(frame);
                if (number % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 500));
                while (document.body.childElementCount > 100) document.body.firstElementChild.remove();
            }
            await new Promise((resolve) => setTimeout(resolve, 500));
        }""",
        [vector for vector in SENDABLE if "iframe" not in vector],
    )
    ran = {*hurts(page)}
    page.close()

    assert len(ran) > 100


def test_saved_at_the_desk_each_is_stored_as_the_policy_says():
    create_charity()
    client = Client()
    client.force_login(create_user(is_superuser=True))
    for vector, other in zip(SENDABLE[::2], SENDABLE[1::2], strict=False):
        save_at_the_desk(client, vector, introduction=other)
    kept = [clean(vector) for vector in SENDABLE]

    assert stored() == kept[::2][: len(kept) // 2]
    assert stored("introduction") == kept[1::2]
    for post in Post.objects.order_by("pk")[::10]:
        save_at_the_desk(client, post.body, post, introduction=post.introduction)
    assert stored() == kept[::2][: len(kept) // 2]
    assert stored("introduction") == kept[1::2]


def test_kept_and_saved_by_a_guest_each_is_stored_as_the_narrower_policy_says():
    create_charity()
    client, guest_pass = Client(), create_guest_pass()
    address, kept = guest_pass.get_absolute_url(), guest_pass.revisions.autosaves()
    for vector in SENDABLE:
        assert client.post(f"{address}keep/", {"name": "Mary", "body": vector}).status_code == 200
        words = kept.get().data["body"]
        assert (words, findings(words, "guest")) == (as_a_guest_may(vector), []), vector
    for words in (words for batch in batches(SENDABLE) for words in joined(batch)):
        _kept, saved = save_as_a_guest(client, guest_pass, words)
        assert (saved, findings(saved, "guest")) == (as_a_guest_may(words), [])
        assert save_as_a_guest(client, guest_pass, saved) == (saved, saved)


@pytest.mark.parametrize("policy", POLICIES)
def test_shown_on_pages_nothing_happens(watched, policy):
    create_charity()
    open_page, wrong = watched
    page = open_page()
    for number, batch in enumerate(BATCHES):
        kept = [clean(vector, policy) for vector in batch]
        post = create_post(
            title=f"Post {number}", introduction="".join(kept[::5]), body="<p>These:</p>" + "".join(kept)
        )
        assert findings(post.body, policy) == []

        page.goto(post.get_absolute_url())
        page.evaluate(WAKE)

        assert (hurts(page), wrong) == ([], []), batch
        found = page.evaluate(FOUND)
        assert {*found["elements"]} <= ELEMENTS[policy] | {"div", "section"} | {
            "figure",
            "picture",
            "img",
            "figcaption",
        }
        assert not {name for name in found["attributes"] if re.search(r" (on|style|src|data-|form|name)", name)}
        assert {*found["schemes"]} <= {"https:", "http:", "mailto:", "tel:"}
        assert all(re.fullmatch(r"(text|introduction)-note(s|-\d+(-mark)?)", name) for name in found["ids"])
    for address in ("/blog/", "/blog/feed/"):
        page.goto(address)
        assert (page.evaluate("window.hurts ?? []"), wrong) == ([], [])


def test_loaded_into_the_editor_nothing_happens(watched, complaints):
    """As they are: written by SQL past all cleaning, or sent by a form that was refused for another reason."""
    create_charity()
    open_page, wrong = watched
    page = open_page(create_user(is_superuser=True))
    post = create_post(is_published=False)
    for batch in BATCHES:
        write_past_all_cleaning(post, batch)

        page.goto(f"/admin/blog/post/{post.pk}/change/")
        page.wait_for_timeout(300)

        assert (hurts(page), wrong) == ([], []), batch
    # Some the editor cannot read, like a form whose fields are called as what it asks for; then it stays a plain box.
    complaints.clear()


def write_past_all_cleaning(post, vectors):
    # Over a cell of no or of huge width the editor counts for ever; once cleaned, it has at most 99.
    words = "".join(vector for vector in vectors if "colspan" not in vector)
    words = words.encode("utf-8", "ignore").decode().replace("\0", "")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE blog_post SET body = %s WHERE id = %s", [words, post.pk])


def test_loaded_into_a_guests_editor_nothing_happens(watched, complaints):
    """As they are, from a row that was written past all cleaning."""
    create_charity()
    open_page, wrong = watched
    page, guest_pass = open_page(), create_guest_pass()
    for batch in batches(EVERY, 2 * ON_A_PAGE):
        write_past_all_cleaning(guest_pass.post, batch)

        page.goto(guest_pass.get_absolute_url())
        page.wait_for_timeout(300)

        assert (hurts(page), wrong) == ([], []), batch
    complaints.clear()


def test_what_a_guest_saved_of_them_the_browser_finds_nothing_to_refuse_in(watched):
    """In the guest's own editor, as it would look, and behind a link for reading; any report of the policy fails it."""
    create_charity()
    open_page, wrong = watched
    page, guest_pass = open_page(), create_guest_pass()
    post = guest_pass.post
    link = preview_links.create(post, guest_pass=guest_pass)
    for batch in batches(EVERY, 6 * ON_A_PAGE):
        text = revisions.newest(post).data
        body = "".join(f"<p>x</p>{as_a_guest_may(vector)}" for vector in batch)
        revisions.save(post, text | {"title": "x", "body": body}, base=revisions.base_of(post), guest_pass=guest_pass)
        address = guest_pass.get_absolute_url()
        for where in (address, f"{address}preview/", link.get_absolute_url()):
            page.goto(where)
            if where == address:
                page.locator("[role=textbox][aria-labelledby]").wait_for()
            page.evaluate(WAKE)
            assert (hurts(page), wrong) == ([], []), batch


def paste_all(page, vectors):
    page.evaluate(
        """(vectors) => {
            for (const vector of vectors) {
                const clipboardData = new DataTransfer();
                clipboardData.setData("text/html", `<p>x</p>${vector}<p>y</p>`);
                clipboardData.setData("text/plain", vector);
                document.activeElement.dispatchEvent(
                    new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
            }
        }""",
        vectors,
    )


def test_pasted_into_the_editor_nothing_happens(watched, complaints):
    create_charity()
    open_page, wrong = watched
    page = open_page(create_user(is_superuser=True))
    page.goto("/admin/blog/post/add/")
    box = page.locator(".field-body [role=textbox]")
    box.wait_for()
    for batch in BATCHES:
        box.click()
        paste_all(page, batch)
        written = page.locator("#id_body").input_value()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")

        assert (hurts(page), wrong) == ([], []), batch
        assert findings(clean(written)) == []
    complaints[:] = without_refusals(complaints)


def test_pasted_into_a_guests_page_and_kept_there_nothing_happens(watched, complaints):
    create_charity()
    open_page, wrong = watched
    guest_pass = create_guest_pass()
    page = open_page()
    page.goto(guest_pass.get_absolute_url())
    box = page.locator("[role=textbox][aria-labelledby]")
    box.wait_for()
    for batch in BATCHES:
        box.click()
        paste_all(page, batch)
        written = page.locator("#id_body").input_value()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")

        assert (hurts(page), wrong) == ([], []), batch
        assert findings(clean(written, "guest"), "guest") == []
    complaints[:] = without_refusals(complaints)
