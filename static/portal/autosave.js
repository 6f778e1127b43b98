/* Saves the form while a person types. Without it the button saves; with it nothing is lost to a closed lid. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const mark = form.querySelector("[data-saved-mark]");
  const say = (text, state = "") => {
    if (!mark) return;
    mark.textContent = text;
    mark.classList.toggle("is-unsaved", state === "unsaved");
    mark.classList.toggle("is-saving", state === "saving");
  };
  let timer = 0;
  let busy = false;
  let again = false;

  const save = async () => {
    if (busy) { again = true; return; }
    busy = true;
    const body = new FormData(form);
    for (const [name, value] of [...body.entries()]) if (value instanceof File) body.delete(name);
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST", body, credentials: "same-origin", headers: { "X-Autosave": "1" },
      });
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (!said || said.refusal) { say(said?.refusal || form.dataset.notSaved, "unsaved"); return; }
      for (const [name, version] of Object.entries(said.versions)) {
        const field = form.elements.namedItem(name);
        if (field) field.value = version;
      }
      if (said.conflicts.length) say(form.dataset.conflict, "unsaved");
      else say(`${form.dataset.saved} ${said.saved}`);
    } catch {
      say(form.dataset.notSaved, "unsaved");
      again = true;
    } finally {
      busy = false;
      if (again) { again = false; timer = window.setTimeout(save, 5000); }
    }
  };

  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, 1200);
  });
  form.addEventListener("submit", () => window.clearTimeout(timer));
})();
