/* Saves the form while a person types. Without it the button saves; with it nothing is lost to a closed lid, to a
   session that ended, or to a network that is gone: what is not saved yet is kept in this tab. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const marks = document.querySelectorAll("[data-saved-mark]");
  const signIn = form.querySelector("[data-sign-in]");
  const kept = form.querySelector("[data-kept]");
  const place = `unsaved:${location.pathname}`;
  const PAUSE = 1200;
  const AGAIN = 15000;
  const PATIENCE = 20000;

  const say = (text, state = "") => {
    for (const mark of marks) {
      mark.textContent = text;
      mark.classList.toggle("is-unsaved", state === "unsaved");
      mark.classList.toggle("is-saving", state === "saving");
    }
  };

  // ---- fields: q_… is an answer, v_… its version, b_… the mark of what the page showed in it ----
  const questions = () => [...new Set([...form.elements].map((one) => one.name).filter((name) => /^q_/.test(name)))]
    .filter((name) => form.elements.namedItem(name)?.type !== "file");
  const read = (name) => form.elements.namedItem(name)?.value ?? "";
  const write = (name, value) => {
    const field = form.elements.namedItem(name);
    if (!field) return;
    if (field instanceof RadioNodeList) for (const one of field) one.checked = one.value === value;
    else if (field.type === "radio") field.checked = field.value === value;
    else {
      field.value = value;
      field.dispatchEvent(new Event("input")); // does not bubble: the counter hears it, we do not
    }
  };
  const other = (letter, name) => form.elements.namedItem(name.replace(/^q/, letter));
  const note = (name, { v, b }) => {
    if (other("v", name)) other("v", name).value = v;
    if (other("b", name)) other("b", name).value = b;
  };
  const texts = () => Object.fromEntries(questions().map((name) => [name, read(name)]));

  // ---- the copy in this tab, while something is not saved ----
  const shown = texts();
  let offered = {}; // what was typed before and is offered back, until that is answered
  const keep = () => {
    const copy = { ...offered };
    for (const name of questions()) {
      if (read(name) !== shown[name]) copy[name] = { value: read(name), v: other("v", name)?.value, b: other("b", name)?.value };
    }
    try {
      if (Object.keys(copy).length) sessionStorage.setItem(place, JSON.stringify(copy));
      else sessionStorage.removeItem(place);
    } catch { /* a full or forbidden store: the page itself still holds the text */ }
  };
  const recall = () => {
    try { return JSON.parse(sessionStorage.getItem(place) || "{}"); } catch { return {}; }
  };
  const forget = () => {
    offered = {};
    if (kept) kept.hidden = true;
    try { sessionStorage.removeItem(place); } catch { /* as above */ }
  };

  // ---- one save; answers "saved", "shown" (the server has something to say), "out", "lost" ----
  let timer = 0;
  let running = null;
  const later = (pause) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, pause);
  };

  // A sign-in in another tab gives that browser a new token; the page fetches it for itself.
  const refreshToken = async () => {
    const page = await fetch(location.pathname, { credentials: "same-origin", redirect: "manual" });
    if (page.type === "opaqueredirect") return false;
    const token = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("form[data-autosave] [name=csrfmiddlewaretoken]");
    if (!page.ok || !token) return false;
    form.elements.namedItem("csrfmiddlewaretoken").value = token.value;
    return true;
  };
  const post = (signal) => {
    const body = new FormData(form);
    for (const [name, value] of [...body.entries()]) if (value instanceof File) body.delete(name);
    return fetch(location.pathname, {
      method: "POST", body, credentials: "same-origin", redirect: "manual", signal, headers: { "X-Autosave": "1" },
    });
  };
  const signedOut = () => {
    say(form.dataset.signedOut, "unsaved");
    if (signIn) signIn.hidden = false;
    later(AGAIN);
    return "out";
  };
  const lost = () => {
    say(form.dataset.notSaved, "unsaved");
    later(AGAIN);
    return "lost";
  };
  const take = (said, sent) => {
    for (const [name, entry] of Object.entries(said.fields || {})) {
      note(name, entry);
      shown[name] = sent[name];
    }
    for (const [name, entry] of Object.entries(said.newer || {})) {
      // Typed meanwhile over the old text: it stays, and the next save shows both.
      if (read(name) !== sent[name]) continue;
      write(name, entry.value);
      note(name, entry);
      shown[name] = read(name);
    }
  };
  const attempt = async () => {
    const stop = new AbortController();
    const tooLong = window.setTimeout(() => stop.abort(), PATIENCE);
    try {
      let sent = texts();
      let answer = await post(stop.signal);
      if (answer.status === 403) {
        if (!await refreshToken()) return signedOut();
        sent = texts();
        answer = await post(stop.signal);
      }
      if (answer.status === 401 || answer.type === "opaqueredirect") return signedOut();
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (!said) return lost();
      if (signIn) signIn.hidden = true;
      take(said, sent);
      keep();
      if (said.refusal) { say(said.refusal, "unsaved"); return "shown"; }
      if (said.conflicts.length) { say(form.dataset.conflict, "unsaved"); return "shown"; }
      say(`${form.dataset.saved} ${said.saved}`);
      return "saved";
    } catch {
      return lost();
    } finally {
      window.clearTimeout(tooLong);
    }
  };
  const save = async () => {
    window.clearTimeout(timer);
    while (running) await running;
    running = attempt();
    try { return await running; } finally { running = null; }
  };

  form.addEventListener("input", () => {
    keep();
    later(PAUSE);
  });
  const waits = () => Object.keys(recall()).length > 0 && (!kept || kept.hidden);
  window.addEventListener("focus", () => { if (waits()) later(0); });
  window.addEventListener("online", () => { if (waits()) later(0); });

  // The button first makes sure that the server takes it: a page left for the sign-in page is a text lost.
  let mayGo = false;
  form.addEventListener("submit", (event) => {
    window.clearTimeout(timer);
    if (mayGo) return;
    event.preventDefault();
    const button = event.submitter;
    if (form.getAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    save().then((result) => {
      form.removeAttribute("aria-busy");
      if (result !== "saved" && result !== "shown") return;
      window.clearTimeout(timer);
      mayGo = true;
      form.requestSubmit(button);
    });
  });
  window.addEventListener("pageshow", () => { mayGo = false; });

  // ---- after a sign-in in this tab: what was typed before is offered back ----
  const copy = recall();
  const lacking = Object.keys(copy).filter((name) => form.elements.namedItem(name) && read(name) !== copy[name].value);
  if (!lacking.length || !kept) forget();
  else {
    for (const name of lacking) offered[name] = copy[name];
    kept.hidden = false;
  }
  form.querySelector("[data-put-back]")?.addEventListener("click", () => {
    for (const name of lacking) {
      write(name, copy[name].value);
      // As the page was when it was typed: what a colleague wrote since is shown, not overwritten.
      note(name, copy[name]);
    }
    offered = {};
    kept.hidden = true;
    keep();
    later(0);
  });
  form.querySelector("[data-forget]")?.addEventListener("click", forget);
})();
