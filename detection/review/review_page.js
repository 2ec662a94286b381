"use strict";
(() => {
  const { sets, files, records, rows } = JSON.parse(document.getElementById("data").textContent);
  const find = (selector) => document.querySelector(selector);
  const form = find(".filters"), fields = form.elements;
  const list = find(".cards"), more = find(".more"), count = find(".count"), judged = find(".judged"), nothing = find(".nothing");
  const bars = [...document.querySelectorAll("button.bar")];
  const STEP = 50; // cards that are added at once
  const FLOORS = [1, 0.95, 0.9, 0.85, 0.8, -1].map(Math.fround);
  const MARKS = { 1: ["p", "passage"], 2: ["q", "question"], 3: ["a", "answer"] };
  // Members of a row and of a record.
  const [RECORD, FILE, LINE, SCORE, OVERLAP, MATCHED, NGRAMS, ANSWER, PASSAGE, PARTS] = Array(10).keys();
  const R = { set: 0, split: 1, instance: 2, correct: 3, question: 4, answer: 5, passage: 6, reference: 7, line: 8 };
  const verdicts = new Map(); // by "row N" or "record N"

  // --- which matches are shown ---
  const orders = {
    low: (a, b) => rows[a][SCORE] - rows[b][SCORE] || a - b,
    high: (a, b) => rows[b][SCORE] - rows[a][SCORE] || a - b,
    read: (a, b) => a - b,
  };
  const sorted = {};
  const inOrder = (name) => (sorted[name] ??= Uint32Array.from(rows.keys()).sort(orders[name]));

  const bandOf = (score) => FLOORS.findIndex((floor) => Math.fround(score) >= floor);
  const fileNames = files.map((file) => file[0].toLowerCase());
  const recordTexts = [];
  const textOf = (record) => (recordTexts[record] ??= [R.question, R.answer, R.passage, R.reference]
    .map((member) => records[record][member] ?? "").concat(sets[records[record][R.set]]).join("\n").toLowerCase());
  const holds = (row, word) => textOf(row[RECORD]).includes(word) || fileNames[row[FILE]].includes(word) ||
    row[PARTS].some((part) => part.toLowerCase().includes(word));

  const fitting = () => {
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const file = fields.file.value.trim().toLowerCase();
    const set = fields.eval.value === "" ? -1 : Number(fields.eval.value);
    const band = fields.band.value === "" ? -1 : Number(fields.band.value);
    return inOrder(fields.order.value).filter((number) => {
      const row = rows[number];
      return (set < 0 || records[row[RECORD]][R.set] === set) && (band < 0 || bandOf(row[SCORE]) === band) &&
        (!file || fileNames[row[FILE]].includes(file)) && words.every((word) => holds(row, word));
    });
  };

  // --- one match ---
  const make = (tag, name, ...content) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...content);
    return node;
  };
  const button = (text, act) => {
    const node = make("button", "plain", text);
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  };
  const percent = (share) => `${Math.round(share * 100)}%`;
  const number = (value) => value.toLocaleString("en-US");

  // The whole of a long text is shown when it is asked for.
  const folding = (node, short, whole) => {
    const show = (open) => node.replaceChildren(...(open ? whole() : short()),
      button(open ? "show less" : "show all", () => show(!open)));
    show(false);
  };

  const addField = (fieldsOf, label, text) => {
    if (!text) return;
    const dd = make("dd");
    if (text.length > 600) folding(dd, () => [text.slice(0, 320), " … "], () => [text, " "]);
    else dd.append(text);
    fieldsOf.append(make("dt", "", label), dd);
  };

  const partNodes = (parts, fold) => parts.flatMap((part, at) => {
    const kind = Number(part[0]), text = part.slice(1);
    if (kind === 0) {
      const last = at === parts.length - 1;
      if (!fold || text.length <= 200) return [text];
      return [last ? text.slice(0, 160) + " …" : at === 0 ? "… " + text.slice(-160) : text.slice(0, 80) + " … " + text.slice(-80)];
    }
    const inside = text.trim();
    const mark = make("mark", MARKS[kind][0], fold && inside.length > 400 ? inside.slice(0, 240) + " … " + inside.slice(-120) : inside);
    mark.dataset.k = MARKS[kind][1];
    return [" ", mark, " "];
  });

  const addExcerpt = (fieldsOf, parts) => {
    if (parts.length === 0) return;
    const dd = make("dd", "found");
    if (parts.join("").length > 700) folding(dd, () => partNodes(parts, true), () => partNodes(parts, false));
    else dd.append(...partNodes(parts, false));
    fieldsOf.append(make("dt", "", "In training"), dd);
  };

  const factsOf = (row, record) => {
    const facts = [`question found ${percent(row[OVERLAP])} (${row[MATCHED]} of ${row[NGRAMS]} n-grams)`];
    if (row[ANSWER] !== null) facts.push(`answer ${percent(row[ANSWER])}`);
    if (row[PASSAGE] !== null) facts.push(`passage ${percent(row[PASSAGE])}`);
    if (record[R.correct] === 0) facts.push("the record is a wrong answer");
    if (record[R.reference] !== null) facts.push(`record: ${record[R.reference]}, line ${number(record[R.line] + 1)}`);
    facts.push(`report: ${files[row[FILE]][1]}`);
    return make("div", "facts", ...facts.map((fact) => make("span", "", fact)));
  };

  const cardOf = (at) => {
    const row = rows[at], record = records[row[RECORD]], score = row[SCORE];
    const mark = make("span", `score ${score >= 0.95 ? "high" : score >= 0.9 ? "mid" : "low"}`, score.toFixed(3));
    mark.title = "score";
    const top = make("div", "top", mark, make("span", "where", `${files[row[FILE]][0]}, line ${number(row[LINE] + 1)}`),
      make("span", "soft", `${sets[record[R.set]]} ${record[R.split] ?? ""} #${record[R.instance]}`));
    const texts = make("dl", "fields");
    addField(texts, "Question", record[R.question]);
    addField(texts, "Answer", record[R.answer]);
    addField(texts, "Passage", record[R.passage]);
    addExcerpt(texts, row[PARTS]);
    const card = make("article", "card", top, texts, factsOf(row, record), make("div", "judge"));
    card.dataset.row = at;
    showVerdict(card);
    return card;
  };

  // --- verdicts, saved as the file that --suppress reads ---
  const verdictOf = (at) => verdicts.get(`row ${at}`) ?? verdicts.get(`record ${rows[at][RECORD]}`);
  const lineOf = ([key, verdict]) => {
    const [kind, index] = key.split(" ");
    const record = records[kind === "row" ? rows[index][RECORD] : index];
    const line = { eval_instance_index: record[R.instance], eval_key: sets[record[R.set]], split: record[R.split] ?? "" };
    if (kind === "row") Object.assign(line, { training_file: files[rows[index][FILE]][0], training_line: rows[index][LINE] });
    return JSON.stringify({ ...line, verdict }) + "\n";
  };
  const showJudged = () => {
    judged.hidden = verdicts.size === 0;
    const save = make("a", "", "Save them");
    save.download = "verdicts.jsonl";
    save.href = "data:application/x-ndjson;charset=utf-8," + encodeURIComponent([...verdicts].map(lineOf).join(""));
    judged.replaceChildren(`${verdicts.size} verdict${verdicts.size === 1 ? "" : "s"}, not saved yet. `, save,
      " for decon review --suppress FILE or decon rejudge --suppress FILE.");
  };
  const judge = (key, verdict) => {
    if (verdicts.get(key) === verdict) verdicts.delete(key);
    else verdicts.set(key, verdict);
    for (const card of list.children) showVerdict(card);
    showJudged();
  };
  function showVerdict(card) {
    const at = Number(card.dataset.row), own = verdicts.get(`row ${at}`), all = verdicts.get(`record ${rows[at][RECORD]}`);
    const choices = [["false positive here", `row ${at}`, "false_positive", own === "false_positive"],
      ["false positive everywhere", `record ${rows[at][RECORD]}`, "false_positive", all === "false_positive"],
      ["true match", `row ${at}`, "true_positive", own === "true_positive"]];
    card.querySelector(".judge").replaceChildren(...choices.map(([text, key, verdict, pressed]) => {
      const node = button(text, () => judge(key, verdict));
      node.setAttribute("aria-pressed", String(pressed));
      return node;
    }));
    card.classList.toggle("false", verdictOf(at) === "false_positive");
  }
  addEventListener("beforeunload", (event) => { if (verdicts.size > 0) event.preventDefault(); });

  // --- the page ---
  let found = [];
  const addCards = () => {
    const from = list.children.length;
    list.append(...Array.from(found.slice(from, from + STEP), cardOf));
    more.hidden = list.children.length >= found.length;
  };
  const isPressed = (bar) => {
    const value = fields[bar.dataset.field].value;
    return value === bar.dataset.value;
  };
  const show = () => {
    found = fitting();
    list.replaceChildren();
    addCards();
    for (const bar of bars) bar.setAttribute("aria-pressed", String(isPressed(bar)));
    count.textContent = `${number(found.length)} of ${number(rows.length)} matches`;
    nothing.hidden = found.length > 0;
  };

  // The filters are in the address, so that a view can be passed on.
  const nameOf = (select) => (select.value ? select.selectedOptions[0].dataset.name : "");
  const choose = (select, name) => {
    const option = [...select.options].find((o) => o.dataset.name === name);
    select.value = option && name ? option.value : "";
  };
  const toAddress = () => {
    const at = new URLSearchParams();
    if (fields.q.value) at.set("q", fields.q.value);
    if (fields.eval.value) at.set("eval", nameOf(fields.eval));
    if (fields.file.value) at.set("file", fields.file.value);
    if (fields.band.value) at.set("score", nameOf(fields.band));
    if (fields.order.value !== "low") at.set("order", fields.order.value);
    const text = at.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };
  const fromAddress = () => {
    const at = new URLSearchParams(location.hash.slice(1));
    fields.q.value = at.get("q") ?? "";
    fields.file.value = at.get("file") ?? "";
    choose(fields.eval, at.get("eval") ?? "");
    choose(fields.band, at.get("score") ?? "");
    fields.order.value = at.get("order") in orders ? at.get("order") : "low";
    show();
  };

  let pause = 0;
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => { show(); toAddress(); }, 150); // while a word is typed
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { show(); toAddress(); }));
  for (const bar of bars)
    bar.addEventListener("click", () => {
      fields[bar.dataset.field].value = isPressed(bar) ? "" : bar.dataset.value;
      show();
      toAddress();
      form.scrollIntoView({ block: "start" });
    });
  more.addEventListener("click", addCards);
  addEventListener("hashchange", fromAddress);
  form.hidden = false;
  fromAddress();
})();
