from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q


class Redirect(models.Model):
    """An address that something of ours once had, here or on the site it came from.

    Points at the thing itself, so there are no chains and no loops; or at a path of ours that is no single thing.
    `sharedlives/foundation/redirects.py` writes and reads these.
    """

    host = models.CharField(max_length=253, blank=True, help_text="Of the site it came from; empty for our own.")
    path = models.CharField(
        "old address", max_length=1000, help_text="As redirects.normal() writes it, like /2019/10/03/a-title or /?p=12."
    )
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, null=True, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    target = GenericForeignKey()
    leads_to = models.CharField("leads to", max_length=1000, blank=True, help_text="A path of ours, like /blog/.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "old address"
        verbose_name_plural = "old addresses"
        ordering = ["path", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["path", "host"], name="redirect_once_for_each_address"),
            models.CheckConstraint(condition=Q(path__startswith="/"), name="redirect_from_a_path"),
            models.CheckConstraint(
                condition=Q(content_type=None, object_id=None, leads_to__startswith="/") & ~Q(leads_to__startswith="//")
                | Q(content_type__isnull=False, object_id__isnull=False, leads_to=""),
                name="redirect_leads_to_one_thing_of_ours",
            ),
        ]
        indexes = [models.Index(fields=["content_type", "object_id"], name="redirect_target")]

    def __str__(self):
        return f"{self.host}{self.path}"
