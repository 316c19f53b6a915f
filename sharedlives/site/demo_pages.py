"""The demonstration's own pages. Texts a charity can begin with: what they say of the site is true of it."""

from __future__ import annotations

from .models import Page


def create_demo() -> None:
    """About and Contact at the top, Privacy and Accessibility at the foot."""
    _page("About us", ABOUT, summary="Who we are, and what this blog and these workshops are for.", menu="top")
    _page(
        "Contact",
        CONTACT,
        summary="Ring, write or send a text message: a person answers.",
        menu="top",
        position=20,
        shows_contact=True,
    )
    _page(
        "Accessibility statement",
        ACCESSIBILITY,
        slug="accessibility",
        summary="What works, what does not yet, and whom to tell.",
        menu="foot",
        menu_title="Accessibility",
    )
    _page(
        "Privacy",
        PRIVACY,
        slug="privacy",
        summary="What we keep about you, why, who sees it, and when it goes.",
        menu="foot",
        position=20,
    )


def _page(title: str, text: str, **fields) -> None:
    fields.setdefault("slug", title.lower().replace(" ", "-"))
    Page.objects.create(title=title, body=text, is_published=True, **fields)


ABOUT = """
<p>Open Door Lives is an invented charity. It stands here so that you can see what this site does before your own
words are in it.</p>
<h2>What we do</h2>
<p>We bring together people who need somebody near and people who have a room, an afternoon or a good ear. Some come
for a cup of tea and stay for years.</p>
<h2>What you find here</h2>
<ul>
<li><a href="/blog/">Our blog</a>, in which we and our guests write about what we learn.</li>
<li><a href="/workshops/">Our workshops</a>, which are free and open to everybody. You reserve a place without an
account, and can say what you need to take part.</li>
</ul>
<h2>Who pays for it</h2>
<p>In the demonstration, nobody. In yours, say it here: people like to know.</p>
"""

CONTACT = """
<p>You need no account and no form to reach us. If it is about a booking, the quickest way is the link in the mail we
sent you; if you have lost it, ring us and we find your booking together.</p>
"""

ACCESSIBILITY = """
<p>This site should work for everybody: with a keyboard, a screen reader, large text, a small phone, or on a tired
evening. We aim for the Web Content Accessibility Guidelines (WCAG) 2.2, level AA, and for text with the stronger
contrast of level AAA.</p>
<h2>What works</h2>
<ul>
<li>Every page can be used by keyboard alone, and one sees where one is.</li>
<li>Text grows to four times its size without sideways scrolling, but for wide tables, which scroll by themselves.</li>
<li>All of it works without JavaScript, in light and dark colours, and on paper.</li>
<li>Nothing moves by itself, and no form runs out of time while you fill it in.</li>
<li>Pictures have a description, or are marked as decoration.</li>
</ul>
<h2>What does not yet</h2>
<ul>
<li>There is no Easy Read or British Sign Language version of our texts.</li>
<li>Texts that moved here from an older site may have links that say little, or pictures without a description. We
mend them as we find them; tell us, and yours comes first.</li>
</ul>
<h2>How we know</h2>
<p>Programs check the pages for known faults whenever the site is changed. Programs find only some of what people
meet, and nobody outside has tested this site for us yet.</p>
<h2>Tell us</h2>
<p>If something is in your way, or you need a text in another form, <a href="/contact/">ring or write to us</a>. Say
which page it was and what you use. We answer within five working days, and send you what you need meanwhile.</p>
"""

PRIVACY = """
<p>If you only read, we keep nothing about you. No page loads anything from other companies, nobody counts your
visits, and no cookie is set.</p>
<h2>When you reserve a place</h2>
<table>
<thead><tr><th scope="col">What</th><th scope="col">Why</th><th scope="col">Who sees it, and how long</th></tr></thead>
<tbody>
<tr>
<td>Your name and e-mail or phone, your organisation, the first names of those who come with you</td>
<td>To keep your place and to tell you if something changes</td>
<td>Our workshop team, until they remove the booking after the workshop. This does not happen by itself yet: ask us,
and we do it at once</td>
</tr>
<tr>
<td>What you need to take part, if you choose to tell us</td>
<td>So that you can take part. Only with your consent, which you can take back</td>
<td>Only the few people who arrange it. Deleted 14 days after the workshop, at once if you cancel, and whenever you
remove it yourself</td>
</tr>
<tr>
<td>The mails we sent you</td>
<td>To deliver them, and to answer “did you write to me?”</td>
<td>Staff who look after mail; text and address go after 90 days</td>
</tr>
</tbody>
</table>
<p>The form sets one cookie, which only makes sure that it was really sent from our page. To stop misuse we count
requests by a scrambled form of your network address, for one day.</p>
<h2>When you write for our blog</h2>
<p>Your name, your picture and what you wrote are public, as you agreed. Your e-mail address is not: only the editors
see it.</p>
<h2>Your rights</h2>
<p>You can see what we hold about you, have it put right, or have it removed. <a href="/contact/">Ring or write to
us</a>; you need give no reason. If you are not happy with our answer, the Information Commissioner’s Office
(<a href="https://ico.org.uk/">ico.org.uk</a>) will listen to you.</p>
"""
