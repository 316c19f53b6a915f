from django.utils.functional import SimpleLazyObject

from .models import Charity


def charity(request):
    return {"charity": SimpleLazyObject(Charity.current)}
