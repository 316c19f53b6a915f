// Keeps what somebody writes, while they write: on the server every few seconds, and in this tab until it is there.
// For the form with data-keep="address"; it says what happened in the element with data-keep-status. With data-keep-first
// it is kept before it is sent: where the site cannot be reached the page stays, and says so in data-keep-problem.

"use strict";

// What only this tab has, so that on a shared machine nothing stays behind: for each page and person a list of copies,
// one for each time that the page was opened, with the text that its writer began from.
const copies = {
  all(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key)) ?? [];
    } catch {
      return [];
    }
  },

  put(key, list) {
    try {
      if (list.length) sessionStorage.setItem(key, JSON.stringify(list));
      else sessionStorage.removeItem(key);
    } catch {
      // Full, or switched off: the words still stand on the page.
    }
  },

  without(key, ids) {
    return copies.all(key).filter(({ id }) => !ids.includes(id));
  },

  // What the site says that it has got is no longer only here.
  forget(ids) {
    const keys = [...Array(sessionStorage.length).keys()].map((number) => sessionStorage.key(number));
    for (const key of keys) if (key.startsWith("keep ")) copies.put(key, copies.without(key, ids));
  },
};

(() => {
  try {
    for (const { dataset } of document.querySelectorAll("[data-keep-arrived]")) copies.forget(dataset.keepArrived.split(" "));
  } catch {
    // No sessionStorage here.
  }
  const marked = document.querySelector("[data-keep]");
  if (!marked) return;
  const form = marked.form ?? marked.closest("form") ?? document.getElementById(marked.dataset.keepForm);
  const status = document.querySelector("[data-keep-status]");
  const problem = document.querySelector("[data-keep-problem]");
  const who = marked.dataset.keepWho ?? "";
  const key = `keep ${who} ${location.pathname}`;
  const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const NAMES = ["title", "standfirst", "introduction", "body", "content_note", "name", "organisation", "role", "bio", "website"];
  const PAUSE = 2000;
  const AGAIN = 10000;
  const PATIENCE = 30000;
  const TWICE = 3000;
  const MOST_COPIES = 5;
  const SIGNED_OUT = 401;
  // What browsers still send for a page that is being left.
  const SENT_WHILE_LEAVING = 60_000;
  let sent = words();
  let seen = sent;
  let timer = null;
  let sending = null;
  let isTold = false;
  let isSure = false;
  let isTrying = false;
  let leftAt = -TWICE;
  // Something that is not there yet: the site says whether it can be reached, and keeps nothing.
  let isOnlyHere = false;
  const editors = new Map();
  document.addEventListener("prose-editor:ready", ({ detail }) => editors.set(detail.textarea, detail.editor));
  // A browser that comes back here would fill in what was typed, above a newer text that it was not typed over. What was
  // not kept comes back from the copy, which knows what it began from.
  form.autocomplete = "off";
  addHidden("copy", id);

  function addHidden(name, value) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }

  function words() {
    // The plain box only once somebody has written in it: the editor takes its place as soon as it is there.
    const isPlain = form.elements.plain?.value !== form.elements.plain?.defaultValue;
    const isKept = ([name]) => NAMES.includes(name) || name.startsWith("handle_") || (name === "plain" && isPlain);
    return JSON.stringify([...new FormData(form)].filter(isKept));
  }

  // The editor writes some HTML in another way than it was given.
  function isSame(one, other) {
    const bare = (text) => text?.replace(/<p><\/p>|<br>|\s+|\\r|\\n/g, "");
    return bare(one) === bare(other);
  }

  function say(text) {
    if (status && status.textContent !== text) status.textContent = text;
  }

  function remember(text) {
    const mine = { id, words: text, base: form.elements.base?.value };
    copies.put(key, [mine, ...copies.without(key, [id])].slice(0, MOST_COPIES));
  }

  function forget(other = id) {
    copies.put(key, copies.without(key, [other]));
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(keep, pause);
  }

  // One at a time, so that an older text never comes after a newer one.
  async function keep() {
    while (sending) await sending;
    const now = words();
    if (now === sent) return "";
    sending = send(now);
    const wrong = await sending;
    sending = null;
    return wrong;
  }

  // What went wrong, in words; nothing when it is kept.
  async function send(now) {
    remember(now);
    try {
      let response = await post(now);
      // Somebody signed in or out in another tab: the page's mark of origin is no longer good, a new page has a good one.
      if (response.status === 403 && (await takeNewToken())) response = await post(now);
      const answer = await response.json().catch(() => ({}));
      if (response.ok) {
        sent = now;
        isTold = false;
        isOnlyHere = !answer.kept;
        if (answer.key && form.elements.kept) form.elements.kept.value = answer.key;
        if (answer.kept && words() === now) forget();
        say(answer.kept ? `Kept at ${answer.kept}.` : answer.words);
        return "";
      }
      if (!answer.problem) throw new Error(String(response.status));
      say(`Not kept. ${answer.problem}`);
      if (response.status === SIGNED_OUT) later(AGAIN);
      return answer.problem;
    } catch {
      const wrong = "The site does not answer. Your words stay on this page, and we try again.";
      say(`Not kept. ${wrong}`);
      later(AGAIN);
      return wrong;
    }
  }

  function post(now) {
    const data = new FormData();
    for (const [name, value] of JSON.parse(now)) data.append(name, value);
    for (const name of ["base", "kept", "csrfmiddlewaretoken"]) {
      if (form.elements[name]) data.append(name, form.elements[name].value);
    }
    data.append("who", who);
    const options = { method: "POST", body: data, headers: { Accept: "application/json" } };
    options.keepalive = document.hidden && new Blob([now]).size < SENT_WHILE_LEAVING;
    return fetch(marked.dataset.keep, { ...options, signal: patience() });
  }

  function patience() {
    return AbortSignal.timeout?.(PATIENCE);
  }

  async function takeNewToken() {
    const html = await (await fetch(location.href, { signal: patience() })).text();
    // Not by a parser: the styles of the other page are none of this one's policy.
    const fresh = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(html)?.[1];
    if (!fresh) return false;
    for (const old of document.querySelectorAll("[name=csrfmiddlewaretoken]")) old.value = fresh;
    return true;
  }

  function changed() {
    const now = words();
    if (now === seen) return;
    seen = now;
    remember(now);
    later(PAUSE);
  }

  // The editor writes into its text box without an event of its own.
  form.addEventListener("input", changed);
  form.addEventListener("keyup", changed);
  setInterval(changed, PAUSE);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if ("keepFirst" in marked.dataset) sendOnceKept(event);
  });
  addEventListener("online", () => later(0));
  // On a phone this is often the last that a page hears.
  document.addEventListener("visibilitychange", () => {
    changed();
    if (document.hidden) keep();
  });
  addEventListener("pagehide", changed);
  addEventListener("pageshow", () => (leftAt = -TWICE));

  // Pressed a second time it is sent in any case; pressed twice at once, only once.
  async function sendOnceKept(event) {
    if (isSure) return;
    if (isTrying || performance.now() - leftAt < TWICE) {
      event.preventDefault();
      return;
    }
    if (words() === sent && !isOnlyHere && navigator.onLine) {
      leaveBy(event.submitter);
      return;
    }
    event.preventDefault();
    const isSecond = isTold;
    if (isOnlyHere) sent = "";
    isTrying = true;
    const wrong = (await keep()) || (navigator.onLine ? "" : "You are not connected. Your words stay on this page.");
    isTrying = false;
    isTold = true;
    if (!wrong || isSecond) {
      leaveBy(event.submitter);
      isSure = true;
      form.requestSubmit(event.submitter);
      isSure = false;
      return;
    }
    if (!problem) return;
    problem.textContent = `Not sent. ${wrong} You can press the button again.`;
    problem.hidden = false;
    problem.scrollIntoView({ block: "nearest" });
  }

  function leaveBy(button) {
    clearTimeout(timer);
    if (!button?.formTarget) leftAt = performance.now();
  }

  // --- Words that only this tab has, of another time that this page was open ---

  function addButton(text, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.textContent = text;
    button.addEventListener("click", act);
    return button;
  }

  // Without the editor, what was written in it cannot stand in the plain box: it is shown as it is stored.
  function showSource(body) {
    const { plain } = form.elements;
    if (!plain?.name) return;
    plain.removeAttribute("name");
    plain.closest("[data-until-editor]").hidden = true;
    body.closest("[data-editor]").hidden = false;
  }

  function takeUp(left) {
    const written = JSON.parse(left.words);
    if (!written.some(([name]) => name === "plain")) showSource(form.elements.body);
    for (const [name, value] of written) {
      const field = form.elements[name];
      if (!field) continue;
      if (editors.has(field)) editors.get(field).commands.setContent(value, { emitUpdate: true });
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (left.base !== undefined && form.elements.base) form.elements.base.value = left.base;
    form.elements[written[0][0]]?.focus();
    say("Your words are back in the form.");
    changed();
    remember(words());
  }

  function offer(left) {
    const close = () => {
      forget(left.id);
      buttons.remove();
    };
    const buttons = document.createElement("p");
    buttons.append(
      addButton("Take up the words that this browser still has", () => {
        takeUp(left);
        close();
      }),
      " ",
      addButton("Throw them away", close),
    );
    (status ?? marked).after(buttons);
  }

  const others = copies.all(key);
  copies.put(key, others.filter((left) => !isSame(left.words, sent)));
  const [newest] = copies.all(key);
  if (newest) offer(newest);
})();
