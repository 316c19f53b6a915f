"""The desk's pages of access needs, which have a permission of their own."""

from django.contrib import admin

from sharedlives.foundation.admin import ReadOnlyAdmin

from .models import AccessNeed, WorkshopDate


class DateFilter(admin.RelatedOnlyFieldListFilter):
    def field_choices(self, field, request, model_admin):
        shown = model_admin.get_queryset(request).values(f"{self.field_path}__pk")
        return [(date.pk, str(date)) for date in WorkshopDate.objects.in_order().filter(pk__in=shown)]


@admin.register(AccessNeed)
class AccessNeedAdmin(ReadOnlyAdmin):
    list_display = ["date", "place", "is_for_somebody_else"]
    list_select_related = ["place__booking__date__workshop", "place__booking__date__venue"]
    list_filter = [("place__booking__date", DateFilter)]
    fields = ["date", "place", "name", "access", "dietary", "is_for_somebody_else", "consented_at"]
    readonly_fields = ["date", "name"]

    def lookup_allowed(self, lookup, value, request):
        return lookup == "place__booking__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="date")
    def date(self, need):
        return need.place.booking.date

    @admin.display(description="first name")
    def name(self, need):
        return need.place.name or need.place.booking.contact_name
