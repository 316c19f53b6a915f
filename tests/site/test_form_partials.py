"""The partials every form is made of: _field.html, _fieldset_radio.html, _error_summary.html."""

from django import forms
from django.template.loader import render_to_string


class VisitForm(forms.Form):
    email = forms.EmailField(
        label="Your e-mail", help_text="We write <b>once</b>.", error_messages={"required": "Enter it"}
    )
    phone = forms.CharField(required=False)
    support = forms.ChoiceField(label="With support?", choices=[("no", "No"), ("yes", "Yes")], widget=forms.RadioSelect)
    agrees = forms.BooleanField(label="I agree")
    stamp = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        self.add_error(None, "These two do not fit together.")


VisitFormSet = forms.formset_factory(VisitForm)


def render(template, **context):
    return render_to_string(template, context)


def test_a_field_has_its_label_and_help_tied_to_it():
    html = render("_field.html", field=VisitForm()["email"])

    assert '<label for="id_email">Your e-mail</label>' in html
    assert 'id="id_email_helptext">We write &lt;b&gt;once&lt;/b&gt;.' in html
    assert 'aria-describedby="id_email_helptext"' in html


def test_a_field_in_error_says_so_beside_it():
    html = render("_field.html", field=VisitForm({})["email"])

    assert 'class="field field--error"' in html
    assert 'id="id_email_error"><span class="visually-hidden">Error: </span>Enter it</p>' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'aria-invalid="true"' in html


def test_only_optional_fields_are_marked():
    assert "(optional)" in render("_field.html", field=VisitForm()["phone"])
    assert "(optional)" not in render("_field.html", field=VisitForm()["email"])


def test_choices_stand_in_a_fieldset_with_one_label_each():
    html = render("_field.html", field=VisitForm({})["support"])

    assert '<fieldset class="field field--error" aria-describedby="id_support_error">' in html
    assert "<legend>With support?</legend>" in html
    assert '<label for="id_support_1">Yes</label>' in html


def test_a_check_box_stands_before_its_label():
    html = render("_field.html", field=VisitForm()["agrees"])
    assert html.index("<input") < html.index('<label for="id_agrees">I agree</label>')


def test_the_summary_takes_the_focus_and_links_to_each_field():
    html = render("_error_summary.html", form=VisitForm({}))

    assert 'role="alert" tabindex="-1" autofocus' in html
    assert "<li>These two do not fit together.</li>" in html
    assert '<a href="#id_email"><strong>Your e-mail</strong> – Enter it</a>' in html
    assert 'href="#id_support_0"' in html
    assert 'href="#id_agrees"' in html
    assert "id_stamp" not in html


def test_the_summary_knows_formsets():
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-email": "no address"}
    assert 'href="#id_form-0-email"' in render("_error_summary.html", formset=VisitFormSet(data))


def test_no_summary_without_errors():
    assert render("_error_summary.html", form=VisitForm(), formset=VisitFormSet()).strip() == ""
