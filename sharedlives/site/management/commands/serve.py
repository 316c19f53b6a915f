import http.client
import signal
import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError
from django.urls import resolve, reverse

from sharedlives.foundation.private_postgres import NoPostgres
from sharedlives.site import trial
from sharedlives.site.processes import Asked, Children, Web, listen, listen_for_signals, run_worker

SECONDS_TO_ANSWER = 30


class Command(BaseCommand):
    help = "Try the whole site on this machine: database, web and job worker, with made-up content."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000, help="the first port to try (8000)")

    def handle(self, *, port, **options):
        if not settings.LOCAL_FOLDER:
            raise CommandError("Start this as `python3 run.py serve`. For the real site see docs/operating.md.")
        listen_for_signals()
        children = Children(self.say)
        try:
            self.serve(children, port)
        except NoPostgres as refusal:
            raise CommandError(str(refusal)) from None
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from None
        except Asked as asked:
            self.say("\nStopping ...")
            sys.exit(130 if asked.number == signal.SIGINT else 0)
        finally:
            children.stop()

    def serve(self, children, first_port):
        trial.prepare(self.say)
        application = get_wsgi_application()
        resolve("/")  # loads all views, once for both web processes
        try:
            listener = listen(first_port)
        except OSError as error:
            raise CommandError(str(error)) from None
        port = listener.getsockname()[1]
        if port != first_port:
            self.say(f"Port {first_port} is taken; using {port}.")
        address = f"http://127.0.0.1:{port}"
        trial.use_site_address(address)
        sign_ins = trial.sign_ins()
        children.start("web server", Web(application, listener).run)
        children.start("job worker", run_worker)
        self.wait_for_an_answer(children, port)
        self.tell_where_to_go(address, sign_ins)
        while True:
            time.sleep(0.25)
            children.look_after()

    def wait_for_an_answer(self, children, port):
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while time.monotonic() < deadline:
            children.look_after()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER)
            try:
                connection.request("GET", "/")
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            finally:
                connection.close()
            if status < 400:
                return
            raise CommandError(f"The first page answers with error {status}; the lines above may say why.")
        raise CommandError("The site did not begin to answer; the lines above may say why.")

    def tell_where_to_go(self, address, sign_ins):
        self.say(f"\nReady: {address}/\n")
        if sign_ins:
            self.say(f"Staff sign in at {address}{reverse('admin:index')} with one of these, made up for this machine:")
            for email, password in sign_ins.items():
                self.say(f"  {email:<24} {password}")
        outgoing = reverse("admin:foundation_outgoingmail_changelist")
        self.say(f"The mails that the site writes are at {address}{outgoing}")
        self.say("Ctrl-C ends everything.\n")

    def say(self, words):
        self.stdout.write(words)
        self.stdout.flush()
