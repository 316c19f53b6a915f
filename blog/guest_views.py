"""A guest's own page: GET shows where the post stands, POST writes, sends in, agrees."""

from __future__ import annotations

from csp.constants import NONCE
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.forms import new_stamp
from sharedlives.foundation import audit, limits, links, richtext, spoken
from sharedlives.foundation.picture_admin import as_json
from sharedlives.foundation.rich_text_admin import media_with_nonce

from . import compare, editorial, emails, passes, preview_links, revisions, snapshots
from .editorial import EditorialRefused
from .guest_forms import GuestPictureForm, GuestPostForm, LinkForm, NoteForm, SuggestionForm, written_into
from .models import GuestPass, Note

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
    return render(request, "blog/guests/link_ended.html", {"form": LinkForm()}, status=410)


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def guest_post(request, token):
    guest_pass = _pass_of(request, token)
    if guest_pass is None:
        return _ended(request)
    act = next((act for name, act in ACTS.items() if name in request.POST), _save) if request.method == "POST" else None
    try:
        answer = act(request, guest_pass) if act else None
    except EditorialRefused as refusal:
        answer = {"refusal": str(refusal)}
    return answer if hasattr(answer, "status_code") else _page(request, guest_pass, **(answer or {}))


def _back(guest_pass, done: str):
    return redirect(f"{guest_pass.get_absolute_url()}?done={done}")


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


def _page(request, guest_pass, *, form=None, note_form=None, picture_form=None, refusal="", beside=None):
    post = guest_pass.post
    post.refresh_from_db()
    may_write = post.status in editorial.GUEST_MAY_WRITE
    text, kept_at = _text_to_show(guest_pass)
    if may_write and form is None:
        form = GuestPostForm(guest_pass=guest_pass, text=text, initial={"base": revisions.base_of(post)})
    context = {
        "guest_pass": guest_pass,
        "post": post,
        "stands": editorial.where(post),
        "form": form if may_write else None,
        "kept_at": kept_at if may_write else None,
        "keep_url": reverse("blog:guest_keep", args=[_token(guest_pass)]),
        "pictures_url": reverse("blog:guest_pictures", args=[_token(guest_pass)]),
        "upload_url": reverse("blog:guest_picture_upload", args=[_token(guest_pass)]),
        "pictures": [row.picture for row in guest_pass.pictures.select_related("picture").order_by("pk")],
        "picture_form": picture_form or GuestPictureForm(),
        "notes": post.notes.filter(is_shared=True).select_related("by", "guest_pass"),
        "note_form": note_form or NoteForm(),
        "press_links": guest_pass.preview_links.valid(),
        "refusal": refusal,
        "done": DONE.get(request.GET.get("done", ""), ""),
        "beside": beside,
        "deadline": guest_pass.deadline,
        "has_agreed": _has_agreed(guest_pass),
        **(_to_agree_to(guest_pass) if post.status == editorial.AWAITING_SIGN_OFF else {}),
    }
    response = render(request, "blog/guests/guest_post.html", context | _editor(request, context["form"]))
    if context["form"]:
        response._csp_update = {"script-src": [NONCE], "style-src": [NONCE]}
    return response


def _editor(request, form):
    return {"editor_media": media_with_nonce(form.media, str(request.csp_nonce))} if form else {}


def _token(guest_pass: GuestPass) -> str:
    return links.sign("guest", guest_pass.pk, guest_pass.link_version)


def _text_to_show(guest_pass: GuestPass):
    """What the guest wrote last, saved or not; and when it was kept, if it was never saved."""
    post = guest_pass.post
    newest = revisions.newest(post)
    own = revisions.own_autosave(post, guest_pass=guest_pass)
    if own and (newest is None or own.base_id == newest.pk):
        return own.data, own.created_at
    return (newest.data if newest else snapshots.of(post)), None


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
        "changes": compare.changes(known.data, text.data) if known else [],
        "html": preview_links.rendered(text),
    }


# --- What a guest does ------------------------------------------------------------------------------------------------


def _filled_in(request, guest_pass) -> GuestPostForm:
    newest = revisions.newest(guest_pass.post)
    text = newest.data if newest else snapshots.of(guest_pass.post)
    return GuestPostForm(request.POST, guest_pass=guest_pass, text=text)


def _refuse_writing(guest_pass):
    guest_pass.post.refresh_from_db()
    if guest_pass.post.status not in editorial.GUEST_MAY_WRITE:
        raise EditorialRefused(
            "The editors have your text now, so it was not changed. Copy your last words into a note below."
        )


def _save(request, guest_pass, *, then=None):
    form = _filled_in(request, guest_pass)
    is_valid = form.is_valid()
    try:
        _refuse_writing(guest_pass)
    except EditorialRefused as refusal:
        # What was typed is kept all the same, and shown.
        note = NoteForm(initial={"text": richtext.plain(form.data.get("body", ""))[:5000]})
        return {"refusal": str(refusal), "note_form": note}
    if not is_valid:
        return {"form": form}
    with transaction.atomic():
        saved = revisions.save(guest_pass.post, form.written(), base=form.cleaned_data["base"], guest_pass=guest_pass)
        _keep_details(guest_pass, form.cleaned_data)
    if saved.is_beside:
        changes = compare.changes(saved.theirs.data, saved.revision.data)
        again = GuestPostForm(
            guest_pass=guest_pass,
            text=saved.revision.data,
            initial={"base": revisions.base_of(guest_pass.post)},
        )
        return {"form": again, "beside": {"theirs": saved.theirs, "changes": changes}}
    return then(request, guest_pass) if then else _back(guest_pass, "saved")


def _keep_details(guest_pass, typed) -> None:
    """What is printed about the author. Of one whom readers know already, the editors change it: a note tells them."""
    author = guest_pass.author
    changed = {name: typed[name] for name in ("role", "bio", "website") if getattr(author, name) != typed[name]}
    handle = author.handles.filter(network=typed["network"]).first() if typed["network"] else None
    has_new_handle = bool(typed["handle"]) and typed["handle"].lstrip("@") != (handle.name if handle else "")
    if not changed and not has_new_handle:
        return
    if author.is_public():
        lines = [f"{name}: {value}" for name, value in changed.items()]
        lines += [f"{typed['network']}: {typed['handle']}"] if has_new_handle else []
        words = "Please change what is printed about me.\n" + "\n".join(lines)
        if not guest_pass.notes.filter(text=words).exists():
            Note.objects.create(post=guest_pass.post, guest_pass=guest_pass, is_shared=True, text=words)
        return
    for name, value in changed.items():
        setattr(author, name, value)
    author.save()
    if has_new_handle:
        author.handles.update_or_create(network=typed["network"], defaults={"name": typed["handle"]})


def _save_and_submit(request, guest_pass):
    def send(request, guest_pass):
        editorial.submit(guest_pass.post, guest_pass=guest_pass)
        return _back(guest_pass, "sent")

    return _save(request, guest_pass, then=send)


def _save_and_look(request, guest_pass):
    look = lambda request, guest_pass: redirect("blog:guest_preview", _token(guest_pass))  # noqa: E731
    return _save(request, guest_pass, then=look)


def _take_back(request, guest_pass):
    editorial.take_back(guest_pass.post, guest_pass=guest_pass)
    return _back(guest_pass, "back")


def _agree(request, guest_pass):
    editorial.sign_off(guest_pass.post, guest_pass=guest_pass, content_hash=request.POST.get("hash", ""))
    return _back(guest_pass, "agreed")


def _withdraw(request, guest_pass):
    reason = " ".join(request.POST.get("reason", "").split())[:500]
    editorial.withdraw(guest_pass.post, guest_pass=guest_pass, reason=reason)
    return _back(guest_pass, "withdrawn")


def _note(request, guest_pass):
    form = NoteForm(request.POST)
    if not form.is_valid():
        return {"note_form": form}
    limits.hit("guest note", str(guest_pass.pk), **NOTES)
    asks_for = request.POST.get("asks_for", "")
    is_out = guest_pass.post.has_fixed_text()
    with transaction.atomic():
        note = Note.objects.create(
            post=guest_pass.post,
            guest_pass=guest_pass,
            is_shared=True,
            text=form.cleaned_data["text"],
            asks_for=asks_for if is_out and asks_for in Note.AsksFor.values else "",
        )
        emails.note_to_editors(note)
        audit.record(None, "wrote a note", guest_pass.post, who="a guest author")
    return _back(guest_pass, "noted")


def _add_picture(request, guest_pass):
    _refuse_writing(guest_pass)
    form = GuestPictureForm(request.POST, request.FILES)
    if not form.is_valid() or not _take_in(form, guest_pass, request):
        return {"picture_form": form}
    return _back(guest_pass, "picture")


def _take_in(form, guest_pass, request):
    limits.hit("guest upload", str(guest_pass.pk), **UPLOADS)
    with transaction.atomic():
        picture = form.take_in()
        if picture is None:
            return None
        guest_pass.pictures.create(picture=picture)
        if form.cleaned_data["is_portrait"] and not guest_pass.author.is_public():
            guest_pass.author.portrait = picture
            guest_pass.author.save(update_fields=["portrait"])
    return picture


def _make_press_link(request, guest_pass):
    preview_links.create(guest_pass.post, guest_pass=guest_pass)
    return _back(guest_pass, "link")


def _end_press_link(request, guest_pass):
    key = request.POST.get("end_press_link", "")
    link = get_object_or_404(guest_pass.preview_links, pk=int(key) if key.isdecimal() and len(key) < 19 else 0)
    preview_links.revoke(link)
    return _back(guest_pass, "unlinked")


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
        newest = revisions.newest(guest_pass.post)
        text = newest.data if newest else snapshots.of(guest_pass.post)
        typed = {name: request.POST.get(name, "").replace("\0", "") for name in ("title", "standfirst", "body")}
        typed["body"] = richtext.clean(typed["body"])
        typed |= {
            "name": request.POST.get("name", "")[:120],
            "organisation": request.POST.get("organisation", "")[:150],
        }
        kept = revisions.autosave(
            guest_pass.post,
            written_into(text, typed, guest_pass),
            base=request.POST.get("base", ""),
            guest_pass=guest_pass,
        )
    except EditorialRefused as refusal:
        return JsonResponse({"problem": str(refusal)}, status=409)
    except richtext.Refused as refusal:
        return JsonResponse({"problem": " ".join(refusal.messages)}, status=400)
    return JsonResponse({"kept": spoken.time(kept.created_at)})


@links.private_page
@require_safe
def guest_preview(request, token):
    """The post as readers would see it, as it was saved last."""
    guest_pass = _pass_of(request, token)
    if guest_pass is None:
        return _ended(request)
    post = guest_pass.post
    text = revisions.newest(post)
    html = preview_links.rendered(text) if text else ""
    return render(request, "blog/guests/guest_preview.html", {"guest_pass": guest_pass, "post": post, "html": html})


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
    return JsonResponse({"pictures": [as_json(picture) for picture in own], "more": False})


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
        passes.send_links_to(email)
        return redirect(f"{reverse('blog:guest_link_lost')}?sent=1")
    return render(request, "blog/guests/guest_link_lost.html", {"form": form, "sent": "sent" in request.GET})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suggest_post(request):
    """Anybody may suggest a post; it lands with the editors."""
    form = SuggestionForm(request.POST or None, initial={"stamp": new_stamp()})
    if request.method == "POST" and form.is_valid():
        limits.hit("suggest", limits.client_address(request), **SUGGESTIONS)
        typed = form.cleaned_data
        passes.suggest(name=typed["name"], email=typed["email"], idea=typed["idea"].strip(), request_id=typed["stamp"])
        return redirect(f"{reverse('blog:suggest_post')}?sent=1")
    return render(request, "blog/guests/suggest_post.html", {"form": form, "sent": "sent" in request.GET})
