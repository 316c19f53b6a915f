"""Invented posts for the demonstration: nobody in them exists, and each says so at its end."""

from __future__ import annotations

from datetime import date as Day
from datetime import time, timedelta

from events.models import Workshop
from sharedlives.foundation import demo_pictures, wall_clock

from .models import Author, Handle, Post, Tag, Topic

INVENTED = "<p><em>This post, and everybody in it, is invented for the demonstration.</em></p>"


def create_demo(today: Day, workshop: Workshop) -> None:
    """Four posts that are out, one of them a guest's that announces `workshop`, and a draft that waits at the desk."""
    host, colleague, guest = _authors()
    homes, words = _topics()
    morning, evening = demo_pictures.paint("morning", houses=4), demo_pictures.paint("evening", houses=2)
    _post(
        [guest],
        text=SPARE_ROOM,
        goes_out=today - timedelta(days=1),
        title="The spare room was never empty",
        slug="the-spare-room-was-never-empty",
        standfirst="What changes in a street when one household opens its door, and an invitation.",
        introduction=INTRODUCTION,
        introduced_by=host,
        workshop=workshop,
        lead_picture=morning,
        topics=[homes],
        tags=["neighbours", "workshops"],
    )
    _post(
        [host],
        text=SMALL_THINGS.format(picture=evening.pk),
        goes_out=today - timedelta(days=8),
        title="Small things, in the order they happened",
        slug="small-things-in-the-order-they-happened",
        standfirst="A week in the life of a house with four people, two cats and one bathroom.",
        topics=[homes],
        tags=["neighbours", "food"],
    )
    _post(
        [colleague, host],
        text=PLAIN_WORDS,
        goes_out=today - timedelta(days=15),
        title="Plain words take longer to write and less time to read",
        slug="plain-words-take-longer-to-write",
        standfirst="Notes from an afternoon with a pile of letters that nobody could understand.",
        topics=[words],
        tags=["letters"],
    )
    _post(
        [host],
        text=NOT_IN_THE_ROOM,
        goes_out=today - timedelta(days=29),
        title="Who was not in the room?",
        slug="who-was-not-in-the-room",
        topics=[words],
        tags=["workshops"],
    )
    _post([colleague], text=GARDENS, title="Notes for a post about gardens", slug="notes-for-a-post-about-gardens")


def _authors() -> tuple[Author, Author, Author]:
    host = Author.objects.create(
        name="Marlow Finch",
        slug="marlow-finch",
        role="Director (invented)",
        bio="Marlow writes here now and then, and does not exist.",
    )
    colleague = Author.objects.create(
        name="Idris Penhallow", slug="idris-penhallow", role="Workshop organiser (invented)"
    )
    guest = Author.objects.create(
        name="Wren Adeyemi",
        slug="wren-adeyemi",
        role="Programme lead",
        organisation="The Lantern Foundation (invented)",
        is_guest=True,
    )
    guest.handles.create(network=Handle.Network.X, name="WrenWritesHere")
    return host, colleague, guest


def _topics() -> tuple[Topic, Topic]:
    homes = Topic.objects.create(
        name="Sharing a home", slug="sharing-a-home", description="What it is like, told by people who do it."
    )
    words = Topic.objects.create(
        name="Plain words", slug="plain-words", description="How we write and meet, so that everybody can take part."
    )
    return homes, words


def _post(authors: list[Author], *, text: str, goes_out: Day | None = None, topics=(), tags=(), **fields) -> None:
    if goes_out:
        fields |= {"status": Post.Status.PUBLISHED, "publish_at": wall_clock.moment(goes_out, time(9))}
    post = Post.objects.create(body=text + INVENTED, **fields)
    for position, author in enumerate(authors, start=1):
        post.bylines.create(author=author, position=position)
    post.topics.set(topics)
    post.tags.set(Tag.objects.get_or_create(slug=tag, defaults={"name": tag})[0] for tag in tags)


SPARE_ROOM = """
<p>When I asked people why they had begun to share their home, nobody spoke of a service. They spoke of a bed
that somebody’s sister had slept in, of a kitchen table with one leg too short, of a kettle that is always the
first thing a new person learns to use.</p>
<h2>It begins with a second chair</h2>
<p>Gil, who is seventy and lives by the harbour, put a second chair on the front step one May. By August three
neighbours had sat on it. In October Gil’s house had a lodger, and the lodger had somebody to play dominoes
with.</p>
<aside><p>I did not take anybody in. I moved over a bit.</p></aside>
<h2>What gets in the way</h2>
<ul>
<li>Forms that ask what is wrong with a person before they ask the name.</li>
<li>Meetings at ten in the morning, an hour’s bus ride away.</li>
<li>The word “placement”, which nobody would use of a friend.</li>
</ul>
<p>None of these is a law of nature. In three towns we will sit down for a day with whoever wants to change
them. You need to bring nothing but your questions. The dates stand above: come, or send the invitation to
somebody who should.</p>
"""

INTRODUCTION = """
<p>This is a guest blog from Wren Adeyemi, who has spent a year listening to people who share their homes. I
asked Wren what surprised them most.</p>
"""

SMALL_THINGS = """
<p>People ask us for results. Here are last week’s, from a house I will call the house with the blue gate.</p>
<ol>
<li>On Monday Fen made soup without being asked.</li>
<li>On Tuesday the soup was better.</li>
<li>On Thursday the younger cat was found in the bath, where it had a view of everybody.</li>
<li>On Saturday there was a birthday, and a cake in the shape of a bus.</li>
</ol>
<figure data-picture="{picture}"></figure>
<p>I do not know which box a cake in the shape of a bus goes into. I do know that the person whose birthday it
was had never had one made for them before, and that two of the others got up at six to do it.</p>
<h2>What we could count, if we had to</h2>
<p>Visits to the doctor went down<small>From eleven to four, between one spring and the next. We asked; nobody has
to tell us.</small>. Visits to the chip shop went up. We regard both as good.</p>
"""

PLAIN_WORDS = """
<p>We laid forty letters on a long table and asked the people they had been sent to what each one wanted. Eleven
times the answer was right. This is what we changed in the other twenty-nine.</p>
<table>
<tbody>
<tr>
<th>The letter said</th>
<th>It meant</th>
</tr>
<tr>
<td>Please be advised that your appointment has been rescheduled</td><td>We have moved your
appointment</td></tr>
<tr>
<td>Failure to respond may result in discontinuation</td><td>If we do not hear from you, we will stop. Ring us
if you need more time</td></tr>
</tbody>
</table>
<p>Every one of the new sentences took us longer. Every one was read in half the time, by somebody who then knew
what to do. Multiply by forty letters and by everybody who gets one.</p>
"""

NOT_IN_THE_ROOM = """
<p>We had a very good meeting last month. There were sandwiches, there was agreement, and at the end somebody
asked who had not been there. It took us the rest of the afternoon to write the list.</p>
<hr data-fold="">
<p>The people who clean the building were not there. Nobody under thirty was there. Nobody who had said no to us
was there, and they would have had the most to say.</p>
<p>So we have a new rule, and it is not a clever one: the first item of every meeting is that list, and the
second is what we will do about it. The sandwiches come third.</p>
"""

GARDENS = """
<p>Ask Fen about the beans. Who dug the pond? A draft: only staff see it.</p>
"""
