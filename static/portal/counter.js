/* Counts a field with data-limit as the server counts it: characters (code points) or, with data-unit="words", words.
   Text over the limit is kept; the surplus is shown. The rules are those of challenges/answers/text.py. */
(() => {
  "use strict";
  const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  // Letters of scripts that put no space between words: each counts as one.
  const UNSPACED = "\\u0e00-\\u0eff\\u0f00-\\u0fff\\u1000-\\u109f\\u1780-\\u17ff\\u1950-\\u19df\\u1a20-\\u1aaf\\u2e80-\\u2fdf" +
    "\\u3001-\\u312f\\u3190-\\u4dbf\\u4e00-\\u9fff\\ua9e0-\\ua9ff\\uaa60-\\uaa7f\\uf900-\\ufaff\\ufe30-\\ufe4f" +
    "\\uff01-\\uff9f\\u{1b000}-\\u{1b16f}\\u{20000}-\\u{3ffff}";
  const counted = new RegExp(`[${UNSPACED}]|[^${SPACE}${UNSPACED}]+`, "gu");
  const unspaced = new RegExp(`[${UNSPACED}]`, "u");
  const edges = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "gu");

  const normal = (value) => value.replace(/\r\n?/g, "\n").replaceAll("\0", "").normalize("NFC");
  const strip = (value) => value.replace(edges, "");
  const length = (value, unit) => unit === "words" ? (value.match(counted) ?? []).length : [...value].length;
  /* The part of a text that is too much. */
  const surplus = (value, unit, limit) => {
    if (unit !== "words") return [...value].slice(limit).join("");
    const words = [...value.matchAll(counted)];
    return words.length > limit ? value.slice(words[limit].index) : "";
  };
  window.portalText = { SPACE, normal, strip, length, surplus };

  const forms = document.body?.dataset ?? {};
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
    const unit = field.dataset.unit === "words" ? "words" : "characters";
    const [within, beyond] = unit === "words"
      ? [forms.counterWords || "{n} of {limit} words", forms.counterWordsOver || "{over} over the limit of {limit} words:"]
      : [forms.counter || "{n} of {limit} characters", forms.counterOver || "{over} over the limit of {limit}:"];
    const line = make("p", "counter");
    line.id = `${field.id || field.name}_counter`;
    field.after(line);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${line.id}`.trim());
    const inWords = (number) => number.toLocaleString(document.documentElement.lang || undefined);
    const count = () => {
      const text = normal(field.value);
      const n = length(text, unit);
      const over = n - limit;
      const values = { n: inWords(n), limit: inWords(limit), over: inWords(over) };
      line.classList.toggle("counter-over", over > 0);
      line.setAttribute("aria-live", over > 0 ? "polite" : "off");
      line.textContent = fill(over > 0 ? beyond : within, values);
      if (over > 0) {
        const rest = make("span", "counter-surplus");
        const mark = document.createElement("mark");
        mark.textContent = surplus(text, unit, limit);
        rest.append(mark);
        line.append(rest);
      }
      if (unit === "words" && unspaced.test(text)) line.append(` ${forms.counterUnspaced || ""}`);
    };
    field.addEventListener("input", count);
    count();
  };

  document.querySelectorAll("[data-limit]").forEach(attach);
})();
