"""The desk's pages for moving in: deciding one after another, and reading the report of a run."""

import html

import pytest
from django.contrib.auth.models import Group

from blog.models import Author
from events.models import Workshop, WorkshopDate
from sharedlives.site.models import Proposal
from tests.factories import create_import_run, create_post, create_proposal, create_user, create_workshop

pytestmark = pytest.mark.django_db

NASTY = '"><img src=x onerror=alert(1)></script>'
DATES = [
    {
        "line": "Monday 28 October: London (Friends House, Euston Road, NW1 2BJ)", "day": "2019-10-28",
        "starts": "11:00", "ends": "15:00", "venue": "Friends House", "street": "Euston Road", "town": "London",
        "postcode": "NW1 2BJ", "area": "", "doubt": "",
    },
    {
        "line": "Monday 29 October: Birmingham", "day": "", "starts": "", "ends": "", "venue": "", "street": "",
        "town": "", "postcode": "", "area": "Birmingham", "doubt": "The text says Monday, but it is a Tuesday.",
    },
]  # fmt: skip


def person(*roles):
    user = create_user(email="who@example.org", name="Who Asks", is_superuser=not roles)
    user.groups.add(*Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def desk(client):
    client.force_login(person())
    return client


def page(proposal, do="change"):
    return f"/admin/site/proposal/{proposal.pk}/{do}/"


def words(response):
    return html.unescape(response.content.decode())


def said(response):
    return [str(message) for message in response.context["messages"]]


def workshop_proposal(**facts):
    return create_proposal(
        kind="workshop", title="Plan together", summary="A day to plan.", partners="", cost="", quote="Come!",
        dates=DATES, **facts,
    )  # fmt: skip


def as_sent(form):
    """What a browser sends for a page left as it is."""
    fields = [*form, *(field for date in form.dates for field in date)]
    sent = {field.html_name: field.value() for field in fields if field.value() not in (None, False)}
    for field in form.dates.management_form:
        sent[field.html_name] = field.value()
    return sent


def test_the_page_says_what_was_seen_and_what_each_button_does(desk):
    proposal = create_proposal(quote="This is a guest blog from Mary.", post=create_post(title="Her post"))

    shown = words(desk.get(page(proposal)))

    assert "This is a guest blog from Mary." in shown
    assert "The post gets this byline." in shown
    assert "The post keeps its byline as it is." in shown
    assert f'href="{proposal.post.get_absolute_url()}"' in shown
    assert f'href="/admin/blog/post/{proposal.post_id}/change/"' in shown


def test_accepting_leads_to_the_next_one_and_the_last_to_the_list(desk):
    first, second = create_proposal(), create_proposal()

    answer = desk.post(page(second, "accept"), {"name": "Mary Major", "author": ""})
    assert answer.url == page(first)
    answer = desk.post(page(first, "decline"), follow=True)

    assert answer.redirect_chain[-1][0] == "/admin/site/proposal/"
    assert said(answer)[-1] == "That was the last one: nothing waits any more."
    assert Author.objects.filter(name="Mary Major").exists()


@pytest.mark.parametrize("do", ["accept", "decline"])
def test_looking_decides_nothing(desk, do):
    proposal = create_proposal()

    assert desk.get(page(proposal, do)).status_code == 405
    assert desk.head(page(proposal, do)).status_code == 405
    assert desk.post(page(proposal)).status_code == 405
    assert desk.post(f"/admin/site/proposal/99999/{do}/").status_code == 404
    proposal.refresh_from_db()
    assert proposal.state == "open"


def test_a_form_without_a_name_comes_back_with_what_was_typed(desk):
    proposal = create_proposal()

    answer = desk.post(page(proposal, "accept"), {"name": "", "organisation": "Carers Together"})

    assert "This field is required." in words(answer)
    assert 'value="Carers Together"' in words(answer)


def test_a_refusal_is_shown_above_the_fields(desk):
    proposal = create_proposal(
        kind="introduction", html="<p>Gone from the text.</p>", quote="Gone from the text.", names=["Mary"]
    )

    answer = desk.post(page(proposal, "accept"), {})

    assert "somebody has changed it since" in words(answer)


def test_a_workshop_is_accepted_as_staff_correct_it(desk):
    proposal = workshop_proposal()
    shown = desk.get(page(proposal))
    sent = as_sent(shown.context["form"])

    refused = desk.post(page(proposal, "accept"), sent)
    assert "Say on which day." in words(refused)
    assert "The text says Monday, but it is a Tuesday." in words(refused)
    accepted = desk.post(
        page(proposal, "accept"), {**sent, "places": "20", "date-1-day": "2019-10-29", "date-1-starts": "10:00"}
    )

    assert accepted.status_code == 302
    assert [(str(date), date.places) for date in WorkshopDate.objects.in_order()] == [
        ("Plan together, London, Monday 28 October 2019", 20),
        ("Plan together, Birmingham, Tuesday 29 October 2019", 20),
    ]


def test_a_date_left_out_is_not_made_and_needs_no_day(desk):
    proposal = workshop_proposal()
    sent = as_sent(desk.get(page(proposal)).context["form"])
    del sent["date-1-is_wanted"]

    assert desk.post(page(proposal, "accept"), sent).status_code == 302
    assert WorkshopDate.objects.count() == 1


def test_a_workshop_we_have_can_be_chosen(desk):
    workshop = create_workshop()
    proposal = workshop_proposal()
    sent = as_sent(desk.get(page(proposal)).context["form"])
    del sent["date-1-is_wanted"]

    desk.post(page(proposal, "accept"), {**sent, "workshop": workshop.pk, "title": "", "summary": ""})

    assert Workshop.objects.get() == workshop
    proposal.post.refresh_from_db()
    assert proposal.post.workshop == workshop


def test_an_editor_is_told_kindly_that_a_workshop_is_for_another_colleague(client):
    client.force_login(person("Publishers"))
    proposal = workshop_proposal()

    shown = words(client.get(page(proposal)))

    assert "takes an organiser’s rights as well" in shown
    assert "/accept/" not in shown.replace('action="' + page(proposal, "accept"), "")
    assert client.post(page(proposal, "accept"), {}).status_code == 200
    assert Workshop.objects.count() == 0


def test_those_who_may_not_decide_are_refused(client):
    client.force_login(person("Writers"))
    proposal = create_proposal()

    for do in ("accept", "decline"):
        assert client.post(page(proposal, do), {"name": "Mary"}).status_code == 403
    proposal.refresh_from_db()
    assert proposal.state == "open"


def test_a_decided_one_shows_what_was_done_and_offers_no_button(desk):
    proposal = create_proposal()
    desk.post(page(proposal, "accept"), {"name": "Mary Major"})

    shown = words(desk.get(page(proposal)))

    assert "Accepted by Who Asks" in shown
    assert "is now by" in shown
    assert 'value="Accept"' not in shown


def test_the_list_shows_what_is_to_be_decided_until_asked_for_the_rest(desk):
    create_proposal(name="Open Olive")
    Proposal.objects.filter(pk=create_proposal(name="Done Dora").pk).update(state="declined")

    assert "Done Dora" not in words(desk.get("/admin/site/proposal/"))
    assert "Open Olive" in words(desk.get("/admin/site/proposal/"))
    assert "Done Dora" in words(desk.get("/admin/site/proposal/?state=declined"))
    assert "Open Olive" in words(desk.get("/admin/site/proposal/?state=all"))


def test_plain_ones_are_accepted_in_a_row_and_the_others_left(desk):
    plain, workshop = create_proposal(name="Mary Major"), workshop_proposal()

    answer = desk.post(
        "/admin/site/proposal/",
        {"action": "accept_as_proposed", "_selected_action": [plain.pk, workshop.pk]},
        follow=True,
    )

    assert said(answer) == ["1 accepted.", "1 left: the others want a look of their own."]
    assert [str(byline) for byline in plain.post.bylines.all()][-1] == "Mary Major"
    assert Workshop.objects.count() == 0


def test_several_are_declined_in_a_row(desk):
    rows = [create_proposal(), workshop_proposal()]

    desk.post("/admin/site/proposal/", {"action": "decline_all", "_selected_action": [row.pk for row in rows]})

    assert set(Proposal.objects.values_list("state", flat=True)) == {"declined"}


def test_an_imported_draft_can_be_deleted_with_its_questions(desk):
    proposal = create_proposal(post=create_post(is_published=False))

    desk.post(f"/admin/blog/post/{proposal.post_id}/delete/", {"post": "yes"})

    assert Proposal.objects.count() == 0


def test_the_front_says_how_many_wait_to_those_who_may_decide(client):
    create_proposal()
    create_proposal()
    client.force_login(person("Editors"))
    assert "2 proposals from the move wait for a decision" in words(client.get("/admin/"))
    client.force_login(create_user(email="writer@example.org"))

    assert "from the move" not in words(client.get("/admin/"))


def every_kind_with(text):
    post = create_post(title=text, slug="odd", is_published=False)
    row = dict.fromkeys(DATES[0], text) | {"day": "", "starts": "", "ends": ""}
    return [
        create_proposal(post=post, name=text, role=text, organisation=text, handle=text, quote=text),
        create_proposal(kind="introduction", post=post, quote=text, html=f"<p>{text}</p>", names=[text]),
        create_proposal(
            kind="workshop", post=post, title=text, summary=text, partners=text, cost=text, quote=text, dates=[row]
        ),
        create_proposal(kind="cut_short", post=post, quote=text, mark=text),
        create_proposal(kind="login", login=text, display_name=text, blog=text, posts=[post.pk]),
    ]


def test_markup_in_what_was_seen_is_shown_and_never_runs(desk):
    for proposal in every_kind_with(NASTY):
        for address in (page(proposal), "/admin/site/proposal/", page(proposal, "history")):
            assert "<img src=x" not in desk.get(address).content.decode()
        answer = desk.post(page(proposal, "accept"), {"name": NASTY}, follow=True)
        assert "<img src=x" not in answer.content.decode()
        assert "<img src=x" not in desk.get(page(proposal)).content.decode()


# The report


def entry(**facts):
    return {"title": "A good life", "kind": "post", "wp_id": "7", "line": 57, "said": "A video became a link."} | facts


def test_the_report_is_read_as_words_with_links_to_what_stands(desk):
    post = create_post()
    run = create_import_run(
        counts={"posts": {"new": 5, "edited here": 1}},
        skipped=[{"what": "comments", "count": 70, "why": "They stay behind."}],
        losses=[entry(detail="https://video.example/1", post=post.pk)],
        questions=[entry(said="It has no title.", post=9999)],
        notes=[],
    )

    shown = words(desk.get(f"/admin/site/importrun/{run.pk}/change/"))

    assert "5 new, 1 edited here" in shown
    assert "70 comments: They stay behind." in shown
    assert "Lost (1)" in shown
    assert f'href="/admin/blog/post/{post.pk}/change/"' in shown
    assert "It has no title." in shown
    assert "only tried. Nothing was changed." in shown


def test_a_report_without_losses_says_so_and_an_empty_one_breaks_nothing(desk):
    for run in (create_import_run(), create_import_run(counts={}, losses=[])):
        shown = words(desk.get(f"/admin/site/importrun/{run.pk}/change/"))
        assert '<h2 id="losses">Lost</h2>\n        <p>Nothing.</p>' in shown


def test_markup_in_a_report_is_shown_and_never_runs(desk):
    odd = entry(title=NASTY, kind=NASTY, wp_id=NASTY, said=NASTY, detail=NASTY)
    run = create_import_run(
        file_name=NASTY,
        blog=NASTY,
        counts={NASTY: {NASTY: 1}},
        skipped=[{"what": NASTY, "count": 1, "why": NASTY}],
        losses=[odd],
        questions=[odd],
        notes=[odd],
    )

    for address in (f"/admin/site/importrun/{run.pk}/change/", "/admin/site/importrun/"):
        assert "<img src=x" not in desk.get(address).content.decode()
