"""A day and a time at the desk."""

from django.contrib.admin.widgets import AdminSplitDateTime


class MomentInput(AdminSplitDateTime):
    """Django's own, whose words before the boxes are no labels. Beside the legend these say which box is which."""

    def __init__(self, attrs=None):
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("Date", "Time"), strict=True):
            widget.attrs["aria-label"] = name
