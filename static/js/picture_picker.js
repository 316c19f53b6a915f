// The pictures of the library: the dialog that chooses one or takes one in, and the form fields that hold one.
// A plain script: `desk.pickPicture()` brings {id, name, alt, is_decorative, thumb, ...} or null.

"use strict";

(() => {
  const { ask, getJSON, input, make, search, select, textarea, tick, token } = window.desk;
  // A guest has pictures of their own, and no desk: their page says where they are.
  const own = document.querySelector('meta[name="picture-library"]');
  const LIBRARY = own?.content ?? "/admin/foundation/picture/picker/";
  const UPLOAD = own?.dataset.upload ?? "/admin/foundation/picture/upload/";
  const CONSENT = [
    ["unknown", "Not known yet"],
    ["nobody", "Nobody can be recognised"],
    ["written", "Written consent"],
    ["spoken", "Spoken consent, noted by us"],
    ["public", "Taken at a public event, people were told"],
    ["stock", "From a picture agency, with release"],
  ];

  const described = ({ alt, is_decorative }) => alt || (is_decorative ? "Only decoration" : "Not described yet");
  const thumbnail = ({ thumb }) => make("img", { class: "picture-thumb", src: thumb, alt: "" });

  async function find(words) {
    const { pictures, more } = await getJSON(`${LIBRARY}?${new URLSearchParams({ q: words })}`);
    const empty = own ? "You have not added a picture yet. Upload the first one." : "There is no picture in the library yet. Upload the first one.";
    const none = words ? "No picture has these words." : empty;
    const some = pictures.length === 1 ? "One picture." : `${pictures.length} pictures, the newest first.`;
    const first = `The newest ${pictures.length}. Search for others by their words.`;
    return { items: pictures, words: more ? first : pictures.length ? some : none };
  }

  function libraryPanel(finish) {
    const { rows, look } = search({
      label: own ? "Search your pictures" : "Search the library",
      hint: "By name, description, caption or credit.",
      find,
      isGrid: true,
      show: (picture) => [
        thumbnail(picture),
        make("strong", {}, [picture.name]),
        make("span", { class: "desk-dialog__small" }, [described(picture)]),
      ],
      onChoose: finish,
    });
    look();
    return make("div", {}, rows);
  }

  function uploadPanel(file) {
    const chosen = input({
      name: "file",
      label: "Picture",
      hint: "JPEG, PNG, WebP or AVIF, up to 8 MB. Where it was taken is removed from the file.",
      attributes: { type: "file", accept: "image/jpeg,image/png,image/webp,image/avif" },
    });
    const alt = textarea({
      name: "alt",
      label: "Description",
      hint: "What somebody who cannot see it should know: what is going on, who is in it. It is read aloud.",
      attributes: { maxlength: 300 },
    });
    const isDecorative = tick({
      name: "is_decorative",
      label: "Only decoration: it says nothing that the text does not say",
    });
    const [altBox, decorationBox] = [alt.querySelector("textarea"), isDecorative.querySelector("input")];
    decorationBox.addEventListener("change", () => {
      altBox.disabled = decorationBox.checked;
    });
    if (file) {
      const files = new DataTransfer();
      files.items.add(file);
      chosen.querySelector("input").files = files.files;
    }
    const more = make("details", {}, [
      make("summary", {}, ["Who is in it, and may we show it?"]),
      input({ name: "pictured", label: "Who is in it", hint: own ? "For the editors only; never shown." : "For the staff only; never shown.", attributes: { maxlength: 300 } }),
      select({ name: "consent", label: "On what basis we show it", choices: CONSENT }),
      input({
        name: "consent_until",
        label: "Until",
        hint: "The last day; then a grey panel takes its place. Empty: no end.",
        attributes: { type: "date" },
      }),
    ]);
    return make("div", {}, [
      chosen,
      alt,
      isDecorative,
      input({ name: "caption", label: "Caption", hint: "Printed below it. May stay empty.", attributes: { maxlength: 300 } }),
      input({ name: "credit", label: "Who took it", hint: "Like “Photograph: Ada Rowan”. May stay empty.", attributes: { maxlength: 150 } }),
      more,
    ]);
  }

  function missing(data) {
    const errors = {};
    if (!data.get("file")?.size) errors.file = ["Choose the picture’s file."];
    if (!data.get("is_decorative") && !data.get("alt")?.trim()) {
      errors.alt = ["Describe the picture, or tick “Only decoration” below."];
    }
    return errors;
  }

  async function upload(data) {
    const errors = missing(data);
    if (Object.keys(errors).length) return { errors };
    try {
      const response = await fetch(UPLOAD, { method: "POST", body: data, headers: { "X-CSRFToken": token(), Accept: "application/json" } });
      if (response.status === 413) return { errors: { file: ["This file is too large: at most 8 MB."] } };
      const answer = await response.json();
      if (answer.picture && own) delete own.dataset.isEmpty;
      return answer.picture ?? { errors: answer.errors };
    } catch {
      return { errors: { "": ["The picture did not arrive. Nothing is lost: try again in a moment."] } };
    }
  }

  // Two ways in one dialog, one of them shown. With `file` (dropped or pasted) it opens on the upload.
  function pickPicture({ file = null } = {}) {
    let panels;
    let form;
    const way = (name, words) => {
      const button = make("button", { type: "button", class: "desk-dialog__way" }, [words]);
      button.addEventListener("click", () => show(name));
      return button;
    };
    const ways = { library: way("library", own ? "Your pictures" : "From the library"), upload: way("upload", "Upload a new one") };
    function show(name) {
      for (const [key, button] of Object.entries(ways)) {
        button.setAttribute("aria-pressed", key === name);
        panels[key].hidden = key !== name;
      }
      form ??= panels.upload.closest("form");
      const go = (form ?? document).querySelector(".desk-dialog__button--main");
      if (form) go.hidden = name !== "upload";
    }
    const asked = ask({
      title: "Choose a picture",
      submit: "Upload and use it",
      isWide: true,
      rows(finish) {
        panels = { library: libraryPanel(finish), upload: uploadPanel(file) };
        return [make("div", { class: "desk-dialog__ways", role: "group", "aria-label": "Where from" }, Object.values(ways)), panels.library, panels.upload];
      },
      // Enter in the library's search box never comes here.
      onSubmit: upload,
    });
    const first = file || own?.dataset.isEmpty ? "upload" : "library";
    show(first);
    panels[first].querySelector(file ? "textarea" : "input").focus();
    return asked;
  }

  // A form field that holds a picture's number: with script a preview and buttons take its place.
  function enhance(field) {
    if (field.dataset.isReady) return;
    field.dataset.isReady = "yes";
    const number = field.querySelector("input");
    const shown = field.querySelector(".picture-field__shown");
    const choose = make("button", { type: "button", class: "button", id: number.id, "aria-describedby": number.getAttribute("aria-describedby") });
    const remove = make("button", { type: "button", class: "button" }, ["Take it away"]);
    const label = number.labels[0];
    if (label) {
      label.id ||= `${number.id}_label`;
      choose.setAttribute("aria-labelledby", `${label.id} ${number.id}`); // "Lead picture: Choose a picture"
    }
    number.removeAttribute("id");
    number.type = "hidden";
    const show = (picture) => {
      choose.textContent = picture ? "Choose another picture" : "Choose a picture";
      remove.hidden = !picture;
      shown.replaceChildren(...(picture ? [thumbnail(picture), make("span", {}, [make("strong", {}, [picture.name]), make("br"), described(picture)])] : []));
    };
    const put = (picture) => {
      number.value = picture?.id ?? "";
      number.dispatchEvent(new Event("change", { bubbles: true }));
      show(picture);
    };
    choose.addEventListener("click", async () => {
      const picture = await pickPicture();
      if (picture) put(picture);
    });
    remove.addEventListener("click", () => {
      put(null);
      choose.focus();
    });
    field.append(make("div", { class: "picture-field__buttons" }, [choose, remove]));
    show(field.dataset.picture ? JSON.parse(field.dataset.picture) : null);
  }

  function enhanceAll() {
    for (const field of document.querySelectorAll("[data-picture-field]")) enhance(field);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhanceAll);
  else enhanceAll();

  Object.assign(window.desk, { described, libraryAddress: LIBRARY, pickPicture });
})();
