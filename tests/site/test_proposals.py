"""What staff decide about posts that moved in: what accepting and declining do, and what they never undo."""

from datetime import UTC, date, datetime, time

import pytest
from django.contrib.auth.models import Group
from django.utils.text import slugify

from blog.models import Author
from events.models import Venue, Workshop
from sharedlives.foundation.models import AuditEntry
from sharedlives.site import proposals
from sharedlives.site.models import Proposal
from sharedlives.site.proposals import DateWanted, ProposalRefused, accept, decline, note, note_login
from sharedlives.site.wordpress import detect
from tests.factories import create_author, create_post, create_proposal, create_user, create_venue, create_workshop
from tests.server import all_at_once

pytestmark = pytest.mark.django_db

BLOG = "https://blog.example.org"
POSTED = datetime(2019, 10, 3, 8, 15, tzinfo=UTC)
OPENING = "<p>This is a guest blog from my colleague Ann Ash (@annash):</p>"
MOVED = "<p>This is a guest blog from my colleague Ann Ash (@annash).</p>"
REST = "<p>What makes a good life?</p>"
LISTED = (
    "<p>We run free workshops to plan together where you are.</p><p>They take place from 11am – 3pm:</p>"
    "<ul><li>Monday 28th October: London (Friends House, Euston Road, NW1 2BJ)</li>"
    "<li>Tuesday 29th October: Birmingham city centre (venue tbc)</li></ul>"
)
LONDON = DateWanted(
    day=date(2019, 10, 28), starts=time(11), ends=time(15),
    venue="Friends House", street="Euston Road", town="London", postcode="NW1 2BJ",
)  # fmt: skip
BIRMINGHAM = DateWanted(day=date(2019, 10, 29), starts=time(11), ends=time(15), area="Birmingham city centre")


@pytest.fixture
def boss():
    return create_user(email="boss@example.org", name="Bo Ss", is_superuser=True)


def keep(post, login=""):
    """What an import keeps of a post: which proposals are new."""
    found = detect.proposals(post.title, post.body, POSTED, login, "Office")
    logins = [note_login(one, [post.pk], blog=BLOG) for one in found if one.kind == "login"]
    return [proposal for proposal in [*note(post, found), *logins] if proposal]


def moved_in(body=OPENING + REST, *, title="A good life", login="", **facts):
    """A post as it stands after an import, without a byline, and what was asked about it by kind."""
    post = create_post(title=title, body=body, publish_at=POSTED, **facts)
    post.bylines.all().delete()
    return post, {proposal.kind: proposal for proposal in keep(post, login)}


def printed(post):
    return [str(byline) for byline in post.bylines.all()]


# Keeping what was seen


def test_a_second_run_asks_nothing_twice():
    post, asked = moved_in(login="office")

    again = keep(post, "office")

    assert set(asked) == {"byline", "introduction", "login"}
    assert again == []
    assert Proposal.objects.count() == 3


def test_what_was_decided_is_never_asked_again(boss):
    post, asked = moved_in()
    decline(asked["byline"], by=boss)

    keep(post)

    assert Proposal.objects.get(kind="byline").state == "declined"


def test_one_question_about_a_sign_in_stands_for_all_its_posts():
    first, asked = moved_in(REST, login="office")
    second, none_new = moved_in(REST, title="Another", login="office")
    _third, other = moved_in(REST, title="Elsewhere", login="jo")

    assert none_new == {}
    asked["login"].refresh_from_db()
    assert asked["login"].details["posts"] == [first.pk, second.pk]
    assert set(other) == {"login"}


def test_a_byline_that_is_there_is_not_proposed():
    post = create_post(authors=[create_author(name="Ann Ash")], body=OPENING + REST)

    made = keep(post, "office")

    assert [proposal.kind for proposal in made] == ["introduction"]


# Who wrote it


def test_accepting_a_byline_makes_a_guest_with_a_handle(boss):
    post, asked = moved_in()

    done = accept(asked["byline"], by=boss)

    author = Author.objects.get(name="Ann Ash")
    assert (author.slug, author.is_guest) == ("ann-ash", True)
    assert [(handle.network, handle.name) for handle in author.handles.all()] == [("x", "annash")]
    assert printed(post) == ["Ann Ash"]
    assert done == "“A good life” is now by Ann Ash. Ann Ash is a new author: add a word about them when you can."
    asked["byline"].refresh_from_db()
    assert (asked["byline"].state, asked["byline"].decided_by) == ("accepted", boss)


def test_an_author_we_have_is_used_again_and_keeps_their_own_facts(boss):
    ann = create_author(name="Ann Ash", organisation="Elsewhere now")
    post, asked = moved_in()

    accept(asked["byline"], by=boss, organisation="Carers Together")

    ann.refresh_from_db()
    assert Author.objects.get() == ann
    assert (ann.organisation, ann.is_guest) == ("Elsewhere now", False)
    assert ann.handles.get().name == "annash"
    assert printed(post) == ["Ann Ash, Carers Together"]


def test_an_author_is_known_by_handle_under_another_name(boss):
    ann = create_author(name="Annie Ash")
    ann.handles.create(network="x", name="AnnAsh")
    post, asked = moved_in()

    accept(asked["byline"], by=boss)

    assert post.bylines.get().author == ann
    assert printed(post) == ["Ann Ash"]


def test_a_byline_that_is_there_stays_unless_staff_say_otherwise(boss):
    post, asked = moved_in()
    post.bylines.create(author=create_author(name="Bob Birch"))

    accept(asked["byline"], by=boss)

    assert printed(post) == ["Bob Birch", "Ann Ash"]


def test_staff_may_put_the_guest_in_place_of_the_byline_there(boss):
    post, asked = moved_in()
    post.bylines.create(author=create_author(name="Bob Birch"))

    accept(asked["byline"], by=boss, replaces=True)

    assert printed(post) == ["Ann Ash"]


def test_search_finds_the_post_by_its_new_byline(boss):
    post, asked = moved_in()

    accept(asked["byline"], by=boss)

    post.refresh_from_db()
    assert post.byline_text == "Ann Ash"


def test_a_byline_needs_a_name(boss):
    _post, asked = moved_in()

    with pytest.raises(ProposalRefused, match="needs a name"):
        accept(asked["byline"], by=boss, name="  ")


# Its introduction


def test_the_introduction_moves_above_the_text_and_is_shown_once(boss):
    post, asked = moved_in()
    host = create_author(name="Alex Host")

    accept(asked["introduction"], by=boss, introduced_by=host)

    post.refresh_from_db()
    assert (post.introduction, post.body, post.introduced_by) == (MOVED, REST, host)


def test_the_first_line_of_a_paragraph_can_be_the_introduction(boss):
    post, asked = moved_in("<p>A guest blog by Ann Ash.<br>Here she begins.</p>")

    accept(asked["introduction"], by=boss)

    post.refresh_from_db()
    assert (post.introduction, post.body) == ("<p>A guest blog by Ann Ash.</p>", "<p>Here she begins.</p>")


def test_a_fold_right_below_the_introduction_goes_since_nothing_stands_before_it(boss):
    post, asked = moved_in(f'{OPENING}<hr data-fold="">{REST}')

    accept(asked["introduction"], by=boss)

    post.refresh_from_db()
    assert post.body == REST


def test_an_introduction_somebody_has_edited_is_not_moved(boss):
    post, asked = moved_in()
    post.body = f"<p>This is a guest blog from Ann Ash.</p>{REST}"
    post.save()

    with pytest.raises(ProposalRefused, match="changed it since"):
        accept(asked["introduction"], by=boss)

    post.refresh_from_db()
    assert post.introduction == ""
    asked["introduction"].refresh_from_db()
    assert asked["introduction"].state == "open"


def test_an_introduction_moved_by_hand_already_is_left(boss):
    post, asked = moved_in()
    post.introduction, post.body = MOVED, REST
    post.save()

    assert accept(asked["introduction"], by=boss) == (
        "The introduction stands above the text already; nothing was changed."
    )
    post.refresh_from_db()
    assert (post.introduction, post.body) == (MOVED, REST)


def test_an_introduction_that_is_there_is_not_replaced(boss):
    post, asked = moved_in()
    post.introduction = "<p>Words of our own.</p>"
    post.save()

    with pytest.raises(ProposalRefused, match="another introduction already"):
        accept(asked["introduction"], by=boss)


def test_a_text_of_nothing_else_is_not_emptied(boss):
    _post, asked = moved_in(OPENING)

    with pytest.raises(ProposalRefused, match="leave it empty"):
        accept(asked["introduction"], by=boss)


# Whose sign-in


def test_the_posts_of_a_sign_in_get_the_author_staff_name(boss):
    first, asked = moved_in(REST, login="office")
    second, _none = moved_in(REST, title="Another", login="office")

    done = accept(asked["login"], by=boss, name="Alex Host", role="Chief Executive")

    author = Author.objects.get(name="Alex Host")
    assert (author.role, author.is_guest) == ("Chief Executive", False)
    assert printed(first) == printed(second) == ["Alex Host"]
    assert done.startswith("2 posts are now by Alex Host.")


def test_a_post_that_a_guest_may_have_written_does_not_get_the_hosts_name(boss):
    guests, asked = moved_in(login="office")
    hosts, _none = moved_in(REST, title="Another", login="office")

    done = accept(asked["login"], by=boss, author=create_author(name="Alex Host"))

    assert printed(guests) == []
    assert printed(hosts) == ["Alex Host"]
    assert "1 post is left out until you have decided whether a guest wrote it." in done


def test_declining_the_guest_gives_the_post_to_the_host_once_known(boss):
    post, asked = moved_in(login="office")
    accept(asked["login"], by=boss, author=create_author(name="Alex Host"))

    done = decline(asked["byline"], by=boss)

    assert printed(post) == ["Alex Host"]
    assert "is now by Alex Host" in done


def test_declining_the_guest_while_the_host_is_unknown_changes_nothing(boss):
    post, asked = moved_in(login="office")

    assert decline(asked["byline"], by=boss) == "Left as it was: nothing was changed."
    assert printed(post) == []


def test_a_post_with_a_byline_of_its_own_keeps_it(boss):
    post, asked = moved_in(REST, login="office")
    post.bylines.create(author=create_author(name="Bob Birch"))

    accept(asked["login"], by=boss, name="Alex Host")

    assert printed(post) == ["Bob Birch"]


def test_saying_whose_a_sign_in_is_signs_no_introduction_of_what_one_may_not_change(boss):
    post, asked = moved_in(login="office")
    accept(asked["byline"], by=boss)
    accept(asked["introduction"], by=boss)
    editor = create_user()
    editor.groups.add(Group.objects.get(name="Editors"))

    with pytest.raises(ProposalRefused, match="is published"):
        accept(asked["login"], by=editor, author=create_author(name="Alex Host"))

    post.refresh_from_db()
    assert post.introduced_by is None


def test_a_name_on_a_network_is_given_only_by_those_who_may_change_authors():
    _post, asked = moved_in(is_published=False)
    ann = create_author(name="Ann Ash")
    writer = create_user(permissions=["site.change_proposal", "blog.change_post"])

    with pytest.raises(ProposalRefused, match="Changing authors"):
        accept(asked["byline"], by=writer)

    assert not ann.handles.exists()
    accept(asked["byline"], by=writer, handle="")


def test_the_host_signs_introductions_whichever_is_decided_first(boss):
    host = create_author(name="Alex Host")
    before, asked = moved_in(login="office")
    after, later = moved_in(title="Another", login="office")
    accept(asked["introduction"], by=boss)
    accept(asked["login"], by=boss, author=host)
    accept(later["introduction"], by=boss)

    before.refresh_from_db()
    after.refresh_from_db()
    assert before.introduced_by == after.introduced_by == host


def test_posts_that_come_later_ask_once_more_with_the_answer_at_hand(boss):
    _first, asked = moved_in(REST, login="office")
    host = create_author(name="Alex Host")
    accept(asked["login"], by=boss, author=host)

    late, new = moved_in(REST, title="Late", login="office")

    assert new["login"].details["posts"] == [late.pk]
    assert proposals.answered_before(new["login"]) == host


def test_a_sign_in_is_no_author_until_somebody_says_who(boss):
    _post, asked = moved_in(REST, login="office")

    with pytest.raises(ProposalRefused, match="Say who this is"):
        accept(asked["login"], by=boss)


# The workshop


def accept_workshop(asked, by, *dates, **changes):
    changes = {"title": "Plan together", "summary": "A day to plan.", "places": 20} | changes
    return accept(asked["workshop"], by=by, dates=list(dates), **changes)


def test_a_workshop_is_made_unseen_with_dates_as_drafts_and_the_post_linked(boss):
    post, asked = moved_in(LISTED)

    done = accept_workshop(asked, boss, LONDON, BIRMINGHAM, partners="Nesta")

    workshop = Workshop.objects.get()
    post.refresh_from_db()
    assert post.workshop == workshop
    assert (workshop.is_published, workshop.partners, workshop.cost) == (False, "Nesta", "Free")
    assert [(day.when, day.where, day.state, day.places) for day in workshop.dates.in_order()] == [
        ("Monday 28 October 2019, 11am to 3pm", "Friends House, Euston Road, London NW1 2BJ", "draft", 20),
        ("Tuesday 29 October 2019, 11am to 3pm", "Birmingham city centre (venue to be confirmed)", "draft", 20),
    ]
    assert done == (
        "The workshop “Plan together” is made, not published yet, with 2 new dates, all drafts. "
        "“A good life” announces it."
    )


def test_times_are_those_on_uk_clocks_in_summer_and_winter(boss):
    _post, asked = moved_in(LISTED)
    summer = DateWanted(day=date(2019, 10, 26), starts=time(11), area="Leeds")

    accept_workshop(asked, boss, LONDON, summer)

    assert [day.starts_at for day in Workshop.objects.get().dates.in_order()] == [
        datetime(2019, 10, 26, 10, tzinfo=UTC),
        datetime(2019, 10, 28, 11, tzinfo=UTC),
    ]


def test_a_venue_we_have_is_used_again(boss):
    venue = create_venue(name="Friends House", postcode="nw12bj")
    _post, asked = moved_in(LISTED)

    accept_workshop(asked, boss, LONDON)

    assert Venue.objects.get() == venue


def test_dates_can_be_added_to_a_workshop_we_have_and_none_twice(boss):
    workshop = create_workshop()
    _first, asked = moved_in(LISTED)
    _second, again = moved_in(LISTED, title="Once more")

    accept_workshop(asked, boss, LONDON, workshop=workshop)
    done = accept_workshop(again, boss, LONDON, BIRMINGHAM, workshop=workshop)

    assert workshop.dates.count() == 2
    assert "stays as it is, with 1 new date, a draft." in done


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (DateWanted(day=date(2019, 10, 28), starts=time(11)), "Say where it is on Monday 28 October 2019"),
        (DateWanted(day=date(2019, 10, 28), starts=time(11), venue="Town House"), "Give its street, town and postcode"),
        (DateWanted(day=date(2019, 10, 28), starts=time(15), ends=time(11), area="Leeds"), "ends before it starts"),
        (DateWanted(day=date(2019, 3, 31), starts=time(1, 30), area="Leeds"), "There is no 1.30am"),
        (DateWanted(day=date(2019, 10, 27), starts=time(1, 30), area="Leeds"), "comes twice"),
    ],
)
def test_a_date_that_cannot_be_is_refused_and_nothing_is_made(boss, wanted, says):
    post, asked = moved_in(LISTED)

    with pytest.raises(ProposalRefused, match=says):
        accept_workshop(asked, boss, LONDON, wanted)

    post.refresh_from_db()
    assert (Workshop.objects.count(), Venue.objects.count(), post.workshop) == (0, 0, None)


def test_a_workshop_needs_a_date_a_title_and_a_sentence(boss):
    _post, asked = moved_in(LISTED)

    for dates, changes in (([], {}), ([LONDON], {"title": " "}), ([LONDON], {"summary": ""})):
        with pytest.raises(ProposalRefused):
            accept_workshop(asked, boss, *dates, **changes)


def test_a_post_that_announces_a_workshop_keeps_it(boss):
    post, asked = moved_in(LISTED)
    post.workshop = create_workshop(title="Another one")
    post.save()

    with pytest.raises(ProposalRefused, match="announces “Another one” already"):
        accept_workshop(asked, boss, LONDON)


# A text cut short


def test_the_end_of_an_excerpt_is_taken_away(boss):
    post, asked = moved_in("<p>It went on and Continue reading</p>")

    accept(asked["cut_short"], by=boss)

    post.refresh_from_db()
    assert post.body == "<p>It went on and</p>"


def test_a_text_completed_meanwhile_is_left_as_it_is(boss):
    post, asked = moved_in("<p>It went on and Continue reading</p>")
    post.body = "<p>It went on and on, to its end.</p>"
    post.save()

    done = accept(asked["cut_short"], by=boss)

    assert done == "Noted: “A good life” is as it should be."


# Who may


def with_role(name):
    user = create_user(email=f"{slugify(name)}@example.org", name=name)
    user.groups.add(*Group.objects.filter(name__in=name.split(" and ")))
    return user


def test_writers_decide_nothing():
    post, asked = moved_in()
    writer = with_role("Writers")

    for decide in (accept, decline):
        with pytest.raises(ProposalRefused, match="for colleagues with that right"):
            decide(asked["byline"], by=writer)
    assert printed(post) == []


def test_editors_decide_about_drafts_and_publishers_about_what_is_out():
    draft, asked = moved_in(is_published=False)
    out, published = moved_in(title="Another")

    accept(asked["byline"], by=with_role("Editors"))
    with pytest.raises(ProposalRefused, match="“Another” is published"):
        accept(published["byline"], by=with_role("Editors and Read only"))
    accept(published["byline"], by=with_role("Publishers"))

    assert printed(draft) == printed(out) == ["Ann Ash"]


def test_of_a_sign_ins_posts_all_or_none_are_changed():
    draft, asked = moved_in(REST, login="office", is_published=False)
    moved_in(REST, title="Another", login="office")

    with pytest.raises(ProposalRefused, match="“Another” is published"):
        accept(asked["login"], by=with_role("Editors"), name="Alex Host")

    assert (printed(draft), Author.objects.filter(name="Alex Host").exists()) == ([], False)


def test_a_workshop_takes_an_organisers_rights_too():
    _post, asked = moved_in(LISTED)

    with pytest.raises(ProposalRefused, match="organiser’s rights"):
        accept_workshop(asked, with_role("Publishers"), LONDON)
    accept_workshop(asked, with_role("Publishers and Workshop organisers"), LONDON)

    assert Workshop.objects.count() == 1


def test_a_thing_is_decided_once(boss):
    _post, asked = moved_in()
    accept(asked["byline"], by=boss)

    for decide in (accept, decline):
        with pytest.raises(ProposalRefused, match="decided already: accepted by Bo Ss"):
            decide(asked["byline"], by=boss)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_comes_first_and_the_others_are_told(boss):
    post, asked = moved_in(LISTED)

    def press(number):
        try:
            accept_workshop(asked, boss, LONDON)
        except ProposalRefused as refusal:
            return str(refusal)
        return "done"

    said = all_at_once(4, press)

    assert sorted(said) == ["This was decided already: accepted by Bo Ss."] * 3 + ["done"]
    assert Workshop.objects.count() == 1


def test_all_of_it_is_in_the_log(boss):
    _post, asked = moved_in()

    accept(asked["byline"], by=boss)
    decline(asked["introduction"], by=boss)

    assert list(AuditEntry.objects.order_by("pk").values_list("object_type", "action")) == [
        ("blog.author", "added"),
        ("blog.author", "changed"),
        ("blog.post", "changed"),
        ("site.proposal", "accepted"),
        ("site.proposal", "declined"),
    ]


def test_a_post_that_is_gone_takes_its_questions_along(boss):
    proposal = create_proposal(post=create_post(is_published=False))
    _post, asked = moved_in(REST, login="office")

    proposal.post.delete()
    _post.bylines.all().delete()
    _post.delete()

    assert list(Proposal.objects.values_list("kind", flat=True)) == ["login"]
    assert accept(asked["login"], by=boss, name="Alex Host").startswith("0 posts are")


# The order


def test_whose_sign_in_comes_first_and_then_post_by_post_the_newest_first():
    _old, _asked = moved_in(title="Old", login="office")
    new = create_post(title="New")
    create_proposal(post=new)

    waiting = [(proposal.kind, str(proposal.post)) for proposal in proposals.to_decide()]

    assert waiting == [("login", "None"), ("byline", "New"), ("byline", "Old"), ("introduction", "Old")]
