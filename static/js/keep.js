// Keeps what somebody writes, while they write: on the server every few seconds, and in this tab until it is there.
// For the form with data-keep="address"; it says what happened in the element with data-keep-status. With data-keep-first
// it is kept before it is sent: where the site cannot be reached the page stays, and says so in data-keep-problem.

"use strict";

(() => {
  const marked = document.querySelector("[data-keep]");
  if (!marked) return;
  const form = marked.form ?? marked.closest("form") ?? document.getElementById(marked.dataset.keepForm);
  const status = document.querySelector("[data-keep-status]");
  const copy = `keep ${location.pathname}`;
  const problem = document.querySelector("[data-keep-problem]");
  const NAMES = ["title", "standfirst", "introduction", "body", "content_note", "name", "organisation", "role", "bio", "website"];
  const PAUSE = 2000;
  const AGAIN = 10000;
  const PATIENCE = 30000;
  const SIGNED_OUT = 401;
  let sent = words();
  let seen = sent;
  let timer = null;
  let sending = null;
  let isTold = false;
  let isSure = false;
  // Something that is not there yet: the site says whether it can be reached, and keeps nothing.
  let isOnlyHere = false;
  const editors = new Map();
  document.addEventListener("prose-editor:ready", ({ detail }) => editors.set(detail.textarea, detail.editor));

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

  // Only in this tab, and only while the server does not have it: on a shared machine nothing must stay behind.
  function remember(text) {
    try {
      if (text === null) sessionStorage.removeItem(copy);
      else sessionStorage.setItem(copy, text);
    } catch {
      // Full, or switched off: the words still stand on the page.
    }
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(keep, pause);
  }

  // One at a time, so that an older text never comes after a newer one.
  async function keep() {
    await sending;
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
        if (answer.kept) remember(null);
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
    for (const name of ["base", "csrfmiddlewaretoken"]) data.append(name, form.elements[name].value);
    const options = { method: "POST", body: data, headers: { Accept: "application/json" } };
    return fetch(marked.dataset.keep, { ...options, signal: AbortSignal.timeout?.(PATIENCE) });
  }

  async function takeNewToken() {
    const html = await (await fetch(location.href)).text();
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

  // Pressed a second time it is sent in any case.
  async function sendOnceKept(event) {
    if (isSure || (words() === sent && !isOnlyHere && navigator.onLine)) return;
    event.preventDefault();
    const isSecond = isTold;
    if (isOnlyHere) sent = "";
    const wrong = (await keep()) || (navigator.onLine ? "" : "You are not connected. Your words stay on this page.");
    isTold = true;
    if (!wrong || isSecond) {
      if (!wrong) remember(null);
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

  const left = (() => {
    try {
      return sessionStorage.getItem(copy);
    } catch {
      return null;
    }
  })();
  if (left && !isSame(left, sent)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.textContent = "Take up the words that this browser still has";
    button.addEventListener("click", () => {
      for (const [name, value] of JSON.parse(left)) {
        const field = form.elements[name];
        if (!field) continue;
        if (editors.has(field)) editors.get(field).commands.setContent(value, { emitUpdate: true });
        else field.value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      button.remove();
      form.elements[JSON.parse(left)[0][0]]?.focus();
      say("Your words are back in the form.");
      changed();
    });
    (status ?? marked).after(button);
  }
})();
