// Saves a review while it is written. Without it the Save button does the same.
(() => {
  "use strict";
  const form = document.querySelector("form[data-review]");
  if (!form) return;
  const mark = document.querySelector("[data-saved]");
  const notice = document.getElementById("review-notice");
  const version = form.elements.namedItem("version");
  const WAIT = 800;
  const AGAIN = 5000;
  let timer = 0;
  let saving = false;
  let dirty = false;
  let submitter = null;
  let stopped = notice.querySelector("[data-stale]") !== null;

  const show = (text, kind) => {
    mark.textContent = text;
    mark.classList.toggle("is-saving", kind === "saving");
    mark.classList.toggle("is-unsaved", kind === "unsaved");
  };

  const later = (delay) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, delay);
  };

  async function save() {
    if (saving || stopped || !dirty) return;
    saving = true;
    dirty = false;
    show(form.dataset.saving, "saving");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        redirect: "error",
      });
      const told = await answer.json();
      if (answer.ok) {
        version.value = told.version;
        if (!dirty) show(told.saved, "saved");
      } else {
        show(form.dataset.unsaved, "unsaved");
        if (told.html) {
          // Two windows: stop, show both texts, let the person decide.
          stopped = true;
          notice.innerHTML = told.html;
          notice.scrollIntoView({ block: "start" });
        } else if (told.refusal) {
          stopped = true;
          show(told.refusal, "unsaved");
        }
      }
    } catch {
      dirty = true;
      show(form.dataset.offline, "unsaved");
      later(AGAIN);
    } finally {
      saving = false;
      if (submitter) {
        const button = submitter;
        submitter = null;
        form.requestSubmit(button);
      } else if (dirty && !stopped) later(WAIT);
    }
  }

  form.addEventListener("input", () => {
    dirty = true;
    if (stopped) return;
    show(form.dataset.unsaved, "unsaved");
    later(WAIT);
  });
  form.addEventListener("change", () => {
    dirty = true;
    later(0);
  });
  // "Save mine": begin from the stored version, knowingly, with an ordinary submit.
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-use-mine]")) return;
    const stale = event.target.closest("[data-stale]");
    version.value = stale.dataset.version;
    dirty = false;
  });
  form.addEventListener("submit", (event) => {
    if (saving && event.submitter) {
      // A save is on its way: wait for its version, then submit what stands now.
      event.preventDefault();
      submitter = event.submitter;
      return;
    }
    window.clearTimeout(timer);
    stopped = true;
    dirty = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && !stopped) event.preventDefault();
  });
})();
