"""The desk's pages for moving in from WordPress: what is to be decided, and the report of each run."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from blog.models import Author, Post
from events.models import Workshop
from sharedlives.foundation import richtext, spoken
from sharedlives.foundation.admin import AuditedModelAdmin, ReadOnlyAdmin

from . import proposals
from .models import ImportRun, Proposal
from .moving_forms import FORMS
from .proposals import ProposalRefused

# What accepting and declining do, in plain words, before somebody presses the button.
IN_WORDS = {
    Proposal.Kind.BYLINE: (
        "The text seems to say who wrote it.",
        "The post gets this byline. A new author is made, unless you choose one.",
        "The post keeps its byline as it is.",
    ),
    Proposal.Kind.INTRODUCTION: (
        "These words open the text and introduce a guest.",
        "They leave the text and stand above it, set apart, as the host’s introduction.",
        "They stay where they are.",
    ),
    Proposal.Kind.WORKSHOP: (
        "The text announces a workshop.",
        "A workshop is made with these dates, and the post is linked to it. Nothing of it is shown to anybody until "
        "somebody publishes the workshop and schedules its dates. Dates that are over are fine as a record.",
        "No workshop is made. The text stays as it is in any case.",
    ),
    Proposal.Kind.CUT_SHORT: (
        "The text stops where an excerpt stops: the export held no more of it. The words at its end that led on led "
        "nowhere any more, and did not come.",
        "If somebody still has the whole text, paste what is missing into the post’s form first. Then press “Done”.",
        "The text stays as it is, and stops where it stops.",
    ),
    Proposal.Kind.LOGIN: (
        "WordPress knows only the sign-in that wrote these posts, and a sign-in is no byline.",
        "The posts above, which have no byline, get this author’s.",
        "They stay without a byline until you give them one, each in its form.",
    ),
}


class StateFilter(admin.SimpleListFilter):
    """What is to be decided, unless somebody asks for the rest."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("accepted", "Accepted"), ("declined", "Declined"), ("all", "All")]

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": "To be decided"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() if self.value() in ("accepted", "declined") else "open")


@admin.register(Proposal)
class ProposalAdmin(AuditedModelAdmin):
    list_display = ["what", "of_post", "seen", "date_of_post", "state", "decided_by"]
    list_filter = [StateFilter, "kind"]
    search_fields = ["post__title", "fingerprint"]
    show_full_result_count = False
    list_per_page = 50
    actions = ["accept_as_proposed", "decline_all"]
    decide_template = "admin/site/proposal/decide.html"

    list_select_related = ["post", "decided_by"]

    def get_ordering(self, request):
        return proposals.ORDER

    # The list

    @admin.display(description="what")
    def what(self, proposal):
        return proposal.get_kind_display()

    @admin.display(description="seen")
    def seen(self, proposal):
        return in_short(proposal)

    @admin.display(description="post")
    def of_post(self, proposal):
        if proposal.post is None:
            return f"{len(proposal.details.get('posts', []))} posts"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:blog_post_change", args=[proposal.post_id]), proposal.post
        )

    @admin.display(description="its date")
    def date_of_post(self, proposal):
        moment = proposal.post and proposal.post.publish_at
        return spoken.short_day(moment) if moment else "-"

    @admin.action(description="Accept as proposed (bylines and introductions only)", permissions=["change"])
    def accept_as_proposed(self, request, queryset):
        """In the order in which they help each other; what needs a look of its own is left."""
        chosen = [row for row in queryset if row.state == proposals.OPEN]
        simple = [row for row in chosen if row.kind in proposals.CAN_BE_ACCEPTED_UNSEEN]
        done = self._decide_each(request, proposals.accept, simple)
        self.message_user(request, f"{done} accepted.")
        if left := len(chosen) - len(simple):
            self.message_user(request, f"{left} left: the others want a look of their own.", messages.WARNING)
        return []

    @admin.action(description="Decline", permissions=["change"])
    def decline_all(self, request, queryset):
        done = self._decide_each(request, proposals.decline, [row for row in queryset if row.state == proposals.OPEN])
        self.message_user(request, f"{done} declined.")
        return []

    def _decide_each(self, request, decide, rows):
        done = 0
        for row in rows:
            try:
                decide(row, by=request.user)
            except ProposalRefused as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
            else:
                done += 1
        return done

    # The page of one

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        """Only together with its post."""
        at = request.resolver_match and request.resolver_match.url_name
        return at in ("blog_post_delete", "blog_post_changelist") and request.user.has_perm("blog.delete_post")

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/accept/", site(require_POST(self.accept_view)), name="site_proposal_accept"),
            path("<int:pk>/decline/", site(require_POST(self.decline_view)), name="site_proposal_decline"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        proposal = self.get_object(request, object_id)
        if proposal is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            if not self.has_change_permission(request, proposal):
                raise PermissionDenied
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_or_change_permission(request, proposal):
            raise PermissionDenied
        return self._page(request, proposal, FORMS[proposal.kind](proposal=proposal))

    def accept_view(self, request, pk):
        proposal = self._to_decide(request, pk)
        form = FORMS[proposal.kind](request.POST, proposal=proposal)
        if not form.is_valid():
            return self._page(request, proposal, form)
        try:
            done = proposals.accept(proposal, by=request.user, **form.changes())
        except ProposalRefused as refusal:
            form.add_error(None, str(refusal))
            return self._page(request, proposal, form)
        return self._onward(request, proposal, done)

    def decline_view(self, request, pk):
        proposal = self._to_decide(request, pk)
        try:
            done = proposals.decline(proposal, by=request.user)
        except ProposalRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:site_proposal_change", pk)
        return self._onward(request, proposal, done)

    def _to_decide(self, request, pk):
        proposal = self.get_object(request, str(pk))
        if proposal is None:
            raise Http404
        if not self.has_change_permission(request, proposal):
            raise PermissionDenied
        return proposal

    def _onward(self, request, proposal, done):
        """Say what was done, and go to the next one: so an afternoon's work flows."""
        self.message_user(request, done)
        following = next_after(proposal)
        if following:
            return redirect("admin:site_proposal_change", following.pk)
        self.message_user(request, "That was the last one: nothing waits any more.")
        return redirect("admin:site_proposal_changelist")

    def _page(self, request, proposal, form):
        says, accepting, declining = IN_WORDS[Proposal.Kind(proposal.kind)]
        may_change = self.has_change_permission(request, proposal)
        context = {
            **self.admin_site.each_context(request),
            "title": str(proposal),
            "opts": self.opts,
            "proposal": proposal,
            "form": form,
            "says": says,
            "accepting": accepting,
            "declining": declining,
            "buttons": ("Done", "Leave it as it is") if proposal.kind == proposals.CUT_SHORT else ("Accept", "Decline"),
            "why_not": "" if may_change else "Deciding this is for editors.",
            "why_not_accept": proposals.why_not_accepted(proposal, request.user),
            "waiting": proposals.to_decide().count(),
            "next": next_after(proposal),
            **about(proposal),
        }
        return TemplateResponse(request, self.decide_template, context)


def next_after(proposal):
    """The open one that stands after this one in the list, or the first."""
    waiting = list(proposals.in_order(Proposal.objects.filter(state="open") | Proposal.objects.filter(pk=proposal.pk)))
    place = next(number for number, row in enumerate(waiting) if row.pk == proposal.pk)
    others = [*waiting[place + 1 :], *waiting[:place]]
    return others[0] if others else None


def in_short(proposal):
    """What was seen, in a few words for the list."""
    details = proposal.details
    match proposal.kind:
        case Proposal.Kind.BYLINE:
            return details["name"]
        case Proposal.Kind.INTRODUCTION:
            return details["quote"][:80]
        case Proposal.Kind.WORKSHOP:
            number = len(details["dates"])
            return f"{number} date{'' if number == 1 else 's'}"
        case Proposal.Kind.CUT_SHORT:
            return f"… {details['quote'][-60:].partition(' ')[2]}"
    return f"{details['login']} ({details['display_name']})"


def about(proposal):
    """What the page of one shows beside its form."""
    context = {"quote": proposal.details.get("quote", "").split("\n")}
    if proposal.kind == Proposal.Kind.INTRODUCTION:
        context["introduction"] = richtext.plain(proposals.as_introduction(proposal.details["html"]))
    if proposal.kind == Proposal.Kind.LOGIN:
        context["theirs"], context["guests"] = proposals.posts_of_login(proposal)
    if key := proposal.details.get("author"):
        context["author"] = Author.objects.filter(pk=key).first()
    if key := proposal.details.get("workshop"):
        context["workshop"] = Workshop.objects.filter(pk=key).first()
    return context


# --- The report of a run ----------------------------------------------------------------------------------------------

QUESTIONS = "questions for you"
SECTIONS = [
    ("losses", "Lost", "This did not come, or came as less than it was."),
    ("questions", "To be answered", "Somebody has to look at these."),
    ("notes", "Good to know", ""),
]


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "file_name", "blog", "is_applied", "has_losses"]
    list_filter = ["is_applied"]
    change_form_template = "admin/site/importrun/report.html"
    fields = ["file_name"]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, object_id)
        return super().change_view(
            request, object_id, form_url, {**(_report(run) if run else {}), **(extra_context or {})}
        )


def _report(run):
    """The report in the order in which it is read: counts, what does not come, losses, questions, notes."""
    report = run.report
    entries = {name: report.get(name, []) for name, _heading, _words in SECTIONS}
    standing = {entry["post"] for rows in entries.values() for entry in rows if entry.get("post")}
    posts = Post.objects.in_bulk(standing)
    return {
        "title": f"Report: {run.file_name}",
        "subtitle": None,
        "counts": _counts(report.get("counts", {})),
        "skipped": report.get("skipped", []),
        "sections": [
            (name, heading, words, [{**row, "stands": posts.get(row.get("post"))} for row in entries[name]])
            for name, heading, words in SECTIONS
        ],
        "waiting": proposals.to_decide().count(),
    }


def _counts(counts):
    """As (what, words), in the order in which people ask; the database keeps none."""
    order = ["posts", "pages", "pictures", "authors", "topics", "tags", "old addresses", QUESTIONS]
    return [
        (what, ", ".join(_counted(what, outcome, number) for outcome, number in counts[what].items()))
        for what in sorted(counts, key=lambda what: (order.index(what) if what in order else len(order), what))
    ]


def _counted(what, outcome, number):
    return f"{outcome}: {number:,}" if what == QUESTIONS else f"{number:,} {outcome}"
