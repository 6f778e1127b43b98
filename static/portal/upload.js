/* Sends the file of a field in pieces: with a bar, going on by itself when the connection comes back, and after a
   reload when the same file is chosen again. Without it the form's own field sends the file as ever. */
(() => {
  "use strict";
  const boxes = [...document.querySelectorAll("[data-upload]")];
  if (!boxes.length) return;
  const SMALL = 64 * 1024;
  const LARGE = 1024 * 1024;
  const ENDS = 64 * 1024; // of a file's beginning and end, by which it is known again
  const PATIENCE = 90000;
  const AT_ONCE = 2;
  const LOOKS = 40; // how often the page asks whether the check is done
  const running = new Set();
  const waiting = [];

  let online = 0; // how often the connection came back
  window.addEventListener("online", () => { online += 1; });
  const pause = (milliseconds, signal) => new Promise((resolve) => {
    const end = () => { window.clearTimeout(timer); window.removeEventListener("online", end); resolve(); };
    const timer = window.setTimeout(end, milliseconds);
    window.addEventListener("online", end); // no need to wait longer
    signal?.addEventListener("abort", end);
  });

  // The same file, chosen again after a reload, goes on; one that was changed meanwhile does not.
  const markOf = async (file) => {
    const plain = `${file.lastModified}-${file.size}`;
    if (!window.crypto?.subtle) return plain;
    const parts = [file.slice(0, ENDS), file.slice(Math.max(0, file.size - ENDS)), plain];
    const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  class Refused extends Error {}
  class Lost extends Error {}
  class SignedOut extends Error {}
  class Gone extends Error {}

  const widget = (box) => {
    const form = box.closest("form");
    const input = (box.closest(".question") || form).querySelector("input[type=file]");
    const words = box.dataset;
    const now = box.querySelector("[data-upload-now]");
    const bar = box.querySelector("progress");
    const said = box.querySelector("[data-upload-said]");
    const slot = box.querySelector("[data-upload-file]");
    const place = `upload:${words.begin}:${words.purpose}`;
    let job = null;

    const say = (text, { refused = false, name = "", share = 0 } = {}) => {
      const full = (text || "").replace("{name}", name).replace("{share}", share);
      if (said.textContent !== full) said.textContent = full;
      said.classList.toggle("is-refused", refused);
    };
    const remember = (state) => {
      try {
        if (state) sessionStorage.setItem(place, JSON.stringify(state));
        else sessionStorage.removeItem(place);
      } catch { /* a forbidden store: the server knows how far it is */ }
    };
    const recall = () => {
      try { return JSON.parse(sessionStorage.getItem(place)); } catch { return null; }
    };

    const token = () => form.elements.namedItem("csrfmiddlewaretoken");
    // A sign-in in another tab gives that browser a new token; the page fetches it for itself.
    const refreshToken = async () => {
      const page = await fetch(location.pathname, { credentials: "same-origin", redirect: "manual" });
      if (!page.ok) return false;
      const found = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
      if (found) token().value = found.value;
      return Boolean(found);
    };

    const ask = async (url, { body = null, method = "POST", signal } = {}, again = true) => {
      const stop = new AbortController();
      const abort = () => stop.abort();
      const tooLong = window.setTimeout(abort, PATIENCE);
      signal?.addEventListener("abort", abort);
      let answer;
      try {
        answer = await fetch(url, {
          method, body, credentials: "same-origin", redirect: "manual", signal: stop.signal,
          headers: { "X-Upload": "1", "X-CSRFToken": token().value, ...(body instanceof Blob ? { "Content-Type": "application/octet-stream" } : {}) },
        });
        if (answer.status === 403 && again && await refreshToken()) return ask(url, { body, method, signal }, false);
        if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") throw new SignedOut();
        if (answer.status === 404) throw new Gone();
        const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
        if (!told || answer.status === 503) throw new Lost();
        if (told.refusal) throw new Refused(told.refusal);
        return told;
      } catch (error) {
        if ([Refused, SignedOut, Gone, Lost].some((kind) => error instanceof kind)) throw error;
        throw new Lost();
      } finally {
        window.clearTimeout(tooLong);
        signal?.removeEventListener("abort", abort);
      }
    };

    const show = (task) => {
      const share = Math.floor((100 * task.received) / task.file.size);
      bar.value = share;
      remember({ name: task.file.name, share });
      // Whoever hears the page is told in steps of ten, not at each piece.
      say(words.sending, { name: task.file.name, share: share - (share % 10) });
    };
    const begin = async (task) => {
      const body = new FormData();
      const facts = { purpose: words.purpose, name: task.file.name, size: task.file.size, mark: task.mark };
      for (const [name, value] of Object.entries(facts)) body.append(name, value);
      const told = await ask(words.begin, { body, signal: task.stop.signal });
      Object.assign(task, { id: told.id, received: told.received });
      if (told.received) say(words.resumed, { name: task.file.name, share: Math.floor((100 * told.received) / task.file.size) });
    };
    const here = (task, more = "") => `${words.begin}${task.id}/${more}`;
    const step = async (task) => {
      if (!task.id) return begin(task);
      if (task.lost) {
        // The answer may be what was lost: the server says how far it is.
        const told = await ask(here(task), { method: "GET", signal: task.stop.signal });
        task.lost = false;
        if (told.taken) { task.told = told; return null; }
        task.received = told.received;
      }
      if (task.received >= task.file.size) {
        task.told = await ask(here(task, "finish/"), { signal: task.stop.signal });
        if (!task.told.taken) { task.received = task.told.received; task.told = null; }
        return null;
      }
      const begun = performance.now();
      const content = task.file.slice(task.received, task.received + task.piece);
      const told = await ask(`${here(task)}?at=${task.received}`, { body: content, signal: task.stop.signal });
      if (told.received !== undefined) task.received = told.received;
      const took = performance.now() - begun;
      if (took < 1000) task.piece = Math.min(2 * task.piece, LARGE);
      if (took > 8000) task.piece = Math.max(task.piece / 2, SMALL);
      task.failures = 0;
      return show(task);
    };
    const send = async (task) => {
      now.hidden = false;
      bar.value = 0;
      say(words.sending, { name: task.file.name });
      task.mark = await markOf(task.file);
      while (!task.told && !task.stop.signal.aborted) {
        const seen = online;
        try {
          await step(task);
        } catch (error) {
          if (task.stop.signal.aborted) break;
          const facts = { name: task.file.name, share: task.file.size ? Math.floor((100 * task.received) / task.file.size) : 0 };
          if (error instanceof Refused) return say(error.message, { refused: true });
          if (error instanceof Gone) {
            // Tidied away, or given up elsewhere: from the beginning, but not for ever.
            task.id = "";
            if ((task.gone += 1) > 2) return say(words.failed, { ...facts, refused: true });
            continue;
          }
          task.lost = Boolean(task.id);
          task.piece = SMALL;
          task.failures += 1;
          say(error instanceof SignedOut ? words.signedOut : words.waiting, facts);
          // What failed while the connection came back is tried again at once.
          const long = Math.min(1000 * 2 ** Math.min(task.failures, 4), 15000);
          await pause(seen === online ? long : 500, task.stop.signal);
        }
      }
      if (task.stop.signal.aborted) {
        if (job === task) say(words.stopped, { name: task.file.name }); // else another file took its place
        if (task.id) await ask(here(task, "stop/")).catch(() => {}); // the sweep tidies it
        return null;
      }
      remember(null);
      if (words.done) { job = null; location.assign(words.done); return null; }
      slot.innerHTML = task.told.html;
      input.dispatchEvent(new Event("input", { bubbles: true })); // questions may hang on it
      say(words.arrived, { name: task.file.name });
      return task.told.checking ? look(task) : null;
    };
    const look = async (task) => {
      now.hidden = true;
      leave(task);
      for (let times = 0; times < LOOKS; times += 1) {
        await pause(3000);
        if (job || slot.contains(document.activeElement)) return;
        const told = await ask(here(task), { method: "GET" }).catch(() => null);
        if (told && !told.checking) { if (told.html) slot.innerHTML = told.html; return; }
      }
    };
    const leave = (task) => {
      running.delete(task);
      if (job === task) job = null;
      if (running.size < AT_ONCE) waiting.shift()?.();
      if (!running.size) window.dispatchEvent(new Event("uploads-done"));
    };
    // The place of a file that is stopped while it waits is nobody's, or the others would wait for ever.
    const turn = (signal) => new Promise((resolve) => {
      waiting.push(resolve);
      signal.addEventListener("abort", () => {
        const place = waiting.indexOf(resolve);
        if (place >= 0) waiting.splice(place, 1);
        resolve();
      });
    });
    const start = async (file) => {
      job?.stop.abort();
      const task = { file, stop: new AbortController(), id: "", received: 0, piece: 4 * SMALL, failures: 0, gone: 0 };
      job = task;
      if (running.size >= AT_ONCE) {
        now.hidden = false;
        bar.value = 0;
        say(words.queued, { name: file.name });
        await turn(task.stop.signal);
      }
      running.add(task);
      try { await send(task); } finally {
        if (running.has(task)) { now.hidden = true; leave(task); }
      }
    };

    if (!input) return;
    input.addEventListener("change", () => {
      const [file] = input.files;
      if (!file) return;
      input.value = ""; // it goes in pieces, not with the form; and the same one can be chosen again
      start(file);
    });
    box.querySelector("[data-upload-stop]").addEventListener("click", () => {
      job?.stop.abort();
      remember(null);
      input.focus();
    });
    const before = recall();
    if (before) say(words.unfinished, before);
  };

  for (const box of boxes) widget(box);

  // A page that is left takes its files along: it says so, and a button waits until they have arrived.
  window.addEventListener("beforeunload", (event) => { if (running.size) event.preventDefault(); });
  document.addEventListener("submit", (event) => {
    if (!running.size || !event.target.querySelector("[data-upload]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target, submitter } = event;
    window.addEventListener("uploads-done", () => target.requestSubmit(submitter), { once: true });
  }, { capture: true });
})();
