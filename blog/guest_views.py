"""A guest's own page: GET shows where the post stands, POST writes, sends in, agrees."""

from __future__ import annotations

import contextlib
from urllib.parse import urlencode

from csp.constants import NONCE
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.forms import new_stamp
from sharedlives.foundation import limits, links, richtext, spoken
from sharedlives.foundation.picture_admin import as_json
from sharedlives.foundation.rich_text_admin import media_with_nonce

from . import compare, editorial, notes, passes, preview_links, revisions, snapshots
from .editorial import EditorialRefused
from .guest_forms import (
    AUTHOR_FIELDS,
    GuestPictureForm,
    GuestPostForm,
    LinkForm,
    NoteForm,
    SuggestionForm,
    policy_for,
    written_into,
)
from .models import GuestPass, Handle, Revision

BROKEN_LINKS = {"limit": 60, "seconds": 600}
NEW_LINKS = {"limit": 30, "seconds": 600}
UPLOADS = {"limit": 40, "seconds": 3600}
SUGGESTIONS = {"limit": 20, "seconds": 3600}
NOTES = {"limit": 60, "seconds": 3600}


def _pass_of(request, token: str) -> GuestPass | None:
    """Whose link this is; None where it has ended. Raises Http404 for one that we never gave out."""
    try:
        pk, version = links.read("guest", token)
    except (links.BadLink, ValueError) as error:
        limits.hit("broken link", limits.client_address(request), **BROKEN_LINKS)
        raise Http404 from error
    found = GuestPass.objects.select_related("post", "author", "invited_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found if found.is_valid() and str(found.link_version) == version else None


def _ended(request):
    context = {"form": LinkForm(), "kept": _typed(request)}
    return render(request, "blog/guests/link_ended.html", context, status=410)


def _typed(request) -> list[tuple[str, str]]:
    """What was written on a form that came too late, to be shown and copied."""
    posted, body = _posted(request), ""
    with contextlib.suppress(richtext.Refused):
        body = "\n\n".join(compare.paragraphs(richtext.clean(posted.get("body", "").replace("\0", ""))))
    texts = {name: posted.get(name, "") for name in ("title", "standfirst", "text", "bio")} | {"body": body}
    return [(label, texts[name]) for name, label in TYPED.items() if texts[name].strip()]


TYPED = {
    "title": "Title",
    "standfirst": "In one or two sentences",
    "body": "Your text",
    "text": "Your words to the editors",
    "bio": "About you",
}


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def guest_post(request, token):
    guest_pass = _pass_of(request, token)
    if guest_pass is None:
        return _ended(request)
    answer = None
    if request.method == "POST":
        act = next((act for name, act in ACTS.items() if name in request.POST), _save)
        try:
            answer = (_keep_first(request, guest_pass) if act not in SAVING else None) or act(request, guest_pass)
        except EditorialRefused as refusal:
            answer = {"refusal": str(refusal)}
        except limits.TooMany:
            answer = {"refusal": "That was very often in a short time. Your words are kept: try again in an hour."}
    return answer if hasattr(answer, "status_code") else _page(request, guest_pass, **(answer or {}))


def _back(request, guest_pass, done: str):
    copy = request.POST.get("copy", "")[:40]
    said = {"done": done} | ({"copy": copy} if copy else {})
    return redirect(f"{guest_pass.get_absolute_url()}?{urlencode(said)}")


# What is said at the top after each act.
DONE = {
    "saved": "Saved. Send it in when you are ready.",
    "sent": "Sent in. Thank you! An editor will read it and write to you.",
    "back": "It is with you again. Write on, and send it in when you are ready.",
    "noted": "Your words are with the editors.",
    "agreed": "Thank you. We publish exactly this text, and write to you when it is out.",
    "withdrawn": "Withdrawn. We will not publish it.",
    "picture": "The picture is with your post.",
    "link": "Here is a link for reading. Whoever has it can read the text, and change nothing.",
    "unlinked": "That link no longer works.",
}
# Said no more once somebody has moved the post on, whatever address the page is loaded again from.
DONE_WHILE = {
    "sent": (editorial.SUBMITTED,),
    "back": (editorial.DRAFT,),
    "agreed": (editorial.AWAITING_SIGN_OFF, editorial.APPROVED),
    "withdrawn": (editorial.ARCHIVED,),
}
# At the beginning of the page's title, which is the first that a screen reader says.
DONE_IN_SHORT = {
    "saved": "Saved",
    "sent": "Sent in",
    "noted": "Sent",
    "agreed": "Agreed",
    "withdrawn": "Withdrawn",
    "picture": "Picture added",
    "link": "Link made",
    "unlinked": "Link ended",
}


def _page(request, guest_pass, *, form=None, note_form=None, picture_form=None, refusal="", beside=None, kept=()):
    post = guest_pass.post
    post.refresh_from_db()
    may_write, done = post.status in editorial.GUEST_MAY_WRITE, request.GET.get("done", "")
    if post.status not in DONE_WHILE.get(done, [post.status]):
        done = ""
    newest = revisions.newest(post)
    own = revisions.own_autosave(post, guest_pass=guest_pass)
    text, overtaken_by = _text_to_show(guest_pass, newest, own)
    if may_write and overtaken_by and beside is None:
        beside = {"theirs": overtaken_by, "changes": _changes(overtaken_by.data, text)}
    if may_write and form is None:
        form = GuestPostForm(guest_pass=guest_pass, text=text, initial={"base": revisions.base_named(post, newest)})
    context = {
        "guest_pass": guest_pass,
        "post": post,
        "stands": editorial.where(post),
        "form": form if may_write else None,
        "own": own if may_write else None,
        "keep_url": reverse("blog:guest_keep", args=[_token(guest_pass)]),
        "pictures_url": reverse("blog:guest_pictures", args=[_token(guest_pass)]),
        "upload_url": reverse("blog:guest_picture_upload", args=[_token(guest_pass)]),
        "pictures": [row.picture for row in guest_pass.pictures.select_related("picture").order_by("pk")],
        "picture_form": picture_form or GuestPictureForm(),
        "notes": post.notes.filter(is_shared=True).select_related("by", "guest_pass"),
        "note_form": note_form or NoteForm(is_out=post.is_published()),
        "has_errors": bool(refusal) or any(each and each.errors for each in (form, note_form, picture_form)),
        "press_links": guest_pass.preview_links.valid(),
        "refusal": refusal,
        "kept": kept,
        "done": DONE.get(done, ""),
        "arrived": request.GET.get("copy", "")[:40],
        "done_title": DONE_IN_SHORT.get(done, "Done"),
        "may_withdraw": editorial.may_withdraw(post),
        "was_out": post.was_ever_out(),
        "beside": beside,
        "deadline": guest_pass.deadline,
        "has_agreed": _has_agreed(guest_pass),
        "agreed_before": post.sign_offs.filter(author=guest_pass.author).exists(),
        **(_to_agree_to(guest_pass) if post.status == editorial.AWAITING_SIGN_OFF else {}),
    }
    response = render(request, "blog/guests/guest_post.html", context | _editor(request, context["form"]))
    if context["form"]:
        response._csp_update = {"script-src": [NONCE], "style-src": [NONCE]}
    return response


def _editor(request, form):
    if not form:
        return {}
    return {"editor_media": media_with_nonce(form.media, str(request.csp_nonce)), "plain": form.plain()}


def _token(guest_pass: GuestPass) -> str:
    return links.sign("guest", guest_pass.pk, guest_pass.link_version)


def _text_to_show(guest_pass: GuestPass, newest: Revision | None, own: Revision | None):
    """What the guest wrote last, saved or not (`own`); and the text that somebody else has saved since then."""
    if own is None:
        return (newest.data if newest else snapshots.of(guest_pass.post)), None
    return own.data, newest if newest and own.base_id != newest.pk else None


def _changes(before, after):
    return compare.changes(before, after, labels=compare.LABELS_FOR_GUESTS)


def _has_agreed(guest_pass: GuestPass) -> bool:
    return guest_pass.author not in editorial.not_agreed(guest_pass.post)


def _to_agree_to(guest_pass: GuestPass) -> dict:
    """The text as edited, and what changed since this guest last wrote or agreed."""
    post = guest_pass.post
    text = revisions.newest(post)
    own = guest_pass.revisions.kept().filter(pk__lt=text.pk).newest_first().first()
    agreed = post.sign_offs.filter(author=guest_pass.author, revision__isnull=False).first()
    known = max(filter(None, [own, agreed and agreed.revision]), key=lambda revision: revision.pk, default=None)
    return {
        "hash": snapshots.content_hash(snapshots.with_pictures(text.data)),
        "changes": _changes(known.data, text.data) if known else [],
        "html": preview_links.rendered(text),
    }


# --- What a guest does ------------------------------------------------------------------------------------------------


def _filled_in(request, guest_pass) -> GuestPostForm:
    newest = revisions.newest(guest_pass.post)
    text = newest.data if newest else snapshots.of(guest_pass.post)
    return GuestPostForm(_posted(request), guest_pass=guest_pass, text=text)


def _posted(request):
    """Without the editor the text is written in a box of its own, where nobody sees HTML."""
    posted = request.POST.copy()
    if "plain" in posted:
        posted["body"] = posted["plain"]
    return posted


def _refuse_writing(guest_pass):
    guest_pass.post.refresh_from_db()
    if guest_pass.post.status not in editorial.GUEST_MAY_WRITE:
        raise EditorialRefused(
            "The editors have your text now, so it was not changed. If your last words matter, send them in a note."
        )


def _keep(request, guest_pass):
    """Keep what is being written, finished or not; it becomes the post's text once it is saved.

    Raises richtext.Refused for a text that is far too long.
    """
    form = _filled_in(request, guest_pass)
    form.is_valid()
    # Only as long as the database has room for, whatever the form will say of it.
    typed = {name: form.data.get(name, "").replace("\0", "").strip()[:longest] for name, longest in LONGEST.items()}
    typed["body"] = richtext.clean(form.data.get("body", "").replace("\0", ""), policy_for(form.text["body"]))
    kept = revisions.autosave(
        guest_pass.post,
        written_into(form.text, typed, guest_pass),
        base=form.data.get("base", ""),
        guest_pass=guest_pass,
        kept=form.data.get("kept"),
    )
    if not guest_pass.author.is_public():
        _keep_details(guest_pass, form)
    return kept


LONGEST = {"title": 5000, "standfirst": 5000, "name": 120, "organisation": 150}


def _keep_first(request, guest_pass):
    """Before anything else is done with a page on which the guest was writing: without JavaScript no other moment
    comes."""
    if "body" not in request.POST or guest_pass.post.status not in editorial.GUEST_MAY_WRITE:
        return None
    try:
        _keep(request, guest_pass)
    except richtext.Refused:
        form = _filled_in(request, guest_pass)
        form.is_valid()
        return {"form": form}
    return None


def _save(request, guest_pass, *, then=None, is_whole=False):
    form = _filled_in(request, guest_pass)
    form.is_valid()
    if is_whole:
        form.refuse_unfinished()
    try:
        _refuse_writing(guest_pass)
    except EditorialRefused as refusal:
        # What was typed is kept all the same, and shown.
        with contextlib.suppress(richtext.Refused):
            _keep(request, guest_pass)
        return {"refusal": str(refusal), "kept": _typed(request)}
    if form.errors:
        with contextlib.suppress(richtext.Refused):
            _keep(request, guest_pass)
        return {"form": form}
    with transaction.atomic():
        text = form.written()
        text["slug"] = passes.address_for(guest_pass, title=text["title"], before=form.text)
        base, kept = form.cleaned_data["base"], form.data.get("kept")
        saved = revisions.save(guest_pass.post, text, base=base, guest_pass=guest_pass, kept=kept)
        _keep_details(guest_pass, form)
    if saved.is_beside:
        changes = _changes(saved.theirs.data, saved.revision.data)
        again = GuestPostForm(
            guest_pass=guest_pass,
            text=saved.revision.data,
            initial={"base": revisions.base_named(guest_pass.post, saved.theirs)},
        )
        return {"form": again, "beside": {"theirs": saved.theirs, "changes": changes}}
    return then(request, guest_pass) if then else _back(request, guest_pass, "saved")


def _keep_details(guest_pass, form) -> None:
    """What is printed about the author. Of one whom readers know already, the editors change it: a note tells them."""
    author, typed = guest_pass.author, form.cleaned_data
    changed = {name: typed[name] for name in AUTHOR_FIELDS if name in typed and getattr(author, name) != typed[name]}
    handles = {handle.network: handle.name for handle in author.handles.all()}
    asked = {network: name for network, name in form.handles().items() if f"handle_{network}" in typed}
    gone = [network for network in handles if not typed.get(f"handle_{network}", "?")]
    new = {network: name for network, name in asked.items() if handles.get(network) != name}
    if author.is_public():
        lines = [f"{AUTHOR_FIELDS[name]}: {value or 'nothing'}" for name, value in changed.items()]
        lines += [f"{Handle.Network(network).label}: {name}" for network, name in new.items()]
        lines += [f"{Handle.Network(network).label}: nothing" for network in gone]
        _wish(guest_pass, lines)
        return
    for name, value in changed.items():
        setattr(author, name, value)
    if changed:
        author.save(update_fields=[*changed])
    author.handles.filter(network__in=gone).delete()
    for network, name in new.items():
        author.handles.update_or_create(network=network, defaults={"name": name})


def _wish(guest_pass, lines: list[str]) -> None:
    words = "\n".join(["Please change what is printed about me.", *lines])
    if lines and not guest_pass.notes.filter(text=words).exists():
        notes.write_as_guest(guest_pass, words)


def _save_and_submit(request, guest_pass):
    def send(request, guest_pass):
        editorial.submit(guest_pass.post, guest_pass=guest_pass)
        return _back(request, guest_pass, "sent")

    return _save(request, guest_pass, then=send, is_whole=True)


def _save_and_look(request, guest_pass):
    look = lambda request, guest_pass: redirect("blog:guest_preview", _token(guest_pass))  # noqa: E731
    return _save(request, guest_pass, then=look)


def _take_back(request, guest_pass):
    editorial.take_back(guest_pass.post, guest_pass=guest_pass)
    return _back(request, guest_pass, "back")


def _agree(request, guest_pass):
    editorial.sign_off(guest_pass.post, guest_pass=guest_pass, content_hash=request.POST.get("hash", ""))
    return _back(request, guest_pass, "agreed")


def _withdraw(request, guest_pass):
    reason = " ".join(request.POST.get("reason", "").split())[:500]
    editorial.withdraw(guest_pass.post, guest_pass=guest_pass, reason=reason)
    return _back(request, guest_pass, "withdrawn")


def _note(request, guest_pass):
    form = NoteForm(request.POST, is_out=guest_pass.post.is_published())
    if not form.is_valid():
        return {"note_form": form}
    limits.hit("guest note", str(guest_pass.pk), **NOTES)
    said = form.cleaned_data
    notes.write_as_guest(guest_pass, said["text"], asks_for=said["asks_for"])
    return _back(request, guest_pass, "noted")


def _add_picture(request, guest_pass):
    _refuse_writing(guest_pass)
    form = GuestPictureForm(request.POST, request.FILES)
    if not form.is_valid() or not _take_in(form, guest_pass, request):
        return {"picture_form": form}
    return _back(request, guest_pass, "picture")


def _take_in(form, guest_pass, request):
    limits.hit("guest upload", str(guest_pass.pk), **UPLOADS)
    with transaction.atomic():
        picture = form.take_in()
        if picture is None:
            return None
        guest_pass.pictures.create(picture=picture)
        if form.cleaned_data["is_portrait"]:
            _use_as_portrait(guest_pass, picture)
    return picture


def _use_as_portrait(guest_pass, picture) -> None:
    author = guest_pass.author
    if author.is_public():
        _wish(guest_pass, [f"My photograph: the picture “{picture}”"])
        return
    author.portrait = picture
    author.save(update_fields=["portrait"])


def _make_press_link(request, guest_pass):
    preview_links.create(guest_pass.post, guest_pass=guest_pass)
    return _back(request, guest_pass, "link")


def _end_press_link(request, guest_pass):
    key = request.POST.get("end_press_link", "")
    link = get_object_or_404(guest_pass.preview_links, pk=int(key) if key.isdecimal() and len(key) < 19 else 0)
    preview_links.revoke(link)
    return _back(request, guest_pass, "unlinked")


ACTS = {
    "submit": _save_and_submit,
    "look": _save_and_look,
    "take_back": _take_back,
    "agree": _agree,
    "withdraw": _withdraw,
    "note": _note,
    "add_picture": _add_picture,
    "make_press_link": _make_press_link,
    "end_press_link": _end_press_link,
}
# These save the text themselves.
SAVING = (_save, _save_and_submit, _save_and_look)


# --- While they write -------------------------------------------------------------------------------------------------


@links.private_page
@require_POST
def guest_keep(request, token):
    """Keep what is being written, finished or not; the answer says when, or why not, as JSON."""
    guest_pass = _pass_of(request, token)
    if guest_pass is None:
        words = "Your link has ended. Copy your text to a safe place, and ask us for a new link."
        return JsonResponse({"problem": words}, status=410)
    try:
        _refuse_writing(guest_pass)
        kept = _keep(request, guest_pass)
    except EditorialRefused as refusal:
        return JsonResponse({"problem": str(refusal)}, status=409)
    except richtext.Refused as refusal:
        return JsonResponse({"problem": " ".join(refusal.messages)}, status=400)
    return JsonResponse({"kept": spoken.time(kept.created_at), "key": kept.pk})


@links.private_page
@require_safe
def guest_preview(request, token):
    """The post as readers would see it, as it was saved last."""
    guest_pass = _pass_of(request, token)
    if guest_pass is None:
        return _ended(request)
    post = guest_pass.post
    text = revisions.newest(post)
    context = {
        "guest_pass": guest_pass,
        "may_write": post.status in editorial.GUEST_MAY_WRITE,
        "html": preview_links.rendered(text) if text else "",
    }
    return render(request, "blog/guests/guest_preview.html", context)


@links.private_page
@require_safe
def guest_pictures(request, token):
    """For the editor's dialog: the guest's own pictures, and those that stand in the text already."""
    guest_pass = _pass_of(request, token)
    if guest_pass is None:
        return JsonResponse({"errors": {"__all__": ["Your link has ended."]}}, status=410)
    post = guest_pass.post
    own = [row.picture for row in guest_pass.pictures.select_related("picture").order_by("-pk")]
    if ids := request.GET.get("ids"):
        wanted = {int(part) for part in ids.split(",")[:200] if part.isdecimal() and len(part) < 16}
        found = {picture.pk: picture for picture in [*post.pictures.all(), *own] if picture.pk in wanted}
        return JsonResponse({"pictures": [as_json(picture) for picture in found.values()]})
    words = request.GET.get("q", "").lower().split()
    found = [picture for picture in own if all(word in _searched(picture) for word in words)]
    return JsonResponse({"pictures": [as_json(picture) for picture in found], "more": False})


def _searched(picture) -> str:
    return " ".join([picture.name, picture.alt, picture.caption, picture.credit]).lower()


@links.private_page
@require_POST
def guest_picture_upload(request, token):
    guest_pass = _pass_of(request, token)
    if guest_pass is None:
        return JsonResponse({"errors": {"__all__": ["Your link has ended."]}}, status=410)
    try:
        _refuse_writing(guest_pass)
    except EditorialRefused as refusal:
        return JsonResponse({"errors": {"__all__": [str(refusal)]}}, status=409)
    posted = request.POST.copy()
    posted.setdefault("consent", "unknown")
    form = GuestPictureForm(posted, request.FILES)
    picture = _take_in(form, guest_pass, request) if form.is_valid() else None
    if picture is None:
        return JsonResponse({"errors": form.errors}, status=400)
    return JsonResponse({"picture": as_json(picture)})


# --- Without a link ---------------------------------------------------------------------------------------------------


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def guest_link_lost(request):
    """A new link by mail, with the same answer for everybody."""
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        limits.hit("new link", limits.client_address(request), **NEW_LINKS)
        limits.hit("new link to", email.lower(), limit=5, seconds=24 * 60 * 60)
        passes.ask_for_links(email)
        return redirect(f"{reverse('blog:guest_link_lost')}?sent=1")
    return render(request, "blog/guests/guest_link_lost.html", {"form": form, "sent": "sent" in request.GET})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suggest_post(request):
    """Anybody may suggest a post; it lands with the editors."""
    data = request.POST.copy() if request.method == "POST" else None
    form, status = SuggestionForm(data, initial={"stamp": new_stamp()}), 200
    try:
        if data is not None:
            limits.hit("suggest", limits.client_address(request), **SUGGESTIONS)
        if form.is_valid() and not form.asks_once_more():
            typed = form.cleaned_data
            facts = {name: typed[name] for name in ("name", "email", "idea")}
            passes.suggest(request_id=typed["stamp"], **facts)
            return redirect(f"{reverse('blog:suggest_post')}?sent=1")
    except limits.TooMany:
        form.is_valid()
        form.add_error(
            None, "Many ideas came from where you are in a short time. Try again in an hour, or write to us."
        )
        status = 429
    context = {"form": form, "sent": "sent" in request.GET}
    return render(request, "blog/guests/suggest_post.html", context, status=status)
