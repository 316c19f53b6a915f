from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """A user who signs in by e-mail; without a password they cannot sign in until they have chosen one."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody on the staff. People who book and guests who write need no account."""

    email = models.EmailField(
        "e-mail", unique=True, error_messages={"unique": "There is already a user with this e-mail."}
    )
    name = models.CharField(max_length=150, help_text="As colleagues know them; shown in the log of what was done.")
    is_staff = models.BooleanField(
        "may sign in to the admin", default=True, help_text="Untick when somebody leaves, rather than deleting them."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="An inactive user is signed out and cannot sign in."
    )
    date_joined = models.DateTimeField("added", default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    personal_fields = frozenset({"email", "name"})

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self):
        return self.name or self.email

    def audit_label(self):
        return f"User {self.pk}"

    def save(self, *args, **kwargs):
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        self.email = self.email.strip().lower()

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name.split(" ")[0]
