"""The forms of signing in: allauth's own, with labels that say enough, and the one for invitations."""

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.contrib.auth.password_validation import validate_password

from .models import User

ADVICE = "At least 12 characters. Three or four words that nobody would guess make a good password."


class PlainFields:
    """No words inside the boxes: they vanish when somebody types, and many cannot read their pale grey."""

    labels: dict[str, str] = {}
    help_texts: dict[str, str] = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")


class LoginForm(PlainFields, account_forms.LoginForm):
    labels = {"login": "E-mail"}


class ChangePasswordForm(PlainFields, account_forms.ChangePasswordForm):
    labels = {
        "oldpassword": "Your current password",
        "password1": "New password",
        "password2": "New password, once more",
    }
    help_texts = {"password1": ADVICE}


class SetPasswordForm(PlainFields, account_forms.SetPasswordForm):
    labels = {"password1": "New password", "password2": "New password, once more"}
    help_texts = {"password1": ADVICE}


class ResetPasswordForm(PlainFields, account_forms.ResetPasswordForm):
    labels = {"email": "E-mail"}


class ResetPasswordKeyForm(PlainFields, account_forms.ResetPasswordKeyForm):
    labels = {"password1": "New password", "password2": "New password, once more"}
    help_texts = {"password1": ADVICE}


class ReauthenticateForm(PlainFields, account_forms.ReauthenticateForm):
    labels = {"password": "Your password"}


class OneTimeCode(PlainFields):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autocapitalize": "none", "spellcheck": "false"}


class AuthenticateForm(OneTimeCode, mfa_forms.AuthenticateForm):
    labels = {"code": "Code from your app, or a recovery code"}


class ReauthenticateByCodeForm(OneTimeCode, mfa_forms.ReauthenticateForm):
    labels = {"code": "Code from your app, or a recovery code"}


class ActivateTOTPForm(OneTimeCode, totp_forms.ActivateTOTPForm):
    labels = {"code": "The six digits that your app shows now"}


class AddPasskeyForm(PlainFields, webauthn_forms.AddWebAuthnForm):
    labels = {"name": "A name for it", "passwordless": "Sign in with it alone, without the password"}
    help_texts = {
        "name": 'So that you know it again later, like "My phone" or "Blue key".',
        "passwordless": "Your device will ask for your finger, your face or its PIN.",
    }


class EditPasskeyForm(PlainFields, webauthn_forms.EditWebAuthnForm):
    labels = {"name": "A name for it"}


class InvitationForm(forms.Form):
    """Somebody new on the staff says what they are called and chooses a password."""

    name = forms.CharField(
        label="Your name",
        help_text="As colleagues know you.",
        max_length=User._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = forms.CharField(
        label="Choose a password",
        help_text=ADVICE,
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="The same password once more",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, initial={"name": user.name}, **kwargs)
        self.user = user

    def clean(self):
        cleaned = super().clean()
        password, again = cleaned.get("password1"), cleaned.get("password2")
        if password and again and password != again:
            self.add_error("password2", "This is not the same as the first. Type both once more.")
        if password:
            try:
                # Against the name as typed and the address, neither of which should be the password.
                validate_password(password, User(email=self.user.email, name=cleaned.get("name") or self.user.name))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return cleaned
