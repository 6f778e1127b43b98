/* Counts characters of a field with data-limit as the server counts them (code points). Text over the limit is kept; the surplus is shown. */
(() => {
  "use strict";
  const forms = document.body.dataset;
  const fill = (form, values) => form.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const make = (name, kind) => {
    const node = document.createElement(name);
    node.className = kind;
    return node;
  };

  const attach = (field) => {
    if (field.dataset.counted) return;
    field.dataset.counted = "yes";
    const limit = Number(field.dataset.limit);
    const line = make("p", "counter");
    line.id = `${field.id || field.name}_counter`;
    field.after(line);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${line.id}`.trim());
    const count = () => {
      const letters = [...field.value];
      const over = letters.length - limit;
      const values = { n: letters.length.toLocaleString(document.documentElement.lang), limit: limit.toLocaleString(document.documentElement.lang), over };
      line.classList.toggle("counter-over", over > 0);
      line.setAttribute("aria-live", over > 0 ? "polite" : "off");
      if (over <= 0) {
        line.textContent = fill(forms.counter || "{n} of {limit} characters", values);
        return;
      }
      line.textContent = fill(forms.counterOver || "{over} over the limit of {limit}:", values);
      const surplus = make("span", "counter-surplus");
      const mark = document.createElement("mark");
      mark.textContent = letters.slice(limit).join("");
      surplus.append(mark);
      line.append(surplus);
    };
    field.addEventListener("input", count);
    count();
  };

  document.querySelectorAll("[data-limit]").forEach(attach);
})();
