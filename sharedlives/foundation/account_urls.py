"""The pages of signing in: those of allauth that staff need, and none of the others.

Addresses keep allauth's names, because it links to them itself.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path
from django.views.decorators.cache import never_cache

from . import account_views as own


def _page(route, view, name):
    # Every page here holds a form or somebody's secrets: no cache keeps it.
    return path(route, never_cache(view), name=name)


urlpatterns = [
    _page("", own.overview, "account_overview"),
    _page("invitation/<str:token>/", own.invitation, "account_invitation"),
    _page("login/", account.login, "account_login"),
    _page("logout/", account.logout, "account_logout"),
    # Says that sign-up is closed; allauth names this address in its own pages.
    _page("signup/", account.signup, "account_signup"),
    _page("inactive/", account.account_inactive, "account_inactive"),
    _page("reauthenticate/", account.reauthenticate, "account_reauthenticate"),
    _page("password/change/", account.password_change, "account_change_password"),
    _page("password/set/", account.password_set, "account_set_password"),
    _page("password/reset/", account.password_reset, "account_reset_password"),
    _page("password/reset/done/", account.password_reset_done, "account_reset_password_done"),
    _page(
        "password/reset/key/<slug:uidb36>/<str:key>/",
        account.password_reset_from_key,
        "account_reset_password_from_key",
    ),
    _page("password/reset/key/done/", account.password_reset_from_key_done, "account_reset_password_from_key_done"),
    _page("2fa/", mfa.index, "mfa_index"),
    _page("2fa/authenticate/", mfa.authenticate, "mfa_authenticate"),
    _page("2fa/reauthenticate/", mfa.reauthenticate, "mfa_reauthenticate"),
    _page("2fa/app/activate/", totp.activate_totp, "mfa_activate_totp"),
    _page("2fa/app/deactivate/", totp.deactivate_totp, "mfa_deactivate_totp"),
    _page("2fa/recovery-codes/", recovery_codes.view_recovery_codes, "mfa_view_recovery_codes"),
    _page("2fa/recovery-codes/generate/", recovery_codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _page("2fa/recovery-codes/download/", recovery_codes.download_recovery_codes, "mfa_download_recovery_codes"),
    _page("2fa/passkeys/", passkeys.list_webauthn, "mfa_list_webauthn"),
    _page("2fa/passkeys/add/", passkeys.add_webauthn, "mfa_add_webauthn"),
    _page("2fa/passkeys/login/", passkeys.login_webauthn, "mfa_login_webauthn"),
    _page("2fa/passkeys/reauthenticate/", passkeys.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    _page("2fa/passkeys/<int:pk>/edit/", passkeys.edit_webauthn, "mfa_edit_webauthn"),
    _page("2fa/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, "mfa_remove_webauthn"),
]
