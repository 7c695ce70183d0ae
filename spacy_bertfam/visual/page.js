"use strict";
(() => {
  const { rows, titles, say } = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const least = find("least"); // none where nothing has a score
  const boxes = [...document.querySelectorAll(".legend input")];
  const parts = rows.map(() => []); // of a span one for each word
  document.querySelectorAll("[data-i]").forEach((part) => parts[part.dataset.i].push(part));
  // What is an entity and in a group too counts once
  const count = (some) =>
    new Set(some.map(([doc, , , label, , start, end]) => [doc, start, end, label].join(" "))).size;
  const n = count(rows);
  let kept = rows;

  function show() {
    const labels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const lowest = least ? Number(least.value) : 0;
    const isKept = ([, , , label, score]) => labels.has(label) && (score === null || score >= lowest);
    rows.forEach((row, i) => parts[i].forEach((part) => part.classList.toggle("off", !isKept(row))));
    kept = rows.filter(isKept);
    if (least) least.nextElementSibling.textContent = lowest.toFixed(2);
    find("said").textContent = fill(say.n_found, { shown: count(kept), n });
  }

  // As `bertfam serve` answers
  function asJson() {
    const docs = titles.map((title) => ({ ...(title === null ? {} : { title }), entities: [] }));
    for (const [i, group, text, label, score, start, end] of kept) {
      const doc = docs[i];
      if (group !== null) doc.spans ??= Object.create(null);
      const list = group === null ? doc.entities : (doc.spans[group] ??= []);
      list.push({ text, label, score, start, end });
    }
    return JSON.stringify(docs, null, 1);
  }

  async function copy() {
    const json = find("json");
    json.value = asJson();
    try {
      await navigator.clipboard.writeText(json.value);
      find("said").textContent = fill(say.copied, { shown: count(kept), n });
    } catch { // not every browser lets a page do it
      json.hidden = false;
      json.select();
    }
  }

  if (least) least.addEventListener("input", show);
  boxes.forEach((box) => box.addEventListener("change", show));
  find("copy").addEventListener("click", copy);
  document.querySelectorAll("[data-script]").forEach((part) => { part.hidden = false; });
  show();
})();
