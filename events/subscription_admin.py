"""The desk's page of those who asked to hear of new dates: read, searched, and deleted when somebody asks."""

from django.contrib import admin

from sharedlives.foundation.admin import AuditedModelAdmin

from .models import Subscription


class ConfirmedFilter(admin.SimpleListFilter):
    title = parameter_name = "confirmed"

    def lookups(self, request, model_admin):
        return [("yes", "Yes"), ("no", "Not yet")]

    def queryset(self, request, queryset):
        return queryset.filter(confirmed_at__isnull=self.value() == "no") if self.value() else queryset


class WorkshopFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.empty_value_display = "All our workshops"


@admin.register(Subscription)
class SubscriptionAdmin(AuditedModelAdmin):
    list_display = ["email", "subject", "confirmed_at", "told_at"]
    list_display_links = None
    list_filter = [ConfirmedFilter, ("workshop", WorkshopFilter)]
    list_select_related = ["workshop"]
    show_facets = admin.ShowFacets.ALWAYS  # how many of each workshop
    search_fields = ["email"]
    fields = readonly_fields = ["email", "subject", "created_at", "confirmed_at", "told_at"]

    # People ask and confirm by themselves, or there is no consent.
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    @admin.display(description="new dates of", ordering="workshop__title")
    def subject(self, subscription):
        return subscription.subject
