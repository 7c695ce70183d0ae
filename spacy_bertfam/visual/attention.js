"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { words, layers, heads, say } = data;
  const n = words.length;
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  // byte = 255 * square root of the weight; layers, heads, from word, to word
  const roots = data.kept === null ? bytes(data.roots) : spread(bytes(data.roots), bytes(data.at));
  // null is the average of all
  const chosen = { layer: data.layer, head: data.head, word: data.word, isBare: false };
  const known = new Map();
  const buttons = [...document.getElementById("words").children];
  const isSpecial = buttons.map((button) => button.classList.contains("special"));
  const find = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const all = (count) => Array.from({ length: count }, (_, i) => i);
  const nameOf = (layer, head) =>
    (layer === null ? say.all_layers : fill(say.nth_layer, { n: layer + 1 })) + ", " +
    (head === null ? say.all_heads : fill(say.nth_head, { n: head + 1 }));

  // Of each row the largest are known; the others share what these leave
  function spread(kept, at) {
    const columns = n > 256 ? new Uint16Array(at.buffer) : at;
    const spread = new Uint8Array(layers * heads * n * n);
    for (let row = 0, i = 0; row < layers * heads * n; row++) {
      const end = i + data.kept;
      let left = 1;
      for (let k = i; k < end; k++) left -= (kept[k] / 255) ** 2;
      spread.fill(Math.round(255 * Math.sqrt(Math.max(left, 0) / (n - data.kept))), row * n, (row + 1) * n);
      for (; i < end; i++) spread[row * n + columns[i]] = kept[i];
    }
    return spread;
  }

  // Words alone: what each gives to words is made to sum to 1
  function keepWords(weights) {
    for (let from = 0; from < n; from++) {
      const row = weights.subarray(from * n, (from + 1) * n);
      const isKept = (_, to) => !isSpecial[from] && !isSpecial[to];
      const sum = row.filter(isKept).reduce((a, b) => a + b, 0);
      row.forEach((weight, to) => { row[to] = isKept(weight, to) && sum ? weight / sum : 0; });
    }
  }

  // The weights of a layer and head, row by row
  function weightsOf(layer, head) {
    const key = `${layer} ${head} ${chosen.isBare}`;
    if (!known.has(key)) {
      const sum = new Float32Array(n * n);
      const maps = (layer === null ? all(layers) : [layer]).flatMap((l) =>
        (head === null ? all(heads) : [head]).map((h) => l * heads + h));
      for (const map of maps) {
        const start = map * n * n;
        for (let i = 0; i < sum.length; i++) sum[i] += (roots[start + i] / 255) ** 2 / maps.length;
      }
      if (chosen.isBare) keepWords(sum);
      known.set(key, sum);
    }
    return known.get(key);
  }

  const short = (weight) => weight.toFixed(2).replace(/^0/, "");
  // Words of one direction in a sentence of the other stay where they are
  const isolate = (text) => `\u2068${text}\u2069`;
  const isShown = (weight) => weight >= 0.005;
  function showWord(word) {
    const row = weightsOf(chosen.layer, chosen.head).subarray(word * n, (word + 1) * n);
    buttons.forEach((button, i) => {
      button.style.setProperty("--w", Math.sqrt(row[i]).toFixed(3));
      button.querySelector("small").textContent = isShown(row[i]) ? short(row[i]) : "";
    });
    find("row").setAttribute("y", word);
    find("row").style.display = "inline";
  }

  function tell() {
    const row = weightsOf(chosen.layer, chosen.head).subarray(chosen.word * n, (chosen.word + 1) * n);
    const order = all(n).sort((a, b) => row[b] - row[a]).slice(0, 5).filter((i) => isShown(row[i]));
    const list = order.map((i) => `${isolate(words[i])} ${isolate(short(row[i]))}`).join(", ");
    find("most").textContent = fill(say.most, { word: isolate(words[chosen.word]), list });
    find("chosen").textContent = nameOf(chosen.layer, chosen.head);
  }

  function drawMatrix() {
    const weights = weightsOf(chosen.layer, chosen.head);
    const paths = [...find("cells").querySelectorAll("path")];
    const drawn = paths.map(() => "");
    const level = (y, x) => Math.round(Math.sqrt(weights[y * n + x]) * paths.length);
    for (let y = 0; y < n; y++) {
      for (let x = 0, end; x < n; x = end) {
        for (end = x + 1; end < n && level(y, end) === level(y, x); ) end++;
        if (level(y, x)) drawn[level(y, x) - 1] += `M${x} ${y}h${end - x}`;
      }
    }
    paths.forEach((path, i) => path.setAttribute("d", drawn[i]));
  }

  const cells = [];

  function makeGrid() {
    const grid = find("grid");
    grid.style.gridTemplateColumns = `auto repeat(${heads + 1}, minmax(1.25rem, 1fr))`;
    const label = (text) => grid.appendChild(document.createElement("span")).append(text);
    label("");
    [...all(heads), null].forEach((head) => label(head === null ? say.mean : head + 1));
    for (const layer of [...all(layers), null]) {
      label(layer === null ? say.mean : layer + 1);
      for (const head of [...all(heads), null]) {
        const button = grid.appendChild(document.createElement("button"));
        button.type = "button";
        button.className = "cell";
        button.title = nameOf(layer, head);
        button.setAttribute("aria-label", button.title);
        const canvas = button.appendChild(document.createElement("canvas"));
        canvas.width = canvas.height = n;
        if (n < 50) canvas.className = "coarse"; // larger ones are made smaller, where no cell may be skipped
        const place = cells.push({ button, canvas, layer, head }) - 1;
        button.addEventListener("click", () => choose({ layer, head }));
        button.addEventListener("keydown", (event) => moveInGrid(event, place));
      }
    }
  }

  function moveInGrid(event, place) {
    const columns = heads + 1;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const next = place + (steps[event.key] || 0);
    const isInRow = Math.floor(next / columns) === Math.floor(place / columns);
    if (!(event.key in steps)) return;
    event.preventDefault(); // the page would scroll
    if (!cells[next] || (!isInRow && Math.abs(steps[event.key]) === 1)) return;
    choose({ layer: cells[next].layer, head: cells[next].head });
    cells[next].button.focus();
  }

  function drawGrid() {
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
    const rgb = [1, 3, 5].map((i) => parseInt(ink.slice(i, i + 2), 16));
    for (const { canvas, layer, head } of cells) {
      const context = canvas.getContext("2d");
      const image = context.createImageData(n, n);
      const weights = weightsOf(layer, head);
      for (let i = 0; i < weights.length; i++) {
        image.data.set(rgb, 4 * i);
        image.data[4 * i + 3] = 255 * Math.sqrt(weights[i]);
      }
      context.putImageData(image, 0, 0);
    }
  }

  function choose(change) {
    Object.assign(chosen, change);
    if (chosen.isBare && isSpecial[chosen.word]) chosen.word = data.word;
    if ("isBare" in change) {
      const labels = [...document.querySelectorAll(".labels text")]; // two of each word
      isSpecial.forEach((is, i) => [buttons[i], labels[2 * i], labels[2 * i + 1]].forEach((part) =>
        part.toggleAttribute("hidden", is && chosen.isBare)));
      drawGrid();
    }
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === chosen.word));
    for (const { button, layer, head } of cells) {
      const isChosen = layer === chosen.layer && head === chosen.head;
      button.setAttribute("aria-pressed", isChosen);
      button.tabIndex = isChosen ? 0 : -1; // one stop of the tabulator, the arrow keys do the rest
    }
    find("layer").value = chosen.layer === null ? "" : chosen.layer;
    find("head").value = chosen.head === null ? "" : chosen.head;
    if (!("word" in change)) drawMatrix();
    showWord(chosen.word);
    tell();
  }

  function moveInWords(event, i) {
    const forward = getComputedStyle(find("words")).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const step = { [forward]: 1, [backward]: -1 }[event.key];
    let next = i + step;
    while (buttons[next] && buttons[next].hidden) next += step;
    if (buttons[next]) buttons[next].focus();
  }

  buttons.forEach((button, i) => {
    button.addEventListener("click", () => choose({ word: i }));
    button.addEventListener("pointerenter", () => showWord(i));
    button.addEventListener("focus", () => showWord(i));
    button.addEventListener("blur", () => showWord(chosen.word));
    button.addEventListener("keydown", (event) => moveInWords(event, i));
  });
  find("words").addEventListener("pointerleave", () => showWord(chosen.word));
  for (const name of ["layer", "head"]) {
    const select = find(name);
    select.addEventListener("change", () => choose({ [name]: select.value === "" ? null : Number(select.value) }));
  }
  find("special").addEventListener("change", (event) => choose({ isBare: event.target.checked }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawGrid);
  makeGrid();
  drawGrid();
  document.querySelectorAll("[data-script]").forEach((part) => { part.hidden = false; });
  choose({ layer: chosen.layer, head: chosen.head });
})();
