/* What is asked and what is wrong with an answer, as the server says it: challenges/conditions.py and challenges/answers
   hold the same rules, and tests/browser/test_rules.py compares the two. The page brings them as JSON (#form-rules).
   Here they are help only: the server decides. Other scripts read and write answers through window.portalRules. */
(() => {
  "use strict";
  const { SPACE, normal, strip, length } = window.portalText;
  const SEVERAL = ["choices", "goals"];
  const PARTS = { money: ["currency", "amount"], date: ["year", "month", "day"] };

  // ---- numbers: challenges/answers/numbers.py ----
  const ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0xff10];
  const SIGNS = { "．": ".", "，": ",", "٫": ".", "٬": ",", "－": "-", "＋": "+", "−": "-", "’": "'" };
  const PLAIN = /^([0-9]+)(?:[.,]([0-9]+))?$/;
  const GROUPED = /^([0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\2[0-9]{3})*)(?:(?!\2)[.,]([0-9]+))?$/;
  const AMBIGUOUS = /^[1-9][0-9]{0,2}[.,][0-9]{3}$/;
  const MOST_FIGURES = 40;
  const spaces = new RegExp(`[${SPACE}]`, "gu");
  const ascii = (letter) => {
    const code = letter.codePointAt(0);
    const zero = ZEROS.find((one) => code >= one && code < one + 10);
    return zero === undefined ? SIGNS[letter] ?? letter : String(code - zero);
  };
  const bare = (value) => [...strip(value).replace(spaces, " ")].map(ascii).join("");
  const plain = (value, { thousands = false } = {}) => {
    let text = bare(value);
    const sign = text.startsWith("-") ? "-" : "";
    if (text.startsWith("-") || text.startsWith("+")) text = text.slice(1);
    if (AMBIGUOUS.test(text)) return thousands ? sign + text.replace(/[.,]/g, "") : null;
    let whole, part;
    const simple = PLAIN.exec(text);
    const grouped = simple ? null : GROUPED.exec(text);
    if (simple) [, whole, part] = simple;
    else if (grouped) [whole, part] = [grouped[1].replace(/[.,' ]/g, ""), grouped[3]];
    else return null;
    if (whole.length + (part ?? "").length > MOST_FIGURES) return null;
    whole = whole.replace(/^0+/, "") || "0";
    part = (part ?? "").replace(/0+$/, "");
    let number = part ? `${whole}.${part}` : whole;
    if (AMBIGUOUS.test(number)) number += "0";
    return number === "0" ? number : sign + number;
  };
  const compare = (one, other) => {
    const decimals = Math.max(...[one, other].map((number) => (number.split(".")[1] ?? "").length));
    const whole = (number) => {
      const [before, behind = ""] = number.split(".");
      return BigInt(before + behind.padEnd(decimals, "0"));
    };
    const [left, right] = [whole(one), whole(other)];
    return left < right ? -1 : Number(left > right);
  };

  // ---- how an answer is kept: challenges/answers/canonical.py and money.py ----
  const oneLine = (value) => strip(value.replaceAll("\n", ""));
  const chosen = (value) => value.split("\n").filter(Boolean);
  const several = (question, values) => {
    const options = question.options ?? [];
    const by = new Map(options.map((one) => [strip(normal(one)), one]));
    const lines = values.flatMap((value) => normal(value).split("\n")).map(strip);
    const given = new Set(lines.map((one) => by.get(one) ?? one));
    return [...options.filter((one) => given.has(one)), ...[...given].filter((one) => one && !options.includes(one))].join("\n");
  };
  const splitMoney = (value) => {
    let found = /^([A-Z]{3}|-)(?: ([^]*))?$/u.exec(value);
    if (found) return [found[1] === "-" ? "" : found[1], found[2] ?? ""];
    const text = strip(value);
    if ((found = /^([A-Za-z]{3}) ?([^A-Za-z]*)$/u.exec(text))) return [found[1].toUpperCase(), found[2]];
    if ((found = /^([^A-Za-z]*?) ?([A-Za-z]{3})$/u.exec(text))) return [found[2].toUpperCase(), found[1]];
    return ["", value];
  };
  // 1,200 is twelve hundred where the currency has no three decimals.
  const money = (currency, amount, rules) => plain(amount, {
    thousands: rules.currencies.includes(currency) && (rules.decimals[currency] ?? 2) < 3,
  });
  const joinMoney = (question, named, typed, rules) => {
    let currency = /^[A-Za-z]{3}$/.test(named) ? named.toUpperCase() : "";
    let amount = oneLine(typed);
    const taken = question.currencies?.length ? question.currencies : rules.currencies;
    amount = money(currency || (taken.length === 1 ? taken[0] : ""), amount, rules) ?? amount;
    if (taken.length === 1) {
      if (!amount) return !currency || currency === taken[0] ? "" : currency;
      currency ||= taken[0];
    }
    return amount ? `${currency || "-"} ${amount}` : currency;
  };
  const figures = (text) => bare(oneLine(text)).replaceAll("-", "");
  const two = (text) => {
    const found = figures(text);
    return /^[0-9]+$/.test(found) ? found.replace(/^0+/, "").padStart(2, "0") : found;
  };
  const joinDay = (year, month, day) => {
    const parts = [figures(year), two(month), two(day)];
    return parts.some(Boolean) ? parts.join("-") : "";
  };
  const canonical = (question, typed, rules) => {
    const value = normal(typed);
    switch (question.kind) {
      case "file": return "";
      case "short": case "long": return value;
      case "choice": return (question.options ?? []).find((one) => normal(one) === value) ?? value;
      case "choices": case "goals": return several(question, [value]);
      case "number": return plain(oneLine(value)) ?? oneLine(value);
      case "money": return joinMoney(question, ...splitMoney(oneLine(value)), rules);
      case "date": {
        const found = /^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$/u.exec(bare(value));
        return found ? joinDay(...found.slice(1)) : oneLine(value);
      }
      case "country": return /^[A-Za-z]{2}$/.test(oneLine(value)) ? oneLine(value).toUpperCase() : oneLine(value);
      default: return oneLine(value);
    }
  };
  /* The kept form of what fields hold: all values by the name of their field. */
  const fromFields = (question, sent, rules) => {
    const one = (name) => normal((sent[name] ?? []).at(-1) ?? "");
    const parts = (PARTS[question.kind] ?? []).map((part) => one(`${question.name}_${part}`));
    if (SEVERAL.includes(question.kind)) return several(question, sent[question.name] ?? []);
    if (question.kind === "money") return joinMoney(question, strip(parts[0]), parts[1], rules);
    if (question.kind === "date") return joinDay(...parts);
    return canonical(question, one(question.name), rules);
  };
  /* What each field of a question shows of a kept text. */
  const toFields = (question, value) => {
    const name = question.name;
    const parts = (texts) => Object.fromEntries(PARTS[question.kind].map((part, index) => [`${name}_${part}`, [texts[index]]]));
    const options = question.options ?? [];
    if (SEVERAL.includes(question.kind)) return { [name]: chosen(value).filter((one) => options.includes(one)) };
    if (question.kind === "money") return parts(splitMoney(value));
    if (question.kind === "date") {
      const [year = "", month = "", ...rest] = value.split("-");
      return parts([year, month, rest.join("-")]);
    }
    if (["choice", "maturity"].includes(question.kind) && !options.includes(value)) return { [name]: [""] };
    return { [name]: [["long", "file"].includes(question.kind) ? value : value.replaceAll("\n", "")] };
  };

  // ---- what is wrong with an answer: challenges/answers/problems.py; [the rule's name, its facts] or null ----
  const host = `[^${SPACE}/?#@:\\[\\]<>"'\\\\.]+(?:\\.[^${SPACE}/?#@:\\[\\]<>"'\\\\.]+)+`;
  const LINK = new RegExp(`^([hH][tT][tT][pP][sS]?)://${host}(?::[0-9]{1,5})?(?:[/?#][^${SPACE}<>"]*)?$`, "u");
  const LONGEST_LINK = 2000;
  const FIRST_YEAR = 1000;
  const notANumber = (value) => [/[0-9]/.test(bare(value)) ? "separators" : "number", {}];
  const outOfBounds = (question, number) => {
    if (question.minimum !== undefined && compare(number, question.minimum) < 0) return ["smallest", { number: question.minimum }];
    if (question.maximum !== undefined && compare(number, question.maximum) > 0) return ["largest", { number: question.maximum }];
    return null;
  };
  const ofText = (question, value) => {
    const over = length(value, question.unit) - question.limit;
    if (over > 0) return [question.unit, { over: String(over), limit: String(question.limit) }];
    return question.kind === "short" && value.includes("\n") ? ["lines", {}] : null;
  };
  const ofChoice = (question, value) => (question.options ?? []).includes(value) ? null : ["option", {}];
  const ofSeveral = (question, value) => {
    const given = chosen(value);
    const gone = given.filter((one) => !question.options.includes(one));
    if (gone.length) return ["options", { given: gone.join(", ") }];
    if (question.most && given.length > question.most) return ["most", { most: String(question.most), count: String(given.length) }];
    return null;
  };
  const ofNumber = (question, value) => {
    const number = plain(value);
    return number === null ? notANumber(value) : outOfBounds(question, number);
  };
  const ofCurrency = (question, currency, number, rules) => {
    const named = question.currencies ?? [];
    if (!(named.length ? named : rules.currencies).includes(currency)) {
      return !currency || !named.length ? ["currency", {}] : ["currencies", { currencies: named.join(", ") }];
    }
    const most = rules.decimals[currency] ?? 2;
    if ((number.split(".")[1] ?? "").length <= most) return null;
    return most ? ["decimals", { currency, most: String(most) }] : ["whole", { currency }];
  };
  const ofMoney = (question, value, rules) => {
    const [currency, amount] = splitMoney(value);
    if (!strip(amount)) return ["amount", {}];
    const number = money(currency, amount, rules);
    if (number === null) return notANumber(amount);
    return ofCurrency(question, currency, number, rules) ?? outOfBounds(question, number);
  };
  const ofDate = (question, value) => {
    const found = /^([0-9]+)-([0-9]{2})-([0-9]{2})$/.exec(value);
    if (!found) return ["day_parts", {}];
    const [year, month, day] = found.slice(1).map(Number);
    if (found[1].length !== String(FIRST_YEAR).length || year < FIRST_YEAR) return ["year", {}];
    const last = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
    return day >= 1 && day <= last ? null : ["day", {}];
  };
  const ofLink = (question, value) => {
    if ([...value].length > LONGEST_LINK) return ["long_link", { most: String(LONGEST_LINK) }];
    const found = LINK.exec(value);
    if (question.kind === "video") return found?.[1].toLowerCase() === "https" ? null : ["video", {}];
    return found ? null : ["link", {}];
  };
  const OF_KIND = {
    short: ofText, long: ofText, choice: ofChoice, maturity: ofChoice, choices: ofSeveral, goals: ofSeveral,
    number: ofNumber, money: ofMoney, date: ofDate, link: ofLink, video: ofLink,
    country: (question, value, rules) => rules.countries.includes(value) ? null : ["country", {}],
  };
  const problem = (question, { value, file }, rules) => {
    if (question.kind === "file") return question.required && !file ? ["no_file", {}] : null;
    if (!strip(value)) return question.required ? ["missing", {}] : null;
    return OF_KIND[question.kind](question, value, rules);
  };

  // ---- what is shown: challenges/conditions.py; answers are {name: {value, file}} ----
  const isMet = (question, before, answer) => {
    if (before.kind === "file") return Boolean(answer?.file);
    const value = answer?.value ?? "";
    if (!question.values.length) return Boolean(strip(value));
    return (SEVERAL.includes(before.kind) ? value.split("\n") : [value]).some((one) => question.values.includes(one));
  };
  const shown = (questions, answers) => {
    const by = new Map(questions.map((one) => [one.name, one]));
    const isShown = (question) => {
      const seen = new Set();
      while (by.has(question.on) && !seen.has(question.name)) {
        seen.add(question.name);
        const before = by.get(question.on);
        if (!isMet(question, before, answers[before.name])) return false;
        question = before;
      }
      return true;
    };
    return questions.filter(isShown).map((one) => one.name);
  };

  window.portalRules = { canonical, fromFields, toFields, problem, shown, plain, compare };

  // ---- the page ----
  const source = document.getElementById("form-rules");
  const form = source?.closest("form") ?? document.querySelector("form[data-autosave]");
  if (!source || !form) return;
  const rules = JSON.parse(source.textContent);
  const box = (question) => document.getElementById(question.name);
  const here = rules.questions.filter(box);
  const find = (name) => here.find((one) => one.name === name);
  const fieldsOf = (question) => {
    const names = [question.name, ...(PARTS[question.kind] ?? []).map((part) => `${question.name}_${part}`)];
    return [...form.elements].filter((one) => names.includes(one.name));
  };

  /* The kept form of the answer in a question's fields. */
  const read = (name) => {
    const question = find(name);
    if (!question) return "";
    const sent = {};
    for (const one of fieldsOf(question)) {
      if (["radio", "checkbox"].includes(one.type) && !one.checked) continue;
      (sent[one.name] ??= []).push(one.value);
    }
    return fromFields(question, sent, rules);
  };
  /* Puts a kept text into a question's fields. */
  const write = (name, value) => {
    const question = find(name);
    if (!question) return;
    const texts = toFields(question, value);
    for (const one of fieldsOf(question)) {
      const [values, before] = [texts[one.name] ?? [], one.value];
      if (["radio", "checkbox"].includes(one.type)) one.checked = values.includes(one.value);
      else if (before !== values[0]) {
        one.value = values[0] ?? "";
        one.dispatchEvent(new Event("input")); // does not bubble: the counter hears it, saving does not
      }
    }
    check(question);
    arrange();
  };
  /* The names of the questions on this page whose answers are texts, in order. */
  const names = () => here.filter((one) => one.kind !== "file").map((one) => one.name);
  const hasFile = (question) => Boolean(box(question).querySelector("[data-has-file]"))
    || fieldsOf(question).some((one) => one.type === "file" && one.files.length > 0);
  const answer = (question) => question.kind === "file"
    ? { value: "", file: hasFile(question) } : { value: read(question.name), file: false };

  const arrange = () => {
    const answers = { ...rules.answers };
    for (const question of here) answers[question.name] = answer(question);
    const seen = new Set(shown(rules.questions, answers));
    for (const question of here) {
      const place = box(question);
      (place.closest("[data-asked]") ?? place).hidden = !seen.has(question.name);
      place.removeAttribute("data-not-asked");
    }
    const nothing = form.querySelector("[data-nothing-asked]");
    if (nothing) nothing.hidden = here.some((one) => seen.has(one.name));
  };

  // What is wrong is said when somebody leaves a question, and taken back as soon as it is mended.
  const hintOf = (question) => box(question).querySelector("[data-hint]");
  const describe = (question, wrong) => {
    const id = `${question.name}_hint`;
    for (const one of fieldsOf(question)) {
      const told = new Set((one.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
      if (wrong) told.add(id); else told.delete(id);
      if (told.size) one.setAttribute("aria-describedby", [...told].join(" "));
      if (wrong) one.setAttribute("aria-invalid", "true"); else one.removeAttribute("aria-invalid");
      one.classList.toggle("is-invalid", wrong);
    }
  };
  const check = (question, saying = false) => {
    const place = box(question);
    const said = place.querySelectorAll("[data-error]"); // by the server
    let hint = hintOf(question);
    if (!saying && !hint && !said.length) return;
    if (question.kind === "file") return;
    const found = problem(question, answer(question), rules);
    const sentence = found && rules.sentences[found[0]];
    if (!found) for (const one of said) one.remove();
    if (!sentence || said.length && found) {
      hint?.remove();
      describe(question, Boolean(found && said.length));
      return;
    }
    if (!hint) {
      hint = Object.assign(document.createElement("p"), { id: `${question.name}_hint`, className: "invalid-feedback" });
      hint.dataset.hint = "";
      hint.setAttribute("role", "status");
      (place.querySelector("[data-fields]") ?? place).append(hint);
    }
    const text = sentence.replace(/%\((\w+)\)s/g, (whole, name) => found[1][name] ?? whole);
    if (hint.textContent !== text) hint.textContent = text;
    describe(question, true);
  };
  const of = (event) => find(event.target.closest?.(".question")?.id);
  form.addEventListener("focusout", (event) => {
    const question = of(event);
    if (!question || box(question).contains(event.relatedTarget)) return;
    check(question, true);
  });
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, (event) => {
      const question = of(event);
      if (!question) return;
      check(question);
      arrange();
    });
  }
  Object.assign(window.portalRules, { read, write, names, arrange, rules });
  arrange();
})();
