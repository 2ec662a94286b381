"use strict";
(() => {
  const form = document.querySelector(".filters");
  const search = form.elements.q, evals = form.elements.eval, files = form.elements.file;
  const least = form.elements.min, shown = form.querySelector("output"), count = form.querySelector(".count");
  const nothing = document.querySelector(".nothing");
  const bars = [...document.querySelectorAll("button.bar")];
  const cards = [...document.querySelectorAll(".card")].map((node) => ({
    node, set: node.closest(".set"), eval: node.dataset.e, file: node.dataset.f,
    score: Number(node.dataset.s), text: null,
  }));
  const sets = [...document.querySelectorAll(".set")];

  // The words of a card, made when they are first looked for.
  const wordsOf = (card) => {
    card.text ??= card.node.textContent.toLowerCase();
    return card.text;
  };

  const nameOf = (select) => (select.value ? select.selectedOptions[0].dataset.name : "");
  const choose = (select, name) => {
    const found = [...select.options].find((o) => o.dataset.name === name);
    select.value = found && name ? found.value : "";
  };

  const show = () => {
    const words = search.value.trim().toLowerCase();
    const min = Number(least.value);
    let visible = 0;
    for (const card of cards) {
      const fits = (!evals.value || card.eval === evals.value) && (!files.value || card.file === files.value) &&
        card.score >= min && (!words || wordsOf(card).includes(words));
      card.node.hidden = !fits;
      visible += fits;
    }
    for (const set of sets) set.hidden = !set.querySelector(".card:not([hidden])");
    for (const bar of bars) bar.setAttribute("aria-pressed", String(bar.dataset.e === evals.value));
    shown.textContent = min.toFixed(2);
    count.textContent = `${visible} of ${cards.length} examples shown`;
    nothing.hidden = visible > 0 || cards.length === 0;
  };

  // The filters stand in the address, so that a view can be passed on.
  const toAddress = () => {
    const at = new URLSearchParams();
    if (search.value) at.set("q", search.value);
    if (evals.value) at.set("eval", nameOf(evals));
    if (files.value) at.set("file", nameOf(files));
    if (Number(least.value) > Number(least.min)) at.set("min", least.value);
    const text = at.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };
  const fromAddress = () => {
    const at = new URLSearchParams(location.hash.slice(1));
    search.value = at.get("q") ?? "";
    choose(evals, at.get("eval") ?? "");
    choose(files, at.get("file") ?? "");
    least.value = at.get("min") ?? least.min;
    show();
  };

  form.addEventListener("input", () => { show(); toAddress(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { show(); toAddress(); }));
  for (const bar of bars)
    bar.addEventListener("click", () => {
      evals.value = evals.value === bar.dataset.e ? "" : bar.dataset.e;
      show();
      toAddress();
      form.scrollIntoView({ block: "start" });
    });
  addEventListener("hashchange", fromAddress);
  form.hidden = false;
  fromAddress();
})();
