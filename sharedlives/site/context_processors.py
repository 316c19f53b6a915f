from django.utils.functional import SimpleLazyObject

from . import menus as known_menus


def menus(request):
    return {"menus": SimpleLazyObject(known_menus.current)}
