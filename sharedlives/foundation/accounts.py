"""Signing in: the account adapter of allauth, and who needs a second factor."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False


def needs_second_factor(user) -> bool:
    return False
