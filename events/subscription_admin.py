"""The desk's page of those who asked to hear of new dates: read, searched, and deleted when somebody asks."""

from django.contrib import admin

from sharedlives.foundation.admin import AuditedModelAdmin

from . import subscriptions
from .models import Subscription


class ConfirmedFilter(admin.SimpleListFilter):
    title = parameter_name = "confirmed"

    def lookups(self, request, model_admin):
        return [("yes", "Yes"), ("no", "Not yet")]

    def queryset(self, request, queryset):
        return queryset.filter(confirmed_at__isnull=self.value() == "no") if self.value() else queryset


class StoppedFilter(admin.SimpleListFilter):
    title = "our mail"
    parameter_name = "stopped"

    def lookups(self, request, model_admin):
        return [("yes", "Came back: not written to any more")]

    def queryset(self, request, queryset):
        return queryset.exclude(stopped_at=None) if self.value() else queryset


class WorkshopFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.empty_value_display = "All our workshops"


@admin.register(Subscription)
class SubscriptionAdmin(AuditedModelAdmin):
    list_display = ["email", "subject", "confirmed_at", "told_at", "stopped_at"]
    list_display_links = None
    list_filter = [ConfirmedFilter, StoppedFilter, ("workshop", WorkshopFilter)]
    list_select_related = ["workshop"]
    show_facets = admin.ShowFacets.ALWAYS  # how many of each workshop
    search_fields = ["email"]
    fields = readonly_fields = ["email", "subject", "created_at", "confirmed_at", "told_at", "stopped_at"]
    actions = ["go_on"]

    # People ask and confirm by themselves, or there is no consent.
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    @admin.action(description="Write to them again: the address is right", permissions=["delete"])
    def go_on(self, request, queryset):
        again = sum(subscriptions.go_on(each, by=request.user) for each in queryset)
        people = "1 subscription" if again == 1 else f"{again} subscriptions"
        self.message_user(request, f"{people} that had stopped go on; the others never had.")

    @admin.display(description="new dates of", ordering="workshop__title")
    def subject(self, subscription):
        return subscription.subject
