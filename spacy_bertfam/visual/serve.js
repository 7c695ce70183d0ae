"use strict";
(() => {
  const { say, colors } = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const frame = find("attention");
  let models = [], text = "", subject = "", entities = [], groups = [], turn = 0;

  async function ask(path, body) {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const token = find("token").value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
    const read = await answer.json();
    if (answer.status === 401) {
      find("login").hidden = false;
      find("token").focus();
      throw Error(say.no_token);
    }
    if (answer.ok) return read;
    const { detail, results } = read;
    throw Error(Array.isArray(detail) ? detail.map((each) => each.msg).join(" ") : detail || results[0].error);
  }

  // What is not in the list gets a color by its letters
  function shadesOf(label) {
    const known = colors[label.toUpperCase()];
    if (known) return known;
    const hue = [...label.toUpperCase()].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 360, 7);
    return [`hsl(${hue} 70% 85%)`, `hsl(${hue} 45% 26%)`];
  }

  const part = (name, className, content) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(content);
    return made;
  };
  const shown = (score) => score.toFixed(2).replace(/^0/, "");

  function markOf(entity) {
    const { label, score } = entity;
    const mark = part("mark", score !== null && score < 0.5 ? "low" : "", entity.text);
    const tag = part("span", "tag", `\u00a0${label}`);
    if (score !== null) {
      tag.append("\u00a0", part("span", "score", shown(score)));
      mark.title = `${label} ${score}`;
    }
    mark.append(tag);
    ["--light", "--dark"].forEach((name, i) => mark.style.setProperty(name, shadesOf(label)[i]));
    return mark;
  }

  // What is an entity and in a group too counts once
  const count = (lists) => new Set(lists.flat().map((e) => [e.utf16_start, e.utf16_end, e.label].join(" "))).size;

  function show() {
    const least = Number(find("least").value);
    const above = (list) => list.filter(({ score }) => score === null || score >= least);
    const kept = above(entities);
    const parts = [];
    let end = 0;
    for (const entity of kept) {
      parts.push(text.slice(end, entity.utf16_start), markOf(entity));
      end = entity.utf16_end;
    }
    find("text").replaceChildren(...parts, text.slice(end));
    const keptGroups = groups.map(([, list]) => above(list));
    find("groups").replaceChildren(...groups.map(([name], i) => {
      const group = part("p", "entities", `${name}: `);
      keptGroups[i].forEach((entity) => group.append(markOf(entity), " "));
      return group;
    }));
    find("least_is").textContent = least.toFixed(2);
    const n = count([entities, ...groups.map(([, list]) => list)]);
    find("said").textContent = fill(say.n_found, { shown: count([kept, ...keptGroups]), n });
  }

  function showAnswers(answers) {
    find("answers").hidden = !answers;
    find("answers").replaceChildren(...(answers || []).map((answer) => {
      const item = part("li", "", part("bdi", "", answer.text || say.no_answer));
      item.append(" ", part("small", "", shown(answer.score)));
      return item;
    }));
  }

  async function loadModels() {
    ({ models } = await ask("/models"));
    find("login").hidden = true;
    find("model").replaceChildren(...models.map(({ name }) => part("option", "", name)));
    find("choice").hidden = models.length === 1;
    chooseModel();
  }

  function chooseModel() {
    const chosen = models.find(({ name }) => name === find("model").value);
    find("asking").hidden = !chosen || !chosen.answers;
    find("attend").hidden = !chosen || !chosen.attention;
  }

  const keyOf = ({ model, text }) => JSON.stringify([model, text]);

  async function work() {
    const mine = ++turn; // an answer that a later question has overtaken is dropped
    find("said").textContent = say.waiting;
    if (!models.length) await loadModels();
    const given = find("given").value;
    const body = { model: find("model").value, text: given };
    const question = find("asking").hidden ? "" : find("question").value.trim();
    const [found, answered] = await Promise.all([
      ask("/entities", { ...body, offsets: ["utf16"] }),
      question ? ask("/answers", { ...body, question, top_k: 3 }) : null,
    ]);
    if (mine !== turn) return;
    if (subject !== keyOf(body)) frame.hidden = true; // that of another text or model
    [text, subject] = [given, keyOf(body)];
    ({ entities } = found.results[0]);
    groups = Object.entries(found.results[0].spans || {}).filter(([, list]) => list.length);
    find("found").hidden = false;
    showAnswers(answered && answered.results[0].answers);
    show();
  }

  async function attend() {
    const mine = ++turn;
    find("said").textContent = say.waiting;
    const given = find("given").value;
    const body = { model: find("model").value, text: given };
    const { results } = await ask("/attention", body);
    if (mine !== turn) return;
    if (subject !== keyOf(body)) find("found").hidden = true;
    [text, subject] = [given, keyOf(body)];
    frame.srcdoc = results[0].page;
    frame.hidden = false;
    find("said").textContent = say.attended;
  }

  // As high as its page, also when words are hidden or the window gets narrow
  function fitFrame() {
    const { body } = frame.contentDocument;
    new ResizeObserver(() => { frame.style.height = `${body.offsetHeight}px`; }).observe(body);
    if (frame.srcdoc) frame.scrollIntoView();
  }

  const tell = (mine) => (error) => { if (mine === turn) find("said").textContent = error.message; };
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    work().catch(tell(turn)); // the turn that work has begun
  });
  find("given").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("form").requestSubmit();
  });
  find("attend").addEventListener("click", () => {
    if (find("form").reportValidity()) attend().catch(tell(turn));
  });
  frame.addEventListener("load", fitFrame);
  find("least").addEventListener("input", show);
  find("model").addEventListener("change", chooseModel);
  loadModels().catch(tell(turn));
})();
