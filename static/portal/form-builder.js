/* Dragging a question to its place. The buttons beside it do the same without JavaScript, by keyboard and by touch. */
(() => {
  "use strict";
  const form = document.querySelector("[data-builder]");
  if (!form) return;
  let dragged = null;

  const clear = () => {
    for (const marked of form.querySelectorAll(".is-target")) marked.classList.remove("is-target");
  };
  const send = (values) => {
    for (const [name, value] of Object.entries(values)) {
      const field = form.querySelector(`input[name="${name}"]`);
      field.disabled = false;
      field.value = value;
    }
    form.requestSubmit();
  };
  // Where it would fall: before the row whose upper half the pointer is over, else at the end of the section.
  const place = (list, y) =>
    [...list.querySelectorAll(".builder-row")].find((row) => {
      const box = row.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });

  for (const row of form.querySelectorAll(".builder-row")) {
    const handle = document.createElement("span");
    handle.className = "builder-handle";
    handle.textContent = "⠿";
    handle.title = form.dataset.handle;
    handle.setAttribute("aria-hidden", "true");
    handle.draggable = true;
    row.querySelector(".builder-do").prepend(handle);
    handle.addEventListener("dragstart", (event) => {
      dragged = row;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      event.dataTransfer.setDragImage(row, 0, 0);
      row.classList.add("is-dragged");
    });
    handle.addEventListener("dragend", () => {
      row.classList.remove("is-dragged");
      dragged = null;
      clear();
    });
  }
  for (const list of form.querySelectorAll(".builder-rows")) {
    list.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      clear();
      (place(list, event.clientY) ?? list).classList.add("is-target");
    });
    list.addEventListener("drop", (event) => {
      if (!dragged) return;
      event.preventDefault();
      const before = place(list, event.clientY);
      if (before === dragged) return;
      const question = dragged.dataset.question;
      send(before ? { question, before: before.dataset.question } : { question, section: list.dataset.section });
    });
  }
})();
